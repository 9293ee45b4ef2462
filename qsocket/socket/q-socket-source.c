/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-gio.h"
#include "q-socket-private.h"

/* A source for one channel: once that is closed it is ready for good, whatever
 * the socket is opened with afterwards. */
typedef struct
{
  GSource source;
  QSocket *socket;
  QChannel *channel;
  GIOCondition condition;
  gpointer tag;           /* only for the thread of the context */
  gboolean is_closed;     /* under the socket's lock */
} QSocketSource;

/* What no descriptor says: bytes that were read ahead, and the end of it all. */
static gboolean
is_ready (QSocketSource *self)
{
  gboolean ready;

  g_mutex_lock (&self->socket->lock);
  ready = self->is_closed ||
          ((self->condition & G_IO_IN) != 0 &&
           (q_read_buffer_length (&self->channel->in) > 0 || self->channel->at_end));
  g_mutex_unlock (&self->socket->lock);

  return ready;
}

static gboolean
is_closed (QSocketSource *self)
{
  gboolean closed;

  g_mutex_lock (&self->socket->lock);
  closed = self->is_closed;
  g_mutex_unlock (&self->socket->lock);

  return closed;
}

static gboolean
socket_source_prepare (GSource *source,
                       int     *timeout)
{
  QSocketSource *self = (QSocketSource *) source;

  *timeout = -1;

  /* The number may come to mean something else. */
  if (self->tag != NULL && is_closed (self))
    g_source_remove_unix_fd (source, g_steal_pointer (&self->tag));

  return is_ready (self);
}

static gboolean
socket_source_check (GSource *source)
{
  QSocketSource *self = (QSocketSource *) source;

  return is_ready (self) ||
         (self->tag != NULL && g_source_query_unix_fd (source, self->tag) != 0);
}

static gboolean
socket_source_dispatch (GSource     *source,
                        GSourceFunc  callback,
                        gpointer     user_data)
{
  if (callback == NULL)
    return G_SOURCE_REMOVE;

  return callback (user_data);
}

/* From here on a close in another thread does not find it any more. The thread that
 * closes has the lock already if it is the last one to know the source. */
static void
socket_source_dispose (GSource *source)
{
  QSocketSource *self = (QSocketSource *) source;
  QSocket *socket = self->socket;
  gboolean is_locked = atomic_load (&socket->waker) == g_thread_self ();

  if (!is_locked)
    g_mutex_lock (&socket->lock);
  socket->sources = g_slist_remove (socket->sources, self);
  if (!is_locked)
    g_mutex_unlock (&socket->lock);
}

static void
socket_source_finalize (GSource *source)
{
  QSocketSource *self = (QSocketSource *) source;

  q_channel_unref (self->channel);
  g_object_unref (self->socket);
}

static GSourceFuncs socket_source_funcs = {
  socket_source_prepare,
  socket_source_check,
  socket_source_dispatch,
  socket_source_finalize,
};

static gboolean
child_is_ready (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* A socket that is not open is ready at once, the way a descriptor that is none is. */
static GSource *
new_ready_source (void)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);

  return source;
}

GSource *
q_socket_create_source (QSocket      *self,
                        GIOCondition  condition,
                        GCancellable *cancellable)
{
  QChannel *channel;
  QSocketSource *source;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  channel = q_socket_ref_channel (self);
  if (channel == NULL)
    return new_ready_source ();

  source = (QSocketSource *) g_source_new (&socket_source_funcs, sizeof (QSocketSource));
  source->socket = g_object_ref (self);
  source->channel = channel;
  source->condition = condition | G_IO_ERR | G_IO_HUP;
  g_source_set_dispose_function (&source->source, socket_source_dispose);
  g_source_set_static_name (&source->source, "[qsocket] create_source");

  g_mutex_lock (&self->lock);
  if (atomic_load (&self->channel) == channel)
    source->tag = g_source_add_unix_fd (&source->source, channel->fd, source->condition);
  else
    source->is_closed = TRUE;
  self->sources = g_slist_prepend (self->sources, source);
  g_mutex_unlock (&self->lock);

  if (cancellable != NULL)
    {
      GSource *child = g_cancellable_source_new (cancellable);

      g_source_set_callback (child, child_is_ready, NULL, NULL);
      g_source_add_child_source (&source->source, child);
      g_source_unref (child);
    }

  return &source->source;
}

/* All under the lock, so that the thread of a context does not learn of the close,
 * and free the context, while this one is still busy waking it. */
void
q_socket_wake_sources (QSocket *self)
{
  GSList *next;

  g_mutex_lock (&self->lock);
  atomic_store (&self->waker, g_thread_self ());

  for (GSList *link = self->sources; link != NULL; link = next)
    {
      QSocketSource *source = link->data;

      next = link->next;
      if (source->is_closed || !q_channel_is_closed (source->channel))
        continue;

      source->is_closed = TRUE;
      g_source_ref (&source->source);
      g_source_set_ready_time (&source->source, 0);
      g_source_unref (&source->source);
    }

  atomic_store (&self->waker, NULL);
  g_mutex_unlock (&self->lock);
}
