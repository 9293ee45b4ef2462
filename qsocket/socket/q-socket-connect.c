/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-socket-connect.h"
#include "q-socket-private.h"
#include "q-target-private.h"

/* ---- the one way to open a connection ---- */

/* A connect, and behind it a handshake if there is to be one. */
typedef struct
{
  QSocket *socket;
  QOpChain chain;
  QConnectOp connect;
  QHandshakeOp handshake;
  QTlsConfig *tls;        /* NULL: no handshake */
  const char *host;       /* whose certificate it has to be */
  QChannel *channel;      /* once it is connected */
} Opening;

/* What a connect leaves when it succeeded. */
static QChannel *
new_channel (QConnectOp *connect)
{
  QChannel *channel = q_channel_new (g_steal_fd (&connect->fd), Q_CHANNEL_CLIENT,
                                     q_address_get_family (&connect->address),
                                     connect->endpoint.socktype, connect->nonblocking, TRUE);

  channel->peer = connect->address;
  channel->plain.write_timeout_ms = connect->send_timeout_ms;
  channel->host = g_strdup (connect->ascii_host != NULL ? connect->ascii_host
                                                        : connect->endpoint.host);

  return channel;
}

/* Until the handshake is done nobody can use the connection; but a close ends it. */
static QOp *
connected (QOpChain *chain,
           QOp      *done)
{
  Opening *self = chain->data;

  if (done != &self->connect.parent)
    return NULL;

  self->channel = new_channel (&self->connect);
  if (self->tls == NULL)
    return NULL;

  q_channel_pin (self->channel);
  q_socket_set_handshaking (self->socket, self->channel);
  q_socket_emit_type (self->socket, Q_SOCKET_EVENT_TYPE_CONNECTED);

  q_handshake_op_init (&self->handshake, chain->parent.name, self->channel, &self->socket->sink,
                       self->tls, self->host != NULL ? self->host : self->channel->host, FALSE);
  self->handshake.parent.target = chain->parent.target;

  return &self->handshake.parent;
}

/* The handshake is over, one way or the other. */
static void
finish_handshake (Opening  *self,
                  gboolean  ok)
{
  q_socket_set_handshaking (self->socket, NULL);
  if (ok)
    q_channel_swap_transport (self->channel,
                              &g_steal_pointer (&self->handshake.transport)->session.parent);
  else
    q_channel_close (self->channel);
  q_channel_unpin (self->channel);

  /* It was said to be connected. */
  if (!ok)
    q_socket_emit_type (self->socket, Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED);
}

static gboolean
install_connection (Opening  *self,
                    GError  **error)
{
  if (q_socket_install_opened (self->socket, q_channel_ref (self->channel)))
    return TRUE;

  q_op_fail_closed_here (&self->chain.parent);
  g_propagate_error (error, g_steal_pointer (&self->chain.parent.error));

  return FALSE;
}

static gboolean
open_connection (Opening       *self,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  QSocket *socket = self->socket;
  gboolean ok;

  self->connect.endpoint.no_delay = socket->settings.no_delay;
  g_mutex_lock (&socket->lock);
  socket->connecting = &self->connect;
  if (socket->opening_aborted)
    q_connect_op_abort (&self->connect);
  g_mutex_unlock (&socket->lock);

  ok = q_op_run (&self->chain.parent, timeout_ms, cancellable, error);

  g_mutex_lock (&socket->lock);
  socket->connecting = NULL;
  g_mutex_unlock (&socket->lock);

  if (self->tls != NULL && self->channel != NULL)
    finish_handshake (self, ok);

  return ok && install_connection (self, error);
}

static gboolean
run_connect (QSocket          *socket,
             const char       *name,
             const char       *target,
             const QEndpoint  *endpoint,
             gboolean          secure,
             int               timeout_ms,
             GCancellable     *cancellable,
             GError          **error)
{
  g_autoptr (QTlsConfig) tls = secure ? q_socket_ref_tls_config (socket) : NULL;
  Opening self = { .socket = socket, .tls = tls };
  gboolean ok;

  if (secure)
    {
      self.host = tls->server_name;
      if (!q_handshake_check (tls, self.host != NULL ? self.host : endpoint->host, FALSE,
                              endpoint->socktype, error))
        return q_socket_prefix_error (name, error);
    }

  if (!q_socket_begin_opening (socket, name, error))
    return FALSE;

  q_connect_op_init (&self.connect, name, target, endpoint, &socket->sink);
  q_op_chain_init (&self.chain, &self.connect.parent, connected, &self);
  ok = open_connection (&self, timeout_ms, cancellable, error);
  q_connect_op_clear (&self.connect);

  g_object_ref (socket);
  q_socket_end_opening (socket);
  if (ok && secure)
    q_socket_emit_ssl_established (socket);
  else if (ok)
    q_socket_emit_type (socket, Q_SOCKET_EVENT_TYPE_CONNECTED);
  g_object_unref (socket);

  g_clear_pointer (&self.channel, q_channel_unref);

  return ok;
}

/* ---- what the caller may say ---- */

static gboolean
set_invalid (GError     **error,
             const char  *what,
             int          value)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
               "%d is not %s that can be used here", value, what);

  return FALSE;
}

gboolean
q_socket_check_type (GSocketType   socktype,
                     int          *kernel_type,
                     GError      **error)
{
  switch (socktype)
    {
    case G_SOCKET_TYPE_STREAM:
      *kernel_type = SOCK_STREAM;
      return TRUE;
    case G_SOCKET_TYPE_DATAGRAM:
      *kernel_type = SOCK_DGRAM;
      return TRUE;
    case G_SOCKET_TYPE_SEQPACKET:
      *kernel_type = SOCK_SEQPACKET;
      return TRUE;
    case G_SOCKET_TYPE_INVALID:
    default:
      return set_invalid (error, "a socket type", (int) socktype);
    }
}

gboolean
q_socket_check_inet_family (GSocketFamily   family,
                            GError        **error)
{
  switch (family)
    {
    case G_SOCKET_FAMILY_INVALID:
    case G_SOCKET_FAMILY_IPV4:
    case G_SOCKET_FAMILY_IPV6:
      return TRUE;
    case G_SOCKET_FAMILY_UNIX:
    default:
      return set_invalid (error, "an address family", (int) family);
    }
}

/* A bind may leave the port to the system; a connect cannot. */
static gboolean
check_port (int      port,
            GError **error)
{
  return port != 0 || set_invalid (error, "a port", port);
}

/* ---- public ---- */

static gboolean
connect_to_target (QSocket       *self,
                   const char    *name,
                   const char    *text,
                   gboolean       secure,
                   int            timeout_ms,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_auto (QTarget) target = Q_TARGET_INIT;
  QEndpoint endpoint = { .socktype = SOCK_STREAM, .port = -1 };

  if (!q_target_parse (text, FALSE, &target, error))
    return q_socket_prefix_error (name, error);

  endpoint.path = target.path;
  endpoint.host = target.host;
  endpoint.service = target.service;
  endpoint.family = target.family;
  if (target.service != NULL &&
      (!q_target_check_service (target.service, &endpoint.port, error) ||
       !check_port (endpoint.port, error)))
    return q_socket_prefix_error (name, error);

  return run_connect (self, name, text, &endpoint, secure, timeout_ms, cancellable, error);
}

gboolean
q_socket_connect (QSocket       *self,
                  const char    *target,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_to_target (self, "connect to", target, FALSE, timeout_ms, cancellable, error);
}

gboolean
q_socket_connect_to (QSocket       *self,
                     const char    *target,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_to_target (self, "connect_to", target, FALSE, timeout_ms, cancellable, error);
}

gboolean
q_socket_connect_ssl (QSocket       *self,
                      const char    *target,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_to_target (self, "connect_ssl to", target, TRUE, timeout_ms, cancellable, error);
}

static gboolean
connect_to_host (QSocket        *self,
                 const char     *name,
                 const char     *host,
                 const char     *service,
                 GSocketFamily   family,
                 GSocketType     socktype,
                 gboolean        secure,
                 int             timeout_ms,
                 GCancellable   *cancellable,
                 GError        **error)
{
  QEndpoint endpoint = { .host = host, .service = service, .family = family };
  g_autofree char *target = NULL;

  if (!q_target_check_host (host, error) ||
      !q_target_check_service (service, &endpoint.port, error) ||
      !check_port (endpoint.port, error) ||
      !q_socket_check_inet_family (family, error) ||
      !q_socket_check_type (socktype, &endpoint.socktype, error))
    return q_socket_prefix_error (name, error);

  target = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, service);

  return run_connect (self, name, target, &endpoint, secure, timeout_ms, cancellable, error);
}

gboolean
q_socket_connect_inet (QSocket        *self,
                       const char     *host,
                       const char     *service,
                       GSocketFamily   family,
                       GSocketType     socktype,
                       int             timeout_ms,
                       GCancellable   *cancellable,
                       GError        **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (host != NULL && service != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_to_host (self, "connect_inet to", host, service, family, socktype, FALSE,
                          timeout_ms, cancellable, error);
}

gboolean
q_socket_connect_inet_ssl (QSocket        *self,
                           const char     *host,
                           const char     *service,
                           GSocketFamily   family,
                           GSocketType     socktype,
                           int             timeout_ms,
                           GCancellable   *cancellable,
                           GError        **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (host != NULL && service != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_to_host (self, "connect_inet_ssl to", host, service, family, socktype, TRUE,
                          timeout_ms, cancellable, error);
}

static gboolean
connect_to_path (QSocket       *self,
                 const char    *name,
                 const char    *path,
                 GSocketType    socktype,
                 int            protocol,
                 gboolean       secure,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  QEndpoint endpoint = {
    .path = path, .port = -1, .family = G_SOCKET_FAMILY_UNIX, .protocol = protocol,
  };

  if (!q_target_check_path (path, error) ||
      !q_socket_check_type (socktype, &endpoint.socktype, error))
    return q_socket_prefix_error (name, error);

  return run_connect (self, name, path, &endpoint, secure, timeout_ms, cancellable, error);
}

gboolean
q_socket_connect_unix (QSocket       *self,
                       const char    *path,
                       GSocketType    socktype,
                       int            protocol,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_to_path (self, "connect_unix to", path, socktype, protocol, FALSE,
                          timeout_ms, cancellable, error);
}

gboolean
q_socket_connect_unix_ssl (QSocket       *self,
                           const char    *path,
                           GSocketType    socktype,
                           int            protocol,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return connect_to_path (self, "connect_unix_ssl to", path, socktype, protocol, TRUE,
                          timeout_ms, cancellable, error);
}
