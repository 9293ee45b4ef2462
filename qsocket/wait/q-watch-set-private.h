/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-poller-private.h"

G_BEGIN_DECLS

/* The descriptors that the waiters of one context wait for: in an epoll descriptor, which
 * reports each once, or else polled for by the context. Under the poller's lock. */
typedef struct
{
  GSource *source;        /* which polls */
  GPollFD poll;           /* for the epoll descriptor; fd: -1 without one */
  int generation;         /* of the process that made it */
  GHashTable *watches;    /* of the descriptors in it: the first of each */
  QWatch *polled;         /* those that the context polls for itself */
} QWatchSet;

void q_watch_set_init         (QWatchSet *self,
                               GSource   *source);

void q_watch_set_clear        (QWatchSet *self);

/* Without the epoll descriptor nothing is reported any more. */
void q_watch_set_close        (QWatchSet *self);

/* To be called before the others, if the process may have forked. */
void q_watch_set_renew_after_fork (QWatchSet *self);

void q_watch_set_add          (QWatchSet *self,
                               QWatch    *watch);

void q_watch_set_remove       (QWatchSet *self,
                               QWatch    *watch);

/* Asks again for what the watches of @fd wait for, which begin at @first. */
void q_watch_set_renew        (QWatchSet *self,
                               int        fd,
                               QWatch    *first);

G_END_DECLS
