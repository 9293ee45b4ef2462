/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-events.h"

#include "q-socket-event-private.h"
#include "q-socket-events-private.h"

/* One row for each signal. */
static const struct
{
  QSocketEventType type;
  const char *name;
} signal_rows[] = {
  { Q_SOCKET_EVENT_TYPE_PACKET_READ, "packet-read" },
  { Q_SOCKET_EVENT_TYPE_PACKET_SENT, "packet-sent" },
  { Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED, "channel-closed" },
  { Q_SOCKET_EVENT_TYPE_DELETED, "deleted" },
  { Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP, "hostname-lookup" },
  { Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED, "hostname-resolved" },
  { Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE, "http-send-message" },
  { Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED, "http-message-received" },
  { Q_SOCKET_EVENT_TYPE_CONNECTING, "connecting" },
  { Q_SOCKET_EVENT_TYPE_CONNECTED, "connected" },
  { Q_SOCKET_EVENT_TYPE_START_SSL, "start-ssl" },
  { Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED, "ssl-established" },
};

/* The GObject signal id of each event type; 0 for a type that has no signal. */
static guint signals[Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED + 1];

void
q_socket_install_signals (GObjectClass *klass)
{
  for (gsize i = 0; i < G_N_ELEMENTS (signal_rows); i++)
    {
      g_assert (signal_rows[i].type < G_N_ELEMENTS (signals));
      signals[signal_rows[i].type] =
        g_signal_new (signal_rows[i].name, G_OBJECT_CLASS_TYPE (klass), G_SIGNAL_RUN_LAST, 0,
                      NULL, NULL, NULL, G_TYPE_NONE, 1, Q_TYPE_SOCKET_EVENT);
    }
}

static gboolean
has_handlers (QSocket          *self,
              QSocketEventType  type)
{
  return g_signal_has_handler_pending (self, signals[type], 0, TRUE);
}

static gboolean
has_queue (QSocket *self)
{
  return atomic_load_explicit (&self->queue, memory_order_relaxed) != NULL;
}

gboolean
q_socket_wants_event (gpointer         owner,
                      QSocketEventType type)
{
  return has_queue (owner) || has_handlers (owner, type);
}

void
q_socket_check_read_handlers (QSocket *self)
{
  atomic_store_explicit (&self->has_read_handlers,
                         has_handlers (self, Q_SOCKET_EVENT_TYPE_PACKET_READ),
                         memory_order_relaxed);
}

static QEventQueue *
ref_queue (QSocket *self)
{
  QEventQueue *queue;

  if (!has_queue (self))
    return NULL;

  /* Another thread may replace and free the queue between the check above and the reference. */
  g_mutex_lock (&self->lock);
  queue = atomic_load (&self->queue);
  if (queue != NULL)
    g_object_ref (queue);
  g_mutex_unlock (&self->lock);

  return queue;
}

static void
emit (QSocket       *self,
      const QReport *report,
      gboolean       handled)
{
  g_autoptr (QEventQueue) queue = ref_queue (self);
  g_autoptr (QSocketEvent) event = NULL;

  if (queue == NULL && !handled)
    return;

  event = q_socket_event_new (self->id, report);
  if (queue != NULL)
    q_event_queue_push (queue, q_socket_event_ref (event));
  if (handled)
    g_signal_emit (self, signals[report->type], 0, event);
}

void
q_socket_emit (gpointer       owner,
               const QReport *report)
{
  QSocket *self = owner;
  gboolean handled = has_handlers (self, report->type);

  if (report->type == Q_SOCKET_EVENT_TYPE_PACKET_READ)
    atomic_store_explicit (&self->has_read_handlers, handled, memory_order_relaxed);

  emit (self, report, handled);
}

void
q_socket_emit_read_from_buffer (QSocket  *self,
                                gsize     size,
                                gboolean  has_handlers)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_PACKET_READ);

  report.step = report.total = report.goal = (gint64) size;
  emit (self, &report, has_handlers);
}

void
q_socket_emit_type (QSocket          *self,
                    QSocketEventType  type)
{
  QReport report = Q_REPORT_INIT (type);

  q_socket_emit (self, &report);
}

static void
replace_queue (QSocket     *self,
               QEventQueue *queue)
{
  QEventQueue *before;

  g_mutex_lock (&self->lock);
  before = atomic_exchange (&self->queue, queue);
  g_mutex_unlock (&self->lock);

  g_clear_object (&before);
}

/**
 * q_socket_set_event_queue: (skip)
 * @self: a socket
 * @queue: (nullable) (transfer none): the queue that is to receive events, or `NULL` for none
 *
 * Makes the socket push a reference to each of its events onto a `GAsyncQueue`.
 *
 * The consumer releases each event that it pops with [method@QSocket.SocketEvent.unref]; a queue
 * made by [func@GLib.AsyncQueue.new_full] with that function also frees events that were never
 * popped. All else is as in [method@QSocket.Socket.set_event_queue_object], which is the method
 * that other languages have.
 *
 * Since: 1.0
 */
void
q_socket_set_event_queue (QSocket     *self,
                          GAsyncQueue *queue)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  replace_queue (self, queue != NULL ? q_event_queue_new_for_async_queue (queue) : NULL);
}

/**
 * q_socket_set_event_queue_object: (rename-to q_socket_set_event_queue)
 * @self: a socket
 * @queue: (nullable) (transfer none): the queue that is to receive events, or `NULL` for none
 *
 * Makes the socket push each of its events onto @queue.
 *
 * The socket keeps its own reference to @queue; a queue set earlier receives nothing more. One
 * queue may serve many sockets, whose events [method@QSocket.SocketEvent.get_id] tells apart.
 * Accepted sockets inherit the queue of their listener.
 *
 * May be called from any thread.
 *
 * Since: 1.0
 */
void
q_socket_set_event_queue_object (QSocket     *self,
                                 QEventQueue *queue)
{
  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (queue == NULL || Q_IS_EVENT_QUEUE (queue));

  replace_queue (self, queue != NULL ? g_object_ref (queue) : NULL);
}
