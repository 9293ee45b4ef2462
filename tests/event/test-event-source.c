/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-event-queue.h"

#include "event-help.h"

#define N_RACES 2000

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
  gboolean pop;                 /* take away what was pushed */
  int stop;                     /* atomic */
} Pusher;

static gpointer
pusher_thread (gpointer data)
{
  Pusher *self = data;

  while (!g_atomic_int_get (&self->stop))
    {
      q_event_queue_push (self->queue, make_event (1, 1));
      if (self->pop)
        q_socket_event_unref (q_event_queue_pop (self->queue));
    }

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

#define N_TEARDOWNS 30000

/* The moment in which a push finds a source whose context just goes is short, so
 * this does nothing else. The last source is never attached. */
static void
test_source_teardown (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  Pusher pusher = { queue, .pop = TRUE };
  GThread *threads[2];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("push", pusher_thread, &pusher);

  for (int i = 0; i < N_TEARDOWNS; i++)
    {
      GMainContext *context = g_main_context_new ();
      GSource *sources[4];

      for (gsize j = 0; j < G_N_ELEMENTS (sources); j++)
        {
          sources[j] = q_event_queue_create_source (queue, NULL);
          if (j < G_N_ELEMENTS (sources) - 1)
            g_source_attach (sources[j], context);
        }

      if (i % 2 == 0)
        g_source_destroy (sources[0]);
      g_main_context_unref (context);

      for (gsize j = 0; j < G_N_ELEMENTS (sources); j++)
        g_source_unref (sources[j]);
    }

  g_atomic_int_set (&pusher.stop, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
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
  ADD ("source/basic", test_source);
  ADD ("source/holds-queue", test_source_holds_queue);
  ADD ("source/ends", test_source_ends);
  ADD ("source/closure", test_source_closure);
  ADD ("source/no-callback", test_source_no_callback);
  ADD ("source/other-thread", test_source_other_thread);
  ADD ("source/two-contexts", test_source_two_contexts);
  ADD ("source/race", test_source_race);
  ADD ("source/teardown", test_source_teardown);
  ADD ("source/cancellable", test_source_cancellable);
  ADD ("source/cancelled", test_source_cancelled);
#undef ADD

  return g_test_run ();
}
