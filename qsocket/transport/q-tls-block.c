/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-block-private.h"

#include <string.h>

/* ---- the pool ---- */

#define MAX_POOLED 16

static GMutex pool_lock;
static guint8 *pool[MAX_POOLED];
static guint n_pooled;

static guint8 *
pool_get (void)
{
  guint8 *data = NULL;

  g_mutex_lock (&pool_lock);
  if (n_pooled > 0)
    data = pool[--n_pooled];
  g_mutex_unlock (&pool_lock);

  return data != NULL ? data : g_malloc (Q_TLS_BLOCK_SIZE);
}

static void
pool_put (guint8 *data)
{
  g_mutex_lock (&pool_lock);
  if (n_pooled < MAX_POOLED)
    pool[n_pooled++] = g_steal_pointer (&data);
  g_mutex_unlock (&pool_lock);

  g_free (data);
}

/* ---- blocks ---- */

void
q_tls_block_clear (QTlsBlock *block)
{
  if (block->size == Q_TLS_BLOCK_SIZE)
    pool_put (block->data);
  else
    g_free (block->data);
  *block = (QTlsBlock) Q_TLS_BLOCK_INIT;
}

static void
move_to_front (QTlsBlock *block)
{
  block->end -= block->start;
  memmove (block->data, block->data + block->start, block->end);
  block->start = 0;
}

/* Memory of any other size than the pool's is not shared. */
static void
grow (QTlsBlock *block,
      gsize      room)
{
  QTlsBlock larger = { .end = block->end, .size = block->end + room + Q_TLS_BLOCK_SIZE };

  larger.data = g_malloc (larger.size);
  if (block->end > 0)
    memcpy (larger.data, block->data, block->end);
  q_tls_block_clear (block);
  *block = larger;
}

guint8 *
q_tls_block_get_room (QTlsBlock *block,
                      gsize      room)
{
  if (block->data == NULL && room <= Q_TLS_BLOCK_SIZE)
    {
      block->data = pool_get ();
      block->size = Q_TLS_BLOCK_SIZE;
    }

  if (block->size - block->end < room && block->start > 0)
    move_to_front (block);
  if (block->size - block->end < room)
    grow (block, room);

  return block->data + block->end;
}

void
q_tls_block_append (QTlsBlock  *block,
                    const void *bytes,
                    gsize       length)
{
  if (length == 0)
    return;

  memcpy (q_tls_block_get_room (block, length), bytes, length);
  block->end += length;
}

gsize
q_tls_block_gather (QTlsBlock          *block,
                    const struct iovec *vectors,
                    int                 n_vectors,
                    gsize               maximum)
{
  gsize length = 0;

  for (int i = 0; i < n_vectors && length < maximum; i++)
    {
      gsize part = MIN (vectors[i].iov_len, maximum - length);

      q_tls_block_append (block, vectors[i].iov_base, part);
      length += part;
    }

  return length;
}

void
q_tls_block_consume (QTlsBlock *block,
                     gsize      length)
{
  block->start += length;
  if (block->start == block->end && block->data != NULL)
    q_tls_block_clear (block);
}
