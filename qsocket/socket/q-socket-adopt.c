/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-adopt.h"

#include "q-gio-tls-transport-private.h"
#include "q-i18n-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-open-private.h"
#include "q-socket-settings-private.h"

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

/* Creates a channel around the caller's descriptor, with what the kernel knows of it. On failure
 * the descriptor stays as it is. */
static QChannel *
adopt_channel (int      fd,
               GError **error)
{
  QChannelKind kind = Q_CHANNEL_BOUND;
  QAddress peer = { .length = sizeof peer.un };
  QChannel *channel;
  int family = AF_UNSPEC;
  int socktype = 0;
  int flags;

  flags = fcntl (fd, F_GETFL);
  if (flags < 0 || !get_option (fd, SO_TYPE, &socktype) || !get_option (fd, SO_DOMAIN, &family))
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
                   _("the descriptor %d is not a socket: %s"), fd, g_strerror (errno));
      return NULL;
    }

  if (getpeername (fd, &peer.sa, &peer.length) == 0)
    kind = Q_CHANNEL_CLIENT;

  channel = q_channel_new (fd, kind, (GSocketFamily) family, socktype,
                           (flags & O_NONBLOCK) != 0, FALSE);
  if (kind == Q_CHANNEL_CLIENT)
    channel->peer = peer;

  channel->restore_flags = flags;
  channel->restore_fd_flags = fcntl (fd, F_GETFD);
  fcntl (fd, F_SETFD, FD_CLOEXEC);

  q_channel_check_listening (channel);

  return channel;
}

/**
 * q_socket_new_from_fd:
 * @fd: the descriptor of a stream, datagram or listening socket
 *
 * Creates a socket that uses an open descriptor.
 *
 * On success the socket owns @fd: it makes it close-on-exec at once, and closes it when it is
 * closed itself. On failure @fd still belongs to the caller. The file of a UNIX socket is not
 * removed, since this object did not bind it.
 *
 * Fails with [error@QSocket.SocketError] `INVALID_ARGUMENT` if @fd is no descriptor or no socket.
 *
 * Returns: (transfer full): a new socket, or `NULL` with @error set
 *
 * Since: 1.0
 */
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

  self = g_object_new (Q_TYPE_SOCKET, NULL);
  q_socket_open (self, channel);

  return self;
}

static QSocket *
set_stream_error (GError     **error,
                  const char  *problem)
{
  q_socket_set_error ("new_from_connection", Q_SOCKET_ERROR_INVALID_ARGUMENT, error, problem);

  return NULL;
}

/* Returns a new reference to the connection that @stream encrypts, or to @stream if that is no TLS
 * connection. */
static GIOStream *
ref_base_stream (GIOStream *stream)
{
  GIOStream *base = NULL;

  if (!G_IS_TLS_CONNECTION (stream))
    return g_object_ref (stream);

  g_object_get (stream, "base-io-stream", &base, NULL);

  return base;
}

/**
 * q_socket_new_from_connection:
 * @stream: (transfer none): a [class@Gio.SocketConnection], or a [class@Gio.TlsConnection] on top
 *   of one
 *
 * Creates a socket that uses a connection of GIO.
 *
 * It keeps a reference to @stream, and closes the connection when it is closed itself. From now on
 * the stream should not be read, written or closed directly: it does not see the bytes in the
 * buffer of the socket. The handshake of a TLS connection must be done; the socket accepts the
 * certificate that was accepted in it. The TLS session ends only with the connection:
 * [method@QSocket.Socket.shutdown_ssl] fails with [error@QSocket.SocketError] `SSL`.
 *
 * Fails with [error@QSocket.SocketError] `INVALID_ARGUMENT` if @stream is a stream of another type,
 * is closed, or is a TLS connection whose handshake is not done.
 *
 * Returns: (transfer full): a new socket, or `NULL` with @error set
 *
 * Since: 1.0
 */
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
    return set_stream_error (error, _("the stream has no socket of its own"));

  gsocket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (base));
  if (g_socket_is_closed (gsocket))
    return set_stream_error (error, _("the connection is closed"));
  if (G_IS_TLS_CONNECTION (stream) &&
      g_tls_connection_get_protocol_version (G_TLS_CONNECTION (stream)) ==
      G_TLS_PROTOCOL_VERSION_UNKNOWN)
    return set_stream_error (error, _("the TLS handshake is still to come"));

  channel = adopt_channel (g_socket_get_fd (gsocket), error);
  if (channel == NULL)
    {
      q_socket_prefix_error ("new_from_connection", error);
      return NULL;
    }

  channel->gsocket = g_object_ref (gsocket);
  channel->keep_alive = G_OBJECT (g_object_ref (stream));

  self = g_object_new (Q_TYPE_SOCKET, NULL);
  if (G_IS_TLS_CONNECTION (stream))
    {
      g_autoptr (QTlsConfig) config = q_socket_ref_tls_config (self);

      channel->transport = &q_gio_tls_transport_new (&channel->plain, G_TLS_CONNECTION (stream),
                                                     config)->session.parent;
    }
  q_socket_open (self, channel);

  return self;
}

/* ---- giving the descriptor away ---- */

/* Does it for a caller that holds the claims of reader and writer. */
static int
steal_fd (QSocket  *self,
          GError  **error)
{
  QChannel *channel = (QChannel *) q_gate_get_present (&self->gate);

  if (channel == NULL)
    q_socket_set_not_open_error ("steal_fd", error);
  else if (channel->transport->klass->is_secure)
    q_socket_set_error ("steal_fd", Q_SOCKET_ERROR_SSL, error,
                        _("the connection is encrypted; shutdown_ssl ends that"));
  else if (q_recv_buffer_length (&channel->in) > 0 || q_channel_has_text (channel) ||
           q_channel_has_unsent (channel))
    q_socket_set_error ("steal_fd", Q_SOCKET_ERROR_PENDING, error,
                        _("there are bytes that were not read or not sent yet"));
  else
    return q_socket_steal_channel_fd (self, channel, error);

  return -1;
}

/**
 * q_socket_steal_fd:
 * @self: an open socket
 *
 * Takes the descriptor away from the socket, which is closed afterwards.
 *
 * The connection goes on, and [signal@QSocket.Socket::channel-closed] is not emitted. The
 * descriptor's flags are again as they were when the socket got it; a descriptor that the socket
 * opened itself is blocking and close-on-exec. The file of a UNIX socket is no longer removed.
 *
 * Fails with [error@QSocket.SocketError] `NOT_OPEN` if the socket is closed; with `PENDING` if
 * another call is under way, if there are bytes in the buffer that were not read, or corked bytes
 * that were not sent; with `SSL` if the connection is encrypted, since the descriptor alone is of
 * no use without the TLS session. After a failure the socket is as it was.
 *
 * Returns: the descriptor, which the caller has to close, or -1 with @error set
 *
 * Since: 1.0
 */
int
q_socket_steal_fd (QSocket  *self,
                   GError  **error)
{
  int fd = -1;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  /* As long as this call holds both claims, no other can begin to read or write. */
  if (!q_gate_take_claim (&self->gate, Q_CLAIM_READER, Q_CLAIM_LASTING))
    {
      q_socket_set_pending_error (Q_CLAIM_READER, "steal_fd", error);
      return -1;
    }

  if (q_gate_take_claim (&self->gate, Q_CLAIM_WRITER, Q_CLAIM_LASTING))
    {
      fd = steal_fd (self, error);
      q_gate_drop_claim (&self->gate, Q_CLAIM_WRITER);
    }
  else
    {
      q_socket_set_pending_error (Q_CLAIM_WRITER, "steal_fd", error);
    }
  q_gate_drop_claim (&self->gate, Q_CLAIM_READER);

  return fd;
}
