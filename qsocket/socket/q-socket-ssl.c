/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-socket-call-private.h"
#include "q-socket-ssl.h"
#include "q-ssl-certificate-private.h"
#include "q-shutdown-ssl-op-private.h"
#include "q-send-op-private.h"

/* ---- changing what an open connection speaks ---- */

/* It begins with sending what is gathered: that belongs to what was spoken before. */
typedef struct
{
  QSocketCall call;
  gboolean is_server;     /* of an upgrade */
  QChannel *channel;
  QTlsConfig *tls;

  QOpChain chain;
  QSendOp write;
  QOp *change;            /* one of these two */
  QHandshakeOp handshake;
  QShutdownSslOp end;
} SwitchCall;

static QOp *
sent (QOpChain *chain,
      QOp      *done)
{
  SwitchCall *self = chain->data;

  return done == &self->write.parent ? self->change : NULL;
}

static void
prepare_switch (SwitchCall *self,
                QOp        *change)
{
  QSocket *socket = self->call.socket;

  self->change = change;
  q_send_op_init (&self->write, self->call.name, self->channel, &socket->sink,
                   &socket->bytes_sent, NULL, 0, NULL, 0);
  q_op_chain_init (&self->chain, &self->write.parent, sent, self);
  self->call.op = &self->chain.parent;
}

/* Nobody may read or write meanwhile. */
static QChannel *
enter_for_switch (QSocket     *self,
                  const char  *name,
                  GError     **error)
{
  QChannel *channel = q_socket_enter (self, Q_ROLE_READER, name, error);
  QChannel *writers;

  if (channel == NULL)
    return NULL;

  writers = q_socket_enter (self, Q_ROLE_WRITER, name, error);
  if (writers == channel)
    return channel;

  /* It was opened anew between the two. */
  if (writers != NULL)
    {
      q_socket_leave (self, Q_ROLE_WRITER, writers);
      q_socket_set_not_open_error (name, error);
    }
  q_socket_leave (self, Q_ROLE_READER, channel);

  return NULL;
}

static void
leave_after_switch (QSocket  *self,
                    QChannel *channel)
{
  q_socket_leave (self, Q_ROLE_WRITER, channel);
  q_socket_leave (self, Q_ROLE_READER, channel);
}

/* ---- from clear text to TLS ---- */

static gboolean
check_upgrade (SwitchCall  *self,
               const char  *host,
               GError     **error)
{
  QChannel *channel = self->channel;
  const char *obstacle = NULL;

  if (channel->transport->klass->is_secure)
    obstacle = "the connection is encrypted already";
  else if (channel->kind == Q_CHANNEL_BOUND || channel->kind == Q_CHANNEL_LISTENING)
    obstacle = "the socket has no peer";
  else if (q_recv_buffer_length (&channel->in) > 0 || q_channel_has_text (channel))
    obstacle = "the peer sent clear text that was not read; it must not pass for encrypted";

  if (obstacle != NULL)
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL, obstacle);

  return obstacle == NULL &&
         q_handshake_check (self->tls, host, self->is_server, channel->socktype, error);
}

static gboolean
begin_upgrade (QSocketCall  *call,
               GError      **error)
{
  SwitchCall *self = (SwitchCall *) call;
  QSocket *socket = call->socket;
  const char *host;

  self->channel = enter_for_switch (socket, call->name, error);
  if (self->channel == NULL)
    return FALSE;

  self->tls = q_socket_ref_tls_config (socket);
  host = self->tls->server_name != NULL ? self->tls->server_name : self->channel->host;
  if (!check_upgrade (self, host, error))
    {
      leave_after_switch (socket, self->channel);
      return q_socket_prefix_error (call->name, error);
    }

  q_handshake_op_init (&self->handshake, call->name, self->channel, &socket->sink, self->tls,
                       host, self->is_server);
  prepare_switch (self, &self->handshake.parent);

  return TRUE;
}

static gboolean
finish_upgrade (QSocketCall  *call,
                gboolean      ok,
                GError      **error)
{
  SwitchCall *self = (SwitchCall *) call;
  QSocket *socket = call->socket;

  q_send_op_finish (&self->write);
  if (ok &&
      !q_socket_set_transport (socket, self->channel,
                               &g_steal_pointer (&self->handshake.transport)->session.parent))
    {
      q_op_fail_closed_here (call->op);
      g_propagate_error (error, g_steal_pointer (&call->op->error));
      ok = FALSE;
    }

  g_object_ref (socket);
  leave_after_switch (socket, self->channel);
  if (ok)
    q_socket_emit_ssl_established (socket);
  else
    q_socket_close_channel (socket);
  g_object_unref (socket);

  return ok;
}

static void
clear_upgrade (QSocketCall *call)
{
  SwitchCall *self = (SwitchCall *) call;

  g_clear_pointer (&self->tls, q_tls_config_unref);
}

static const QSocketCallClass upgrade_class = {
  .size = sizeof (SwitchCall), .begin = begin_upgrade, .finish = finish_upgrade,
  .clear = clear_upgrade,
};

gboolean
q_socket_upgrade_client_to_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SwitchCall change = {
    .call = { .klass = &upgrade_class, .socket = self, .name = "upgrade_client_to_ssl with" },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&change.call, timeout_ms, cancellable, error);
}

void
q_socket_upgrade_client_to_ssl_async (QSocket             *self,
                                      int                  timeout_ms,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  q_socket_call_start (q_socket_call_new (&upgrade_class, self, "upgrade_client_to_ssl with"),
                       q_socket_upgrade_client_to_ssl_async,
                       "[qsocket] upgrade_client_to_ssl_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_upgrade_client_to_ssl_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_upgrade_client_to_ssl_async, error);
}

gboolean
q_socket_upgrade_server_to_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SwitchCall change = {
    .call = { .klass = &upgrade_class, .socket = self, .name = "upgrade_server_to_ssl with" },
    .is_server = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&change.call, timeout_ms, cancellable, error);
}

void
q_socket_upgrade_server_to_ssl_async (QSocket             *self,
                                      int                  timeout_ms,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  SwitchCall *change;

  g_return_if_fail (Q_IS_SOCKET (self));

  change = q_socket_call_new (&upgrade_class, self, "upgrade_server_to_ssl with");
  change->is_server = TRUE;
  q_socket_call_start (&change->call, q_socket_upgrade_server_to_ssl_async,
                       "[qsocket] upgrade_server_to_ssl_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_upgrade_server_to_ssl_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_upgrade_server_to_ssl_async, error);
}

/* ---- and back ---- */

static gboolean
begin_shutdown_ssl (QSocketCall  *call,
                    GError      **error)
{
  SwitchCall *self = (SwitchCall *) call;
  QSocket *socket = call->socket;

  /* Without TLS there is nothing to do. */
  if (!q_socket_is_secure (socket))
    return TRUE;

  self->channel = enter_for_switch (socket, call->name, error);
  if (self->channel == NULL)
    return FALSE;

  if (q_tls_transport_of (self->channel->transport) != NULL)
    {
      q_shutdown_ssl_op_init (&self->end, call->name, self->channel, &socket->sink,
                         socket->settings.max_receive_size);
      prepare_switch (self, &self->end.parent);
      return TRUE;
    }

  if (!self->channel->transport->klass->is_secure)
    return TRUE;

  leave_after_switch (socket, self->channel);
  g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                       "shutdown_ssl: the session was begun with GIO's classes, which end it only "
                       "with the connection");

  return FALSE;
}

static gboolean
finish_shutdown_ssl (QSocketCall  *call,
                     gboolean      ok,
                     GError      **error)
{
  SwitchCall *self = (SwitchCall *) call;

  if (self->channel == NULL)
    return TRUE;

  if (call->op != NULL)
    {
      q_send_op_finish (&self->write);
      if (ok)
        q_socket_set_transport (call->socket, self->channel, NULL);
    }
  leave_after_switch (call->socket, self->channel);

  return ok;
}

static const QSocketCallClass shutdown_ssl_class = {
  .size = sizeof (SwitchCall), .begin = begin_shutdown_ssl, .finish = finish_shutdown_ssl,
};

gboolean
q_socket_shutdown_ssl (QSocket       *self,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  SwitchCall change = {
    .call = { .klass = &shutdown_ssl_class, .socket = self, .name = "shutdown_ssl with" },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&change.call, timeout_ms, cancellable, error);
}

void
q_socket_shutdown_ssl_async (QSocket             *self,
                             int                  timeout_ms,
                             int                  io_priority,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  q_socket_call_start (q_socket_call_new (&shutdown_ssl_class, self, "shutdown_ssl with"),
                       q_socket_shutdown_ssl_async, "[qsocket] shutdown_ssl_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_shutdown_ssl_finish (QSocket       *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_shutdown_ssl_async, error);
}

/* ---- questions ---- */

/* To be called under the lock. */
static QTlsSession *
get_session (QSocket *self)
{
  QChannel *channel = atomic_load (&self->channel);

  return channel != NULL ? q_tls_session_of (channel->transport) : NULL;
}

char *
q_socket_get_ssl_cipher_name (QSocket *self)
{
  QTlsSession *session;
  char *name;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  g_mutex_lock (&self->lock);
  session = get_session (self);
  name = session != NULL ? g_strdup (session->cipher) : NULL;
  g_mutex_unlock (&self->lock);

  return name;
}

char *
q_socket_get_ssl_cipher_version (QSocket *self)
{
  QTlsSession *session;
  char *version;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  g_mutex_lock (&self->lock);
  session = get_session (self);
  version = session != NULL ? g_strdup (session->version) : NULL;
  g_mutex_unlock (&self->lock);

  return version;
}

static GTlsConnection *
ref_connection (QSocket *self)
{
  GTlsConnection *connection = NULL;
  QTlsSession *session;

  g_mutex_lock (&self->lock);
  session = get_session (self);
  if (session != NULL)
    connection = g_object_ref (session->connection);
  g_mutex_unlock (&self->lock);

  return connection;
}

char *
q_socket_get_ssl_alpn (QSocket *self)
{
  g_autoptr (GTlsConnection) connection = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  connection = ref_connection (self);

  return connection != NULL
         ? g_strdup (g_tls_connection_get_negotiated_protocol (connection)) : NULL;
}

QSslCertificate *
q_socket_get_peer_certificate (QSocket *self)
{
  g_autoptr (GTlsConnection) connection = NULL;
  GTlsCertificate *certificate;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  connection = ref_connection (self);
  certificate = connection != NULL ? g_tls_connection_get_peer_certificate (connection) : NULL;

  return certificate != NULL ? q_ssl_certificate_new_from_tls_certificate (certificate) : NULL;
}

const char *
q_socket_verify_peer_certificate (QSocket *self)
{
  QTlsSession *session;
  const char *verification;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  g_mutex_lock (&self->lock);
  session = get_session (self);
  verification = session != NULL ? q_tls_session_get_verification (session) : NULL;
  g_mutex_unlock (&self->lock);

  return verification;
}

void
q_socket_emit_ssl_established (QSocket *self)
{
  g_autofree char *cipher = q_socket_get_ssl_cipher_name (self);
  g_autofree char *version = q_socket_get_ssl_cipher_version (self);
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED);

  report.cipher = cipher;
  report.cipher_version = version;
  q_socket_emit (self, &report);
}
