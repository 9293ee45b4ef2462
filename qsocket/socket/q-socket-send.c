/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-data.h"
#include "q-socket-send-call-private.h"

#include <errno.h>

/* ---- corking ---- */

void
q_socket_cork (QSocket *self)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  /* It belongs to the connection: the next one begins without. */
  if (atomic_load (&self->channel) != NULL)
    atomic_store (&self->corked, TRUE);
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

  channel = q_socket_enter (self, Q_ROLE_WRITER, "uncork", error);
  if (channel == NULL)
    return FALSE;

  atomic_store (&self->corked, FALSE);

  if (q_channel_has_unsent (channel))
    {
      q_send_op_init (&op, "uncork to", channel, &self->sink, &self->bytes_sent,
                       NULL, 0, NULL, 0);
      ok = q_op_run (&op.parent, timeout_ms, cancellable, error);
      q_send_op_finish (&op);
    }

  q_socket_leave (self, Q_ROLE_WRITER, channel);

  return ok;
}

static void
report_flush (gpointer       owner,
              const QReport *report)
{
  QSocket *self = owner;

  atomic_store (&self->roles[Q_ROLE_WRITER], Q_ROLE_TELLING);
  q_socket_emit (self, report);
  atomic_store (&self->roles[Q_ROLE_WRITER], Q_ROLE_LENT);
}

/* One try after the other as long as the kernel takes bytes; the caller has the
 * writer's role and the channel. An error comes up again at the next send.
 * Returns whether it is worth waiting until the kernel takes more. */
static gboolean
flush_without_waiting (QSocket  *self,
                       QChannel *channel)
{
  const QSink sink = { q_socket_wants_event, report_flush, self };
  QStep step;
  QSendOp op;

  q_send_op_init (&op, "flush to", channel, &sink, &self->bytes_sent, NULL, 0, NULL, 0);
  do
    step = op.parent.klass->step (&op.parent);
  while (step == Q_STEP_AGAIN);
  g_clear_error (&op.parent.error);
  q_send_op_finish (&op);

  return step == Q_STEP_WAIT;
}

gboolean
q_socket_flush_for_read (gpointer socket)
{
  QSocket *self = socket;
  QChannel *channel;
  gboolean more = FALSE;

  /* If another thread sends just now the bytes are its business. */
  if (!q_socket_borrow_writer (self))
    return FALSE;

  channel = atomic_load (&self->channel);
  if (channel != NULL && q_channel_pin (channel))
    {
      more = atomic_load_explicit (&channel->out_length, memory_order_relaxed) > 0 &&
             flush_without_waiting (self, channel);
      q_channel_unpin (channel);
    }
  q_socket_return_writer (self);

  return more;
}

gboolean
q_socket_flush_transport (QSocket *self)
{
  QChannel *channel;
  gboolean more = FALSE;

  if (!q_socket_borrow_writer (self))
    return FALSE;

  channel = atomic_load (&self->channel);
  if (channel != NULL && q_channel_pin (channel))
    {
      more = q_transport_has_unsent (channel->transport) &&
             q_transport_flush (channel->transport, NULL) == -EAGAIN;
      q_channel_unpin (channel);
    }
  q_socket_return_writer (self);

  return more;
}

void
q_socket_flush_for_close (QSocket  *self,
                          QChannel *channel)
{
  /* With the role, for only that keeps the transport what it is. */
  if (!q_socket_borrow_writer (self))
    return;

  if (q_channel_has_unsent (channel))
    flush_without_waiting (self, channel);
  q_socket_return_writer (self);
}

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

  return q_socket_write (self, "send_data to", data, length, timeout_ms, cancellable, error);
}

/* Takes over @data. */
static void
send_bytes_async (QSocket             *self,
                  const char          *name,
                  GBytes              *data,
                  gpointer             tag,
                  const char          *tag_name,
                  int                  timeout_ms,
                  int                  io_priority,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  QSendCall *write = q_socket_call_new (&q_send_call_class, self, name);

  write->head = g_bytes_get_data (data, &write->head_length);
  write->owned = data;
  write->free_owned = (GDestroyNotify) g_bytes_unref;
  q_socket_call_start (&write->call, tag, tag_name, timeout_ms, io_priority, cancellable,
                       callback, user_data);
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

  send_bytes_async (self, "send_data to", g_bytes_new (data, length),
                    q_socket_send_data_async, "[qsocket] send_data_async",
                    timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_data_finish (QSocket       *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_send_data_async, error);
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

  return q_socket_write (self, "send_binary to", bytes, length, timeout_ms, cancellable, error);
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

  send_bytes_async (self, "send_binary to", g_bytes_ref (data),
                    q_socket_send_binary_async, "[qsocket] send_binary_async",
                    timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_binary_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_send_binary_async, error);
}

/* ---- text ---- */

/* Text differs from bytes in that the conversion has a state that belongs to the
 * writer: the byte order mark counts as written once a byte has left. */
typedef struct
{
  QSendCall write;
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

  if (!q_send_call_enter (&self->write, error))
    return FALSE;

  self->encoder = get_encoder (call->socket, self->write.channel);
  if (!q_text_encoder_convert (self->encoder, self->string, strlen (self->string), &bytes,
                               &self->write.head_length, &self->converted, error))
    {
      q_send_call_leave (&self->write);
      return q_socket_prefix_error (call->name, error);
    }

  self->write.head = bytes;
  q_send_call_prepare (&self->write);
  call->op = self->write.has_op ? &self->write.op.parent : NULL;

  return TRUE;
}

static gboolean
finish_text (QSocketCall  *call,
             gboolean      ok,
             GError      **error)
{
  TextCall *self = (TextCall *) call;

  /* Before somebody else may write. */
  q_send_call_count (&self->write);
  if (self->write.moved > 0)
    q_text_encoder_mark_sent (self->encoder);
  q_send_call_leave (&self->write);

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
    .write.call = { .klass = &text_class, .socket = self, .name = "send to" },
    .string = string,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (string != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&text.write.call, timeout_ms, cancellable, error);
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

  text = q_socket_call_new (&text_class, self, "send to");
  text->string = text->write.owned = g_strdup (string);
  text->write.free_owned = g_free;
  q_socket_call_start (&text->write.call, q_socket_send_async, "[qsocket] send_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_finish (QSocket       *self,
                      GAsyncResult  *result,
                      GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_send_async, error);
}

/* ---- questions ---- */

guint64
q_socket_get_bytes_sent (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return __atomic_load_n (&self->bytes_sent, __ATOMIC_RELAXED);
}
