/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-report-private.h"
#include "q-socket-event.h"

G_BEGIN_DECLS

/* Makes an event of what an operation reported; its time is now. */
QSocketEvent *q_socket_event_new (guint64        id,
                                  const QReport *report);

/* The event that replaces @n_lost dropped ones; q_socket_event_get_read () returns
 * that number. */
QSocketEvent *q_socket_event_new_overflow (guint64 n_lost);

G_END_DECLS
