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
  gpointer tag;
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
socket_source_prepare (GSource *source,
                       int     *timeout)
{
  *timeout = -1;

  return is_ready ((QSocketSource *) source);
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

static void
socket_source_finalize (GSource *source)
{
  QSocketSource *self = (QSocketSource *) source;

  g_mutex_lock (&self->socket->lock);
  self->socket->sources = g_slist_remove (self->socket->sources, self);
  g_mutex_unlock (&self->socket->lock);

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

void
q_socket_wake_sources (QSocket *self)
{
  g_mutex_lock (&self->lock);

  for (GSList *link = self->sources; link != NULL; link = link->next)
    {
      QSocketSource *source = link->data;

      if (source->channel != NULL && q_channel_is_closed (source->channel) && !source->is_closed)
        {
          source->is_closed = TRUE;
          g_source_remove_unix_fd (&source->source, g_steal_pointer (&source->tag));
          g_source_set_ready_time (&source->source, 0);
        }
    }

  g_mutex_unlock (&self->lock);
}
