/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-int-codec-private.h"
#include "q-socket-int.h"
#include "q-socket-recv-call-private.h"
#include "q-socket-send-call-private.h"

/* Every public function is a line of its own around one of two cores, which are
 * inlined into it with the format known: an integer that is in the buffer, or
 * goes into the cork, then costs a handful of instructions. */

/* ---- sending ---- */

static gboolean
send_int_slowly (QSocket       *self,
                 const char    *name,
                 const guint8  *bytes,
                 gsize          size,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  return q_socket_write (self, name, bytes, size, timeout_ms, cancellable, error);
}

/* Into the cork, if that is all there is to do. */
static inline gboolean
gather_int (QSocket      *self,
            const guint8 *bytes,
            gsize         size)
{
  gboolean done = FALSE;
  QChannel *channel;

  if (!atomic_load_explicit (&self->corked, memory_order_relaxed) ||
      !q_socket_take_role (self, Q_ROLE_WRITER))
    return FALSE;

  channel = atomic_load (&self->channel);
  if (channel != NULL && !q_channel_keeps_boundaries (channel))
    {
      gsize used = atomic_load_explicit (&channel->out_length, memory_order_relaxed);

      if (used + size <= channel->out_size)
        {
          memcpy (channel->out + used, bytes, size);
          atomic_store_explicit (&channel->out_length, used + size, memory_order_relaxed);
          done = TRUE;
        }
    }

  q_socket_give_role (self, Q_ROLE_WRITER);

  return done;
}

static inline gboolean
send_int (QSocket       *self,
          const char    *name,
          QIntFormat     format,
          gint64         value,
          int            timeout_ms,
          GCancellable  *cancellable,
          GError       **error)
{
  const gsize size = q_int_layouts[format].size;
  guint8 bytes[8];

  q_int_encode (format, value, bytes);

  if (cancellable == NULL && gather_int (self, bytes, size))
    return TRUE;

  return send_int_slowly (self, name, bytes, size, timeout_ms, cancellable, error);
}

gboolean
q_socket_send_i1 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, "send_i1 to", Q_INT_FORMAT_I1, value,
                   timeout_ms, cancellable, error);
}

gboolean
q_socket_send_i2 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, "send_i2 to", Q_INT_FORMAT_I2, value,
                   timeout_ms, cancellable, error);
}

gboolean
q_socket_send_i4 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, "send_i4 to", Q_INT_FORMAT_I4, value,
                   timeout_ms, cancellable, error);
}

gboolean
q_socket_send_i8 (QSocket       *self,
                  gint64         value,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, "send_i8 to", Q_INT_FORMAT_I8, value,
                   timeout_ms, cancellable, error);
}

gboolean
q_socket_send_i2_lsb (QSocket       *self,
                      gint64         value,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, "send_i2_lsb to", Q_INT_FORMAT_I2_LSB, value,
                   timeout_ms, cancellable, error);
}

gboolean
q_socket_send_i4_lsb (QSocket       *self,
                      gint64         value,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, "send_i4_lsb to", Q_INT_FORMAT_I4_LSB, value,
                   timeout_ms, cancellable, error);
}

gboolean
q_socket_send_i8_lsb (QSocket       *self,
                      gint64         value,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return send_int (self, "send_i8_lsb to", Q_INT_FORMAT_I8_LSB, value,
                   timeout_ms, cancellable, error);
}

/* ---- receiving ---- */

static gint64
recv_int_slowly (QSocket       *self,
                 const char    *name,
                 QIntFormat     format,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  guint8 bytes[8];

  if (!q_socket_read_small (self, name, bytes, q_int_layouts[format].size,
                            timeout_ms, cancellable, error))
    return 0;

  return q_int_decode (format, bytes);
}

static inline gint64
recv_int (QSocket       *self,
          const char    *name,
          QIntFormat     format,
          int            timeout_ms,
          GCancellable  *cancellable,
          GError       **error)
{
  const gsize size = q_int_layouts[format].size;

  QChannel *channel = cancellable == NULL ? q_socket_begin_buffered (self, size) : NULL;

  if (G_LIKELY (channel != NULL))
    {
      gint64 value = q_int_decode (format, q_recv_buffer_bytes (&channel->in));

      q_socket_finish_buffered (self, channel, size, q_socket_may_report_reads (self));

      return value;
    }

  return recv_int_slowly (self, name, format, timeout_ms, cancellable, error);
}

gint8
q_socket_recv_i1 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint8) recv_int (self, "recv_i1 from", Q_INT_FORMAT_I1,
                         timeout_ms, cancellable, error);
}

gint16
q_socket_recv_i2 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint16) recv_int (self, "recv_i2 from", Q_INT_FORMAT_I2,
                         timeout_ms, cancellable, error);
}

gint32
q_socket_recv_i4 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint32) recv_int (self, "recv_i4 from", Q_INT_FORMAT_I4,
                         timeout_ms, cancellable, error);
}

gint64
q_socket_recv_i8 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint64) recv_int (self, "recv_i8 from", Q_INT_FORMAT_I8,
                         timeout_ms, cancellable, error);
}

gint16
q_socket_recv_i2_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint16) recv_int (self, "recv_i2_lsb from", Q_INT_FORMAT_I2_LSB,
                         timeout_ms, cancellable, error);
}

gint32
q_socket_recv_i4_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint32) recv_int (self, "recv_i4_lsb from", Q_INT_FORMAT_I4_LSB,
                         timeout_ms, cancellable, error);
}

gint64
q_socket_recv_i8_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (gint64) recv_int (self, "recv_i8_lsb from", Q_INT_FORMAT_I8_LSB,
                         timeout_ms, cancellable, error);
}

guint8
q_socket_recv_u1 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint8) recv_int (self, "recv_u1 from", Q_INT_FORMAT_U1,
                         timeout_ms, cancellable, error);
}

guint16
q_socket_recv_u2 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint16) recv_int (self, "recv_u2 from", Q_INT_FORMAT_U2,
                         timeout_ms, cancellable, error);
}

guint32
q_socket_recv_u4 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint32) recv_int (self, "recv_u4 from", Q_INT_FORMAT_U4,
                         timeout_ms, cancellable, error);
}

guint64
q_socket_recv_u8 (QSocket       *self,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint64) recv_int (self, "recv_u8 from", Q_INT_FORMAT_U8,
                         timeout_ms, cancellable, error);
}

guint16
q_socket_recv_u2_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint16) recv_int (self, "recv_u2_lsb from", Q_INT_FORMAT_U2_LSB,
                         timeout_ms, cancellable, error);
}

guint32
q_socket_recv_u4_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint32) recv_int (self, "recv_u4_lsb from", Q_INT_FORMAT_U4_LSB,
                         timeout_ms, cancellable, error);
}

guint64
q_socket_recv_u8_lsb (QSocket       *self,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return (guint64) recv_int (self, "recv_u8_lsb from", Q_INT_FORMAT_U8_LSB,
                         timeout_ms, cancellable, error);
}

/* ---- asynchronous receiving ---- */

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

void
q_socket_recv_int_async (QSocket             *self,
                         QIntFormat           format,
                         int                  timeout_ms,
                         int                  io_priority,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  QRecvCall *read;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (q_int_format_is_valid (format));

  read = q_socket_call_new (&int_class, self, "recv_int from");
  read->result = Q_RECV_TO_MEMORY;
  read->format = format;
  read->memory = read->bytes;
  read->minimum = q_int_layouts[format].size;
  read->size = (gssize) read->minimum;
  read->exact = TRUE;
  q_socket_call_start (&read->call, q_socket_recv_int_async, "[qsocket] recv_int_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

gint64
q_socket_recv_int_finish (QSocket       *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return q_socket_call_finish_integer (self, result, q_socket_recv_int_async, error);
}

/* ---- asynchronous sending ---- */

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
  QSendCall *write;
  guint8 *bytes;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (q_int_format_is_valid (format));

  bytes = g_malloc (8);
  q_int_encode (format, value, bytes);
  write = q_socket_call_new (&q_send_call_class, self, "send_int to");
  write->head = write->owned = bytes;
  write->head_length = q_int_layouts[format].size;
  write->free_owned = g_free;
  q_socket_call_start (&write->call, q_socket_send_int_async, "[qsocket] send_int_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_int_finish (QSocket       *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_send_int_async, error);
}
