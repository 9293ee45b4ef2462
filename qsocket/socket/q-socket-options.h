/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_get_charset:
 * @self: a socket
 *
 * Gets the charset in which text crosses the wire.
 *
 * Returns: (transfer none): the canonical name, `"UTF-8"` by default; valid for ever
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_charset (QSocket *self);

/**
 * q_socket_set_charset:
 * @self: a socket
 * @encoding: the name of a charset, such as `"ISO-8859-1"` or `"latin1"`; case does not matter
 *
 * Sets the charset in which text crosses the wire.
 *
 * [method@QSocket.Socket.send] converts to it, [method@QSocket.Socket.recv] from it. It applies
 * to all bytes that have not been returned yet, also to those in the buffer. Nothing else
 * depends on it, HTTP headers included.
 *
 * Fails with [error@QSocket.SocketError] `ENCODING` if there is no such charset; the old one
 * stays.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_charset (QSocket     *self,
                               const char  *encoding,
                               GError     **error);

/**
 * q_socket_get_no_delay:
 * @self: a socket
 *
 * Tells whether small packets leave at once (`TCP_NODELAY`).
 *
 * Returns: the setting of the TCP connection; on other and on closed sockets the one that is
 *   remembered, `TRUE` by default
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_get_no_delay (QSocket *self);

/**
 * q_socket_set_no_delay:
 * @self: a socket
 * @nodelay: `TRUE` to send small packets at once, `FALSE` to let the kernel join them
 *
 * Sets whether small packets leave at once (`TCP_NODELAY`).
 *
 * The setting is remembered for every later open and handed on to accepted sockets. On a UNIX or
 * datagram socket it is remembered only. [method@QSocket.Socket.cork] joins small sends better
 * than the kernel does.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_no_delay (QSocket   *self,
                                gboolean   nodelay,
                                GError   **error);

/**
 * QSocket:lookup-hostnames:
 *
 * Whether address information contains host names; it does by default.
 *
 * If so, [method@QSocket.Socket.get_peer_info] and [method@QSocket.Socket.get_socket_info] look
 * the address up in reverse, once per connection and for at most 200 ms. If not, they leave the
 * host name keys out and ask nobody. It applies from the next call on.
 *
 * Since: 1.0
 */

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
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_get_lookup_hostnames (QSocket *self);

/**
 * q_socket_set_lookup_hostnames:
 * @self: a socket
 * @lookup_hostnames: `TRUE` to have host names in address information
 *
 * Sets [property@QSocket.Socket:lookup-hostnames].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_lookup_hostnames (QSocket  *self,
                                    gboolean  lookup_hostnames);

/**
 * QSocket:max-header-size:
 *
 * How many bytes an HTTP header may have, with its start line and its blank line.
 *
 * At least 1, by default 65536. Beyond it [method@QSocket.Socket.read_http_header] fails with
 * [error@QSocket.SocketError] `TOO_LARGE`. It applies from the next call on.
 *
 * Since: 1.0
 */

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
QSOCKET_AVAILABLE_IN_1_0
guint q_socket_get_max_header_size (QSocket *self);

/**
 * q_socket_set_max_header_size:
 * @self: a socket
 * @max_header_size: the limit in bytes, at least 1
 *
 * Sets [property@QSocket.Socket:max-header-size].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_max_header_size (QSocket *self,
                                   guint    max_header_size);

/**
 * QSocket:max-header-count:
 *
 * How many field lines an HTTP header may have, the start line not counted.
 *
 * At least 1, by default 256. Beyond it [method@QSocket.Socket.read_http_header] fails with
 * [error@QSocket.SocketError] `TOO_LARGE`. It applies from the next call on.
 *
 * Since: 1.0
 */

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
QSOCKET_AVAILABLE_IN_1_0
guint q_socket_get_max_header_count (QSocket *self);

/**
 * q_socket_set_max_header_count:
 * @self: a socket
 * @max_header_count: the limit in field lines, at least 1
 *
 * Sets [property@QSocket.Socket:max-header-count].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_max_header_count (QSocket *self,
                                    guint    max_header_count);

/**
 * QSocket:max-receive-size:
 *
 * How many bytes a read up to the end of the stream may bring; 0 means no limit.
 *
 * By default 64 MiB. Beyond it a read of negative size fails with
 * [error@QSocket.SocketError] `TOO_LARGE`, and what came stays readable. Other reads know no
 * limit. It applies from the next call on.
 *
 * Since: 1.0
 */

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
QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_get_max_receive_size (QSocket *self);

/**
 * q_socket_set_max_receive_size:
 * @self: a socket
 * @max_receive_size: the limit in bytes, 0 for none
 *
 * Sets [property@QSocket.Socket:max-receive-size].
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_max_receive_size (QSocket *self,
                                    guint64  max_receive_size);

G_END_DECLS
