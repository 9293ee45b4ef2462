/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <qsocket/qsocket.h>

/* Takes all events out of @queue and prints each as a line: the milliseconds since @start, a point
 * on the clock of g_get_monotonic_time (), then @label with the number of the socket, the event,
 * and its details. */
void timeline_print (QEventQueue *queue,
                     const char  *label,
                     gint64       start);
