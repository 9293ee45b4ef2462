/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-connect.h"
#include "q-socket-private.h"
#include "q-target-private.h"

/* ---- the one way to open a connection ---- */

/* What a connect leaves when it succeeded. */
static gboolean
take_connection (QSocket     *self,
                 QConnectOp  *op,
                 GError     **error)
{
  QChannel *channel = q_channel_new (op->fd, Q_CHANNEL_CLIENT, q_address_get_family (&op->address),
                                     op->endpoint.socktype, op->nonblocking, TRUE);

  channel->peer = op->address;
  channel->plain.write_timeout_ms = op->send_timeout_ms;

  if (q_socket_install_opened (self, channel))
    return TRUE;

  q_op_fail_closed_here (&op->parent);
  g_propagate_error (error, g_steal_pointer (&op->parent.error));

  return FALSE;
}

static gboolean
run_connect (QSocket          *self,
             const char       *name,
             const char       *target,
             const QEndpoint  *endpoint,
             int               timeout_ms,
             GCancellable     *cancellable,
             GError          **error)
{
  QConnectOp op;
  gboolean ok;

  if (!q_socket_begin_opening (self, name, error))
    return FALSE;

  q_connect_op_init (&op, name, target, endpoint, &self->sink);
  op.endpoint.no_delay = self->settings.no_delay;
  g_mutex_lock (&self->lock);
  self->connecting = &op;
  if (self->opening_aborted)
    q_connect_op_abort (&op);
  g_mutex_unlock (&self->lock);

  ok = q_op_run (&op.parent, timeout_ms, cancellable, error);

  g_mutex_lock (&self->lock);
  self->connecting = NULL;
  g_mutex_unlock (&self->lock);

  ok = ok && take_connection (self, &op, error);
  q_connect_op_clear (&op);

  g_object_ref (self);
  q_socket_end_opening (self);
  if (ok)
    q_socket_emit_type (self, Q_SOCKET_EVENT_TYPE_CONNECTED);
  g_object_unref (self);

  return ok;
}

/* ---- what the caller may say ---- */

static gboolean
set_invalid (GError     **error,
             const char  *what,
             int          value)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
               "%d is not a %s that can be used here", value, what);

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
      return set_invalid (error, "socket type", (int) socktype);
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
      return set_invalid (error, "address family", (int) family);
    }
}

/* A bind may leave the port to the system; a connect cannot. */
static gboolean
check_port (int      port,
            GError **error)
{
  return port != 0 || set_invalid (error, "port", port);
}

/* ---- public ---- */

static gboolean
connect_to_target (QSocket       *self,
                   const char    *name,
                   const char    *text,
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

  return run_connect (self, name, text, &endpoint, timeout_ms, cancellable, error);
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

  return connect_to_target (self, "connect to", target, timeout_ms, cancellable, error);
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

  return connect_to_target (self, "connect_to", target, timeout_ms, cancellable, error);
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
  QEndpoint endpoint = { .host = host, .service = service, .family = family };
  g_autofree char *target = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (host != NULL && service != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!q_target_check_host (host, error) ||
      !q_target_check_service (service, &endpoint.port, error) ||
      !check_port (endpoint.port, error) ||
      !q_socket_check_inet_family (family, error) ||
      !q_socket_check_type (socktype, &endpoint.socktype, error))
    return q_socket_prefix_error ("connect_inet", error);

  target = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, service);

  return run_connect (self, "connect_inet to", target, &endpoint, timeout_ms, cancellable, error);
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
  QEndpoint endpoint = {
    .path = path, .port = -1, .family = G_SOCKET_FAMILY_UNIX, .protocol = protocol,
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!q_target_check_path (path, error) ||
      !q_socket_check_type (socktype, &endpoint.socktype, error))
    return q_socket_prefix_error ("connect_unix", error);

  return run_connect (self, "connect_unix to", path, &endpoint, timeout_ms, cancellable, error);
}
