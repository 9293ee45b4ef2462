/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-accept-op-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Whether the errno is about one connection, which was lost before it could be accepted, or
 * about the network. The listener works on, and another connection may wait. */
static gboolean
is_transient (int system_error)
{
  switch (system_error)
    {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Whether no descriptor is free. accept () says that even if no connection waits, which is no
 * error until one does. */
static gboolean
is_out_of_descriptors (int system_error)
{
  return system_error == EMFILE || system_error == ENFILE;
}

static QStep
accept_step (QOp *op)
{
  QAcceptOp *self = (QAcceptOp *) op;
  QPlainTransport *plain = &op->channel->plain;
  gboolean has_waited;
  int system_error;

  /* A listener never blocks in accept (), since the connection that poll () has seen may be gone
   * before. If the last call had to wait, this one probably has to as well, and polls at once
   * without trying before. */
  if (plain->read_waited && op->sleep_limit != NULL && op->wait.n_fds == 0 &&
      op->channel->kind == Q_CHANNEL_LISTENING)
    return q_op_wait_for (op, POLLIN);

  self->peer.length = sizeof self->peer.un;
  self->fd = accept4 (op->channel->fd, &self->peer.sa, &self->peer.length, SOCK_CLOEXEC);

  if (q_channel_is_closed (op->channel))
    return q_op_fail_closed_here (op);

  if (self->fd >= 0)
    {
      plain->read_waited = op->wait.n_fds > 0;
      return Q_STEP_DONE;
    }

  system_error = errno;
  has_waited = op->wait.n_fds > 0;

  /* A UNIX listener that was shut down returns EAGAIN and is ready for ever. One of TCP returns
   * EINVAL, and so does this. */
  if (system_error == EAGAIN && has_waited &&
      (q_wait_check (op->channel->fd, POLLIN) & POLLHUP) != 0)
    return q_op_fail_errno (op, Q_SOCKET_ERROR_ACCEPT, EINVAL);
  if (system_error == EAGAIN ||
      (is_out_of_descriptors (system_error) &&
       (!has_waited || q_wait_check (op->channel->fd, POLLIN) == 0)))
    return q_op_wait_for (op, POLLIN);
  if (is_transient (system_error))
    return Q_STEP_AGAIN;

  return q_op_fail_errno (op, Q_SOCKET_ERROR_ACCEPT, system_error);
}

static QStep
accept_time_out (QOp *op)
{
  return Q_STEP_DONE;
}

static void
accept_abandon (QOp *op)
{
  QAcceptOp *self = (QAcceptOp *) op;

  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

static const QOpClass accept_class = { accept_step, accept_time_out, accept_abandon };

void
q_accept_op_init (QAcceptOp   *self,
                  const char  *name,
                  QChannel    *channel,
                  const QSink *sink)
{
  *self = (QAcceptOp) {
    .parent = { .klass = &accept_class, .name = name, .channel = channel, .sink = sink },
    .fd = -1,
  };
}
