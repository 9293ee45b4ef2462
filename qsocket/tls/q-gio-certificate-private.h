/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* A chain of certificates of GnuTLS, leaf first, as an object of GIO. @key_der, a private key in
 * PKCS#8, is needed if a GTlsConnection is to use it as its own certificate, and may be NULL else.
 * Fails with SSL if the TLS module of GIO is missing, with CERTIFICATE if the module refuses the
 * certificates or the key. */
GTlsCertificate *q_gio_certificate_new (const gnutls_x509_crt_t  *chain,
                                        guint                     n,
                                        GBytes                   *key_der,
                                        GError                  **error);

/* The chain in DER, leaf first, a GBytes for each. Ends after @max certificates, or before one
 * that occurs again. */
GPtrArray *q_gio_certificate_get_ders (GTlsCertificate *certificate,
                                       guint            max);

G_END_DECLS
