/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Fetches a file over HTTP or HTTPS, then prints the events of the connection.
 *
 *     http-get [--output FILE] [--ca FILE] [http://|https://]HOST:PORT/PATH */

#include "timeline.h"

#include <string.h>

#define TIMEOUT_MS 10000
#define MAX_BODY_SIZE (64 * 1024 * 1024)

/* Prints start line and fields; returns the status. */
static int
print_header (GVariant *header)
{
  const char *start_line[] = { "http_version", "status_code", "status_message", NULL };
  const char *version = "";
  const char *reason = "";
  int status = 0;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_lookup (header, "http_version", "&s", &version);
  g_variant_lookup (header, "status_code", "i", &status);
  g_variant_lookup (header, "status_message", "&s", &reason);
  g_print ("HTTP/%s %d %s\n", version, status, reason);

  g_variant_iter_init (&iter, header);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      /* A field that came more than once is a list, and printed as such. */
      g_autofree char *text = g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                              ? g_variant_dup_string (value, NULL)
                              : g_variant_print (value, FALSE);

      if (!g_strv_contains (start_line, name))
        g_print ("%s: %s\n", name, text);
    }

  return status;
}

static GBytes *
read_body (QSocket   *socket,
           GVariant  *header,
           GError   **error)
{
  const char *text;
  guint64 length;

  /* Without a length the body ends where the stream does. */
  if (!g_variant_lookup (header, "content-length", "&s", &text))
    return q_socket_recv_binary (socket, -1, TIMEOUT_MS, NULL, error);

  if (!g_ascii_string_to_unsigned (text, 10, 0, MAX_BODY_SIZE, &length, error))
    return NULL;

  /* For a read a size of 0 means all bytes that have arrived, so it must not be used here. */
  return length == 0 ? g_bytes_new (NULL, 0)
                     : q_socket_recv_binary (socket, length, TIMEOUT_MS, NULL, error);
}

static GBytes *
fetch (QSocket     *socket,
       const char  *url,
       GError     **error)
{
  gboolean is_secure = g_str_has_prefix (url, "https://");
  const char *rest = is_secure ? url + strlen ("https://")
                     : g_str_has_prefix (url, "http://") ? url + strlen ("http://") : url;
  g_auto (GStrv) parts = g_strsplit (rest, "/", 2);
  g_autofree char *path = g_strconcat ("/", parts[0] != NULL ? parts[1] : NULL, NULL);
  const char *target = parts[0] != NULL ? parts[0] : "";
  g_autoptr (GVariant) header = NULL;
  int status;

  /* With TLS, nothing is sent to a server whose certificate is not for this host. */
  if (is_secure ? !q_socket_connect_ssl (socket, target, TIMEOUT_MS, NULL, error)
                : !q_socket_connect (socket, target, TIMEOUT_MS, NULL, error))
    return NULL;

  /* With HTTP/1.0 a server does not send the body in chunks. */
  if (!q_socket_send_http_message (socket, "GET", path, "1.0",
                                   g_variant_new_parsed ("{'Host': %s}", target), NULL,
                                   TIMEOUT_MS, NULL, error))
    return NULL;

  header = q_socket_read_http_header (socket, TIMEOUT_MS, NULL, error);
  if (header == NULL)
    return NULL;

  /* An answer that is no HTTP header is returned as text. */
  if (!g_variant_is_of_type (header, G_VARIANT_TYPE_VARDICT))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s does not speak HTTP", target);
      return NULL;
    }

  status = print_header (header);
  if (status < 200 || status > 299)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s answered %d", target, status);
      return NULL;
    }

  return read_body (socket, header, error);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *output = NULL;
  g_autofree char *ca = NULL;
  const GOptionEntry options[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Save the body", "FILE" },
    { "ca", 0, 0, G_OPTION_ARG_FILENAME, &ca, "Trust these certificates only", "FILE" },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[http://|https://]HOST:PORT/PATH");
  g_autoptr (GError) error = NULL;
  g_autoptr (QEventQueue) events = q_event_queue_new ();
  g_autoptr (QSocket) socket = q_socket_new ();
  g_autoptr (GBytes) body = NULL;
  gint64 start = g_get_monotonic_time ();

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2)
    {
      g_printerr ("http-get: %s\n", error != NULL ? error->message : "one URL, please");
      return 2;
    }

  q_socket_set_event_queue_object (socket, events);
  if (ca == NULL || q_socket_set_ssl_ca_file (socket, ca, &error))
    body = fetch (socket, argv[1], &error);
  q_socket_close (socket, NULL);

  if (body != NULL)
    g_print ("(body: %" G_GSIZE_FORMAT " bytes)\n", g_bytes_get_size (body));
  if (body != NULL && output != NULL)
    g_file_set_contents (output, g_bytes_get_data (body, NULL), g_bytes_get_size (body), &error);

  g_print ("\n");
  timeline_print (events, "client", start);

  if (error != NULL)
    g_printerr ("http-get: %s\n", error->message);
  return error == NULL ? 0 : 1;
}
