/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "timeline.h"

#include <string.h>

/* Returns the name of the signal, such as "packet-read" for EVENT_PACKET_READ. */
static char *
get_name (QSocketEvent *event)
{
  const char *name = q_socket_event_get_event_name (event);
  char *lower = g_ascii_strdown (name + strlen ("EVENT_"), -1);

  return g_strdelimit (lower, "_", '-');
}

static const char *
lookup (GVariant   *header,
        const char *key)
{
  const char *value = "";

  g_variant_lookup (header, key, "&s", &value);
  return value;
}

static char *
describe_header (GVariant *header)
{
  int status;

  if (g_variant_lookup (header, "status_code", "i", &status))
    return g_strdup_printf ("HTTP/%s %d %s", lookup (header, "http_version"), status,
                            lookup (header, "status_message"));

  return g_strdup_printf ("%s %s HTTP/%s", lookup (header, "method"), lookup (header, "path"),
                          lookup (header, "http_version"));
}

/* Returns how far a call is: "40 bytes, 100 of 200", or "200 bytes" if one step did it all. */
static char *
describe_bytes (gint64 now,
                gint64 so_far,
                gint64 goal)
{
  if (now == goal)
    return g_strdup_printf ("%" G_GINT64_FORMAT " bytes", now);

  if (goal < 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT " bytes, %" G_GINT64_FORMAT " so far",
                            now, so_far);

  return g_strdup_printf ("%" G_GINT64_FORMAT " bytes, %" G_GINT64_FORMAT
                          " of %" G_GINT64_FORMAT, now, so_far, goal);
}

static char *
describe (QSocketEvent *event)
{
  switch (q_socket_event_get_event_type (event))
    {
    case Q_SOCKET_EVENT_TYPE_PACKET_READ:
      return describe_bytes (q_socket_event_get_read (event),
                             q_socket_event_get_total_read (event),
                             q_socket_event_get_total_to_read (event));

    case Q_SOCKET_EVENT_TYPE_PACKET_SENT:
      return describe_bytes (q_socket_event_get_sent (event),
                             q_socket_event_get_total_sent (event),
                             q_socket_event_get_total_to_send (event));

    case Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP:
      return g_strdup_printf ("%s, service %s", q_socket_event_get_name (event),
                              q_socket_event_get_service (event));

    case Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED:
    case Q_SOCKET_EVENT_TYPE_CONNECTING:
      /* The address of a UNIX socket has no port. */
      if (q_socket_event_get_port (event) < 0)
        return g_strdup (q_socket_event_get_address (event));

      return g_strdup_printf ("%s port %d", q_socket_event_get_address (event),
                              q_socket_event_get_port (event));

    case Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED:
      return g_strdup_printf ("%s, %s", q_socket_event_get_cipher_version (event),
                              q_socket_event_get_cipher (event));

    case Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE:
      return g_strdup (q_socket_event_get_message (event));

    case Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED:
      return describe_header (q_socket_event_get_headers (event));

    default:
      return g_strdup ("");
    }
}

void
timeline_print (QEventQueue *queue,
                const char  *label,
                gint64       start)
{
  QSocketEvent *event;

  while ((event = q_event_queue_try_pop (queue)) != NULL)
    {
      g_autofree char *name = get_name (event);
      g_autofree char *details = describe (event);
      double ms = (q_socket_event_get_time (event) - start) / 1000.0;

      g_autofree char *line = g_strdup_printf ("%9.2f ms  %s %-3" G_GUINT64_FORMAT " %-21s  %s",
                                               ms, label, q_socket_event_get_id (event),
                                               name, details);

      g_print ("%s\n", g_strchomp (line));
      q_socket_event_unref (event);
    }
}
