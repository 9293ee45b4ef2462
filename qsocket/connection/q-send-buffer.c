/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-send-buffer-private.h"

/* What the memory begins with; a power of two, as all its sizes. */
#define FIRST_SIZE 4096

void
q_send_buffer_init (QSendBuffer *self)
{
  *self = (QSendBuffer) { .size = 0 };
  g_mutex_init (&self->lock);
}

void
q_send_buffer_clear (QSendBuffer *self)
{
  g_free (self->data);
  g_mutex_clear (&self->lock);
}

/* Copies bytes into a ring of @size bytes, from the place on that belongs to the count @at (see
 * QSendBuffer). What does not fit before the end of the memory goes to its start. */
static void
copy_into_ring (guint8       *ring,
                gsize         size,
                gsize         at,
                const guint8 *bytes,
                gsize         length)
{
  gsize start = at & (size - 1);
  gsize first = MIN (length, size - start);

  memcpy (ring + start, bytes, first);
  if (length > first)
    memcpy (ring, bytes + first, length - first);
}

/* @needed is Q_SEND_BUFFER_MAX at most. */
static void
grow (QSendBuffer *self,
      gsize        needed)
{
  struct iovec vectors[2];
  gsize size = MAX (self->size, FIRST_SIZE);
  guint8 *data;
  gsize at;
  int n;

  while (size < needed)
    size *= 4;
  size = MIN (size, Q_SEND_BUFFER_MAX);

  data = g_malloc (size);

  g_mutex_lock (&self->lock);
  n = q_send_buffer_peek (self, vectors);
  at = atomic_load_explicit (&self->head, memory_order_relaxed);
  for (int i = 0; i < n; i++)
    {
      copy_into_ring (data, size, at, vectors[i].iov_base, vectors[i].iov_len);
      at += vectors[i].iov_len;
    }
  g_free (self->data);
  self->data = data;
  self->size = size;
  g_mutex_unlock (&self->lock);
}

gboolean
q_send_buffer_add (QSendBuffer *self,
                   const void  *bytes,
                   gsize        length)
{
  gsize used = q_send_buffer_length (self);
  gsize tail = atomic_load_explicit (&self->tail, memory_order_relaxed);

  if (length == 0)
    return TRUE;
  if (length > Q_SEND_BUFFER_MAX - used)
    return FALSE;

  if (used + length > self->size)
    grow (self, used + length);

  copy_into_ring (self->data, self->size, tail, bytes, length);
  atomic_store_explicit (&self->tail, tail + length, memory_order_release);

  return TRUE;
}

int
q_send_buffer_peek (QSendBuffer  *self,
                    struct iovec  vectors[2])
{
  gsize head = atomic_load_explicit (&self->head, memory_order_relaxed);
  gsize length = atomic_load_explicit (&self->tail, memory_order_acquire) - head;
  gsize start;
  gsize first;

  if (length == 0)
    return 0;

  start = head & (self->size - 1);
  first = MIN (length, self->size - start);
  vectors[0] = (struct iovec) { self->data + start, first };
  if (length == first)
    return 1;

  vectors[1] = (struct iovec) { self->data, length - first };

  return 2;
}

void
q_send_buffer_consume (QSendBuffer *self,
                       gsize        length)
{
  gsize head = atomic_load_explicit (&self->head, memory_order_relaxed);

  atomic_store_explicit (&self->head, head + length, memory_order_release);
}
