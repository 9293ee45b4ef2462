/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

/**
 * Q_SOCKET_ERROR:
 *
 * The error domain of [class@QSocket.Socket]. Its codes are those of
 * [error@QSocket.SocketError].
 *
 * Since: 1.0
 */
#define Q_SOCKET_ERROR (q_socket_error_quark ())

/**
 * QSocketError:
 * @Q_SOCKET_ERROR_NOT_OPEN: the call needs an open (or bound) socket
 * @Q_SOCKET_ERROR_CLOSED: the peer ended the stream, or another thread closed the socket
 * @Q_SOCKET_ERROR_TIMEOUT: the time for the call is up
 * @Q_SOCKET_ERROR_RECV: receiving failed
 * @Q_SOCKET_ERROR_SEND: sending failed
 * @Q_SOCKET_ERROR_CONNECT: the target refused, is unreachable or has an unknown name, or the
 *   time for connecting is up
 * @Q_SOCKET_ERROR_BIND: the address cannot be bound
 * @Q_SOCKET_ERROR_LISTEN: the socket cannot listen
 * @Q_SOCKET_ERROR_ACCEPT: accepting failed; the listener stays usable
 * @Q_SOCKET_ERROR_ADDRESS_LOOKUP: a name or a service in a bind is unknown
 * @Q_SOCKET_ERROR_SSL: a TLS handshake, record or shutdown failed, or a certificate was refused
 * @Q_SOCKET_ERROR_TRUNCATED: the TLS stream ended without a close_notify
 * @Q_SOCKET_ERROR_GET_PEER_INFO: the socket has no peer whose address it could tell
 * @Q_SOCKET_ERROR_GET_SOCKET_INFO: the socket has no local address that it could tell
 * @Q_SOCKET_ERROR_HTTP: an argument would make an HTTP message invalid
 * @Q_SOCKET_ERROR_ENCODING: the charset lacks a character of the text, bytes are not text in it,
 *   or there is no such charset
 * @Q_SOCKET_ERROR_CERTIFICATE: data is not a certificate, or it does not belong to the private key
 * @Q_SOCKET_ERROR_PRIVATE_KEY: data is not a private key, its password is wrong, or it does not
 *   belong to the certificate
 * @Q_SOCKET_ERROR_INVALID_ARGUMENT: an argument has a value that it must never have
 * @Q_SOCKET_ERROR_TOO_LARGE: a limit of the socket was reached
 * @Q_SOCKET_ERROR_PENDING: another call is reading (or writing) already
 *
 * The errors of a [class@QSocket.Socket].
 *
 * Cancelling a call gives `G_IO_ERROR_CANCELLED` instead.
 *
 * Since: 1.0
 */
typedef enum
{
  Q_SOCKET_ERROR_NOT_OPEN,
  Q_SOCKET_ERROR_CLOSED,
  Q_SOCKET_ERROR_TIMEOUT,
  Q_SOCKET_ERROR_RECV,
  Q_SOCKET_ERROR_SEND,
  Q_SOCKET_ERROR_CONNECT,
  Q_SOCKET_ERROR_BIND,
  Q_SOCKET_ERROR_LISTEN,
  Q_SOCKET_ERROR_ACCEPT,
  Q_SOCKET_ERROR_ADDRESS_LOOKUP,
  Q_SOCKET_ERROR_SSL,
  Q_SOCKET_ERROR_TRUNCATED,
  Q_SOCKET_ERROR_GET_PEER_INFO,
  Q_SOCKET_ERROR_GET_SOCKET_INFO,
  Q_SOCKET_ERROR_HTTP,
  Q_SOCKET_ERROR_ENCODING,
  Q_SOCKET_ERROR_CERTIFICATE,
  Q_SOCKET_ERROR_PRIVATE_KEY,
  Q_SOCKET_ERROR_INVALID_ARGUMENT,
  Q_SOCKET_ERROR_TOO_LARGE,
  Q_SOCKET_ERROR_PENDING,
} QSocketError;

QSOCKET_AVAILABLE_IN_1_0
GQuark q_socket_error_quark (void);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_error_get_name (QSocketError code);

G_END_DECLS
