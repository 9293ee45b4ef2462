/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-read-op-private.h"
#include "q-socket-data.h"
#include "q-socket-private.h"

#include <errno.h>

/* ---- the one way in ---- */

/* Bytes that text reads hold of a character that is not complete belong to
 * whatever kind of read comes next. */
static QChannel *
enter_for_bytes (QSocket     *self,
                 const char  *name,
                 GError     **error)
{
  QChannel *channel = q_socket_enter (self, Q_ROLE_READER, name, error);

  if (channel != NULL)
    q_channel_take_back_text (channel);

  return channel;
}

static gboolean
run_read (QSocket       *self,
          QReadOp       *op,
          int            timeout_ms,
          GCancellable  *cancellable,
          GError       **error)
{
  op->flush = q_socket_flush_for_read;
  op->flush_data = self;

  return q_op_run (&op->parent, timeout_ms, cancellable, error);
}

gboolean
q_socket_read_small (QSocket       *self,
                     const char    *name,
                     void          *memory,
                     gsize          size,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  QChannel *channel = enter_for_bytes (self, name, error);
  gboolean ok;
  QReadOp op;

  if (channel == NULL)
    return FALSE;

  q_read_op_init_memory (&op, name, channel, &self->sink, memory, size, size);
  op.exact = TRUE;
  ok = run_read (self, &op, timeout_ms, cancellable, error);
  q_socket_leave (self, Q_ROLE_READER, channel);

  return ok;
}

/* ---- bytes ---- */

/* Small records that are there already need no operation at all. Returns where
 * they are until finish_small (), or NULL. */
static QChannel *
begin_small (QSocket      *self,
             gsize         size,
             GCancellable *cancellable)
{
  if (cancellable != NULL || size == 0 || size >= Q_READ_DIRECT_SIZE)
    return NULL;

  return q_socket_begin_buffered (self, size);
}

static void
finish_small (QSocket  *self,
              QChannel *channel,
              gsize     size)
{
  q_socket_note_handlers (self);
  q_socket_finish_buffered (self, channel, size, q_socket_may_report_reads (self));
}

gssize
q_socket_recv_into (QSocket       *self,
                    void          *buffer,
                    gsize          minimum,
                    gsize          size,
                    int            timeout_ms,
                    GCancellable  *cancellable,
                    GError       **error)
{
  QChannel *channel;
  gboolean ok;
  QReadOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);
  g_return_val_if_fail (buffer != NULL || size == 0, -1);
  g_return_val_if_fail (minimum <= size && size <= G_MAXSSIZE, -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  channel = minimum == size ? begin_small (self, size, cancellable) : NULL;
  if (channel != NULL)
    {
      memcpy (buffer, q_read_buffer_bytes (&channel->in), size);
      finish_small (self, channel, size);
      return (gssize) size;
    }

  channel = enter_for_bytes (self, "recv_into from", error);
  if (channel == NULL)
    return -1;

  /* Nothing can be returned that 0, the end of the stream, would not mean. */
  if (minimum == 0 && size > 0)
    minimum = 1;

  q_read_op_init_memory (&op, "recv_into from", channel, &self->sink, buffer, minimum, size);
  op.end_is_fine = TRUE;
  ok = run_read (self, &op, timeout_ms, cancellable, error);
  q_socket_leave (self, Q_ROLE_READER, channel);

  return ok ? (gssize) op.length : -1;
}

GBytes *
q_socket_recv_binary (QSocket       *self,
                      gssize         size,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  QChannel *channel;
  gboolean ok;
  QReadOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  channel = size > 0 ? begin_small (self, (gsize) size, cancellable) : NULL;
  if (channel != NULL)
    {
      GBytes *bytes = g_bytes_new (q_read_buffer_bytes (&channel->in), (gsize) size);

      finish_small (self, channel, (gsize) size);
      return bytes;
    }

  channel = enter_for_bytes (self, "recv_binary from", error);
  if (channel == NULL)
    return NULL;

  q_read_op_init (&op, "recv_binary from", channel, &self->sink, Q_READ_TO_BYTES, size,
                  self->settings.max_receive_size);
  ok = run_read (self, &op, timeout_ms, cancellable, error);
  q_socket_leave (self, Q_ROLE_READER, channel);

  return ok ? op.bytes : NULL;
}

/* ---- bytes, asynchronously ---- */

typedef struct
{
  QReadOp op;
  QChannel *channel;
} AsyncRead;

static void
recv_binary_done (QOp      *op,
                  GError   *error,
                  gpointer  user_data)
{
  g_autoptr (GTask) task = user_data;
  AsyncRead *read = g_task_get_task_data (task);

  q_socket_leave (g_task_get_source_object (task), Q_ROLE_READER, read->channel);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&read->op.bytes),
                           (GDestroyNotify) g_bytes_unref);
}

void
q_socket_recv_binary_async (QSocket             *self,
                            gssize               size,
                            int                  timeout_ms,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  GError *error = NULL;
  AsyncRead *read;
  QChannel *channel;
  GTask *task;

  g_return_if_fail (Q_IS_SOCKET (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, q_socket_recv_binary_async);
  g_task_set_priority (task, io_priority);

  channel = enter_for_bytes (self, "recv_binary from", &error);
  if (channel == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  /* The operation knows better than the task whether it was done before it was
   * cancelled: what it took from the stream must reach the caller. */
  g_task_set_check_cancellable (task, FALSE);

  read = g_new0 (AsyncRead, 1);
  read->channel = channel;
  g_task_set_task_data (task, read, g_free);
  q_read_op_init (&read->op, "recv_binary from", channel, &self->sink, Q_READ_TO_BYTES, size,
                  self->settings.max_receive_size);
  read->op.flush = q_socket_flush_for_read;
  read->op.flush_data = self;
  q_op_start (&read->op.parent, timeout_ms, io_priority, cancellable,
              "[qsocket] recv_binary_async", recv_binary_done, task);
}

GBytes *
q_socket_recv_binary_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, q_socket_recv_binary_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- text ---- */

static void
prepare_decoder (QSocket  *self,
                 QChannel *channel)
{
  const char *charset = self->settings.charset;

  if (channel->decoder != NULL && channel->decoder_charset == charset)
    return;

  /* What was not returned yet is text in the new charset. */
  q_channel_take_back_text (channel);
  g_clear_pointer (&channel->decoder, q_text_decoder_free);
  channel->decoder = q_text_decoder_new (charset);
  channel->decoder_charset = charset;
}

char *
q_socket_recv (QSocket       *self,
               gssize         size,
               int            timeout_ms,
               GCancellable  *cancellable,
               GError       **error)
{
  QChannel *channel;
  gboolean ok;
  QReadOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  channel = q_socket_enter (self, Q_ROLE_READER, "recv from", error);
  if (channel == NULL)
    return NULL;

  prepare_decoder (self, channel);
  q_read_op_init (&op, "recv from", channel, &self->sink, Q_READ_TO_TEXT, size,
                  self->settings.max_receive_size);
  ok = run_read (self, &op, timeout_ms, cancellable, error);
  q_socket_leave (self, Q_ROLE_READER, channel);

  return ok ? op.text : NULL;
}

/* ---- questions ---- */

/* Another call reads just now: whatever the descriptor says has to do. */
static gboolean
poll_for (QSocket   *self,
          short      direction,
          QDeadline *deadline)
{
  g_autoptr (QChannel) channel = q_socket_ref_channel (self);
  struct pollfd pollfd;
  int n;

  if (channel == NULL || !q_channel_pin (channel))
    return FALSE;

  pollfd = (struct pollfd) { channel->fd, direction, 0 };
  do
    {
      gint64 left = q_deadline_left (deadline);
      struct timespec time = { left / G_USEC_PER_SEC, left % G_USEC_PER_SEC * 1000 };

      n = ppoll (&pollfd, 1, left == Q_DEADLINE_NEVER ? NULL : &time, NULL);
    }
  while (n < 0 && errno == EINTR);

  if (q_channel_is_closed (channel))
    n = 0;
  q_channel_unpin (channel);

  return n > 0;
}

gboolean
q_socket_has_more (QSocket  *self,
                   QChannel *channel,
                   gboolean  arrived)
{
  gboolean has_more = arrived;
  QChannel *entered;
  QReadOp op;

  if (!q_socket_is_secure (self))
    return arrived;

  entered = q_socket_enter (self, Q_ROLE_READER, "", NULL);
  if (entered == NULL)
    return arrived;

  if (entered == channel && (arrived || q_transport_has_more (channel->transport)))
    {
      q_read_op_init (&op, "", channel, &self->sink, Q_READ_PEEK, 1, 0);
      has_more = op.parent.klass->step (&op.parent) == Q_STEP_DONE;
    }
  q_socket_leave (self, Q_ROLE_READER, entered);

  return has_more;
}

gboolean
q_socket_is_data_available (QSocket *self,
                            int      timeout_ms)
{
  QDeadline deadline = q_deadline_new (timeout_ms);
  QChannel *channel;
  gboolean available;
  QReadOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  channel = q_socket_enter (self, Q_ROLE_READER, "is_data_available", NULL);
  if (channel == NULL)
    return poll_for (self, POLLIN, &deadline);

  if (channel->kind == Q_CHANNEL_LISTENING || q_channel_keeps_boundaries (channel))
    {
      available = q_read_buffer_length (&channel->in) > 0 || channel->silent.n > 0 ||
                  poll_for (self, POLLIN, &deadline);
    }
  else
    {
      /* It reads ahead, since the descriptor alone knows nothing of what is
       * buffered on its way here. */
      q_read_op_init (&op, "is_data_available", channel, &self->sink, Q_READ_PEEK, 1, 0);
      available = run_read (self, &op, timeout_ms, NULL, NULL);
      q_socket_note_handlers (self);
    }

  q_socket_leave (self, Q_ROLE_READER, channel);

  return available;
}

gboolean
q_socket_is_write_finished (QSocket *self,
                            int      timeout_ms)
{
  QDeadline deadline = q_deadline_new (timeout_ms);

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return q_socket_wait_for_writer (self, &deadline) && !q_socket_is_held (self) &&
         poll_for (self, POLLOUT, &deadline);
}
