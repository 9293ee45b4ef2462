/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-poller-private.h"

G_BEGIN_DECLS

/* A binary heap of entries with the one whose time comes first at the front. Each entry
 * knows its index, so that it can be removed from the middle. */

void q_poller_heap_add    (GPtrArray    *heap,
                           QPollerEntry *entry);

/* Does nothing if @entry is not in the heap. */
void q_poller_heap_remove (GPtrArray    *heap,
                           QPollerEntry *entry);

/* NULL if the heap is empty. */
static inline QPollerEntry *
q_poller_heap_first (GPtrArray *heap)
{
  return heap->len > 0 ? g_ptr_array_index (heap, 0) : NULL;
}

G_END_DECLS
