/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-error.h"

/**
 * q_socket_error_quark:
 *
 * Gets the error domain of [class@QSocket.Socket].
 *
 * Returns: the domain
 *
 * Since: 1.0
 */
G_DEFINE_QUARK (q-socket-error-quark, q_socket_error)

static const char * const names[] = {
  [Q_SOCKET_ERROR_NOT_OPEN] = "SOCKET-NOT-OPEN",
  [Q_SOCKET_ERROR_CLOSED] = "SOCKET-CLOSED",
  [Q_SOCKET_ERROR_TIMEOUT] = "SOCKET-TIMEOUT",
  [Q_SOCKET_ERROR_RECV] = "SOCKET-RECV-ERROR",
  [Q_SOCKET_ERROR_SEND] = "SOCKET-SEND-ERROR",
  [Q_SOCKET_ERROR_CONNECT] = "SOCKET-CONNECT-ERROR",
  [Q_SOCKET_ERROR_BIND] = "SOCKET-BIND-ERROR",
  [Q_SOCKET_ERROR_LISTEN] = "SOCKET-LISTEN-ERROR",
  [Q_SOCKET_ERROR_ACCEPT] = "SOCKET-ACCEPT-ERROR",
  [Q_SOCKET_ERROR_ADDRESS_LOOKUP] = "QOREADDRINFO-GETINFO-ERROR",
  [Q_SOCKET_ERROR_SSL] = "SOCKET-SSL-ERROR",
  [Q_SOCKET_ERROR_TRUNCATED] = "SOCKET-TRUNCATED",
  [Q_SOCKET_ERROR_GET_PEER_INFO] = "SOCKET-GETPEERINFO-ERROR",
  [Q_SOCKET_ERROR_GET_SOCKET_INFO] = "SOCKET-GETSOCKETINFO-ERROR",
  [Q_SOCKET_ERROR_HTTP] = "SOCKET-HTTP-ERROR",
  [Q_SOCKET_ERROR_ENCODING] = "ENCODING-CONVERSION-ERROR",
  [Q_SOCKET_ERROR_CERTIFICATE] = "SSLCERTIFICATE-CONSTRUCTOR-ERROR",
  [Q_SOCKET_ERROR_PRIVATE_KEY] = "SSLPRIVATEKEY-CONSTRUCTOR-ERROR",
  [Q_SOCKET_ERROR_INVALID_ARGUMENT] = "SOCKET-INVALID-ARGUMENT",
  [Q_SOCKET_ERROR_TOO_LARGE] = "SOCKET-TOO-LARGE",
  [Q_SOCKET_ERROR_PENDING] = "SOCKET-PENDING",
};

/**
 * q_socket_error_get_name:
 * @code: an error code
 *
 * Gets the name of an error code, such as `"SOCKET-TIMEOUT"`. It never changes.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none): the name; `"SOCKET-ERROR"` for a number that is no code
 *
 * Since: 1.0
 */
const char *
q_socket_error_get_name (QSocketError code)
{
  /* A language binding may pass any number. */
  guint index = (guint) code;

  return index < G_N_ELEMENTS (names) ? names[index] : "SOCKET-ERROR";
}
