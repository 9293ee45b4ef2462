/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-peer.h"

#include <fcntl.h>
#include <sys/resource.h>

/* Cases that change their process, so each runs in one of its own: with few descriptors, with
 * signals, or with errors that strace puts in. */

#define assert_not_early(start, ms) g_assert_cmpint (test_elapsed_ms (start), >=, (ms))

/* As many descriptors as there may be. */
static inline void
recover (void)
{
  struct rlimit limit;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  limit.rlim_cur = limit.rlim_max;
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));
}

typedef struct
{
  const char *subject;
  const char *name;
  void (*run) (void);
  const char *inject;           /* what strace is to do, or NULL */
} ChildCase;

static inline char *
child_path (const ChildCase *child)
{
  return g_strdup_printf ("/socket/%s/%s", child->subject, child->name);
}

static inline void
run_in_strace (const ChildCase *child)
{
  g_autofree char *path = child_path (child);
  g_autofree char *inject = g_strconcat ("inject=", child->inject, NULL);
  g_autofree char *exe = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *strace = g_find_program_in_path ("strace");
  const char *try[] = { strace, "-qq", "-f", "-o", "/dev/null", "true", NULL };
  const char *argv[] = {
    strace, "-qq", "-f", "-o", "/dev/null", "-E", "ASAN_OPTIONS=detect_leaks=0",
    "-e", inject, exe, "-q", "-p", path, "--GTestSubprocess", NULL,
  };
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  GError *error = NULL;
  int status;

  if (strace == NULL)
    {
      g_test_skip ("strace is not installed");
      return;
    }
  if (!g_spawn_sync (NULL, (char **) try, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                     &status, NULL) || status != 0)
    {
      g_test_skip ("strace may not trace here");
      return;
    }

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status,
                &error);
  g_assert_no_error (error);
  if (status != 0)
    g_test_message ("%s%s", out, err);
  g_assert_cmpint (status, ==, 0);
}

static inline void
test_child (gconstpointer data)
{
  const ChildCase *child = data;

  if (g_test_subprocess ())
    {
      child->run ();
      return;
    }

  if (child->inject != NULL)
    {
      run_in_strace (child);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static inline void
add_children (const ChildCase *children,
              gsize            n_children)
{
  for (gsize i = 0; i < n_children; i++)
    {
      g_autofree char *path = child_path (&children[i]);

      g_test_add_data_func (path, &children[i], test_child);
    }
}
