/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-int-format.h"
#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_recv_i1:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives a signed integer of 1 byte.
 *
 * The calls of this family return the number itself, so only @error tells a failure from a 0:
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * gint32 length = q_socket_recv_i4 (socket, 1000, NULL, &error);
 *
 * if (error != NULL)
 *   return FALSE;
 * ```
 *
 * They wait for all bytes of the number and consume none if they fail. Fails with
 * [error@QSocket.SocketError] `RECV` if the system cannot receive, and if a datagram is too short
 * for the number; it stays readable. Emits [signal@QSocket.Socket::packet-read] for each step.
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint8 q_socket_recv_i1 (QSocket       *self,
                        int            timeout_ms,
                        GCancellable  *cancellable,
                        GError       **error);

/**
 * q_socket_recv_i2:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives a signed integer of 2 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint16 q_socket_recv_i2 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

/**
 * q_socket_recv_i4:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives a signed integer of 4 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint32 q_socket_recv_i4 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

/**
 * q_socket_recv_i8:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives a signed integer of 8 bytes, most significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_recv_i8 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

/**
 * q_socket_recv_i2_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives a signed integer of 2 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint16 q_socket_recv_i2_lsb (QSocket       *self,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

/**
 * q_socket_recv_i4_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives a signed integer of 4 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint32 q_socket_recv_i4_lsb (QSocket       *self,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

/**
 * q_socket_recv_i8_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives a signed integer of 8 bytes, least significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_recv_i8_lsb (QSocket       *self,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

/**
 * q_socket_recv_u1:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives an unsigned integer of 1 byte.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint8 q_socket_recv_u1 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

/**
 * q_socket_recv_u2:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives an unsigned integer of 2 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint16 q_socket_recv_u2 (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

/**
 * q_socket_recv_u4:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives an unsigned integer of 4 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint32 q_socket_recv_u4 (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

/**
 * q_socket_recv_u8:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives an unsigned integer of 8 bytes, most significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_recv_u8 (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

/**
 * q_socket_recv_u2_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives an unsigned integer of 2 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint16 q_socket_recv_u2_lsb (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

/**
 * q_socket_recv_u4_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives an unsigned integer of 4 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint32 q_socket_recv_u4_lsb (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

/**
 * q_socket_recv_u8_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives an unsigned integer of 8 bytes, least significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_recv_u8_lsb (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

/**
 * q_socket_recv_int_async:
 * @self: a socket
 * @format: how it looks on the wire
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins to receive an integer of any format without blocking: what [method@QSocket.Socket.recv_i1]
 * and its relatives do.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_recv_int_async (QSocket             *self,
                              QIntFormat           format,
                              int                  timeout_ms,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);

/**
 * q_socket_recv_int_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.recv_int_async].
 *
 * Returns: the integer, with the sign that the format gives it; an unsigned one of 8 bytes has the
 *   bits of a `guint64`; 0 with @error set on failure
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_recv_int_finish (QSocket       *self,
                                 GAsyncResult  *result,
                                 GError       **error);

G_END_DECLS
