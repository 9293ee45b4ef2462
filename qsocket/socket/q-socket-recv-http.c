/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-recv-http.h"

#include "q-recv-http-op-private.h"
#include "q-socket-call-private.h"
#include "q-socket-open-private.h"

typedef struct
{
  QSocketCall call;
  QChannel *channel;
  QRecvHttpOp op;
} HeaderCall;

static gboolean
begin_header (QSocketCall  *call,
              GError      **error)
{
  HeaderCall *self = (HeaderCall *) call;
  QSocket *socket = call->socket;

  self->channel = q_socket_enter (socket, Q_CLAIM_READER, call->method->name, error);
  if (self->channel == NULL)
    return FALSE;

  q_channel_unread_text (self->channel);
  q_recv_http_op_init (&self->op, call->method->name, self->channel, &socket->sink,
                       socket->settings.max_header_size, socket->settings.max_header_count);
  call->op = &self->op.parent;

  return TRUE;
}

static gboolean
finish_header (QSocketCall  *call,
               gboolean      ok,
               GError      **error)
{
  HeaderCall *self = (HeaderCall *) call;

  q_recv_http_op_clear (&self->op);
  call->pointer = self->op.header;
  q_socket_leave (call->socket, Q_CLAIM_READER, self->channel);

  return ok;
}

static const QSocketCallClass header_class = {
  .size = sizeof (HeaderCall), .begin = begin_header, .finish = finish_header,
  .result = Q_CALL_POINTER, .free_pointer = (GDestroyNotify) g_variant_unref,
};

static const QSocketMethod read_http_header_method =
  Q_SOCKET_METHOD (read_http_header, "from", &header_class);

/**
 * q_socket_read_http_header:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): cancels the call, from any thread
 *
 * Reads the start line and the header fields of an HTTP message, up to and including the blank
 * line.
 *
 * The result is an `a{sv}`. Its first keys are those of the start line:
 *
 * - `http_version` (`s`): `"1.0"` or `"1.1"`;
 * - of a request, `method` (`s`) and `path` (`s`), the latter not decoded;
 * - of a response, `status_code` (`i`) and, unless it is empty, `status_message` (`s`).
 *
 * Then comes a key for each field name, in lower case and in the order in which the names first
 * came. Its value is `s`, or `as` if the name came more than once. A field whose name is one of
 * the keys above is left out. A value that is valid UTF-8 is taken as UTF-8, any other as Latin-1;
 * the charset of the socket does not matter. The bytes behind the header stay for the next read.
 *
 * The grammar is RFC 9112 taken strictly: CRLF line ends, single spaces in the start line, HTTP/1.0
 * or HTTP/1.1, tokens as names, no space before a colon, no folded lines, no control characters but
 * tabs, one decimal `Content-Length` at most, unless repeated with the same value, and none beside
 * a `Transfer-Encoding`. One blank line in front is skipped. As soon as the bytes violate this
 * grammar the call stops waiting. It returns the text instead, as an `s`: up to and including the
 * blank line if that has arrived, else all that has arrived, with U+FFFD in place of NUL.
 * [method@GLib.Variant.is_of_type] tells the two results apart.
 *
 * Fails with [error@QSocket.SocketError] `TOO_LARGE` if the header exceeds
 * [property@QSocket.Socket:max-header-size] or [property@QSocket.Socket:max-header-count]; with
 * `RECV` if the system cannot receive. If it fails, also because the stream ends in the middle,
 * the bytes that have arrived stay readable.
 *
 * Emits [signal@QSocket.Socket::packet-read] for each step and, for an HTTP header,
 * [signal@QSocket.Socket::http-message-received].
 *
 * Returns: (transfer full): an `a{sv}` or an `s`, or `NULL` with @error set
 *
 * Since: 1.0
 */
GVariant *
q_socket_read_http_header (QSocket       *self,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error)
{
  HeaderCall header;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  /* The operation initialises its parser, which is too large to be cleared twice. */
  header.call = (QSocketCall) { .method = &read_http_header_method, .socket = self };

  return q_socket_call_run (&header.call, timeout_ms, cancellable, error)
         ? header.call.pointer : NULL;
}

/**
 * q_socket_read_http_header_async:
 * @self: a socket
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): cancels the operation, from any thread
 * @callback: (scope async) (nullable): called when the operation has ended
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.read_http_header] without blocking.
 *
 * [class@QSocket.Socket] describes what asynchronous calls have in common.
 *
 * Since: 1.0
 */
void
q_socket_read_http_header_async (QSocket             *self,
                                 int                  timeout_ms,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  HeaderCall *header;

  g_return_if_fail (Q_IS_SOCKET (self));

  header = q_socket_call_new (&read_http_header_method, self);
  q_socket_call_start (&header->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

/**
 * q_socket_read_http_header_finish:
 * @self: a socket
 * @result: the result that the callback got
 *
 * Ends [method@QSocket.Socket.read_http_header_async].
 *
 * Fails as [method@QSocket.Socket.read_http_header] does.
 *
 * Returns: (transfer full): an `a{sv}` or an `s`, or `NULL` with @error set
 *
 * Since: 1.0
 */
GVariant *
q_socket_read_http_header_finish (QSocket       *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return q_socket_call_finish_pointer (&read_http_header_method, self, result, error);
}
