/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gnutls/x509.h>

#include "q-ssl-certificate.h"

G_BEGIN_DECLS

/* No chain is longer than this, whoever made it. */
#define Q_SSL_MAX_CHAIN 32

/* The SHA-256 of the public key, by which a certificate and its key are matched. */
#define Q_SSL_KEY_ID_SIZE 32

/* The chain that a peer presented, of which no more than Q_SSL_MAX_CHAIN are kept, up to the
 * first that occurs again. NULL if GnuTLS cannot read the leaf; what it cannot read behind the
 * leaf ends the chain. */
QSslCertificate *q_ssl_certificate_new_from_tls_certificate (GTlsCertificate *tls_certificate);

/* The chain, leaf first; it belongs to @self. GnuTLS only reads it: whoever calls a function
 * that also writes must work with a copy. */
gnutls_x509_crt_t *q_ssl_certificate_peek_chain (QSslCertificate *self,
                                                 guint           *n_certificates);

/* FALSE if GnuTLS does not know the kind of key. */
gboolean q_ssl_certificate_get_key_id (QSslCertificate *self,
                                       guint8           key_id[Q_SSL_KEY_ID_SIZE]);

G_END_DECLS
