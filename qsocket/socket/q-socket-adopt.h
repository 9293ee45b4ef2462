/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_new_from_fd:
 * @fd: the descriptor of a stream, datagram or listening socket
 *
 * Creates a socket around an open descriptor.
 *
 * On success the socket owns @fd, makes it close-on-exec, and closes it; on failure @fd stays the
 * caller's. The file of a UNIX socket is not removed, since this object did not bind it.
 *
 * Fails with [error@QSocket.SocketError] `INVALID_ARGUMENT` if @fd is no descriptor or no socket.
 *
 * Returns: (transfer full): a new socket, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_new_from_fd (int      fd,
                               GError **error);

/**
 * q_socket_steal_fd:
 * @self: an open socket
 *
 * Takes the descriptor away from the socket, which is closed afterwards.
 *
 * The connection goes on, and [signal@QSocket.Socket::channel-closed] is not emitted. The
 * descriptor's flags are again as they were when the socket got it; one that the socket opened
 * blocks and is close-on-exec. The file of a UNIX socket is no longer removed.
 *
 * Fails with [error@QSocket.SocketError] `NOT_OPEN` if the socket is closed; with `PENDING` if
 * another call is under way, if there are bytes in the buffer that nobody has read, or corked
 * bytes that have not left; with `SSL` if the connection is encrypted, which nobody could go on
 * with.
 *
 * Returns: the descriptor, which the caller has to close, or -1 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_socket_steal_fd (QSocket  *self,
                       GError  **error);

/**
 * q_socket_new_from_connection:
 * @stream: (transfer none): a [class@Gio.SocketConnection], or a [class@Gio.TlsConnection] on top
 *   of one
 *
 * Creates a socket that wraps a GIO connection.
 *
 * It keeps a reference to @stream, whose connection it closes with itself. From now on @stream
 * should not be read, written or closed directly: it does not see the bytes in the buffer of the
 * socket. A TLS connection must have its handshake behind it; the socket accepts whatever
 * certificate was accepted then. Its session ends with the connection:
 * [method@QSocket.Socket.shutdown_ssl] fails with [error@QSocket.SocketError] `SSL`.
 *
 * Fails with [error@QSocket.SocketError] `INVALID_ARGUMENT` if @stream is another stream, is
 * closed, or has its handshake still to come.
 *
 * Returns: (transfer full): a new socket, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_new_from_connection (GIOStream  *stream,
                                       GError    **error);

G_END_DECLS
