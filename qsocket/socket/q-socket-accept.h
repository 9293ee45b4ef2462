/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_accept:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Accepts a connection and returns a socket for it.
 *
 * The new socket inherits charset, no-delay, limits, [property@QSocket.Socket:lookup-hostnames]
 * and event queue. Nobody is looked up; [method@QSocket.Socket.get_peer_info] tells who
 * connected. A connection that its peer has closed meanwhile is returned all the same, and what
 * it sent can be read.
 *
 * When the time is up, the result is `NULL` without an error; there is no `TIMEOUT` here.
 *
 * A connection that breaks off while it waits is passed over. Fails with
 * [error@QSocket.SocketError] `ACCEPT` if the socket does not listen or the system cannot accept,
 * for instance for want of descriptors; each call reports that once, and the listener stays
 * usable.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

/**
 * q_socket_accept_async:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.accept] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_accept_async (QSocket             *self,
                            int                  timeout_ms,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data);

/**
 * q_socket_accept_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.accept_async].
 *
 * Fails as [method@QSocket.Socket.accept] does.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept_finish (QSocket       *self,
                                 GAsyncResult  *result,
                                 GError       **error);

/**
 * q_socket_accept_ssl:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole call, handshake included; negative: no limit, 0: no
 *   waiting, which no handshake gets by with
 * @cancellable: (nullable): what may cancel the call
 *
 * Accepts a connection, encrypts it with TLS, and returns a socket for it.
 *
 * The certificate and key of [method@QSocket.Socket.set_certificate] and
 * [method@QSocket.Socket.set_private_key] are what clients get to see; the new socket inherits
 * these, too, and the other settings of TLS. With [enum@QSocket.SslVerifyMode] `REQUIRE` clients
 * must show a certificate of their own.
 *
 * The first client that says something is served. One that connects and says nothing keeps
 * nobody waiting; up to 64 such connections are kept for later calls, then the oldest is closed.
 * One that begins a handshake and is slow about it holds up this call, but no longer than
 * @timeout_ms.
 *
 * When the time is up and nobody came, the result is `NULL` without an error. When somebody came
 * and the handshake was not done in time it is [error@QSocket.SocketError] `TIMEOUT`; it is
 * `CLOSED` if the client hung up before that, `SSL` if the handshake failed. Such connections
 * are closed. It is `SSL` as well if the listener has no certificate or no key. Other errors are
 * those of [method@QSocket.Socket.accept]. The listener stays usable after all of them.
 *
 * The new socket emits [signal@QSocket.Socket::start-ssl] and
 * [signal@QSocket.Socket::ssl-established], which the listener's event queue gets to see.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept_ssl (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

/**
 * q_socket_accept_ssl_async:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.accept_ssl] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_accept_ssl_async (QSocket             *self,
                                int                  timeout_ms,
                                int                  io_priority,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data);

/**
 * q_socket_accept_ssl_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.accept_ssl_async].
 *
 * Fails as [method@QSocket.Socket.accept_ssl] does.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept_ssl_finish (QSocket       *self,
                                     GAsyncResult  *result,
                                     GError       **error);

G_END_DECLS
