/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-private.h"
#include "q-poller-private.h"

#include <gio/gio.h>

/* How many steps in a row one operation may take before the other sources of
 * the context get their turn. */
#define STEPS_IN_A_ROW 16

/* What a cancellable wakes. It may outlive the operation: another thread may be in
 * the middle of cancelling. (A GCancellableSource that ends just then leaks.) */
typedef struct
{
  gatomicrefcount ref_count;
  GMutex lock;
  QPollerEntry *entry;        /* NULL when it is not to be woken any more */
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
  gboolean asked_late;    /* polled once although the time was up */
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

/* Does not wait for a handler that runs just now, as g_cancellable_disconnect ()
 * would: that handler finds nothing to wake. */
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

  /* A cancel that came meanwhile found nobody waiting. */
  if (g_cancellable_is_cancelled (self->cancellable))
    q_poller_entry_wake (&self->entry);
}

/* Without a wait, but after whatever else is ready. */
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

  /* The driver goes first: whatever the callback does, it is over. */
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

  for (int i = 0; step == Q_STEP_AGAIN && i < STEPS_IN_A_ROW; i++)
    step = op->klass->step (op);

  /* What is ready counts even for a timeout of 0, so it is asked for once. */
  if (step == Q_STEP_WAIT && q_deadline_left (&self->deadline) == 0)
    {
      if (self->asked_late)
        step = q_op_time_out (op);
      self->asked_late = TRUE;
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
