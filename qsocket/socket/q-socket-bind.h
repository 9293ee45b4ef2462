/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_bind:
 * @self: a socket
 * @bind_to: a host and service of this machine, or the path of a UNIX socket to create
 * @reuseaddr: whether to take over an address that is only left over from before
 *
 * Opens a stream socket and gives it a local address.
 *
 * A @bind_to with a colon is a host and a service, parted by its last colon: `"127.0.0.1:8080"`,
 * `"[::1]:http"`. In square brackets the host means IPv6 only. A service of 0 or none
 * (`"localhost:"`) picks a free port, which [method@QSocket.Socket.get_port] tells. A @bind_to
 * without a colon is the path of a UNIX socket. A host of `*` means every address, as in
 * [method@QSocket.Socket.bind_port].
 *
 * An open socket is closed first, with [signal@QSocket.Socket::channel-closed], even if binding
 * then fails; after a failure nothing is open.
 *
 * With @reuseaddr, a port is taken although earlier connections to it have not died away
 * (`SO_REUSEADDR`), and a socket file on which nobody listens any more is replaced. A live
 * listener is never displaced. Without it, an existing path is an error and left alone. The file
 * goes away with the socket, see [class@QSocket.Socket].
 *
 * Fails with [error@QSocket.SocketError] `BIND` if the address cannot be had; with
 * `ADDRESS_LOOKUP` if the host or service is unknown; with `INVALID_ARGUMENT` if @bind_to cannot
 * be an address, which leaves the socket as it was; with `PENDING` if another thread is
 * connecting or binding the socket; with `CLOSED` if one closes it meanwhile. Addresses do not
 * block; a host name takes as long as the system needs to look it up and then emits
 * [signal@QSocket.Socket::hostname-lookup] and [signal@QSocket.Socket::hostname-resolved].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind (QSocket     *self,
                        const char  *bind_to,
                        gboolean     reuseaddr,
                        GError     **error);

/**
 * q_socket_bind_port:
 * @self: a socket
 * @port: a TCP port from 1 to 65535; 0 picks a free one
 * @reuseaddr: whether to take a port to which earlier connections have not died away
 *
 * Binds a TCP port on every address of this machine.
 *
 * One socket serves both IPv6 and IPv4 where the machine has IPv6; IPv4 peers then show as mapped
 * addresses. A @port outside 0 to 65535 is [error@QSocket.SocketError] `INVALID_ARGUMENT`. All
 * else is as in [method@QSocket.Socket.bind].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind_port (QSocket   *self,
                             int        port,
                             gboolean   reuseaddr,
                             GError   **error);

/**
 * q_socket_bind_inet:
 * @self: a socket
 * @iface: (nullable): a host name or address of this machine, without brackets; `NULL` for every
 *   address
 * @service: (nullable): a port number or the name of a service; `NULL` or `""` picks a free port
 * @reuseaddr: whether to take a port to which earlier connections have not died away
 * @family: `G_SOCKET_FAMILY_IPV4`, `G_SOCKET_FAMILY_IPV6`, or `G_SOCKET_FAMILY_INVALID` for both
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @protocol: the number of the protocol; 0 for the default
 *
 * Binds a local address and port of a given family and type.
 *
 * If both @iface and @service are `NULL` or `""`, it fails with [error@QSocket.SocketError]
 * `BIND`. With @reuseaddr, datagram sockets may share a port, and the latest gets the datagrams.
 * All else is as in [method@QSocket.Socket.bind].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind_inet (QSocket        *self,
                             const char     *iface,
                             const char     *service,
                             gboolean        reuseaddr,
                             GSocketFamily   family,
                             GSocketType     socktype,
                             int             protocol,
                             GError        **error);

/**
 * q_socket_bind_unix:
 * @self: a socket
 * @path: (type filename): the path of the socket file to create, 1 to 107 bytes long
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @protocol: the number of the protocol; 0 for the default
 *
 * Binds a UNIX socket of a given type.
 *
 * An existing path is [error@QSocket.SocketError] `BIND` and left alone. All else is as in
 * [method@QSocket.Socket.bind].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind_unix (QSocket      *self,
                             const char   *path,
                             GSocketType   socktype,
                             int           protocol,
                             GError      **error);

/**
 * q_socket_listen:
 * @self: a bound socket
 * @backlog: how many connections may wait to be accepted; 0 or less means 128
 *
 * Makes a bound socket ready to accept connections.
 *
 * The system may lower @backlog. Listening again only changes it.
 *
 * Fails with [error@QSocket.SocketError] `NOT_OPEN` if the socket is closed; with `LISTEN` if the
 * system refuses, for instance on a datagram or a connected socket.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_listen (QSocket  *self,
                          int       backlog,
                          GError  **error);

G_END_DECLS
