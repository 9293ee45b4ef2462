/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-address-private.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>

static gboolean
set_scoped_literal (QAddress   *address,
                    const char *host,
                    const char *percent)
{
  char digits[INET6_ADDRSTRLEN];
  gsize length = (gsize) (percent - host);
  guint64 number;

  if (length >= sizeof digits)
    return FALSE;

  memcpy (digits, host, length);
  digits[length] = '\0';
  if (inet_pton (AF_INET6, digits, &address->in6.sin6_addr) != 1)
    return FALSE;

  address->in6.sin6_scope_id = if_nametoindex (percent + 1);
  if (address->in6.sin6_scope_id == 0 &&
      g_ascii_string_to_unsigned (percent + 1, 10, 1, G_MAXUINT32, &number, NULL))
    address->in6.sin6_scope_id = (guint32) number;

  return address->in6.sin6_scope_id != 0;
}

gboolean
q_address_set_literal (QAddress   *address,
                       const char *host,
                       int         port)
{
  const char *percent = strchr (host, '%');

  memset (address, 0, sizeof *address);

  if (percent == NULL && inet_pton (AF_INET, host, &address->in.sin_addr) == 1)
    {
      address->in.sin_family = AF_INET;
      address->in.sin_port = htons ((guint16) port);
      address->length = sizeof address->in;
      return TRUE;
    }

  if (percent != NULL
      ? set_scoped_literal (address, host, percent)
      : inet_pton (AF_INET6, host, &address->in6.sin6_addr) == 1)
    {
      address->in6.sin6_family = AF_INET6;
      address->in6.sin6_port = htons ((guint16) port);
      address->length = sizeof address->in6;
      return TRUE;
    }

  return FALSE;
}

void
q_address_set_path (QAddress   *address,
                    const char *path)
{
  gsize size = strlen (path) + 1;

  g_assert (size <= sizeof address->un.sun_path);

  memset (address, 0, sizeof *address);
  address->un.sun_family = AF_UNIX;
  memcpy (address->un.sun_path, path, size);
  address->length = (socklen_t) (offsetof (struct sockaddr_un, sun_path) + size);
}

void
q_address_set_any (QAddress      *address,
                   GSocketFamily  family,
                   int            port)
{
  q_address_set_literal (address, family == G_SOCKET_FAMILY_IPV6 ? "::" : "0.0.0.0", port);
}

GSocketFamily
q_address_get_family (const QAddress *address)
{
  /* GSocketFamily has the system's numbers. */
  return address->length == 0 ? G_SOCKET_FAMILY_INVALID : (GSocketFamily) address->sa.sa_family;
}

int
q_address_get_port (const QAddress *address)
{
  switch ((int) q_address_get_family (address))
    {
    case AF_INET:
      return ntohs (address->in.sin_port);
    case AF_INET6:
      return ntohs (address->in6.sin6_port);
    default:
      return -1;
    }
}

const char *
q_address_get_family_name (const QAddress *address)
{
  switch ((int) q_address_get_family (address))
    {
    case AF_INET:
      return "ipv4";
    case AF_INET6:
      return "ipv6";
    case AF_UNIX:
      return "unix";
    default:
      return "unknown";
    }
}

/* The length that the kernel gave says how much of sun_path counts. An abstract name begins with a
 * NUL and may have more; each is shown as "@", as other tools of the system do. */
static void
unix_to_text (const QAddress *address,
              char           *text)
{
  gsize length = address->length - offsetof (struct sockaddr_un, sun_path);

  if (address->length <= offsetof (struct sockaddr_un, sun_path))
    length = 0;

  length = MIN (length, sizeof address->un.sun_path);
  memcpy (text, address->un.sun_path, length);
  text[length] = '\0';

  if (length > 0 && text[0] == '\0')
    for (gsize i = 0; i < length; i++)
      if (text[i] == '\0')
        text[i] = '@';
}

const char *
q_address_to_text (const QAddress *address,
                   char            text[Q_ADDRESS_TEXT_SIZE])
{
  text[0] = '\0';

  switch ((int) q_address_get_family (address))
    {
    case AF_INET:
      inet_ntop (AF_INET, &address->in.sin_addr, text, Q_ADDRESS_TEXT_SIZE);
      break;

    case AF_INET6:
      inet_ntop (AF_INET6, &address->in6.sin6_addr, text, Q_ADDRESS_TEXT_SIZE);
      if (address->in6.sin6_scope_id != 0)
        {
          char name[IF_NAMESIZE];
          gsize length = strlen (text);

          if (if_indextoname (address->in6.sin6_scope_id, name) != NULL)
            g_snprintf (text + length, Q_ADDRESS_TEXT_SIZE - length, "%%%s", name);
          else
            g_snprintf (text + length, Q_ADDRESS_TEXT_SIZE - length, "%%%u",
                        address->in6.sin6_scope_id);
        }
      break;

    case AF_UNIX:
      unix_to_text (address, text);
      break;

    default:
      break;
    }

  return text;
}

char *
q_address_describe (const QAddress *address)
{
  char text[Q_ADDRESS_TEXT_SIZE];

  q_address_to_text (address, text);

  switch ((int) q_address_get_family (address))
    {
    case AF_INET:
      return g_strdup_printf ("%s:%d", text, q_address_get_port (address));
    case AF_INET6:
      return g_strdup_printf ("[%s]:%d", text, q_address_get_port (address));
    default:
      return g_strdup (text);
    }
}
