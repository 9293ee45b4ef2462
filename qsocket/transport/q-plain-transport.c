/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-plain-transport-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Below this the kernel's own timeouts are too coarse to be of use. */
#define MIN_KERNEL_TIMEOUT_MS 100

static void
set_kernel_timeout (int  fd,
                    int  option,
                    int  timeout_ms)
{
  struct timeval time = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

  setsockopt (fd, SOL_SOCKET, option, &time, sizeof time);
}

/* Whether the next system call may sleep. One call that sleeps replaces three:
 * try, poll, try again. Close and shutdown wake it, and the kernel's timeout is
 * set so early that, coarse as it is, it fires before the deadline; the rest is
 * then waited for exactly. It is set once for all calls with the same timeout. */
static gboolean
may_sleep (QPlainTransport *self,
           int              option,
           int             *current_ms,
           gboolean         waited,
           QDeadline       *sleep_limit)
{
  int kernel_ms;

  if (sleep_limit == NULL)
    return FALSE;

  /* A socket from elsewhere may be shared with programs that know nothing of
   * kernel timeouts. */
  if (sleep_limit->timeout_ms >= 0 &&
      (!waited || !self->is_ours || sleep_limit->timeout_ms < MIN_KERNEL_TIMEOUT_MS))
    return FALSE;

  if (g_atomic_int_get (&self->nonblocking))
    {
      if (!self->is_ours || fcntl (self->fd, F_SETFL, O_RDWR) != 0)
        return FALSE;
      g_atomic_int_set (&self->nonblocking, FALSE);
    }

  if (sleep_limit->timeout_ms < 0)
    {
      kernel_ms = 0;
    }
  else
    {
      kernel_ms = sleep_limit->timeout_ms / 8 * 7 - 16;
      if (q_deadline_left (sleep_limit) < ((gint64) kernel_ms * 9 / 8 + 8) * 1000)
        return FALSE;
    }

  /* A leftover timeout is no reason for a system call until something waited:
   * all it can do is to bring the driver's poll () in early. */
  if (*current_ms != kernel_ms && waited && self->is_ours)
    {
      set_kernel_timeout (self->fd, option, kernel_ms);
      *current_ms = kernel_ms;
    }

  return TRUE;
}

static gssize
plain_read (QTransport      *transport,
            void            *buffer,
            gsize            length,
            gboolean         whole,
            QDeadline       *sleep_limit)
{
  QPlainTransport *self = (QPlainTransport *) transport;
  gssize n;
  int flags;

  flags = may_sleep (self, SO_RCVTIMEO, &self->read_timeout_ms, self->read_waited, sleep_limit)
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

  /* A peer that reads a little now and then could hold such a write for ever. */
  if (self->writes_by_piece && sleep_limit != NULL && sleep_limit->timeout_ms >= 0)
    sleep_limit = NULL;

  if (!may_sleep (self, SO_SNDTIMEO, &self->write_timeout_ms, self->write_waited, sleep_limit))
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
