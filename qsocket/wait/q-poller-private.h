/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-wait-private.h"

G_BEGIN_DECLS

/* What many operations of one main context wait with. A source for each would cost
 * every iteration of the context something for every one of them; here they share one
 * epoll descriptor, a heap of deadlines, and a source for each priority. It is made
 * when the context first needs it, and goes with the context. */
typedef struct _QPoller QPoller;
typedef struct _QReadyQueue QReadyQueue;
typedef struct _QPollerEntry QPollerEntry;

/* One descriptor that a waiter waits for. */
typedef struct _QWatch QWatch;

struct _QWatch
{
  GPollFD poll;
  QPollerEntry *entry;
  QWatch *next;           /* with the same descriptor, or polled for in the same way */
  gboolean is_polled;     /* by the context itself */
};

typedef enum
{
  Q_POLLER_ENTRY_RUNS,          /* or is not in use */
  Q_POLLER_ENTRY_WAITS,
  Q_POLLER_ENTRY_READY,         /* and runs when its turn comes */
} QPollerEntryState;

/* A part of the structure of who waits, and nobody else's to look into. Runs once when
 * it has been started, and again each time after it asked for something. */
struct _QPollerEntry
{
  void (*run) (QPollerEntry *self);

  /* The context went before it was over. */
  void (*drop) (QPollerEntry *self);

  QPoller *poller;
  QReadyQueue *ready_queue;
  GList link;             /* in the list of its state */
  QPollerEntryState state;
  guint place;            /* in the heap, from 1; 0: not there */
  gint64 until;
  guint n_watches;
  QWatch *watches;        /* &one, or an array */
  QWatch one;
};

/* For the caller's thread-default context. */
void q_poller_entry_init (QPollerEntry *self,
                    int      priority);

/* Lets it run there. */
void q_poller_entry_start (QPollerEntry *self);

/* Lets it run when one of the descriptors is ready or @until has come. */
void q_poller_entry_wait (QPollerEntry     *self,
                    const QWait *wait,
                    gint64       until);

/* Lets it run soon, from any thread, if it waits. */
void q_poller_entry_wake (QPollerEntry *self);

/* It runs for the last time. */
void q_poller_entry_finish (QPollerEntry *self);

G_END_DECLS
