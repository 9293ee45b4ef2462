/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_send:
 * @self: a socket
 * @string: UTF-8 text
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends text, converted to the charset of the socket.
 *
 * The byte that ends the C string is not sent. In UTF-16 a byte order mark goes before the first
 * text of a connection and before no other.
 *
 * Fails with [error@QSocket.SocketError] `ENCODING` if @string is not UTF-8 or has a character
 * that the charset lacks, and nothing is sent then; with `SEND` if the system cannot send, also
 * because the peer is gone. If the call ends early, [method@QSocket.Socket.get_bytes_sent] tells
 * how much left.
 *
 * Emits [signal@QSocket.Socket::packet-sent] after each write.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send (QSocket       *self,
                        const char    *string,
                        int            timeout_ms,
                        GCancellable  *cancellable,
                        GError       **error);

/**
 * q_socket_send_async:
 * @self: a socket
 * @string: UTF-8 text
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send] without blocking.
 *
 * The text is copied.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_async (QSocket             *self,
                          const char          *string,
                          int                  timeout_ms,
                          int                  io_priority,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data);

/**
 * q_socket_send_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.send_async].
 *
 * Fails as [method@QSocket.Socket.send] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_finish (QSocket       *self,
                               GAsyncResult  *result,
                               GError       **error);

/**
 * q_socket_send_binary:
 * @self: a socket
 * @data: (transfer none): the bytes
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends bytes as they are.
 *
 * On a datagram socket @data is one datagram, also if it has no bytes; on a stream no bytes send
 * nothing. Errors and signals are those of [method@QSocket.Socket.send], but for `ENCODING`.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_binary (QSocket       *self,
                               GBytes        *data,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

/**
 * q_socket_send_binary_async:
 * @self: a socket
 * @data: (transfer none): the bytes
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_binary] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_binary_async (QSocket             *self,
                                 GBytes              *data,
                                 int                  timeout_ms,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data);

/**
 * q_socket_send_binary_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.send_binary_async].
 *
 * Fails as [method@QSocket.Socket.send_binary] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_binary_finish (QSocket       *self,
                                      GAsyncResult  *result,
                                      GError       **error);

/**
 * q_socket_send_data:
 * @self: a socket
 * @data: (array length=length): the bytes
 * @length: the number of bytes
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends bytes as they are, without a `GBytes` around them.
 *
 * Python's `bytes` and a `Uint8Array` pass without a copy. All else is as in
 * [method@QSocket.Socket.send_binary].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_data (QSocket       *self,
                             const guint8  *data,
                             gsize          length,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

/**
 * q_socket_send_data_async:
 * @self: a socket
 * @data: (array length=length): the bytes
 * @length: the number of bytes
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_data] without blocking.
 *
 * The bytes are copied.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_data_async (QSocket             *self,
                               const guint8        *data,
                               gsize                length,
                               int                  timeout_ms,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);

/**
 * q_socket_send_data_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.send_data_async].
 *
 * Fails as [method@QSocket.Socket.send_data] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_data_finish (QSocket       *self,
                                    GAsyncResult  *result,
                                    GError       **error);

/**
 * q_socket_cork:
 * @self: an open socket
 *
 * Begins to gather in memory what is sent, so that many small sends leave in few system calls.
 *
 * From now on a send succeeds as soon as its bytes are gathered. They leave when 64 KiB are full,
 * before this socket waits for its peer in a read, with [method@QSocket.Socket.uncork], and with
 * [method@QSocket.Socket.close] or [method@QSocket.Socket.shutdown] as far as that does not block.
 * An error in sending shows at the call that really sends. [signal@QSocket.Socket::packet-sent] and
 * [method@QSocket.Socket.get_bytes_sent] count what really left.
 *
 * Calls do not nest: uncorking or closing once ends the state. Cork after opening; a closed
 * socket does not keep the state for its next connection. On a datagram socket each send stays a
 * datagram of its own.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_cork (QSocket *self);

/**
 * q_socket_uncork:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends what was gathered since [method@QSocket.Socket.cork] and ends gathering.
 *
 * Without a cork before it there is nothing to do, and it succeeds. If it fails, what has not left
 * stays gathered. Errors and signals are those of [method@QSocket.Socket.send], but for
 * `ENCODING`.
 *
 * Returns: `TRUE` if all of it was sent, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_uncork (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

/**
 * q_socket_is_write_finished:
 * @self: a socket
 * @timeout_ms: milliseconds to wait for it; negative: no limit, 0: no waiting
 *
 * Tells whether the kernel has all that was sent and would take more.
 *
 * It is not so while a send is under way, nor with corked bytes, which it does not wait for.
 * Bytes that TLS has encrypted for a send that ran out of time leave meanwhile, if they can.
 * Whether the peer has received anything is a question that this does not answer.
 *
 * Returns: `TRUE` if so; `FALSE` if the time is up, bytes are corked, or the socket is closed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_write_finished (QSocket *self,
                                     int      timeout_ms);

/**
 * q_socket_get_bytes_sent:
 * @self: a socket
 *
 * Gets how many bytes of this connection the kernel has taken.
 *
 * Each open begins at 0; after a close the number stays until the next open. After a send that
 * failed, the difference to the number before it is what left. With TLS up to 64 KiB of it may be
 * encrypted and still here: they leave before anything else, with the next call that sends or
 * receives, with [method@QSocket.Socket.is_write_finished], or, as far as that does not block, with
 * the close.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_get_bytes_sent (QSocket *self);

G_END_DECLS
