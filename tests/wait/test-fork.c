/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "q-fork-private.h"

/* Runs @function in a child process and returns what it returned, which is to be below 128. */
static int
run_in_child (int (*function) (int expected),
              int   expected)
{
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    _exit (function (expected));

  while (waitpid (pid, &status, 0) != pid)
    g_assert_cmpint (errno, ==, EINTR);
  g_assert_true (WIFEXITED (status));

  return WEXITSTATUS (status);
}

static int
check (int expected)
{
  return q_fork_get_generation () == expected ? 0 : 1;
}

static int
check_with_child (int expected)
{
  if (q_fork_get_generation () != expected)
    return 1;
  if (run_in_child (check, expected + 1) != 0)
    return 2;

  return q_fork_get_generation () == expected ? 0 : 3;
}

static void
test_child (void)
{
  int before = q_fork_get_generation ();

  /* Brothers have the same number: neither of them has what the other one made. */
  g_assert_cmpint (run_in_child (check, before + 1), ==, 0);
  g_assert_cmpint (run_in_child (check, before + 1), ==, 0);
  g_assert_cmpint (q_fork_get_generation (), ==, before);
}

static void
test_grandchild (void)
{
  int before = q_fork_get_generation ();

  g_assert_cmpint (run_in_child (check_with_child, before + 1), ==, 0);
  g_assert_cmpint (q_fork_get_generation (), ==, before);
}

static gpointer
get_generation (gpointer data)
{
  return GINT_TO_POINTER (q_fork_get_generation ());
}

static int
check_in_thread (int expected)
{
  GThread *thread = g_thread_new ("asks", get_generation, NULL);

  return GPOINTER_TO_INT (g_thread_join (thread)) == expected ? 0 : 1;
}

/* A thread has the number of its process. */
static void
test_thread (void)
{
  int before = q_fork_get_generation ();

  g_assert_cmpint (run_in_child (check_in_thread, before + 1), ==, 0);
  g_assert_cmpint (check_in_thread (before), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait/fork/child", test_child);
  g_test_add_func ("/wait/fork/grandchild", test_grandchild);
  g_test_add_func ("/wait/fork/thread", test_thread);

  return g_test_run ();
}
