/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_send_http_message:
 * @self: a socket
 * @method: the method, such as `"GET"`
 * @path: the request target as it is to appear in the start line, such as `"/index.html?a=1"`;
 *   `""` is sent as `"/"`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and no bytes both mean none
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends an HTTP request.
 *
 * The fields are written in their order. A value is a string (`s`), a number (`i`, `u`, `x`, `t`),
 * a boolean (`b`, written as 1 or 0), or several strings (`as`), each on a line of its own.
 * `Content-Length` is added if there is a body, and for POST, PUT and PATCH also without one,
 * unless @headers has it or `Transfer-Encoding`. The charset of the socket does not matter. Header
 * and body leave in one system call where they fit.
 *
 * Fails with [error@QSocket.SocketError] `HTTP` if an argument would break the message: a method
 * or field name that is no token; a @path with spaces, `#`, or bytes that are not ASCII; control
 * characters but tabs; a value of another type; another version; a `Content-Length` that is no
 * number, contradicts the body, or stands beside `Transfer-Encoding`; a `Transfer-Encoding` in a
 * request that does not end in `chunked`, or in version 1.0. Fails with `INVALID_ARGUMENT` if
 * @headers is of another type. Nothing is sent then. Fails with `SEND` if the system cannot send.
 *
 * With a `Transfer-Encoding` of the caller's, @body is sent as it is: it has to be coded already.
 *
 * Emits [signal@QSocket.Socket::http-send-message], then [signal@QSocket.Socket::packet-sent]
 * after each write.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_message (QSocket       *self,
                                     const char    *method,
                                     const char    *path,
                                     const char    *http_version,
                                     GVariant      *headers,
                                     GBytes        *body,
                                     int            timeout_ms,
                                     GCancellable  *cancellable,
                                     GError       **error);

/**
 * q_socket_send_http_message_async:
 * @self: a socket
 * @method: the method, such as `"GET"`
 * @path: the request target as it is to appear in the start line, such as `"/index.html?a=1"`;
 *   `""` is sent as `"/"`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and no bytes both mean none
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_http_message] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_http_message_async (QSocket             *self,
                                       const char          *method,
                                       const char          *path,
                                       const char          *http_version,
                                       GVariant            *headers,
                                       GBytes              *body,
                                       int                  timeout_ms,
                                       int                  io_priority,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);

/**
 * q_socket_send_http_message_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.send_http_message_async].
 *
 * Fails as [method@QSocket.Socket.send_http_message] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_message_finish (QSocket       *self,
                                            GAsyncResult  *result,
                                            GError       **error);

/**
 * q_socket_send_http_response:
 * @self: a socket
 * @status_code: the status, from 100 to 599
 * @desc: the text behind it, such as `"OK"`, or `""`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and no bytes both mean none
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Sends an HTTP response.
 *
 * Without a body `Content-Length: 0` is added, unless the status is 1xx, 204 or 304 or @headers
 * has `Content-Length` or `Transfer-Encoding`. Another @status_code, or a body with 1xx, 204 or
 * 304, is [error@QSocket.SocketError] `HTTP`. All else is as in
 * [method@QSocket.Socket.send_http_message].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_response (QSocket       *self,
                                      guint          status_code,
                                      const char    *desc,
                                      const char    *http_version,
                                      GVariant      *headers,
                                      GBytes        *body,
                                      int            timeout_ms,
                                      GCancellable  *cancellable,
                                      GError       **error);

/**
 * q_socket_send_http_response_async:
 * @self: a socket
 * @status_code: the status, from 100 to 599
 * @desc: the text behind it, such as `"OK"`, or `""`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and no bytes both mean none
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_http_response] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_http_response_async (QSocket             *self,
                                        guint                status_code,
                                        const char          *desc,
                                        const char          *http_version,
                                        GVariant            *headers,
                                        GBytes              *body,
                                        int                  timeout_ms,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);

/**
 * q_socket_send_http_response_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.send_http_response_async].
 *
 * Fails as [method@QSocket.Socket.send_http_response] does.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_response_finish (QSocket       *self,
                                             GAsyncResult  *result,
                                             GError       **error);

G_END_DECLS
