/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-socket-private.h"
#include "q-socket-ssl.h"
#include "q-ssl-certificate-private.h"
#include "q-tls-end-op-private.h"
#include "q-write-op-private.h"

/* ---- changing what an open connection speaks ---- */

/* It begins with what is gathered: that belongs to what was spoken before. */
typedef struct
{
  QOpChain chain;
  QWriteOp write;
  QHandshakeOp handshake;
  QTlsEndOp end;
  QOp *second;
} Change;

static QOp *
change_next (QOpChain *chain,
             QOp      *done)
{
  Change *self = chain->data;

  return done == &self->write.parent ? self->second : NULL;
}

static gboolean
run_change (QSocket       *socket,
            QChannel      *channel,
            Change        *self,
            QOp           *second,
            int            timeout_ms,
            GCancellable  *cancellable,
            GError       **error)
{
  gboolean ok;

  self->second = second;
  q_write_op_init (&self->write, second->name, channel, &socket->sink, &socket->bytes_sent,
                   NULL, 0, NULL, 0);
  q_op_chain_init (&self->chain, &self->write.parent, change_next, self);
  ok = q_op_run (&self->chain.parent, timeout_ms, cancellable, error);
  q_write_op_finish (&self->write);

  return ok;
}

/* Nobody may read or write meanwhile. */
static QChannel *
enter_for_change (QSocket     *self,
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
leave_after_change (QSocket  *self,
                    QChannel *channel)
{
  q_socket_leave (self, Q_ROLE_WRITER, channel);
  q_socket_leave (self, Q_ROLE_READER, channel);
}

/* ---- from clear text to TLS ---- */

static gboolean
check_upgrade (QChannel    *channel,
               QTlsConfig  *tls,
               const char  *host,
               gboolean     is_server,
               GError     **error)
{
  const char *obstacle = NULL;

  if (channel->transport->klass->is_secure)
    obstacle = "the connection is encrypted already";
  else if (channel->kind == Q_CHANNEL_BOUND || channel->kind == Q_CHANNEL_LISTENING)
    obstacle = "the socket has no peer";
  else if (q_read_buffer_length (&channel->in) > 0 || q_channel_has_text (channel))
    obstacle = "the peer sent clear text that was not read; it must not pass for encrypted";

  if (obstacle != NULL)
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL, obstacle);

  return obstacle == NULL &&
         q_handshake_check (tls, host, is_server, channel->socktype, error);
}

static gboolean
upgrade (QSocket       *self,
         const char    *name,
         gboolean       is_server,
         int            timeout_ms,
         GCancellable  *cancellable,
         GError       **error)
{
  QChannel *channel = enter_for_change (self, name, error);
  g_autoptr (QTlsConfig) tls = NULL;
  const char *host;
  Change change;
  gboolean ok;

  if (channel == NULL)
    return FALSE;

  tls = q_socket_ref_tls_config (self);
  host = tls->server_name != NULL ? tls->server_name : channel->host;
  if (!check_upgrade (channel, tls, host, is_server, error))
    {
      leave_after_change (self, channel);
      return q_socket_prefix_error (name, error);
    }

  q_handshake_op_init (&change.handshake, name, channel, &self->sink, tls, host, is_server);
  ok = run_change (self, channel, &change, &change.handshake.parent, timeout_ms, cancellable,
                   error);
  if (ok &&
      !q_socket_set_transport (self, channel,
                               &g_steal_pointer (&change.handshake.transport)->session.parent))
    {
      q_op_fail_closed_here (&change.chain.parent);
      g_propagate_error (error, g_steal_pointer (&change.chain.parent.error));
      ok = FALSE;
    }

  g_object_ref (self);
  leave_after_change (self, channel);
  if (ok)
    q_socket_emit_ssl_established (self);
  else
    q_socket_close_channel (self);
  g_object_unref (self);

  return ok;
}

gboolean
q_socket_upgrade_client_to_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return upgrade (self, "upgrade_client_to_ssl with", FALSE, timeout_ms, cancellable, error);
}

gboolean
q_socket_upgrade_server_to_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return upgrade (self, "upgrade_server_to_ssl with", TRUE, timeout_ms, cancellable, error);
}

/* ---- and back ---- */

gboolean
q_socket_shutdown_ssl (QSocket       *self,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  QChannel *channel;
  gboolean ok = TRUE;
  Change change;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!q_socket_is_secure (self))
    return TRUE;

  channel = enter_for_change (self, "shutdown_ssl", error);
  if (channel == NULL)
    return FALSE;

  if (q_transport_is_tls (channel->transport))
    {
      q_tls_end_op_init (&change.end, "shutdown_ssl with", channel, &self->sink,
                         self->settings.max_receive_size);
      ok = run_change (self, channel, &change, &change.end.parent, timeout_ms, cancellable, error);
      if (ok)
        q_socket_set_transport (self, channel, NULL);
    }
  else if (channel->transport->klass->is_secure)
    {
      g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                           "shutdown_ssl: the session was begun with GIO's classes, which end it "
                           "only with the connection");
      ok = FALSE;
    }
  leave_after_change (self, channel);

  return ok;
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
  const char *verdict;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  g_mutex_lock (&self->lock);
  session = get_session (self);
  verdict = session != NULL ? q_tls_session_get_verdict (session) : NULL;
  g_mutex_unlock (&self->lock);

  return verdict;
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
