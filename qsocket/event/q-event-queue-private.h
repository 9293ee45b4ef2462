/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-event-queue.h"
#include "q-event-waker-private.h"

G_BEGIN_DECLS

/* Takes ownership of the reference to @event. May be called from any thread. */
void q_event_queue_push (QEventQueue  *self,
                         QSocketEvent *event);

/* What a push wakes, for the sources of the queue to add themselves. */
QEventWakers *q_event_queue_get_wakers (QEventQueue *self);

G_END_DECLS
