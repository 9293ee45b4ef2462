/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_shutdown:
 * @self: a socket
 *
 * Ends the connection in both directions without closing the socket.
 *
 * The peer sees the end of the stream even if other processes share the descriptor. Bytes that
 * are in the buffer stay readable; then reads report the end of the stream. Sending fails.
 * Blocked calls in other threads return; one that connects or binds just then fails with
 * [error@QSocket.SocketError] `CLOSED`. It waits for nothing: corked bytes leave first as far as
 * the kernel takes them at once. [method@QSocket.Socket.is_open] stays `TRUE`.
 *
 * A closed socket succeeds. Fails with [error@QSocket.SocketError] `NOT_OPEN` if the socket is
 * open but not connected. May be called from any thread.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_shutdown (QSocket  *self,
                            GError  **error);

/**
 * q_socket_close:
 * @self: a socket
 *
 * Closes the socket.
 *
 * It never waits: corked bytes leave as far as the kernel takes them at once, buffered input is
 * dropped, and the file of a UNIX socket that this object bound is removed. A call that is
 * blocked in another thread fails with [error@QSocket.SocketError] `CLOSED`. Closing a closed
 * socket succeeds. May be called from any thread.
 *
 * Emits [signal@QSocket.Socket::channel-closed] if the socket was open.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set; the socket is closed in both cases
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_close (QSocket  *self,
                         GError  **error);

G_END_DECLS
