/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-event.h"

G_BEGIN_DECLS

#define Q_TYPE_EVENT_QUEUE (q_event_queue_get_type ())

QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QEventQueue, q_event_queue, Q, EVENT_QUEUE, GObject)

QSOCKET_AVAILABLE_IN_1_0
QEventQueue *q_event_queue_new (void);

QSOCKET_AVAILABLE_IN_1_0
QEventQueue *q_event_queue_new_bounded (guint max_length);

QSOCKET_AVAILABLE_IN_1_0
QEventQueue *q_event_queue_new_for_async_queue (GAsyncQueue *queue);

QSOCKET_AVAILABLE_IN_1_0
GAsyncQueue *q_event_queue_get_async_queue (QEventQueue *self);

QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_event_queue_pop (QEventQueue *self);

QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_event_queue_try_pop (QEventQueue *self);

QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_event_queue_timeout_pop (QEventQueue *self,
                                         int          timeout_ms);

QSOCKET_AVAILABLE_IN_1_0
guint q_event_queue_get_length (QEventQueue *self);

QSOCKET_AVAILABLE_IN_1_0
GSource *q_event_queue_create_source (QEventQueue  *self,
                                      GCancellable *cancellable);

G_END_DECLS
