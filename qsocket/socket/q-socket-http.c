/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-writer-private.h"
#include "q-op-chain-private.h"
#include "q-recv-op-private.h"
#include "q-socket-http.h"
#include "q-socket-send-call-private.h"

/* The event shows what the caller asked for, always as the hash it is in every
 * language. */
static void
report_message (QSocket    *self,
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

/* ---- sending ---- */

/* An event for what is going to be sent, and then the sending. The event is an
 * operation of its own, so that an asynchronous call tells where it runs. */
typedef struct
{
  QSendCall write;
  GString *head;
  char *first_line;
  GVariant *headers;
  GBytes *kept_body;      /* by an asynchronous call */
  QOp telling;
  QOpChain chain;
} MessageCall;

static QStep
tell (QOp *op)
{
  return Q_STEP_DONE;
}

static const QOpClass telling_class = { tell, NULL, NULL };

static QOp *
told (QOpChain *chain,
      QOp      *done)
{
  MessageCall *self = chain->data;

  if (done != &self->telling)
    return NULL;

  report_message (self->write.call.socket, self->first_line, self->headers);
  q_send_call_prepare (&self->write);

  return self->write.has_op ? &self->write.op.parent : NULL;
}

static gboolean
begin_message (QSocketCall  *call,
               GError      **error)
{
  MessageCall *self = (MessageCall *) call;

  if (!q_send_call_enter (&self->write, error))
    return FALSE;

  self->write.head = self->head->str;
  self->write.head_length = self->head->len;
  self->telling = (QOp) {
    .klass = &telling_class, .name = call->name, .channel = self->write.channel,
  };
  q_op_chain_init (&self->chain, &self->telling, told, self);
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
  g_clear_pointer (&self->kept_body, g_bytes_unref);
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
    self->write.body = g_bytes_get_data (body, &self->write.body_length);
}

/* Makes the head of a request, or, without a @method, of a response. */
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

  return q_socket_prefix_error (self->write.call.name, error);
}

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
    .write.call = { .klass = &message_class, .socket = self, .name = "send_http_message to" },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (method != NULL && path != NULL && http_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return write_head (&message, method, path, 0, NULL, http_version, headers, body, error) &&
         q_socket_call_run (&message.write.call, timeout_ms, cancellable, error);
}

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
    .write.call = { .klass = &message_class, .socket = self, .name = "send_http_response to" },
  };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (http_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return write_head (&message, NULL, NULL, status_code, desc, http_version, headers, body, error) &&
         q_socket_call_run (&message.write.call, timeout_ms, cancellable, error);
}

/* Takes over @message, whose head could not be made if there is an @error. */
static void
start_message (MessageCall         *message,
               GBytes              *body,
               gpointer             tag,
               const char          *tag_name,
               GError              *error,
               int                  timeout_ms,
               int                  io_priority,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  if (error != NULL)
    {
      q_socket_call_fail (message->write.call.socket, tag, error, cancellable, callback,
                          user_data);
      g_free (message);
      return;
    }

  message->kept_body = body != NULL ? g_bytes_ref (body) : NULL;
  q_socket_call_start (&message->write.call, tag, tag_name, timeout_ms, io_priority, cancellable,
                       callback, user_data);
}

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

  message = q_socket_call_new (&message_class, self, "send_http_message to");
  write_head (message, method, path, 0, NULL, http_version, headers, body, &error);
  start_message (message, body, q_socket_send_http_message_async,
                 "[qsocket] send_http_message_async", error,
                 timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_http_message_finish (QSocket       *self,
                                   GAsyncResult  *result,
                                   GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_send_http_message_async, error);
}

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

  message = q_socket_call_new (&message_class, self, "send_http_response to");
  write_head (message, NULL, NULL, status_code, desc, http_version, headers, body, &error);
  start_message (message, body, q_socket_send_http_response_async,
                 "[qsocket] send_http_response_async", error,
                 timeout_ms, io_priority, cancellable, callback, user_data);
}

gboolean
q_socket_send_http_response_finish (QSocket       *self,
                                    GAsyncResult  *result,
                                    GError       **error)
{
  return q_socket_call_finish_boolean (self, result, q_socket_send_http_response_async, error);
}

/* ---- receiving ---- */

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

  self->channel = q_socket_enter (socket, Q_ROLE_READER, call->name, error);
  if (self->channel == NULL)
    return FALSE;

  q_channel_unread_text (self->channel);
  q_recv_http_op_init (&self->op, call->name, self->channel, &socket->sink,
                       socket->settings.max_header_size, socket->settings.max_header_count);
  self->op.flush = q_socket_flush_for_read;
  self->op.flush_data = socket;
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
  q_socket_leave (call->socket, Q_ROLE_READER, self->channel);

  return ok;
}

static const QSocketCallClass header_class = {
  .size = sizeof (HeaderCall), .begin = begin_header, .finish = finish_header,
  .result = Q_CALL_POINTER, .free_pointer = (GDestroyNotify) g_variant_unref,
};

GVariant *
q_socket_read_http_header (QSocket       *self,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error)
{
  HeaderCall header;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  /* The parser is large, and clears itself. */
  header.call = (QSocketCall) {
    .klass = &header_class, .socket = self, .name = "read_http_header from",
  };

  return q_socket_call_run (&header.call, timeout_ms, cancellable, error)
         ? header.call.pointer : NULL;
}

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

  header = q_socket_call_new (&header_class, self, "read_http_header from");
  q_socket_call_start (&header->call, q_socket_read_http_header_async,
                       "[qsocket] read_http_header_async",
                       timeout_ms, io_priority, cancellable, callback, user_data);
}

GVariant *
q_socket_read_http_header_finish (QSocket       *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return q_socket_call_finish_pointer (self, result, q_socket_read_http_header_async, error);
}
