/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-event-queue.h"

#include "event-help.h"

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

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add_func ("/event/event-queue/" path, function)
  ADD ("event-ready/emission", test_event_ready);
  ADD ("event-ready/default-context", test_event_ready_default_context);
  ADD ("event-ready/unref", test_event_ready_unref);
  ADD ("event-ready/not-iterated", test_event_ready_not_iterated);
  ADD ("event-ready/other-thread", test_event_ready_other_thread);
  ADD ("event-ready/race", test_event_ready_race);
#undef ADD

  return g_test_run ();
}
