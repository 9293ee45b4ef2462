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

/* How long q_wait_poll () pauses at most when the kernel refuses to poll. */
#define Q_WAIT_REFUSED_PAUSE_US (10 * 1000)

/* Like poll (), but waits until @until on the monotonic clock, and a signal does not end
 * the wait. If @until is in the past, it asks once without waiting. It is more exact than
 * g_poll (), which counts whole milliseconds.
 *
 * Returns how many descriptors are ready, 0 when @until has come, or -1 with errno if the
 * kernel refuses to poll. It does that when there are more descriptors than RLIMIT_NOFILE
 * allows (EINVAL), and a program can lower that limit below what it has open. Nothing is
 * known of the descriptors then; most callers try what they waited for and come back.
 * So that this keeps no processor busy, there is a short pause before -1 is returned,
 * which does not last beyond @until. */
int q_wait_poll (struct pollfd *fds,
                 guint          n_fds,
                 gint64         until);

/* Waits for one descriptor. Returns what it is ready for, or 0 when @until has come or
 * the kernel refuses to poll. */
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
