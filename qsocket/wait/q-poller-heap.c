/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-poller-heap-private.h"

/* Indices count from 1: the children of i are 2i and 2i + 1, and 0 means "not in the heap". */
static QPollerEntry *
get (GPtrArray *heap,
     guint      index)
{
  return g_ptr_array_index (heap, index - 1);
}

static void
put (GPtrArray    *heap,
     guint         index,
     QPollerEntry *entry)
{
  g_ptr_array_index (heap, index - 1) = entry;
  entry->heap_index = index;
}

static void
move_up (GPtrArray    *heap,
         QPollerEntry *entry)
{
  guint index = entry->heap_index;

  for (; index > 1 && entry->until < get (heap, index / 2)->until; index /= 2)
    put (heap, index, get (heap, index / 2));

  put (heap, index, entry);
}

static void
move_down (GPtrArray    *heap,
           QPollerEntry *entry)
{
  guint index = entry->heap_index;

  for (;;)
    {
      guint child = 2 * index;

      if (child > heap->len)
        break;
      if (child < heap->len && get (heap, child + 1)->until < get (heap, child)->until)
        child++;
      if (entry->until <= get (heap, child)->until)
        break;

      put (heap, index, get (heap, child));
      index = child;
    }

  put (heap, index, entry);
}

void
q_poller_heap_add (GPtrArray    *heap,
                   QPollerEntry *entry)
{
  g_ptr_array_add (heap, entry);
  entry->heap_index = heap->len;
  move_up (heap, entry);
}

void
q_poller_heap_remove (GPtrArray    *heap,
                      QPollerEntry *entry)
{
  guint index = entry->heap_index;
  QPollerEntry *last;

  if (index == 0)
    return;

  entry->heap_index = 0;
  last = g_ptr_array_remove_index (heap, heap->len - 1);
  if (last == entry)
    return;

  put (heap, index, last);
  move_up (heap, last);
  move_down (heap, last);
}
