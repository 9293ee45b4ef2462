/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_is_open:
 * @self: a socket
 *
 * Tells whether the socket has a descriptor: connected, bound or listening.
 *
 * A peer that closes its side changes nothing here; only this side closes a socket.
 *
 * Returns: `TRUE` if the socket is open
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_open (QSocket *self);

/**
 * q_socket_is_secure:
 * @self: a socket
 *
 * Tells whether what the socket sends and receives is encrypted.
 *
 * May be called from any thread.
 *
 * Returns: `TRUE` if the connection uses TLS; `FALSE` also if it is not open
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_secure (QSocket *self);

/**
 * q_socket_get_socket:
 * @self: a socket
 *
 * Gets the file descriptor.
 *
 * It goes on belonging to the socket: do not close it, and mind that what is read from it directly
 * misses the bytes in the buffer. [method@QSocket.Socket.steal_fd] hands it over.
 *
 * Returns: the descriptor, or -1 if the socket is closed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_socket_get_socket (QSocket *self);

/**
 * q_socket_get_peer_info:
 * @self: a connected socket
 *
 * Describes the address of the peer.
 *
 * The keys of the `a{sv}` and the types of their values, with examples:
 *
 * | key | type | host | UNIX |
 * | --- | --- | --- | --- |
 * | `address` | `s` | `192.0.2.1`, `2001:db8::1` | the path, or `""` |
 * | `address_desc` | `s` | `ipv4(192.0.2.1)`, `ipv6[2001:db8::1]` | `unix:` and the path |
 * | `port` | `i` | 80 | |
 * | `family` | `i` | the system's number: `AF_INET`, `AF_INET6` | `AF_UNIX` |
 * | `familystr` | `s` | `ipv4`, `ipv6` | `unix` |
 * | `hostname` | `s` | `www.example.org` | |
 * | `hostname_desc` | `s` | `ipv4(www.example.org)` | |
 * | `pid`, `uid`, `gid` | `i` | | of the peer, where the kernel knows them |
 *
 * `hostname` takes a reverse lookup, made once per connection and for at most 200 ms. If that
 * finds nothing in time, it is the address. Without
 * [property@QSocket.Socket:lookup-hostnames] nothing is looked up, and both hostname keys are
 * missing.
 *
 * Fails with [error@QSocket.SocketError] `GET_PEER_INFO` if the socket is closed or has no peer.
 *
 * Returns: (transfer full): an `a{sv}`, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_get_peer_info (QSocket  *self,
                                  GError  **error);

/**
 * q_socket_get_socket_info:
 * @self: an open socket
 *
 * Describes the local address.
 *
 * The keys are those of [method@QSocket.Socket.get_peer_info], without `pid`, `uid` and `gid`, and
 * so are the rules for the host name.
 *
 * Fails with [error@QSocket.SocketError] `GET_SOCKET_INFO` if the socket is closed.
 *
 * Returns: (transfer full): an `a{sv}`, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_get_socket_info (QSocket  *self,
                                    GError  **error);

/**
 * q_socket_get_port:
 * @self: a socket
 *
 * Gets the port that a peer would name, or was named.
 *
 * For a bound, listening or accepted socket that is the local port, for a connected client the
 * remote one.
 *
 * Returns: the port, or -1 if the socket is closed, a UNIX socket, or not bound yet
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_socket_get_port (QSocket *self);

G_END_DECLS
