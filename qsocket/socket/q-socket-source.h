/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
GSource *q_socket_create_source (QSocket      *self,
                                 GIOCondition  condition,
                                 GCancellable *cancellable);

G_END_DECLS
