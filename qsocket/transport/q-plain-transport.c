/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-plain-transport-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

/* The kernel is not exact enough to be of use for shorter timeouts. */
#define MIN_KERNEL_TIMEOUT_MS 100

static void
set_kernel_timeout (int fd,
                    int option,
                    int timeout_ms)
{
  struct timeval time = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

  setsockopt (fd, SOL_SOCKET, option, &time, sizeof time);
}

/* Makes the descriptor blocking. That of our own socket has no other flag that this clears. */
static gboolean
make_blocking (QPlainTransport *self)
{
  if (!atomic_load (&self->nonblocking))
    return TRUE;

  if (!atomic_load (&self->is_ours) || fcntl (self->fd, F_SETFL, O_RDWR) != 0)
    return FALSE;
  atomic_store (&self->nonblocking, FALSE);

  return TRUE;
}

/* What to set the kernel's timeout to (0: none) for calls that are given @timeout_ms. The
 * kernel may be late by an eighth of a timeout, so it gets that much less, and some more.
 * All calls with the same timeout share it, so that it is not set anew for each. */
static int
get_kernel_timeout (int timeout_ms)
{
  return timeout_ms < 0 ? 0 : timeout_ms / 8 * 7 - 16;
}

/* Whether a system call that sleeps for @kernel_ms ends before the deadline, late as the
 * kernel may be. */
static gboolean
fits_deadline (int        kernel_ms,
               QDeadline *deadline)
{
  return deadline->timeout_ms < 0 ||
         q_deadline_left (deadline) >= ((gint64) kernel_ms * 9 / 8 + 8) * 1000;
}

/* Whether the next system call may sleep. Close and shutdown wake it. If its timeout comes
 * first, the driver waits for what is left of the deadline with poll (), which is exact. */
static gboolean
may_sleep (QPlainTransport *self,
           int              option,
           int             *current_ms,
           gboolean         waited,
           QDeadline       *sleep_limit)
{
  gboolean may_set = waited && atomic_load (&self->is_ours);
  int kernel_ms;

  /* A timeout is an option of the socket. It takes a system call to set, which is worth it
   * only where calls have to wait; and programs that share an adopted descriptor do not
   * expect it. */
  if (sleep_limit->timeout_ms >= 0 &&
      (!may_set || sleep_limit->timeout_ms < MIN_KERNEL_TIMEOUT_MS))
    return FALSE;

  if (!make_blocking (self))
    return FALSE;

  kernel_ms = get_kernel_timeout (sleep_limit->timeout_ms);
  if (!fits_deadline (kernel_ms, sleep_limit))
    return FALSE;

  /* A call without a timeout may find that of an earlier call still set. If nothing waited
   * before, that is left as it is: it costs no system call, and if the call has to wait
   * after all and the timeout ends it, the driver polls. */
  if (*current_ms != kernel_ms && may_set)
    {
      set_kernel_timeout (self->fd, option, kernel_ms);
      *current_ms = kernel_ms;
    }

  return TRUE;
}

static gssize
plain_read (QTransport *transport,
            void       *buffer,
            gsize       length,
            gboolean    whole,
            QDeadline  *sleep_limit)
{
  QPlainTransport *self = (QPlainTransport *) transport;
  gssize n;
  int flags;

  flags = sleep_limit != NULL &&
          may_sleep (self, SO_RCVTIMEO, &self->read_timeout_ms, self->read_waited, sleep_limit)
          ? (whole ? MSG_WAITALL : 0)
          : MSG_DONTWAIT;

  n = recv (self->fd, buffer, length, flags);

  return n >= 0 ? n : -errno;
}

static gssize
plain_write (QTransport         *transport,
             const struct iovec *vectors,
             int                 n_vectors,
             QDeadline          *sleep_limit)
{
  QPlainTransport *self = (QPlainTransport *) transport;
  int flags = MSG_NOSIGNAL;
  gssize n;

  /* As long as the peer reads a little now and then, such a timeout would never come. */
  if (self->writes_by_piece && sleep_limit != NULL && sleep_limit->timeout_ms >= 0)
    sleep_limit = NULL;

  if (sleep_limit == NULL ||
      !may_sleep (self, SO_SNDTIMEO, &self->write_timeout_ms, self->write_waited, sleep_limit))
    flags |= MSG_DONTWAIT;

  if (n_vectors == 1)
    {
      n = send (self->fd, vectors[0].iov_base, vectors[0].iov_len, flags);
    }
  else
    {
      struct msghdr message = {
        .msg_iov = (struct iovec *) vectors,
        .msg_iovlen = (gsize) n_vectors,
      };

      n = sendmsg (self->fd, &message, flags);
    }

  return n >= 0 ? n : -errno;
}

static void
plain_wait (QTransport    *transport,
            short          direction,
            struct pollfd *pollfd)
{
  QPlainTransport *self = (QPlainTransport *) transport;

  if (direction == POLLIN)
    self->read_waited = TRUE;
  else
    self->write_waited = TRUE;

  *pollfd = (struct pollfd) { self->fd, direction, 0 };
}

static const QTransportClass plain_class = {
  .read = plain_read, .write = plain_write, .wait = plain_wait,
};

void
q_plain_transport_init (QPlainTransport *self,
                        int              fd,
                        gboolean         nonblocking,
                        gboolean         is_ours)
{
  *self = (QPlainTransport) {
    .parent = { &plain_class },
    .fd = fd,
    .nonblocking = nonblocking,
    .is_ours = is_ours,
  };
}

void
q_plain_transport_restore (QPlainTransport *self)
{
  if (self->read_timeout_ms != 0)
    set_kernel_timeout (self->fd, SO_RCVTIMEO, 0);
  if (self->write_timeout_ms != 0)
    set_kernel_timeout (self->fd, SO_SNDTIMEO, 0);
}
