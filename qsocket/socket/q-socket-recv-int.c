/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-recv-int.h"

#include "q-int-codec-private.h"
#include "q-socket-recv-call-private.h"

/* Each public function calls recv_int () with a constant format. The compiler inlines that call, so
 * an integer that is in the buffer already takes few instructions to read. */

#define RECV_METHOD(name) { name " from", &q_recv_call_memory_class }

static const QSocketMethod methods[] = {
  [Q_INT_FORMAT_I1] = RECV_METHOD ("recv_i1"),
  [Q_INT_FORMAT_I2] = RECV_METHOD ("recv_i2"),
  [Q_INT_FORMAT_I4] = RECV_METHOD ("recv_i4"),
  [Q_INT_FORMAT_I8] = RECV_METHOD ("recv_i8"),
  [Q_INT_FORMAT_I2_LSB] = RECV_METHOD ("recv_i2_lsb"),
  [Q_INT_FORMAT_I4_LSB] = RECV_METHOD ("recv_i4_lsb"),
  [Q_INT_FORMAT_I8_LSB] = RECV_METHOD ("recv_i8_lsb"),
  [Q_INT_FORMAT_U1] = RECV_METHOD ("recv_u1"),
  [Q_INT_FORMAT_U2] = RECV_METHOD ("recv_u2"),
  [Q_INT_FORMAT_U4] = RECV_METHOD ("recv_u4"),
  [Q_INT_FORMAT_U8] = RECV_METHOD ("recv_u8"),
  [Q_INT_FORMAT_U2_LSB] = RECV_METHOD ("recv_u2_lsb"),
  [Q_INT_FORMAT_U4_LSB] = RECV_METHOD ("recv_u4_lsb"),
  [Q_INT_FORMAT_U8_LSB] = RECV_METHOD ("recv_u8_lsb"),
};

/* ---- blocking ---- */

/* Not inlined: this is the slow way, for bytes that have to be waited for. */
static gint64
recv_int_from_network (QSocket       *self,
                       QIntFormat     format,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  guint8 bytes[8];

  if (!q_recv_call_run_into_memory (&methods[format], self, bytes, q_int_layouts[format].size,
                                    timeout_ms, cancellable, error))
    return 0;

  return q_int_decode (format, bytes);
}

static inline gint64
recv_int (QSocket       *self,
          QIntFormat     format,
          int            timeout_ms,
          GCancellable  *cancellable,
          GError       **error)
{
  const gsize size = q_int_layouts[format].size;
  QChannel *channel = cancellable == NULL ? q_recv_begin_buffered (self, size) : NULL;

  if (G_LIKELY (channel != NULL))
    {
      gint64 value = q_int_decode (format, q_recv_buffer_bytes (&channel->in));

      q_recv_end_buffered (self, channel, size);

      return value;
    }

  return recv_int_from_network (self, format, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_i1:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives a signed integer of 1 byte.
 *
 * The calls of this family return the number itself, so only @error tells a failure from a 0:
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * gint32 length = q_socket_recv_i4 (socket, 1000, NULL, &error);
 *
 * if (error != NULL)
 *   return FALSE;
 * ```
 *
 * They wait for all bytes of the number and consume none if they fail. They fail with
 * [error@QSocket.SocketError] `RECV` if the system cannot receive, and if a datagram is too short
 * for the number; the datagram stays readable. Emits [signal@QSocket.Socket::packet-read] for each
 * step.
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
gint8
q_socket_recv_i1 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint8) recv_int (self, Q_INT_FORMAT_I1, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_i2:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives a signed integer of 2 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
gint16
q_socket_recv_i2 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint16) recv_int (self, Q_INT_FORMAT_I2, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_i4:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives a signed integer of 4 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
gint32
q_socket_recv_i4 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint32) recv_int (self, Q_INT_FORMAT_I4, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_i8:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives a signed integer of 8 bytes, most significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
gint64
q_socket_recv_i8 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint64) recv_int (self, Q_INT_FORMAT_I8, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_i2_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives a signed integer of 2 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
gint16
q_socket_recv_i2_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint16) recv_int (self, Q_INT_FORMAT_I2_LSB, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_i4_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives a signed integer of 4 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
gint32
q_socket_recv_i4_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint32) recv_int (self, Q_INT_FORMAT_I4_LSB, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_i8_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives a signed integer of 8 bytes, least significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
gint64
q_socket_recv_i8_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint64) recv_int (self, Q_INT_FORMAT_I8_LSB, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_u1:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives an unsigned integer of 1 byte.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
guint8
q_socket_recv_u1 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint8) recv_int (self, Q_INT_FORMAT_U1, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_u2:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives an unsigned integer of 2 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
guint16
q_socket_recv_u2 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint16) recv_int (self, Q_INT_FORMAT_U2, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_u4:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives an unsigned integer of 4 bytes, most significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
guint32
q_socket_recv_u4 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint32) recv_int (self, Q_INT_FORMAT_U4, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_u8:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives an unsigned integer of 8 bytes, most significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
guint64
q_socket_recv_u8 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint64) recv_int (self, Q_INT_FORMAT_U8, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_u2_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives an unsigned integer of 2 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
guint16
q_socket_recv_u2_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint16) recv_int (self, Q_INT_FORMAT_U2_LSB, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_u4_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives an unsigned integer of 4 bytes, least significant byte first.
 *
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
guint32
q_socket_recv_u4_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint32) recv_int (self, Q_INT_FORMAT_U4_LSB, timeout_ms, cancellable, error);
}

/**
 * q_socket_recv_u8_lsb:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Receives an unsigned integer of 8 bytes, least significant byte first.
 *
 * JavaScript rounds numbers beyond 2⁵³; there [method@QSocket.Socket.recv_binary] gives the bytes.
 * All else is as in [method@QSocket.Socket.recv_i1].
 *
 * Returns: the number, or 0 with @error set
 *
 * Since: 1.0
 */
guint64
q_socket_recv_u8_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint64) recv_int (self, Q_INT_FORMAT_U8_LSB, timeout_ms, cancellable, error);
}

/* ---- asynchronous ---- */

static gboolean
finish_int (QSocketCall  *call,
            gboolean      ok,
            GError      **error)
{
  QRecvCall *self = (QRecvCall *) call;

  if (!q_recv_call_finish (call, ok, error))
    return FALSE;

  call->integer = q_int_decode (self->format, self->bytes);

  return TRUE;
}

static const QSocketCallClass int_class = {
  .size = sizeof (QRecvCall), .begin = q_recv_call_begin, .finish = finish_int,
  .result = Q_CALL_INTEGER,
};

static const QSocketMethod recv_int_method = Q_SOCKET_METHOD (recv_int, "from", &int_class);

/**
 * q_socket_recv_int_async:
 * @self: a socket
 * @format: the size, sign and byte order of the integer
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins to receive an integer of any format without blocking, as [method@QSocket.Socket.recv_i1]
 * and the methods for other formats do.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_recv_int_async (QSocket             *self,
                         QIntFormat           format,
                         int                  timeout_ms,
                         int                  io_priority,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  QRecvCall *recv;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (q_int_format_is_valid (format));

  recv = q_socket_call_new (&recv_int_method, self);
  recv->result = Q_RECV_TO_MEMORY;
  recv->format = format;
  recv->memory = recv->bytes;
  recv->minimum = q_int_layouts[format].size;
  recv->size = (gssize) recv->minimum;
  recv->refuses_short_message = TRUE;
  q_socket_call_start (&recv->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_recv_int_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.recv_int_async].
 *
 * Fails as [method@QSocket.Socket.recv_i1] does.
 *
 * Returns: the integer, with the sign that the format gives it; an unsigned one of 8 bytes has the
 *   bits of a `guint64`; 0 with @error set on failure
 *
 * Since: 1.0
 */
gint64
q_socket_recv_int_finish (QSocket       *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return q_socket_call_finish_integer (&recv_int_method, self, result, error);
}
