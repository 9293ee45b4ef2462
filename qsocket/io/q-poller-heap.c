/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-poller-heap-private.h"

/* Places count from 1. */
static QWaiter *
get (GPtrArray *heap,
     guint      place)
{
  return g_ptr_array_index (heap, place - 1);
}

static void
put (GPtrArray *heap,
     guint      place,
     QWaiter   *waiter)
{
  g_ptr_array_index (heap, place - 1) = waiter;
  waiter->place = place;
}

static void
move_up (GPtrArray *heap,
         QWaiter   *waiter)
{
  guint place = waiter->place;

  for (; place > 1 && waiter->until < get (heap, place / 2)->until; place /= 2)
    put (heap, place, get (heap, place / 2));

  put (heap, place, waiter);
}

static void
move_down (GPtrArray *heap,
           QWaiter   *waiter)
{
  guint place = waiter->place;

  for (;;)
    {
      guint child = 2 * place;

      if (child > heap->len)
        break;
      if (child < heap->len && get (heap, child + 1)->until < get (heap, child)->until)
        child++;
      if (waiter->until <= get (heap, child)->until)
        break;

      put (heap, place, get (heap, child));
      place = child;
    }

  put (heap, place, waiter);
}

void
q_heap_add (GPtrArray *heap,
            QWaiter   *waiter)
{
  g_ptr_array_add (heap, waiter);
  waiter->place = heap->len;
  move_up (heap, waiter);
}

void
q_heap_remove (GPtrArray *heap,
               QWaiter   *waiter)
{
  guint place = waiter->place;
  QWaiter *last;

  if (place == 0)
    return;

  waiter->place = 0;
  last = g_ptr_array_remove_index (heap, heap->len - 1);
  if (last == waiter)
    return;

  put (heap, place, last);
  move_up (heap, last);
  move_down (heap, last);
}
