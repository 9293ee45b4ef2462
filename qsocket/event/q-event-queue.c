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

  /* The source that emits event-ready. It is made by the first push that finds a
   * handler connected, and lives as long as the queue. The push that sets
   * announced may use ready_source, until the dispatch of the source clears it. */
  GMainContext *context;
  GSource *ready_source;
  atomic_bool announced;        /* an emission is to come */

  QEventWakers wakers;          /* of the sources that create_source () made */
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
 * - polling with [method@QSocket.EventQueue.try_pop].
 *
 * Every event goes to one consumer only. So a consumer that was woken may find that another one
 * has taken the events already.
 *
 * ## Bounds
 *
 * A queue from which no events are taken grows without end. One from
 * [ctor@QSocket.EventQueue.new_bounded] does not: when it is full, the oldest events are replaced
 * by a single event of the type `OVERFLOW`, whose [method@QSocket.SocketEvent.get_read] is the
 * number of events that are missing at its place. Later losses add to that number until the event
 * is popped. So the events popped and the losses that they tell of add up to all that was pushed.
 *
 * An event that a blocked consumer is about to take does not count for the bound.
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
 * Emitted when there are events in the queue.
 *
 * It is emitted in the `GMainContext` that was the thread's default when the queue was made,
 * whatever thread pushed, and needs a main loop that runs there. All pushes before an emission
 * share it. There is none if another consumer has emptied the queue meanwhile.
 *
 * A handler should take all events: those that it leaves in the queue cause no emission before the
 * next push:
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
 * Events that C code pushes directly into the `GAsyncQueue` cause no emission.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (QEventQueue, q_event_queue, G_TYPE_OBJECT)

/* The source that emits event-ready. Its reference to the queue is weak: if it were
 * strong, a program that never iterates the context would keep the queue and all
 * events in it for ever. */
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

  /* No event is missed. A push that still finds announced set has added its event
   * before the length is read below. A push that finds it cleared sets the ready
   * time again, which is why that is reset before. */
  g_source_set_ready_time (source, -1);
  atomic_store (&self->announced, FALSE);

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

/* Leads to an emission of event-ready, if a handler is connected. */
static void
announce (QEventQueue *self)
{
  if (atomic_load (&self->announced) ||
      !g_signal_has_handler_pending (self, signals[EVENT_READY], 0, TRUE) ||
      atomic_exchange (&self->announced, TRUE))
    return;

  if (self->ready_source == NULL)
    self->ready_source = ready_source_new (self);

  g_source_set_ready_time (self->ready_source, 0);
}

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

  if (self->ready_source != NULL)
    {
      g_source_destroy (self->ready_source);
      g_source_unref (self->ready_source);
    }

  q_event_wakers_clear (&self->wakers);
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
  q_event_wakers_init (&self->wakers);
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
 * The `OVERFLOW` event that tells of the loss counts as one of @max_length. Hence the first push
 * into a full queue drops two events, and a full queue of length 1 has room for nothing but the
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
 * The new object holds a reference to @queue. Each item is a reference to an event, which popping
 * it transfers to the caller. @queue ought to be made by [func@GLib.AsyncQueue.new_full] with
 * [method@QSocket.SocketEvent.unref], so that items that are left in it are freed with it.
 *
 * Events that come through the new object, that is, from sockets that have it as their event
 * queue, make sources ready and lead to [signal@QSocket.EventQueue::event-ready]. A source also
 * finds other events in @queue, but not before the next iteration of its main loop.
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
 * Its items are references to events, of type `QSocketEvent *`; popping an item transfers the
 * reference to the caller. Popping from it directly is the same as popping from @self. Pushing into
 * it directly ignores the bound and wakes no main loop.
 *
 * Returns: (transfer none): the `GAsyncQueue`; lives as long as @self, unless you add a reference
 *
 * Since: 1.0
 */
GAsyncQueue *
q_event_queue_get_async_queue (QEventQueue *self)
{
  g_return_val_if_fail (Q_IS_EVENT_QUEUE (self), NULL);

  return self->queue;
}

/* How many events are lost if @event is dropped. */
static guint64
n_lost_with (QSocketEvent *event)
{
  if (q_socket_event_get_event_type (event) != Q_SOCKET_EVENT_TYPE_OVERFLOW)
    return 1;

  return (guint64) q_socket_event_get_read (event);
}

/* Adds @event. If the queue is full, drops the oldest events to make room for it and
 * for an OVERFLOW event that tells how many are missing; a queue of length 1 has
 * room for the latter only, so there @event is dropped too. Dropped events are
 * freed when the lock is released, since the bytes of their headers may have been
 * made with a free function of the program, which may do anything.
 *
 * g_async_queue_length () does not count events that threads which are blocked in a
 * pop are about to take, and the bound is for those that stay. */
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

  q_event_wakers_wake (&self->wakers);
  announce (self);
}

QEventWakers *
q_event_queue_get_wakers (QEventQueue *self)
{
  return &self->wakers;
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
 * Gets the number of events in the queue, without those that blocked consumers are about to take.
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
