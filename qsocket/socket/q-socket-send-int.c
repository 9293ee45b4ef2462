/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-send-int.h"

#include "q-int-codec-private.h"
#include "q-socket-send-call-private.h"

/* Each public function calls send_int () with a constant format. The compiler inlines that call, so
 * an integer that is gathered in the send buffer of a corked socket takes few instructions to
 * send. */

#define SEND_METHOD(name) { name " to", &q_send_call_class }

static const QSocketMethod methods[] = {
  [Q_INT_FORMAT_I1] = SEND_METHOD ("send_i1"),
  [Q_INT_FORMAT_I2] = SEND_METHOD ("send_i2"),
  [Q_INT_FORMAT_I4] = SEND_METHOD ("send_i4"),
  [Q_INT_FORMAT_I8] = SEND_METHOD ("send_i8"),
  [Q_INT_FORMAT_I2_LSB] = SEND_METHOD ("send_i2_lsb"),
  [Q_INT_FORMAT_I4_LSB] = SEND_METHOD ("send_i4_lsb"),
  [Q_INT_FORMAT_I8_LSB] = SEND_METHOD ("send_i8_lsb"),
};

static const QSocketMethod send_int_method = Q_SOCKET_METHOD (send_int, "to", &q_send_call_class);

/* ---- blocking ---- */

/* Copies the integer into the send buffer if the socket is corked and has room. Returns FALSE if
 * the integer has to be sent, or gathered, the normal way. */
static inline gboolean
try_gather_int (QSocket      *self,
                const guint8 *bytes,
                gsize         size)
{
  QChannel *channel = (QChannel *) q_gate_enter_briefly (&self->gate, Q_CLAIM_WRITER);
  gboolean done;

  if (channel == NULL)
    return FALSE;

  done = atomic_load_explicit (&channel->is_corked, memory_order_relaxed) &&
         !q_channel_keeps_boundaries (channel) &&
         q_send_buffer_add_small (&channel->out, bytes, size);
  q_gate_leave_briefly (&self->gate, Q_CLAIM_WRITER);

  return done;
}

static inline gboolean
send_int (QSocket       *self,
          QIntFormat     format,
          gint64         value,
          int            timeout_ms,
          GCancellable  *cancellable,
          GError       **error)
{
  const gsize size = q_int_layouts[format].size;
  guint8 bytes[8];

  q_int_encode (format, value, bytes);

  if (cancellable == NULL && try_gather_int (self, bytes, size))
    return TRUE;

  return q_send_call_run_bytes (&methods[format], self, bytes, size,
                                timeout_ms, cancellable, error);
}

/**
 * q_socket_send_i1:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends the lowest byte of @value.
 *
 * The calls of this family send the low-order bytes of @value and check no range: the same call
 * sends signed and unsigned numbers, and the high-order bytes of a number that does not fit are
 * dropped.
 *
 * Fails with [error@QSocket.SocketError] `SEND` if the system cannot send. Emits
 * [signal@QSocket.Socket::packet-sent] after each write. Many integers in a row leave much faster
 * between [method@QSocket.Socket.cork] and [method@QSocket.Socket.uncork].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_i1 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, Q_INT_FORMAT_I1, value, timeout_ms, cancellable, error);
}

/**
 * q_socket_send_i2:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends the 2 low-order bytes of @value, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_i2 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, Q_INT_FORMAT_I2, value, timeout_ms, cancellable, error);
}

/**
 * q_socket_send_i4:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends the 4 low-order bytes of @value, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_i4 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, Q_INT_FORMAT_I4, value, timeout_ms, cancellable, error);
}

/**
 * q_socket_send_i8:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends the 8 low-order bytes of @value, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_i8 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, Q_INT_FORMAT_I8, value, timeout_ms, cancellable, error);
}

/**
 * q_socket_send_i2_lsb:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends the 2 low-order bytes of @value, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_i2_lsb (QSocket       *self,
                      gint64         value,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, Q_INT_FORMAT_I2_LSB, value, timeout_ms, cancellable, error);
}

/**
 * q_socket_send_i4_lsb:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends the 4 low-order bytes of @value, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_i4_lsb (QSocket       *self,
                      gint64         value,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, Q_INT_FORMAT_I4_LSB, value, timeout_ms, cancellable, error);
}

/**
 * q_socket_send_i8_lsb:
 * @self: a socket
 * @value: the number
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends the 8 low-order bytes of @value, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.send_i1].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_i8_lsb (QSocket       *self,
                      gint64         value,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, Q_INT_FORMAT_I8_LSB, value, timeout_ms, cancellable, error);
}

/* ---- asynchronous ---- */

/**
 * q_socket_send_int_async:
 * @self: a socket
 * @format: the size, sign and byte order of the integer
 * @value: the integer, of which the low-order bytes are sent
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins to send an integer of any format without blocking, as [method@QSocket.Socket.send_i1]
 * and the methods for other formats do.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_send_int_async (QSocket             *self,
                         QIntFormat           format,
                         gint64               value,
                         int                  timeout_ms,
                         int                  io_priority,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  QSendCall *send;
  guint8 *bytes;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (q_int_format_is_valid (format));

  bytes = g_malloc (8);
  q_int_encode (format, value, bytes);
  send = q_socket_call_new (&send_int_method, self);
  send->head = send->owned = bytes;
  send->head_length = q_int_layouts[format].size;
  send->free_owned = g_free;
  q_socket_call_start (&send->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_send_int_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.send_int_async].
 *
 * Fails as [method@QSocket.Socket.send_i1] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_int_finish (QSocket       *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return q_socket_call_finish_boolean (&send_int_method, self, result, error);
}
