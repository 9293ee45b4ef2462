/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-close.h"

#include "q-send-op-private.h"
#include "q-socket-open-private.h"

#include <errno.h>

/**
 * q_socket_shutdown:
 * @self: a socket
 *
 * Ends the connection in both directions without closing the socket.
 *
 * The peer sees the end of the stream even if other processes share the descriptor. Bytes that
 * are in the buffer stay readable; then reads report the end of the stream. Sending fails.
 * Blocked calls in other threads return; one that is connecting or binding the socket fails with
 * [error@QSocket.SocketError] `CLOSED`. Corked bytes are sent before, but only as far as the kernel
 * takes them at once: this call never waits. [method@QSocket.Socket.is_open] stays `TRUE`.
 *
 * On a closed socket it does nothing and succeeds. Fails with [error@QSocket.SocketError]
 * `NOT_OPEN` if the socket is open but not connected, and with `SEND` for any other error of the
 * system. May be called from any thread.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_shutdown (QSocket  *self,
                   GError  **error)
{
  g_autoptr (QChannel) channel = NULL;
  int system_error = 0;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  q_gate_stop (&self->gate);
  channel = q_socket_ref_channel (self);
  if (channel == NULL || !q_channel_enter (channel))
    return TRUE;

  /* Corked bytes belong to sends that have succeeded already, so they leave before the end of the
   * stream. In a child process they are the parent's to send. */
  if (!q_channel_is_inherited (channel))
    q_send_flush (channel, &self->sink);

  if (shutdown (channel->fd, SHUT_RDWR) != 0)
    system_error = errno;
  q_channel_leave (channel);

  /* The kernel says ENOTCONN, too, if both sides or a reset have ended the connection before: then
   * there is nothing left to do. */
  if (system_error == 0 || (system_error == ENOTCONN && (channel->kind == Q_CHANNEL_CLIENT ||
                                                         channel->kind == Q_CHANNEL_ACCEPTED)))
    return TRUE;

  g_set_error (error, Q_SOCKET_ERROR,
               system_error == ENOTCONN ? Q_SOCKET_ERROR_NOT_OPEN : Q_SOCKET_ERROR_SEND,
               "shutdown: %s", g_strerror (system_error));

  return FALSE;
}

/**
 * q_socket_close:
 * @self: a socket
 *
 * Closes the socket.
 *
 * It never waits: corked bytes are sent as far as the kernel takes them at once, buffered input is
 * dropped, and the file of a UNIX socket that this object bound is removed. A call that is
 * blocked in another thread fails with [error@QSocket.SocketError] `CLOSED`. Closing a closed
 * socket does nothing and succeeds. May be called from any thread.
 *
 * Emits [signal@QSocket.Socket::channel-closed] if the socket was open.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set; the socket is closed in both cases
 *
 * Since: 1.0
 */
gboolean
q_socket_close (QSocket  *self,
                GError  **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* A handler of channel-closed may drop the last reference. */
  g_object_ref (self);

  q_gate_stop (&self->gate);
  q_socket_close_channel (self, NULL);
  g_object_unref (self);

  return TRUE;
}
