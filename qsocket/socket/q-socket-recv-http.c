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
  header.call = (QSocketCall) { .method = &read_http_header_method, .socket = self };

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

  header = q_socket_call_new (&read_http_header_method, self);
  q_socket_call_start (&header->call, timeout_ms, io_priority, cancellable, callback, user_data);
}

GVariant *
q_socket_read_http_header_finish (QSocket       *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return q_socket_call_finish_pointer (&read_http_header_method, self, result, error);
}
