/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-source.h"

#include "q-recv-op-private.h"
#include "q-socket-open-private.h"

/* A source for the channel that the socket is open with when the source is created. Once the
 * channel is closed the source is ready for ever, even if the socket is opened again. A descriptor
 * that becomes readable wakes its main context then. The thread that closes the channel does not do
 * so itself, because it cannot know whether that context still exists. */
typedef struct
{
  GSource source;
  QSocket *socket;
  QChannel *channel;
  GPollFD poll;           /* of the channel's descriptor; fd is -1 once the channel is closed */
  gpointer closed_tag;    /* of the descriptor that a close makes readable, or NULL */
} QSocketSource;

/* How often a source looks whether its channel was closed, in milliseconds, if the process had no
 * descriptor left for closed_tag. */
#define CLOSED_CHECK_INTERVAL_MS 20

/* Whether a read would not wait. On a plain connection that is so if the kernel has bytes, which
 * @kernel_has_data says. On an encrypted one it takes an attempt to read: the bytes may be a part
 * of a record, and others may have been decrypted before. While another call reads no attempt can
 * be made, so @kernel_has_data has to do. */
static gboolean
has_data (QSocketSource *self,
          gboolean       kernel_has_data)
{
  gboolean has_data = kernel_has_data;
  QChannel *entered;

  if (!q_channel_is_secure (self->channel))
    return kernel_has_data;

  entered = q_socket_enter (self->socket, Q_CLAIM_READER, "", NULL);
  if (entered == NULL)
    return kernel_has_data;

  if (entered == self->channel &&
      (kernel_has_data || q_transport_may_have_data (entered->transport)))
    has_data = q_recv_probe (entered);
  q_socket_leave (self->socket, Q_CLAIM_READER, entered);

  return has_data;
}

/* Whether the source is ready for a reason that polling the descriptor does not show: bytes that
 * were read ahead, the end of the stream, or a channel that is closed. */
static gboolean
is_ready_without_poll (QSocketSource *self)
{
  return q_channel_is_closed (self->channel) ||
         ((self->poll.events & G_IO_IN) != 0 &&
          (q_recv_buffer_length (&self->channel->in) > 0 || self->channel->at_end ||
           has_data (self, FALSE)));
}

static gboolean
socket_source_prepare (GSource *source,
                       int     *timeout)
{
  QSocketSource *self = (QSocketSource *) source;

  *timeout = self->closed_tag != NULL ? -1 : CLOSED_CHECK_INTERVAL_MS;

  /* The descriptor of a closed channel must not be polled, since its number may be in use for
   * another file by now. */
  if (self->poll.fd >= 0 && q_channel_is_closed (self->channel))
    {
      g_source_remove_poll (source, &self->poll);
      self->poll.fd = -1;
    }

  return is_ready_without_poll (self);
}

static gboolean
socket_source_check (GSource *source)
{
  QSocketSource *self = (QSocketSource *) source;
  GIOCondition condition = self->poll.fd >= 0 ? self->poll.revents : 0;

  /* On an encrypted connection bytes may have arrived that contain nothing to read. */
  if (condition == G_IO_IN)
    return has_data (self, TRUE);

  return condition != 0 || is_ready_without_poll (self);
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

  q_channel_unref (self->channel);
  g_object_unref (self->socket);
}

/* Calls a closure as the callback of the source, for g_source_set_closure (), which GIO's pollable
 * streams and language bindings use. */
static gboolean
invoke_closure (gpointer closure)
{
  GValue result = G_VALUE_INIT;
  gboolean goes_on;

  g_value_init (&result, G_TYPE_BOOLEAN);
  g_closure_invoke (closure, &result, 0, NULL, NULL);
  goes_on = g_value_get_boolean (&result);
  g_value_unset (&result);

  return goes_on;
}

static GSourceFuncs socket_source_funcs = {
  socket_source_prepare,
  socket_source_check,
  socket_source_dispatch,
  socket_source_finalize,
  invoke_closure,
  (GSourceDummyMarshal) g_cclosure_marshal_generic,
};

static gboolean
child_is_ready (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* The source for a closed socket: ready at once, since any call would fail without waiting. */
static GSource *
new_ready_source (void)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);

  return source;
}

/**
 * q_socket_create_source:
 * @self: an open socket
 * @condition: what to wait for: `G_IO_IN`, `G_IO_OUT` or both
 * @cancellable: (nullable): makes the source ready when it is cancelled
 *
 * Creates a source that is ready when a read, an accept or a write would not wait.
 *
 * Unlike a source for the descriptor it takes the buffer of the socket into account: if there are
 * bytes in it, the source is ready at once. It belongs to the present connection and stays ready
 * once that is closed; for a closed socket it is ready at once.
 *
 * Its callback is a [callback@GLib.SourceFunc], which gets nothing but the user data, in every
 * language. It returns `G_SOURCE_CONTINUE` to be called again, or `G_SOURCE_REMOVE`. The source
 * keeps the socket alive.
 *
 * Returns: (transfer full): a new source, not attached yet
 *
 * Since: 1.0
 */
GSource *
q_socket_create_source (QSocket      *self,
                        GIOCondition  condition,
                        GCancellable *cancellable)
{
  QChannel *channel;
  QSocketSource *source;
  int closed_fd;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  channel = q_socket_ref_channel (self);
  if (channel == NULL)
    return new_ready_source ();

  source = (QSocketSource *) g_source_new (&socket_source_funcs, sizeof (QSocketSource));
  source->socket = g_object_ref (self);
  source->channel = channel;
  source->poll = (GPollFD) { -1, condition | G_IO_ERR | G_IO_HUP, 0 };
  g_source_set_static_name (&source->source, "[qsocket] create_source");

  closed_fd = q_channel_get_closed_fd (channel);
  if (closed_fd >= 0)
    source->closed_tag = g_source_add_unix_fd (&source->source, closed_fd, G_IO_IN);

  /* g_source_add_unix_fd () does not fit here: it makes the source ready whenever the descriptor
   * is, whatever check () returns. */
  if (!q_channel_is_closed (channel))
    {
      source->poll.fd = channel->fd;
      g_source_add_poll (&source->source, &source->poll);
    }

  if (cancellable != NULL)
    {
      GSource *child = g_cancellable_source_new (cancellable);

      g_source_set_callback (child, child_is_ready, NULL, NULL);
      g_source_add_child_source (&source->source, child);
      g_source_unref (child);
    }

  return &source->source;
}
