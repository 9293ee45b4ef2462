/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-event-queue.h"

#include "q-deadline-private.h"
#include "q-event-queue-private.h"
#include "q-socket-event-private.h"

struct _QEventQueue
{
  GObject parent_instance;

  GAsyncQueue *queue;
  guint max_length;             /* 0: no bound */

  /* event-ready: one source for the life of the object, made at the first push
   * that a handler waits for. Whoever turns announced on owns ready_source until
   * the source's dispatch turns it off again. */
  GMainContext *context;
  GSource *ready_source;
  int announced;                /* atomic */

  /* The wakers of the sources that create_source () made. */
  GMutex wakers_lock;
  GList *wakers;
  int n_wakers;                 /* atomic; changes under the lock */
};

typedef enum
{
  PROP_MAX_LENGTH = 1,
  N_PROPERTIES,
} QEventQueueProperty;

static GParamSpec *properties[N_PROPERTIES];

enum
{
  EVENT_READY,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/**
 * QEventQueue:
 *
 * A queue in which one or more sockets collect their events.
 *
 * [method@QSocket.Socket.set_event_queue] makes a socket push its events. They come out in the
 * order in which they were pushed; those of one socket in the order in which they happened.
 * Pushing, popping and waiting are safe from any thread, and a push never waits for a consumer.
 *
 * There are three ways to consume:
 *
 * - a thread of its own that calls [method@QSocket.EventQueue.pop] or
 *   [method@QSocket.EventQueue.timeout_pop];
 * - a main loop, through [signal@QSocket.EventQueue::event-ready] or a source from
 *   [method@QSocket.EventQueue.create_source];
 * - a look now and then with [method@QSocket.EventQueue.try_pop].
 *
 * Every event goes to one consumer only. So a consumer that was told of events may find that
 * another one was faster.
 *
 * ## Bounds
 *
 * A queue that nobody empties grows without end. One from [ctor@QSocket.EventQueue.new_bounded]
 * does not: when it is full, the oldest events give way to a single event of the type
 * `OVERFLOW`, whose [method@QSocket.SocketEvent.get_read] is the number of events that are
 * missing at its place. Later losses add to that number until the event is popped. Together the
 * events popped and the losses that they tell of are always all that was pushed.
 *
 * What a blocked consumer is about to take does not count as waiting in the queue.
 *
 * Since: 1.0
 */

/**
 * QEventQueue:max-length:
 *
 * The number of events at which the queue is full; 0 if it has no bound.
 *
 * Since: 1.0
 */

/**
 * QEventQueue::event-ready:
 * @self: the queue
 *
 * Emitted when events wait.
 *
 * It is emitted in the `GMainContext` that was the thread's default when the queue was made,
 * whatever thread pushed, and needs a main loop that runs there. The pushes until then share one
 * emission. There is none if another consumer has emptied the queue meanwhile.
 *
 * A handler takes all there is, since events that it leaves behind are not announced again before
 * the next push:
 *
 * ```c
 * static void
 * event_ready_cb (QEventQueue *queue)
 * {
 *   QSocketEvent *event;
 *
 *   while ((event = q_event_queue_try_pop (queue)) != NULL)
 *     {
 *       g_print ("%s\n", q_socket_event_get_event_name (event));
 *       q_socket_event_unref (event);
 *     }
 * }
 * ```
 *
 * Only a push that finds a handler connected leads to an emission. If events may have come
 * before, empty the queue once after connecting.
 *
 * What C code pushes straight into the `GAsyncQueue` is not announced.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (QEventQueue, q_event_queue, G_TYPE_OBJECT)

/* The source behind event-ready. Its hold on the queue is weak: a program that
 * never iterates its context never dispatches it, and must not keep the queue
 * and all events in it for ever. */
typedef struct
{
  GSource source;
  GWeakRef queue;
} ReadySource;

static gboolean
ready_source_dispatch (GSource     *source,
                       GSourceFunc  callback,
                       gpointer     user_data)
{
  ReadySource *ready = (ReadySource *) source;
  g_autoptr (QEventQueue) self = g_weak_ref_get (&ready->queue);

  if (self == NULL)
    return G_SOURCE_REMOVE;

  /* In this order: a push that finds announced off sets the ready time again,
   * and one that found it on came before the look at the length. */
  g_source_set_ready_time (source, -1);
  g_atomic_int_set (&self->announced, FALSE);

  if (q_event_queue_get_length (self) > 0)
    g_signal_emit (self, signals[EVENT_READY], 0);

  return G_SOURCE_CONTINUE;
}

static void
ready_source_finalize (GSource *source)
{
  g_weak_ref_clear (&((ReadySource *) source)->queue);
}

static GSourceFuncs ready_source_funcs = {
  .dispatch = ready_source_dispatch,
  .finalize = ready_source_finalize,
};

static GSource *
ready_source_new (QEventQueue *self)
{
  GSource *source = g_source_new (&ready_source_funcs, sizeof (ReadySource));

  g_weak_ref_init (&((ReadySource *) source)->queue, self);
  g_source_set_static_name (source, "QEventQueue::event-ready");
  g_source_attach (source, self->context);

  return source;
}

static void
announce (QEventQueue *self)
{
  if (g_atomic_int_get (&self->announced) ||
      !g_signal_has_handler_pending (self, signals[EVENT_READY], 0, TRUE) ||
      !g_atomic_int_compare_and_exchange (&self->announced, FALSE, TRUE))
    return;

  if (self->ready_source == NULL)
    self->ready_source = ready_source_new (self);

  g_source_set_ready_time (self->ready_source, 0);
}

/* How a push wakes the context of a source from another thread. Each source has
 * a child, its waker, that the queue knows and makes ready. The child is there
 * for what destroying the source does to it: GLib drops the callback data of a
 * child at once, and before it frees a context whose sources it destroys. That
 * is the moment when the waker leaves the queue's list, so that what is found in
 * the list under the lock has a context that is still whole, whoever holds
 * references to the source. */
typedef struct
{
  GSource source;
  QEventQueue *queue;           /* NULL when it left the list */
  GList link;
} Waker;

static void
waker_leave (gpointer data)
{
  Waker *waker = data;
  g_autoptr (QEventQueue) self = g_steal_pointer (&waker->queue);

  if (self == NULL)
    return;

  g_mutex_lock (&self->wakers_lock);
  self->wakers = g_list_remove_link (self->wakers, &waker->link);
  g_atomic_int_add (&self->n_wakers, -1);
  g_mutex_unlock (&self->wakers_lock);
}

static gboolean
waker_dispatch (GSource     *source,
                GSourceFunc  callback,
                gpointer     user_data)
{
  g_source_set_ready_time (source, -1);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs waker_funcs = {
  .dispatch = waker_dispatch,
};

static Waker *
waker_new (QEventQueue *self)
{
  GSource *source = g_source_new (&waker_funcs, sizeof (Waker));
  Waker *waker = (Waker *) source;

  waker->queue = g_object_ref (self);
  waker->link.data = source;
  g_source_set_static_name (source, "QEventQueue waker");
  g_source_set_callback (source, NULL, waker, waker_leave);

  g_mutex_lock (&self->wakers_lock);
  self->wakers = g_list_concat (&waker->link, self->wakers);
  g_atomic_int_inc (&self->n_wakers);
  g_mutex_unlock (&self->wakers_lock);

  return waker;
}

/* A source that is not attached yet needs no waking: attaching comes before its
 * first look at the length, which then sees what was pushed. */
static void
wake_sources (QEventQueue *self)
{
  g_mutex_lock (&self->wakers_lock);

  for (GList *l = self->wakers; l != NULL; l = l->next)
    g_source_set_ready_time (l->data, 0);

  g_mutex_unlock (&self->wakers_lock);
}

typedef struct
{
  GSource source;
  QEventQueue *queue;
  GCancellable *cancellable;
  Waker *waker;
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

  /* A waker makes its parent ready too, when another thread may have taken the
   * event already. */
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

  /* A source that was never attached still has its waker in the list. */
  waker_leave (self->waker);
  g_source_unref (&self->waker->source);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->queue);
}

/* These two serve g_source_set_closure (). GLib's general marshaller cannot do
 * this one, since it counts on an instance among the arguments. */
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

static void
q_event_queue_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  QEventQueue *self = Q_EVENT_QUEUE (object);

  switch ((QEventQueueProperty) prop_id)
    {
    case PROP_MAX_LENGTH:
      g_value_set_uint (value, self->max_length);
      break;

    case N_PROPERTIES:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
q_event_queue_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  QEventQueue *self = Q_EVENT_QUEUE (object);

  switch ((QEventQueueProperty) prop_id)
    {
    case PROP_MAX_LENGTH:
      self->max_length = g_value_get_uint (value);
      break;

    case N_PROPERTIES:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
q_event_queue_finalize (GObject *object)
{
  QEventQueue *self = Q_EVENT_QUEUE (object);

  /* The sources of create_source () hold references, so none is left. */
  g_assert (self->wakers == NULL);

  if (self->ready_source != NULL)
    {
      g_source_destroy (self->ready_source);
      g_source_unref (self->ready_source);
    }

  g_mutex_clear (&self->wakers_lock);
  g_main_context_unref (self->context);
  g_async_queue_unref (self->queue);

  G_OBJECT_CLASS (q_event_queue_parent_class)->finalize (object);
}

static void
q_event_queue_class_init (QEventQueueClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = q_event_queue_get_property;
  object_class->set_property = q_event_queue_set_property;
  object_class->finalize = q_event_queue_finalize;

  properties[PROP_MAX_LENGTH] =
    g_param_spec_uint ("max-length", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[EVENT_READY] =
    g_signal_new ("event-ready",
                  G_TYPE_FROM_CLASS (klass),
                  G_SIGNAL_RUN_LAST,
                  0, NULL, NULL, NULL,
                  G_TYPE_NONE, 0);
}

static void
q_event_queue_init (QEventQueue *self)
{
  self->queue = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->wakers_lock);
}

/**
 * q_event_queue_new:
 *
 * Creates an empty queue without a bound.
 *
 * [signal@QSocket.EventQueue::event-ready] will be emitted in the current thread-default
 * `GMainContext`.
 *
 * Returns: (transfer full): a new queue
 *
 * Since: 1.0
 */
QEventQueue *
q_event_queue_new (void)
{
  return g_object_new (Q_TYPE_EVENT_QUEUE, NULL);
}

/**
 * q_event_queue_new_bounded:
 * @max_length: the largest number of events in the queue, at least 1
 *
 * Creates an empty queue that drops its oldest events when it is full.
 *
 * The `OVERFLOW` event that tells of the loss counts as one of @max_length. Hence the first loss
 * in a row takes two events, and a full queue of length 1 has room for nothing but the
 * `OVERFLOW` event: until that is popped, new events only add to its number.
 *
 * All else is as with [ctor@QSocket.EventQueue.new].
 *
 * Returns: (transfer full): a new queue
 *
 * Since: 1.0
 */
QEventQueue *
q_event_queue_new_bounded (guint max_length)
{
  g_return_val_if_fail (max_length > 0, NULL);

  return g_object_new (Q_TYPE_EVENT_QUEUE, "max-length", max_length, NULL);
}

/**
 * q_event_queue_new_for_async_queue: (skip)
 * @queue: (transfer none): a queue of `QSocketEvent *`
 *
 * Creates a queue without a bound around a `GAsyncQueue`.
 *
 * The new object holds a reference to @queue. Each item is a reference to an event, so whoever
 * pops one owns it, and @queue ought to be made with [func@GLib.AsyncQueue.new_full] and
 * [method@QSocket.SocketEvent.unref] lest items be leaked that are left when it goes.
 *
 * [signal@QSocket.EventQueue::event-ready] and sources know of events that come through the new
 * object, that is, from sockets that have it as their event queue; a source also looks into
 * @queue whenever its main loop turns.
 *
 * Returns: (transfer full): a new queue
 *
 * Since: 1.0
 */
QEventQueue *
q_event_queue_new_for_async_queue (GAsyncQueue *queue)
{
  QEventQueue *self;

  g_return_val_if_fail (queue != NULL, NULL);

  self = g_object_new (Q_TYPE_EVENT_QUEUE, NULL);
  g_async_queue_unref (self->queue);
  self->queue = g_async_queue_ref (queue);

  return self;
}

/**
 * q_event_queue_get_async_queue: (skip)
 * @self: a queue
 *
 * Gets the `GAsyncQueue` that holds the events.
 *
 * Its items are of type `QSocketEvent *`; whoever pops one owns it. Popping from it directly is
 * the same as popping from @self. Pushing into it directly skips the bound, and the wake-up of
 * main loops.
 *
 * Returns: (transfer none): the queue inside; lives as long as @self, unless you add a reference
 *
 * Since: 1.0
 */
GAsyncQueue *
q_event_queue_get_async_queue (QEventQueue *self)
{
  g_return_val_if_fail (Q_IS_EVENT_QUEUE (self), NULL);

  return self->queue;
}

/* How many events were lost when @event is dropped. */
static guint64
n_lost_with (QSocketEvent *event)
{
  if (q_socket_event_get_event_type (event) != Q_SOCKET_EVENT_TYPE_OVERFLOW)
    return 1;

  return (guint64) q_socket_event_get_read (event);
}

/* Makes room for @event and the notice of the gap, and adds them; a queue of one
 * has room for the notice only. What is dropped is freed after the lock is given
 * back, since that may run code of the owner of some header bytes.
 *
 * The length that GAsyncQueue gives leaves out what waiting threads are about to
 * take, which is right here: those events are no longer waiting. */
static void
push_bounded (QEventQueue  *self,
              QSocketEvent *event)
{
  GSList *dropped = NULL;
  guint64 n_lost = 0;

  g_async_queue_lock (self->queue);

  if (g_async_queue_length_unlocked (self->queue) < (gint64) self->max_length)
    {
      g_async_queue_push_unlocked (self->queue, event);
      g_async_queue_unlock (self->queue);
      return;
    }

  while (g_async_queue_length_unlocked (self->queue) > MAX ((gint64) self->max_length - 2, 0))
    {
      dropped = g_slist_prepend (dropped, g_async_queue_try_pop_unlocked (self->queue));
      n_lost += n_lost_with (dropped->data);
    }

  if (self->max_length == 1)
    {
      dropped = g_slist_prepend (dropped, event);
      n_lost += n_lost_with (event);
      event = NULL;
    }

  g_async_queue_push_front_unlocked (self->queue, q_socket_event_new_overflow (n_lost));
  if (event != NULL)
    g_async_queue_push_unlocked (self->queue, event);

  g_async_queue_unlock (self->queue);

  g_slist_free_full (dropped, (GDestroyNotify) q_socket_event_unref);
}

void
q_event_queue_push (QEventQueue  *self,
                    QSocketEvent *event)
{
  if (self->max_length == 0)
    g_async_queue_push (self->queue, event);
  else
    push_bounded (self, event);

  if (g_atomic_int_get (&self->n_wakers) > 0)
    wake_sources (self);

  announce (self);
}

/**
 * q_event_queue_pop:
 * @self: a queue
 *
 * Takes the oldest event, and waits for it for ever if there is none.
 *
 * Nothing but an event ends the wait. Use [method@QSocket.EventQueue.timeout_pop] in a thread
 * that has to end.
 *
 * Returns: (transfer full): the event
 *
 * Since: 1.0
 */
QSocketEvent *
q_event_queue_pop (QEventQueue *self)
{
  g_return_val_if_fail (Q_IS_EVENT_QUEUE (self), NULL);

  return g_async_queue_pop (self->queue);
}

/**
 * q_event_queue_try_pop:
 * @self: a queue
 *
 * Takes the oldest event if there is one, without waiting.
 *
 * Returns: (transfer full) (nullable): the event, or `NULL` if the queue is empty
 *
 * Since: 1.0
 */
QSocketEvent *
q_event_queue_try_pop (QEventQueue *self)
{
  g_return_val_if_fail (Q_IS_EVENT_QUEUE (self), NULL);

  return g_async_queue_try_pop (self->queue);
}

/**
 * q_event_queue_timeout_pop:
 * @self: a queue
 * @timeout_ms: how many milliseconds to wait; negative: no limit, 0: no waiting
 *
 * Takes the oldest event, and waits for it if there is none.
 *
 * Returns: (transfer full) (nullable): the event, or `NULL` if none came in time
 *
 * Since: 1.0
 */
QSocketEvent *
q_event_queue_timeout_pop (QEventQueue *self,
                           int          timeout_ms)
{
  QDeadline deadline = q_deadline_new (timeout_ms);
  QSocketEvent *event;
  gint64 left;

  g_return_val_if_fail (Q_IS_EVENT_QUEUE (self), NULL);

  if (timeout_ms < 0)
    return g_async_queue_pop (self->queue);

  event = g_async_queue_try_pop (self->queue);
  while (event == NULL && (left = q_deadline_left (&deadline)) > 0)
    event = g_async_queue_timeout_pop (self->queue, (guint64) left);

  return event;
}

/**
 * q_event_queue_get_length:
 * @self: a queue
 *
 * Gets the number of events that wait in the queue, without those that threads which are blocked
 * in a pop are about to take.
 *
 * Other threads may change it before the call returns.
 *
 * Returns: the number of events; 0 if there are none
 *
 * Since: 1.0
 */
guint
q_event_queue_get_length (QEventQueue *self)
{
  int length;

  g_return_val_if_fail (Q_IS_EVENT_QUEUE (self), 0);

  /* Negative while threads wait for more events than there are. */
  length = g_async_queue_length (self->queue);

  return length > 0 ? (guint) length : 0;
}

/**
 * q_event_queue_create_source:
 * @self: a queue
 * @cancellable: (nullable): what also makes the source ready
 *
 * Creates a source that is ready as long as events wait, whatever thread pushed them, and once
 * when @cancellable is cancelled.
 *
 * Its callback is a `GSourceFunc`: it gets the user data only, and returns whether to keep the
 * source. Since other consumers may be faster, [method@QSocket.EventQueue.try_pop] may give it
 * nothing. A callback that leaves events in the queue is called again at once.
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
  queue_source->waker = waker_new (self);
  g_source_add_child_source (source, &queue_source->waker->source);

  if (cancellable != NULL)
    {
      g_autoptr (GSource) child = g_cancellable_source_new (cancellable);

      queue_source->cancellable = g_object_ref (cancellable);
      g_source_set_dummy_callback (child);
      g_source_add_child_source (source, child);
    }

  return source;
}
