/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>

G_BEGIN_DECLS

/* A ring of bytes that small sends put in while the socket is corked, so that they leave
 * together. Only the call that has the writer's claim puts bytes in, without a lock. Any thread
 * may take them out to send them, with the lock held: the writer itself, a reader before it
 * waits for the peer's answer, or a close. So only the writer moves @tail, and only the thread
 * that has the lock moves @head; each publishes what it moved with a release, which the other
 * acquires. The writer replaces the memory by a larger one with the lock held, so that no other
 * thread reads the old one meanwhile.
 *
 * The writer may sleep in the kernel with the lock, until the peer reads. So only calls with
 * the writer's claim wait for the lock; all others try it, and leave the bytes to the thread
 * that has it. */
typedef struct
{
  guint8 *data;
  gsize size;             /* a power of two, or 0 */
  atomic_size_t head;     /* how many bytes were ever taken out; modulo @size: where the first is */
  atomic_size_t tail;     /* how many bytes were ever put in; modulo @size: where the next goes */
  GMutex lock;
} QSendBuffer;

/* It never holds more bytes than this. */
#define Q_SEND_BUFFER_MAX (64 * 1024)

void q_send_buffer_init  (QSendBuffer *self);

/* To be called when no other thread uses it. */
void q_send_buffer_clear (QSendBuffer *self);

/* How many bytes are in it. From any thread. */
static inline gsize
q_send_buffer_length (QSendBuffer *self)
{
  /* @head is loaded first: @tail was never less than it, and only grows. */
  gsize head = atomic_load_explicit (&self->head, memory_order_acquire);

  return atomic_load_explicit (&self->tail, memory_order_relaxed) - head;
}

/* Puts bytes (@length > 0) in if that needs neither more memory nor a second piece at the start
 * of the ring. Returns FALSE, with none put in, if it does. For the writer. */
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

/* Puts bytes in. Returns FALSE, with none put in, if the buffer would hold too many. For the
 * writer. */
gboolean q_send_buffer_add (QSendBuffer *self,
                            const void  *bytes,
                            gsize        length);

/* Sets @vectors to where the bytes are, in their order. Returns how many vectors that are, 0 to
 * 2. To be called with the lock held. */
int      q_send_buffer_peek (QSendBuffer  *self,
                             struct iovec  vectors[2]);

/* Takes the first @length bytes out. To be called with the lock held. */
void     q_send_buffer_consume (QSendBuffer *self,
                                gsize        length);

G_END_DECLS
