/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-options.h"

#include "q-charset-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-open-private.h"

#include <errno.h>
#include <netinet/tcp.h>

/* ---- charset ---- */

/**
 * q_socket_get_charset:
 * @self: a socket
 *
 * Gets the charset in which text is sent and received.
 *
 * Returns: (transfer none): the canonical name, `"UTF-8"` by default; it is never freed
 *
 * Since: 1.0
 */
const char *
q_socket_get_charset (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return self->settings.charset;
}

/**
 * q_socket_set_charset:
 * @self: a socket
 * @encoding: the name of a charset, such as `"ISO-8859-1"` or `"latin1"`; case does not matter
 *
 * Sets the charset in which text is sent and received.
 *
 * [method@QSocket.Socket.send] converts to it, [method@QSocket.Socket.recv] from it. It applies
 * to all bytes that have not been returned yet, also to those in the buffer. Bytes, integers and
 * HTTP headers do not depend on it.
 *
 * Fails with [error@QSocket.SocketError] `ENCODING` if there is no such charset; the old one
 * stays.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_charset (QSocket     *self,
                      const char  *encoding,
                      GError     **error)
{
  const char *charset;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (encoding != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  charset = q_charset_canonical_name (encoding, error);
  if (charset == NULL)
    return q_socket_prefix_error ("set_charset", error);

  /* The converters belong to the reader and the writer, which may be at work. The next call that
   * sends or receives text compares the names and makes a new converter. */
  self->settings.charset = charset;

  return TRUE;
}

/* ---- TCP_NODELAY ---- */

static gboolean
has_no_delay (QChannel *channel)
{
  return channel->socktype == SOCK_STREAM && channel->family != G_SOCKET_FAMILY_UNIX;
}

/**
 * q_socket_get_no_delay:
 * @self: a socket
 *
 * Tells whether small packets leave at once (`TCP_NODELAY`).
 *
 * Returns: the setting of the TCP connection; on other and on closed sockets the setting for the
 *   next one, `TRUE` by default
 *
 * Since: 1.0
 */
gboolean
q_socket_get_no_delay (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;
  int value = 0;
  socklen_t length = sizeof value;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  channel = q_socket_ref_channel (self);
  if (channel == NULL || !has_no_delay (channel) || !q_channel_enter (channel))
    return self->settings.no_delay;

  if (getsockopt (channel->fd, IPPROTO_TCP, TCP_NODELAY, &value, &length) != 0)
    value = 0;
  q_channel_leave (channel);

  return value != 0;
}

/**
 * q_socket_set_no_delay:
 * @self: a socket
 * @nodelay: `TRUE` to send small packets at once, `FALSE` to let the kernel join them
 *
 * Sets whether small packets leave at once (`TCP_NODELAY`).
 *
 * The setting applies to the present connection and to all later ones, and accepted sockets inherit
 * it. On a UNIX or datagram socket it has no effect before the next TCP connection.
 * [method@QSocket.Socket.cork] joins small sends better than the kernel does.
 *
 * Fails with [error@QSocket.SocketError] `SEND` if the system refuses; the old setting stays.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_no_delay (QSocket   *self,
                       gboolean   nodelay,
                       GError   **error)
{
  g_autoptr (QChannel) channel = NULL;
  int value = !!nodelay;
  int system_error = 0;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  channel = q_socket_ref_channel (self);
  if (channel != NULL && has_no_delay (channel) && q_channel_enter (channel))
    {
      if (setsockopt (channel->fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) != 0)
        system_error = errno;
      q_channel_leave (channel);
    }

  if (system_error != 0)
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SEND,
                   "set_no_delay: %s", g_strerror (system_error));
      return FALSE;
    }

  self->settings.no_delay = value;

  return TRUE;
}

/* ---- properties ---- */

static void
set_uint (QSocket    *self,
          const char *property,
          guint      *setting,
          guint       value)
{
  if (*setting == value)
    return;

  *setting = value;
  g_object_notify (G_OBJECT (self), property);
}

/**
 * q_socket_get_lookup_hostnames:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:lookup-hostnames].
 *
 * Returns: `TRUE` if address information contains host names
 *
 * Since: 1.0
 */
gboolean
q_socket_get_lookup_hostnames (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return self->settings.lookup_hostnames;
}

/**
 * q_socket_set_lookup_hostnames:
 * @self: a socket
 * @lookup_hostnames: `TRUE` to have host names in address information
 *
 * Sets [property@QSocket.Socket:lookup-hostnames].
 *
 * Since: 1.0
 */
void
q_socket_set_lookup_hostnames (QSocket  *self,
                               gboolean  lookup_hostnames)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  lookup_hostnames = !!lookup_hostnames;
  if (self->settings.lookup_hostnames == lookup_hostnames)
    return;

  self->settings.lookup_hostnames = lookup_hostnames;
  g_object_notify (G_OBJECT (self), "lookup-hostnames");
}

/**
 * q_socket_get_max_header_size:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:max-header-size].
 *
 * Returns: the limit in bytes
 *
 * Since: 1.0
 */
guint
q_socket_get_max_header_size (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return self->settings.max_header_size;
}

/**
 * q_socket_set_max_header_size:
 * @self: a socket
 * @max_header_size: the limit in bytes, at least 1
 *
 * Sets [property@QSocket.Socket:max-header-size].
 *
 * Since: 1.0
 */
void
q_socket_set_max_header_size (QSocket *self,
                              guint    max_header_size)
{
  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (max_header_size > 0);

  set_uint (self, "max-header-size", &self->settings.max_header_size, max_header_size);
}

/**
 * q_socket_get_max_header_count:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:max-header-count].
 *
 * Returns: the limit in field lines
 *
 * Since: 1.0
 */
guint
q_socket_get_max_header_count (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return self->settings.max_header_count;
}

/**
 * q_socket_set_max_header_count:
 * @self: a socket
 * @max_header_count: the limit in field lines, at least 1
 *
 * Sets [property@QSocket.Socket:max-header-count].
 *
 * Since: 1.0
 */
void
q_socket_set_max_header_count (QSocket *self,
                               guint    max_header_count)
{
  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (max_header_count > 0);

  set_uint (self, "max-header-count", &self->settings.max_header_count, max_header_count);
}

/**
 * q_socket_get_max_receive_size:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:max-receive-size].
 *
 * Returns: the limit in bytes, 0 for none
 *
 * Since: 1.0
 */
guint64
q_socket_get_max_receive_size (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return self->settings.max_receive_size;
}

/**
 * q_socket_set_max_receive_size:
 * @self: a socket
 * @max_receive_size: the limit in bytes, 0 for none
 *
 * Sets [property@QSocket.Socket:max-receive-size].
 *
 * Since: 1.0
 */
void
q_socket_set_max_receive_size (QSocket *self,
                               guint64  max_receive_size)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  if (self->settings.max_receive_size == max_receive_size)
    return;

  self->settings.max_receive_size = max_receive_size;
  g_object_notify (G_OBJECT (self), "max-receive-size");
}
