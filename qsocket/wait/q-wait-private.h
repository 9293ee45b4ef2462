/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <poll.h>

#include "q-deadline-private.h"

G_BEGIN_DECLS

/* What an operation waits for: any of the descriptors, or a point in time. */
typedef struct
{
  struct pollfd one;      /* where one descriptor is enough */
  struct pollfd *fds;
  guint n_fds;
  gint64 until;           /* monotonic microseconds, or Q_DEADLINE_NEVER */
} QWait;

/* Like poll (), but until a point on the monotonic clock (microseconds, or
 * Q_DEADLINE_NEVER), and signals do not end it. A point in the past asks once. It is more
 * exact than g_poll (), which counts whole milliseconds. */
int q_wait_poll (struct pollfd *fds,
                 guint          n_fds,
                 gint64         until);

/* Waits for one descriptor. Returns what it is ready for, 0 when the time is up. */
short q_wait_poll_one (int    fd,
                       short  events,
                       gint64 until);

/* Asks without waiting. */
static inline short
q_wait_check (int   fd,
              short events)
{
  return q_wait_poll_one (fd, events, 0);
}

G_END_DECLS
