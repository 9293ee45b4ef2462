/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-recv-call-private.h"

#include "q-socket-open-private.h"

/* Makes sure that the channel has a decoder for the present charset. */
static void
prepare_decoder (QSocket  *self,
                 QChannel *channel)
{
  const char *charset = self->settings.charset;

  if (channel->decoder != NULL && channel->decoder_charset == charset)
    return;

  /* Bytes that were not returned yet are text in the new charset, also those that the old decoder
   * holds. */
  q_channel_unread_text (channel);
  g_clear_pointer (&channel->decoder, q_text_decoder_free);
  channel->decoder = q_text_decoder_new (charset);
  channel->decoder_charset = charset;
}

gboolean
q_recv_call_begin (QSocketCall  *call,
                   GError      **error)
{
  QRecvCall *self = (QRecvCall *) call;
  QSocket *socket = call->socket;
  QChannel *channel = q_socket_enter (socket, Q_CLAIM_READER, call->method->name, error);

  if (channel == NULL)
    return FALSE;

  /* The decoder may hold the first bytes of a character that is not complete yet. A read of text
   * completes the character; any other read has to return these bytes first. */
  if (self->result == Q_RECV_TO_TEXT)
    prepare_decoder (socket, channel);
  else
    q_channel_unread_text (channel);

  if (self->result == Q_RECV_TO_MEMORY)
    q_recv_op_init_memory (&self->op, call->method->name, channel, &socket->sink,
                           self->memory, self->minimum, (gsize) self->size);
  else
    q_recv_op_init (&self->op, call->method->name, channel, &socket->sink, self->result, self->size,
                    socket->settings.max_receive_size);
  self->op.refuses_short_message = self->refuses_short_message;
  self->op.completes_at_end |= self->completes_at_end;
  self->channel = channel;
  call->op = &self->op.parent;

  return TRUE;
}

gboolean
q_recv_call_finish (QSocketCall  *call,
                    gboolean      ok,
                    GError      **error)
{
  QRecvCall *self = (QRecvCall *) call;

  q_socket_leave (call->socket, Q_CLAIM_READER, self->channel);
  if (!ok)
    return FALSE;

  if (self->result == Q_RECV_TO_BYTES)
    call->pointer = self->op.bytes;
  else if (self->result == Q_RECV_TO_TEXT)
    call->pointer = self->op.text;

  return TRUE;
}

const QSocketCallClass q_recv_call_memory_class = {
  .size = sizeof (QRecvCall), .begin = q_recv_call_begin, .finish = q_recv_call_finish,
};

gboolean
q_recv_call_run_into_memory (const QSocketMethod  *method,
                             QSocket              *socket,
                             void                 *memory,
                             gsize                 size,
                             int                   timeout_ms,
                             GCancellable         *cancellable,
                             GError              **error)
{
  QRecvCall recv = {
    .call = { .method = method, .socket = socket },
    .result = Q_RECV_TO_MEMORY, .memory = memory, .minimum = size, .size = (gssize) size,
    .refuses_short_message = TRUE,
  };

  return q_socket_call_run (&recv.call, timeout_ms, cancellable, error);
}

/* ---- reads from the buffer ---- */

void
q_recv_end_buffered_with_event (QSocket  *socket,
                                QChannel *channel,
                                gsize     size)
{
  gboolean has_handlers = atomic_load_explicit (&socket->has_read_handlers, memory_order_relaxed);

  /* A queue takes the event and calls nothing, so the brief claim is enough. */
  if (!has_handlers)
    {
      q_socket_emit_read_from_buffer (socket, size, FALSE);
      q_recv_buffer_consume (&channel->in, size);
      q_gate_leave_briefly (&socket->gate, Q_CLAIM_READER);
      return;
    }

  /* A handler may drop the last reference to the socket, and it may close the socket. A claim that
   * is held keeps the channel from being freed, but a handler may take long, so it has to be a
   * lasting claim: that is the kind that others can wait for. */
  g_object_ref (socket);
  q_gate_make_lasting (&socket->gate, Q_CLAIM_READER);
  q_socket_emit_read_from_buffer (socket, size, TRUE);
  q_recv_buffer_consume (&channel->in, size);
  q_gate_drop_claim (&socket->gate, Q_CLAIM_READER);
  g_object_unref (socket);
}
