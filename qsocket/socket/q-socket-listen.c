/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-listen.h"

#include "q-socket-call-error-private.h"
#include "q-socket-open-private.h"

#include <errno.h>

#define DEFAULT_BACKLOG 128

static gboolean
set_listen_error (QChannel  *channel,
                  int        system_error,
                  GError   **error)
{
  g_autofree char *text = NULL;
  g_autofree char *escaped = NULL;
  QAddress address = { .length = 0 };

  q_channel_get_local_address (channel, &address);
  text = q_address_describe (&address);
  escaped = g_strescape (text, NULL);
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_LISTEN, "listen on \"%s\": %s",
               escaped, g_strerror (system_error));

  return FALSE;
}

/**
 * q_socket_listen:
 * @self: a bound socket
 * @backlog: how many connections may wait to be accepted; 0 or less means 128
 *
 * Makes a bound socket ready to accept connections.
 *
 * The system may lower @backlog. On a socket that listens already the call only changes @backlog.
 *
 * Fails with [error@QSocket.SocketError] `NOT_OPEN` if the socket is closed; with `LISTEN` if the
 * system refuses, for instance on a datagram or a connected socket.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_listen (QSocket  *self,
                 int       backlog,
                 GError  **error)
{
  g_autoptr (QChannel) channel = NULL;
  gboolean ok;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  channel = q_socket_ref_channel (self);
  if (channel == NULL || !q_channel_enter (channel))
    {
      q_socket_set_not_open_error ("listen", error);
      return FALSE;
    }

  ok = listen (channel->fd, backlog > 0 ? backlog : DEFAULT_BACKLOG) == 0;
  if (ok)
    q_channel_become_listener (channel);
  else
    set_listen_error (channel, errno, error);
  q_channel_leave (channel);

  return ok;
}
