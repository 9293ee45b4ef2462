/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-gio-tls-transport-private.h"
#include "q-socket-gio.h"
#include "q-socket-private.h"
#include "q-socket-stream-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gnetworking.h>

/* ---- adopting ---- */

static gboolean
get_option (int  fd,
            int  option,
            int *value)
{
  socklen_t length = sizeof *value;

  return getsockopt (fd, SOL_SOCKET, option, value, &length) == 0;
}

/* What the kernel knows of a descriptor from elsewhere. */
static QChannel *
adopt_channel (int      fd,
               GError **error)
{
  QChannelKind kind = Q_CHANNEL_BOUND;
  QAddress peer = { .length = sizeof peer.un };
  QChannel *channel;
  int is_listening = FALSE;
  int family;
  int socktype;
  int flags;

  flags = fcntl (fd, F_GETFL);
  if (flags < 0 || !get_option (fd, SO_TYPE, &socktype) || !get_option (fd, SO_DOMAIN, &family))
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
                   "the descriptor %d is not a socket: %s", fd, g_strerror (errno));
      return NULL;
    }

  if (get_option (fd, SO_ACCEPTCONN, &is_listening) && is_listening)
    kind = Q_CHANNEL_LISTENING;
  else if (getpeername (fd, &peer.sa, &peer.length) == 0)
    kind = Q_CHANNEL_CLIENT;

  channel = q_channel_new (fd, kind, (GSocketFamily) family, socktype,
                           (flags & O_NONBLOCK) != 0, FALSE);
  if (kind == Q_CHANNEL_CLIENT)
    channel->peer = peer;

  channel->restore_flags = flags;
  channel->restore_fd_flags = fcntl (fd, F_GETFD);
  fcntl (fd, F_SETFD, FD_CLOEXEC);

  /* accept () must not block; everything else has a flag of its own for that. */
  if (kind == Q_CHANNEL_LISTENING && (flags & O_NONBLOCK) == 0)
    {
      fcntl (fd, F_SETFL, flags | O_NONBLOCK);
      channel->plain.nonblocking = TRUE;
    }

  return channel;
}

QSocket *
q_socket_new_from_fd (int      fd,
                      GError **error)
{
  QChannel *channel;
  QSocket *self;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  channel = adopt_channel (fd, error);
  if (channel == NULL)
    {
      q_socket_prefix_error ("new_from_fd", error);
      return NULL;
    }

  self = q_socket_new ();
  q_socket_install_channel (self, channel);

  return self;
}

static QSocket *
set_no_connection (GError     **error,
                   const char  *why)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT, "new_from_connection: %s",
               why);

  return NULL;
}

/* The connection that @stream encrypts, or @stream itself. */
static GIOStream *
ref_base_stream (GIOStream *stream)
{
  GIOStream *base = NULL;

  if (!G_IS_TLS_CONNECTION (stream))
    return g_object_ref (stream);

  g_object_get (stream, "base-io-stream", &base, NULL);

  return base;
}

QSocket *
q_socket_new_from_connection (GIOStream  *stream,
                              GError    **error)
{
  g_autoptr (GIOStream) base = NULL;
  QChannel *channel;
  GSocket *gsocket;
  QSocket *self;

  g_return_val_if_fail (G_IS_IO_STREAM (stream), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  base = ref_base_stream (stream);
  if (!G_IS_SOCKET_CONNECTION (base))
    return set_no_connection (error, "the stream has no socket of its own");

  gsocket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (base));
  if (g_socket_is_closed (gsocket))
    return set_no_connection (error, "the connection is closed");
  if (G_IS_TLS_CONNECTION (stream) &&
      g_tls_connection_get_protocol_version (G_TLS_CONNECTION (stream)) ==
      G_TLS_PROTOCOL_VERSION_UNKNOWN)
    return set_no_connection (error, "the TLS handshake is still to come");

  channel = adopt_channel (g_socket_get_fd (gsocket), error);
  if (channel == NULL)
    {
      q_socket_prefix_error ("new_from_connection", error);
      return NULL;
    }

  channel->gsocket = g_object_ref (gsocket);
  channel->keep_alive = G_OBJECT (g_object_ref (stream));

  self = q_socket_new ();
  if (G_IS_TLS_CONNECTION (stream))
    {
      g_autoptr (QTlsConfig) config = q_socket_ref_tls_config (self);

      channel->transport = &q_gio_tls_transport_new (&channel->plain, G_TLS_CONNECTION (stream),
                                                     config)->session.parent;
    }
  q_socket_install_channel (self, channel);

  return self;
}

/* ---- giving back ---- */

int
q_socket_steal_fd (QSocket  *self,
                   GError  **error)
{
  QChannel *channel;
  int fd = -1;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  /* With both roles taken nobody can begin to read or write. */
  if (!q_socket_take_role (self, Q_ROLE_READER))
    {
      q_socket_set_pending_error (Q_ROLE_READER, "steal_fd", error);
      return -1;
    }
  if (!q_socket_take_role (self, Q_ROLE_WRITER))
    {
      q_socket_give_role (self, Q_ROLE_READER);
      q_socket_set_pending_error (Q_ROLE_WRITER, "steal_fd", error);
      return -1;
    }

  channel = atomic_load (&self->channel);
  if (channel == NULL)
    q_socket_set_not_open_error ("steal_fd", error);
  else if (channel->transport->klass->is_secure)
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                         "steal_fd: the connection is encrypted; shutdown_ssl ends that");
  else if (q_recv_buffer_length (&channel->in) > 0 || q_channel_has_text (channel) ||
           q_channel_has_unsent (channel))
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_PENDING,
                         "steal_fd: there are bytes that were not read or not sent yet");
  else
    fd = q_socket_steal_channel (self, channel, error);

  q_socket_give_role (self, Q_ROLE_WRITER);
  q_socket_give_role (self, Q_ROLE_READER);
  q_socket_reap (self);

  return fd;
}

/* ---- GIO's own objects ---- */

GSocket *
q_socket_get_gsocket (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;
  g_autoptr (GSocket) made = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  channel = q_socket_ref_channel (self);
  if (channel == NULL || !q_channel_pin (channel))
    return NULL;

  g_mutex_lock (&self->lock);
  if (channel->gsocket == NULL)
    {
      /* A GSocket makes its descriptor non-blocking, for good. */
      channel->plain.is_ours = FALSE;
      made = g_socket_new_from_fd (channel->fd, NULL);
      if (made != NULL)
        {
          atomic_store (&channel->plain.nonblocking, TRUE);
          channel->gsocket = g_steal_pointer (&made);
        }
    }
  g_mutex_unlock (&self->lock);
  q_channel_unpin (channel);

  return channel->gsocket;
}

GIOStream *
q_socket_get_io_stream (QSocket *self)
{
  GIOStream *stream;
  QChannel *channel;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  g_mutex_lock (&self->lock);
  channel = atomic_load (&self->channel);
  if (channel != NULL && self->io_stream == NULL)
    self->io_stream = q_socket_stream_new (self, channel);
  stream = self->io_stream;
  g_mutex_unlock (&self->lock);

  return stream;
}
