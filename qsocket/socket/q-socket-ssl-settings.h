/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"
#include "q-ssl-certificate.h"
#include "q-ssl-verify-mode.h"

G_BEGIN_DECLS

/**
 * QSocket:ssl-verify-mode:
 *
 * What the next handshake demands of the peer's certificate.
 *
 * By default a client refuses a server that it cannot verify, and a server asks for nothing.
 *
 * Since: 1.0
 */

/**
 * q_socket_get_ssl_verify_mode:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-verify-mode].
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslVerifyMode q_socket_get_ssl_verify_mode (QSocket *self);

/**
 * q_socket_set_ssl_verify_mode:
 * @self: a socket
 * @mode: the mode
 *
 * Sets [property@QSocket.Socket:ssl-verify-mode].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_verify_mode (QSocket        *self,
                                   QSslVerifyMode  mode);

/**
 * QSocket:ssl-ca-file:
 *
 * The path of a file of certificates (PEM, or one in DER): what the peer's has to chain to.
 *
 * `NULL`, the default, is the system's trust store. The file is read when the property is set. If
 * it cannot be, the property keeps its value, and handshakes fail with
 * [error@QSocket.SocketError] `SSL` until it is set to something that can;
 * [method@QSocket.Socket.set_ssl_ca_file] tells at once.
 *
 * Since: 1.0
 */

/**
 * q_socket_get_ssl_ca_file:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-ca-file].
 *
 * Returns: (transfer none) (nullable) (type filename): the path, until it is changed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_ssl_ca_file (QSocket *self);

/**
 * q_socket_set_ssl_ca_file:
 * @self: a socket
 * @path: (nullable) (type filename): the path of a file of certificates, 16 MiB at most; `NULL`
 *   for the system's trust store
 *
 * Sets [property@QSocket.Socket:ssl-ca-file], and reads the file at once.
 *
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if there is no certificate to be read from
 * it; nothing is changed then.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_ssl_ca_file (QSocket     *self,
                                   const char  *path,
                                   GError     **error);

/**
 * QSocket:ssl-crl-file:
 *
 * The path of a file of revocation lists (PEM, or one in DER): certificates that are not accepted
 * although they chain to what is trusted.
 *
 * `NULL`, the default, is none. For the rest see [property@QSocket.Socket:ssl-ca-file].
 *
 * Since: 1.0
 */

/**
 * q_socket_get_ssl_crl_file:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-crl-file].
 *
 * Returns: (transfer none) (nullable) (type filename): the path, until it is changed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_ssl_crl_file (QSocket *self);

/**
 * q_socket_set_ssl_crl_file:
 * @self: a socket
 * @path: (nullable) (type filename): the path of a file of revocation lists, 16 MiB at most;
 *   `NULL` for none
 *
 * Sets [property@QSocket.Socket:ssl-crl-file], and reads the file at once.
 *
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if there is no list to be read from it;
 * nothing is changed then.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_ssl_crl_file (QSocket     *self,
                                    const char  *path,
                                    GError     **error);

/**
 * q_socket_add_ssl_trust:
 * @self: a socket
 * @certificate: a certificate, usually a self-signed one
 *
 * Trusts one more certificate, on top of the system's trust store or of what
 * [property@QSocket.Socket:ssl-ca-file] put in its place.
 *
 * Only the first of its chain is trusted. Nothing takes it away again but another object.
 *
 * May be called from any thread.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_add_ssl_trust (QSocket         *self,
                             QSslCertificate *certificate);

/**
 * QSocket:ssl-server-name:
 *
 * The name that a client tells the server it wants (SNI) and that the server's certificate must
 * have.
 *
 * `NULL`, the default, is the host that is connected to. UNIX sockets, and sockets made from a
 * descriptor, have none. It may be an address, which is checked and never sent. Names in other
 * scripts are used in their ASCII form.
 *
 * Since: 1.0
 */

/**
 * q_socket_get_ssl_server_name:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-server-name], in its ASCII form.
 *
 * Returns: (transfer none) (nullable): the name, until it is changed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_ssl_server_name (QSocket *self);

/**
 * q_socket_set_ssl_server_name:
 * @self: a socket
 * @name: (nullable): a host name or an address, without brackets; `NULL` or `""`: the host that is
 *   connected to
 *
 * Sets [property@QSocket.Socket:ssl-server-name].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_server_name (QSocket    *self,
                                   const char *name);

/**
 * QSocket:ssl-alpn: (getter get_ssl_alpn_protocols) (setter set_ssl_alpn)
 *
 * The application protocols (ALPN) that this side offers or accepts, the best first.
 *
 * `NULL` or none, the default, leaves the matter out. [method@QSocket.Socket.get_ssl_alpn] tells
 * what came of it.
 *
 * Since: 1.0
 */

/**
 * q_socket_get_ssl_alpn_protocols:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-alpn].
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the protocols; `NULL` for none
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char **q_socket_get_ssl_alpn_protocols (QSocket *self);

/**
 * q_socket_set_ssl_alpn:
 * @self: a socket
 * @protocols: (nullable) (array zero-terminated=1): the protocols, such as `http/1.1`; `NULL` for
 *   none
 *
 * Sets [property@QSocket.Socket:ssl-alpn].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_alpn (QSocket            *self,
                            const char * const *protocols);

/**
 * QSocket:ssl-minimum-version:
 *
 * The oldest version of TLS that is accepted, by default 1.2.
 *
 * A handshake that agrees on an older one fails with [error@QSocket.SocketError] `SSL` before any
 * data is sent.
 *
 * Since: 1.0
 */

/**
 * q_socket_get_ssl_minimum_version:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-minimum-version].
 *
 * Returns: the version
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GTlsProtocolVersion q_socket_get_ssl_minimum_version (QSocket *self);

/**
 * q_socket_set_ssl_minimum_version:
 * @self: a socket
 * @version: the version, not one of DTLS
 *
 * Sets [property@QSocket.Socket:ssl-minimum-version].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_minimum_version (QSocket             *self,
                                       GTlsProtocolVersion  version);

G_END_DECLS
