/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-event-waker-private.h"

/* Making a source ready from another thread uses the context that the source is
 * attached to. A context that is freed destroys its sources, while others may
 * still hold references to them: so a source must leave the list when it is
 * destroyed, before its context is gone, and not only when it is finalized.
 *
 * What GLib does at that moment is to release the callback data of the source, but
 * those belong to the program. Hence the child: its callback data are the waker
 * itself, and GLib releases them when it destroys the child with its parent. */
typedef struct
{
  GSource source;
  QEventWakers *wakers;
  GObject *owner;           /* NULL when the waker is not listed any more */
  GList link;
} Waker;

void
q_event_wakers_init (QEventWakers *wakers)
{
  g_mutex_init (&wakers->lock);
  wakers->list = NULL;
  atomic_init (&wakers->n, 0);
}

void
q_event_wakers_clear (QEventWakers *wakers)
{
  /* Each waker that is listed keeps a reference to the owner. */
  g_assert (wakers->list == NULL);

  g_mutex_clear (&wakers->lock);
}

void
q_event_wakers_wake_all (QEventWakers *wakers)
{
  g_mutex_lock (&wakers->lock);

  for (GList *l = wakers->list; l != NULL; l = l->next)
    g_source_set_ready_time (l->data, 0);

  g_mutex_unlock (&wakers->lock);
}

static gboolean
waker_dispatch (GSource     *source,
                GSourceFunc  callback,
                gpointer     user_data)
{
  g_source_set_ready_time (source, -1);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs waker_funcs = {
  .dispatch = waker_dispatch,
};

static void
waker_unlist (gpointer data)
{
  Waker *waker = data;
  g_autoptr (GObject) owner = g_steal_pointer (&waker->owner);

  if (owner == NULL)
    return;

  g_mutex_lock (&waker->wakers->lock);
  waker->wakers->list = g_list_remove_link (waker->wakers->list, &waker->link);
  atomic_fetch_sub (&waker->wakers->n, 1);
  g_mutex_unlock (&waker->wakers->lock);
}

GSource *
q_event_waker_new (QEventWakers *wakers,
                   GObject      *owner)
{
  GSource *source = g_source_new (&waker_funcs, sizeof (Waker));
  Waker *waker = (Waker *) source;

  waker->wakers = wakers;
  waker->owner = g_object_ref (owner);
  waker->link.data = source;
  g_source_set_static_name (source, "QEventQueue waker");
  g_source_set_callback (source, NULL, waker, waker_unlist);

  g_mutex_lock (&wakers->lock);
  wakers->list = g_list_concat (&waker->link, wakers->list);
  atomic_fetch_add (&wakers->n, 1);
  g_mutex_unlock (&wakers->lock);

  return source;
}

void
q_event_waker_unlist (GSource *waker)
{
  waker_unlist (waker);
}
