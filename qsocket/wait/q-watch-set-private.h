/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One descriptor and the events to watch it for. The set links it, so it must stay where
 * it is until it is removed. */
typedef struct _QWatch QWatch;

struct _QWatch
{
  GPollFD poll;
  gpointer owner;         /* for the user of the set: what the events are for */

  /* the set's own */
  QWatch *next;           /* in the list for the same descriptor, or in QWatchSet.polled */
  gboolean is_polled;     /* it is in QWatchSet.polled */
};

/* What a GSource watches: most descriptors through one epoll descriptor that the source
 * polls, and which reports each of them once (EPOLLONESHOT). Those that cannot be
 * registered there, such as regular files, are polled by the source itself; it does the
 * same with all of them while the process has no descriptor left for epoll.
 *
 * The set has no lock; its user calls it under one. */
typedef struct
{
  GSource *source;
  GPollFD poll;           /* for the epoll descriptor; fd is -1 without one */
  int generation;         /* q_fork_get_generation () when the epoll descriptor was made */
  GHashTable *watches;    /* from a descriptor in epoll to the first watch for it */
  QWatch *polled;         /* the first watch that the source polls itself */
} QWatchSet;

void q_watch_set_init             (QWatchSet *self,
                                   GSource   *source);

void q_watch_set_clear            (QWatchSet *self);

/* Closes the epoll descriptor: nothing is reported any more. */
void q_watch_set_close            (QWatchSet *self);

/* Gives the child of a fork an epoll descriptor of its own. To be called before the set
 * is used, wherever the process may have forked since. */
void q_watch_set_renew_after_fork (QWatchSet *self);

void q_watch_set_add              (QWatchSet *self,
                                   QWatch    *watch);

void q_watch_set_remove           (QWatchSet *self,
                                   QWatch    *watch);

/* Asks the kernel to report @fd again, for all that its watches, a list that begins at
 * @first, are watching it for. */
void q_watch_set_rearm            (QWatchSet *self,
                                   int        fd,
                                   QWatch    *first);

G_END_DECLS
