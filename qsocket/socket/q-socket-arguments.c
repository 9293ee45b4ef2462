/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-arguments-private.h"

#include "q-i18n-private.h"
#include "q-socket-error.h"

#include <sys/socket.h>

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
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
                   _("%d is not a socket type that can be used here"), (int) socktype);
      return FALSE;
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
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
                   _("%d is not an address family that can be used here"), (int) family);
      return FALSE;
    }
}

gboolean
q_socket_check_remote_port (int      port,
                            GError **error)
{
  if (port != 0)
    return TRUE;

  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
               _("%d is not a port that can be used here"), port);

  return FALSE;
}
