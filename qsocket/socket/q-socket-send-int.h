/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-int-format.h"
#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_send_i1:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends the lowest byte of @value.
 *
 * The calls of this family send the low-order bytes of @value and check no range: signed and
 * unsigned numbers take the same call, and what does not fit is cut off.
 *
 * Fails with [error@QSocket.SocketError] `SEND` if the system cannot send. Emits
 * [signal@QSocket.Socket::packet-sent] after each write. Many integers in a row leave much faster
 * between [method@QSocket.Socket.cork] and [method@QSocket.Socket.uncork].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i1 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

/**
 * q_socket_send_i2:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends the 2 low-order bytes of @value, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i2 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

/**
 * q_socket_send_i4:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends the 4 low-order bytes of @value, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i4 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

/**
 * q_socket_send_i8:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends the 8 low-order bytes of @value, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i8 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

/**
 * q_socket_send_i2_lsb:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends the 2 low-order bytes of @value, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i2_lsb (QSocket       *self,
                               gint64         value,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

/**
 * q_socket_send_i4_lsb:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends the 4 low-order bytes of @value, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i4_lsb (QSocket       *self,
                               gint64         value,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

/**
 * q_socket_send_i8_lsb:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends the 8 low-order bytes of @value, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i8_lsb (QSocket       *self,
                               gint64         value,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

/**
 * q_socket_send_int_async:
 * @self: a socket
 * @format: how it looks on the wire
 * @value: the integer, of which the low-order bytes are sent
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins to send an integer of any format without blocking: what [method@QSocket.Socket.send_i1] and
 * its relatives do.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_int_async (QSocket             *self,
                              QIntFormat           format,
                              gint64               value,
                              int                  timeout_ms,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);

/**
 * q_socket_send_int_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.send_int_async].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_int_finish (QSocket       *self,
                                   GAsyncResult  *result,
                                   GError       **error);

G_END_DECLS
