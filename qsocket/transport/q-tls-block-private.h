/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A block of memory that is there only while it holds bytes; blocks are shared by
 * all connections, so that an idle one owns none. */
typedef struct
{
  guint8 *data;
  gsize start;
  gsize end;
  gsize size;
} QTlsBlock;

/* What one system call moves, with room for the records' own bytes. */
#define Q_TLS_BLOCK_SIZE (68 * 1024)
#define Q_TLS_BATCH_SIZE (64 * 1024)

static inline gsize
q_tls_block_length (const QTlsBlock *block)
{
  return block->end - block->start;
}

/* Makes room for @room bytes behind the end. */
guint8 *q_tls_block_get_room (QTlsBlock *block,
                              gsize      room);

/* Takes bytes from the start; the memory goes with the last of them. */
void    q_tls_block_consume  (QTlsBlock *block,
                              gsize      length);

void    q_tls_block_clear    (QTlsBlock *block);

G_END_DECLS
