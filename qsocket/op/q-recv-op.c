/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-recv-op-private.h"

#include "q-i18n-private.h"
#include "q-send-op-private.h"

#include <errno.h>

/* What a direct read allocates at most before bytes have come: a caller may ask for more than
 * ever comes. The second one is for a read until the end, whose size is not known. */
#define MAX_FIRST_ALLOCATION (1024 * 1024)
#define FIRST_ALLOCATION_TO_END (64 * 1024)

/* If a read fails its bytes are copied to the receive buffer. With more than this that would take
 * too long, so such a read goes to memory that the buffer can take over. */
#define MAX_COPY_BACK (16 * 1024 * 1024)

/* No datagram over IP is larger. */
#define MAX_IP_DATAGRAM (64 * 1024)

/* How many bytes of this read are there so far. */
static gsize
get_available (QRecvOp *self)
{
  gsize available = self->length + q_recv_buffer_length (&self->parent.channel->in);

  return MIN (available, self->maximum);
}

/* Reports the bytes that have come since the last event. */
static void
report_progress (QRecvOp *self)
{
  QReport packet = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_PACKET_READ);
  gsize total = self->converted + get_available (self);

  if (total <= self->reported_bytes || self->result == Q_RECV_PEEK)
    return;

  packet.step = (gint64) (total - self->reported_bytes);
  packet.total = (gint64) total;
  packet.goal = self->expected;
  self->reported_bytes = total;
  q_sink_report (self->parent.sink, &packet);
}

/* How much room the next message needs; the kernel drops what does not fit. Returns a negative
 * errno if that is not known, -EAGAIN if there is no message. */
static gssize
get_room_for_message (QChannel *channel)
{
  char nothing;
  gssize n;

  if (channel->family != G_SOCKET_FAMILY_UNIX)
    return MAX_IP_DATAGRAM;

  n = recv (channel->fd, &nothing, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

  return n < 0 ? -errno : MAX (n, 1);
}

/* On a datagram socket that this side has shut down a read returns EAGAIN, while poll () says that
 * there is something to read, for ever. Returns 0 in that case, which is the end; else @n. */
static gssize
translate_result (QChannel *channel,
                  gssize    n)
{
  if (n == -EAGAIN && channel->socktype == SOCK_DGRAM && q_channel_is_at_end (channel))
    return 0;

  return n;
}

gssize
q_recv_fill_buffer (QOp   *op,
                    gsize  room)
{
  QChannel *channel = op->channel;
  QTransport *transport = channel->transport;
  QDeadline *sleep_limit = op->sleep_limit;
  guint8 *end;
  gsize available;
  gssize n;

  channel->in_was_filled = FALSE;

  /* The peer may wait for the corked bytes before it answers. They are sent when this returns
   * EAGAIN, so it must not sleep. */
  if (q_send_buffer_length (&channel->out) > 0)
    sleep_limit = NULL;

  if (q_channel_keeps_boundaries (channel))
    {
      n = get_room_for_message (channel);
      if (n < 0)
        return translate_result (channel, n);

      /* Another process may take that message first, and the next one may need more room, so this
       * must not sleep until that comes. */
      if (channel->family == G_SOCKET_FAMILY_UNIX)
        sleep_limit = NULL;
      room = (gsize) n;
    }

  end = q_recv_buffer_get_room (&channel->in, room, &available);
  n = transport->klass->read (transport, end, available, FALSE, sleep_limit);
  channel->in_was_filled = n == (gssize) available;
  if (n > 0)
    q_recv_buffer_added (&channel->in, (gsize) n);

  return translate_result (channel, n);
}

/* Reads on if the kernel has more than has fit into the buffer, since all that has arrived belongs
 * to the result. An error is kept for the next call. */
static void
read_available (QRecvOp *self)
{
  QOp *op = &self->parent;
  QChannel *channel = op->channel;
  QDeadline *sleep_limit = g_steal_pointer (&op->sleep_limit);
  gsize enough = MIN (self->maximum, Q_RECV_BUFFER_MAX);

  while (channel->in_was_filled && q_recv_buffer_length (&channel->in) < enough)
    {
      gssize n = q_recv_fill_buffer (op, 1);

      if (n == 0)
        channel->at_end = TRUE;
      else if (n < 0 && n != -EAGAIN && n != -EINTR)
        channel->pending_error = (int) -n;
    }

  op->sleep_limit = sleep_limit;
}

static void
grow_memory (QRecvOp *self)
{
  self->memory_size = MIN (self->memory_size * 2, self->maximum);
  self->memory = g_realloc (self->memory, self->memory_size);
}

/* For as many bytes as are likely to come. */
static void
allocate_memory (QRecvOp *self)
{
  QRecvBuffer *in = &self->parent.channel->in;

  self->owns_memory = TRUE;
  self->memory_size = self->completes_at_end ? FIRST_ALLOCATION_TO_END : MAX_FIRST_ALLOCATION;
  self->memory_size = MAX (self->memory_size, q_recv_buffer_length (in));
  self->memory_size = MIN (self->memory_size, self->maximum);
  self->memory = g_malloc (self->memory_size);
}

/* Moves what is in the receive buffer to the memory of a direct read. */
static void
begin_direct_read (QRecvOp *self)
{
  QRecvBuffer *in = &self->parent.channel->in;

  self->is_direct = TRUE;
  if (self->result == Q_RECV_TO_MEMORY && self->minimum > MAX_COPY_BACK)
    self->destination = g_steal_pointer (&self->memory);

  /* A read that failed may have left more in the buffer than can be copied in time, so the
   * memory of the buffer is taken over. It has less than @maximum bytes, or this read would be
   * done. */
  if (self->memory == NULL && in->size > Q_RECV_BUFFER_MAX && in->start == 0)
    {
      self->owns_memory = TRUE;
      self->length = in->end;
      self->memory_size = MIN (in->size, self->maximum);
      self->memory = g_steal_pointer (&in->data);
      q_recv_buffer_clear (in);
      return;
    }

  if (self->memory == NULL)
    allocate_memory (self);

  self->length = get_available (self);
  memcpy (self->memory, q_recv_buffer_bytes (in), self->length);
  q_recv_buffer_consume (in, self->length);
}

static gssize
read_directly (QRecvOp *self)
{
  QChannel *channel = self->parent.channel;
  QTransport *transport = channel->transport;
  QDeadline *sleep_limit = self->parent.sleep_limit;
  gboolean whole = self->minimum == self->maximum;
  gssize n;

  if (self->length == self->memory_size)
    grow_memory (self);

  if (q_send_buffer_length (&channel->out) > 0)
    sleep_limit = NULL;

  n = transport->klass->read (transport, self->memory + self->length,
                              self->memory_size - self->length, whole, sleep_limit);
  if (n > 0)
    self->length += (gsize) n;

  return n;
}

/* A read of what has arrived goes on if that is only a part of a character, which is no text to
 * return. A message has a text of its own: the next one, perhaps from another peer, cannot
 * complete a character of it. */
static QStep
complete_text (QRecvOp *self)
{
  QChannel *channel = self->parent.channel;
  gsize n = get_available (self);
  const guint8 *data = self->is_direct ? self->memory : q_recv_buffer_bytes (&channel->in);
  gboolean ends_message = q_channel_keeps_boundaries (channel) &&
                          n == q_recv_buffer_length (&channel->in);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  text = q_text_decoder_convert (channel->decoder, data, n, self->text_ends || ends_message,
                                 &length, &error);
  if (text == NULL)
    return q_op_fail (&self->parent, Q_SOCKET_ERROR_ENCODING, "%s", error->message);

  if (self->is_direct)
    g_clear_pointer (&self->memory, g_free);
  else
    q_recv_buffer_consume (&channel->in, n);
  self->length = 0;
  self->converted += n;

  /* An empty message is a result, the first bytes of a character are none. */
  if (length == 0 && self->takes_available && !ends_message && (n > 0 || self->text_ends))
    return Q_STEP_AGAIN;

  q_text_decoder_commit (channel->decoder);
  self->text = g_steal_pointer (&text);
  self->length = length;

  return Q_STEP_DONE;
}

static GBytes *
take_memory (QRecvOp *self,
             gsize    length)
{
  /* It was allocated for more bytes than came. */
  if (length < self->memory_size / 4 * 3)
    self->memory = g_realloc (self->memory, length);

  return g_bytes_new_take (g_steal_pointer (&self->memory), length);
}

static QStep
complete_bytes (QRecvOp *self)
{
  QRecvBuffer *in = &self->parent.channel->in;
  gsize n = get_available (self);

  if (self->result == Q_RECV_TO_BYTES)
    {
      if (self->is_direct)
        self->bytes = take_memory (self, n);
      else
        self->bytes = g_bytes_new (q_recv_buffer_bytes (in), n);
    }
  else if (self->destination != NULL)
    {
      memcpy (self->destination, self->memory, n);
      g_clear_pointer (&self->memory, g_free);
    }
  else if (!self->is_direct && n > 0)
    {
      memcpy (self->memory, q_recv_buffer_bytes (in), n);
    }

  if (!self->is_direct)
    q_recv_buffer_consume (in, n);
  self->length = n;

  return Q_STEP_DONE;
}

static QStep
complete (QRecvOp *self)
{
  if (self->limit > 0 && get_available (self) > self->limit)
    return q_op_fail (&self->parent, Q_SOCKET_ERROR_TOO_LARGE,
                      _("more than %zu bytes came"), self->limit);

  switch (self->result)
    {
    case Q_RECV_TO_TEXT:
      return complete_text (self);
    case Q_RECV_PEEK:
      return Q_STEP_DONE;
    case Q_RECV_TO_BYTES:
    case Q_RECV_TO_MEMORY:
    default:
      return complete_bytes (self);
    }
}

/* A message came, and is the result even if it is shorter than the caller has asked for. */
static QStep
complete_message (QRecvOp *self)
{
  if (self->refuses_short_message && get_available (self) < self->minimum)
    return q_op_fail (&self->parent, Q_SOCKET_ERROR_RECV,
                      _("the message has only %zu of %zu bytes"),
                      get_available (self), self->minimum);

  return complete (self);
}

static QStep
reach_end (QRecvOp *self)
{
  QChannel *channel = self->parent.channel;
  gboolean is_text = self->result == Q_RECV_TO_TEXT;

  channel->at_end = TRUE;

  /* A peek is done when a read would not wait, and at the end no read waits. */
  if (self->result == Q_RECV_PEEK)
    return Q_STEP_DONE;

  if (self->completes_at_end ||
      (is_text && self->takes_available && get_available (self) == 0 &&
       q_text_decoder_is_inside_character (channel->decoder)))
    {
      self->text_ends = TRUE;
      return complete (self);
    }

  if (get_available (self) == 0)
    return q_op_fail (&self->parent, Q_SOCKET_ERROR_CLOSED, _("the peer ended the connection"));

  return q_op_fail (&self->parent, Q_SOCKET_ERROR_CLOSED,
                    _("the peer ended the connection after %zu of %zu bytes"),
                    get_available (self), self->minimum);
}

QStep
q_recv_handle_no_bytes (QOp    *op,
                        gssize  result)
{
  /* The end or an error may be due to the shutdown () with which a close has woken this call. */
  if (q_channel_is_closed (op->channel))
    return q_op_fail_closed_here (op);

  if (result == -EINTR)
    return Q_STEP_AGAIN;

  if (result == -EAGAIN)
    {
      /* The peer may wait for what is corked before it answers. */
      gboolean more_to_flush = q_send_buffer_length (&op->channel->out) > 0 &&
                               q_send_flush (op->channel, op->sink);

      /* Most asynchronous connections are idle most of the time, and then need no buffer. */
      if (!op->is_blocking && q_recv_buffer_length (&op->channel->in) == 0 &&
          op->channel->in.size <= Q_RECV_BUFFER_MIN)
        q_recv_buffer_clear (&op->channel->in);

      q_op_wait_for (op, POLLIN);
      if (more_to_flush)
        op->wait.one.events |= POLLOUT;
      return Q_STEP_WAIT;
    }

  return q_op_fail_errno (op, Q_SOCKET_ERROR_RECV, (int) -result);
}

static QStep
fail_with_pending_error (QRecvOp *self)
{
  QChannel *channel = self->parent.channel;
  int pending_error = channel->pending_error;

  if (self->result == Q_RECV_PEEK)
    return Q_STEP_DONE;

  channel->pending_error = 0;

  return q_op_fail_errno (&self->parent, Q_SOCKET_ERROR_RECV, pending_error);
}

/* Ends the read if enough bytes are there; else returns Q_STEP_WAIT. */
static QStep
complete_if_enough (QRecvOp *self)
{
  QChannel *channel = self->parent.channel;

  report_progress (self);
  if (get_available (self) >= self->minimum)
    return complete (self);
  if (q_channel_keeps_boundaries (channel) && q_recv_buffer_length (&channel->in) > 0)
    return complete_message (self);

  return Q_STEP_WAIT;
}

/* One read. Returns what q_recv_fill_buffer () does. */
static gssize
read_more (QRecvOp *self)
{
  QChannel *channel = self->parent.channel;
  gboolean has_messages = q_channel_keeps_boundaries (channel);
  gsize missing;
  gssize n;

  if (self->maximum >= Q_RECV_DIRECT_SIZE && !self->takes_available && !has_messages)
    {
      if (!self->is_direct)
        begin_direct_read (self);
      return read_directly (self);
    }

  missing = self->takes_available ? 1 : self->minimum - q_recv_buffer_length (&channel->in);
  n = q_recv_fill_buffer (&self->parent, missing);
  if (n > 0 && self->takes_available && !has_messages)
    read_available (self);

  return n;
}

static QStep
recv_step (QOp *op)
{
  QRecvOp *self = (QRecvOp *) op;
  QChannel *channel = op->channel;
  QStep step;
  gssize n;

  /* An earlier call may have filled the buffer and left more in the kernel. */
  if (self->minimum < self->maximum && !q_channel_keeps_boundaries (channel) &&
      q_recv_buffer_length (&channel->in) > 0)
    read_available (self);

  step = complete_if_enough (self);
  if (step != Q_STEP_WAIT)
    return step;

  if (channel->at_end)
    return reach_end (self);
  if (channel->pending_error != 0)
    return fail_with_pending_error (self);

  n = read_more (self);
  if (n > 0)
    {
      step = complete_if_enough (self);
      return step == Q_STEP_WAIT ? Q_STEP_AGAIN : step;
    }

  if (n == 0 && !q_channel_is_closed (channel))
    return q_channel_is_at_end (channel) ? reach_end (self) : complete_message (self);

  /* A peek takes nothing, so it keeps the error for the read that follows. */
  if (self->result == Q_RECV_PEEK && n < 0 && n != -EAGAIN && n != -EINTR)
    {
      channel->pending_error = (int) -n;
      return Q_STEP_DONE;
    }

  return q_recv_handle_no_bytes (op, n);
}

static void
recv_abandon (QOp *op)
{
  QRecvOp *self = (QRecvOp *) op;
  QRecvBuffer *in = &op->channel->in;

  if (self->is_direct && self->owns_memory && self->length > Q_RECV_BUFFER_MAX &&
      q_recv_buffer_length (in) == 0)
    q_recv_buffer_adopt (in, g_steal_pointer (&self->memory), self->length, self->memory_size);
  else if (self->is_direct)
    q_recv_buffer_put_back (in, self->memory, self->length);

  self->length = 0;
  if (self->owns_memory)
    g_clear_pointer (&self->memory, g_free);
}

gboolean
q_recv_probe (QChannel *channel)
{
  QOp op = { .channel = channel };
  gssize n;

  if (q_recv_buffer_length (&channel->in) > 0 || channel->at_end || channel->pending_error != 0)
    return TRUE;

  n = q_recv_fill_buffer (&op, 1);
  if (n == 0)
    channel->at_end = TRUE;
  else if (n < 0 && n != -EAGAIN && n != -EINTR)
    channel->pending_error = (int) -n;

  return n != -EAGAIN && n != -EINTR;
}

static const QOpClass recv_class = { recv_step, NULL, recv_abandon };

void
q_recv_op_init (QRecvOp     *self,
                const char  *name,
                QChannel    *channel,
                const QSink *sink,
                QRecvResult  result,
                gssize       size,
                gsize        limit)
{
  *self = (QRecvOp) {
    .parent = { .klass = &recv_class, .name = name, .channel = channel, .sink = sink },
    .result = result,
    .expected = -1,
  };

  if (size > 0)
    {
      self->minimum = self->maximum = (gsize) size;
      self->expected = size;
    }
  else if (size == 0)
    {
      self->minimum = 1;
      self->maximum = G_MAXSSIZE;
      self->takes_available = TRUE;
    }
  else
    {
      /* With one byte more than allowed it is clear that they are too many. */
      self->limit = limit;
      self->minimum = self->maximum = limit > 0 ? MIN (limit, G_MAXSSIZE - 1) + 1 : G_MAXSSIZE;
      self->completes_at_end = TRUE;
    }
}

void
q_recv_op_init_memory (QRecvOp     *self,
                       const char  *name,
                       QChannel    *channel,
                       const QSink *sink,
                       void        *memory,
                       gsize        minimum,
                       gsize        size)
{
  *self = (QRecvOp) {
    .parent = { .klass = &recv_class, .name = name, .channel = channel, .sink = sink },
    .result = Q_RECV_TO_MEMORY,
    .minimum = minimum,
    .maximum = size,
    .expected = minimum == size ? (gint64) size : -1,
    .memory = memory,
    .memory_size = size,
  };
}
