/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-send-op-private.h"

#include <errno.h>

static void
report (QSendOp *self,
        gsize     step)
{
  QReport packet = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_PACKET_SENT);

  packet.step = (gint64) step;
  packet.total = (gint64) self->sent;
  packet.goal = (gint64) self->total;
  q_sink_report (self->parent.sink, &packet);
}

static void
advance (QSendOp *self,
         gsize     length)
{
  self->sent += length;
  if (self->counter != NULL)
    __atomic_fetch_add (self->counter, length, __ATOMIC_RELAXED);

  while (length > 0)
    {
      struct iovec *vector = &self->vectors[self->first];
      gsize part = MIN (length, vector->iov_len);

      vector->iov_base = (guint8 *) vector->iov_base + part;
      vector->iov_len -= part;
      length -= part;
      if (vector->iov_len == 0)
        self->first++;
    }
}

/* Nothing was written, which @result says why. */
static QStep
no_bytes (QOp    *op,
          gssize  result)
{
  if (q_channel_is_closed (op->channel))
    return q_op_fail_closed_here (op);

  switch (-result)
    {
    case EINTR:
      return Q_STEP_AGAIN;
    case EAGAIN:
      return q_op_wait_for (op, POLLOUT);
    default:
      return q_op_fail_errno (op, Q_SOCKET_ERROR_SEND, (int) -result);
    }
}

/* All was taken; done when it has left, too. */
static QStep
flush (QOp *op)
{
  gssize result = q_transport_flush (op->channel->transport, op->sleep_limit);

  return result >= 0 ? Q_STEP_DONE : no_bytes (op, result);
}

static QStep
send_step (QOp *op)
{
  QSendOp *self = (QSendOp *) op;
  QTransport *transport = op->channel->transport;
  gboolean is_message = q_channel_keeps_boundaries (op->channel);
  gssize n;

  if (self->is_taken)
    return flush (op);

  /* What sleeps because the queue of another UNIX socket is full is not woken when
   * its own one is shut down, unless it polls. */
  n = transport->klass->write (transport, self->vectors + self->first,
                               self->n_vectors - self->first, is_message ? NULL : op->sleep_limit);
  if (n >= 0)
    {
      advance (self, (gsize) n);
      if (n > 0)
        report (self, (gsize) n);

      self->is_taken = self->sent == self->total || is_message ||
                       (self->some && self->sent > self->corked);
      return self->is_taken ? flush (op) : Q_STEP_AGAIN;
    }

  return no_bytes (op, n);
}

static const QOpClass send_class = { send_step, NULL, NULL };

static void
add_vector (QSendOp   *self,
            const void *base,
            gsize       length)
{
  if (length == 0)
    return;

  self->vectors[self->n_vectors++] = (struct iovec) { (void *) base, length };
  self->total += length;
}

void
q_send_op_init (QSendOp    *self,
                 const char  *name,
                 QChannel    *channel,
                 const QSink *sink,
                 guint64     *counter,
                 const void  *head,
                 gsize        head_length,
                 const void  *body,
                 gsize        body_length)
{
  self->parent = (QOp) {
    .klass = &send_class, .name = name, .channel = channel, .sink = sink,
  };
  self->first = 0;
  self->n_vectors = 0;
  self->total = 0;
  self->sent = 0;
  self->some = FALSE;
  self->counter = counter;
  self->corked = atomic_load_explicit (&channel->out_length, memory_order_relaxed);

  add_vector (self, channel->out, self->corked);
  add_vector (self, head, head_length);
  add_vector (self, body, body_length);

  self->is_taken = self->total == 0 && !q_channel_keeps_boundaries (channel);

  /* An empty message is a message. */
  if (self->n_vectors == 0)
    self->vectors[self->n_vectors++] = (struct iovec) { (void *) "", 0 };
}

void
q_send_op_finish (QSendOp *self)
{
  QChannel *channel = self->parent.channel;
  gsize gone = MIN (self->sent, self->corked);
  gsize left = self->corked - gone;

  if (self->corked == 0)
    return;

  memmove (channel->out, channel->out + gone, left);
  atomic_store_explicit (&channel->out_length, left, memory_order_relaxed);
}

gboolean
q_channel_gather (QChannel   *channel,
                  const void *bytes,
                  gsize       length)
{
  gsize used = atomic_load_explicit (&channel->out_length, memory_order_relaxed);

  if (length == 0)
    return TRUE;
  if (length > Q_CHANNEL_CORK_SIZE - used)
    return FALSE;

  if (used + length > channel->out_size)
    {
      gsize size = MAX (channel->out_size * 4, 4096);

      while (size < used + length)
        size *= 4;
      channel->out_size = MIN (size, Q_CHANNEL_CORK_SIZE);
      channel->out = g_realloc (channel->out, channel->out_size);
    }

  memcpy (channel->out + used, bytes, length);
  atomic_store_explicit (&channel->out_length, used + length, memory_order_relaxed);

  return TRUE;
}
