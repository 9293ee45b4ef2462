/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-wakeup-private.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int
q_wakeup_open (QWakeup *self)
{
  int fd = q_wakeup_get_fd (self);
  int expected = -1;

  if (fd >= 0)
    return fd;

  fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0)
    return -1;

  /* If another thread has made a descriptor meanwhile, both use that one. */
  if (atomic_compare_exchange_strong (&self->fd, &expected, fd))
    return fd;

  close (fd);

  return expected;
}

void
q_wakeup_signal (QWakeup *self)
{
  int fd = q_wakeup_get_fd (self);
  guint64 one = 1;

  if (fd >= 0 && write (fd, &one, sizeof one) != sizeof one)
    g_debug ("A wake-up could not be signalled: %s", g_strerror (errno));
}

gboolean
q_wakeup_reset (QWakeup *self)
{
  int fd = q_wakeup_get_fd (self);
  guint64 count;

  return fd >= 0 && read (fd, &count, sizeof count) == sizeof count;
}

void
q_wakeup_close (QWakeup *self)
{
  int fd = atomic_exchange (&self->fd, -1);

  if (fd >= 0)
    close (fd);
}
