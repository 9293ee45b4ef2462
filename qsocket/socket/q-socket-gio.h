/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
GSocket *q_socket_get_gsocket (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
GIOStream *q_socket_get_io_stream (QSocket *self);

G_END_DECLS
