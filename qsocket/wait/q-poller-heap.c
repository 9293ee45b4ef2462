/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-poller-heap-private.h"

/* Places count from 1. */
static QPollerEntry *
get (GPtrArray *heap,
     guint      place)
{
  return g_ptr_array_index (heap, place - 1);
}

static void
put (GPtrArray *heap,
     guint      place,
     QPollerEntry   *entry)
{
  g_ptr_array_index (heap, place - 1) = entry;
  entry->place = place;
}

static void
move_up (GPtrArray *heap,
         QPollerEntry   *entry)
{
  guint place = entry->place;

  for (; place > 1 && entry->until < get (heap, place / 2)->until; place /= 2)
    put (heap, place, get (heap, place / 2));

  put (heap, place, entry);
}

static void
move_down (GPtrArray *heap,
           QPollerEntry   *entry)
{
  guint place = entry->place;

  for (;;)
    {
      guint child = 2 * place;

      if (child > heap->len)
        break;
      if (child < heap->len && get (heap, child + 1)->until < get (heap, child)->until)
        child++;
      if (entry->until <= get (heap, child)->until)
        break;

      put (heap, place, get (heap, child));
      place = child;
    }

  put (heap, place, entry);
}

void
q_heap_add (GPtrArray *heap,
            QPollerEntry   *entry)
{
  g_ptr_array_add (heap, entry);
  entry->place = heap->len;
  move_up (heap, entry);
}

void
q_heap_remove (GPtrArray *heap,
               QPollerEntry   *entry)
{
  guint place = entry->place;
  QPollerEntry *last;

  if (place == 0)
    return;

  entry->place = 0;
  last = g_ptr_array_remove_index (heap, heap->len - 1);
  if (last == entry)
    return;

  put (heap, place, last);
  move_up (heap, last);
  move_down (heap, last);
}
