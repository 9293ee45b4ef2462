/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_create_source:
 * @self: an open socket
 * @condition: what to wait for: `G_IO_IN`, `G_IO_OUT` or both
 * @cancellable: (nullable): makes the source ready, too, when it is cancelled
 *
 * Creates a source that is ready when the socket can be read, accept or be written.
 *
 * Unlike a source for the descriptor it counts bytes in the buffer: with such it is ready at once.
 * It belongs to the present connection and is ready for good when that is closed; for a closed
 * socket it is ready at once.
 * Its callback is a [callback@GLib.SourceFunc], called with the user data alone, in every language.
 * To wait for nothing more, the callback returns `G_SOURCE_REMOVE`.
 *
 * Returns: (transfer full): a new source, not attached yet
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GSource *q_socket_create_source (QSocket      *self,
                                 GIOCondition  condition,
                                 GCancellable *cancellable);

G_END_DECLS
