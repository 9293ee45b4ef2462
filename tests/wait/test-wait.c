/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "q-wait-private.h"

/* Polling until a point in time. Of times only lower bounds are checked: what must not
 * wait is asked to wait for ever by everything but the rule that is tested. */

#define WAIT_US (60 * 1000)

/* fds[0] is writable and has nothing to read until something is written to fds[1]. */
typedef struct
{
  int fds[2];
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fixture->fds));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  close (fixture->fds[0]);
  close (fixture->fds[1]);
}

static void
make_readable (Fixture *fixture)
{
  g_assert_cmpint (write (fixture->fds[1], "x", 1), ==, 1);
}

static void
test_past (Fixture       *fixture,
           gconstpointer  data)
{
  const gint64 past[] = { 0, -1, G_MININT64 / 2, 1, g_get_monotonic_time () };

  for (guint i = 0; i < G_N_ELEMENTS (past); i++)
    g_assert_cmpint (q_wait_poll_one (fixture->fds[0], POLLIN, past[i]), ==, 0);
  g_assert_cmpint (q_wait_check (fixture->fds[0], POLLIN), ==, 0);

  make_readable (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (past); i++)
    g_assert_cmpint (q_wait_poll_one (fixture->fds[0], POLLIN, past[i]), ==, POLLIN);
  g_assert_cmpint (q_wait_check (fixture->fds[0], POLLIN | POLLOUT), ==, POLLIN | POLLOUT);
}

static void
test_time (Fixture       *fixture,
           gconstpointer  data)
{
  gint64 until = g_get_monotonic_time () + WAIT_US;

  g_assert_cmpint (q_wait_poll_one (fixture->fds[0], POLLIN, until), ==, 0);
  g_assert_cmpint (g_get_monotonic_time (), >=, until);
}

static void
test_no_descriptor (void)
{
  gint64 until = g_get_monotonic_time () + WAIT_US;

  g_assert_cmpint (q_wait_poll (NULL, 0, until), ==, 0);
  g_assert_cmpint (g_get_monotonic_time (), >=, until);
}

static gpointer
write_later (gpointer data)
{
  Fixture *fixture = data;

  g_assert_cmpint (q_wait_poll (NULL, 0, g_get_monotonic_time () + WAIT_US), ==, 0);
  make_readable (fixture);

  return NULL;
}

static void
test_never (Fixture       *fixture,
            gconstpointer  data)
{
  gint64 start = g_get_monotonic_time ();
  GThread *thread = g_thread_new ("writer", write_later, fixture);

  g_assert_cmpint (q_wait_poll_one (fixture->fds[0], POLLIN, Q_DEADLINE_NEVER), ==, POLLIN);
  g_assert_cmpint (g_get_monotonic_time (), >=, start + WAIT_US);
  g_thread_join (thread);
}

static void
test_several (Fixture       *fixture,
              gconstpointer  data)
{
  struct pollfd fds[] = {
    { fixture->fds[0], POLLIN, 0 },
    { -1, POLLIN, 0 },
    { fixture->fds[1], POLLIN | POLLOUT, 0 },
    { fixture->fds[0], POLLOUT, 0 },
  };

  g_assert_cmpint (q_wait_poll (fds, G_N_ELEMENTS (fds), Q_DEADLINE_NEVER), ==, 2);
  g_assert_cmpint (fds[0].revents, ==, 0);
  g_assert_cmpint (fds[1].revents, ==, 0);
  g_assert_cmpint (fds[2].revents, ==, POLLOUT);
  g_assert_cmpint (fds[3].revents, ==, POLLOUT);
}

static void
test_hang_up (Fixture       *fixture,
              gconstpointer  data)
{
  g_assert_no_errno (shutdown (fixture->fds[1], SHUT_RDWR));
  g_assert_cmpint (q_wait_poll_one (fixture->fds[0], 0, Q_DEADLINE_NEVER), ==, POLLHUP);
}

static void
test_bad_descriptor (Fixture       *fixture,
                     gconstpointer  data)
{
  int closed = dup (fixture->fds[0]);

  g_assert_cmpint (closed, >=, 0);
  close (closed);
  g_assert_cmpint (q_wait_poll_one (closed, POLLIN, Q_DEADLINE_NEVER), ==, POLLNVAL);
  g_assert_cmpint (q_wait_check (closed, POLLIN), ==, POLLNVAL);
}

/* ---- signals ---- */

static volatile sig_atomic_t n_alarms;
static int write_on_alarm = -1;
static int alarm_to_write_on;

static void
alarm_cb (int number)
{
  int system_error = errno;

  n_alarms++;
  if (n_alarms == alarm_to_write_on && write (write_on_alarm, "x", 1) != 1)
    abort ();
  errno = system_error;
}

/* A signal every 2 ms, which interrupts system calls. */
static void
start_alarms (struct sigaction *before)
{
  struct itimerval interval = { { 0, 2000 }, { 0, 2000 } };
  struct sigaction action = { .sa_handler = alarm_cb };

  n_alarms = 0;
  g_assert_no_errno (sigaction (SIGALRM, &action, before));
  g_assert_no_errno (setitimer (ITIMER_REAL, &interval, NULL));
}

static void
stop_alarms (const struct sigaction *before)
{
  struct itimerval none = { { 0, 0 }, { 0, 0 } };

  g_assert_no_errno (setitimer (ITIMER_REAL, &none, NULL));
  g_assert_no_errno (sigaction (SIGALRM, before, NULL));
}

/* They neither end the wait nor begin it anew: were the time counted from each of them, it
 * would never be over. */
static void
test_signals_time (Fixture       *fixture,
                   gconstpointer  data)
{
  struct sigaction before;
  gint64 until;
  short ready;

  start_alarms (&before);
  until = g_get_monotonic_time () + WAIT_US;
  ready = q_wait_poll_one (fixture->fds[0], POLLIN, until);
  g_assert_cmpint (g_get_monotonic_time (), >=, until);
  stop_alarms (&before);

  g_assert_cmpint (ready, ==, 0);
  g_assert_cmpint (n_alarms, >, 0);
}

/* Nor do they where there is no time to be up; what comes after them still does. */
static void
test_signals_never (Fixture       *fixture,
                    gconstpointer  data)
{
  struct sigaction before;
  short ready;

  write_on_alarm = fixture->fds[1];
  alarm_to_write_on = 5;
  start_alarms (&before);
  ready = q_wait_poll_one (fixture->fds[0], POLLIN, Q_DEADLINE_NEVER);
  stop_alarms (&before);
  alarm_to_write_on = 0;

  g_assert_cmpint (ready, ==, POLLIN);
  g_assert_cmpint (n_alarms, >=, 5);
}

/* ---- a kernel that refuses ---- */

typedef struct
{
  int n;
  int system_error;
  gint64 began;
  gint64 ended;
} Refused;

/* Polls under a limit that allows no descriptor at all. */
static Refused
poll_refused (int     fd,
              gint64  wait_us)
{
  struct pollfd pollfd = { fd, POLLOUT, 0 };
  Refused refused = { 0 };
  struct rlimit before;
  struct rlimit none;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &before));
  none = before;
  none.rlim_cur = 0;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &none));
  refused.began = g_get_monotonic_time ();
  refused.n = q_wait_poll (&pollfd, 1, wait_us == Q_DEADLINE_NEVER ? Q_DEADLINE_NEVER
                                       : refused.began + wait_us);
  refused.system_error = errno;
  refused.ended = g_get_monotonic_time ();
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &before));

  return refused;
}

/* It is told, but not at once, so that coming back does not keep a processor busy. */
static void
test_refused (Fixture       *fixture,
              gconstpointer  data)
{
  const gint64 waits[] = { Q_DEADLINE_NEVER, G_USEC_PER_SEC, Q_WAIT_REFUSED_PAUSE_US / 2, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      Refused refused = poll_refused (fixture->fds[0], waits[i]);

      g_assert_cmpint (refused.n, ==, -1);
      g_assert_cmpint (refused.system_error, ==, EINVAL);
      g_assert_cmpint (refused.ended - refused.began, >=, MIN (waits[i], Q_WAIT_REFUSED_PAUSE_US));
    }

  g_assert_cmpint (q_wait_check (fixture->fds[0], POLLOUT), ==, POLLOUT);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) \
  g_test_add ("/wait/poll/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("past", test_past);
  ADD ("time", test_time);
  g_test_add_func ("/wait/poll/no-descriptor", test_no_descriptor);
  ADD ("never", test_never);
  ADD ("several", test_several);
  ADD ("hang-up", test_hang_up);
  ADD ("bad-descriptor", test_bad_descriptor);
  ADD ("signals-time", test_signals_time);
  ADD ("signals-never", test_signals_never);
  ADD ("refused", test_refused);

  return g_test_run ();
}
