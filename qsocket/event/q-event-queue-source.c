/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-event-queue-private.h"

/* The source that is ready as long as its queue has events. */
typedef struct
{
  GSource source;
  QEventQueue *queue;
  GCancellable *cancellable;
  GSource *waker;
} QueueSource;

static gboolean
queue_source_check (GSource *source)
{
  return q_event_queue_get_length (((QueueSource *) source)->queue) > 0;
}

static gboolean
queue_source_prepare (GSource *source,
                      int     *timeout)
{
  *timeout = -1;

  return queue_source_check (source);
}

static gboolean
queue_source_dispatch (GSource     *source,
                       GSourceFunc  callback,
                       gpointer     user_data)
{
  QueueSource *self = (QueueSource *) source;

  /* The waker of a push makes this source ready too, but another consumer may have
   * taken the event since. */
  if (!queue_source_check (source) && !g_cancellable_is_cancelled (self->cancellable))
    return G_SOURCE_CONTINUE;

  if (callback == NULL)
    {
      g_warning ("The source of a QEventQueue has no callback: call g_source_set_callback().");
      return G_SOURCE_REMOVE;
    }

  return callback (user_data);
}

static void
queue_source_finalize (GSource *source)
{
  QueueSource *self = (QueueSource *) source;

  /* A source that is freed without having been destroyed, because it was never
   * attached, still has its waker in the list. */
  q_event_waker_unlist (self->waker);
  g_source_unref (self->waker);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->queue);
}

/* This function and the next one make g_source_set_closure () work, which language
 * bindings use. GLib's generic marshaller cannot be used here, because it expects
 * that the first argument of a closure is an object, and this one has none. */
static void
queue_source_closure_marshal (GClosure     *closure,
                              GValue       *result,
                              guint         n_arguments,
                              const GValue *arguments,
                              gpointer      hint,
                              gpointer      marshal_data)
{
  GSourceFunc callback = G_SOURCE_FUNC (((GCClosure *) closure)->callback);

  g_value_set_boolean (result, callback (closure->data));
}

static gboolean
queue_source_closure_callback (gpointer data)
{
  g_auto (GValue) result = G_VALUE_INIT;

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_closure_invoke (data, &result, 0, NULL, NULL);

  return g_value_get_boolean (&result);
}

static GSourceFuncs queue_source_funcs = {
  .prepare = queue_source_prepare,
  .check = queue_source_check,
  .dispatch = queue_source_dispatch,
  .finalize = queue_source_finalize,
  .closure_callback = queue_source_closure_callback,
  .closure_marshal = (GSourceDummyMarshal) queue_source_closure_marshal,
};

/**
 * q_event_queue_create_source:
 * @self: a queue
 * @cancellable: (nullable): what also makes the source ready
 *
 * Creates a source that is ready as long as there are events in the queue, whatever thread pushed
 * them, and once when @cancellable is cancelled.
 *
 * Its callback is a `GSourceFunc`: it gets the user data only, and returns whether to keep the
 * source. As another consumer may have taken the events already,
 * [method@QSocket.EventQueue.try_pop] may return `NULL` there. A callback that leaves events in the
 * queue is called again at once.
 *
 * The source is not attached to a context yet. It holds a reference to @self. There may be any
 * number of sources, also in different contexts.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 1.0
 */
GSource *
q_event_queue_create_source (QEventQueue  *self,
                             GCancellable *cancellable)
{
  GSource *source;
  QueueSource *queue_source;

  g_return_val_if_fail (Q_IS_EVENT_QUEUE (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  source = g_source_new (&queue_source_funcs, sizeof (QueueSource));
  g_source_set_static_name (source, "QEventQueue source");

  queue_source = (QueueSource *) source;
  queue_source->queue = g_object_ref (self);
  queue_source->waker = q_event_waker_new (q_event_queue_get_wakers (self), G_OBJECT (self));
  g_source_add_child_source (source, queue_source->waker);

  if (cancellable != NULL)
    {
      g_autoptr (GSource) child = g_cancellable_source_new (cancellable);

      queue_source->cancellable = g_object_ref (cancellable);
      g_source_set_dummy_callback (child);
      g_source_add_child_source (source, child);
    }

  return source;
}
