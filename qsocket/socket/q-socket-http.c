/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-writer-private.h"
#include "q-read-op-private.h"
#include "q-socket-http.h"
#include "q-socket-private.h"

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

/* Takes over the head, which is NULL with @error set if it could not be made. */
static gboolean
send_message (QSocket       *self,
              const char    *name,
              GString       *head,
              const char    *first_line,
              GVariant      *headers,
              GBytes        *body,
              int            timeout_ms,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr (GString) text = head;
  gconstpointer body_data = NULL;
  gsize body_length = 0;
  QChannel *channel;
  gboolean ok;
  gsize moved;

  if (head == NULL)
    return q_socket_prefix_error (name, error);

  channel = q_socket_enter (self, Q_ROLE_WRITER, name, error);
  if (channel == NULL)
    return FALSE;

  if (body != NULL)
    body_data = g_bytes_get_data (body, &body_length);

  /* The event is for what is going to be sent. */
  ok = !g_cancellable_set_error_if_cancelled (cancellable, error);
  if (ok)
    {
      report_message (self, first_line, headers);
      ok = q_socket_write_inside (self, channel, name, text->str, text->len,
                                  body_data, body_length, &moved,
                                  timeout_ms, cancellable, error);
    }
  q_socket_leave (self, Q_ROLE_WRITER, channel);

  return ok;
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
  g_autoptr (GVariant) sunk = NULL;
  g_autofree char *first_line = NULL;
  GString *head;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (method != NULL && path != NULL && http_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  sunk = headers != NULL ? g_variant_ref_sink (headers) : NULL;
  head = q_http_write_request (method, path, http_version, sunk,
                               body != NULL ? g_bytes_get_size (body) : 0, &first_line, error);

  return send_message (self, "send_http_message to", head, first_line, sunk, body,
                       timeout_ms, cancellable, error);
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
  g_autoptr (GVariant) sunk = NULL;
  g_autofree char *first_line = NULL;
  GString *head;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (http_version != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  sunk = headers != NULL ? g_variant_ref_sink (headers) : NULL;
  head = q_http_write_response (status_code, desc, http_version, sunk,
                                body != NULL ? g_bytes_get_size (body) : 0, &first_line, error);

  return send_message (self, "send_http_response to", head, first_line, sunk, body,
                       timeout_ms, cancellable, error);
}

GVariant *
q_socket_read_http_header (QSocket       *self,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error)
{
  QChannel *channel;
  QHttpReadOp op;
  gboolean ok;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  channel = q_socket_enter (self, Q_ROLE_READER, "read_http_header from", error);
  if (channel == NULL)
    return NULL;

  q_channel_take_back_text (channel);
  q_http_read_op_init (&op, "read_http_header from", channel, &self->sink,
                       self->settings.max_header_size, self->settings.max_header_count);
  op.flush = q_socket_flush_for_read;
  op.flush_data = self;
  ok = q_op_run (&op.parent, timeout_ms, cancellable, error);
  q_http_read_op_clear (&op);
  q_socket_leave (self, Q_ROLE_READER, channel);

  return ok ? op.header : NULL;
}
