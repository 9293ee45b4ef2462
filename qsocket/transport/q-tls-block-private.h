/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <sys/uio.h>

G_BEGIN_DECLS

/* Bytes that are added at the end and taken from the start. The memory is there only while
 * it holds bytes: all connections share a pool of it, so that an idle one has none. */
typedef struct
{
  guint8 *data;
  gsize start;
  gsize end;
  gsize size;
} QTlsBlock;

/* An empty block, as a structure of zeros is. */
#define Q_TLS_BLOCK_INIT { NULL, 0, 0, 0 }

/* What one system call moves, and what the memory of the pool holds: that much encrypted,
 * with what encryption adds to each record. */
#define Q_TLS_BATCH_SIZE (64 * 1024)
#define Q_TLS_BLOCK_SIZE (68 * 1024)

static inline gsize
q_tls_block_length (const QTlsBlock *block)
{
  return block->end - block->start;
}

/* Makes room for @room bytes at the end and returns where it is. The caller adds what it
 * has put there to block->end. */
guint8 *q_tls_block_get_room (QTlsBlock *block,
                              gsize      room);

void    q_tls_block_append   (QTlsBlock  *block,
                              const void *bytes,
                              gsize       length);

/* Appends the bytes that @vectors point to, but not more than @maximum. Returns how many. */
gsize   q_tls_block_gather   (QTlsBlock          *block,
                              const struct iovec *vectors,
                              int                 n_vectors,
                              gsize               maximum);

/* Takes @length bytes from the start, and frees the memory with the last of them. */
void    q_tls_block_consume  (QTlsBlock *block,
                              gsize      length);

void    q_tls_block_clear    (QTlsBlock *block);

G_END_DECLS
