/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_upgrade_client_to_ssl:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Begins to encrypt an open connection with TLS, as the client (STARTTLS).
 *
 * Corked bytes leave first, in clear text. The certificate is checked as in
 * [method@QSocket.Socket.connect_ssl], against the host that was connected to; a socket made from
 * a descriptor needs [property@QSocket.Socket:ssl-server-name].
 *
 * Clear text that the peer sent and nobody has read yet is [error@QSocket.SocketError] `SSL`,
 * since it must not pass for encrypted; it stays readable, and the socket open. So it does if
 * there is no name to check or the connection is encrypted already, which is `SSL`, too. A
 * failed handshake closes the socket; its errors are those of
 * [method@QSocket.Socket.connect_ssl]. It is `PENDING` if another thread reads or writes.
 *
 * Emits [signal@QSocket.Socket::start-ssl] and [signal@QSocket.Socket::ssl-established].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_client_to_ssl (QSocket       *self,
                                         int            timeout_ms,
                                         GCancellable  *cancellable,
                                         GError       **error);

/**
 * q_socket_upgrade_client_to_ssl_async:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.upgrade_client_to_ssl] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_upgrade_client_to_ssl_async (QSocket             *self,
                                           int                  timeout_ms,
                                           int                  io_priority,
                                           GCancellable        *cancellable,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data);

/**
 * q_socket_upgrade_client_to_ssl_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.upgrade_client_to_ssl_async].
 *
 * Fails as [method@QSocket.Socket.upgrade_client_to_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_client_to_ssl_finish (QSocket       *self,
                                                GAsyncResult  *result,
                                                GError       **error);

/**
 * q_socket_upgrade_server_to_ssl:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Begins to encrypt an open connection with TLS, as the server (STARTTLS).
 *
 * It needs a certificate and a key, as [method@QSocket.Socket.accept_ssl] does. All else is as in
 * [method@QSocket.Socket.upgrade_client_to_ssl].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_server_to_ssl (QSocket       *self,
                                         int            timeout_ms,
                                         GCancellable  *cancellable,
                                         GError       **error);

/**
 * q_socket_upgrade_server_to_ssl_async:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.upgrade_server_to_ssl] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_upgrade_server_to_ssl_async (QSocket             *self,
                                           int                  timeout_ms,
                                           int                  io_priority,
                                           GCancellable        *cancellable,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data);

/**
 * q_socket_upgrade_server_to_ssl_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.upgrade_server_to_ssl_async].
 *
 * Fails as [method@QSocket.Socket.upgrade_server_to_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_server_to_ssl_finish (QSocket       *self,
                                                GAsyncResult  *result,
                                                GError       **error);

/**
 * q_socket_shutdown_ssl:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Ends TLS, and not the connection, which then goes on in clear text.
 *
 * Corked bytes leave first, encrypted. Then this side says that nothing follows (close_notify) and
 * waits for the peer to say the same. What the peer sends before that stays readable, up to
 * [property@QSocket.Socket:max-receive-size] bytes. Another session may be begun afterwards. It is
 * not needed before [method@QSocket.Socket.close], which takes leave by itself and never waits.
 *
 * Fails with [error@QSocket.SocketError] `TIMEOUT` if the peer does not answer in time; it can be
 * read from on, nothing can be sent any more, and a further call waits for the answer again. It is
 * `TRUNCATED` if the peer ends the connection instead, and `PENDING` if another thread reads or
 * writes. On a socket without TLS, or one that is not open, nothing happens, and that is success.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_shutdown_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error);

/**
 * q_socket_shutdown_ssl_async:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.shutdown_ssl] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_shutdown_ssl_async (QSocket             *self,
                                  int                  timeout_ms,
                                  int                  io_priority,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);

/**
 * q_socket_shutdown_ssl_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.shutdown_ssl_async].
 *
 * Fails as [method@QSocket.Socket.shutdown_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_shutdown_ssl_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error);

G_END_DECLS
