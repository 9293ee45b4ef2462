/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-fork-private.h"

#include <pthread.h>

/* Not atomic: only count_fork () writes it, in a child process that has no other thread
 * yet. */
static int generation;

static void
count_fork (void)
{
  generation++;
}

int
q_fork_get_generation (void)
{
  static gsize is_watching;

  if (g_once_init_enter (&is_watching))
    {
      pthread_atfork (NULL, NULL, count_fork);
      g_once_init_leave (&is_watching, 1);
    }

  return generation;
}
