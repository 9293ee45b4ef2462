/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-recv.h"

#include "q-op-run-private.h"
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

/* The body of the asynchronous forms. */
static void
recv_async (const QSocketMethod *method,
            QRecvResult          result,
            QSocket             *self,
            gssize               size,
            int                  timeout_ms,
            int                  io_priority,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  QRecvCall *recv = q_socket_call_new (method, self);

  recv->result = result;
  recv->size = size;
  q_socket_call_start (&recv->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

/* ---- bytes ---- */

/* Begins a read of few bytes that are in the buffer already, which needs no operation. Returns the
 * channel that has them, to be given to end_small_read (), or NULL if the read needs an
 * operation. */
static QChannel *
begin_small_read (QSocket      *self,
                  gsize         size,
                  GCancellable *cancellable)
{
  if (cancellable != NULL || size == 0 || size >= Q_RECV_DIRECT_SIZE)
    return NULL;

  return q_recv_begin_buffered (self, size);
}

static void
end_small_read (QSocket  *self,
                QChannel *channel,
                gsize     size)
{
  q_socket_check_read_handlers (self);
  q_recv_end_buffered (self, channel, size);
}

/**
 * q_socket_recv_into: (skip)
 * @self: a socket
 * @buffer: room for @size bytes
 * @minimum: how many bytes to wait for, at most @size; 0 means the same as 1, unless @size is 0
 * @size: how many bytes to read at most; with 0 nothing is read
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives bytes into the caller's memory.
 *
 * It returns when at least @minimum bytes have arrived, with all bytes that have arrived by then,
 * but no more than @size. At the end of the stream it returns the bytes that came before it, or 0
 * if there are none; that is no error. A datagram may be shorter than @minimum, too. It is a
 * programmer's error if @minimum is greater than @size.
 *
 * If it fails, all bytes that have arrived stay readable, also those that are in @buffer already.
 * Fails with [error@QSocket.SocketError] `RECV` if the system cannot receive.
 *
 * Emits [signal@QSocket.Socket::packet-read] for each step.
 *
 * Returns: the number of bytes in @buffer, or -1 with @error set
 *
 * Since: 1.0
 */
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
    .completes_at_end = TRUE,
  };
  QChannel *channel;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);
  g_return_val_if_fail (buffer != NULL || size == 0, -1);
  g_return_val_if_fail (minimum <= size && size <= G_MAXSSIZE, -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  channel = minimum == size ? begin_small_read (self, size, cancellable) : NULL;
  if (channel != NULL)
    {
      memcpy (buffer, q_recv_buffer_bytes (&channel->in), size);
      end_small_read (self, channel, size);
      return (gssize) size;
    }

  /* A result of 0 means the end of the stream, so this call has to wait for one byte at least. */
  if (minimum == 0 && size > 0)
    recv.minimum = 1;

  return q_socket_call_run (&recv.call, timeout_ms, cancellable, error)
         ? (gssize) recv.op.length : -1;
}

/**
 * q_socket_recv_binary:
 * @self: a socket
 * @size: the number of bytes to read; 0: those that have arrived, negative: up to the
 *   end of the stream
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives bytes as they are.
 *
 * [class@QSocket.Socket] has the rules for @size, and for datagrams.
 *
 * Fails with [error@QSocket.SocketError] `TOO_LARGE` if @size is negative and more than
 * [property@QSocket.Socket:max-receive-size] bytes arrived; with `RECV` if the system cannot
 * receive. The bytes that have arrived stay readable.
 *
 * Emits [signal@QSocket.Socket::packet-read] for each step.
 *
 * Returns: (transfer full): the bytes, or `NULL` with @error set
 *
 * Since: 1.0
 */
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

  channel = size > 0 ? begin_small_read (self, (gsize) size, cancellable) : NULL;
  if (channel != NULL)
    {
      GBytes *bytes = g_bytes_new (q_recv_buffer_bytes (&channel->in), (gsize) size);

      end_small_read (self, channel, (gsize) size);
      return bytes;
    }

  return q_socket_call_run (&recv.call, timeout_ms, cancellable, error) ? recv.call.pointer : NULL;
}

/**
 * q_socket_recv_binary_async:
 * @self: a socket
 * @size: the number of bytes to read; 0: those that have arrived, negative: up to the
 *   end of the stream
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.recv_binary] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_recv_binary_async (QSocket             *self,
                            gssize               size,
                            int                  timeout_ms,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  recv_async (&recv_binary_method, Q_RECV_TO_BYTES, self, size,
              timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_recv_binary_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.recv_binary_async].
 *
 * Fails as [method@QSocket.Socket.recv_binary] does.
 *
 * Returns: (transfer full): the bytes, or `NULL` with @error set
 *
 * Since: 1.0
 */
GBytes *
q_socket_recv_binary_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_pointer (&recv_binary_method, self, result, error);
}

/* ---- text ---- */

/**
 * q_socket_recv:
 * @self: a socket
 * @size: the number of bytes to read; 0: those that have arrived, negative: up to the
 *   end of the stream
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives text in the charset of the socket and returns it as UTF-8.
 *
 * @size counts bytes as they are received, not characters; [class@QSocket.Socket] has the rules. No
 * character is ever split: if the bytes end inside one, its first bytes are kept, and the next text
 * begins with the whole character. So a positive @size may give an empty string, while a @size of 0
 * waits until there is at least one whole character. If the next read is for bytes, an integer or
 * an HTTP header instead, it gets the kept bytes first. Each datagram is a text of its own.
 *
 * Fails with [error@QSocket.SocketError] `ENCODING` if the bytes are no text in the charset, if the
 * stream or a datagram ends inside a character, or if there is a NUL character, which a C string
 * cannot hold. The bytes stay readable, and a charset with shift states begins again in its initial
 * state. Fails with `TOO_LARGE` if @size is negative and more than
 * [property@QSocket.Socket:max-receive-size] bytes arrived; with `RECV` if the system cannot
 * receive.
 *
 * Emits [signal@QSocket.Socket::packet-read] for each step.
 *
 * Returns: (transfer full): the text, or `NULL` with @error set
 *
 * Since: 1.0
 */
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

/**
 * q_socket_recv_async:
 * @self: a socket
 * @size: the number of bytes to read; 0: those that have arrived, negative: up to the
 *   end of the stream
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.recv] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_recv_async (QSocket             *self,
                     gssize               size,
                     int                  timeout_ms,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  recv_async (&recv_method, Q_RECV_TO_TEXT, self, size,
              timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_recv_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.recv_async].
 *
 * Fails as [method@QSocket.Socket.recv] does.
 *
 * Returns: (transfer full): the text, or `NULL` with @error set
 *
 * Since: 1.0
 */
char *
q_socket_recv_finish (QSocket       *self,
                      GAsyncResult  *result,
                      GError       **error)
{
  return q_socket_call_finish_pointer (&recv_method, self, result, error);
}

/* ---- waiting for bytes ---- */

/* Whether a read, or an accept, would not wait. The caller has entered @channel as its reader. */
static gboolean
is_readable (QSocket   *self,
             QChannel  *channel,
             QDeadline *deadline)
{
  gboolean is_readable;
  QRecvOp op = { .length = 0 };

  if (channel->kind == Q_CHANNEL_LISTENING || q_channel_keeps_boundaries (channel))
    return q_recv_buffer_length (&channel->in) > 0 || channel->pending_clients.n > 0 ||
           q_channel_poll (channel, POLLIN, deadline);

  /* A stream is read ahead into the buffer: with TLS a descriptor that is readable may have nothing
   * for the caller, and one that is not may have bytes that were decrypted before. */
  q_recv_op_init (&op, "is_data_available", channel, &self->sink, Q_RECV_PEEK, 1, 0);
  is_readable = q_op_run (&op.parent, deadline->timeout_ms, NULL, NULL);
  q_socket_check_read_handlers (self);

  return is_readable;
}

/**
 * q_socket_is_data_available:
 * @self: a socket
 * @timeout_ms: milliseconds to wait for it; negative: no limit, 0: no waiting
 *
 * Tells whether a read, or on a listener an accept, would not wait.
 *
 * It would not if there are bytes in the buffer or in the kernel, if the stream has ended, or if a
 * connection waits to be accepted. Nothing is consumed. While another call reads, only the
 * kernel is asked.
 *
 * Returns: `TRUE` if so; `FALSE` if the time is up or the socket is closed
 *
 * Since: 1.0
 */
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

  /* While another call reads, the buffer belongs to that call; only the descriptor can be asked. */
  channel = q_socket_ref_channel (self);
  if (channel == NULL)
    return FALSE;
  available = q_channel_poll (channel, POLLIN, &deadline);
  q_channel_unref (channel);

  return available;
}
