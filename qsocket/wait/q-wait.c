/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-wait-private.h"

#include <errno.h>

int
q_wait_poll (struct pollfd *fds,
             guint          n_fds,
             gint64         until)
{
  int n;

  do
    {
      gint64 left = until == Q_DEADLINE_NEVER || until == 0
                    ? 0 : MAX (until - g_get_monotonic_time (), 0);
      struct timespec time = { left / G_USEC_PER_SEC, left % G_USEC_PER_SEC * 1000 };

      n = ppoll (fds, n_fds, until == Q_DEADLINE_NEVER ? NULL : &time, NULL);
    }
  while (n < 0 && errno == EINTR);

  return n;
}

short
q_wait_poll_one (int    fd,
                 short  events,
                 gint64 until)
{
  struct pollfd pollfd = { fd, events, 0 };

  return q_wait_poll (&pollfd, 1, until) > 0 ? pollfd.revents : 0;
}
