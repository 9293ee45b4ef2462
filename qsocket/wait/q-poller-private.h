/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-wait-private.h"
#include "q-watch-set-private.h"

G_BEGIN_DECLS

/* What the asynchronous operations of one main context wait with. With a GSource for each
 * operation every iteration of the context would look at every one of them. Instead all
 * of them share one source, which has an epoll descriptor and a heap of deadlines, and a
 * second source for each priority, which runs what is ready. A context gets its poller
 * when it first needs one, and frees it with its other sources. */
typedef struct _QPoller QPoller;
typedef struct _QReadyQueue QReadyQueue;
typedef struct _QPollerEntry QPollerEntry;

typedef enum
{
  Q_POLLER_ENTRY_IDLE,    /* in no list: not started, running, or at its end */
  Q_POLLER_ENTRY_WAITING,
  Q_POLLER_ENTRY_READY,   /* will run when its turn comes */
} QPollerEntryState;

/* One operation in a poller. It is embedded in the operation's own structure, which sets
 * run and drop; the rest belongs to the poller. */
struct _QPollerEntry
{
  /* Called in the context, once after q_poller_entry_start () and once after each
   * q_poller_entry_wait (). It either waits again or clears the entry. */
  void (*run) (QPollerEntry *self);

  /* Called instead when the context is freed first. The entry is not to be cleared then. */
  void (*drop) (QPollerEntry *self);

  QPoller *poller;
  QReadyQueue *ready_queue;
  GList link;             /* in the list of the poller that belongs to @state */
  QPollerEntryState state;
  gint64 until;
  guint heap_index;       /* in the heap of deadlines, from 1; 0: it is not there */
  guint n_watches;
  QWatch *watches;        /* &one, or an array */
  QWatch one;
};

/* Puts @self into the poller of the caller's thread-default context. */
void q_poller_entry_init  (QPollerEntry *self,
                           int           priority);

/* Takes it out for good. To be called while it runs. */
void q_poller_entry_clear (QPollerEntry *self);

/* Lets it run for the first time. */
void q_poller_entry_start (QPollerEntry *self);

/* Lets it run again when one of the descriptors is ready or @until has come. To be called
 * while it runs. */
void q_poller_entry_wait  (QPollerEntry *self,
                           const QWait  *wait,
                           gint64        until);

/* If it waits, lets it run without waiting any longer. From any thread. */
void q_poller_entry_wake  (QPollerEntry *self);

G_END_DECLS
