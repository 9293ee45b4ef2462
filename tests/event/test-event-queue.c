/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-event-queue.h"

#include "q-event-queue-private.h"
#include "q-socket-event-private.h"

/* For waits that end at once unless something is broken. */
#define LONG_MS 10000

static QSocketEvent *
make_event (guint64 id,
            gint64  number)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_PACKET_READ);

  report.step = number;

  return q_socket_event_new (id, &report);
}

static void
count_cb (gpointer data)
{
  g_atomic_int_inc ((int *) data);
}

/* An event that counts in @freed when it goes. */
static QSocketEvent *
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
static gint64
number_of (QSocketEvent *event)
{
  g_autoptr (QSocketEvent) owned = event;

  return owned != NULL ? q_socket_event_get_read (owned) : -1;
}

/* Waits until a thread is blocked in a pop, without sleeping. */
static void
wait_for_waiter (QEventQueue *queue)
{
  while (g_async_queue_length (q_event_queue_get_async_queue (queue)) >= 0)
    g_thread_yield ();
}

static guint
iterate (GMainContext *context)
{
  guint n = 0;

  while (g_main_context_iteration (context, FALSE))
    n++;

  return n;
}

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

typedef struct
{
  guint n_calls;
  gboolean drain;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
} ReadyLog;

static void
event_ready_cb (QEventQueue *queue,
                gpointer     data)
{
  ReadyLog *log = data;
  QSocketEvent *event;

  g_assert_true (Q_IS_EVENT_QUEUE (queue));
  g_assert_cmpuint (q_event_queue_get_length (queue), >, 0);

  log->n_calls++;
  log->thread = g_thread_self ();
  log->context = g_main_context_get_thread_default ();

  while (log->drain && (event = q_event_queue_try_pop (queue)) != NULL)
    q_socket_event_unref (event);

  if (log->loop != NULL)
    g_main_loop_quit (log->loop);
}

static void
test_event_ready (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (QEventQueue) queue = NULL;
  ReadyLog log = { .drain = TRUE };

  g_main_context_push_thread_default (context);
  queue = q_event_queue_new ();
  g_main_context_pop_thread_default (context);

  /* Nobody listens: nothing is scheduled, then nor later. */
  q_event_queue_push (queue, make_event (1, 1));
  g_assert_false (g_main_context_pending (context));
  g_signal_connect (queue, "event-ready", G_CALLBACK (event_ready_cb), &log);
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 0);

  /* The next push announces it together with its own. */
  for (int i = 0; i < 5; i++)
    q_event_queue_push (queue, make_event (1, i));
  g_assert_cmpuint (log.n_calls, ==, 0);
  g_assert_cmpuint (iterate (context), ==, 1);
  g_assert_cmpuint (log.n_calls, ==, 1);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);

  /* Somebody else was faster. */
  q_event_queue_push (queue, make_event (1, 1));
  q_socket_event_unref (q_event_queue_pop (queue));
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 1);

  /* What a handler leaves is announced with the next push. */
  log.drain = FALSE;
  q_event_queue_push (queue, make_event (1, 1));
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 2);
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 2);
  q_event_queue_push (queue, make_event (1, 1));
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 3);

  /* The last handler goes between push and emission. */
  q_event_queue_push (queue, make_event (1, 1));
  g_signal_handlers_disconnect_by_data (queue, &log);
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 3);
  q_event_queue_push (queue, make_event (1, 1));
  g_assert_false (g_main_context_pending (context));
}

static void
test_event_ready_default_context (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new_bounded (2);
  ReadyLog log = { .drain = TRUE };

  g_signal_connect (queue, "event-ready", G_CALLBACK (event_ready_cb), &log);
  q_event_queue_push (queue, make_event (1, 1));
  iterate (NULL);
  g_assert_cmpuint (log.n_calls, ==, 1);
  g_assert_null (log.context);
}

static void
unref_queue_cb (QEventQueue *queue,
                gpointer     data)
{
  g_object_unref (queue);
}

static void
test_event_ready_unref (void)
{
  QEventQueue *queue = q_event_queue_new ();
  int freed = 0;

  g_signal_connect (queue, "event-ready", G_CALLBACK (unref_queue_cb), NULL);
  g_object_add_weak_pointer (G_OBJECT (queue), (gpointer *) &queue);
  q_event_queue_push (queue, make_counted_event (&freed));
  iterate (NULL);
  g_assert_null (queue);
  g_assert_cmpint (freed, ==, 1);
}

static void
test_event_ready_not_iterated (void)
{
  QEventQueue *queue = q_event_queue_new ();
  ReadyLog log = { 0, };
  int freed = 0;

  g_signal_connect (queue, "event-ready", G_CALLBACK (event_ready_cb), &log);
  for (int i = 0; i < 3; i++)
    q_event_queue_push (queue, make_counted_event (&freed));

  g_assert_finalize_object (queue);
  g_assert_cmpint (freed, ==, 3);
  g_assert_cmpuint (iterate (NULL), ==, 0);
  g_assert_cmpuint (log.n_calls, ==, 0);
}

typedef struct
{
  GAsyncQueue *queues;          /* from the loop's thread to the test */
  ReadyLog log;
  int stop;                     /* atomic */
} LoopThread;

static gpointer
event_ready_thread (gpointer data)
{
  LoopThread *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  QEventQueue *queue;

  g_main_context_push_thread_default (context);

  queue = q_event_queue_new ();
  self->log = (ReadyLog) { .drain = TRUE, .loop = loop };
  g_signal_connect (queue, "event-ready", G_CALLBACK (event_ready_cb), &self->log);
  g_async_queue_push (self->queues, queue);
  g_main_loop_run (loop);

  g_assert_true (self->log.context == context);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_event_ready_other_thread (void)
{
  LoopThread data = { .queues = g_async_queue_new () };
  GThread *thread = g_thread_new ("loop", event_ready_thread, &data);
  g_autoptr (QEventQueue) queue = g_async_queue_pop (data.queues);

  q_event_queue_push (queue, make_event (1, 1));
  g_thread_join (thread);
  g_assert_cmpuint (data.log.n_calls, ==, 1);
  g_assert_true (data.log.thread == thread);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);
  g_async_queue_unref (data.queues);
}

#define N_RACES 2000

static void
drain_cb (QEventQueue *queue,
          gpointer     data)
{
  QSocketEvent *event;

  while ((event = q_event_queue_try_pop (queue)) != NULL)
    q_socket_event_unref (event);
}

static gpointer
event_ready_race_thread (gpointer data)
{
  LoopThread *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);

  for (int i = 0; i < N_RACES; i++)
    {
      QEventQueue *queue = q_event_queue_new ();

      g_signal_connect (queue, "event-ready", G_CALLBACK (drain_cb), NULL);
      g_async_queue_push (self->queues, queue);
      iterate (context);
    }

  while (!g_atomic_int_get (&self->stop))
    iterate (context);
  iterate (context);

  g_main_context_pop_thread_default (context);

  return NULL;
}

/* The last reference goes here while the other thread emits. */
static void
test_event_ready_race (void)
{
  LoopThread data = { .queues = g_async_queue_new () };
  GThread *thread = g_thread_new ("loop", event_ready_race_thread, &data);
  int freed = 0;

  for (int i = 0; i < N_RACES; i++)
    {
      g_autoptr (QEventQueue) queue = g_async_queue_pop (data.queues);

      for (int j = 0; j < 3; j++)
        q_event_queue_push (queue, make_counted_event (&freed));
      g_signal_handlers_disconnect_by_func (queue, drain_cb, NULL);
      q_event_queue_push (queue, make_counted_event (&freed));
    }

  g_atomic_int_set (&data.stop, TRUE);
  g_thread_join (thread);
  g_assert_cmpint (freed, ==, 4 * N_RACES);
  g_async_queue_unref (data.queues);
}

typedef struct
{
  guint n_calls;
  gboolean result;
} SourceLog;

static gboolean
source_cb (gpointer data)
{
  SourceLog *log = data;

  log->n_calls++;

  return log->result;
}

static gboolean
pop_one_cb (gpointer data)
{
  QEventQueue *queue = data;
  QSocketEvent *event = q_event_queue_try_pop (queue);

  g_assert_nonnull (event);
  q_socket_event_unref (event);

  return G_SOURCE_CONTINUE;
}

static void
test_source (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (GSource) source = q_event_queue_create_source (queue, NULL);
  SourceLog log = { .result = G_SOURCE_REMOVE };

  g_source_set_callback (source, pop_one_cb, queue, NULL);
  q_event_queue_push (queue, make_event (1, 1));
  g_source_attach (source, context);
  q_event_queue_push (queue, make_event (1, 2));

  /* Each call leaves some until all are gone. */
  g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 1);
  iterate (context);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);
  g_assert_false (g_main_context_pending (context));

  /* A push that somebody else takes away makes no call. */
  q_event_queue_push (queue, make_event (1, 3));
  q_socket_event_unref (q_event_queue_pop (queue));
  iterate (context);

  /* What was pushed behind our back is seen when the loop turns. */
  g_async_queue_push (q_event_queue_get_async_queue (queue), make_event (1, 4));
  iterate (context);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);

  g_source_set_callback (source, source_cb, &log, NULL);
  q_event_queue_push (queue, make_event (1, 5));
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 1);
  g_assert_true (g_source_is_destroyed (source));

  /* Destroyed, still referenced. */
  q_event_queue_push (queue, make_event (1, 6));
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 1);
}

static void
test_source_holds_queue (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  QEventQueue *queue = q_event_queue_new ();
  GSource *source = q_event_queue_create_source (queue, NULL);
  SourceLog log = { .result = G_SOURCE_CONTINUE };
  int freed = 0;

  g_object_add_weak_pointer (G_OBJECT (queue), (gpointer *) &queue);
  q_event_queue_push (queue, make_counted_event (&freed));
  g_object_unref (queue);
  g_assert_nonnull (queue);

  g_source_set_callback (source, source_cb, &log, NULL);
  g_source_attach (source, context);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (log.n_calls, ==, 1);

  g_source_destroy (source);
  g_assert_nonnull (queue);
  g_source_unref (source);
  g_assert_null (queue);
  g_assert_cmpint (freed, ==, 1);
}

/* The ends that a source can have other than by its callback. */
static void
test_source_ends (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  GMainContext *context = g_main_context_new ();
  GSource *never = q_event_queue_create_source (queue, NULL);
  GSource *destroyed = q_event_queue_create_source (queue, NULL);
  GSource *kept = q_event_queue_create_source (queue, NULL);
  GSource *dropped = q_event_queue_create_source (queue, NULL);

  g_source_attach (kept, context);
  g_source_attach (dropped, context);
  g_source_unref (dropped);
  g_source_destroy (destroyed);
  q_event_queue_push (queue, make_event (1, 1));

  g_main_context_unref (context);
  q_event_queue_push (queue, make_event (1, 2));
  g_assert_true (g_source_is_destroyed (kept));

  g_source_unref (never);
  g_source_unref (destroyed);
  q_event_queue_push (queue, make_event (1, 3));
  g_source_unref (kept);

  g_assert_finalize_object (g_steal_pointer (&queue));
}

static gboolean
closure_cb (gpointer data)
{
  int *n_calls = data;

  return ++*n_calls < 2;
}

static void
test_source_closure (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (GSource) source = q_event_queue_create_source (queue, NULL);
  int n_calls = 0;

  g_source_set_closure (source, g_cclosure_new (G_CALLBACK (closure_cb), &n_calls, NULL));
  g_source_attach (source, context);
  q_event_queue_push (queue, make_event (1, 1));
  iterate (context);
  g_assert_cmpint (n_calls, ==, 2);
}

static void
test_source_no_callback (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (GSource) source = q_event_queue_create_source (queue, NULL);

  g_source_attach (source, context);
  q_event_queue_push (queue, make_event (1, 1));
  g_test_expect_message ("QSocket", G_LOG_LEVEL_WARNING, "*no callback*");
  iterate (context);
  g_test_assert_expected_messages ();
  g_assert_true (g_source_is_destroyed (source));
}

static int n_polls;             /* atomic */

static int
counting_poll (GPollFD *fds,
               guint    n_fds,
               int      timeout)
{
  g_atomic_int_inc (&n_polls);

  return g_poll (fds, n_fds, timeout);
}

static gboolean
fail_cb (gpointer data)
{
  g_error ("Nothing woke the main context");

  return G_SOURCE_REMOVE;
}

/* Makes a lost wake-up a failure. */
static GSource *
add_alarm (GMainContext *context)
{
  GSource *source = g_timeout_source_new (LONG_MS);

  g_source_set_callback (source, fail_cb, NULL, NULL);
  g_source_attach (source, context);

  return source;
}

static void
remove_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static gpointer
push_when_polling_thread (gpointer data)
{
  while (g_atomic_int_get (&n_polls) == 0)
    g_thread_yield ();

  q_event_queue_push (data, make_event (1, 1));

  return NULL;
}

static void
test_source_other_thread (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (GSource) source = q_event_queue_create_source (queue, NULL);
  GSource *alarm = add_alarm (context);
  SourceLog log = { .result = G_SOURCE_CONTINUE };

  g_main_context_set_poll_func (context, counting_poll);
  g_source_set_callback (source, source_cb, &log, NULL);
  g_source_attach (source, context);

  for (guint i = 1; i <= 50; i++)
    {
      GThread *thread;

      g_atomic_int_set (&n_polls, 0);
      thread = g_thread_new ("push", push_when_polling_thread, queue);
      while (log.n_calls < i)
        g_main_context_iteration (context, TRUE);
      q_socket_event_unref (q_event_queue_pop (queue));
      g_thread_join (thread);
    }

  g_source_destroy (source);
  remove_source (alarm);
}

typedef struct
{
  QEventQueue *queue;
  int *n_started;
  guint n_seen;
} TwoContexts;

static gpointer
source_thread (gpointer data)
{
  TwoContexts *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GSource) source = q_event_queue_create_source (self->queue, NULL);
  GSource *alarm = add_alarm (context);
  SourceLog log = { .result = G_SOURCE_REMOVE };

  g_source_set_callback (source, source_cb, &log, NULL);
  g_source_attach (source, context);
  iterate (context);
  g_atomic_int_inc (self->n_started);

  while (log.n_calls == 0)
    g_main_context_iteration (context, TRUE);
  self->n_seen = log.n_calls;

  remove_source (alarm);

  return NULL;
}

/* One event that nobody takes is shown to both. */
static void
test_source_two_contexts (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  int n_started = 0;
  TwoContexts data[2] = { { queue, &n_started }, { queue, &n_started } };
  GThread *threads[2];

  for (int i = 0; i < 2; i++)
    threads[i] = g_thread_new ("source", source_thread, &data[i]);
  while (g_atomic_int_get (&n_started) < 2)
    g_thread_yield ();

  q_event_queue_push (queue, make_event (1, 1));

  for (int i = 0; i < 2; i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpuint (data[i].n_seen, ==, 1);
    }
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 1);
}

typedef struct
{
  QEventQueue *queue;
  int stop;                     /* atomic */
} Pusher;

static gpointer
pusher_thread (gpointer data)
{
  Pusher *self = data;

  while (!g_atomic_int_get (&self->stop))
    q_event_queue_push (self->queue, make_event (1, 1));

  return NULL;
}

/* Sources and whole contexts come and go while another thread pushes. */
static void
test_source_race (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new_bounded (4);
  Pusher pusher = { queue };
  GThread *thread = g_thread_new ("push", pusher_thread, &pusher);

  for (int i = 0; i < N_RACES; i++)
    {
      GMainContext *context = g_main_context_new ();
      GSource *source = q_event_queue_create_source (queue, NULL);
      SourceLog log = { .result = G_SOURCE_CONTINUE };

      g_source_set_callback (source, source_cb, &log, NULL);
      g_source_attach (source, context);
      while (log.n_calls == 0)
        g_main_context_iteration (context, TRUE);

      if (i % 3 == 0)
        g_source_destroy (source);
      if (i % 2 == 0)
        g_clear_pointer (&source, g_source_unref);
      g_main_context_unref (context);
      g_clear_pointer (&source, g_source_unref);
    }

  g_atomic_int_set (&pusher.stop, TRUE);
  g_thread_join (thread);
  g_assert_finalize_object (g_steal_pointer (&queue));
}

static gpointer
cancel_thread (gpointer data)
{
  while (g_atomic_int_get (&n_polls) == 0)
    g_thread_yield ();

  g_cancellable_cancel (data);

  return NULL;
}

static void
test_source_cancellable (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) source = q_event_queue_create_source (queue, cancellable);
  GSource *alarm = add_alarm (context);
  SourceLog log = { .result = G_SOURCE_CONTINUE };
  GThread *thread;

  g_main_context_set_poll_func (context, counting_poll);
  g_source_set_callback (source, source_cb, &log, NULL);
  g_source_attach (source, context);
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 0);

  g_atomic_int_set (&n_polls, 0);
  thread = g_thread_new ("cancel", cancel_thread, cancellable);
  while (log.n_calls == 0)
    g_main_context_iteration (context, TRUE);
  g_thread_join (thread);

  /* Once only, even if the source stays. */
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 1);

  g_source_destroy (source);
  remove_source (alarm);
}

static void
test_source_cancelled (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) source = NULL;
  SourceLog log = { .result = G_SOURCE_REMOVE };

  g_cancellable_cancel (cancellable);
  source = q_event_queue_create_source (queue, cancellable);
  g_source_set_callback (source, source_cb, &log, NULL);
  g_source_attach (source, context);
  iterate (context);
  g_assert_cmpuint (log.n_calls, ==, 1);
  g_assert_true (g_source_is_destroyed (source));
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
  ADD ("event-ready/emission", test_event_ready);
  ADD ("event-ready/default-context", test_event_ready_default_context);
  ADD ("event-ready/unref", test_event_ready_unref);
  ADD ("event-ready/not-iterated", test_event_ready_not_iterated);
  ADD ("event-ready/other-thread", test_event_ready_other_thread);
  ADD ("event-ready/race", test_event_ready_race);
  ADD ("source/basic", test_source);
  ADD ("source/holds-queue", test_source_holds_queue);
  ADD ("source/ends", test_source_ends);
  ADD ("source/closure", test_source_closure);
  ADD ("source/no-callback", test_source_no_callback);
  ADD ("source/other-thread", test_source_other_thread);
  ADD ("source/two-contexts", test_source_two_contexts);
  ADD ("source/race", test_source_race);
  ADD ("source/cancellable", test_source_cancellable);
  ADD ("source/cancelled", test_source_cancelled);
#undef ADD

  g_test_add_data_func ("/event/event-queue/threads/unbounded", GUINT_TO_POINTER (0),
                        test_threads);
  g_test_add_data_func ("/event/event-queue/threads/1", GUINT_TO_POINTER (1), test_threads);
  g_test_add_data_func ("/event/event-queue/threads/2", GUINT_TO_POINTER (2), test_threads);
  g_test_add_data_func ("/event/event-queue/threads/64", GUINT_TO_POINTER (64), test_threads);

  return g_test_run ();
}
