/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "q-wait-private.h"
#include "q-wakeup-private.h"

#define ROUNDS 10000

static gboolean
is_signalled (QWakeup *wakeup)
{
  return q_wait_check (q_wakeup_get_fd (wakeup), POLLIN) == POLLIN;
}

static void
test_open (void)
{
  QWakeup wakeup = Q_WAKEUP_INIT;
  int fd;

  g_assert_cmpint (q_wakeup_get_fd (&wakeup), ==, -1);
  fd = q_wakeup_open (&wakeup);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (q_wakeup_open (&wakeup), ==, fd);
  g_assert_cmpint (q_wakeup_get_fd (&wakeup), ==, fd);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
  g_assert_false (is_signalled (&wakeup));

  q_wakeup_close (&wakeup);
  g_assert_cmpint (q_wakeup_get_fd (&wakeup), ==, -1);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  q_wakeup_close (&wakeup);
}

/* It is lost, as the header says, and does no harm. */
static void
test_signal_before_open (void)
{
  QWakeup wakeup = Q_WAKEUP_INIT;

  q_wakeup_signal (&wakeup);
  g_assert_cmpint (q_wakeup_get_fd (&wakeup), ==, -1);
  g_assert_false (q_wakeup_reset (&wakeup));
  g_assert_cmpint (q_wakeup_open (&wakeup), >=, 0);
  g_assert_false (is_signalled (&wakeup));
  g_assert_false (q_wakeup_reset (&wakeup));
  q_wakeup_close (&wakeup);
}

static gpointer
signal_it (gpointer data)
{
  q_wakeup_signal (data);

  return NULL;
}

static void
test_signal_after_open (void)
{
  QWakeup wakeup = Q_WAKEUP_INIT;
  int fd = q_wakeup_open (&wakeup);
  GThread *thread = g_thread_new ("signals", signal_it, &wakeup);

  g_assert_cmpint (q_wait_poll_one (fd, POLLIN, Q_DEADLINE_NEVER), ==, POLLIN);
  g_thread_join (thread);
  g_assert_true (is_signalled (&wakeup));
  q_wakeup_close (&wakeup);
}

static void
test_reset (void)
{
  QWakeup wakeup = Q_WAKEUP_INIT;

  q_wakeup_open (&wakeup);
  g_assert_false (q_wakeup_reset (&wakeup));

  for (int i = 1; i < 4; i++)
    {
      /* One reset is enough for any number of signals. */
      for (int j = 0; j < i; j++)
        q_wakeup_signal (&wakeup);
      g_assert_true (is_signalled (&wakeup));
      g_assert_true (q_wakeup_reset (&wakeup));
      g_assert_false (is_signalled (&wakeup));
      g_assert_false (q_wakeup_reset (&wakeup));
    }

  q_wakeup_close (&wakeup);
}

/* ---- two threads ---- */

/* A wake-up for each round. The other thread lives through all of them: it meets the main
 * thread before each round and after it. */
typedef struct
{
  QWakeup wakeups[ROUNDS];
  atomic_int flags[ROUNDS];
  int fds[ROUNDS];
  atomic_int n_arrived;
} Race;

static Race *
race_new (void)
{
  Race *race = g_new0 (Race, 1);

  for (int i = 0; i < ROUNDS; i++)
    race->wakeups[i] = (QWakeup) Q_WAKEUP_INIT;

  return race;
}

/* Waits for the other thread, and actively: a thread that has to be woken comes too late
 * for a race, and one that yields at once leaves both on one processor. @n_meetings counts
 * the meetings before this one. */
static void
race_meet (Race *race,
           int  *n_meetings)
{
  int n_all = 2 * ++*n_meetings;

  atomic_fetch_add (&race->n_arrived, 1);
  for (int i = 0; atomic_load (&race->n_arrived) < n_all; i++)
    if (i >= 10000)
      g_thread_yield ();
}

static gpointer
open_all (gpointer data)
{
  Race *race = data;
  int n_meetings = 0;

  for (int i = 0; i < ROUNDS; i++)
    {
      race_meet (race, &n_meetings);
      race->fds[i] = q_wakeup_open (&race->wakeups[i]);
      race_meet (race, &n_meetings);
    }

  return NULL;
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* Both get the same descriptor, and none is left over. */
static void
test_two_open (void)
{
  guint before = count_descriptors ();
  Race *race = race_new ();
  int n_meetings = 0;
  GThread *thread = g_thread_new ("opens", open_all, race);

  for (int i = 0; i < ROUNDS; i++)
    {
      int fd;

      race_meet (race, &n_meetings);
      fd = q_wakeup_open (&race->wakeups[i]);
      race_meet (race, &n_meetings);

      g_assert_cmpint (fd, >=, 0);
      g_assert_cmpint (race->fds[i], ==, fd);
      g_assert_cmpint (q_wakeup_get_fd (&race->wakeups[i]), ==, fd);
      q_wakeup_close (&race->wakeups[i]);
    }

  g_thread_join (thread);
  g_assert_cmpuint (count_descriptors (), ==, before);
  g_free (race);
}

static gpointer
set_flags (gpointer data)
{
  Race *race = data;
  int n_meetings = 0;

  for (int i = 0; i < ROUNDS; i++)
    {
      race_meet (race, &n_meetings);
      atomic_store (&race->flags[i], TRUE);
      q_wakeup_signal (&race->wakeups[i]);
      race_meet (race, &n_meetings);
    }

  return NULL;
}

/* What the header promises to a thread that sets a flag and to one that looks at it. */
static void
test_flag (void)
{
  Race *race = race_new ();
  int n_meetings = 0;
  GThread *thread = g_thread_new ("sets", set_flags, race);

  for (int i = 0; i < ROUNDS; i++)
    {
      gboolean saw_flag;

      race_meet (race, &n_meetings);
      q_wakeup_open (&race->wakeups[i]);
      saw_flag = atomic_load (&race->flags[i]);
      race_meet (race, &n_meetings);

      g_assert_true (saw_flag || is_signalled (&race->wakeups[i]));
      q_wakeup_close (&race->wakeups[i]);
    }

  g_thread_join (thread);
  g_free (race);
}

/* ---- no descriptor ---- */

static void
test_no_descriptor (void)
{
  QWakeup wakeup = Q_WAKEUP_INIT;
  struct rlimit before;
  struct rlimit none;
  int system_error;
  int fd;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &before));
  none = before;
  none.rlim_cur = 0;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &none));
  fd = q_wakeup_open (&wakeup);
  system_error = errno;
  q_wakeup_signal (&wakeup);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &before));

  g_assert_cmpint (fd, ==, -1);
  g_assert_cmpint (system_error, ==, EMFILE);
  g_assert_cmpint (q_wakeup_get_fd (&wakeup), ==, -1);

  /* It can be had later. */
  g_assert_cmpint (q_wakeup_open (&wakeup), >=, 0);
  q_wakeup_signal (&wakeup);
  g_assert_true (is_signalled (&wakeup));
  q_wakeup_close (&wakeup);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait/wakeup/open", test_open);
  g_test_add_func ("/wait/wakeup/signal-before-open", test_signal_before_open);
  g_test_add_func ("/wait/wakeup/signal-after-open", test_signal_after_open);
  g_test_add_func ("/wait/wakeup/reset", test_reset);
  g_test_add_func ("/wait/wakeup/two-open", test_two_open);
  g_test_add_func ("/wait/wakeup/flag", test_flag);
  g_test_add_func ("/wait/wakeup/no-descriptor", test_no_descriptor);

  return g_test_run ();
}
