/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-gio.h"

#include "q-socket-open-private.h"
#include "q-socket-stream-private.h"

/**
 * q_socket_get_gsocket:
 * @self: a socket
 *
 * Gets a [class@Gio.Socket] for the same descriptor.
 *
 * It belongs to the socket and is closed with it. It does not see the bytes in the buffer of the
 * socket. Like every [class@Gio.Socket], it makes the descriptor non-blocking and the process
 * ignore `SIGPIPE`.
 *
 * Returns: (transfer none) (nullable): the GIO socket, or `NULL` if the socket is closed
 *
 * Since: 1.0
 */
GSocket *
q_socket_get_gsocket (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;
  g_autoptr (GSocket) made = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  channel = q_socket_ref_channel (self);
  if (channel == NULL || !q_channel_enter (channel))
    return NULL;

  g_mutex_lock (&channel->lock);
  if (channel->gsocket == NULL)
    {
      /* A GSocket makes its descriptor non-blocking and relies on that. So the transport, which
       * makes a descriptor of its own blocking where that is faster, must not do so any more. */
      channel->plain.is_ours = FALSE;
      made = g_socket_new_from_fd (channel->fd, NULL);
      if (made != NULL)
        {
          atomic_store (&channel->plain.nonblocking, TRUE);
          channel->gsocket = g_steal_pointer (&made);
        }
    }
  g_mutex_unlock (&channel->lock);
  q_channel_leave (channel);

  return channel->gsocket;
}

/**
 * q_socket_get_io_stream:
 * @self: a socket
 *
 * Gets a stream that reads and writes through the socket.
 *
 * It reads through the buffer of the socket, so reads of the stream and of the socket can be mixed
 * and no bytes are lost between them. It belongs to the socket; closing it closes the socket.
 *
 * Returns: (transfer none) (nullable): the stream, or `NULL` if the socket is closed
 *
 * Since: 1.0
 */
GIOStream *
q_socket_get_io_stream (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;
  GIOStream *stream = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  channel = q_socket_ref_channel (self);
  if (channel == NULL)
    return NULL;

  /* Closing drops the channel's reference to its stream. A stream that was made after that would
   * keep the channel alive for ever, since each refers to the other. */
  g_mutex_lock (&channel->lock);
  if (channel->io_stream == NULL && !channel->is_closing)
    channel->io_stream = q_socket_stream_new (self, channel);
  stream = channel->io_stream;
  g_mutex_unlock (&channel->lock);

  return stream;
}
