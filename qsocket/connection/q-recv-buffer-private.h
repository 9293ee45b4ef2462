/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* The bytes that arrived and that no call has returned yet. They enter at the
 * end and leave at the start, and they leave only when a call has succeeded. Only
 * one thread at a time may use a buffer. */
typedef struct
{
  guint8 *data;           /* NULL if @size is 0, as in an initialised structure of zeros */
  gsize start;            /* where in @data the first byte is */
  gsize end;              /* and where the next one goes */
  gsize size;             /* of @data */
} QRecvBuffer;

/* The sizes, in bytes, that a buffer begins with and up to which a fast peer makes it
 * grow: small for idle connections, large enough for full speed on busy ones. A call
 * that needs more room gets more. */
#define Q_RECV_BUFFER_MIN (4 * 1024)
#define Q_RECV_BUFFER_MAX (256 * 1024)

/* How many bytes are in it. */
static inline gsize
q_recv_buffer_length (const QRecvBuffer *buffer)
{
  return buffer->end - buffer->start;
}

/* The first byte. Never NULL, not even if there is none: memcpy () and its like
 * do not allow that. */
static inline const guint8 *
q_recv_buffer_bytes (const QRecvBuffer *buffer)
{
  return G_LIKELY (buffer->data != NULL) ? buffer->data + buffer->start : (const guint8 *) "";
}

/* Drops the bytes and frees the memory. */
void q_recv_buffer_clear (QRecvBuffer *buffer);

/* Takes @length bytes out, which must be there. An empty buffer whose memory is
 * larger than it grows by itself frees that, so that a connection does not keep
 * what one large read has needed. */
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

/* Makes room for at least @room (> 0) bytes behind the end. Returns where they
 * go, and in @available how many bytes fit there. */
guint8 *q_recv_buffer_get_room (QRecvBuffer *buffer,
                                gsize        room,
                                gsize       *available);

/* To be called when @length bytes were put where q_recv_buffer_get_room () said. If
 * they filled the room, the peer has probably sent more, and the buffer grows, so
 * that the next reads need fewer system calls. */
void q_recv_buffer_added (QRecvBuffer *buffer,
                          gsize        length);

/* Puts bytes before those that are there, so that they are read next. */
void q_recv_buffer_put_back (QRecvBuffer  *buffer,
                             const guint8 *bytes,
                             gsize         length);

/* Gives an empty buffer @length bytes without copying them: takes over @data,
 * which is from g_malloc () and has room for @size bytes. */
void q_recv_buffer_adopt (QRecvBuffer *buffer,
                          guint8      *data,
                          gsize        length,
                          gsize        size);

G_END_DECLS
