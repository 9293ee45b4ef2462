/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-report-private.h"
#include "q-socket-event.h"

G_BEGIN_DECLS

/* Makes an event of what a lower layer reported, stamped with now. */
QSocketEvent *q_socket_event_new (guint64        id,
                                  const QReport *report);

/* The event that stands in for @n_lost dropped ones (read: get_read () == n_lost). */
QSocketEvent *q_socket_event_new_overflow (guint64 n_lost);

G_END_DECLS
