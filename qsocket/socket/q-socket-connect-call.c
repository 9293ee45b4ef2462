/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-connect-call-private.h"

#include "q-socket-arguments-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-events-private.h"
#include "q-socket-open-private.h"
#include "q-socket-settings-private.h"
#include "q-socket-ssl-info-private.h"
#include "q-target-private.h"

/* ---- connecting ---- */

/* Creates a channel for the descriptor of a connect that has succeeded. */
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

/* The functions of the hook, before and during the handshake. */
static void
stop_connect (gpointer connect)
{
  q_connect_op_abort (connect);
}

static void
stop_by_closing (gpointer channel)
{
  q_channel_close (channel);
}

/* Goes on with the handshake if there is to be one. Until it is done the socket is not open, so no
 * other call can use the connection; but the hook lets a close in another thread end it. */
static QOp *
handshake_after_connect (QOpChain *chain,
                         QOp      *done)
{
  QConnectCall *self = chain->data;

  if (done != &self->connect.parent)
    return NULL;

  self->channel = new_channel (&self->connect);
  if (self->tls == NULL)
    return NULL;

  q_channel_enter (self->channel);
  q_gate_remove_hook (&self->call.socket->gate, &self->hook);
  q_gate_add_hook (&self->call.socket->gate, &self->hook, stop_by_closing, self->channel);
  q_socket_emit_type (self->call.socket, Q_SOCKET_EVENT_TYPE_CONNECTED);

  q_handshake_op_init (&self->handshake, chain->parent.name, self->channel,
                       &self->call.socket->sink, self->tls,
                       self->peer_name != NULL ? self->peer_name : self->channel->host, FALSE);
  self->handshake.parent.target = chain->parent.target;

  return &self->handshake.parent;
}

/* Makes the connection an encrypted one, or closes it if the handshake failed. */
static void
finish_handshake (QConnectCall *self,
                  gboolean      ok)
{
  if (ok)
    q_channel_set_transport (self->channel,
                             &g_steal_pointer (&self->handshake.transport)->session.parent);
  else
    q_channel_close (self->channel);
  q_channel_leave (self->channel);

  /* The event "connected" was emitted before. */
  if (!ok)
    q_socket_emit_type (self->call.socket, Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED);
}

/* Opens the socket with the new channel, which fails if another thread has closed the socket. */
static gboolean
install_connection (QConnectCall  *self,
                    GError       **error)
{
  if (q_socket_open (self->call.socket, q_channel_ref (self->channel)))
    return TRUE;

  q_op_fail_closed_here (&self->chain.parent);
  g_propagate_error (error, g_steal_pointer (&self->chain.parent.error));

  return FALSE;
}

static gboolean
check_handshake (QConnectCall  *self,
                 GError       **error)
{
  const char *name;

  self->tls = q_socket_ref_tls_config (self->call.socket);
  self->peer_name = self->tls->server_name;
  name = self->peer_name != NULL ? self->peer_name : self->host;

  return q_handshake_check (self->tls, name, FALSE, self->endpoint.socktype, error) ||
         q_socket_prefix_error (self->call.method->name, error);
}

static gboolean
begin_connect (QSocketCall  *call,
               GError      **error)
{
  QConnectCall *self = (QConnectCall *) call;
  QSocket *socket = call->socket;

  if (self->is_secure && !check_handshake (self, error))
    return FALSE;
  if (!q_socket_begin_opening (socket, call->method->name, error))
    return FALSE;

  q_connect_op_init (&self->connect, call->method->name, self->target, &self->endpoint,
                     &socket->sink);
  self->connect.endpoint.no_delay = socket->settings.no_delay;
  q_op_chain_init (&self->chain, &self->connect.parent, handshake_after_connect, self);
  call->op = &self->chain.parent;

  q_gate_add_hook (&socket->gate, &self->hook, stop_connect, &self->connect);

  return TRUE;
}

static gboolean
finish_connect (QSocketCall  *call,
                gboolean      ok,
                GError      **error)
{
  QConnectCall *self = (QConnectCall *) call;
  QSocket *socket = call->socket;

  q_gate_remove_hook (&socket->gate, &self->hook);
  if (self->tls != NULL && self->channel != NULL)
    finish_handshake (self, ok);
  ok = ok && install_connection (self, error);
  q_connect_op_clear (&self->connect);

  g_object_ref (socket);
  q_socket_end_opening (socket);
  if (ok && self->is_secure)
    q_socket_emit_ssl_established (socket);
  else if (ok)
    q_socket_emit_type (socket, Q_SOCKET_EVENT_TYPE_CONNECTED);
  g_object_unref (socket);

  return ok;
}

static void
clear_connect (QSocketCall *call)
{
  QConnectCall *self = (QConnectCall *) call;

  g_clear_pointer (&self->channel, q_channel_unref);
  g_clear_pointer (&self->tls, q_tls_config_unref);
  g_free (self->target);
  g_free (self->path);
  g_free (self->host);
  g_free (self->service);
}

const QSocketCallClass q_connect_call_class = {
  .size = sizeof (QConnectCall), .begin = begin_connect, .finish = finish_connect,
  .clear = clear_connect,
};

/* ---- the endpoint ---- */

gboolean
q_connect_call_set_target (QConnectCall  *self,
                           const char    *text,
                           GError       **error)
{
  QEndpoint *endpoint = &self->endpoint;
  QTarget target = Q_TARGET_INIT;

  if (!q_target_parse (text, FALSE, &target, error))
    return FALSE;

  self->target = g_strdup (text);
  self->path = target.path;
  self->host = target.host;
  self->service = target.service;
  *endpoint = (QEndpoint) {
    .path = target.path, .host = target.host, .service = target.service, .port = -1,
    .family = target.family, .socktype = SOCK_STREAM,
  };

  return target.service == NULL ||
         (q_target_check_service (target.service, &endpoint->port, error) &&
          q_socket_check_remote_port (endpoint->port, error));
}

gboolean
q_connect_call_set_host (QConnectCall   *self,
                         const char     *host,
                         const char     *service,
                         GSocketFamily   family,
                         GSocketType     socktype,
                         GError        **error)
{
  QEndpoint *endpoint = &self->endpoint;

  self->host = g_strdup (host);
  self->service = g_strdup (service);
  *endpoint = (QEndpoint) { .host = self->host, .service = self->service, .family = family };
  if (!q_target_check_host (host, error) ||
      !q_target_check_service (service, &endpoint->port, error) ||
      !q_socket_check_remote_port (endpoint->port, error) ||
      !q_socket_check_inet_family (family, error) ||
      !q_socket_check_type (socktype, &endpoint->socktype, error))
    return FALSE;

  self->target = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, service);

  return TRUE;
}

gboolean
q_connect_call_set_path (QConnectCall  *self,
                         const char    *path,
                         GSocketType    socktype,
                         int            protocol,
                         GError       **error)
{
  self->path = g_strdup (path);
  self->target = g_strdup (path);
  self->endpoint = (QEndpoint) {
    .path = self->path, .port = -1, .family = G_SOCKET_FAMILY_UNIX, .protocol = protocol,
  };

  return q_target_check_path (path, error) &&
         q_socket_check_type (socktype, &self->endpoint.socktype, error);
}

/* ---- the blocking and the asynchronous form ---- */

gboolean
q_connect_call_run (QConnectCall  *self,
                    gboolean       is_set,
                    int            timeout_ms,
                    GCancellable  *cancellable,
                    GError       **error)
{
  if (is_set)
    return q_socket_call_run (&self->call, timeout_ms, cancellable, error);

  clear_connect (&self->call);

  return q_socket_prefix_error (self->call.method->name, error);
}

void
q_connect_call_start (QConnectCall        *self,
                      GError              *error,
                      int                  timeout_ms,
                      int                  io_priority,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  QSocketCall *call = &self->call;

  if (error == NULL)
    {
      q_socket_call_start (call, timeout_ms, io_priority, cancellable, callback, user_data);
      return;
    }

  q_socket_prefix_error (call->method->name, &error);
  q_socket_call_fail (call->method, call->socket, error, cancellable, callback, user_data);
  clear_connect (call);
  g_free (self);
}

QConnectCall *
q_connect_call_new (const QSocketMethod *method,
                    QSocket             *self,
                    gboolean             is_secure)
{
  QConnectCall *call = q_socket_call_new (method, self);

  call->is_secure = is_secure;

  return call;
}
