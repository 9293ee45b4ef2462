/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"
#include "q-ssl-certificate.h"

G_BEGIN_DECLS

/**
 * q_socket_get_ssl_cipher_name:
 * @self: a socket
 *
 * Gets the cipher suite in use, by its name in the TLS registry: `TLS_AES_256_GCM_SHA384`.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the name; `NULL` without TLS
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_socket_get_ssl_cipher_name (QSocket *self);

/**
 * q_socket_get_ssl_cipher_version:
 * @self: a socket
 *
 * Gets the version of TLS in use: `TLSv1.3` or `TLSv1.2`; with a lower
 * [property@QSocket.Socket:ssl-minimum-version] also `TLSv1.1` or `TLSv1`.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the version; `NULL` without TLS
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_socket_get_ssl_cipher_version (QSocket *self);

/**
 * q_socket_get_ssl_alpn:
 * @self: a socket
 *
 * Gets the application protocol that the two sides agreed on; what this side offers is
 * [property@QSocket.Socket:ssl-alpn].
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the protocol, such as `http/1.1`; `NULL` without TLS or
 *   without an agreement
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_socket_get_ssl_alpn (QSocket *self);

/**
 * q_socket_get_peer_certificate:
 * @self: a socket
 *
 * Gets the certificate that the peer has shown, with the others that came with it, 32 at most.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the certificate; `NULL` without TLS, or if the peer has
 *   none, as most clients
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_socket_get_peer_certificate (QSocket *self);

/**
 * q_socket_verify_peer_certificate:
 * @self: a socket
 *
 * Tells what there is to be said of the certificate that the peer has shown: whether it chains to
 * one that is trusted, is valid now, and is for this host and this purpose.
 *
 * With [enum@QSocket.SslVerifyMode] `NONE` this is the way to find out before anything is sent.
 * With the other modes a connection that is open has passed. It is found out once for each
 * session, with the settings that the session began with, and never by asking the network.
 * [func@QSocket.ssl_verification_reason] describes the result.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none) (nullable): `X509_V_OK` or the name of what is wrong, such as
 *   `X509_V_ERR_CERT_HAS_EXPIRED`; `NULL` without TLS or without a certificate of the peer
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_verify_peer_certificate (QSocket *self);

G_END_DECLS
