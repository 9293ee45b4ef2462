/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "links.h"
#include "q-op-async-private.h"
#include "q-send-op-private.h"

/* Operations in main contexts: where, in which order, and beside what they run. */

/* A read or a write that frees itself when it is done. */
typedef struct
{
  QRecvOp op;
  const char *name;
  GString *order;         /* the names of the jobs that are done */
  guint *n_done;
  int code;               /* -1 if it must succeed, else the code of the error */
} Job;

static void
job_done (QOp      *op,
          GError   *error,
          gpointer  user_data)
{
  Job *job = user_data;

  g_assert_true ((gpointer) op == (gpointer) job);
  if (job->code == -1)
    g_assert_no_error (error);
  else if (job->code == G_IO_ERROR_CANCELLED)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    g_assert_error (error, Q_SOCKET_ERROR, job->code);
  g_clear_error (&error);

  if (job->order != NULL)
    g_string_append (job->order, job->name);
  if (job->n_done != NULL)
    (*job->n_done)++;

  g_clear_pointer (&job->op.bytes, g_bytes_unref);
  g_free (job);
}

static void
job_start (Link         *link,
           gssize        size,
           int           timeout_ms,
           int           priority,
           GCancellable *cancellable,
           Job           init)
{
  Job *job = g_memdup2 (&init, sizeof init);

  q_recv_op_init (&job->op, "read from", link->channel, &no_sink, Q_RECV_TO_BYTES, size, 0);
  q_op_start (&job->op.parent, timeout_ms, priority, cancellable, job_done, job);
}

typedef struct
{
  GMainContext *context;
  Link link;
  guint n_done;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->context = g_main_context_new ();
  g_main_context_push_thread_default (fixture->context);
  link_open (&fixture->link, TEST_UNIX);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  link_close (&fixture->link);
  g_main_context_pop_thread_default (fixture->context);
  g_main_context_unref (fixture->context);
}

static void
iterate (Fixture *fixture,
         guint    n_done)
{
  while (fixture->n_done < n_done)
    g_main_context_iteration (fixture->context, TRUE);
  g_assert_cmpuint (fixture->n_done, ==, n_done);
}

/* An operation runs in the thread-default context of its thread, and in no other one. */
static void
test_context (Fixture       *fixture,
              gconstpointer  data)
{
  test_write_text (fixture->link.peer, "a");
  job_start (&fixture->link, 1, -1, G_PRIORITY_DEFAULT, NULL,
             (Job) { .n_done = &fixture->n_done, .code = -1 });

  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (fixture->n_done, ==, 0);
  iterate (fixture, 1);
}

static void
test_default_context (void)
{
  guint n_done = 0;
  Link link;

  link_open (&link, TEST_UNIX);
  job_start (&link, 1, -1, G_PRIORITY_DEFAULT, NULL, (Job) { .n_done = &n_done, .code = -1 });
  test_write_text (link.peer, "a");
  while (n_done == 0)
    g_main_context_iteration (NULL, TRUE);
  link_close (&link);
}

/* The callback never runs inside q_op_start (), even if the operation could end at once. */
static void
test_never_inside (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  Link other;

  g_cancellable_cancel (cancelled);
  link_open (&other, TEST_UNIX);
  q_recv_buffer_put_back (&fixture->link.channel->in, (const guint8 *) "a", 1);

  job_start (&fixture->link, 1, 0, G_PRIORITY_HIGH, NULL,
             (Job) { .n_done = &fixture->n_done, .code = -1 });
  g_assert_cmpuint (fixture->n_done, ==, 0);
  job_start (&other, 1, 0, G_PRIORITY_HIGH, cancelled,
             (Job) { .n_done = &fixture->n_done, .code = G_IO_ERROR_CANCELLED });
  g_assert_cmpuint (fixture->n_done, ==, 0);
  iterate (fixture, 2);

  job_start (&other, 1, 0, G_PRIORITY_HIGH, NULL,
             (Job) { .n_done = &fixture->n_done, .code = Q_SOCKET_ERROR_TIMEOUT });
  g_assert_cmpuint (fixture->n_done, ==, 2);
  iterate (fixture, 3);

  link_close (&other);
}

static void
test_priorities (Fixture       *fixture,
                 gconstpointer  data)
{
  static const struct
  {
    const char *name;
    int priority;
  } jobs[] = {
    { "d", G_PRIORITY_LOW },
    { "b", G_PRIORITY_DEFAULT },
    { "a", G_PRIORITY_HIGH },
    { "c", G_PRIORITY_DEFAULT_IDLE },
  };
  g_autoptr (GString) order = g_string_new (NULL);
  Link links[G_N_ELEMENTS (jobs)];

  /* With bytes there at once, then with all operations waiting. */
  for (int waits = 0; waits < 2; waits++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
        {
          link_open (&links[i], TEST_UNIX);
          if (!waits)
            test_write_text (links[i].peer, "x");
          job_start (&links[i], 1, -1, jobs[i].priority, NULL,
                     (Job) { .name = jobs[i].name, .order = order, .n_done = &fixture->n_done,
                             .code = -1 });
        }

      while (g_main_context_iteration (fixture->context, FALSE))
        continue;
      for (guint i = 0; waits && i < G_N_ELEMENTS (jobs); i++)
        test_write_text (links[i].peer, "x");
      while (g_main_context_iteration (fixture->context, FALSE))
        continue;

      g_assert_cmpstr (order->str, ==, "abcd");
      g_string_truncate (order, 0);
      for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
        link_close (&links[i]);
    }
}

/* A cancelled operation takes no bytes, although they are there. */
static void
test_cancel_takes_nothing (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  test_write_text (fixture->link.peer, "abcd");
  job_start (&fixture->link, 2, -1, G_PRIORITY_DEFAULT, cancellable,
             (Job) { .n_done = &fixture->n_done, .code = G_IO_ERROR_CANCELLED });
  g_cancellable_cancel (cancellable);
  iterate (fixture, 1);

  /* Nor does one that has waited and has received a part of its bytes. */
  g_cancellable_reset (cancellable);
  job_start (&fixture->link, 6, -1, G_PRIORITY_DEFAULT, cancellable,
             (Job) { .n_done = &fixture->n_done, .code = G_IO_ERROR_CANCELLED });
  while (g_main_context_iteration (fixture->context, FALSE))
    continue;
  test_write_text (fixture->link.peer, "ef");
  g_cancellable_cancel (cancellable);
  iterate (fixture, 2);

  job_start (&fixture->link, 6, 0, G_PRIORITY_DEFAULT, NULL,
             (Job) { .n_done = &fixture->n_done, .code = -1 });
  iterate (fixture, 3);
}

static void
test_deadline (Fixture       *fixture,
               gconstpointer  data)
{
  static const int timeouts[] = { 0, 1, 30, 100 };

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      gint64 start = g_get_monotonic_time ();

      job_start (&fixture->link, 1, timeouts[i], G_PRIORITY_DEFAULT, NULL,
                 (Job) { .n_done = &fixture->n_done, .code = Q_SOCKET_ERROR_TIMEOUT });
      iterate (fixture, i + 1);
      check_not_early (start, timeouts[i]);
    }
}

/* The time runs from q_op_start () even while no thread runs the context. Bytes that have come when
 * one runs it again are taken all the same. */
static void
test_late_context (Fixture       *fixture,
                   gconstpointer  data)
{
  gint64 end = g_get_monotonic_time () + 10 * 1000;

  test_write_text (fixture->link.peer, "ab");
  job_start (&fixture->link, 2, 5, G_PRIORITY_DEFAULT, NULL,
             (Job) { .n_done = &fixture->n_done, .code = -1 });
  while (g_get_monotonic_time () < end)
    g_thread_yield ();
  iterate (fixture, 1);
}

/* An operation that waits for its first byte keeps no memory for it. */
static void
test_idle_memory (Fixture       *fixture,
                  gconstpointer  data)
{
  job_start (&fixture->link, 1, -1, G_PRIORITY_DEFAULT, NULL,
             (Job) { .n_done = &fixture->n_done, .code = -1 });
  while (g_main_context_iteration (fixture->context, FALSE))
    continue;
  g_assert_null (fixture->link.channel->in.data);
  test_write_text (fixture->link.peer, "a");
  iterate (fixture, 1);
}

static gboolean
count_cb (gpointer data)
{
  (*(guint *) data)++;

  return G_SOURCE_CONTINUE;
}

typedef struct
{
  QOp parent;
  guint n_steps;
} BusyOp;

static QStep
busy_step (QOp *op)
{
  return ++((BusyOp *) op)->n_steps < 10000 ? Q_STEP_AGAIN : Q_STEP_DONE;
}

static void
busy_done (QOp      *op,
           GError   *error,
           gpointer  user_data)
{
  g_assert_no_error (error);
  *(guint *) user_data = 1;
}

/* An operation whose steps never wait leaves time for other sources. */
static void
test_fairness (Fixture       *fixture,
               gconstpointer  data)
{
  static const QOpClass busy_class = { busy_step, NULL, NULL };
  BusyOp op = { .parent = { .klass = &busy_class, .name = "busy" } };
  guint n_counted = 0;
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, count_cb, &n_counted, NULL);
  g_source_attach (source, fixture->context);
  q_op_start (&op.parent, -1, G_PRIORITY_DEFAULT, NULL, busy_done, &fixture->n_done);
  iterate (fixture, 1);

  g_assert_cmpuint (op.n_steps, ==, 10000);
  g_assert_cmpuint (n_counted, >=, 100);
  g_source_destroy (source);
  g_source_unref (source);
}

/* An operation can start the next one from its callback. */
typedef struct
{
  QRecvOp op;
  Link *link;
  guint left;
  guint *n_done;
} Chain;

static void
chain_next (QOp      *op,
            GError   *error,
            gpointer  user_data)
{
  Chain *chain = user_data;

  g_assert_no_error (error);
  g_clear_pointer (&chain->op.bytes, g_bytes_unref);
  if (chain->left-- == 0)
    {
      *chain->n_done = 1;
      return;
    }

  test_write_text (chain->link->peer, "x");
  q_recv_op_init (&chain->op, "read from", chain->link->channel, &no_sink, Q_RECV_TO_BYTES, 1, 0);
  q_op_start (&chain->op.parent, ENOUGH, G_PRIORITY_DEFAULT, NULL, chain_next, chain);
}

static void
test_chain (Fixture       *fixture,
            gconstpointer  data)
{
  Chain chain = { .link = &fixture->link, .left = 1000, .n_done = &fixture->n_done };

  chain_next (NULL, NULL, &chain);
  iterate (fixture, 1);
}

/* If a context is freed its operations end without a callback. */
static void
test_context_goes (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GMainContext *context = g_main_context_new ();
  guint n_done = 0;
  QRecvOp op;
  Link link;

  link_open (&link, TEST_UNIX);
  g_main_context_push_thread_default (context);
  q_recv_op_init (&op, "read from", link.channel, &no_sink, Q_RECV_TO_BYTES, 1, 0);
  q_op_start (&op.parent, ENOUGH, G_PRIORITY_DEFAULT, cancellable, busy_done, &n_done);
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);

  g_assert_cmpuint (n_done, ==, 0);
  g_assert_cmpuint (G_OBJECT (cancellable)->ref_count, ==, 1);
  link_close (&link);
}

/* ---- closed by another thread ---- */

static gpointer
closer_thread (gpointer data)
{
  test_wait_in_kernel (getpid ());
  q_channel_close (data);

  return NULL;
}

static void
test_closed (Fixture       *fixture,
             gconstpointer  data)
{
  QChannel *channel = fixture->link.channel;
  GThread *thread;

  g_assert_true (q_channel_enter (channel));
  job_start (&fixture->link, 1, ENOUGH, G_PRIORITY_DEFAULT, NULL,
             (Job) { .n_done = &fixture->n_done, .code = Q_SOCKET_ERROR_CLOSED });
  thread = start_thread (closer_thread, channel);
  iterate (fixture, 1);
  g_thread_join (thread);
  q_channel_leave (channel);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) \
  g_test_add ("/op/op-context/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("thread-default", test_context);
  ADD ("never-inside", test_never_inside);
  ADD ("priorities", test_priorities);
  ADD ("cancel-takes-nothing", test_cancel_takes_nothing);
  ADD ("deadline", test_deadline);
  ADD ("late", test_late_context);
  ADD ("idle-memory", test_idle_memory);
  ADD ("fairness", test_fairness);
  ADD ("chain", test_chain);
  ADD ("closed", test_closed);
  g_test_add_func ("/op/op-context/default", test_default_context);
  g_test_add_func ("/op/op-context/goes", test_context_goes);

  return g_test_run ();
}
