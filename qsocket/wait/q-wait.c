/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-wait-private.h"

#include <errno.h>

/* One system call, which a signal may end early. */
static int
poll_once (struct pollfd *fds,
           guint          n_fds,
           gint64         until)
{
  /* The clock need not be read to know that 0 is in the past. */
  gint64 left = until == Q_DEADLINE_NEVER || until == 0
                ? 0 : MAX (until - g_get_monotonic_time (), 0);
  struct timespec time = { left / G_USEC_PER_SEC, left % G_USEC_PER_SEC * 1000 };

  return ppoll (fds, n_fds, until == Q_DEADLINE_NEVER ? NULL : &time, NULL);
}

int
q_wait_poll (struct pollfd *fds,
             guint          n_fds,
             gint64         until)
{
  int system_error;
  int n;

  do
    n = poll_once (fds, n_fds, until);
  while (n < 0 && errno == EINTR);

  if (n < 0 && until != 0)
    {
      system_error = errno;
      poll_once (NULL, 0, MIN (until, g_get_monotonic_time () + Q_WAIT_REFUSED_PAUSE_US));
      errno = system_error;
    }

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
