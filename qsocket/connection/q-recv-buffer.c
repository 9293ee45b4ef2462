/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-recv-buffer-private.h"

/* Moves the bytes to new memory of @size bytes, with @front bytes of room before them. This is
 * no g_realloc (), which would copy the old memory even if no byte is in the buffer. */
static void
resize (QRecvBuffer *buffer,
        gsize        size,
        gsize        front)
{
  gsize length = q_recv_buffer_length (buffer);
  guint8 *data = g_malloc (size);

  if (length > 0)
    memcpy (data + front, buffer->data + buffer->start, length);

  g_free (buffer->data);
  buffer->data = data;
  buffer->size = size;
  buffer->start = front;
  buffer->end = front + length;
}

void
q_recv_buffer_clear (QRecvBuffer *buffer)
{
  g_free (buffer->data);
  *buffer = (QRecvBuffer) { NULL };
}

guint8 *
q_recv_buffer_get_room (QRecvBuffer *buffer,
                        gsize        room,
                        gsize       *available)
{
  gsize length = q_recv_buffer_length (buffer);

  if (buffer->size - buffer->end < room)
    {
      if (buffer->size - length >= room)
        {
          memmove (buffer->data, buffer->data + buffer->start, length);
          buffer->start = 0;
          buffer->end = length;
        }
      else
        {
          gsize size = MAX (buffer->size, Q_RECV_BUFFER_MIN);

          while (size < length + room)
            size *= 2;
          resize (buffer, size, 0);
        }
    }

  *available = buffer->size - buffer->end;

  return buffer->data + buffer->end;
}

void
q_recv_buffer_added (QRecvBuffer *buffer,
                     gsize        length)
{
  buffer->end += length;

  if (buffer->end == buffer->size && buffer->size < Q_RECV_BUFFER_MAX)
    resize (buffer, MIN (buffer->size * 4, Q_RECV_BUFFER_MAX), 0);
}

void
q_recv_buffer_put_back (QRecvBuffer  *buffer,
                        const guint8 *bytes,
                        gsize         length)
{
  if (length == 0)
    return;

  if (buffer->start < length)
    {
      gsize size = MAX (buffer->size, Q_RECV_BUFFER_MIN);

      while (size < q_recv_buffer_length (buffer) + length)
        size *= 2;
      resize (buffer, size, length);
    }

  buffer->start -= length;
  memcpy (buffer->data + buffer->start, bytes, length);
}

void
q_recv_buffer_adopt (QRecvBuffer *buffer,
                     guint8      *data,
                     gsize        length,
                     gsize        size)
{
  g_assert (q_recv_buffer_length (buffer) == 0);

  g_free (buffer->data);
  *buffer = (QRecvBuffer) { data, 0, length, size };
}
