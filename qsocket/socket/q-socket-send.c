/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-send.h"

#include "q-op-run-private.h"
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

/**
 * q_socket_send_data:
 * @self: a socket
 * @data: (array length=length): the bytes
 * @length: the number of bytes
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends bytes as they are, from an array instead of a `GBytes`.
 *
 * Python's `bytes` and JavaScript's `Uint8Array` are sent without being copied. All else is as in
 * [method@QSocket.Socket.send_binary].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
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

/* The body of the asynchronous forms; takes over @data. */
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

/**
 * q_socket_send_data_async:
 * @self: a socket
 * @data: (array length=length): the bytes
 * @length: the number of bytes
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_data] without blocking.
 *
 * The bytes are copied.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
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

/**
 * q_socket_send_data_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.send_data_async].
 *
 * Fails as [method@QSocket.Socket.send_data] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_data_finish (QSocket       *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return q_socket_call_finish_boolean (&send_data_method, self, result, error);
}

/**
 * q_socket_send_binary:
 * @self: a socket
 * @data: (transfer none): the bytes
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends bytes as they are.
 *
 * On a datagram socket @data is one datagram, even if it is empty; on a stream an empty @data sends
 * nothing. Errors and signals are those of [method@QSocket.Socket.send], but for `ENCODING`.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
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

/**
 * q_socket_send_binary_async:
 * @self: a socket
 * @data: (transfer none): the bytes
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_binary] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
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

/**
 * q_socket_send_binary_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.send_binary_async].
 *
 * Fails as [method@QSocket.Socket.send_binary] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_binary_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_boolean (&send_binary_method, self, result, error);
}

/* ---- text ---- */

/* A call that converts text and sends the bytes. The encoder belongs to the channel, since it has a
 * state that outlasts a call: whether the byte order mark was sent. */
typedef struct
{
  QSendCall send;
  const char *string;     /* UTF-8 */
  QTextEncoder *encoder;  /* that of the channel */
  guint8 *converted;      /* what the encoder allocated, or NULL */
} TextCall;

/* Returns the encoder of @channel for the present charset. The caller has the claim of the
 * writer. */
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
  q_send_call_gather_or_prepare (&self->send);
  call->op = self->send.is_gathered ? NULL : &self->send.op.parent;

  return TRUE;
}

static gboolean
finish_text (QSocketCall  *call,
             gboolean      ok,
             GError      **error)
{
  TextCall *self = (TextCall *) call;

  /* The byte order mark was sent with the first byte. The encoder has to know before the claim is
   * dropped and another call converts its text. */
  if (q_send_call_get_accepted (&self->send) > 0)
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

/**
 * q_socket_send:
 * @self: a socket
 * @string: UTF-8 text
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends text, converted to the charset of the socket.
 *
 * The NUL byte that ends the C string is not sent. In UTF-16 a byte order mark is sent before the
 * first text of a connection and before no other.
 *
 * Fails with [error@QSocket.SocketError] `ENCODING` if @string is not UTF-8 or has a character
 * that the charset lacks, and nothing is sent then; with `SEND` if the system cannot send, also
 * because the peer has closed the connection. After a failure
 * [method@QSocket.Socket.get_bytes_sent] tells how many bytes left.
 *
 * Emits [signal@QSocket.Socket::packet-sent] after each write.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
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

/**
 * q_socket_send_async:
 * @self: a socket
 * @string: UTF-8 text
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send] without blocking.
 *
 * The text is copied.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
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

/**
 * q_socket_send_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.send_async].
 *
 * Fails as [method@QSocket.Socket.send] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_finish (QSocket       *self,
                      GAsyncResult  *result,
                      GError       **error)
{
  return q_socket_call_finish_boolean (&send_method, self, result, error);
}

/* ---- corking ---- */

/**
 * q_socket_cork:
 * @self: an open socket
 *
 * Begins to gather in memory what is sent, so that many small sends need few system calls.
 *
 * From now on a send succeeds as soon as its bytes are gathered. They are sent when they would
 * exceed 64 KiB, before this socket waits for its peer in a read, by
 * [method@QSocket.Socket.uncork], and by [method@QSocket.Socket.close] or
 * [method@QSocket.Socket.shutdown] as far as the kernel takes them at once. The call that sends the
 * bytes is also the one that fails if they cannot be sent. [signal@QSocket.Socket::packet-sent] and
 * [method@QSocket.Socket.get_bytes_sent] count bytes when the kernel takes them.
 *
 * Calls do not nest: a single uncork ends gathering, and so does a close. On a closed socket the
 * call does nothing, so cork after opening. On a datagram socket each send is sent at once, as a
 * datagram of its own. May be called from any thread.
 *
 * Since: 1.0
 */
void
q_socket_cork (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;

  g_return_if_fail (Q_IS_SOCKET (self));

  channel = q_socket_ref_channel (self);
  if (channel != NULL)
    atomic_store (&channel->is_corked, TRUE);
}

/**
 * q_socket_uncork:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends what was gathered since [method@QSocket.Socket.cork] and ends gathering.
 *
 * Without a cork before it there is nothing to do, and it succeeds. If it fails, the bytes that
 * were not sent stay gathered, and leave before the next ones. Errors and signals are those of
 * [method@QSocket.Socket.send], but for `ENCODING`.
 *
 * Returns: `TRUE` if all of it was sent, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_uncork (QSocket       *self,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  QChannel *channel;
  gboolean ok = TRUE;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  channel = q_socket_enter (self, Q_CLAIM_WRITER, "uncork", error);
  if (channel == NULL)
    return FALSE;

  atomic_store (&channel->is_corked, FALSE);
  if (q_channel_has_unsent (channel))
    {
      QSendOp op = { .left = 0 };

      q_send_op_init (&op, "uncork to", channel, &self->sink, NULL, 0, NULL, 0);
      ok = q_op_run (&op.parent, timeout_ms, cancellable, error);
    }

  q_socket_leave (self, Q_CLAIM_WRITER, channel);

  return ok;
}

/* ---- what was sent ---- */

/* The caller has entered the channel. */
static gboolean
is_write_finished (QChannel  *channel,
                   QDeadline *deadline)
{
  while (q_send_flush_transport (channel))
    if (!q_channel_poll (channel, POLLOUT, deadline))
      return FALSE;

  return !q_channel_has_unsent (channel) && q_channel_poll (channel, POLLOUT, deadline);
}

/**
 * q_socket_is_write_finished:
 * @self: a socket
 * @timeout_ms: milliseconds to wait for it; negative: no limit, 0: no waiting
 *
 * Tells whether the kernel has taken all bytes that were sent, and would take more.
 *
 * The call waits for a send that is under way in another thread, but not for corked bytes, which
 * wait for an uncork. If TLS has encrypted bytes for a send that then ran out of time, the call
 * sends them. It says nothing about whether the peer has received the bytes.
 *
 * Returns: `TRUE` if so; `FALSE` if the time is up, bytes are corked, or the socket is closed
 *
 * Since: 1.0
 */
gboolean
q_socket_is_write_finished (QSocket *self,
                            int      timeout_ms)
{
  QDeadline deadline = q_deadline_new (timeout_ms);
  g_autoptr (QChannel) channel = NULL;
  gboolean is_finished;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  if (!q_gate_wait_for_writer (&self->gate, q_deadline_get (&deadline)))
    return FALSE;

  channel = q_socket_ref_channel (self);
  if (channel == NULL || !q_channel_enter (channel))
    return FALSE;

  is_finished = is_write_finished (channel, &deadline);
  q_channel_leave (channel);

  return is_finished;
}

/**
 * q_socket_get_bytes_sent:
 * @self: a socket
 *
 * Gets how many bytes of this connection the kernel has taken.
 *
 * Each connection begins at 0; after a close the number stays until the next connection. After a
 * send that failed, the difference to the number before that call is the number of bytes that left.
 * With TLS up to 64 KiB of them may be encrypted but not yet taken by the kernel: these are sent
 * before any others, by the next call that sends or receives, by
 * [method@QSocket.Socket.is_write_finished], or, as far as the kernel takes them at once, by the
 * close. May be called from any thread.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
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
