/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gnutls/x509.h>

#include "q-ssl-certificate.h"

G_BEGIN_DECLS

/* The authorities to which the chain of a peer must lead, and the lists of certificates that they
 * revoked. It never changes, and any number of sockets and threads may share one. */
typedef struct _QTlsTrust QTlsTrust;

/* The certificates, or the revocation lists, of a file in PEM or DER: a GBytes in DER for each, at
 * least one. Fails with CERTIFICATE. @function is the name with which the message begins. */
GPtrArray *q_tls_trust_read_ca_file (const char  *path,
                                     const char  *function,
                                     GError     **error);

GPtrArray *q_tls_trust_read_crl_file (const char  *path,
                                      const char  *function,
                                      GError     **error);

/* The system's trust store. The first call loads it, and all of the process share it. Fails with
 * SSL if it cannot be loaded; the next call tries again. */
QTlsTrust *q_tls_trust_get_system (GError **error);

/* Trusts @authorities, or the system's store if that is NULL, and the leaf of each QSslCertificate
 * in @added; @crls are the revocation lists. Each array may be NULL; @authorities and @crls have
 * the GBytes that the functions above return. If all are NULL or empty, this is the system's store
 * itself. If the store cannot be loaded, the call fails only if @added is empty. */
QTlsTrust *q_tls_trust_new (GPtrArray  *authorities,
                            GPtrArray  *added,
                            GPtrArray  *crls,
                            GError    **error);

QTlsTrust *q_tls_trust_ref (QTlsTrust *self);

void q_tls_trust_unref (QTlsTrust *self);

/* The list of GnuTLS, to be used until q_tls_trust_unlock () only; other threads wait for that.
 * NULL if there was no memory for it. */
gnutls_x509_trust_list_t q_tls_trust_lock (QTlsTrust *self);

void q_tls_trust_unlock (QTlsTrust *self);

/* The revocation lists. They belong to @self and must not be changed. */
const gnutls_x509_crl_t *q_tls_trust_peek_crls (QTlsTrust *self,
                                                guint     *n_crls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTlsTrust, q_tls_trust_unref)

G_END_DECLS
