/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-ssl-certificate.h"
#include "q-ssl-private-key.h"

G_BEGIN_DECLS

/* What one side of a connection shows to the other: its certificate, and the private key that
 * proves that the certificate is its own. */

/* Whether @key is the private key of the leaf of @certificate. */
gboolean q_tls_identity_matches (QSslCertificate *certificate,
                                 QSslPrivateKey  *key);

/* Both as one object of GIO, for a GTlsConnection. Fails as q_gio_certificate_new () does. */
GTlsCertificate *q_tls_identity_new (QSslCertificate  *certificate,
                                     QSslPrivateKey   *key,
                                     GError          **error);

G_END_DECLS
