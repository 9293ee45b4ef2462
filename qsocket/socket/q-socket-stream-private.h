/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-channel-private.h"
#include "q-socket.h"

G_BEGIN_DECLS

/* What q_socket_get_io_stream () returns: GIO's streams on top of the calls of
 * the socket, so that both see the same bytes. It does not keep the socket alive,
 * which keeps it, and is closed together with @channel, which the socket is open
 * with now. */
GIOStream *q_socket_stream_new (QSocket  *socket,
                                QChannel *channel);

G_END_DECLS
