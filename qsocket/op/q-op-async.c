/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-async-private.h"

#include "q-poller-private.h"

#include <gio/gio.h>

/* How many steps one operation may take before the other sources of the context get
 * their turn. */
#define MAX_STEPS_PER_TURN 16

/* Wakes the operation when its cancellable is cancelled. The handler of the signal may run in
 * another thread when the operation ends, so it gets a structure that can outlive the
 * operation. This is no GCancellableSource, since one that ends at that moment leaks. */
typedef struct
{
  gatomicrefcount ref_count;  /* one for the operation, one for the signal handler */
  GMutex lock;                /* for @entry */
  QPollerEntry *entry;        /* NULL when the operation has ended */
} Waker;

typedef struct
{
  QPollerEntry entry;
  QOp *op;
  QDeadline deadline;
  GCancellable *cancellable;
  gulong cancelled_id;
  Waker *waker;
  QOpDoneFunc done;
  gpointer user_data;
  gboolean has_polled_late;   /* waited once, with no time, after the deadline had passed */
} QOpDriver;

static void
waker_unref (Waker *waker)
{
  if (!g_atomic_ref_count_dec (&waker->ref_count))
    return;

  g_mutex_clear (&waker->lock);
  g_free (waker);
}

static void
cancelled_cb (GCancellable *cancellable,
              Waker        *waker)
{
  g_mutex_lock (&waker->lock);
  if (waker->entry != NULL)
    q_poller_entry_wake (waker->entry);
  g_mutex_unlock (&waker->lock);
}

static void
watch_cancellable (QOpDriver    *self,
                   GCancellable *cancellable)
{
  Waker *waker = g_new0 (Waker, 1);

  g_atomic_ref_count_init (&waker->ref_count);
  g_mutex_init (&waker->lock);
  waker->entry = &self->entry;
  self->waker = waker;
  self->cancellable = g_object_ref (cancellable);

  g_atomic_ref_count_inc (&waker->ref_count);
  self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), waker,
                                              (GDestroyNotify) waker_unref);
}

/* g_cancellable_disconnect () would wait for a handler that runs in another thread. There is no
 * need to: the handler finds that @entry is NULL. */
static void
unwatch_cancellable (QOpDriver *self)
{
  if (self->cancellable == NULL)
    return;

  g_mutex_lock (&self->waker->lock);
  self->waker->entry = NULL;
  g_mutex_unlock (&self->waker->lock);

  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (self->cancellable, self->cancelled_id);
  g_clear_pointer (&self->waker, waker_unref);
  g_clear_object (&self->cancellable);
}

static void
wait (QOpDriver *self)
{
  const QWait *what = &self->op->wait;

  q_poller_entry_wait (&self->entry, what, MIN (what->until, self->deadline.at));

  /* A cancel that came since the last check found the entry not waiting, and did not wake it. */
  if (g_cancellable_is_cancelled (self->cancellable))
    q_poller_entry_wake (&self->entry);
}

/* Takes the next step without waiting, but after the other sources that are ready. */
static void
go_on_later (QOpDriver *self)
{
  static const QWait nothing = { .n_fds = 0 };

  q_poller_entry_wait (&self->entry, &nothing, 0);
}

static void
driver_free (QOpDriver *self)
{
  unwatch_cancellable (self);
  g_free (self);
}

static void
finish (QOpDriver *self,
        GError    *error)
{
  QOp *op = self->op;
  QOpDoneFunc done = self->done;
  gpointer user_data = self->user_data;

  if (error != NULL && op->klass->abandon != NULL)
    op->klass->abandon (op);

  /* The callback may free the operation or start it anew, so the driver is freed before. */
  q_poller_entry_clear (&self->entry);
  driver_free (self);
  done (op, error, user_data);
}

static void
run (QPollerEntry *entry)
{
  QOpDriver *self = (QOpDriver *) entry;
  QOp *op = self->op;
  QStep step = Q_STEP_AGAIN;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, &op->error))
    {
      finish (self, g_steal_pointer (&op->error));
      return;
    }

  for (int i = 0; step == Q_STEP_AGAIN && i < MAX_STEPS_PER_TURN; i++)
    step = op->klass->step (op);

  /* A call with a timeout of 0 uses what is ready, so it polls once without waiting. */
  if (step == Q_STEP_WAIT && q_deadline_left (&self->deadline) == 0)
    {
      if (self->has_polled_late)
        step = q_op_time_out (op);
      self->has_polled_late = TRUE;
    }
  else if (step == Q_STEP_AGAIN && q_deadline_is_overrun (&self->deadline))
    {
      step = q_op_time_out (op);
    }

  if (step == Q_STEP_WAIT)
    wait (self);
  else if (step == Q_STEP_AGAIN)
    go_on_later (self);
  else
    finish (self, g_steal_pointer (&op->error));
}

static void
drop (QPollerEntry *entry)
{
  driver_free ((QOpDriver *) entry);
}

void
q_op_start (QOp          *op,
            int           timeout_ms,
            int           io_priority,
            GCancellable *cancellable,
            QOpDoneFunc   done,
            gpointer      user_data)
{
  QOpDriver *self = g_new0 (QOpDriver, 1);

  op->timeout_ms = timeout_ms;
  self->entry.run = run;
  self->entry.drop = drop;
  self->op = op;
  self->deadline = q_deadline_new (timeout_ms);
  q_deadline_get (&self->deadline);
  self->done = done;
  self->user_data = user_data;

  q_poller_entry_init (&self->entry, io_priority);
  if (cancellable != NULL)
    watch_cancellable (self, cancellable);
  q_poller_entry_start (&self->entry);
}
