/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* What many operations of one main context wait with. A source for each would cost
 * every iteration of the context something for every one of them; here they share one
 * epoll descriptor, a heap of deadlines, and a source for each priority. It is made
 * when the context first needs it, and goes with the context. */
typedef struct _QPoller QPoller;
typedef struct _QLane QLane;
typedef struct _QWaiter QWaiter;

/* One descriptor that a waiter waits for. */
typedef struct _QWatch QWatch;

struct _QWatch
{
  GPollFD poll;
  QWaiter *waiter;
  QWatch *next;           /* with the same descriptor, or polled for in the same way */
  gboolean is_polled;     /* by the context itself */
};

typedef enum
{
  Q_WAITER_RUNS,          /* or is not in use */
  Q_WAITER_WAITS,
  Q_WAITER_READY,         /* and runs when its turn comes */
} QWaiterState;

/* A part of the structure of who waits, and nobody else's to look into. Runs once when
 * it has been started, and again each time after it asked for something. */
struct _QWaiter
{
  void (*run) (QWaiter *self);

  /* The context went before it was over. */
  void (*drop) (QWaiter *self);

  QPoller *poller;
  QLane *lane;
  GList link;             /* in the list of its state */
  QWaiterState state;
  guint place;            /* in the heap, from 1; 0: not there */
  gint64 until;
  guint n_watches;
  QWatch *watches;        /* &one, or an array */
  QWatch one;
};

/* For the caller's thread-default context. */
void q_waiter_init (QWaiter *self,
                    int      priority);

/* Lets it run there. */
void q_waiter_start (QWaiter *self);

/* Lets it run when one of the descriptors is ready or @until has come. */
void q_waiter_wait (QWaiter     *self,
                    const QWait *wait,
                    gint64       until);

/* Lets it run soon, from any thread, if it waits. */
void q_waiter_wake (QWaiter *self);

/* It runs for the last time. */
void q_waiter_finish (QWaiter *self);

G_END_DECLS
