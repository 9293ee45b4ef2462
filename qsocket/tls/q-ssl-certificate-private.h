/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gnutls/x509.h>

#include "q-ssl-certificate.h"

G_BEGIN_DECLS

/* The most certificates that a QSslCertificate has, whether they were read or a peer sent them. */
#define Q_SSL_MAX_CHAIN 32

/* The chain that a peer sent, in its order, as q_gio_certificate_get_ders () gives it; a
 * certificate that GnuTLS cannot read ends the chain. NULL if GnuTLS cannot read the leaf. */
QSslCertificate *q_ssl_certificate_new_from_tls_certificate (GTlsCertificate *tls_certificate);

/* The chain, leaf first; it belongs to @self. Several threads may use it, so only functions of
 * GnuTLS that read may be called with it; one that changes a certificate needs a copy. */
gnutls_x509_crt_t *q_ssl_certificate_peek_chain (QSslCertificate *self,
                                                 guint           *n_certificates);

/* The first of the chain, under the same conditions; NULL if there is none. */
gnutls_x509_crt_t q_ssl_certificate_peek_leaf (QSslCertificate *self);

/* Whether @object is a QSslCertificate that holds a certificate. A binding can make an object
 * without any of the constructors, which holds none. */
gboolean q_ssl_is_certificate (gpointer object);

G_END_DECLS
