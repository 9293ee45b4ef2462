/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-send-op-private.h"

#include <errno.h>

/* The corked bytes in two pieces, the head and the body. */
#define MAX_VECTORS 4

static void
report_progress (QSendOp *self,
                 gsize    step)
{
  QReport packet = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_PACKET_SENT);
  gsize corked = q_send_buffer_length (&self->parent.channel->out);

  packet.step = (gint64) step;
  packet.total = (gint64) self->sent;
  packet.goal = (gint64) (self->sent + corked + self->left);
  q_sink_report (self->parent.sink, &packet);
}

/* Removes the first @length bytes, which the transport took, from those of the caller. */
static void
advance (QSendOp *self,
         gsize    length)
{
  self->moved += length;
  self->left -= length;

  while (length > 0)
    {
      struct iovec *vector = &self->vectors[0];
      gsize part = MIN (length, vector->iov_len);

      vector->iov_base = (guint8 *) vector->iov_base + part;
      vector->iov_len -= part;
      length -= part;
      if (vector->iov_len == 0)
        {
          self->vectors[0] = self->vectors[1];
          self->n_vectors--;
        }
    }
}

static gssize
write_vectors (QSendOp            *self,
               const struct iovec *vectors,
               int                 n_vectors)
{
  QTransport *transport = self->parent.channel->transport;

  /* A call that sleeps because the queue of another UNIX datagram socket is full is not woken by
   * a shutdown of its own socket, with which a close wakes calls. So it must poll. */
  QDeadline *sleep_limit = q_channel_keeps_boundaries (self->parent.channel)
                           ? NULL : self->parent.sleep_limit;

  return transport->klass->write (transport, vectors, n_vectors, sleep_limit);
}

/* Writes corked bytes and then the caller's. Another thread may flush the corked ones between two
 * steps, so each step asks for them anew. To be called with the lock of the buffer held. Returns
 * how many bytes the transport took, or a negative errno. */
static gssize
write_after_corked (QSendOp *self)
{
  QSendBuffer *out = &self->parent.channel->out;
  struct iovec vectors[MAX_VECTORS];
  int n_vectors = q_send_buffer_peek (out, vectors);
  gsize corked = 0;
  gsize from_corked;
  gssize n;

  /* The length of the buffer is no measure: the writer may add bytes while a reader flushes. */
  for (int i = 0; i < n_vectors; i++)
    corked += vectors[i].iov_len;
  for (int i = 0; i < self->n_vectors; i++)
    vectors[n_vectors++] = self->vectors[i];
  if (n_vectors == 0)
    return 0;

  n = write_vectors (self, vectors, n_vectors);
  if (n <= 0)
    return n;

  from_corked = MIN (corked, (gsize) n);
  q_send_buffer_consume (out, from_corked);
  advance (self, (gsize) n - from_corked);

  return n;
}

gboolean
q_send_flush_transport (QChannel *channel)
{
  gssize flushed;

  if (!g_mutex_trylock (&channel->out.lock))
    return FALSE;

  flushed = q_transport_flush (channel->transport, NULL);
  g_mutex_unlock (&channel->out.lock);

  return flushed == -EAGAIN;
}

/* Returns how many bytes the transport took, or a negative errno. */
static gssize
write_once (QSendOp *self)
{
  QSendBuffer *out = &self->parent.channel->out;
  gssize n;

  /* Only this call, which has the claim of the writer, puts bytes into the buffer, so an empty one
   * stays empty. */
  if (q_send_buffer_length (out) == 0)
    {
      n = write_vectors (self, self->vectors, self->n_vectors);
      if (n > 0)
        advance (self, (gsize) n);
      return n;
    }

  g_mutex_lock (&out->lock);
  n = write_after_corked (self);
  g_mutex_unlock (&out->lock);

  return n;
}

/* Counts @step bytes, if any, and reports them. */
static void
count_sent (QSendOp *self,
            gsize    step)
{
  QCounters *counters = self->parent.channel->counters;

  if (step == 0)
    return;

  self->sent += step;
  atomic_fetch_add_explicit (&counters->bytes_sent, step, memory_order_relaxed);
  report_progress (self, step);
}

/* The step that follows if the transport has returned @result, a negative errno. */
static QStep
handle_no_bytes (QOp    *op,
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

/* The transport took all; the operation is done when the kernel has it. */
static QStep
flush_transport (QOp *op)
{
  gssize result = q_transport_flush (op->channel->transport, op->sleep_limit);

  return result >= 0 ? Q_STEP_DONE : handle_no_bytes (op, result);
}

static QStep
send_step (QOp *op)
{
  QSendOp *self = (QSendOp *) op;
  QChannel *channel = op->channel;
  gssize n;

  if (self->only_flush_left)
    return flush_transport (op);

  n = write_once (self);
  if (n < 0)
    return handle_no_bytes (op, n);

  count_sent (self, (gsize) n);
  self->only_flush_left = (self->left == 0 && q_send_buffer_length (&channel->out) == 0) ||
                          q_channel_keeps_boundaries (channel) ||
                          (self->is_partial && self->moved > 0);

  return self->only_flush_left ? flush_transport (op) : Q_STEP_AGAIN;
}

static const QOpClass send_class = { send_step, NULL, NULL };

static void
add_vector (QSendOp    *self,
            const void *base,
            gsize       length)
{
  if (length == 0)
    return;

  self->vectors[self->n_vectors++] = (struct iovec) { (void *) base, length };
  self->left += length;
}

void
q_send_op_init (QSendOp     *self,
                const char  *name,
                QChannel    *channel,
                const QSink *sink,
                const void  *head,
                gsize        head_length,
                const void  *body,
                gsize        body_length)
{
  *self = (QSendOp) {
    .parent = { .klass = &send_class, .name = name, .channel = channel, .sink = sink },
  };

  add_vector (self, head, head_length);
  add_vector (self, body, body_length);

  /* An empty message is a message. */
  if (self->n_vectors == 0 && q_channel_keeps_boundaries (channel))
    self->vectors[self->n_vectors++] = (struct iovec) { (void *) "", 0 };

  self->only_flush_left = self->n_vectors == 0 && q_send_buffer_length (&channel->out) == 0;
}

/* Sets @n to how many bytes the transport took, or to a negative errno. Returns FALSE, with @n 0,
 * if another thread sends at this moment. */
static gboolean
flush_once (QSendOp *self,
            gssize  *n)
{
  QChannel *channel = self->parent.channel;

  *n = 0;
  if (!g_mutex_trylock (&channel->out.lock))
    return FALSE;

  *n = write_after_corked (self);
  g_mutex_unlock (&channel->out.lock);

  /* After the lock is free, since handlers of the event may send. */
  if (*n > 0)
    count_sent (self, (gsize) *n);

  return TRUE;
}

gboolean
q_send_flush (QChannel    *channel,
              const QSink *sink)
{
  gsize length = q_send_buffer_length (&channel->out);
  gboolean has_tried;
  QSendOp op;
  gssize n;

  /* Messages are never corked, and a transport of messages keeps no bytes. */
  if (q_channel_keeps_boundaries (channel))
    return FALSE;

  q_send_op_init (&op, "flush to", channel, sink, NULL, 0, NULL, 0);

  /* Bytes that handlers of the event add are left, since there may be no end of them. */
  do
    has_tried = flush_once (&op, &n);
  while ((n > 0 && op.sent < length) || n == -EINTR);

  return q_send_flush_transport (channel) ||
         (has_tried &&
          (n == -EAGAIN || (n >= 0 && q_send_buffer_length (&channel->out) > 0)));
}
