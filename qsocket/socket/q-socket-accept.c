/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-accept.h"

#include "q-accept-ssl-op-private.h"
#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-call-private.h"
#include "q-socket-open-private.h"
#include "q-socket-settings-private.h"
#include "q-socket-ssl-info-private.h"

/* Creates a socket for the connection that @op has accepted on the listener's @channel. */
static QSocket *
new_accepted (QSocket   *self,
              QChannel  *channel,
              QAcceptOp *op)
{
  QSocket *accepted = q_socket_new_inheriting (self);
  QChannel *connection = q_channel_new (g_steal_fd (&op->fd), Q_CHANNEL_ACCEPTED,
                                        channel->family, channel->socktype, FALSE, TRUE);

  /* The kernel returns an empty address if the peer has closed the connection already. Such a
   * channel is left without the address of a peer. */
  if (op->peer.length > sizeof (sa_family_t) || channel->family == G_SOCKET_FAMILY_UNIX)
    connection->peer = op->peer;
  q_socket_open (accepted, connection);

  return accepted;
}

/* A call of accept or of accept_ssl. */
typedef struct
{
  QSocketCall call;
  QChannel *channel;      /* of the listener */

  /* for accept */
  QAcceptOp accept;

  /* for accept_ssl: first accept_ssl, then handshake */
  QTlsConfig *tls;
  QOpChain chain;
  QAcceptSslOp accept_ssl;
  QHandshakeOp handshake;
  QSocket *accepted;      /* NULL until a connection was accepted */
  QChannel *connection;   /* that of @accepted, entered while the handshake runs */
  QStopHook hook;         /* closes @connection if the listener is closed meanwhile */
} AcceptCall;

/* Takes the claim of the listener's reader. */
static gboolean
enter_listener (AcceptCall  *self,
                GError     **error)
{
  self->channel = q_socket_enter (self->call.socket, Q_CLAIM_READER, self->call.method->name,
                                  error);
  if (self->channel == NULL)
    return FALSE;

  q_channel_check_listening (self->channel);

  return TRUE;
}

/* ---- without TLS ---- */

static gboolean
begin_accept (QSocketCall  *call,
              GError      **error)
{
  AcceptCall *self = (AcceptCall *) call;
  QPendingClients *pending;

  if (!enter_listener (self, error))
    return FALSE;

  q_accept_op_init (&self->accept, call->method->name, self->channel, &call->socket->sink);

  /* An earlier accept_ssl may have kept connections on which nothing had arrived yet. */
  pending = &self->channel->pending_clients;
  if (pending->n > 0)
    q_pending_clients_take (pending, 0, &self->accept.fd, &self->accept.peer);
  call->op = self->accept.fd < 0 ? &self->accept.parent : NULL;

  return TRUE;
}

static gboolean
finish_accept (QSocketCall  *call,
               gboolean      ok,
               GError      **error)
{
  AcceptCall *self = (AcceptCall *) call;

  if (ok && self->accept.fd >= 0)
    call->pointer = new_accepted (call->socket, self->channel, &self->accept);
  q_socket_leave (call->socket, Q_CLAIM_READER, self->channel);

  return ok;
}

static const QSocketCallClass accept_class = {
  .size = sizeof (AcceptCall), .begin = begin_accept, .finish = finish_accept,
  .result = Q_CALL_POINTER, .free_pointer = g_object_unref,
};

static const QSocketMethod accept_method = Q_SOCKET_METHOD (accept, "on", &accept_class);

/**
 * q_socket_accept:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Accepts a connection and returns a socket for it.
 *
 * The new socket inherits charset, no-delay, limits, [property@QSocket.Socket:lookup-hostnames]
 * and event queue. No host name is looked up; [method@QSocket.Socket.get_peer_info] returns the
 * address of the peer. A connection that the peer has closed meanwhile is returned as well, and the
 * bytes that were sent on it can be read.
 *
 * When the time is up, the result is `NULL` without an error; there is no `TIMEOUT` here.
 *
 * A connection that is aborted before it is accepted is skipped. Fails with
 * [error@QSocket.SocketError] `ACCEPT` if the socket does not listen or the system cannot accept a
 * connection, for instance because the process has no descriptor left; the listener stays usable.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSocket *
q_socket_accept (QSocket       *self,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  AcceptCall accept;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  /* The rest of the structure is large, and only accept_ssl uses it, or the call sets it. */
  accept.call = (QSocketCall) { .method = &accept_method, .socket = self };

  q_socket_call_run (&accept.call, timeout_ms, cancellable, error);

  return accept.call.pointer;
}

/**
 * q_socket_accept_async:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.accept] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_accept_async (QSocket             *self,
                       int                  timeout_ms,
                       int                  io_priority,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  q_socket_call_start (q_socket_call_new (&accept_method, self),
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_accept_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.accept_async].
 *
 * Fails as [method@QSocket.Socket.accept] does.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSocket *
q_socket_accept_finish (QSocket       *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  return q_socket_call_finish_pointer (&accept_method, self, result, error);
}

/* ---- with TLS ---- */

/* The function of the hook: a closed connection ends the handshake. */
static void
stop_by_closing (gpointer connection)
{
  q_channel_close (connection);
}

/* Goes on with the handshake, unless the time is up before a connection came. */
static QOp *
handshake_after_accept (QOpChain *chain,
                        QOp      *done)
{
  AcceptCall *self = chain->data;
  QAcceptOp *accept = &self->accept_ssl.accept;

  if (done != &self->accept_ssl.parent || accept->fd < 0)
    return NULL;

  self->accepted = new_accepted (self->call.socket, self->channel, accept);
  self->connection = q_socket_ref_channel (self->accepted);
  q_channel_enter (self->connection);
  q_gate_add_hook (&self->call.socket->gate, &self->hook, stop_by_closing, self->connection);

  q_handshake_op_init (&self->handshake, self->call.method->name, self->connection,
                       &self->accepted->sink, self->tls, NULL, TRUE);

  /* accept_ssl waits until something has arrived from the client. */
  self->handshake.client_has_sent = TRUE;

  return &self->handshake.parent;
}

static gboolean
begin_accept_ssl (QSocketCall  *call,
                  GError      **error)
{
  AcceptCall *self = (AcceptCall *) call;

  self->tls = q_socket_ref_tls_config (call->socket);
  if (!enter_listener (self, error))
    return FALSE;

  if (!q_handshake_check (self->tls, NULL, TRUE, self->channel->socktype, error))
    {
      q_socket_leave (call->socket, Q_CLAIM_READER, self->channel);
      return q_socket_prefix_error (call->method->name, error);
    }

  q_accept_ssl_op_init (&self->accept_ssl, call->method->name, self->channel, &call->socket->sink);
  q_op_chain_init (&self->chain, &self->accept_ssl.parent, handshake_after_accept, self);
  call->op = &self->chain.parent;

  return TRUE;
}

/* Makes the accepted socket an encrypted one, or drops it if the handshake failed. */
static void
finish_handshake (AcceptCall *self,
                  gboolean    ok)
{
  q_gate_remove_hook (&self->call.socket->gate, &self->hook);
  q_channel_leave (self->connection);

  if (ok &&
      q_channel_set_transport (self->connection,
                               &g_steal_pointer (&self->handshake.transport)->session.parent))
    q_socket_emit_ssl_established (self->accepted);
  else
    g_clear_object (&self->accepted);

  g_clear_pointer (&self->connection, q_channel_unref);
}

static gboolean
finish_accept_ssl (QSocketCall  *call,
                   gboolean      ok,
                   GError      **error)
{
  AcceptCall *self = (AcceptCall *) call;

  q_accept_ssl_op_clear (&self->accept_ssl);
  if (self->accepted != NULL)
    finish_handshake (self, ok);
  call->pointer = self->accepted;
  q_socket_leave (call->socket, Q_CLAIM_READER, self->channel);

  return ok;
}

static void
clear_accept_ssl (QSocketCall *call)
{
  q_tls_config_unref (((AcceptCall *) call)->tls);
}

static const QSocketCallClass accept_ssl_class = {
  .size = sizeof (AcceptCall), .begin = begin_accept_ssl, .finish = finish_accept_ssl,
  .clear = clear_accept_ssl, .result = Q_CALL_POINTER, .free_pointer = g_object_unref,
};

static const QSocketMethod accept_ssl_method =
  Q_SOCKET_METHOD (accept_ssl, "on", &accept_ssl_class);

/**
 * q_socket_accept_ssl:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole call, handshake included; negative: no limit, 0: no
 *   waiting, which is too short for a handshake
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Accepts a connection, encrypts it with TLS, and returns a socket for it.
 *
 * The server shows clients the certificate of [method@QSocket.Socket.set_certificate] and proves
 * with the key of [method@QSocket.Socket.set_private_key] that it is its own. The new socket
 * inherits what [method@QSocket.Socket.accept] lists, and certificate, key and all settings of TLS.
 * With [enum@QSocket.SslVerifyMode] `REQUIRE` clients must show a certificate as well.
 *
 * The call takes the first connection on which bytes have arrived. Connections on which nothing has
 * arrived yet do not delay it: up to 64 of them are kept for later calls; beyond that the oldest
 * one is closed. A client that is slow after its first bytes delays this call, but no longer than
 * @timeout_ms.
 *
 * When the time is up and no client has connected, the result is `NULL` without an error. If one
 * has connected and the handshake was not done in time, the error is [error@QSocket.SocketError]
 * `TIMEOUT`; if the client has ended the connection before that, `CLOSED`; if the handshake failed,
 * `SSL`. A connection whose handshake has begun is closed then. It is `SSL` as well if the listener
 * has no certificate or no key. Other errors are those of [method@QSocket.Socket.accept]. The
 * listener stays usable after all of them.
 *
 * The new socket emits [signal@QSocket.Socket::start-ssl] and
 * [signal@QSocket.Socket::ssl-established]. They reach the event queue of the listener, which the
 * new socket has inherited, but no handler, since none can be connected yet.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSocket *
q_socket_accept_ssl (QSocket       *self,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  AcceptCall accept = {
    .call = { .method = &accept_ssl_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  q_socket_call_run (&accept.call, timeout_ms, cancellable, error);

  return accept.call.pointer;
}

/**
 * q_socket_accept_ssl_async:
 * @self: a listening socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.accept_ssl] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_accept_ssl_async (QSocket             *self,
                           int                  timeout_ms,
                           int                  io_priority,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  q_socket_call_start (q_socket_call_new (&accept_ssl_method, self),
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_accept_ssl_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.accept_ssl_async].
 *
 * Fails as [method@QSocket.Socket.accept_ssl] does.
 *
 * Returns: (transfer full) (nullable): the connected socket; `NULL` if none came in time, or with
 *   @error set
 *
 * Since: 1.0
 */
QSocket *
q_socket_accept_ssl_finish (QSocket       *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  return q_socket_call_finish_pointer (&accept_ssl_method, self, result, error);
}
