/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-data.h"
#include "q-socket-private.h"
#include "q-write-op-private.h"

/* ---- the one way out ---- */

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
q_socket_write_inside (QSocket       *self,
                       QChannel      *channel,
                       const char    *name,
                       const void    *head,
                       gsize          head_length,
                       const void    *body,
                       gsize          body_length,
                       gsize         *moved,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  gboolean ok;
  QWriteOp op;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      *moved = 0;
      return FALSE;
    }

  if (atomic_load_explicit (&self->corked, memory_order_relaxed) &&
      gather (channel, head, head_length, body, body_length))
    {
      *moved = head_length + body_length;
      return TRUE;
    }

  q_write_op_init (&op, name, channel, &self->sink, &self->bytes_sent,
                   head, head_length, body, body_length);
  ok = q_op_run (&op.parent, timeout_ms, cancellable, error);
  q_write_op_finish (&op);
  *moved = op.sent > op.corked ? op.sent - op.corked : 0;

  return ok;
}

gboolean
q_socket_write (QSocket       *self,
                const char    *name,
                const void    *head,
                gsize          head_length,
                const void    *body,
                gsize          body_length,
                int            timeout_ms,
                GCancellable  *cancellable,
                GError       **error)
{
  QChannel *channel = q_socket_enter (self, Q_ROLE_WRITER, name, error);
  gboolean ok;
  gsize moved;

  if (channel == NULL)
    return FALSE;

  ok = q_socket_write_inside (self, channel, name, head, head_length, body, body_length, &moved,
                              timeout_ms, cancellable, error);
  q_socket_leave (self, Q_ROLE_WRITER, channel);

  return ok;
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
  QChannel *channel = q_socket_enter (self, Q_ROLE_WRITER, name, error);
  GError *local = NULL;
  gboolean ok;
  QWriteOp op;

  if (channel == NULL)
    return -1;

  q_write_op_init (&op, name, channel, &self->sink, &self->bytes_sent, bytes, length, NULL, 0);
  op.some = TRUE;
  ok = q_op_run (&op.parent, timeout_ms, cancellable, &local);
  q_write_op_finish (&op);
  q_socket_leave (self, Q_ROLE_WRITER, channel);

  /* What was taken and has not left yet would be sent once more if it was not said to
   * be sent; what holds it up is for the next call to tell. */
  if (ok || op.sent > op.corked)
    {
      g_clear_error (&local);
      return (gssize) (op.sent - op.corked);
    }

  g_propagate_error (error, local);

  return -1;
}

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
  QWriteOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  channel = q_socket_enter (self, Q_ROLE_WRITER, "uncork", error);
  if (channel == NULL)
    return FALSE;

  atomic_store (&self->corked, FALSE);

  if (q_channel_is_held (channel))
    {
      q_write_op_init (&op, "uncork to", channel, &self->sink, &self->bytes_sent,
                       NULL, 0, NULL, 0);
      ok = q_op_run (&op.parent, timeout_ms, cancellable, error);
      q_write_op_finish (&op);
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
  QWriteOp op;

  q_write_op_init (&op, "flush to", channel, &sink, &self->bytes_sent, NULL, 0, NULL, 0);
  do
    step = op.parent.klass->step (&op.parent);
  while (step == Q_STEP_AGAIN);
  g_clear_error (&op.parent.error);
  q_write_op_finish (&op);

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

void
q_socket_flush_for_close (QSocket  *self,
                          QChannel *channel)
{
  /* With the role, for only that keeps the transport what it is. */
  if (!q_socket_borrow_writer (self))
    return;

  if (q_channel_is_held (channel))
    flush_without_waiting (self, channel);
  q_socket_return_writer (self);
}

/* ---- bytes and text ---- */

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

  return q_socket_write (self, "send_data to", data, length, NULL, 0,
                         timeout_ms, cancellable, error);
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

  return q_socket_write (self, "send_binary to", bytes, length, NULL, 0,
                         timeout_ms, cancellable, error);
}

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

/* Text differs from bytes in that the conversion has a state that belongs to the
 * writer: the byte order mark counts as written once a byte has left. */
gboolean
q_socket_send (QSocket       *self,
               const char    *string,
               int            timeout_ms,
               GCancellable  *cancellable,
               GError       **error)
{
  g_autofree guint8 *converted = NULL;
  QChannel *channel;
  QTextEncoder *encoder;
  const guint8 *bytes;
  gsize length;
  gboolean ok;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (string != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  channel = q_socket_enter (self, Q_ROLE_WRITER, "send to", error);
  if (channel == NULL)
    return FALSE;

  encoder = get_encoder (self, channel);
  ok = q_text_encoder_convert (encoder, string, strlen (string), &bytes, &length,
                               &converted, error);
  if (ok)
    {
      gsize moved = 0;

      ok = q_socket_write_inside (self, channel, "send to", bytes, length, NULL, 0, &moved,
                                  timeout_ms, cancellable, error);
      if (moved > 0)
        q_text_encoder_mark_sent (encoder);
    }
  else
    {
      q_socket_prefix_error ("send to", error);
    }

  q_socket_leave (self, Q_ROLE_WRITER, channel);

  return ok;
}

/* ---- questions ---- */

guint64
q_socket_get_bytes_sent (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return __atomic_load_n (&self->bytes_sent, __ATOMIC_RELAXED);
}
