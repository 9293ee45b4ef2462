/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-ssl-certificate.h"
#include "q-ssl-private-key.h"

G_BEGIN_DECLS

/* Whether @key is the one of the leaf of @certificate. */
gboolean q_ssl_key_matches (QSslCertificate *certificate,
                            QSslPrivateKey  *key);

/* The chain as an object of GIO: with @key as a GTlsConnection wants to have its own certificate;
 * @key may be NULL. Fails with SSL if the TLS module of GIO is missing, with CERTIFICATE if that
 * refuses the two. */
GTlsCertificate *q_ssl_join (QSslCertificate  *certificate,
                             QSslPrivateKey   *key,
                             GError          **error);

G_END_DECLS
