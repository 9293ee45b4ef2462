/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#define TEST_ASYNC_CALLS_ITSELF
#include "test-async-calls.h"

#include <string.h>

typedef struct
{
  GMainContext *context;
  GAsyncResult *result;
} Waiting;

/* One for each thread, for tests that leave no descriptor for another. */
static GPrivate contexts = G_PRIVATE_INIT ((GDestroyNotify) g_main_context_unref);

static void
begin (Waiting *waiting)
{
  GMainContext *context = g_private_get (&contexts);

  if (context == NULL)
    {
      context = g_main_context_new ();
      g_private_set (&contexts, context);
    }
  *waiting = (Waiting) { g_main_context_ref (context), NULL };
  g_main_context_push_thread_default (context);
}

/* Where the pair has another name than the call, messages do, too. */
static void
rename_call (GError     **error,
             const char  *from,
             const char  *to)
{
  if (error != NULL && *error != NULL && g_str_has_prefix ((*error)->message, from))
    {
      char *message = g_strconcat (to, (*error)->message + strlen (from), NULL);

      g_free ((*error)->message);
      (*error)->message = message;
    }
}

static void
done_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Waiting *waiting = user_data;

  g_assert_null (waiting->result);
  waiting->result = g_object_ref (result);
}

/* The callback never comes from inside the call. */
static GAsyncResult *
wait_for (Waiting *waiting)
{
  g_assert_null (waiting->result);
  while (waiting->result == NULL)
    g_main_context_iteration (waiting->context, TRUE);

  return waiting->result;
}

static void
end (Waiting *waiting)
{
  g_main_context_pop_thread_default (waiting->context);
  g_object_unref (waiting->result);
  g_main_context_unref (waiting->context);
}

gboolean
test_async_connect (QSocket       *self,
                    const char    *target,
                    int            timeout_ms,
                    GCancellable  *cancellable,
                    GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_connect_to_async (self, target, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                             &waiting);
  result = q_socket_connect_to_finish (self, wait_for (&waiting), error);
  rename_call (error, "connect_to ", "connect to ");
  rename_call (error, "connect_to: ", "connect: ");
  end (&waiting);

  return result;
}

gboolean
test_async_connect_to (QSocket       *self,
                       const char    *target,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_connect_to_async (self, target, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                             &waiting);
  result = q_socket_connect_to_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_connect_inet (QSocket        *self,
                         const char     *host,
                         const char     *service,
                         GSocketFamily   family,
                         GSocketType     socktype,
                         int             timeout_ms,
                         GCancellable   *cancellable,
                         GError        **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_connect_inet_async (self, host, service, family, socktype, timeout_ms,
                               G_PRIORITY_DEFAULT, cancellable, done_cb, &waiting);
  result = q_socket_connect_inet_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_connect_unix (QSocket       *self,
                         const char    *path,
                         GSocketType    socktype,
                         int            protocol,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_connect_unix_async (self, path, socktype, protocol, timeout_ms, G_PRIORITY_DEFAULT,
                               cancellable, done_cb, &waiting);
  result = q_socket_connect_unix_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_connect_ssl (QSocket       *self,
                        const char    *target,
                        int            timeout_ms,
                        GCancellable  *cancellable,
                        GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_connect_ssl_async (self, target, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                              &waiting);
  result = q_socket_connect_ssl_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_connect_inet_ssl (QSocket        *self,
                             const char     *host,
                             const char     *service,
                             GSocketFamily   family,
                             GSocketType     socktype,
                             int             timeout_ms,
                             GCancellable   *cancellable,
                             GError        **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_connect_inet_ssl_async (self, host, service, family, socktype, timeout_ms,
                                   G_PRIORITY_DEFAULT, cancellable, done_cb, &waiting);
  result = q_socket_connect_inet_ssl_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_connect_unix_ssl (QSocket       *self,
                             const char    *path,
                             GSocketType    socktype,
                             int            protocol,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_connect_unix_ssl_async (self, path, socktype, protocol, timeout_ms, G_PRIORITY_DEFAULT,
                                   cancellable, done_cb, &waiting);
  result = q_socket_connect_unix_ssl_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_upgrade_client_to_ssl (QSocket       *self,
                                  int            timeout_ms,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_upgrade_client_to_ssl_async (self, timeout_ms, G_PRIORITY_DEFAULT, cancellable,
                                        done_cb, &waiting);
  result = q_socket_upgrade_client_to_ssl_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_upgrade_server_to_ssl (QSocket       *self,
                                  int            timeout_ms,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_upgrade_server_to_ssl_async (self, timeout_ms, G_PRIORITY_DEFAULT, cancellable,
                                        done_cb, &waiting);
  result = q_socket_upgrade_server_to_ssl_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_shutdown_ssl (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_shutdown_ssl_async (self, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                               &waiting);
  result = q_socket_shutdown_ssl_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

QSocket *
test_async_accept (QSocket       *self,
                   int            timeout_ms,
                   GCancellable  *cancellable,
                   GError       **error)
{
  Waiting waiting;
  QSocket *result;

  begin (&waiting);
  q_socket_accept_async (self, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb, &waiting);
  result = q_socket_accept_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

QSocket *
test_async_accept_ssl (QSocket       *self,
                       int            timeout_ms,
                       GCancellable  *cancellable,
                       GError       **error)
{
  Waiting waiting;
  QSocket *result;

  begin (&waiting);
  q_socket_accept_ssl_async (self, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb, &waiting);
  result = q_socket_accept_ssl_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_send (QSocket       *self,
                 const char    *string,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_send_async (self, string, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                       &waiting);
  result = q_socket_send_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_send_binary (QSocket       *self,
                        GBytes        *data,
                        int            timeout_ms,
                        GCancellable  *cancellable,
                        GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_send_binary_async (self, data, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                              &waiting);
  result = q_socket_send_binary_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_send_data (QSocket        *self,
                      gconstpointer   data,
                      gsize           length,
                      int             timeout_ms,
                      GCancellable   *cancellable,
                      GError        **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_send_data_async (self, data, length, timeout_ms, G_PRIORITY_DEFAULT, cancellable,
                            done_cb, &waiting);
  result = q_socket_send_data_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_send_http_message (QSocket       *self,
                              const char    *method,
                              const char    *path,
                              const char    *http_version,
                              GVariant      *headers,
                              GBytes        *body,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_send_http_message_async (self, method, path, http_version, headers, body, timeout_ms,
                                    G_PRIORITY_DEFAULT, cancellable, done_cb, &waiting);
  result = q_socket_send_http_message_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_send_http_response (QSocket       *self,
                               guint          status_code,
                               const char    *desc,
                               const char    *http_version,
                               GVariant      *headers,
                               GBytes        *body,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_send_http_response_async (self, status_code, desc, http_version, headers, body,
                                     timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                                     &waiting);
  result = q_socket_send_http_response_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

char *
test_async_recv (QSocket       *self,
                 gssize         size,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  Waiting waiting;
  char *result;

  begin (&waiting);
  q_socket_recv_async (self, size, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb, &waiting);
  result = q_socket_recv_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

GBytes *
test_async_recv_binary (QSocket       *self,
                        gssize         size,
                        int            timeout_ms,
                        GCancellable  *cancellable,
                        GError       **error)
{
  Waiting waiting;
  GBytes *result;

  begin (&waiting);
  q_socket_recv_binary_async (self, size, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                              &waiting);
  result = q_socket_recv_binary_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

GVariant *
test_async_read_http_header (QSocket       *self,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error)
{
  Waiting waiting;
  GVariant *result;

  begin (&waiting);
  q_socket_read_http_header_async (self, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                                   &waiting);
  result = q_socket_read_http_header_finish (self, wait_for (&waiting), error);
  end (&waiting);

  return result;
}

gboolean
test_async_send_int (QSocket       *self,
                     const char    *name,
                     QIntFormat     format,
                     gint64         value,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  Waiting waiting;
  gboolean result;

  begin (&waiting);
  q_socket_send_int_async (self, format, value, timeout_ms, G_PRIORITY_DEFAULT, cancellable,
                           done_cb, &waiting);
  result = q_socket_send_int_finish (self, wait_for (&waiting), error);
  rename_call (error, "send_int", name);
  end (&waiting);

  return result;
}

gint64
test_async_recv_int (QSocket       *self,
                     const char    *name,
                     QIntFormat     format,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  Waiting waiting;
  gint64 result;

  begin (&waiting);
  q_socket_recv_int_async (self, format, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb,
                           &waiting);
  result = q_socket_recv_int_finish (self, wait_for (&waiting), error);
  rename_call (error, "recv_int", name);
  end (&waiting);

  return result;
}
