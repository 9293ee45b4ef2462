/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-event-queue-private.h"
#include "q-socket-event-private.h"

/* For waits that end at once unless something is broken. */
#define LONG_MS 10000

static inline QSocketEvent *
make_event (guint64 id,
            gint64  number)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_PACKET_READ);

  report.step = number;

  return q_socket_event_new (id, &report);
}

static inline void
count_cb (gpointer data)
{
  g_atomic_int_inc ((int *) data);
}

/* An event that counts in @freed when it goes. */
static inline QSocketEvent *
make_counted_event (int *freed)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED);
  g_autoptr (GVariant) headers = NULL;

  headers = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_VARDICT, NULL, 0, TRUE,
                                                         count_cb, freed));
  report.headers = headers;

  return q_socket_event_new (1, &report);
}

/* Takes @event; -1 for none. */
static inline gint64
number_of (QSocketEvent *event)
{
  g_autoptr (QSocketEvent) owned = event;

  return owned != NULL ? q_socket_event_get_read (owned) : -1;
}

/* Waits until a thread is blocked in a pop, without sleeping. */
static inline void
wait_for_waiter (QEventQueue *queue)
{
  while (g_async_queue_length (q_event_queue_get_async_queue (queue)) >= 0)
    g_thread_yield ();
}

static inline guint
iterate (GMainContext *context)
{
  guint n = 0;

  while (g_main_context_iteration (context, FALSE))
    n++;

  return n;
}
