/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-event.h"

#include <string.h>

#include "q-vardict-private.h"

static void
add_text (QVardict   *info,
          const char *key,
          const char *text)
{
  if (text != NULL)
    q_vardict_add_string (info, key, strlen (key), text, strlen (text));
}

static void
add_count (QVardict   *info,
           const char *key,
           gint64      count)
{
  if (count >= 0)
    q_vardict_add_int64 (info, key, count);
}

static void
add_family (QVardict      *info,
            GSocketFamily  family)
{
  if (family == G_SOCKET_FAMILY_INVALID)
    return;

  q_vardict_add_int32 (info, "type", (gint32) family);

  if (family == G_SOCKET_FAMILY_IPV4)
    add_text (info, "typename", "ipv4");
  else if (family == G_SOCKET_FAMILY_IPV6)
    add_text (info, "typename", "ipv6");
  else if (family == G_SOCKET_FAMILY_UNIX)
    add_text (info, "typename", "unix");
}

static void
add_headers (QVardict *info,
             GVariant *headers)
{
  g_autoptr (GVariant) none = NULL;

  if (headers == NULL)
    headers = none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  q_vardict_add_variant (info, "headers", headers);
}

static void
add_connecting (QVardict     *info,
                QSocketEvent *self)
{
  GSocketFamily family = q_socket_event_get_family (self);
  int port = q_socket_event_get_port (self);

  add_text (info, "target", q_socket_event_get_target (self));
  add_family (info, family);
  add_text (info, "address", q_socket_event_get_address (self));

  if (family == G_SOCKET_FAMILY_UNIX)
    return;

  add_text (info, "service", q_socket_event_get_service (self));
  if (port >= 0)
    q_vardict_add_int32 (info, "port", port);
}

static void
add_payload (QVardict     *info,
             QSocketEvent *self)
{
  switch (q_socket_event_get_event_type (self))
    {
    case Q_SOCKET_EVENT_TYPE_PACKET_READ:
      add_count (info, "read", q_socket_event_get_read (self));
      add_count (info, "total_read", q_socket_event_get_total_read (self));
      add_count (info, "total_to_read", q_socket_event_get_total_to_read (self));
      break;

    case Q_SOCKET_EVENT_TYPE_PACKET_SENT:
      add_count (info, "sent", q_socket_event_get_sent (self));
      add_count (info, "total_sent", q_socket_event_get_total_sent (self));
      add_count (info, "total_to_send", q_socket_event_get_total_to_send (self));
      break;

    case Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP:
      add_text (info, "name", q_socket_event_get_name (self));
      add_text (info, "service", q_socket_event_get_service (self));
      break;

    case Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED:
      add_text (info, "address", q_socket_event_get_address (self));
      if (q_socket_event_get_port (self) > 0)
        q_vardict_add_int32 (info, "port", q_socket_event_get_port (self));
      add_family (info, q_socket_event_get_family (self));
      break;

    case Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE:
      add_text (info, "message", q_socket_event_get_message (self));
      add_headers (info, q_socket_event_get_headers (self));
      break;

    case Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED:
      add_headers (info, q_socket_event_get_headers (self));
      break;

    case Q_SOCKET_EVENT_TYPE_CONNECTING:
      add_connecting (info, self);
      break;

    case Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED:
      add_text (info, "cipher", q_socket_event_get_cipher (self));
      add_text (info, "cipher_version", q_socket_event_get_cipher_version (self));
      break;

    case Q_SOCKET_EVENT_TYPE_OVERFLOW:
      add_count (info, "lost", q_socket_event_get_read (self));
      break;

    case Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED:
    case Q_SOCKET_EVENT_TYPE_DELETED:
    case Q_SOCKET_EVENT_TYPE_CONNECTED:
    case Q_SOCKET_EVENT_TYPE_START_SSL:
      break;
    }
}

/**
 * q_socket_event_get_info:
 * @self: an event
 *
 * Gets all that the event tells as a dictionary.
 *
 * Every event has `event` (its type) and `source`, both `i`, and `id`, a `t`. The other keys depend
 * on the type of the event, and are left out where the value is unknown:
 *
 * | event | keys |
 * | --- | --- |
 * | `PACKET_READ` | `read`, `total_read`, `total_to_read` (`x`) |
 * | `PACKET_SENT` | `sent`, `total_sent`, `total_to_send` (`x`) |
 * | `HOSTNAME_LOOKUP` | `name`, `service` (`s`) |
 * | `HOSTNAME_RESOLVED` | `address` (`s`), `port` (`i`, if not 0), `type` (`i`), `typename` (`s`) |
 * | `CONNECTING` | `target`, `typename`, `address`, `service` (`s`), `type`, `port` (`i`) |
 * | `HTTP_SEND_MESSAGE` | `message` (`s`), `headers` (`a{sv}`, always there) |
 * | `HTTP_MESSAGE_RECEIVED` | `headers` (`a{sv}`, always there) |
 * | `SSL_ESTABLISHED` | `cipher`, `cipher_version` (`s`) |
 * | `OVERFLOW` | `lost` (`x`): the number of dropped events |
 *
 * `type` is the number that the system has for the address family, `typename` its name: `"ipv4"`,
 * `"ipv6"` or `"unix"`. `CONNECTING` to a UNIX socket has neither `service` nor `port`.
 *
 * The dictionary is built anew by each call.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 1.0
 */
GVariant *
q_socket_event_get_info (QSocketEvent *self)
{
  QVardict info;

  g_return_val_if_fail (self != NULL, NULL);

  q_vardict_init (&info, 256);
  q_vardict_add_int32 (&info, "event", (gint32) q_socket_event_get_event_type (self));
  q_vardict_add_int32 (&info, "source", q_socket_event_get_source (self));
  q_vardict_add_uint64 (&info, "id", q_socket_event_get_id (self));
  add_payload (&info, self);

  return q_vardict_end (&info);
}
