/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "links.h"
#include "q-op-async-private.h"
#include "q-poller-private.h"

/* What the operations of a context wait with: many at once, and descriptors that come,
 * go, and are shared. */

typedef struct
{
  QOp parent;
  struct pollfd fds[3];
  guint n_fds;
  guint n_steps;
  guint n_done;
  int code;               /* of the error, or 0 */
  void (*then) (gpointer self);
} Wait;

static QStep
wait_step (QOp *op)
{
  Wait *self = (Wait *) op;

  if (self->n_steps++ > 0)
    for (guint i = 0; i < self->n_fds; i++)
      {
        struct pollfd fd = self->fds[i];

        if (poll (&fd, 1, 0) != 0)
          return Q_STEP_DONE;
      }

  op->wait = (QWait) { .fds = self->fds, .n_fds = self->n_fds, .until = Q_DEADLINE_NEVER };

  return Q_STEP_WAIT;
}

static const QOpClass wait_class = { wait_step, NULL, NULL };

static void
wait_done (QOp      *op,
           GError   *error,
           gpointer  user_data)
{
  Wait *self = (Wait *) op;

  self->n_done++;
  self->code = error != NULL ? error->code : 0;
  g_clear_error (&error);
  if (self->then != NULL)
    self->then (self);
}

static void
wait_start (Wait         *self,
            int           fd,
            short         events,
            int           timeout_ms,
            GCancellable *cancellable)
{
  *self = (Wait) {
    .parent = { .klass = &wait_class, .name = "wait for", .target = "it" },
    .fds = { { fd, events, 0 } },
    .n_fds = 1,
  };
  q_op_start (&self->parent, timeout_ms, G_PRIORITY_DEFAULT, cancellable, wait_done, NULL);
}

static void
iterate_all (void)
{
  while (g_main_context_iteration (g_main_context_get_thread_default (), FALSE))
    continue;
}

static void
iterate_until (const Wait *wait)
{
  while (wait->n_done == 0)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  g_assert_cmpuint (wait->n_done, ==, 1);
}

typedef struct
{
  GMainContext *context;
  int fds[2];
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->context = g_main_context_new ();
  g_main_context_push_thread_default (fixture->context);
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fixture->fds));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  close (fixture->fds[0]);
  close (fixture->fds[1]);
  g_main_context_pop_thread_default (fixture->context);
  g_main_context_unref (fixture->context);
}

/* Fills what the kernel holds between the two. */
static void
fill (int fd)
{
  static const char bytes[4096];

  while (send (fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
    continue;
}

static void
drain (int fd)
{
  char bytes[4096];

  while (recv (fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
    continue;
}

/* A reader and a writer, whichever comes and is served first. */
static void
test_both_directions (Fixture       *fixture,
                      gconstpointer  data)
{
  for (int i = 0; i < 4; i++)
    {
      gboolean writer_first = i % 2 != 0;
      gboolean writer_ready_first = i / 2 != 0;
      Wait waits[2];

      fill (fixture->fds[0]);
      wait_start (&waits[0], fixture->fds[0], writer_first ? POLLOUT : POLLIN, -1, NULL);
      iterate_all ();
      wait_start (&waits[1], fixture->fds[0], writer_first ? POLLIN : POLLOUT, -1, NULL);
      iterate_all ();
      g_assert_cmpuint (waits[0].n_done + waits[1].n_done, ==, 0);

      if (writer_ready_first)
        drain (fixture->fds[1]);
      else
        test_write_text (fixture->fds[1], "x");
      iterate_all ();
      g_assert_cmpuint (waits[writer_first == writer_ready_first ? 0 : 1].n_done, ==, 1);
      g_assert_cmpuint (waits[0].n_done + waits[1].n_done, ==, 1);
      if (writer_ready_first)
        test_write_text (fixture->fds[1], "x");
      else
        drain (fixture->fds[1]);
      iterate_all ();
      g_assert_cmpuint (waits[0].n_done, ==, 1);
      g_assert_cmpuint (waits[1].n_done, ==, 1);
      drain (fixture->fds[0]);
      drain (fixture->fds[1]);
    }
}

/* Many wait for the same, and one of them twice. */
static void
test_same_twice (Fixture       *fixture,
                 gconstpointer  data)
{
  Wait waits[5];

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      wait_start (&waits[i], fixture->fds[0], POLLIN, -1, NULL);
      waits[i].fds[1] = waits[i].fds[0];
      waits[i].fds[2] = (struct pollfd) { fixture->fds[1], POLLPRI, 0 };
      waits[i].n_fds = 1 + i % 3;
    }
  iterate_all ();
  test_write_text (fixture->fds[1], "x");
  iterate_all ();
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    g_assert_cmpuint (waits[i].n_done, ==, 1);
}

/* What the kernel takes no registration of is ready, as poll () says. */
static void
test_refused (Fixture       *fixture,
              gconstpointer  data)
{
  g_autofree char *path = NULL;
  int file = g_file_open_tmp (NULL, &path, NULL);
  int closed = fcntl (file, F_DUPFD_CLOEXEC, 500);
  Wait waits[2];

  close (closed);
  wait_start (&waits[0], file, POLLIN, ENOUGH, NULL);
  wait_start (&waits[1], closed, POLLIN, ENOUGH, NULL);
  iterate_until (&waits[0]);
  iterate_until (&waits[1]);
  g_assert_cmpint (waits[0].code | waits[1].code, ==, 0);
  close (file);
  unlink (path);
}

/* A descriptor that was waited for in vain, is closed with a duplicate left, and comes to
 * mean something else, neither wakes what waits for that nor keeps the context busy. */
static void
test_reused (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int copy = dup (fixture->fds[0]);
  int other[2];
  Wait wait;

  wait_start (&wait, fixture->fds[0], POLLIN, -1, cancellable);
  iterate_all ();
  g_cancellable_cancel (cancellable);
  iterate_until (&wait);
  g_assert_cmpint (wait.code, ==, G_IO_ERROR_CANCELLED);

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other));
  g_assert_cmpint (dup2 (other[0], fixture->fds[0]), ==, fixture->fds[0]);
  wait_start (&wait, fixture->fds[0], POLLIN, -1, NULL);
  iterate_all ();
  test_write_text (fixture->fds[1], "x");
  iterate_all ();
  g_assert_cmpuint (wait.n_steps, ==, 1);
  test_write_text (other[1], "x");
  iterate_until (&wait);

  close (copy);
  close (other[0]);
  close (other[1]);
}

/* The same while it waits, which nobody should do. */
static void
test_replaced (Fixture       *fixture,
               gconstpointer  data)
{
  int copy = dup (fixture->fds[0]);
  int other[2];
  Wait waits[2];

  wait_start (&waits[0], fixture->fds[0], POLLIN, -1, NULL);
  iterate_all ();
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other));
  g_assert_cmpint (dup2 (other[0], fixture->fds[0]), ==, fixture->fds[0]);
  wait_start (&waits[1], fixture->fds[0], POLLIN, -1, NULL);
  iterate_all ();

  test_write_text (fixture->fds[1], "x");
  iterate_all ();
  g_assert_false (g_main_context_pending (fixture->context));
  g_assert_cmpuint (waits[0].n_done + waits[1].n_done, ==, 0);
  test_write_text (other[1], "x");
  iterate_until (&waits[0]);
  iterate_until (&waits[1]);

  close (copy);
  close (other[0]);
  close (other[1]);
}

static void
use_no_descriptors (struct rlimit *before)
{
  struct rlimit none;
  int first_free = dup (STDIN_FILENO);

  close (first_free);
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, before));
  none = *before;
  none.rlim_cur = (rlim_t) first_free;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &none));
}

/* No descriptor left for epoll: the context polls. */
static void
test_no_descriptors (Fixture       *fixture,
                     gconstpointer  data)
{
  struct rlimit before;
  Wait waits[4];

  use_no_descriptors (&before);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      wait_start (&waits[i], fixture->fds[0], POLLIN, i == 3 ? 30 : -1, NULL);
      g_main_context_iteration (fixture->context, FALSE);
    }
  setrlimit (RLIMIT_NOFILE, &before);

  iterate_until (&waits[3]);
  g_assert_cmpint (waits[3].code, ==, Q_SOCKET_ERROR_TIMEOUT);
  test_write_text (fixture->fds[1], "x");
  for (guint i = 0; i < 3; i++)
    iterate_until (&waits[i]);
}

/* The child of a fork goes on waiting, and what it does is not the parent's business. */
static void
test_fork (Fixture       *fixture,
           gconstpointer  data)
{
  Wait waits[2];
  int status;
  pid_t pid;

  fill (fixture->fds[0]);
  wait_start (&waits[0], fixture->fds[0], POLLIN, -1, NULL);
  wait_start (&waits[1], fixture->fds[0], POLLOUT, -1, NULL);
  iterate_all ();

  pid = fork ();
  if (pid == 0)
    {
      test_write_text (fixture->fds[1], "x");
      iterate_all ();
      if (waits[0].n_done != 1 || waits[1].n_done != 0)
        _exit (1);
      g_main_context_pop_thread_default (fixture->context);
      g_main_context_unref (fixture->context);
      _exit (0);
    }

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  iterate_until (&waits[0]);
  g_assert_cmpuint (waits[1].n_done, ==, 0);
  drain (fixture->fds[1]);
  iterate_until (&waits[1]);
}

/* A main loop inside a callback serves those that became ready together with it. */
static Wait nested;

static void
run_nested (gpointer self)
{
  iterate_until (&nested);
}

static void
test_recursion (Fixture       *fixture,
                gconstpointer  data)
{
  Wait outer;

  wait_start (&outer, fixture->fds[0], POLLIN, ENOUGH, NULL);
  outer.then = run_nested;
  wait_start (&nested, fixture->fds[0], POLLIN, ENOUGH, NULL);
  iterate_all ();
  test_write_text (fixture->fds[1], "x");
  iterate_until (&outer);
  g_assert_cmpuint (nested.n_done, ==, 1);
}

/* In the order of their times, whatever that of their beginnings; some go before. */
static void
test_many_deadlines (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);
  static Wait waits[300];
  gint64 until[300];

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      int timeout_ms = g_rand_int_range (rand, 1, 150);

      until[i] = g_get_monotonic_time () + timeout_ms * 1000;
      wait_start (&waits[i], fixture->fds[0], POLLIN, timeout_ms, i % 3 == 0 ? cancellable : NULL);
    }
  iterate_all ();
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      iterate_until (&waits[i]);
      if (waits[i].code == Q_SOCKET_ERROR_TIMEOUT)
        g_assert_cmpint (g_get_monotonic_time (), >=, until[i]);
    }
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* Contexts with operations of many priorities, pending or not, leave nothing behind. */
static void
test_nothing_left (void)
{
  guint before = count_descriptors ();

  for (int i = 0; i < 50; i++)
    {
      GMainContext *context = g_main_context_new ();
      Wait waits[40];
      int fds[2];

      g_main_context_push_thread_default (context);
      g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
      for (int j = 0; j < 40; j++)
        {
          waits[j] = (Wait) {
            .parent = { .klass = &wait_class, .name = "wait for", .target = "it" },
            .fds = { { fds[j % 2], POLLIN, 0 } },
            .n_fds = 1,
          };
          q_op_start (&waits[j].parent, 1000 * j, j - 20, NULL, wait_done, NULL);
        }
      iterate_all ();
      test_write_text (fds[0], "x");
      if (i % 3 != 0)
        iterate_all ();
      g_main_context_pop_thread_default (context);
      g_main_context_unref (context);
      close (fds[0]);
      close (fds[1]);
    }

  g_assert_cmpuint (count_descriptors (), ==, before);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) \
  g_test_add ("/wait/poller/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("both-directions", test_both_directions);
  ADD ("same-twice", test_same_twice);
  ADD ("refused", test_refused);
  ADD ("reused", test_reused);
  ADD ("replaced", test_replaced);
  ADD ("no-descriptors", test_no_descriptors);
  ADD ("fork", test_fork);
  ADD ("recursion", test_recursion);
  ADD ("many-deadlines", test_many_deadlines);
  g_test_add_func ("/wait/poller/nothing-left", test_nothing_left);

  return g_test_run ();
}
