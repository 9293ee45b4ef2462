/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-event-queue.h"

G_BEGIN_DECLS

/* Takes over the reference to @event. Any thread. */
void q_event_queue_push (QEventQueue  *self,
                         QSocketEvent *event);

G_END_DECLS
