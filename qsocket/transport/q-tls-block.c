/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-block-private.h"

#include <string.h>

#define MAX_SPARE_BLOCKS 16

static GMutex spare_lock;
static guint8 *spare_blocks[MAX_SPARE_BLOCKS];
static guint n_spare_blocks;

static guint8 *
take_spare (void)
{
  guint8 *spare = NULL;

  g_mutex_lock (&spare_lock);
  if (n_spare_blocks > 0)
    spare = spare_blocks[--n_spare_blocks];
  g_mutex_unlock (&spare_lock);

  return spare != NULL ? spare : g_malloc (Q_TLS_BLOCK_SIZE);
}

static void
give_spare (guint8 *data)
{
  g_mutex_lock (&spare_lock);
  if (n_spare_blocks < MAX_SPARE_BLOCKS)
    spare_blocks[n_spare_blocks++] = g_steal_pointer (&data);
  g_mutex_unlock (&spare_lock);

  g_free (data);
}

void
q_tls_block_clear (QTlsBlock *block)
{
  if (block->size == Q_TLS_BLOCK_SIZE)
    give_spare (block->data);
  else
    g_free (block->data);
  *block = (QTlsBlock) { NULL };
}

guint8 *
q_tls_block_get_room (QTlsBlock *block,
                      gsize      room)
{
  if (block->data == NULL && room <= Q_TLS_BLOCK_SIZE)
    {
      block->data = take_spare ();
      block->size = Q_TLS_BLOCK_SIZE;
    }

  if (block->size - block->end < room && block->start > 0)
    {
      block->end -= block->start;
      memmove (block->data, block->data + block->start, block->end);
      block->start = 0;
    }

  if (block->size - block->end < room)
    {
      QTlsBlock larger = { .end = block->end, .size = block->end + room + Q_TLS_BLOCK_SIZE };

      larger.data = g_malloc (larger.size);
      if (block->end > 0)
        memcpy (larger.data, block->data, block->end);
      q_tls_block_clear (block);
      *block = larger;
    }

  return block->data + block->end;
}

void
q_tls_block_consume (QTlsBlock *block,
                     gsize      length)
{
  block->start += length;
  if (block->start == block->end && block->data != NULL)
    q_tls_block_clear (block);
}
