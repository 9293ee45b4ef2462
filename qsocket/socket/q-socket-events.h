/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-event-queue.h"
#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_event_queue (QSocket     *self,
                               GAsyncQueue *queue);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_event_queue_object (QSocket     *self,
                                      QEventQueue *queue);

G_END_DECLS
