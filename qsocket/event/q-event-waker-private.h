/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib-object.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* The sources, in any contexts and threads, that become ready when an event is
 * pushed. Each of them has a child source for it, its waker. */
typedef struct
{
  GMutex lock;
  GList *list;              /* of wakers */
  atomic_uint n;            /* their number, which changes under the lock */
} QEventWakers;

void q_event_wakers_init  (QEventWakers *wakers);
void q_event_wakers_clear (QEventWakers *wakers);

/* Makes all wakers ready, and with them the sources whose children they are. A
 * source that is not attached to a context yet needs no waking: it looks for
 * events when it is attached. */
void q_event_wakers_wake_all (QEventWakers *wakers);

/* Most queues have no such source: then a push takes no second lock. */
static inline void
q_event_wakers_wake (QEventWakers *wakers)
{
  if (atomic_load (&wakers->n) > 0)
    q_event_wakers_wake_all (wakers);
}

/* Makes a waker, to be added to a source as a child, and to be unreffed. It keeps
 * a reference to @owner, of which @wakers is a part, as long as it is listed. */
GSource *q_event_waker_new (QEventWakers *wakers,
                            GObject      *owner);

/* Removes the waker from the list, if it is still there. */
void q_event_waker_unlist (GSource *waker);

G_END_DECLS
