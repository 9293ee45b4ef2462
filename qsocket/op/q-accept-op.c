/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-accept-op-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What says that one connection was lost before it could be taken, or that the
 * network has a hiccup; the listener itself is well and another may wait. */
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

/* A process without a free descriptor learns so even while no connection waits.
 * Nothing is wrong until one does. */
static gboolean
is_exhausted (int system_error)
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

  /* A listener never blocks: between poll () and accept () the connection may
   * have gone again. Where the last accept had to wait, so will this one. */
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

  /* A UNIX listener that was shut down would have its caller try again (EAGAIN),
   * and poll again, for ever. */
  if (system_error == EAGAIN && has_waited &&
      (q_wait_check (op->channel->fd, POLLIN) & POLLHUP) != 0)
    return q_op_fail_errno (op, Q_SOCKET_ERROR_ACCEPT, EINVAL);
  if (system_error == EAGAIN ||
      (is_exhausted (system_error) &&
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

/* ---- listeners ---- */

/* accept () must not block, whatever was done with the descriptor before. */
void
q_channel_become_listener (QChannel *channel)
{
  QPlainTransport *plain = &channel->plain;
  int flags = fcntl (channel->fd, F_GETFL);

  if ((flags & O_NONBLOCK) == 0)
    {
      /* The flags of an adopted descriptor are to be given back. */
      if (!plain->is_ours && channel->restore_flags < 0)
        channel->restore_flags = flags;
      fcntl (channel->fd, F_SETFL, flags | O_NONBLOCK);
    }

  /* A receive, pointless as it is here, must not make it block again. */
  atomic_store (&plain->nonblocking, TRUE);
  plain->is_ours = FALSE;
  channel->kind = Q_CHANNEL_LISTENING;
}

void
q_channel_check_listening (QChannel *channel)
{
  int value = FALSE;
  socklen_t length = sizeof value;

  if (channel->kind != Q_CHANNEL_LISTENING &&
      getsockopt (channel->fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value)
    q_channel_become_listener (channel);
}
