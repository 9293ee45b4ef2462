/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* What an event costs: the same buffered reads with nobody, with a handler and with a
 * queue. Each read makes one event, so the differences are the price of one.
 */

#include "config.h"

#include "bench.h"

/* Events in the queue before they are taken out, off the clock: enough that reading the
 * clock, a system call, does not count. */
#define QUEUE_BATCH 256

static volatile gint32 last;

static void
read_ints (BenchSubject *self,
           guint64       n)
{
  GError *error = NULL;

  for (; n > 0; n--)
    {
      last = q_socket_recv_i4 (self->socket, BENCH_TIMEOUT_MS, NULL, &error);
      if (G_UNLIKELY (error != NULL))
        bench_fail ("q_socket_recv_i4", error);
    }
}

static void
read_records (BenchSubject *self,
              guint64       n)
{
  for (; n > 0; n--)
    bench_qsocket_receive (self);
}

static void
read_event_cb (QSocket      *socket,
               QSocketEvent *event,
               guint64      *n_events)
{
  ++*n_events;
}

static void
prepare_handler (BenchSubject *self)
{
  self->data = g_new0 (guint64, 1);
  g_signal_connect (self->socket, "packet-read", G_CALLBACK (read_event_cb), self->data);
}

/* Every read must have made its event, or there is nothing to measure. One that met the
 * end of the buffer may have made two. */
static void
check_events (guint64 n_events,
              guint64 wanted)
{
  if (n_events < wanted)
    bench_fail ("a read without an event", NULL);
}

static void
handle_ints (BenchSubject *self,
             guint64       n)
{
  guint64 *n_events = self->data;
  guint64 before = *n_events;

  read_ints (self, n);
  check_events (*n_events - before, n);
}

static void
handle_records (BenchSubject *self,
                guint64       n)
{
  guint64 *n_events = self->data;
  guint64 before = *n_events;

  read_records (self, n);
  check_events (*n_events - before, n);
}

static void
prepare_queue (BenchSubject *self)
{
  self->data = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  q_socket_set_event_queue (self->socket, self->data);
}

static void
empty_queue (BenchSubject *self,
             guint64       wanted)
{
  gint64 start = bench_clock_ns (CLOCK_THREAD_CPUTIME_ID);
  guint64 n = 0;
  QSocketEvent *event;

  while ((event = g_async_queue_try_pop (self->data)) != NULL)
    {
      q_socket_event_unref (event);
      n++;
    }
  check_events (n, wanted);
  self->excluded_ns += bench_clock_ns (CLOCK_THREAD_CPUTIME_ID) - start;
}

static void
queue_in_batches (BenchSubject *self,
                  BenchBatch    read,
                  guint64       n)
{
  while (n > 0)
    {
      guint64 part = MIN (n, QUEUE_BATCH);

      read (self, part);
      empty_queue (self, part);
      n -= part;
    }
}

static void
queue_ints (BenchSubject *self,
            guint64       n)
{
  queue_in_batches (self, read_ints, n);
}

static void
queue_records (BenchSubject *self,
               guint64       n)
{
  queue_in_batches (self, read_records, n);
}

static const BenchVariant int_variants[] = {
  { "nobody", BENCH_API_QSOCKET, .batch = read_ints },
  { "one handler", BENCH_API_QSOCKET, prepare_handler, .batch = handle_ints },
  { "queue", BENCH_API_QSOCKET, prepare_queue, .batch = queue_ints },
  { NULL }
};

static const BenchVariant record_variants[] = {
  { "nobody", BENCH_API_QSOCKET, .batch = read_records },
  { "one handler", BENCH_API_QSOCKET, prepare_handler, .batch = handle_records },
  { "queue", BENCH_API_QSOCKET, prepare_queue, .batch = queue_records },
  { NULL }
};

static const BenchGoal goals[] = {
  { "nobody", BENCH_GOAL_ALLOCATIONS, 0 },
  { "one handler", BENCH_GOAL_MORE_NS, 300, "nobody" },
  { "queue", BENCH_GOAL_MORE_NS, 150, "nobody" },
  { NULL }
};

const BenchWorkload bench_event_workloads[] = {
  { "event-int", "events of recv_i4 served from the buffer", "integer and its event", BENCH_TCP,
    FALSE, sizeof (gint32), bench_peer_source, int_variants, goals, "nobody", 32768 },
  { "event-record", "events of recv_into served from the buffer",
    "record of 64 bytes and its event", BENCH_TCP, FALSE, 64, bench_peer_source, record_variants,
    goals, "nobody", 8000 },
  { NULL }
};
