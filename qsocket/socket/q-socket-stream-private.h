/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-channel-private.h"
#include "q-socket.h"

G_BEGIN_DECLS

/* Creates the stream that q_socket_get_io_stream () returns. It reads and writes by calls of the
 * socket, so that the stream and the socket share one buffer. The channel holds a reference to the
 * stream, and the stream a weak one to the socket: so it does not keep the socket alive. It is
 * closed when @channel, which the socket is open with, is closed. */
GIOStream *q_socket_stream_new (QSocket  *socket,
                                QChannel *channel);

G_END_DECLS
