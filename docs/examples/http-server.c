/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* A small HTTP server: answers a number of requests, then tells what happened.
 *
 *     http-server [PORT [REQUESTS]] */

#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#define IDLE_TIMEOUT_MS 30000
#define TIMEOUT_MS 5000

static gboolean
respond (QSocket     *client,
         guint        status,
         const char  *reason,
         const char  *text,
         GError     **error)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  GVariant *headers = g_variant_new_parsed ("{'Content-Type': 'text/plain; charset=utf-8',"
                                            " 'Connection': 'close', 'Allow': 'GET'}");

  /* Content-Length is added, also when there is no body. */
  return q_socket_send_http_response (client, status, reason, "1.1", headers, body,
                                      TIMEOUT_MS, NULL, error);
}

static gboolean
serve (QSocket  *client,
       GError  **error)
{
  g_autoptr (GVariant) request = q_socket_read_http_header (client, TIMEOUT_MS, NULL, error);
  g_autofree char *text = NULL;
  const char *method;
  const char *path;

  if (request == NULL)
    return FALSE;

  /* What is no HTTP header is returned as text, and a response's has no method. */
  if (!g_variant_is_of_type (request, G_VARIANT_TYPE_VARDICT) ||
      !g_variant_lookup (request, "method", "&s", &method) ||
      !g_variant_lookup (request, "path", "&s", &path))
    return respond (client, 400, "Bad Request", "", error);

  if (!g_str_equal (method, "GET"))
    return respond (client, 405, "Method Not Allowed", "", error);

  text = g_strdup_printf ("Hello from QSocket! You asked for %s\n", path);
  return respond (client, 200, "OK", text, error);
}

/* A broken connection is no reason to stop; a broken listener is. */
static gboolean
serve_next (QSocket  *listener,
            GError  **error)
{
  g_autoptr (GError) client_error = NULL;
  g_autoptr (QSocket) client = q_socket_accept (listener, IDLE_TIMEOUT_MS, NULL, error);

  /* That nobody came is no error to accept, but it is one here. */
  if (client == NULL && *error == NULL)
    g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT,
                 "nobody connected within %d seconds", IDLE_TIMEOUT_MS / 1000);

  if (client != NULL && !serve (client, &client_error))
    g_printerr ("http-server: %s\n", client_error->message);

  return client != NULL;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QEventQueue) events = q_event_queue_new ();
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autofree char *address = g_strconcat ("127.0.0.1:", argc > 1 ? argv[1] : "0", NULL);
  int requests = argc > 2 ? atoi (argv[2]) : 1;
  gint64 start = g_get_monotonic_time ();

  /* What accept returns has the same queue. */
  q_socket_set_event_queue_object (listener, events);

  if (q_socket_bind (listener, address, TRUE, &error) && q_socket_listen (listener, 0, &error))
    {
      g_print ("http://127.0.0.1:%d/\n", q_socket_get_port (listener));

      while (requests-- > 0 && serve_next (listener, &error))
        ;
    }

  q_socket_close (listener, NULL);
  timeline_print (events, "server", start);

  if (error != NULL)
    g_printerr ("http-server: %s\n", error->message);
  return error == NULL ? 0 : 1;
}
