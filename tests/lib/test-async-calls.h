/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "config.h"

#include <qsocket/qsocket.h>

G_BEGIN_DECLS

/* A test program that is compiled with this in front has its blocking calls made by the
 * asynchronous pairs, in a main context of their own: so every case runs through both
 * drivers. */

/* The calls: the type of the result, the name, and what stands between the socket and the
 * timeout, once as parameters and once as arguments. */
#define TEST_ASYNC_CALLS(CALL) \
  CALL (gboolean, connect_to, AND (const char *target), AND (target)) \
  CALL (gboolean, connect_inet, \
        AND (const char *host, const char *service, GSocketFamily family, GSocketType socktype), \
        AND (host, service, family, socktype)) \
  CALL (gboolean, connect_unix, \
        AND (const char *path, GSocketType socktype, int protocol), \
        AND (path, socktype, protocol)) \
  CALL (gboolean, connect_ssl, AND (const char *target), AND (target)) \
  CALL (gboolean, connect_inet_ssl, \
        AND (const char *host, const char *service, GSocketFamily family, GSocketType socktype), \
        AND (host, service, family, socktype)) \
  CALL (gboolean, connect_unix_ssl, \
        AND (const char *path, GSocketType socktype, int protocol), \
        AND (path, socktype, protocol)) \
  CALL (gboolean, upgrade_client_to_ssl, , ) \
  CALL (gboolean, upgrade_server_to_ssl, , ) \
  CALL (gboolean, shutdown_ssl, , ) \
  CALL (QSocket *, accept, , ) \
  CALL (QSocket *, accept_ssl, , ) \
  CALL (gboolean, send, AND (const char *string), AND (string)) \
  CALL (gboolean, send_binary, AND (GBytes *data), AND (data)) \
  CALL (gboolean, send_data, AND (gconstpointer data, gsize length), AND (data, length)) \
  CALL (gboolean, send_int, AND (QIntFormat format, gint64 value), AND (format, value)) \
  CALL (gboolean, send_http_message, \
        AND (const char *method, const char *path, const char *http_version, \
             GVariant *headers, GBytes *body), \
        AND (method, path, http_version, headers, body)) \
  CALL (gboolean, send_http_response, \
        AND (guint status_code, const char *desc, const char *http_version, \
             GVariant *headers, GBytes *body), \
        AND (status_code, desc, http_version, headers, body)) \
  CALL (char *, recv, AND (gssize size), AND (size)) \
  CALL (GBytes *, recv_binary, AND (gssize size), AND (size)) \
  CALL (gint64, recv_int, AND (QIntFormat format), AND (format)) \
  CALL (GVariant *, read_http_header, , )

/* More parameters follow these. */
#define AND(...) __VA_ARGS__,

#define DECLARE_CALL(type, name, parameters, arguments) \
  type test_async_ ## name (QSocket *self, parameters int timeout_ms, \
                            GCancellable *cancellable, GError **error);

TEST_ASYNC_CALLS (DECLARE_CALL)

/* Where the pair has another name than the call, messages have it, too: makes them the call's. */
void test_async_rename (GError     **error,
                        const char  *from,
                        const char  *to);

static inline gboolean
test_async_connect (QSocket       *self,
                    const char    *target,
                    int            timeout_ms,
                    GCancellable  *cancellable,
                    GError       **error)
{
  gboolean result = test_async_connect_to (self, target, timeout_ms, cancellable, error);

  test_async_rename (error, "connect_to ", "connect to ");
  test_async_rename (error, "connect_to: ", "connect: ");

  return result;
}

/* One for each format. */
#define TEST_ASYNC_SEND(name, format) \
  static inline gboolean \
  test_async_send_ ## name (QSocket *self, gint64 value, int timeout_ms, \
                            GCancellable *cancellable, GError **error) \
  { \
    gboolean result = test_async_send_int (self, format, value, timeout_ms, cancellable, error); \
    test_async_rename (error, "send_int", "send_" # name); \
    return result; \
  }

#define TEST_ASYNC_RECV(name, type, format) \
  static inline type \
  test_async_recv_ ## name (QSocket *self, int timeout_ms, GCancellable *cancellable, \
                            GError **error) \
  { \
    gint64 result = test_async_recv_int (self, format, timeout_ms, cancellable, error); \
    test_async_rename (error, "recv_int", "recv_" # name); \
    return (type) result; \
  }

TEST_ASYNC_SEND (i1, Q_INT_FORMAT_I1)
TEST_ASYNC_SEND (i2, Q_INT_FORMAT_I2)
TEST_ASYNC_SEND (i4, Q_INT_FORMAT_I4)
TEST_ASYNC_SEND (i8, Q_INT_FORMAT_I8)
TEST_ASYNC_SEND (i2_lsb, Q_INT_FORMAT_I2_LSB)
TEST_ASYNC_SEND (i4_lsb, Q_INT_FORMAT_I4_LSB)
TEST_ASYNC_SEND (i8_lsb, Q_INT_FORMAT_I8_LSB)
TEST_ASYNC_RECV (i1, gint8, Q_INT_FORMAT_I1)
TEST_ASYNC_RECV (i2, gint16, Q_INT_FORMAT_I2)
TEST_ASYNC_RECV (i4, gint32, Q_INT_FORMAT_I4)
TEST_ASYNC_RECV (i8, gint64, Q_INT_FORMAT_I8)
TEST_ASYNC_RECV (i2_lsb, gint16, Q_INT_FORMAT_I2_LSB)
TEST_ASYNC_RECV (i4_lsb, gint32, Q_INT_FORMAT_I4_LSB)
TEST_ASYNC_RECV (i8_lsb, gint64, Q_INT_FORMAT_I8_LSB)
TEST_ASYNC_RECV (u1, guint8, Q_INT_FORMAT_U1)
TEST_ASYNC_RECV (u2, guint16, Q_INT_FORMAT_U2)
TEST_ASYNC_RECV (u4, guint32, Q_INT_FORMAT_U4)
TEST_ASYNC_RECV (u8, guint64, Q_INT_FORMAT_U8)
TEST_ASYNC_RECV (u2_lsb, guint16, Q_INT_FORMAT_U2_LSB)
TEST_ASYNC_RECV (u4_lsb, guint32, Q_INT_FORMAT_U4_LSB)
TEST_ASYNC_RECV (u8_lsb, guint64, Q_INT_FORMAT_U8_LSB)

#ifndef TEST_ASYNC_CALLS_ITSELF

#define q_socket_connect test_async_connect
#define q_socket_connect_to test_async_connect_to
#define q_socket_connect_inet test_async_connect_inet
#define q_socket_connect_unix test_async_connect_unix
#define q_socket_connect_ssl test_async_connect_ssl
#define q_socket_connect_inet_ssl test_async_connect_inet_ssl
#define q_socket_connect_unix_ssl test_async_connect_unix_ssl
#define q_socket_upgrade_client_to_ssl test_async_upgrade_client_to_ssl
#define q_socket_upgrade_server_to_ssl test_async_upgrade_server_to_ssl
#define q_socket_shutdown_ssl test_async_shutdown_ssl
#define q_socket_accept test_async_accept
#define q_socket_accept_ssl test_async_accept_ssl
#define q_socket_send test_async_send
#define q_socket_send_binary test_async_send_binary
#define q_socket_send_data test_async_send_data
#define q_socket_send_http_message test_async_send_http_message
#define q_socket_send_http_response test_async_send_http_response
#define q_socket_recv test_async_recv
#define q_socket_recv_binary test_async_recv_binary
#define q_socket_read_http_header test_async_read_http_header

#define q_socket_send_i1 test_async_send_i1
#define q_socket_send_i2 test_async_send_i2
#define q_socket_send_i4 test_async_send_i4
#define q_socket_send_i8 test_async_send_i8
#define q_socket_send_i2_lsb test_async_send_i2_lsb
#define q_socket_send_i4_lsb test_async_send_i4_lsb
#define q_socket_send_i8_lsb test_async_send_i8_lsb
#define q_socket_recv_i1 test_async_recv_i1
#define q_socket_recv_i2 test_async_recv_i2
#define q_socket_recv_i4 test_async_recv_i4
#define q_socket_recv_i8 test_async_recv_i8
#define q_socket_recv_i2_lsb test_async_recv_i2_lsb
#define q_socket_recv_i4_lsb test_async_recv_i4_lsb
#define q_socket_recv_i8_lsb test_async_recv_i8_lsb
#define q_socket_recv_u1 test_async_recv_u1
#define q_socket_recv_u2 test_async_recv_u2
#define q_socket_recv_u4 test_async_recv_u4
#define q_socket_recv_u8 test_async_recv_u8
#define q_socket_recv_u2_lsb test_async_recv_u2_lsb
#define q_socket_recv_u4_lsb test_async_recv_u4_lsb
#define q_socket_recv_u8_lsb test_async_recv_u8_lsb

#undef AND
#undef DECLARE_CALL

#endif

G_END_DECLS
