/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-event-queue.h"

#include "event-help.h"

static void
test_order (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new ();

  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);
  g_assert_null (q_event_queue_try_pop (queue));

  for (int i = 1; i <= 4; i++)
    q_event_queue_push (queue, make_event (1, i));
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 4);

  g_assert_cmpint (number_of (q_event_queue_pop (queue)), ==, 1);
  g_assert_cmpint (number_of (q_event_queue_try_pop (queue)), ==, 2);
  g_assert_cmpint (number_of (q_event_queue_timeout_pop (queue, 0)), ==, 3);
  g_assert_cmpint (number_of (q_event_queue_timeout_pop (queue, -1)), ==, 4);
  g_assert_null (q_event_queue_try_pop (queue));
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);
}

static void
test_items_freed (void)
{
  int freed = 0;
  QEventQueue *queue = q_event_queue_new ();
  QSocketEvent *kept = make_counted_event (&freed);

  q_event_queue_push (queue, q_socket_event_ref (kept));
  q_event_queue_push (queue, make_counted_event (&freed));
  q_event_queue_push (queue, make_counted_event (&freed));
  g_assert_finalize_object (queue);
  g_assert_cmpint (freed, ==, 2);

  q_socket_event_unref (kept);
  g_assert_cmpint (freed, ==, 3);
}

static void
test_max_length (void)
{
  g_autoptr (QEventQueue) unbounded = q_event_queue_new ();
  g_autoptr (QEventQueue) bounded = q_event_queue_new_bounded (G_MAXUINT);
  g_autoptr (QEventQueue) generic = g_object_new (Q_TYPE_EVENT_QUEUE, "max-length", 7, NULL);
  guint max_length;

  g_object_get (unbounded, "max-length", &max_length, NULL);
  g_assert_cmpuint (max_length, ==, 0);
  g_object_get (bounded, "max-length", &max_length, NULL);
  g_assert_cmpuint (max_length, ==, G_MAXUINT);
  g_object_get (generic, "max-length", &max_length, NULL);
  g_assert_cmpuint (max_length, ==, 7);

  for (int i = 0; i < 10; i++)
    q_event_queue_push (bounded, make_event (1, i));
  g_assert_cmpuint (q_event_queue_get_length (bounded), ==, 10);

  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*max_length > 0*");
  g_assert_null (q_event_queue_new_bounded (0));
  g_test_assert_expected_messages ();
}

/* "p" pushes the next number, "x" pops, "5" pushes an OVERFLOW of 5 that comes
 * from another queue. The output is what was popped, then after a bar what is
 * left; O2 stands for two lost events, - for none there. */
static const struct
{
  guint max_length;
  const char *program;
  const char *output;
} bounded_cases[] = {
  { 1, "p", "| 1" },
  { 1, "pp", "| O2" },
  { 1, "pppp", "| O4" },
  { 1, "ppxp", "O2 | 3" },
  { 1, "ppxpxx", "O2 3 - |" },
  { 1, "p5", "| O6" },
  { 2, "pp", "| 1 2" },
  { 2, "ppp", "| O2 3" },
  { 2, "pppp", "| O3 4" },
  { 2, "pppxp", "O2 | 3 4" },
  { 2, "pppxpp", "O2 | O2 5" },
  { 2, "pppxxpp", "O2 3 | 4 5" },
  { 3, "ppp", "| 1 2 3" },
  { 3, "pppp", "| O2 3 4" },
  { 3, "ppppp", "| O3 4 5" },
  { 3, "pppppppp", "| O6 7 8" },
  { 3, "ppppxp", "O2 | 3 4 5" },
  { 3, "ppppxpp", "O2 | O2 5 6" },
  { 3, "ppxpp", "1 | 2 3 4" },
  { 3, "ppxppp", "1 | O2 4 5" },
  { 3, "5pp", "| O5 1 2" },
  { 3, "5ppp", "| O6 2 3" },
  { 3, "p5pp", "| O6 2 3" },
  { 3, "pp5p", "| O2 O5 3" },
  { 3, "pp5pp", "| O7 3 4" },
  { 5, "pppppp", "| O2 3 4 5 6" },
  { 5, "ppppppxxp", "O2 3 | 4 5 6 7" },
};

static void
append_event (GString      *output,
              QSocketEvent *event)
{
  g_autoptr (QSocketEvent) owned = event;

  if (owned == NULL)
    {
      g_string_append (output, "- ");
      return;
    }

  if (q_socket_event_get_event_type (owned) == Q_SOCKET_EVENT_TYPE_OVERFLOW)
    g_string_append_c (output, 'O');
  g_string_append_printf (output, "%" G_GINT64_FORMAT " ", q_socket_event_get_read (owned));
}

static void
test_bounded (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bounded_cases); i++)
    {
      guint max_length = bounded_cases[i].max_length;
      g_autoptr (QEventQueue) queue = q_event_queue_new_bounded (max_length);
      g_autoptr (GString) output = g_string_new (NULL);
      QSocketEvent *event;
      int number = 0;

      for (const char *p = bounded_cases[i].program; *p != '\0'; p++)
        {
          if (*p == 'p')
            q_event_queue_push (queue, make_event (1, ++number));
          else if (*p == 'x')
            append_event (output, q_event_queue_try_pop (queue));
          else
            q_event_queue_push (queue, q_socket_event_new_overflow ((guint64) (*p - '0')));

          g_assert_cmpuint (q_event_queue_get_length (queue), <=, max_length);
        }

      g_string_append (output, "| ");
      while ((event = q_event_queue_try_pop (queue)) != NULL)
        append_event (output, event);
      g_string_truncate (output, output->len - 1);

      g_assert_cmpstr (output->str, ==, bounded_cases[i].output);
    }
}

static void
test_bounded_freed (void)
{
  int freed = 0;
  g_autoptr (QEventQueue) queue = q_event_queue_new_bounded (3);

  for (int i = 0; i < 10; i++)
    q_event_queue_push (queue, make_counted_event (&freed));
  g_assert_cmpint (freed, ==, 8);
}

#define N_PRODUCERS 8
#define N_PER_PRODUCER 20000

typedef struct
{
  QEventQueue *queue;
  guint64 id;
} Producer;

static gpointer
producer_thread (gpointer data)
{
  Producer *producer = data;

  for (int i = 1; i <= N_PER_PRODUCER; i++)
    q_event_queue_push (producer->queue, make_event (producer->id, i));

  return NULL;
}

typedef struct
{
  QEventQueue *queue;
  guint max_length;
  GMutex lock;
  gint64 n_events;              /* received or lost, by all consumers */
} Consumption;

/* Consumes until all that was pushed is accounted for. */
static void
consume (Consumption *consumption,
         gboolean     raw)
{
  GAsyncQueue *async_queue = q_event_queue_get_async_queue (consumption->queue);
  gint64 last[N_PRODUCERS] = { 0, };
  gboolean done = FALSE;

  while (!done)
    {
      g_autoptr (QSocketEvent) event = NULL;
      gint64 number;

      if (consumption->max_length > 0)
        g_assert_cmpuint (q_event_queue_get_length (consumption->queue), <=,
                          consumption->max_length);

      /* Short, since another consumer may take the last event. */
      if (raw)
        event = g_async_queue_timeout_pop (async_queue, 1000);
      else
        event = q_event_queue_timeout_pop (consumption->queue, 1);

      number = event != NULL ? q_socket_event_get_read (event) : 0;

      if (event != NULL &&
          q_socket_event_get_event_type (event) != Q_SOCKET_EVENT_TYPE_OVERFLOW)
        {
          guint64 id = q_socket_event_get_id (event);

          g_assert_cmpint (number, >, last[id]);
          last[id] = number;
          number = 1;
        }

      g_mutex_lock (&consumption->lock);
      consumption->n_events += number;
      g_assert_cmpint (consumption->n_events, <=, N_PRODUCERS * N_PER_PRODUCER);
      done = consumption->n_events == N_PRODUCERS * N_PER_PRODUCER;
      g_mutex_unlock (&consumption->lock);
    }
}

static gpointer
raw_consumer_thread (gpointer data)
{
  consume (data, TRUE);

  return NULL;
}

static void
test_threads (gconstpointer data)
{
  guint max_length = GPOINTER_TO_UINT (data);
  g_autoptr (QEventQueue) queue = NULL;
  Producer producers[N_PRODUCERS];
  GThread *threads[N_PRODUCERS + 1];
  Consumption consumption = { .max_length = max_length };

  queue = max_length > 0 ? q_event_queue_new_bounded (max_length) : q_event_queue_new ();
  consumption.queue = queue;
  g_mutex_init (&consumption.lock);

  threads[N_PRODUCERS] = g_thread_new ("consumer", raw_consumer_thread, &consumption);
  for (guint i = 0; i < N_PRODUCERS; i++)
    {
      producers[i] = (Producer) { queue, i };
      threads[i] = g_thread_new ("producer", producer_thread, &producers[i]);
    }

  consume (&consumption, FALSE);

  for (guint i = 0; i <= N_PRODUCERS; i++)
    g_thread_join (threads[i]);
  g_assert_null (q_event_queue_try_pop (queue));
  g_mutex_clear (&consumption.lock);
}

static gpointer
push_when_waiting_thread (gpointer data)
{
  QEventQueue *queue = data;

  wait_for_waiter (queue);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);
  q_event_queue_push (queue, make_event (1, 42));

  return NULL;
}

static void
test_blocking_pops (void)
{
  static const int timeouts[] = { -1, G_MININT, G_MAXINT, LONG_MS };
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  GThread *thread = g_thread_new ("push", push_when_waiting_thread, queue);

  g_assert_cmpint (number_of (q_event_queue_pop (queue)), ==, 42);
  g_thread_join (thread);

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      thread = g_thread_new ("push", push_when_waiting_thread, queue);
      g_assert_cmpint (number_of (q_event_queue_timeout_pop (queue, timeouts[i])), ==, 42);
      g_thread_join (thread);
    }
}

static void
test_bounded_blocking_pop (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new_bounded (1);
  GThread *thread = g_thread_new ("push", push_when_waiting_thread, queue);

  g_assert_cmpint (number_of (q_event_queue_pop (queue)), ==, 42);
  g_thread_join (thread);
}

static void
test_timeout_pop (void)
{
  static const int timeouts[] = { 0, 1, 5, 30 };
  g_autoptr (QEventQueue) queue = q_event_queue_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      gint64 start = g_get_monotonic_time ();

      g_assert_null (q_event_queue_timeout_pop (queue, timeouts[i]));
      g_assert_cmpint (g_get_monotonic_time () - start, >=, (gint64) timeouts[i] * 1000);
    }

  q_event_queue_push (queue, make_event (1, 7));
  g_assert_cmpint (number_of (q_event_queue_timeout_pop (queue, G_MAXINT)), ==, 7);
}

static void
test_async_queue (void)
{
  GAsyncQueue *async_queue = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  QEventQueue *queue = q_event_queue_new_for_async_queue (async_queue);
  int freed = 0;

  g_assert_true (q_event_queue_get_async_queue (queue) == async_queue);

  g_async_queue_push (async_queue, make_event (1, 1));
  q_event_queue_push (queue, make_event (1, 2));
  q_event_queue_push (queue, make_counted_event (&freed));
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 3);
  g_assert_cmpint (number_of (q_event_queue_try_pop (queue)), ==, 1);
  g_assert_cmpint (number_of (g_async_queue_try_pop (async_queue)), ==, 2);

  g_assert_finalize_object (queue);
  g_assert_cmpint (freed, ==, 0);
  g_assert_cmpint (g_async_queue_length (async_queue), ==, 1);
  g_async_queue_unref (async_queue);
  g_assert_cmpint (freed, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add_func ("/event/event-queue/" path, function)
  ADD ("order", test_order);
  ADD ("items-freed", test_items_freed);
  ADD ("max-length", test_max_length);
  ADD ("bounded/shapes", test_bounded);
  ADD ("bounded/freed", test_bounded_freed);
  ADD ("bounded/blocking-pop", test_bounded_blocking_pop);
  ADD ("blocking-pops", test_blocking_pops);
  ADD ("timeout-pop", test_timeout_pop);
  ADD ("async-queue", test_async_queue);
#undef ADD


  g_test_add_data_func ("/event/event-queue/threads/unbounded", GUINT_TO_POINTER (0),
                        test_threads);
  g_test_add_data_func ("/event/event-queue/threads/1", GUINT_TO_POINTER (1), test_threads);
  g_test_add_data_func ("/event/event-queue/threads/2", GUINT_TO_POINTER (2), test_threads);
  g_test_add_data_func ("/event/event-queue/threads/64", GUINT_TO_POINTER (64), test_threads);

  return g_test_run ();
}
