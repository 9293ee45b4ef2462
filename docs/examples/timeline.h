/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <qsocket/qsocket.h>

/* Takes all events out of @queue and prints each as a line: the milliseconds since @start
 * (g_get_monotonic_time ()), @who with the number of the socket, the event, its details. */
void timeline_print (QEventQueue *queue,
                     const char  *who,
                     gint64       start);
