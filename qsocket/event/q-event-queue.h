/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-event.h"

G_BEGIN_DECLS

#define Q_TYPE_EVENT_QUEUE (q_event_queue_get_type ())

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
QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QEventQueue, q_event_queue, Q, EVENT_QUEUE, GObject)

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
QSOCKET_AVAILABLE_IN_1_0
QEventQueue *q_event_queue_new (void);

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
QSOCKET_AVAILABLE_IN_1_0
QEventQueue *q_event_queue_new_bounded (guint max_length);

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
QSOCKET_AVAILABLE_IN_1_0
QEventQueue *q_event_queue_new_for_async_queue (GAsyncQueue *queue);

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
QSOCKET_AVAILABLE_IN_1_0
GAsyncQueue *q_event_queue_get_async_queue (QEventQueue *self);

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
QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_event_queue_pop (QEventQueue *self);

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
QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_event_queue_try_pop (QEventQueue *self);

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
QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_event_queue_timeout_pop (QEventQueue *self,
                                         int          timeout_ms);

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
QSOCKET_AVAILABLE_IN_1_0
guint q_event_queue_get_length (QEventQueue *self);

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
QSOCKET_AVAILABLE_IN_1_0
GSource *q_event_queue_create_source (QEventQueue  *self,
                                      GCancellable *cancellable);

G_END_DECLS
