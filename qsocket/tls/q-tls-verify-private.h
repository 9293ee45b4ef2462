/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-ssl-certificate.h"
#include "q-tls-trust-private.h"

G_BEGIN_DECLS

#define Q_TLS_VERIFIED "X509_V_OK"

/* Verifies the chain of a peer: that @trust (NULL trusts nobody) vouches for it now, for the role
 * of the peer, and that it is the certificate of @host: a name in A-labels or the literal address
 * of an IP host, with or without the dot at the end; NULL leaves that check out. Gives
 * Q_TLS_VERIFIED or the first reason against it, one of the names that
 * q_ssl_verification_reason () explains; both are static. Never waits for the network. */
const char *q_tls_verify (QTlsTrust       *trust,
                          QSslCertificate *peer,
                          const char      *host,
                          gboolean         peer_is_server);

G_END_DECLS
