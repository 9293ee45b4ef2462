/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* The bytes that arrived and that no call has returned yet. They enter at the
 * end and leave at the start, and they leave only when a call has succeeded. */
typedef struct
{
  guint8 *data;
  gsize start;
  gsize end;
  gsize size;
} QRecvBuffer;

/* What a buffer begins with, and where it stops growing by itself: small for
 * idle connections, large enough for full speed on busy ones. */
#define Q_RECV_BUFFER_MIN (4 * 1024)
#define Q_RECV_BUFFER_MAX (256 * 1024)

static inline gsize
q_recv_buffer_length (const QRecvBuffer *buffer)
{
  return buffer->end - buffer->start;
}

/* Never NULL, which no function takes, not even for 0 bytes. */
static inline const guint8 *
q_recv_buffer_bytes (const QRecvBuffer *buffer)
{
  return G_LIKELY (buffer->data != NULL) ? buffer->data + buffer->start : (const guint8 *) "";
}

void q_recv_buffer_clear (QRecvBuffer *buffer);

/* Memory for more than usual goes when it is empty again. */
static inline void
q_recv_buffer_consume (QRecvBuffer *buffer,
                       gsize        length)
{
  buffer->start += length;
  if (buffer->start == buffer->end)
    {
      buffer->start = buffer->end = 0;
      if (G_UNLIKELY (buffer->size > Q_RECV_BUFFER_MAX))
        q_recv_buffer_clear (buffer);
    }
}

/* Makes room for at least @room (> 0) bytes behind the end; returns where they
 * go and how many they may be. */
guint8 *q_recv_buffer_get_room (QRecvBuffer *buffer,
                                gsize        room,
                                gsize       *available);

/* @length bytes were put where get_room () said. If they filled all of the room
 * the peer is faster than the buffer is large, and it grows. */
void q_recv_buffer_added (QRecvBuffer *buffer,
                          gsize        length);

/* Puts bytes back in front. */
void q_recv_buffer_put_back (QRecvBuffer  *buffer,
                             const guint8 *bytes,
                             gsize         length);

/* Puts bytes in place of none, without a copy: @data (from g_malloc ()) has
 * @length of them and room for @size. */
void q_recv_buffer_adopt (QRecvBuffer *buffer,
                          guint8      *data,
                          gsize        length,
                          gsize        size);

G_END_DECLS
