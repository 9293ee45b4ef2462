/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* A small HTTP server that answers a number of requests and then prints the events of all
 * connections. With a certificate and its private key it speaks HTTPS.
 *
 *     http-server [--certificate FILE --key FILE] [PORT [REQUESTS]] */

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

  /* A request that is no HTTP header is returned as text, and the header of a response has no
   * method. */
  if (!g_variant_is_of_type (request, G_VARIANT_TYPE_VARDICT) ||
      !g_variant_lookup (request, "method", "&s", &method) ||
      !g_variant_lookup (request, "path", "&s", &path))
    return respond (client, 400, "Bad Request", "", error);

  if (!g_str_equal (method, "GET"))
    return respond (client, 405, "Method Not Allowed", "", error);

  text = g_strdup_printf ("Hello from QSocket! You asked for %s\n", path);
  return respond (client, 200, "OK", text, error);
}

/* Errors of one client are printed and do not stop the server. Fails if no client has connected in
 * time. */
static gboolean
serve_next (QSocket   *listener,
            gboolean   is_secure,
            GError   **error)
{
  g_autoptr (GError) client_error = NULL;
  g_autoptr (QSocket) client
    = is_secure ? q_socket_accept_ssl (listener, IDLE_TIMEOUT_MS, NULL, &client_error)
                : q_socket_accept (listener, IDLE_TIMEOUT_MS, NULL, &client_error);

  /* When the time is up, accept returns NULL without an error. For this server it is one. */
  if (client == NULL && client_error == NULL)
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT,
                   "nobody connected within %d seconds", IDLE_TIMEOUT_MS / 1000);
      return FALSE;
    }

  if (client == NULL || !serve (client, &client_error))
    g_printerr ("http-server: %s\n", client_error->message);

  return TRUE;
}

/* The sockets that the listener accepts inherit its certificate and key. */
static gboolean
set_identity (QSocket     *listener,
              const char  *certificate_file,
              const char  *key_file,
              GError     **error)
{
  g_autoptr (QSslCertificate) certificate = NULL;
  g_autoptr (QSslPrivateKey) key = NULL;

  certificate = q_ssl_certificate_new_from_file (certificate_file, error);
  if (certificate == NULL)
    return FALSE;

  key = q_ssl_private_key_new_from_file (key_file, NULL, error);
  return key != NULL &&
         q_socket_set_certificate (listener, certificate, error) &&
         q_socket_set_private_key (listener, key, error);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *certificate = NULL;
  g_autofree char *key = NULL;
  const GOptionEntry options[] = {
    { "certificate", 0, 0, G_OPTION_ARG_FILENAME, &certificate, "Speak HTTPS", "FILE" },
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &key, "The certificate's private key", "FILE" },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[PORT [REQUESTS]]");
  g_autoptr (GError) error = NULL;
  g_autoptr (QEventQueue) events = q_event_queue_new ();
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autofree char *address = NULL;
  int requests = 1;
  gint64 start = g_get_monotonic_time ();

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) ||
      (certificate == NULL) != (key == NULL))
    {
      g_printerr ("http-server: %s\n", error != NULL ? error->message
                                                     : "--certificate and --key go together");
      return 2;
    }

  address = g_strconcat ("127.0.0.1:", argc > 1 ? argv[1] : "0", NULL);
  if (argc > 2)
    requests = atoi (argv[2]);

  /* The sockets that accept returns inherit the queue. */
  q_socket_set_event_queue_object (listener, events);

  if ((certificate == NULL || set_identity (listener, certificate, key, &error)) &&
      q_socket_bind (listener, address, TRUE, &error) && q_socket_listen (listener, 0, &error))
    {
      g_print ("%s://127.0.0.1:%d/\n", certificate != NULL ? "https" : "http",
               q_socket_get_port (listener));

      while (requests-- > 0 && serve_next (listener, certificate != NULL, &error))
        ;
    }

  q_socket_close (listener, NULL);
  timeline_print (events, "server", start);

  if (error != NULL)
    g_printerr ("http-server: %s\n", error->message);
  return error == NULL ? 0 : 1;
}
