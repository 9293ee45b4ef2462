/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-send-http.h"

#include "q-http-writer-private.h"
#include "q-op-chain-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-events-private.h"
#include "q-socket-send-call-private.h"

/* Emits http-send-message with the headers of the caller, always as an a{sv}, which is what the
 * getter of the event is documented to return. */
static void
emit_send_message (QSocket    *self,
                   const char *first_line,
                   GVariant   *headers)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE);
  g_autoptr (GVariant) hash = NULL;

  if (!q_socket_wants_event (self, report.type))
    return;

  if (headers != NULL && g_variant_is_of_type (headers, G_VARIANT_TYPE ("a{ss}")))
    {
      GVariantBuilder builder;
      GVariantIter iter;
      const char *key;
      const char *value;

      g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
      g_variant_iter_init (&iter, headers);
      while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
        g_variant_builder_add (&builder, "{sv}", key, g_variant_new_string (value));
      hash = g_variant_ref_sink (g_variant_builder_end (&builder));
    }
  else if (headers != NULL)
    {
      hash = g_variant_ref (headers);
    }

  report.message = first_line;
  report.headers = hash;
  q_socket_emit (self, &report);
}

/* A call that emits http-send-message and then sends the message. The event is emitted between two
 * operations, of which the first, @report_op, does nothing: so an asynchronous call emits it in its
 * main context and not inside the function that begins the call. */
typedef struct
{
  QSendCall send;
  GString *head;
  char *first_line;
  GVariant *headers;
  GBytes *owned_body;     /* the reference of an asynchronous call, or NULL */
  QOp report_op;
  QOpChain chain;
} MessageCall;

static QStep
report_step (QOp *op)
{
  return Q_STEP_DONE;
}

static const QOpClass report_op_class = { report_step, NULL, NULL };

static QOp *
send_after_report (QOpChain *chain,
                   QOp      *done)
{
  MessageCall *self = chain->data;

  if (done != &self->report_op)
    return NULL;

  emit_send_message (self->send.call.socket, self->first_line, self->headers);
  q_send_call_gather_or_prepare (&self->send);

  return self->send.is_gathered ? NULL : &self->send.op.parent;
}

static gboolean
begin_message (QSocketCall  *call,
               GError      **error)
{
  MessageCall *self = (MessageCall *) call;

  if (!q_send_call_enter (&self->send, error))
    return FALSE;

  self->send.head = self->head->str;
  self->send.head_length = self->head->len;
  self->report_op = (QOp) {
    .klass = &report_op_class, .name = call->method->name, .channel = self->send.channel,
  };
  q_op_chain_init (&self->chain, &self->report_op, send_after_report, self);
  call->op = &self->chain.parent;

  return TRUE;
}

static void
clear_message (QSocketCall *call)
{
  MessageCall *self = (MessageCall *) call;

  g_string_free (self->head, TRUE);
  g_free (self->first_line);
  g_clear_pointer (&self->headers, g_variant_unref);
  g_clear_pointer (&self->owned_body, g_bytes_unref);
}

static const QSocketCallClass message_class = {
  .size = sizeof (MessageCall), .begin = begin_message, .finish = q_send_call_finish,
  .clear = clear_message,
};

static void
set_body (MessageCall *self,
          GBytes      *body)
{
  if (body != NULL)
    self->send.body = g_bytes_get_data (body, &self->send.body_length);
}

/* Writes the head of a request or, if @method is NULL, of a response, and sets the body. If it
 * fails, @self owns nothing. */
static gboolean
write_head (MessageCall  *self,
            const char   *method,
            const char   *path,
            guint         status_code,
            const char   *desc,
            const char   *http_version,
            GVariant     *headers,
            GBytes       *body,
            GError      **error)
{
  gsize body_length = body != NULL ? g_bytes_get_size (body) : 0;

  self->headers = headers != NULL ? g_variant_ref_sink (headers) : NULL;
  self->head = method != NULL
               ? q_http_write_request (method, path, http_version, self->headers, body_length,
                                       &self->first_line, error)
               : q_http_write_response (status_code, desc, http_version, self->headers,
                                        body_length, &self->first_line, error);
  set_body (self, body);
  if (self->head != NULL)
    return TRUE;

  g_clear_pointer (&self->headers, g_variant_unref);

  return q_socket_prefix_error (self->send.call.method->name, error);
}

static const QSocketMethod send_http_message_method =
  Q_SOCKET_METHOD (send_http_message, "to", &message_class);
static const QSocketMethod send_http_response_method =
  Q_SOCKET_METHOD (send_http_response, "to", &message_class);

/**
 * q_socket_send_http_message:
 * @self: a socket
 * @method: the method, such as `"GET"`
 * @path: the request target as it is to appear in the start line, such as `"/index.html?a=1"`;
 *   `""` is sent as `"/"`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and an empty one both mean none
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends an HTTP request.
 *
 * The fields are written in their order. A value is a string (`s`), a number (`i`, `u`, `x`, `t`),
 * a boolean (`b`, written as 1 or 0), or several strings (`as`), each on a line of its own.
 * `Content-Length` is added if there is a body, and for POST, PUT and PATCH also without one,
 * unless @headers has `Content-Length` or `Transfer-Encoding`. The charset of the socket does not
 * matter. Header and body are sent in one system call if the kernel has room for both.
 *
 * Fails with [error@QSocket.SocketError] `HTTP` if an argument would break the message: a method
 * or field name that is no token; a @path with spaces, `#`, or bytes that are not ASCII; control
 * characters but tabs; a value of another type; another version; a `Content-Length` that is no
 * number, contradicts the body, or stands beside `Transfer-Encoding`; a `Transfer-Encoding` in a
 * request that does not end in `chunked`, or in version 1.0. Fails with `INVALID_ARGUMENT` if
 * @headers is of another type. Nothing is sent then. Fails with `SEND` if the system cannot send.
 *
 * If @headers has a `Transfer-Encoding`, @body is sent as it is: the caller has to encode it
 * before.
 *
 * Emits [signal@QSocket.Socket::http-send-message], then [signal@QSocket.Socket::packet-sent]
 * after each write.
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_http_message (QSocket       *self,
                            const char    *method,
                            const char    *path,
                            const char    *http_version,
                            GVariant      *headers,
                            GBytes        *body,
                            int            timeout_ms,
                            GCancellable  *cancellable,
                            GError       **error)
{
  MessageCall message = {
    .send.call = { .method = &send_http_message_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (method != NULL && path != NULL && http_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return write_head (&message, method, path, 0, NULL, http_version, headers, body, error) &&
         q_socket_call_run (&message.send.call, timeout_ms, cancellable, error);
}

/**
 * q_socket_send_http_response:
 * @self: a socket
 * @status_code: the status, from 100 to 599
 * @desc: the text behind the status, such as `"OK"`, or `""`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and an empty one both mean none
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Sends an HTTP response.
 *
 * Without a body `Content-Length: 0` is added, unless the status is 1xx, 204 or 304 or @headers
 * has `Content-Length` or `Transfer-Encoding`. A @status_code outside 100 to 599, or a body with
 * 1xx, 204 or 304, is [error@QSocket.SocketError] `HTTP`. All else is as in
 * [method@QSocket.Socket.send_http_message].
 *
 * Returns: `TRUE` if all of it was sent (or gathered, see [method@QSocket.Socket.cork]), `FALSE`
 *   with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_send_http_response (QSocket       *self,
                             guint          status_code,
                             const char    *desc,
                             const char    *http_version,
                             GVariant      *headers,
                             GBytes        *body,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error)
{
  MessageCall message = {
    .send.call = { .method = &send_http_response_method, .socket = self },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (http_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return write_head (&message, NULL, NULL, status_code, desc, http_version, headers, body, error) &&
         q_socket_call_run (&message.send.call, timeout_ms, cancellable, error);
}

/* Starts an asynchronous call. Takes over @message, and @error, which is not NULL if the head could
 * not be written. */
static void
start_message (MessageCall         *message,
               GBytes              *body,
               GError              *error,
               int                  timeout_ms,
               int                  io_priority,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  QSocketCall *call = &message->send.call;

  if (error != NULL)
    {
      q_socket_call_fail (call->method, call->socket, error, cancellable, callback, user_data);
      g_free (message);
      return;
    }

  message->owned_body = body != NULL ? g_bytes_ref (body) : NULL;
  q_socket_call_start (call, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_send_http_message_async:
 * @self: a socket
 * @method: the method, such as `"GET"`
 * @path: the request target as it is to appear in the start line, such as `"/index.html?a=1"`;
 *   `""` is sent as `"/"`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and an empty one both mean none
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_http_message] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_send_http_message_async (QSocket             *self,
                                  const char          *method,
                                  const char          *path,
                                  const char          *http_version,
                                  GVariant            *headers,
                                  GBytes              *body,
                                  int                  timeout_ms,
                                  int                  io_priority,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  MessageCall *message;
  GError *error = NULL;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (method != NULL && path != NULL && http_version != NULL);

  message = q_socket_call_new (&send_http_message_method, self);
  write_head (message, method, path, 0, NULL, http_version, headers, body, &error);
  start_message (message, body, error,
                 timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_send_http_message_finish:
 * @self: a socket
 * @result: the result that the callback got
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
gboolean
q_socket_send_http_message_finish (QSocket       *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  return q_socket_call_finish_boolean (&send_http_message_method, self, result, error);
}

/**
 * q_socket_send_http_response_async:
 * @self: a socket
 * @status_code: the status, from 100 to 599
 * @desc: the text behind the status, such as `"OK"`, or `""`
 * @http_version: `"1.0"` or `"1.1"`
 * @headers: (nullable): the header fields, an `a{sv}` or an `a{ss}`; a floating one is consumed
 * @body: (nullable) (transfer none): the body; `NULL` and an empty one both mean none
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.send_http_response] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_send_http_response_async (QSocket             *self,
                                   guint                status_code,
                                   const char          *desc,
                                   const char          *http_version,
                                   GVariant            *headers,
                                   GBytes              *body,
                                   int                  timeout_ms,
                                   int                  io_priority,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  MessageCall *message;
  GError *error = NULL;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (http_version != NULL);

  message = q_socket_call_new (&send_http_response_method, self);
  write_head (message, NULL, NULL, status_code, desc, http_version, headers, body, &error);
  start_message (message, body, error,
                 timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_send_http_response_finish:
 * @self: a socket
 * @result: the result that the callback got
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
gboolean
q_socket_send_http_response_finish (QSocket       *self,
                                    GAsyncResult  *result,
                                    GError       **error)
{
  return q_socket_call_finish_boolean (&send_http_response_method, self, result, error);
}
