/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-ssl.h"

#include "q-handshake-op-private.h"
#include "q-i18n-private.h"
#include "q-op-chain-private.h"
#include "q-send-op-private.h"
#include "q-shutdown-ssl-op-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-call-private.h"
#include "q-socket-info.h"
#include "q-socket-open-private.h"
#include "q-socket-settings-private.h"
#include "q-socket-ssl-info-private.h"

/* ---- changing the transport of an open connection ---- */

/* A call that replaces the plain transport by TLS or TLS by the plain one. It first sends the
 * corked bytes, with the old transport, because they were sent before the change. */
typedef struct
{
  QSocketCall call;
  gboolean is_server;     /* for an upgrade */
  QTlsConfig *tls;        /* for an upgrade */
  QChannel *channel;      /* NULL: there is nothing to change */

  QOpChain chain;
  QSendOp send;
  QOp *change;            /* &handshake.parent or &shutdown.parent */
  QHandshakeOp handshake;
  QShutdownSslOp shutdown;
} TransportCall;

static QOp *
change_after_send (QOpChain *chain,
                   QOp      *done)
{
  TransportCall *self = chain->data;

  return done == &self->send.parent ? self->change : NULL;
}

/* Makes the operation that sends the corked bytes and then runs @change. */
static void
prepare_change (TransportCall *self,
                QOp           *change)
{
  QSocket *socket = self->call.socket;

  self->change = change;
  q_send_op_init (&self->send, self->call.method->name, self->channel, &socket->sink,
                  NULL, 0, NULL, 0);
  q_op_chain_init (&self->chain, &self->send.parent, change_after_send, self);
  self->call.op = &self->chain.parent;
}

/* Takes the claims of reader and writer, so that no other call uses the transport. Returns the
 * channel, or NULL with @error set and without a claim. */
static QChannel *
enter_with_both_claims (QSocket     *self,
                        const char  *name,
                        GError     **error)
{
  QChannel *channel = q_socket_enter (self, Q_CLAIM_READER, name, error);
  QChannel *writer_channel;

  if (channel == NULL)
    return NULL;

  writer_channel = q_socket_enter (self, Q_CLAIM_WRITER, name, error);
  if (writer_channel == channel)
    return channel;

  /* Another thread has opened the socket anew between the two claims. */
  if (writer_channel != NULL)
    {
      q_socket_leave (self, Q_CLAIM_WRITER, writer_channel);
      q_socket_set_not_open_error (name, error);
    }
  q_socket_leave (self, Q_CLAIM_READER, channel);

  return NULL;
}

static void
leave_with_both_claims (QSocket  *self,
                        QChannel *channel)
{
  q_socket_leave (self, Q_CLAIM_WRITER, channel);
  q_socket_leave (self, Q_CLAIM_READER, channel);
}

/* ---- from the plain transport to TLS ---- */

/* Checks whether the handshake can begin. Fails with SSL or INVALID_ARGUMENT, with a message that
 * lacks the name of the method. */
static gboolean
check_upgrade (TransportCall  *self,
               const char     *host,
               GError        **error)
{
  QChannel *channel = self->channel;
  const char *obstacle = NULL;

  if (channel->transport->klass->is_secure)
    obstacle = _("the connection is encrypted already");
  else if (channel->kind == Q_CHANNEL_BOUND || channel->kind == Q_CHANNEL_LISTENING)
    obstacle = _("the socket has no peer");
  else if (q_recv_buffer_length (&channel->in) > 0 || q_channel_has_text (channel))
    obstacle = _("the peer sent clear text that was not read; it must not pass for encrypted");

  if (obstacle != NULL)
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL, obstacle);

  return obstacle == NULL &&
         q_handshake_check (self->tls, host, self->is_server, channel->socktype, error);
}

static gboolean
begin_upgrade (QSocketCall  *call,
               GError      **error)
{
  TransportCall *self = (TransportCall *) call;
  QSocket *socket = call->socket;
  const char *host;

  self->channel = enter_with_both_claims (socket, call->method->name, error);
  if (self->channel == NULL)
    return FALSE;

  self->tls = q_socket_ref_tls_config (socket);
  host = self->tls->server_name != NULL ? self->tls->server_name : self->channel->host;
  if (!check_upgrade (self, host, error))
    {
      leave_with_both_claims (socket, self->channel);
      return q_socket_prefix_error (call->method->name, error);
    }

  q_handshake_op_init (&self->handshake, call->method->name, self->channel, &socket->sink,
                       self->tls, host, self->is_server);
  prepare_change (self, &self->handshake.parent);

  return TRUE;
}

static gboolean
finish_upgrade (QSocketCall  *call,
                gboolean      ok,
                GError      **error)
{
  TransportCall *self = (TransportCall *) call;
  QSocket *socket = call->socket;
  QChannel *channel;

  if (ok &&
      !q_channel_set_transport (self->channel,
                                &g_steal_pointer (&self->handshake.transport)->session.parent))
    {
      q_op_fail_closed_here (call->op);
      g_propagate_error (error, g_steal_pointer (&call->op->error));
      ok = FALSE;
    }

  /* Once the claims are dropped another thread may close the socket and open it anew. Then the new
   * connection must not be closed below. */
  g_object_ref (socket);
  channel = q_channel_ref (self->channel);
  leave_with_both_claims (socket, channel);
  if (ok)
    q_socket_emit_ssl_established (socket);
  else
    q_socket_close_channel (socket, channel);
  q_channel_unref (channel);
  g_object_unref (socket);

  return ok;
}

static void
clear_upgrade (QSocketCall *call)
{
  TransportCall *self = (TransportCall *) call;

  g_clear_pointer (&self->tls, q_tls_config_unref);
}

static const QSocketCallClass upgrade_class = {
  .size = sizeof (TransportCall), .begin = begin_upgrade, .finish = finish_upgrade,
  .clear = clear_upgrade,
};

static const QSocketMethod upgrade_client_to_ssl_method =
  Q_SOCKET_METHOD (upgrade_client_to_ssl, "with", &upgrade_class);
static const QSocketMethod upgrade_server_to_ssl_method =
  Q_SOCKET_METHOD (upgrade_server_to_ssl, "with", &upgrade_class);

/**
 * q_socket_upgrade_client_to_ssl:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Begins to encrypt an open connection with TLS, as the client (STARTTLS).
 *
 * Corked bytes are sent first, in clear text. The certificate is verified as in
 * [method@QSocket.Socket.connect_ssl], for the host that was connected to; a socket made from a
 * descriptor needs [property@QSocket.Socket:ssl-server-name].
 *
 * Fails with [error@QSocket.SocketError] `SSL` if the peer has sent clear text that was not read
 * yet: it would be taken for encrypted text. It is `SSL` as well if there is no host name to check,
 * if the connection is encrypted already, or if the socket has no peer; and `PENDING` if another
 * call reads or writes. After these errors the socket stays open and the text readable. If the
 * handshake fails, the socket is closed, with the errors of [method@QSocket.Socket.connect_ssl].
 *
 * Emits [signal@QSocket.Socket::start-ssl] and [signal@QSocket.Socket::ssl-established].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_upgrade_client_to_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error)
{
  TransportCall change = {
    .call = { .method = &upgrade_client_to_ssl_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&change.call, timeout_ms, cancellable, error);
}

/**
 * q_socket_upgrade_client_to_ssl_async:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.upgrade_client_to_ssl] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_upgrade_client_to_ssl_async (QSocket             *self,
                                      int                  timeout_ms,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  q_socket_call_start (q_socket_call_new (&upgrade_client_to_ssl_method, self),
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_upgrade_client_to_ssl_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.upgrade_client_to_ssl_async].
 *
 * Fails as [method@QSocket.Socket.upgrade_client_to_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_upgrade_client_to_ssl_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error)
{
  return q_socket_call_finish_boolean (&upgrade_client_to_ssl_method, self, result, error);
}

/**
 * q_socket_upgrade_server_to_ssl:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Begins to encrypt an open connection with TLS, as the server (STARTTLS).
 *
 * It needs a certificate and a key, as [method@QSocket.Socket.accept_ssl] does. All else is as in
 * [method@QSocket.Socket.upgrade_client_to_ssl].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_upgrade_server_to_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error)
{
  TransportCall change = {
    .call = { .method = &upgrade_server_to_ssl_method, .socket = self },
    .is_server = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&change.call, timeout_ms, cancellable, error);
}

/**
 * q_socket_upgrade_server_to_ssl_async:
 * @self: a connected stream socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.upgrade_server_to_ssl] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_upgrade_server_to_ssl_async (QSocket             *self,
                                      int                  timeout_ms,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  TransportCall *change;

  g_return_if_fail (Q_IS_SOCKET (self));

  change = q_socket_call_new (&upgrade_server_to_ssl_method, self);
  change->is_server = TRUE;
  q_socket_call_start (&change->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_upgrade_server_to_ssl_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.upgrade_server_to_ssl_async].
 *
 * Fails as [method@QSocket.Socket.upgrade_server_to_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_upgrade_server_to_ssl_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error)
{
  return q_socket_call_finish_boolean (&upgrade_server_to_ssl_method, self, result, error);
}

/* ---- from TLS to the plain transport ---- */

static gboolean
begin_shutdown_ssl (QSocketCall  *call,
                    GError      **error)
{
  TransportCall *self = (TransportCall *) call;
  QSocket *socket = call->socket;

  /* Without TLS there is nothing to do. */
  if (!q_socket_is_secure (socket))
    return TRUE;

  self->channel = enter_with_both_claims (socket, call->method->name, error);
  if (self->channel == NULL)
    return FALSE;

  if (q_tls_transport_of (self->channel->transport) != NULL)
    {
      q_shutdown_ssl_op_init (&self->shutdown, call->method->name, self->channel, &socket->sink,
                              socket->settings.max_receive_size);
      prepare_change (self, &self->shutdown.parent);
      return TRUE;
    }

  if (!self->channel->transport->klass->is_secure)
    return TRUE;

  leave_with_both_claims (socket, self->channel);

  return q_socket_set_error (call->method->name, Q_SOCKET_ERROR_SSL, error,
                             _("the session was begun with GIO's classes, which end it only with "
                               "the connection"));
}

static gboolean
finish_shutdown_ssl (QSocketCall  *call,
                     gboolean      ok,
                     GError      **error)
{
  TransportCall *self = (TransportCall *) call;

  if (self->channel == NULL)
    return TRUE;

  if (call->op != NULL && ok)
    q_channel_set_transport (self->channel, NULL);
  leave_with_both_claims (call->socket, self->channel);

  return ok;
}

static const QSocketCallClass shutdown_ssl_class = {
  .size = sizeof (TransportCall), .begin = begin_shutdown_ssl, .finish = finish_shutdown_ssl,
};

static const QSocketMethod shutdown_ssl_method =
  Q_SOCKET_METHOD (shutdown_ssl, "with", &shutdown_ssl_class);

/**
 * q_socket_shutdown_ssl:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Ends the TLS session but not the connection, which then goes on in clear text.
 *
 * Corked bytes are sent first, encrypted. Then this side sends a close_notify and waits for that of
 * the peer. Bytes that the peer sends before it stay readable, up to
 * [property@QSocket.Socket:max-receive-size]. Afterwards another session may be begun. The call is
 * not needed before [method@QSocket.Socket.close], which sends a close_notify itself and never
 * waits.
 *
 * Fails with [error@QSocket.SocketError] `TIMEOUT` if the peer does not answer in time: after that
 * nothing can be sent any more, but bytes can still be read, and another call waits for the answer
 * again. It is `TRUNCATED` if the peer ends the connection without an answer, `PENDING` if another
 * call reads or writes, and `SSL` if the session was begun by GIO, see
 * [ctor@QSocket.Socket.new_from_connection]. On a socket without TLS, or one that is not open, the
 * call does nothing and succeeds.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_shutdown_ssl (QSocket       *self,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  TransportCall change = {
    .call = { .method = &shutdown_ssl_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_socket_call_run (&change.call, timeout_ms, cancellable, error);
}

/**
 * q_socket_shutdown_ssl_async:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.shutdown_ssl] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_shutdown_ssl_async (QSocket             *self,
                             int                  timeout_ms,
                             int                  io_priority,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  q_socket_call_start (q_socket_call_new (&shutdown_ssl_method, self),
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_shutdown_ssl_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.shutdown_ssl_async].
 *
 * Fails as [method@QSocket.Socket.shutdown_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_shutdown_ssl_finish (QSocket       *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  return q_socket_call_finish_boolean (&shutdown_ssl_method, self, result, error);
}
