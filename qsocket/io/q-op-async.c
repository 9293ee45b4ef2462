/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-private.h"

#include <gio/gio.h>

/* How many steps in a row one operation may take before the other sources of
 * the context get their turn. */
#define STEPS_IN_A_ROW 16

/* What a cancellable wakes. It may outlive the source: another thread may be in
 * the middle of cancelling. (A GCancellableSource that ends just then leaks.) */
typedef struct
{
  gatomicrefcount ref_count;
  GMutex lock;
  GSource *source;        /* NULL when it is not to be woken any more */
} Waker;

typedef struct
{
  GSource source;
  QOp *op;
  QDeadline deadline;
  GCancellable *cancellable;
  gulong cancelled_id;
  Waker *waker;
  QOpDoneFunc done;
  gpointer user_data;
  GPtrArray *tags;        /* of the descriptors that are polled for */
  gboolean asked_late;    /* polled once although the time was up */
} QOpSource;

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
  if (waker->source != NULL)
    g_source_set_ready_time (waker->source, 0);
  g_mutex_unlock (&waker->lock);
}

static void
watch_cancellable (QOpSource    *self,
                   GCancellable *cancellable)
{
  Waker *waker = g_new0 (Waker, 1);

  g_atomic_ref_count_init (&waker->ref_count);
  g_mutex_init (&waker->lock);
  waker->source = &self->source;
  self->waker = waker;
  self->cancellable = g_object_ref (cancellable);

  g_atomic_ref_count_inc (&waker->ref_count);
  self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), waker,
                                              (GDestroyNotify) waker_unref);
}

/* Does not wait for a handler that runs just now, as g_cancellable_disconnect ()
 * would: that handler finds nothing to wake. */
static void
unwatch_cancellable (QOpSource *self)
{
  if (self->cancellable == NULL)
    return;

  g_mutex_lock (&self->waker->lock);
  self->waker->source = NULL;
  g_mutex_unlock (&self->waker->lock);

  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (self->cancellable, self->cancelled_id);
  g_clear_pointer (&self->waker, waker_unref);
  g_clear_object (&self->cancellable);
}

static void
stop_polling (QOpSource *self)
{
  for (guint i = 0; i < self->tags->len; i++)
    g_source_remove_unix_fd (&self->source, g_ptr_array_index (self->tags, i));

  g_ptr_array_set_size (self->tags, 0);
}

static void
start_polling (QOpSource *self)
{
  const QWait *wait = &self->op->wait;
  gint64 until = MIN (wait->until, self->deadline.at);

  /* The POLL constants and GIOCondition have the same values. */
  for (guint i = 0; i < wait->n_fds; i++)
    g_ptr_array_add (self->tags,
                     g_source_add_unix_fd (&self->source, wait->fds[i].fd,
                                           (GIOCondition) wait->fds[i].events));

  g_source_set_ready_time (&self->source, until == Q_DEADLINE_NEVER ? -1 : until);

  /* A cancel that came meanwhile set a time that was overwritten just now. */
  if (g_cancellable_is_cancelled (self->cancellable))
    g_source_set_ready_time (&self->source, 0);
}

static gboolean
finish (QOpSource *self,
        GError    *error)
{
  QOp *op = self->op;

  if (error != NULL && op->klass->abandon != NULL)
    op->klass->abandon (op);

  /* The source goes first: whatever the callback does, it is over. */
  unwatch_cancellable (self);
  g_source_destroy (&self->source);
  self->done (op, error, self->user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
op_source_dispatch (GSource     *source,
                    GSourceFunc  callback,
                    gpointer     user_data)
{
  QOpSource *self = (QOpSource *) source;
  QOp *op = self->op;
  QStep step = Q_STEP_AGAIN;

  stop_polling (self);
  g_source_set_ready_time (source, -1);

  if (g_cancellable_set_error_if_cancelled (self->cancellable, &op->error))
    return finish (self, g_steal_pointer (&op->error));

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

  switch (step)
    {
    case Q_STEP_WAIT:
      start_polling (self);
      return G_SOURCE_CONTINUE;
    case Q_STEP_AGAIN:
      g_source_set_ready_time (source, 0);
      return G_SOURCE_CONTINUE;
    case Q_STEP_DONE:
    case Q_STEP_FAILED:
    default:
      return finish (self, g_steal_pointer (&op->error));
    }
}

static void
op_source_finalize (GSource *source)
{
  QOpSource *self = (QOpSource *) source;

  g_ptr_array_unref (self->tags);
  unwatch_cancellable (self);
}

static GSourceFuncs op_source_funcs = {
  .dispatch = op_source_dispatch,
  .finalize = op_source_finalize,
};

void
q_op_start (QOp          *op,
            int           timeout_ms,
            int           io_priority,
            GCancellable *cancellable,
            const char   *source_name,
            QOpDoneFunc   done,
            gpointer      user_data)
{
  GSource *source = g_source_new (&op_source_funcs, sizeof (QOpSource));
  QOpSource *self = (QOpSource *) source;

  op->timeout_ms = timeout_ms;
  self->op = op;
  self->deadline = q_deadline_new (timeout_ms);
  q_deadline_get (&self->deadline);
  self->done = done;
  self->user_data = user_data;
  self->tags = g_ptr_array_new ();

  g_source_set_static_name (source, source_name);
  g_source_set_priority (source, io_priority);
  g_source_set_ready_time (source, 0);
  if (cancellable != NULL)
    watch_cancellable (self, cancellable);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_source_unref (source);
}
