/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-send-call-private.h"

static gboolean
gather (QChannel   *channel,
        const void *head,
        gsize       head_length,
        const void *body,
        gsize       body_length)
{
  gsize used = atomic_load_explicit (&channel->out_length, memory_order_relaxed);

  /* Messages are not to run into each other. */
  if (q_channel_keeps_boundaries (channel) ||
      head_length > Q_CHANNEL_CORK_SIZE || body_length > Q_CHANNEL_CORK_SIZE ||
      used + head_length + body_length > Q_CHANNEL_CORK_SIZE)
    return FALSE;

  return q_channel_gather (channel, head, head_length) &&
         q_channel_gather (channel, body, body_length);
}

gboolean
q_send_call_enter (QSendCall  *self,
                    GError     **error)
{
  self->channel = q_socket_enter (self->call.socket, Q_ROLE_WRITER, self->call.name, error);
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
  q_socket_leave (self->call.socket, Q_ROLE_WRITER, self->channel);
}

void
q_send_call_prepare (QSendCall *self)
{
  QSocket *socket = self->call.socket;

  if (!self->some && atomic_load_explicit (&socket->corked, memory_order_relaxed) &&
      gather (self->channel, self->head, self->head_length, self->body, self->body_length))
    {
      self->moved = self->head_length + self->body_length;
      return;
    }

  q_send_op_init (&self->op, self->call.name, self->channel, &socket->sink, &socket->bytes_sent,
                   self->head, self->head_length, self->body, self->body_length);
  self->op.some = self->some;
  self->has_op = TRUE;
}

gboolean
q_send_call_begin (QSocketCall  *call,
                    GError      **error)
{
  QSendCall *self = (QSendCall *) call;

  if (!q_send_call_enter (self, error))
    return FALSE;

  q_send_call_prepare (self);
  call->op = self->has_op ? &self->op.parent : NULL;

  return TRUE;
}

void
q_send_call_count (QSendCall *self)
{
  if (!self->has_op)
    return;

  q_send_op_finish (&self->op);
  self->moved = self->op.sent > self->op.corked ? self->op.sent - self->op.corked : 0;
}

gboolean
q_send_call_finish (QSocketCall  *call,
                     gboolean      ok,
                     GError      **error)
{
  QSendCall *self = (QSendCall *) call;

  q_send_call_count (self);
  q_send_call_leave (self);

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
  .size = sizeof (QSendCall), .begin = q_send_call_begin, .finish = q_send_call_finish,
  .clear = q_send_call_clear,
};

gboolean
q_socket_write (QSocket       *self,
                const char    *name,
                const void    *bytes,
                gsize          length,
                int            timeout_ms,
                GCancellable  *cancellable,
                GError       **error)
{
  QSendCall write = {
    .call = { .klass = &q_send_call_class, .socket = self, .name = name },
    .head = bytes, .head_length = length,
  };

  return q_socket_call_run (&write.call, timeout_ms, cancellable, error);
}

gssize
q_socket_write_some (QSocket       *self,
                     const char    *name,
                     const void    *bytes,
                     gsize          length,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  QSendCall write = {
    .call = { .klass = &q_send_call_class, .socket = self, .name = name },
    .head = bytes, .head_length = length, .some = TRUE,
  };

  GError *local = NULL;

  /* What was taken and has not left yet would be sent once more if it was not said to
   * be sent; what holds it up is for the next call to tell. */
  if (q_socket_call_run (&write.call, timeout_ms, cancellable, &local) || write.moved > 0)
    {
      g_clear_error (&local);
      return (gssize) write.moved;
    }

  g_propagate_error (error, local);

  return -1;
}
