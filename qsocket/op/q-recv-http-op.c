/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-recv-http-op-private.h"

#include "q-http-result-private.h"
#include "q-i18n-private.h"
#include "q-recv-op-private.h"

#include <errno.h>

/* Reports the bytes that have come since the last event; @total is how many there are in all. */
static void
report_bytes (QRecvHttpOp *self,
              gsize        total)
{
  QReport packet = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_PACKET_READ);

  if (total <= self->reported_bytes)
    return;

  packet.step = (gint64) (total - self->reported_bytes);
  packet.total = (gint64) total;
  self->reported_bytes = total;
  q_sink_report (self->parent.sink, &packet);
}

static QStep
complete_head (QRecvHttpOp *self)
{
  QRecvBuffer *in = &self->parent.channel->in;
  QReport message = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED);

  report_bytes (self, self->parser.head_length);
  self->header = q_http_parser_to_variant (&self->parser, q_recv_buffer_bytes (in));
  q_recv_buffer_consume (in, self->parser.head_length);

  message.headers = self->header;
  q_sink_report (self->parent.sink, &message);

  return Q_STEP_DONE;
}

/* What came is no head. It is returned as text, so that the caller can see what the peer sends. */
static QStep
complete_text (QRecvHttpOp *self)
{
  QRecvBuffer *in = &self->parent.channel->in;
  gsize length = q_http_text_length (q_recv_buffer_bytes (in), q_recv_buffer_length (in));

  report_bytes (self, length);
  self->header = q_http_text_to_variant (q_recv_buffer_bytes (in), length);
  q_recv_buffer_consume (in, length);

  return Q_STEP_DONE;
}

/* Reads more of such a text if it has arrived. Returns FALSE if no more can be read without
 * waiting. */
static gboolean
fetch_text (QRecvHttpOp *self)
{
  QChannel *channel = self->parent.channel;
  const guint8 *bytes = q_recv_buffer_bytes (&channel->in);
  gsize length = q_recv_buffer_length (&channel->in);
  gssize n;

  if (channel->at_end || channel->pending_error != 0 || q_channel_keeps_boundaries (channel) ||
      length >= self->parser.max_size || q_http_text_length (bytes, length) < length)
    return FALSE;

  self->parent.sleep_limit = NULL;
  n = q_recv_fill_buffer (&self->parent, 1);
  if (n < 0 && n != -EAGAIN && n != -EINTR)
    channel->pending_error = (int) -n;

  return n > 0;
}

static QStep
fail_at_end (QRecvHttpOp *self)
{
  QChannel *channel = self->parent.channel;

  channel->at_end = TRUE;

  return q_op_fail (&self->parent, Q_SOCKET_ERROR_CLOSED,
                    q_recv_buffer_length (&channel->in) == 0
                    ? _("the peer ended the connection")
                    : _("the peer ended the connection in the middle of the header"));
}

static QStep
recv_http_step (QOp *op)
{
  QRecvHttpOp *self = (QRecvHttpOp *) op;
  QChannel *channel = op->channel;
  QRecvBuffer *in = &channel->in;
  gssize n;

  switch (q_http_parser_feed (&self->parser, q_recv_buffer_bytes (in), q_recv_buffer_length (in)))
    {
    case Q_HTTP_COMPLETE:
      return complete_head (self);
    case Q_HTTP_BROKEN:
      while (fetch_text (self))
        continue;
      return complete_text (self);
    case Q_HTTP_TOO_LARGE:
      return q_op_fail (op, Q_SOCKET_ERROR_TOO_LARGE,
                        _("the header has more than %zu bytes or %u fields"),
                        self->parser.max_size, self->parser.max_fields);
    case Q_HTTP_MORE:
    default:
      report_bytes (self, q_recv_buffer_length (in));
      break;
    }

  if (channel->at_end)
    return fail_at_end (self);
  if (channel->pending_error != 0)
    {
      n = -channel->pending_error;
      channel->pending_error = 0;
    }
  else
    {
      n = q_recv_fill_buffer (op, 1);
    }

  if (n > 0)
    return Q_STEP_AGAIN;
  if (n == 0 && !q_channel_is_closed (channel))
    return q_channel_is_at_end (channel) ? fail_at_end (self) : Q_STEP_AGAIN;

  return q_recv_handle_no_bytes (op, n);
}

static const QOpClass recv_http_class = { recv_http_step, NULL, NULL };

void
q_recv_http_op_init (QRecvHttpOp *self,
                     const char  *name,
                     QChannel    *channel,
                     const QSink *sink,
                     gsize        max_size,
                     guint        max_fields)
{
  self->parent = (QOp) {
    .klass = &recv_http_class, .name = name, .channel = channel, .sink = sink,
  };
  self->reported_bytes = 0;
  self->header = NULL;
  q_http_parser_init (&self->parser, max_size, max_fields);
}

void
q_recv_http_op_clear (QRecvHttpOp *self)
{
  q_http_parser_clear (&self->parser);
}
