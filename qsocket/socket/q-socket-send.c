/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-send.h"

#include "q-socket-call-error-private.h"
#include "q-socket-open-private.h"
#include "q-socket-send-call-private.h"

static const QSocketCallClass text_class;

static const QSocketMethod send_method = Q_SOCKET_METHOD (send, "to", &text_class);
static const QSocketMethod send_binary_method = Q_SOCKET_METHOD (send_binary, "to",
                                                                 &q_send_call_class);
static const QSocketMethod send_data_method = Q_SOCKET_METHOD (send_data, "to",
                                                               &q_send_call_class);

/* ---- bytes ---- */

gboolean
q_socket_send_data (QSocket       *self,
                    const guint8  *data,
                    gsize          length,
                    int            timeout_ms,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (data != NULL || length == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_send_call_run_bytes (&send_data_method, self, data, length,
                                timeout_ms, cancellable, error);
}

/* Takes over @data. */
static void
send_bytes_async (const QSocketMethod *method,
                  QSocket             *self,
                  GBytes              *data,
                  int                  timeout_ms,
                  int                  io_priority,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  QSendCall *send = q_socket_call_new (method, self);

  send->head = g_bytes_get_data (data, &send->head_length);
  send->owned = data;
  send->free_owned = (GDestroyNotify) g_bytes_unref;
  q_socket_call_start (&send->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

void
q_socket_send_data_async (QSocket             *self,
                          const guint8        *data,
                          gsize                length,
                          int                  timeout_ms,
                          int                  io_priority,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (data != NULL || length == 0);

  send_bytes_async (&send_data_method, self, g_bytes_new (data, length),
                    timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_data_finish (QSocket       *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return q_socket_call_finish_boolean (&send_data_method, self, result, error);
}

gboolean
q_socket_send_binary (QSocket       *self,
                      GBytes        *data,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  gconstpointer bytes;
  gsize length;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (data != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  bytes = g_bytes_get_data (data, &length);

  return q_send_call_run_bytes (&send_binary_method, self, bytes, length,
                                timeout_ms, cancellable, error);
}

void
q_socket_send_binary_async (QSocket             *self,
                            GBytes              *data,
                            int                  timeout_ms,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (data != NULL);

  send_bytes_async (&send_binary_method, self, g_bytes_ref (data),
                    timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_binary_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_boolean (&send_binary_method, self, result, error);
}

/* ---- text ---- */

/* Text differs from bytes in that the conversion has a state that belongs to the writer: the
 * byte order mark counts as written once a byte has left. */
typedef struct
{
  QSendCall send;
  const char *string;
  QTextEncoder *encoder;
  guint8 *converted;
} TextCall;

static QTextEncoder *
get_encoder (QSocket  *self,
             QChannel *channel)
{
  const char *charset = self->settings.charset;

  if (channel->encoder == NULL || channel->encoder_charset != charset)
    {
      g_clear_pointer (&channel->encoder, q_text_encoder_free);
      channel->encoder = q_text_encoder_new (charset);
      channel->encoder_charset = charset;
    }

  return channel->encoder;
}

static gboolean
begin_text (QSocketCall  *call,
            GError      **error)
{
  TextCall *self = (TextCall *) call;
  const guint8 *bytes;

  if (!q_send_call_enter (&self->send, error))
    return FALSE;

  self->encoder = get_encoder (call->socket, self->send.channel);
  if (!q_text_encoder_convert (self->encoder, self->string, strlen (self->string), &bytes,
                               &self->send.head_length, &self->converted, error))
    {
      q_send_call_leave (&self->send);
      return q_socket_prefix_error (call->method->name, error);
    }

  self->send.head = bytes;
  q_send_call_prepare (&self->send);
  call->op = self->send.is_gathered ? NULL : &self->send.op.parent;

  return TRUE;
}

static gboolean
finish_text (QSocketCall  *call,
             gboolean      ok,
             GError      **error)
{
  TextCall *self = (TextCall *) call;

  /* Before another call may send. */
  if (q_send_call_get_moved (&self->send) > 0)
    q_text_encoder_mark_sent (self->encoder);
  q_send_call_leave (&self->send);

  return ok;
}

static void
clear_text (QSocketCall *call)
{
  g_free (((TextCall *) call)->converted);
  q_send_call_clear (call);
}

static const QSocketCallClass text_class = {
  .size = sizeof (TextCall), .begin = begin_text, .finish = finish_text, .clear = clear_text,
};

gboolean
q_socket_send (QSocket       *self,
               const char    *string,
               int            timeout_ms,
               GCancellable  *cancellable,
               GError       **error)
{
  TextCall text = {
    .send.call = { .method = &send_method, .socket = self },
    .string = string,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (string != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&text.send.call, timeout_ms, cancellable, error);
}

void
q_socket_send_async (QSocket             *self,
                     const char          *string,
                     int                  timeout_ms,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  TextCall *text;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (string != NULL);

  text = q_socket_call_new (&send_method, self);
  text->string = text->send.owned = g_strdup (string);
  text->send.free_owned = g_free;
  q_socket_call_start (&text->send.call, timeout_ms, io_priority, cancellable, callback,
                       user_data);
}

gboolean
q_socket_send_finish (QSocket       *self,
                      GAsyncResult  *result,
                      GError       **error)
{
  return q_socket_call_finish_boolean (&send_method, self, result, error);
}

/* ---- corking ---- */

void
q_socket_cork (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;

  g_return_if_fail (Q_IS_SOCKET (self));

  channel = q_socket_ref_channel (self);
  if (channel != NULL)
    atomic_store (&channel->is_corked, TRUE);
}

gboolean
q_socket_uncork (QSocket       *self,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  QChannel *channel;
  gboolean ok = TRUE;
  QSendOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  channel = q_socket_enter (self, Q_CLAIM_WRITER, "uncork", error);
  if (channel == NULL)
    return FALSE;

  atomic_store (&channel->is_corked, FALSE);
  if (q_channel_has_unsent (channel))
    {
      q_send_op_init (&op, "uncork to", channel, &self->sink, NULL, 0, NULL, 0);
      ok = q_op_run (&op.parent, timeout_ms, cancellable, error);
    }

  q_socket_leave (self, Q_CLAIM_WRITER, channel);

  return ok;
}

/* ---- questions ---- */

gboolean
q_socket_is_write_finished (QSocket *self,
                            int      timeout_ms)
{
  QDeadline deadline = q_deadline_new (timeout_ms);
  g_autoptr (QChannel) channel = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  if (!q_gate_wait_for_writer (&self->gate, q_deadline_get (&deadline)))
    return FALSE;

  channel = q_socket_ref_channel (self);
  if (channel == NULL)
    return FALSE;

  while (q_send_flush_transport (channel))
    if (!q_channel_poll (channel, POLLOUT, &deadline))
      return FALSE;

  return !q_channel_has_unsent (channel) && q_channel_poll (channel, POLLOUT, &deadline);
}

guint64
q_socket_get_bytes_sent (QSocket *self)
{
  guint64 n = 0;

  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  g_mutex_lock (&self->lock);
  if (self->counters != NULL)
    n = atomic_load_explicit (&self->counters->bytes_sent, memory_order_relaxed);
  g_mutex_unlock (&self->lock);

  return n;
}
