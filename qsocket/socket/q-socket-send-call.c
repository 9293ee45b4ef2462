/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-send-call-private.h"

#include "q-socket-open-private.h"

/* Gathers head and body if the socket is corked and there is room for all of them. A socket that
 * keeps the boundaries of messages never gathers, since the boundaries would be lost. */
static gboolean
try_gather (QSendCall *self)
{
  QChannel *channel = self->channel;
  QSendBuffer *out = &channel->out;

  if (!atomic_load_explicit (&channel->is_corked, memory_order_relaxed) || self->is_partial ||
      q_channel_keeps_boundaries (channel) ||
      self->head_length > Q_SEND_BUFFER_MAX || self->body_length > Q_SEND_BUFFER_MAX ||
      q_send_buffer_length (out) + self->head_length + self->body_length > Q_SEND_BUFFER_MAX)
    return FALSE;

  return q_send_buffer_add (out, self->head, self->head_length) &&
         q_send_buffer_add (out, self->body, self->body_length);
}

gboolean
q_send_call_enter (QSendCall  *self,
                   GError    **error)
{
  self->channel = q_socket_enter (self->call.socket, Q_CLAIM_WRITER, self->call.method->name,
                                  error);
  if (self->channel == NULL)
    return FALSE;

  if (!g_cancellable_set_error_if_cancelled (self->call.cancellable, error))
    return TRUE;

  q_send_call_leave (self);

  return FALSE;
}

void
q_send_call_leave (QSendCall *self)
{
  q_socket_leave (self->call.socket, Q_CLAIM_WRITER, self->channel);
}

void
q_send_call_gather_or_prepare (QSendCall *self)
{
  self->is_gathered = try_gather (self);
  if (self->is_gathered)
    return;

  q_send_op_init (&self->op, self->call.method->name, self->channel, &self->call.socket->sink,
                  self->head, self->head_length, self->body, self->body_length);
  self->op.is_partial = self->is_partial;
}

gsize
q_send_call_get_accepted (QSendCall *self)
{
  return self->is_gathered ? self->head_length + self->body_length : self->op.moved;
}

static gboolean
begin_send (QSocketCall  *call,
            GError      **error)
{
  QSendCall *self = (QSendCall *) call;

  if (!q_send_call_enter (self, error))
    return FALSE;

  q_send_call_gather_or_prepare (self);
  call->op = self->is_gathered ? NULL : &self->op.parent;

  return TRUE;
}

gboolean
q_send_call_finish (QSocketCall  *call,
                    gboolean      ok,
                    GError      **error)
{
  q_send_call_leave ((QSendCall *) call);

  return ok;
}

void
q_send_call_clear (QSocketCall *call)
{
  QSendCall *self = (QSendCall *) call;

  if (self->free_owned != NULL)
    self->free_owned (self->owned);
}

const QSocketCallClass q_send_call_class = {
  .size = sizeof (QSendCall), .begin = begin_send, .finish = q_send_call_finish,
  .clear = q_send_call_clear,
};

gboolean
q_send_call_run_bytes (const QSocketMethod  *method,
                       QSocket              *socket,
                       const void           *bytes,
                       gsize                 length,
                       int                   timeout_ms,
                       GCancellable         *cancellable,
                       GError              **error)
{
  QSendCall send = {
    .call = { .method = method, .socket = socket },
    .head = bytes, .head_length = length,
  };

  return q_socket_call_run (&send.call, timeout_ms, cancellable, error);
}
