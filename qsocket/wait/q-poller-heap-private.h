/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-poller-private.h"

G_BEGIN_DECLS

/* Waiters in the order of their times: an array, of which each element comes before
 * the two at twice its place. */

void     q_heap_add    (GPtrArray *heap,
                        QPollerEntry   *entry);

/* Also where it is not there. */
void     q_heap_remove (GPtrArray *heap,
                        QPollerEntry   *entry);

/* NULL if there is none. */
static inline QPollerEntry *
q_heap_first (GPtrArray *heap)
{
  return heap->len > 0 ? g_ptr_array_index (heap, 0) : NULL;
}

G_END_DECLS
