/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>

G_BEGIN_DECLS

/* Bytes that small sends gather until they leave together: a ring. The writer, of whom there
 * is one at a time, puts bytes in without a lock. Any thread may send bytes from it, with
 * the lock held: the writer itself, a reader before it waits for the peer's answer, or a
 * close. So the two ends of the ring belong to different threads: only the writer moves
 * @tail, only the holder of the lock moves @head, and each publishes what it moved with a
 * release that the other acquires. The memory is replaced by a larger one with the lock
 * held.
 *
 * The writer may sleep in the kernel with the lock, until the peer reads. So only calls with
 * the writer's claim wait for the lock; all others try it, and leave the bytes to its holder
 * if they do not get it. */
typedef struct
{
  guint8 *data;
  gsize size;             /* a power of two, or 0 */
  atomic_size_t head;     /* both count all bytes that ever passed */
  atomic_size_t tail;
  GMutex lock;
} QSendBuffer;

/* It never holds more than this. */
#define Q_SEND_BUFFER_MAX (64 * 1024)

void q_send_buffer_init  (QSendBuffer *self);

void q_send_buffer_clear (QSendBuffer *self);

static inline gsize
q_send_buffer_length (QSendBuffer *self)
{
  /* In this order the difference cannot become negative. */
  gsize head = atomic_load_explicit (&self->head, memory_order_acquire);

  return atomic_load_explicit (&self->tail, memory_order_relaxed) - head;
}

/* Only by the writer: puts bytes in if there is room without growing. */
static inline gboolean
q_send_buffer_add_small (QSendBuffer  *self,
                         const guint8 *bytes,
                         gsize         length)
{
  gsize tail = atomic_load_explicit (&self->tail, memory_order_relaxed);
  gsize start = tail & (self->size - 1);

  if (self->size - start < length || self->size - q_send_buffer_length (self) < length)
    return FALSE;

  memcpy (self->data + start, bytes, length);
  atomic_store_explicit (&self->tail, tail + length, memory_order_release);

  return TRUE;
}

/* Only by the writer: puts bytes in. Returns FALSE if they would be too many. */
gboolean q_send_buffer_add (QSendBuffer *self,
                            const void  *bytes,
                            gsize        length);

/* With the lock held: where the bytes are. Returns the number of vectors, 0 to 2. */
int      q_send_buffer_peek (QSendBuffer  *self,
                             struct iovec  vectors[2]);

/* With the lock held: takes bytes out. */
void     q_send_buffer_consume (QSendBuffer *self,
                                gsize        length);

G_END_DECLS
