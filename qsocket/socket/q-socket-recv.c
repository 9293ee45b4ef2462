/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-recv.h"

#include "q-socket-open-private.h"
#include "q-socket-recv-call-private.h"

static const QSocketCallClass bytes_class = {
  .size = sizeof (QRecvCall), .begin = q_recv_call_begin, .finish = q_recv_call_finish,
  .result = Q_CALL_POINTER, .free_pointer = (GDestroyNotify) g_bytes_unref,
};

static const QSocketCallClass text_class = {
  .size = sizeof (QRecvCall), .begin = q_recv_call_begin, .finish = q_recv_call_finish,
  .result = Q_CALL_POINTER, .free_pointer = g_free,
};

static const QSocketMethod recv_method = Q_SOCKET_METHOD (recv, "from", &text_class);
static const QSocketMethod recv_binary_method = Q_SOCKET_METHOD (recv_binary, "from", &bytes_class);
static const QSocketMethod recv_into_method = { "recv_into from", &q_recv_call_memory_class };

/* ---- bytes ---- */

/* Small records that are in the buffer already need no operation at all. Returns the channel
 * whose buffer has the record, until end_record (), or NULL. */
static QChannel *
begin_record (QSocket      *self,
             gsize         size,
             GCancellable *cancellable)
{
  if (cancellable != NULL || size == 0 || size >= Q_RECV_DIRECT_SIZE)
    return NULL;

  return q_recv_begin_buffered (self, size);
}

static void
end_record (QSocket  *self,
            QChannel *channel,
            gsize     size)
{
  q_socket_check_read_handlers (self);
  q_recv_end_buffered (self, channel, size);
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
  QRecvCall recv = {
    .call = { .method = &recv_into_method, .socket = self },
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
      end_record (self, channel, size);
      return (gssize) size;
    }

  /* Nothing can be returned that 0, the end of the stream, would not mean. */
  if (minimum == 0 && size > 0)
    recv.minimum = 1;

  return q_socket_call_run (&recv.call, timeout_ms, cancellable, error)
         ? (gssize) recv.op.length : -1;
}

GBytes *
q_socket_recv_binary (QSocket       *self,
                      gssize         size,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  QRecvCall recv = {
    .call = { .method = &recv_binary_method, .socket = self },
    .result = Q_RECV_TO_BYTES, .size = size,
  };
  QChannel *channel;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  channel = size > 0 ? begin_record (self, (gsize) size, cancellable) : NULL;
  if (channel != NULL)
    {
      GBytes *bytes = g_bytes_new (q_recv_buffer_bytes (&channel->in), (gsize) size);

      end_record (self, channel, (gsize) size);
      return bytes;
    }

  return q_socket_call_run (&recv.call, timeout_ms, cancellable, error) ? recv.call.pointer : NULL;
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
  QRecvCall *recv;

  g_return_if_fail (Q_IS_SOCKET (self));

  recv = q_socket_call_new (&recv_binary_method, self);
  recv->result = Q_RECV_TO_BYTES;
  recv->size = size;
  q_socket_call_start (&recv->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

GBytes *
q_socket_recv_binary_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_pointer (&recv_binary_method, self, result, error);
}

/* ---- text ---- */

char *
q_socket_recv (QSocket       *self,
               gssize         size,
               int            timeout_ms,
               GCancellable  *cancellable,
               GError       **error)
{
  QRecvCall recv = {
    .call = { .method = &recv_method, .socket = self },
    .result = Q_RECV_TO_TEXT, .size = size,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return q_socket_call_run (&recv.call, timeout_ms, cancellable, error) ? recv.call.pointer : NULL;
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
  QRecvCall *recv;

  g_return_if_fail (Q_IS_SOCKET (self));

  recv = q_socket_call_new (&recv_method, self);
  recv->result = Q_RECV_TO_TEXT;
  recv->size = size;
  q_socket_call_start (&recv->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

char *
q_socket_recv_finish (QSocket       *self,
                      GAsyncResult  *result,
                      GError       **error)
{
  return q_socket_call_finish_pointer (&recv_method, self, result, error);
}

/* ---- questions ---- */

static gboolean
is_readable (QSocket   *self,
             QChannel  *channel,
             QDeadline *deadline)
{
  gboolean is_readable;
  QRecvOp op;

  if (channel->kind == Q_CHANNEL_LISTENING || q_channel_keeps_boundaries (channel))
    return q_recv_buffer_length (&channel->in) > 0 || channel->pending_clients.n > 0 ||
           q_channel_poll (channel, POLLIN, deadline);

  /* It reads ahead, since the descriptor alone knows nothing of what is buffered on its way
   * here. */
  q_recv_op_init (&op, "is_data_available", channel, &self->sink, Q_RECV_PEEK, 1, 0);
  is_readable = q_op_run (&op.parent, deadline->timeout_ms, NULL, NULL);
  q_socket_check_read_handlers (self);

  return is_readable;
}

gboolean
q_socket_is_data_available (QSocket *self,
                            int      timeout_ms)
{
  QDeadline deadline = q_deadline_new (timeout_ms);
  QChannel *channel;
  gboolean available;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  channel = q_socket_enter (self, Q_CLAIM_READER, "is_data_available", NULL);
  if (channel != NULL)
    {
      available = is_readable (self, channel, &deadline);
      q_socket_leave (self, Q_CLAIM_READER, channel);
      return available;
    }

  /* While another call reads, what the descriptor says has to do. */
  channel = q_socket_ref_channel (self);
  if (channel == NULL)
    return FALSE;
  available = q_channel_poll (channel, POLLIN, &deadline);
  q_channel_unref (channel);

  return available;
}
