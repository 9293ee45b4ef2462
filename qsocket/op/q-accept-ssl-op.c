/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-accept-ssl-op-private.h"

/* With more clients who say nothing, the one that came first has to go. */
#define MAX_PENDING 64

/* How many are taken in before somebody looks at the time. */
#define TAKEN_IN_A_ROW 16

/* Takes in what waits at the listener. */
static QStep
take_in (QAcceptSslOp *self)
{
  QPendingClients *pending = &self->parent.channel->pending_clients;
  QOp *accept = &self->accept.parent;
  QStep step = Q_STEP_DONE;

  for (int i = 0; step == Q_STEP_DONE && i < TAKEN_IN_A_ROW; i++)
    {
      step = accept->klass->step (accept);
      if (step == Q_STEP_DONE)
        {
          if (pending->n == MAX_PENDING)
            q_pending_clients_drop_oldest (pending);
          q_pending_clients_add (pending, g_steal_fd (&self->accept.fd), &self->accept.peer);
        }
    }

  /* If it was for want of descriptors, there are some to be had. */
  if (step == Q_STEP_FAILED && pending->n > 0 && !q_channel_is_closed (self->parent.channel))
    {
      g_clear_error (&accept->error);
      q_pending_clients_drop_oldest (pending);
      step = Q_STEP_AGAIN;
    }

  return step;
}

/* Who has said something, or has gone. */
static gboolean
find_speaker (QAcceptSslOp *self)
{
  QPendingClients *pending = &self->parent.channel->pending_clients;

  for (guint i = 0; i < pending->n; i++)
    self->fds[1 + i] = (struct pollfd) { pending->clients[i].fd, POLLIN, 0 };
  if (q_wait_poll (self->fds + 1, pending->n, 0) <= 0)
    return FALSE;

  for (guint i = 0; i < pending->n; i++)
    if (self->fds[1 + i].revents != 0)
      {
        q_pending_clients_take (pending, i, &self->accept.fd, &self->accept.peer);
        return TRUE;
      }

  return FALSE;
}

static QStep
accept_ssl_step (QOp *op)
{
  QAcceptSslOp *self = (QAcceptSslOp *) op;
  QStep step = take_in (self);

  if (step == Q_STEP_FAILED)
    {
      op->error = g_steal_pointer (&self->accept.parent.error);
      return Q_STEP_FAILED;
    }

  if (find_speaker (self))
    return Q_STEP_DONE;
  if (step != Q_STEP_WAIT)
    return Q_STEP_AGAIN;

  self->fds[0] = self->accept.parent.wait.one;
  op->wait.fds = self->fds;
  op->wait.n_fds = 1 + op->channel->pending_clients.n;
  op->wait.until = Q_DEADLINE_NEVER;

  return Q_STEP_WAIT;
}

static QStep
accept_ssl_time_out (QOp *op)
{
  QPendingClients *pending = &op->channel->pending_clients;
  guint n = pending->n;

  if (n == 0)
    return Q_STEP_DONE;

  while (pending->n > 0)
    q_pending_clients_drop_oldest (pending);

  return q_op_fail (op, Q_SOCKET_ERROR_TIMEOUT,
                    "%u clients came and did not begin the TLS handshake within %d ms",
                    n, op->timeout_ms);
}

static void
accept_ssl_abandon (QOp *op)
{
  QAcceptSslOp *self = (QAcceptSslOp *) op;

  self->accept.parent.klass->abandon (&self->accept.parent);
}

static const QOpClass accept_ssl_class = {
  accept_ssl_step, accept_ssl_time_out, accept_ssl_abandon,
};

void
q_accept_ssl_op_init (QAcceptSslOp *self,
                      const char   *name,
                      QChannel     *channel,
                      const QSink  *sink)
{
  self->parent = (QOp) {
    .klass = &accept_ssl_class, .name = name, .channel = channel, .sink = sink,
  };
  q_accept_op_init (&self->accept, name, channel, sink);
  self->fds = g_new (struct pollfd, 1 + MAX_PENDING);
}

void
q_accept_ssl_op_clear (QAcceptSslOp *self)
{
  g_free (self->fds);
}
