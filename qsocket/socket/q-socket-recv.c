/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-data.h"
#include "q-socket-recv-call-private.h"

#include <errno.h>

static const QSocketCallClass bytes_class = {
  .size = sizeof (QRecvCall), .begin = q_recv_call_begin, .finish = q_recv_call_finish,
  .result = Q_CALL_POINTER, .free_pointer = (GDestroyNotify) g_bytes_unref,
};

static const QSocketCallClass text_class = {
  .size = sizeof (QRecvCall), .begin = q_recv_call_begin, .finish = q_recv_call_finish,
  .result = Q_CALL_POINTER, .free_pointer = g_free,
};

/* ---- bytes ---- */

/* Small records that are there already need no operation at all. Returns where
 * they are until finish_record (), or NULL. */
static QChannel *
begin_record (QSocket      *self,
             gsize         size,
             GCancellable *cancellable)
{
  if (cancellable != NULL || size == 0 || size >= Q_RECV_DIRECT_SIZE)
    return NULL;

  return q_socket_begin_buffered (self, size);
}

static void
finish_record (QSocket  *self,
              QChannel *channel,
              gsize     size)
{
  q_socket_check_read_handlers (self);
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
  QRecvCall read = {
    .call = { .klass = &q_recv_call_memory_class, .socket = self, .name = "recv_into from" },
    .result = Q_RECV_TO_MEMORY, .memory = buffer, .minimum = minimum, .size = (gssize) size,
    .end_is_fine = TRUE,
  };
  QChannel *channel;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);
  g_return_val_if_fail (buffer != NULL || size == 0, -1);
  g_return_val_if_fail (minimum <= size && size <= G_MAXSSIZE, -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  channel = minimum == size ? begin_record (self, size, cancellable) : NULL;
  if (channel != NULL)
    {
      memcpy (buffer, q_recv_buffer_bytes (&channel->in), size);
      finish_record (self, channel, size);
      return (gssize) size;
    }

  /* Nothing can be returned that 0, the end of the stream, would not mean. */
  if (minimum == 0 && size > 0)
    read.minimum = 1;

  return q_socket_call_run (&read.call, timeout_ms, cancellable, error)
         ? (gssize) read.op.length : -1;
}

GBytes *
q_socket_recv_binary (QSocket       *self,
                      gssize         size,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  QRecvCall read = {
    .call = { .klass = &bytes_class, .socket = self, .name = "recv_binary from" },
    .result = Q_RECV_TO_BYTES, .size = size,
  };
  QChannel *channel;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  channel = size > 0 ? begin_record (self, (gsize) size, cancellable) : NULL;
  if (channel != NULL)
    {
      GBytes *bytes = g_bytes_new (q_recv_buffer_bytes (&channel->in), (gsize) size);

      finish_record (self, channel, (gsize) size);
      return bytes;
    }

  return q_socket_call_run (&read.call, timeout_ms, cancellable, error) ? read.call.pointer : NULL;
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
  QRecvCall *read;

  g_return_if_fail (Q_IS_SOCKET (self));

  read = q_socket_call_new (&bytes_class, self, "recv_binary from");
  read->result = Q_RECV_TO_BYTES;
  read->size = size;
  q_socket_call_start (&read->call, q_socket_recv_binary_async, "[qsocket] recv_binary_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

GBytes *
q_socket_recv_binary_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_pointer (self, result, q_socket_recv_binary_async, error);
}

/* ---- text ---- */

char *
q_socket_recv (QSocket       *self,
               gssize         size,
               int            timeout_ms,
               GCancellable  *cancellable,
               GError       **error)
{
  QRecvCall read = {
    .call = { .klass = &text_class, .socket = self, .name = "recv from" },
    .result = Q_RECV_TO_TEXT, .size = size,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return q_socket_call_run (&read.call, timeout_ms, cancellable, error) ? read.call.pointer : NULL;
}

void
q_socket_recv_async (QSocket             *self,
                     gssize               size,
                     int                  timeout_ms,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  QRecvCall *read;

  g_return_if_fail (Q_IS_SOCKET (self));

  read = q_socket_call_new (&text_class, self, "recv from");
  read->result = Q_RECV_TO_TEXT;
  read->size = size;
  q_socket_call_start (&read->call, q_socket_recv_async, "[qsocket] recv_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

char *
q_socket_recv_finish (QSocket       *self,
                      GAsyncResult  *result,
                      GError       **error)
{
  return q_socket_call_finish_pointer (self, result, q_socket_recv_async, error);
}

/* ---- questions ---- */

/* Another call reads just now: whatever the descriptor says has to do. */
static gboolean
poll_for (QSocket   *self,
          short      direction,
          QDeadline *deadline)
{
  g_autoptr (QChannel) channel = q_socket_ref_channel (self);
  short ready;

  if (channel == NULL || !q_channel_pin (channel))
    return FALSE;

  ready = q_wait_poll_one (channel->fd, direction, q_deadline_get (deadline));
  if (q_channel_is_closed (channel))
    ready = 0;
  q_channel_unpin (channel);

  return ready != 0;
}

gboolean
q_socket_has_data (QSocket  *self,
                   QChannel *channel,
                   gboolean  arrived)
{
  gboolean has_more = arrived;
  QChannel *entered;
  QRecvOp op;

  if (!q_socket_is_secure (self))
    return arrived;

  entered = q_socket_enter (self, Q_ROLE_READER, "", NULL);
  if (entered == NULL)
    return arrived;

  if (entered == channel && (arrived || q_transport_may_have_data (channel->transport)))
    {
      q_recv_op_init (&op, "", channel, &self->sink, Q_RECV_PEEK, 1, 0);
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
  QRecvOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  channel = q_socket_enter (self, Q_ROLE_READER, "is_data_available", NULL);
  if (channel == NULL)
    return poll_for (self, POLLIN, &deadline);

  if (channel->kind == Q_CHANNEL_LISTENING || q_channel_keeps_boundaries (channel))
    {
      available = q_recv_buffer_length (&channel->in) > 0 || channel->pending_clients.n > 0 ||
                  poll_for (self, POLLIN, &deadline);
    }
  else
    {
      /* It reads ahead, since the descriptor alone knows nothing of what is
       * buffered on its way here. */
      q_recv_op_init (&op, "is_data_available", channel, &self->sink, Q_RECV_PEEK, 1, 0);
      op.flush = q_socket_flush_for_read;
      op.flush_data = self;
      available = q_op_run (&op.parent, timeout_ms, NULL, NULL);
      q_socket_check_read_handlers (self);
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

  if (!q_socket_wait_for_writer (self, &deadline))
    return FALSE;
  while (q_socket_flush_transport (self))
    if (!poll_for (self, POLLOUT, &deadline))
      return FALSE;

  return !q_socket_has_unsent (self) && poll_for (self, POLLOUT, &deadline);
}
