/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-ssl-certificate.h"
#include "q-tls-trust-private.h"

G_BEGIN_DECLS

#define Q_TLS_VERIFIED "X509_V_OK"

/* Verifies the chain of a peer: that it leads to an authority of @trust (NULL has none), is valid
 * now, and is meant for a TLS server, or for a TLS client; and that the leaf is for @host. The host
 * is a name, with A-labels where it is not ASCII, or an IP address, and may end with a dot; NULL
 * leaves the check of the host out. Returns Q_TLS_VERIFIED, or the most serious failure, a name
 * that q_ssl_verification_reason () explains. Both are static. Does not use the network. */
const char *q_tls_verify (QTlsTrust       *trust,
                          QSslCertificate *peer,
                          const char      *host,
                          gboolean         peer_is_server);

G_END_DECLS
