/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gnutls/x509.h>

#include "q-ssl-certificate.h"

G_BEGIN_DECLS

/* What the certificate of a peer must chain to, and the lists of those that were revoked. It
 * never changes; any number of sockets and threads may share one. */
typedef struct _QTlsTrust QTlsTrust;

/* The certificates or the revocation lists of a file, PEM or DER, each as a GBytes in DER; at
 * least one. Fails with CERTIFICATE. @where is the function that the message names. */
GPtrArray *q_tls_trust_read_ca_file (const char  *path,
                                     const char  *where,
                                     GError     **error);

GPtrArray *q_tls_trust_read_crl_file (const char  *path,
                                      const char  *where,
                                      GError     **error);

/* The system's trust store: loaded by the first call, and then the same for the whole process.
 * Fails with SSL if it cannot be loaded; the next call tries again. */
QTlsTrust *q_tls_trust_get_system (GError **error);

/* A trust of its own: @authorities, or the system's store if that is NULL, then the leaf of
 * each QSslCertificate of @added, and the revocation lists @crls. The arrays may be NULL; those of
 * GBytes are what the functions above returned. Without any of them it is the shared one.
 * A system's store that cannot be loaded is an error only if there is nothing in @added. */
QTlsTrust *q_tls_trust_new (GPtrArray  *authorities,
                            GPtrArray  *added,
                            GPtrArray  *crls,
                            GError    **error);

QTlsTrust *q_tls_trust_ref (QTlsTrust *self);

void q_tls_trust_unref (QTlsTrust *self);

/* GnuTLS's list, for one thread at a time: between lock and unlock only. */
gnutls_x509_trust_list_t q_tls_trust_lock (QTlsTrust *self);

void q_tls_trust_unlock (QTlsTrust *self);

/* The revocation lists, which belong to @self and are only read. */
const gnutls_x509_crl_t *q_tls_trust_peek_crls (QTlsTrust *self,
                                                guint     *n_crls);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTlsTrust, q_tls_trust_unref)

G_END_DECLS
