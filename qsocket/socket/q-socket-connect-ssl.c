/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-connect-ssl.h"

#include "q-socket-connect-call-private.h"

static const QSocketMethod connect_ssl_method = Q_CONNECT_METHOD (connect_ssl, "to");
static const QSocketMethod connect_inet_ssl_method = Q_CONNECT_METHOD (connect_inet_ssl, "to");
static const QSocketMethod connect_unix_ssl_method = Q_CONNECT_METHOD (connect_unix_ssl, "to");

/**
 * q_socket_connect_ssl:
 * @self: a socket
 * @target: a host and service, or the path of a UNIX socket
 * @timeout_ms: milliseconds for the whole call, handshake included; negative: no limit, 0: no
 *   waiting, which is too short for a handshake
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Connects as [method@QSocket.Socket.connect_to] does, and encrypts the connection with TLS.
 *
 * The server's certificate must be one that the system trusts (or that
 * [property@QSocket.Socket:ssl-ca-file] trusts instead) and must be for the host of @target; for a
 * UNIX socket [property@QSocket.Socket:ssl-server-name] has to name the host. Until that is
 * verified the socket is not open, and nothing but the handshake is sent. If the server asks for a
 * certificate of this side, it gets that of [method@QSocket.Socket.set_certificate].
 *
 * Besides the errors of [method@QSocket.Socket.connect_to], it fails with
 * [error@QSocket.SocketError] `SSL` if the handshake fails or the certificate is refused; in the
 * latter case the message has the `X509_V_` name of the reason. It fails with `TIMEOUT` if the time
 * is up during the handshake, and with `CLOSED` if the peer ends the connection during the
 * handshake. After any of these the socket is closed. It is `SSL` as well, and the socket stays as
 * it was, if there is no host name to check or GIO has no TLS (the package glib-networking is
 * missing).
 *
 * After the events of [method@QSocket.Socket.connect_to] it emits
 * [signal@QSocket.Socket::start-ssl] and [signal@QSocket.Socket::ssl-established]; after a failed
 * handshake [signal@QSocket.Socket::channel-closed] instead of the latter.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_ssl (QSocket       *self,
                      const char    *target,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  QConnectCall call = {
    .call = { .method = &connect_ssl_method, .socket = self }, .is_secure = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_target (&call, target, error),
                             timeout_ms, cancellable, error);
}

/**
 * q_socket_connect_ssl_async:
 * @self: a socket
 * @target: a host and service, or the path of a UNIX socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.connect_ssl] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_connect_ssl_async (QSocket             *self,
                            const char          *target,
                            int                  timeout_ms,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  GError *error = NULL;
  QConnectCall *call;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (target != NULL);

  call = q_connect_call_new (&connect_ssl_method, self, TRUE);
  q_connect_call_set_target (call, target, &error);
  q_connect_call_start (call, error, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_connect_ssl_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.connect_ssl_async].
 *
 * Fails as [method@QSocket.Socket.connect_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_ssl_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_boolean (&connect_ssl_method, self, result, error);
}

/**
 * q_socket_connect_inet_ssl:
 * @self: a socket
 * @host: a name or an address, without brackets
 * @service: a port number from 1 to 65535 or the name of a service
 * @family: `G_SOCKET_FAMILY_IPV4`, `G_SOCKET_FAMILY_IPV6`, or `G_SOCKET_FAMILY_INVALID` for both
 * @socktype: `G_SOCKET_TYPE_STREAM`; any other is [error@QSocket.SocketError] `INVALID_ARGUMENT`
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Connects as [method@QSocket.Socket.connect_inet] does, and encrypts the connection with TLS.
 *
 * All else is as in [method@QSocket.Socket.connect_ssl].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
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
  QConnectCall call = {
    .call = { .method = &connect_inet_ssl_method, .socket = self }, .is_secure = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (host != NULL && service != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_host (&call, host, service,
                                                      family, socktype, error),
                             timeout_ms, cancellable, error);
}

/**
 * q_socket_connect_inet_ssl_async:
 * @self: a socket
 * @host: a name or an address, without brackets
 * @service: a port number from 1 to 65535 or the name of a service
 * @family: `G_SOCKET_FAMILY_IPV4`, `G_SOCKET_FAMILY_IPV6`, or `G_SOCKET_FAMILY_INVALID` for both
 * @socktype: `G_SOCKET_TYPE_STREAM`; any other is [error@QSocket.SocketError] `INVALID_ARGUMENT`
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.connect_inet_ssl] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_connect_inet_ssl_async (QSocket             *self,
                                 const char          *host,
                                 const char          *service,
                                 GSocketFamily        family,
                                 GSocketType          socktype,
                                 int                  timeout_ms,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  GError *error = NULL;
  QConnectCall *call;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (host != NULL && service != NULL);

  call = q_connect_call_new (&connect_inet_ssl_method, self, TRUE);
  q_connect_call_set_host (call, host, service, family, socktype, &error);
  q_connect_call_start (call, error, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_connect_inet_ssl_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.connect_inet_ssl_async].
 *
 * Fails as [method@QSocket.Socket.connect_inet_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_inet_ssl_finish (QSocket       *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return q_socket_call_finish_boolean (&connect_inet_ssl_method, self, result, error);
}

/**
 * q_socket_connect_unix_ssl:
 * @self: a socket
 * @path: (type filename): the path of a UNIX socket, 1 to 107 bytes long
 * @socktype: `G_SOCKET_TYPE_STREAM`; any other is [error@QSocket.SocketError] `INVALID_ARGUMENT`
 * @protocol: the number of the protocol; 0 for the default
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Connects as [method@QSocket.Socket.connect_unix] does, and encrypts the connection with TLS.
 *
 * All else is as in [method@QSocket.Socket.connect_ssl].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_unix_ssl (QSocket       *self,
                           const char    *path,
                           GSocketType    socktype,
                           int            protocol,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error)
{
  QConnectCall call = {
    .call = { .method = &connect_unix_ssl_method, .socket = self }, .is_secure = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_path (&call, path, socktype, protocol, error),
                             timeout_ms, cancellable, error);
}

/**
 * q_socket_connect_unix_ssl_async:
 * @self: a socket
 * @path: (type filename): the path of a UNIX socket, 1 to 107 bytes long
 * @socktype: `G_SOCKET_TYPE_STREAM`; any other is [error@QSocket.SocketError] `INVALID_ARGUMENT`
 * @protocol: the number of the protocol; 0 for the default
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.connect_unix_ssl] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_connect_unix_ssl_async (QSocket             *self,
                                 const char          *path,
                                 GSocketType          socktype,
                                 int                  protocol,
                                 int                  timeout_ms,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  GError *error = NULL;
  QConnectCall *call;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (path != NULL);

  call = q_connect_call_new (&connect_unix_ssl_method, self, TRUE);
  q_connect_call_set_path (call, path, socktype, protocol, &error);
  q_connect_call_start (call, error, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_connect_unix_ssl_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.connect_unix_ssl_async].
 *
 * Fails as [method@QSocket.Socket.connect_unix_ssl] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_unix_ssl_finish (QSocket       *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return q_socket_call_finish_boolean (&connect_unix_ssl_method, self, result, error);
}
