/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "drivers.h"
#include "links.h"
#include "q-send-op-private.h"
#include "recv-cases.h"

/* The driver for main contexts, beside the blocking one: operations must end alike
 * under both. */

/* ---- the table of reads ---- */

static void
test_read_case (gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      ReadRun run;

      read_run_init (&run, data);
      run.script.stuck = cancellable;
      read_run_finish (&run, drivers[i].drive (&run.op, ENOUGH, cancellable));
    }
}

/* ---- an operation for these tests ---- */

typedef struct
{
  QOp parent;
  QStep (*next) (gpointer self);
  guint n_steps;
  guint n_abandoned;
  guint n_timed_out;
  struct pollfd fds[3];
  gint64 until;
  gint64 goal;
  gboolean saw_sleep_limit;
  GCancellable *to_cancel;
} FakeOp;

static QStep
fake_step (QOp *op)
{
  FakeOp *self = (FakeOp *) op;

  self->n_steps++;
  self->saw_sleep_limit |= op->sleep_limit != NULL;

  return self->next (self);
}

static void
fake_abandon (QOp *op)
{
  ((FakeOp *) op)->n_abandoned++;
}

static QStep
fake_time_out (QOp *op)
{
  ((FakeOp *) op)->n_timed_out++;

  return Q_STEP_DONE;
}

static const QOpClass fake_class = { fake_step, NULL, fake_abandon };
static const QOpClass fake_lenient_class = { fake_step, fake_time_out, fake_abandon };

static void
fake_init (FakeOp *self,
           QStep (*next) (gpointer self))
{
  *self = (FakeOp) {
    .parent = { .klass = &fake_class, .name = "fake to", .target = "nobody", .sink = &no_sink },
    .next = next,
    .until = Q_DEADLINE_NEVER,
  };
}

static QStep
fake_wait (FakeOp *self,
           guint   n_fds)
{
  self->parent.wait.fds = self->fds;
  self->parent.wait.n_fds = n_fds;
  self->parent.wait.until = self->until;

  return Q_STEP_WAIT;
}

static QStep
again_for_ever (gpointer self)
{
  return Q_STEP_AGAIN;
}

static QStep
done_at_once (gpointer self)
{
  return Q_STEP_DONE;
}

static QStep
fail_at_third (gpointer data)
{
  FakeOp *self = data;

  return self->n_steps < 3 ? Q_STEP_AGAIN
         : q_op_fail (&self->parent, Q_SOCKET_ERROR_SSL, "no %s", "luck");
}

static QStep
wait_for_ever (gpointer self)
{
  return fake_wait (self, 0);
}

static QStep
nap_for (FakeOp *self,
         gint64  length_ms)
{
  gint64 now = g_get_monotonic_time ();

  if (self->goal == 0)
    self->goal = now + length_ms * 1000;
  if (now >= self->goal)
    return Q_STEP_DONE;

  self->until = MIN (now + 25 * 1000, self->goal);
  return fake_wait (self, 0);
}

/* Three naps make 60 ms. */
static QStep
nap (gpointer self)
{
  return nap_for (self, 60);
}

/* Naps that end after all deadlines of these tests, on any machine. */
static QStep
nap_for_an_hour (gpointer self)
{
  return nap_for (self, 3600 * 1000);
}

static QStep
wait_for_last_fd (gpointer data)
{
  FakeOp *self = data;
  char byte;

  return recv (self->fds[2].fd, &byte, 1, MSG_DONTWAIT) == 1 ? Q_STEP_DONE
                                                             : fake_wait (self, 3);
}

typedef struct
{
  const char *name;
  QStep (*next) (gpointer self);
  gboolean is_lenient;
  int timeout_ms;
  int code;               /* READ_DONE, or the code of the error */
  int takes_ms;           /* at least */
} FakeCase;

static const FakeCase fake_cases[] = {
  { "done", done_at_once, FALSE, -1, READ_DONE, 0 },
  { "done/no-time", done_at_once, FALSE, 0, READ_DONE, 0 },
  { "fails", fail_at_third, FALSE, -1, Q_SOCKET_ERROR_SSL, 0 },
  { "fails/lenient", fail_at_third, TRUE, -1, Q_SOCKET_ERROR_SSL, 0 },
  { "again-for-ever", again_for_ever, FALSE, 60, Q_SOCKET_ERROR_TIMEOUT, 60 },
  { "again-for-ever/lenient", again_for_ever, TRUE, 60, READ_DONE, 60 },
  { "again-for-ever/no-time", again_for_ever, FALSE, 0, Q_SOCKET_ERROR_TIMEOUT, 0 },
  { "wait-for-ever", wait_for_ever, FALSE, 60, Q_SOCKET_ERROR_TIMEOUT, 60 },
  { "wait-for-ever/lenient", wait_for_ever, TRUE, 60, READ_DONE, 60 },
  { "wait-for-ever/no-time", wait_for_ever, FALSE, 0, Q_SOCKET_ERROR_TIMEOUT, 0 },
  { "naps", nap, FALSE, -1, READ_DONE, 60 },
  { "naps/in-time", nap, FALSE, ENOUGH, READ_DONE, 60 },
  { "naps/greatest-time", nap, FALSE, G_MAXINT, READ_DONE, 60 },
  { "naps/too-long", nap_for_an_hour, FALSE, 50, Q_SOCKET_ERROR_TIMEOUT, 50 },
};

static void
test_fake_case (gconstpointer data)
{
  const FakeCase *the_case = data;
  gboolean times_out = the_case->takes_ms == the_case->timeout_ms;

  for (guint i = 0; i < 2 * G_N_ELEMENTS (drivers); i++)
    {
      g_autoptr (GCancellable) cancellable = i % 2 != 0 ? g_cancellable_new () : NULL;
      gint64 start = g_get_monotonic_time ();
      g_autoptr (GError) error = NULL;
      FakeOp op;

      fake_init (&op, the_case->next);
      if (the_case->is_lenient)
        op.parent.klass = &fake_lenient_class;
      error = drivers[i / 2].drive (&op.parent, the_case->timeout_ms, cancellable);
      check_not_early (start, the_case->takes_ms);

      if (the_case->code == READ_DONE)
        g_assert_no_error (error);
      else
        g_assert_error (error, Q_SOCKET_ERROR, the_case->code);
      g_assert_cmpuint (op.n_abandoned, ==, the_case->code == READ_DONE ? 0 : 1);
      g_assert_cmpuint (op.n_timed_out, ==, the_case->is_lenient && times_out ? 1 : 0);
      g_assert_cmpint (op.saw_sleep_limit, ==,
                       i == 0 && the_case->timeout_ms != 0);
      g_assert_null (op.parent.error);
    }
}

static void
test_error_text (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    {
      g_autoptr (GError) error = NULL;
      FakeOp op;

      fake_init (&op, fail_at_third);
      error = drivers[i].drive (&op.parent, -1, NULL);
      g_assert_cmpstr (error->message, ==, "fake to \"nobody\": no luck");
      g_clear_error (&error);

      fake_init (&op, wait_for_ever);
      error = drivers[i].drive (&op.parent, 7, NULL);
      g_assert_cmpstr (error->message, ==, "fake to \"nobody\": not done within 7 ms");
    }
}

typedef struct
{
  int fd;
  GCancellable *cancellable;
} Later;

/* Waits until the main thread sleeps. */
static gpointer
later_thread (gpointer data)
{
  Later *later = data;

  test_wait_in_kernel (getpid ());
  if (later->cancellable != NULL)
    g_cancellable_cancel (later->cancellable);
  else
    test_write (later->fd, "x", 1);

  return NULL;
}

static void
test_several_fds (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    {
      g_autoptr (GError) error = NULL;
      Later later = { -1 };
      Link links[3];
      GThread *thread;
      FakeOp op;

      fake_init (&op, wait_for_last_fd);
      for (guint j = 0; j < 3; j++)
        {
          link_open (&links[j], TEST_UNIX);
          op.fds[j] = (struct pollfd) { links[j].channel->fd, POLLIN, 0 };
        }
      later.fd = links[2].peer;
      thread = start_thread (later_thread, &later);
      error = drivers[i].drive (&op.parent, -1, NULL);
      g_assert_no_error (error);
      g_thread_join (thread);
      for (guint j = 0; j < 3; j++)
        link_close (&links[j]);
    }
}

static void
test_cancel (void)
{
  for (guint i = 0; i < 2 * G_N_ELEMENTS (drivers); i++)
    {
      gboolean before = i % 2 != 0;
      Later later = { -1, g_cancellable_new () };
      g_autoptr (GError) error = NULL;
      GThread *thread = NULL;
      FakeOp op;

      fake_init (&op, wait_for_ever);
      if (before)
        g_cancellable_cancel (later.cancellable);
      else
        thread = start_thread (later_thread, &later);

      error = drivers[i / 2].drive (&op.parent, -1, later.cancellable);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (op.n_abandoned, ==, 1);
      if (before)
        g_assert_cmpuint (op.n_steps, ==, 0);
      else
        g_thread_join (thread);

      g_object_unref (later.cancellable);
    }
}

/* An operation that never waits can be cancelled as well, here by one of its own steps. */
static QStep
cancel_itself (gpointer data)
{
  FakeOp *self = data;

  if (self->n_steps == 100)
    g_cancellable_cancel (self->to_cancel);

  return Q_STEP_AGAIN;
}

static void
test_cancel_busy (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      FakeOp op;

      fake_init (&op, cancel_itself);
      op.to_cancel = cancellable;
      error = drivers[i].drive (&op.parent, -1, cancellable);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (op.n_steps, <, 200);
    }
}

static void
add_tests (const char    *group,
           const char    *name,
           gconstpointer  the_case,
           GTestDataFunc  function)
{
  g_autofree char *path = g_strdup_printf ("/op/op-async/%s/%s", group, name);

  g_test_add_data_func (path, the_case, function);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fill_big ();

  for (gsize i = 0; i < G_N_ELEMENTS (read_cases); i++)
    add_tests ("read", read_cases[i].name, &read_cases[i], test_read_case);
  for (gsize i = 0; i < G_N_ELEMENTS (fake_cases); i++)
    add_tests ("steps", fake_cases[i].name, &fake_cases[i], test_fake_case);
  g_test_add_func ("/op/op-async/error-text", test_error_text);
  g_test_add_func ("/op/op-async/several-fds", test_several_fds);
  g_test_add_func ("/op/op-async/cancel", test_cancel);
  g_test_add_func ("/op/op-async/cancel/busy", test_cancel_busy);

  return g_test_run ();
}
