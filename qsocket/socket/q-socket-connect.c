/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-connect.h"

#include "q-socket-connect-call-private.h"

static const QSocketMethod connect_method = { "connect to", &q_connect_call_class };
static const QSocketMethod connect_to_method = {
  "connect_to", &q_connect_call_class, q_socket_connect_to_async, "[qsocket] connect_to_async",
};
static const QSocketMethod connect_inet_method = Q_CONNECT_METHOD (connect_inet, "to");
static const QSocketMethod connect_unix_method = Q_CONNECT_METHOD (connect_unix, "to");

/**
 * q_socket_connect: (skip)
 * @self: a socket
 * @target: a host and service, or the path of a UNIX socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * The C name of [method@QSocket.Socket.connect_to].
 *
 * Other languages do not have it, since there `connect` connects signal handlers.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect (QSocket       *self,
                  const char    *target,
                  int            timeout_ms,
                  GCancellable  *cancellable,
                  GError       **error)
{
  QConnectCall call = {
    .call = { .method = &connect_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_target (&call, target, error),
                             timeout_ms, cancellable, error);
}

/**
 * q_socket_connect_to:
 * @self: a socket
 * @target: a host and service, or the path of a UNIX socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Connects a stream socket to a host and service or to a UNIX socket.
 *
 * A @target with a colon is a host and a service, separated by its last colon: `"example.org:80"`,
 * `"192.0.2.1:http"`, `"[2001:db8::1]:80"`. The host is a name or an address; in square brackets
 * it means IPv6 only. The service is a number from 1 to 65535 or a name that the system knows. A
 * @target without a colon is the path of a UNIX socket; [method@QSocket.Socket.connect_unix] takes
 * paths that have a colon.
 *
 * An open socket is closed first, with [signal@QSocket.Socket::channel-closed], even if
 * connecting then fails; after a failure the socket is closed. The addresses of a host are tried as
 * in RFC 8305: an IPv6 address first, the next one when an attempt fails or has taken 250 ms. The
 * first attempt that succeeds is the connection.
 *
 * Fails with [error@QSocket.SocketError] `CONNECT` if the connection is refused, no address can be
 * reached, the host or service is unknown, or the time is up (there is no `TIMEOUT` here); with
 * `INVALID_ARGUMENT` if @target is neither host and service nor a path, which leaves the socket as
 * it was.
 *
 * Emits [signal@QSocket.Socket::hostname-lookup], [signal@QSocket.Socket::hostname-resolved],
 * [signal@QSocket.Socket::connecting] and [signal@QSocket.Socket::connected]; for a UNIX socket
 * only the last two.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_to (QSocket       *self,
                     const char    *target,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  QConnectCall call = {
    .call = { .method = &connect_to_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_target (&call, target, error),
                             timeout_ms, cancellable, error);
}

/**
 * q_socket_connect_to_async:
 * @self: a socket
 * @target: a host and service, or the path of a UNIX socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.connect_to] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_connect_to_async (QSocket             *self,
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

  call = q_connect_call_new (&connect_to_method, self, FALSE);
  q_connect_call_set_target (call, target, &error);
  q_connect_call_start (call, error, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_connect_to_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.connect_to_async].
 *
 * Fails as [method@QSocket.Socket.connect_to] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_to_finish (QSocket       *self,
                            GAsyncResult  *result,
                            GError       **error)
{
  return q_socket_call_finish_boolean (&connect_to_method, self, result, error);
}

/**
 * q_socket_connect_inet:
 * @self: a socket
 * @host: a name or an address, without brackets
 * @service: a port number from 1 to 65535 or the name of a service
 * @family: `G_SOCKET_FAMILY_IPV4`, `G_SOCKET_FAMILY_IPV6`, or `G_SOCKET_FAMILY_INVALID` for both
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Connects to a host and service of a given family and type.
 *
 * All else is as in [method@QSocket.Socket.connect_to]. Connecting a datagram socket sends nothing:
 * it only sets the peer that the socket sends to and receives from.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
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
  QConnectCall call = {
    .call = { .method = &connect_inet_method, .socket = self },
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
 * q_socket_connect_inet_async:
 * @self: a socket
 * @host: a name or an address, without brackets
 * @service: a port number from 1 to 65535 or the name of a service
 * @family: `G_SOCKET_FAMILY_IPV4`, `G_SOCKET_FAMILY_IPV6`, or `G_SOCKET_FAMILY_INVALID` for both
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.connect_inet] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_connect_inet_async (QSocket             *self,
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

  call = q_connect_call_new (&connect_inet_method, self, FALSE);
  q_connect_call_set_host (call, host, service, family, socktype, &error);
  q_connect_call_start (call, error, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_connect_inet_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.connect_inet_async].
 *
 * Fails as [method@QSocket.Socket.connect_inet] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_inet_finish (QSocket       *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  return q_socket_call_finish_boolean (&connect_inet_method, self, result, error);
}

/**
 * q_socket_connect_unix:
 * @self: a socket
 * @path: (type filename): the path of a UNIX socket, 1 to 107 bytes long
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @protocol: the number of the protocol; 0 for the default
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Connects to a UNIX socket.
 *
 * All else is as in [method@QSocket.Socket.connect_to]. A peer of another type fails with
 * [error@QSocket.SocketError] `CONNECT`. Emits [signal@QSocket.Socket::connecting] and
 * [signal@QSocket.Socket::connected].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_unix (QSocket       *self,
                       const char    *path,
                       GSocketType    socktype,
                       int            protocol,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  QConnectCall call = {
    .call = { .method = &connect_unix_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_path (&call, path, socktype, protocol, error),
                             timeout_ms, cancellable, error);
}

/**
 * q_socket_connect_unix_async:
 * @self: a socket
 * @path: (type filename): the path of a UNIX socket, 1 to 107 bytes long
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @protocol: the number of the protocol; 0 for the default
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.connect_unix] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_connect_unix_async (QSocket             *self,
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

  call = q_connect_call_new (&connect_unix_method, self, FALSE);
  q_connect_call_set_path (call, path, socktype, protocol, &error);
  q_connect_call_start (call, error, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_connect_unix_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.connect_unix_async].
 *
 * Fails as [method@QSocket.Socket.connect_unix] does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_connect_unix_finish (QSocket       *self,
                              GAsyncResult  *result,
                              GError       **error)
{
  return q_socket_call_finish_boolean (&connect_unix_method, self, result, error);
}
