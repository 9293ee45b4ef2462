/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-connect-ssl.h"

#include "q-socket-connect-call-private.h"

static const QSocketMethod connect_ssl_method = Q_CONNECT_METHOD (connect_ssl, "to");
static const QSocketMethod connect_inet_ssl_method = Q_CONNECT_METHOD (connect_inet_ssl, "to");
static const QSocketMethod connect_unix_ssl_method = Q_CONNECT_METHOD (connect_unix_ssl, "to");

gboolean
q_socket_connect_ssl (QSocket       *self,
                      const char    *target,
                      int            timeout_ms,
                      GCancellable  *cancellable,
                      GError       **error)
{
  QConnectCall call = {
    .call = { .method = &connect_ssl_method, .socket = self }, .secure = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_target (&call, target, error),
                             timeout_ms, cancellable, error);
}

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

gboolean
q_socket_connect_ssl_finish (QSocket       *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  return q_socket_call_finish_boolean (&connect_ssl_method, self, result, error);
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
  QConnectCall call = {
    .call = { .method = &connect_inet_ssl_method, .socket = self }, .secure = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (host != NULL && service != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_host (&call, host, service,
                                                      family, socktype, error),
                             timeout_ms, cancellable, error);
}

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

gboolean
q_socket_connect_inet_ssl_finish (QSocket       *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return q_socket_call_finish_boolean (&connect_inet_ssl_method, self, result, error);
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
  QConnectCall call = {
    .call = { .method = &connect_unix_ssl_method, .socket = self }, .secure = TRUE,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return q_connect_call_run (&call,
                             q_connect_call_set_path (&call, path, socktype, protocol, error),
                             timeout_ms, cancellable, error);
}

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

gboolean
q_socket_connect_unix_ssl_finish (QSocket       *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return q_socket_call_finish_boolean (&connect_unix_ssl_method, self, result, error);
}
