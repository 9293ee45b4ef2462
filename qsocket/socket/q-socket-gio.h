/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_get_gsocket:
 * @self: a socket
 *
 * Gets a [class@Gio.Socket] for the same descriptor.
 *
 * It belongs to the socket and is closed with it. What it receives misses the bytes in the
 * buffer. Like every [class@Gio.Socket], it makes the descriptor non-blocking and the process
 * ignore `SIGPIPE`.
 *
 * Returns: (transfer none) (nullable): the GIO socket, or `NULL` if the socket is closed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GSocket *q_socket_get_gsocket (QSocket *self);

/**
 * q_socket_get_io_stream:
 * @self: a socket
 *
 * Gets a stream that reads and writes through the socket.
 *
 * Its input comes through the buffer of the socket, so stream and methods can take turns and
 * nothing is lost between them. It belongs to the socket; closing it closes the socket.
 *
 * Returns: (transfer none) (nullable): the stream, or `NULL` if the socket is closed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GIOStream *q_socket_get_io_stream (QSocket *self);

G_END_DECLS
