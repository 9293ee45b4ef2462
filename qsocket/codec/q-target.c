/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-target-private.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "q-i18n-private.h"
#include "q-socket-error.h"

#define HOST_MAX_LENGTH 253
#define SERVICE_MAX_LENGTH 64
#define PATH_MAX_LENGTH (sizeof (((struct sockaddr_un *) NULL)->sun_path) - 1)
#define PORT_MAX 65535
#define SHOWN_MAX_LENGTH 80

void
q_target_clear (QTarget *target)
{
  g_clear_pointer (&target->path, g_free);
  g_clear_pointer (&target->host, g_free);
  g_clear_pointer (&target->service, g_free);
  target->family = G_SOCKET_FAMILY_INVALID;
}

/* Sets INVALID_ARGUMENT. @value comes from the caller and may be long or have any
 * bytes, so only its beginning is shown, escaped. */
static void
set_error (GError     **error,
           const char  *what,
           const char  *value,
           const char  *problem)
{
  g_autofree char *start = g_strndup (value, SHOWN_MAX_LENGTH);
  g_autofree char *escaped = g_strescape (start, NULL);
  gboolean is_cut = strlen (value) > SHOWN_MAX_LENGTH || strlen (escaped) > SHOWN_MAX_LENGTH;

  /* Translators: such as: path "/a/b" is too long for a UNIX socket. The parts are below. */
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT, _("%s \"%.*s%s\" %s"),
               what, SHOWN_MAX_LENGTH, escaped, is_cut ? "..." : "", problem);
}

static gboolean
is_ipv4_literal (const char *host)
{
  struct in_addr address;

  return inet_pton (AF_INET, host, &address) == 1;
}

/* A scope may follow the address, as in "fe80::1%eth0". */
static gboolean
is_ipv6_literal (const char *host)
{
  const char *percent = strchr (host, '%');
  gsize length = percent != NULL ? (gsize) (percent - host) : strlen (host);
  char literal[INET6_ADDRSTRLEN];
  struct in6_addr address;

  if (length >= sizeof literal)
    return FALSE;

  if (percent != NULL && (percent[1] == '\0' || strchr (percent + 1, '%') != NULL))
    return FALSE;

  memcpy (literal, host, length);
  literal[length] = '\0';

  return inet_pton (AF_INET6, literal, &address) == 1;
}

static gboolean
has_invalid_character (const char *host)
{
  for (const char *p = host; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) || strchr (" /@[]", *p) != NULL)
      return TRUE;

  return FALSE;
}

gboolean
q_target_check_host (const char  *host,
                     GError     **error)
{
  gsize length;

  g_return_val_if_fail (host != NULL, FALSE);

  length = strlen (host);

  if (length == 0)
    set_error (error, _("host"), host, _("is empty"));
  else if (length > HOST_MAX_LENGTH)
    set_error (error, _("host"), host, _("is too long"));
  else if (has_invalid_character (host) || !g_utf8_validate (host, -1, NULL))
    set_error (error, _("host"), host, _("has a character that no host name has"));
  else if (strcmp (host, "*") == 0)
    set_error (error, _("host"), host, _("is not one host"));
  else if (strpbrk (host, ":%") != NULL && !is_ipv6_literal (host))
    set_error (error, _("host"), host, _("is neither a name nor an IPv6 address"));
  else
    return TRUE;

  return FALSE;
}

/* The number of a port; PORT_MAX + 1 stands for all larger numbers. */
static int
parse_port (const char *digits)
{
  int port = 0;

  for (; *digits != '\0' && port <= PORT_MAX; digits++)
    port = port * 10 + (*digits - '0');

  return MIN (port, PORT_MAX + 1);
}

static gboolean
is_service_name (const char *service)
{
  if (*service == '+' || *service == '-')
    return FALSE;

  for (; *service != '\0'; service++)
    if (!g_ascii_isalnum (*service) && strchr ("_.+*/-", *service) == NULL)
      return FALSE;

  return TRUE;
}

gboolean
q_target_check_service (const char  *service,
                        int         *port,
                        GError     **error)
{
  g_return_val_if_fail (service != NULL, FALSE);

  if (*service == '\0')
    {
      set_error (error, _("service"), service, _("is empty"));
      return FALSE;
    }

  if (strspn (service, "0123456789") == strlen (service))
    {
      int number = parse_port (service);

      if (number > PORT_MAX)
        {
          set_error (error, _("port"), service, _("is over 65535"));
          return FALSE;
        }

      *port = number;
      return TRUE;
    }

  if (strlen (service) > SERVICE_MAX_LENGTH || !is_service_name (service))
    {
      set_error (error, _("service"), service, _("is neither a port nor a name"));
      return FALSE;
    }

  *port = -1;

  return TRUE;
}

gboolean
q_target_check_path (const char  *path,
                     GError     **error)
{
  g_return_val_if_fail (path != NULL, FALSE);

  if (*path == '\0')
    set_error (error, _("path"), path, _("is empty"));
  else if (strlen (path) > PATH_MAX_LENGTH)
    set_error (error, _("path"), path, _("is too long for a UNIX socket"));
  else
    return TRUE;

  return FALSE;
}

/* Splits "[host]:service". A text that begins with a bracket is never taken for a
 * path, as else "[::1]", with its port forgotten, would be the name of a file. */
static gboolean
split_brackets (const char  *text,
                QTarget     *target,
                GError     **error)
{
  const char *end = strchr (text, ']');

  if (end == NULL || end[1] != ':')
    {
      set_error (error, _("target"), text, _("has no \"]:\" behind its \"[\""));
      return FALSE;
    }

  target->host = g_strndup (text + 1, (gsize) (end - text - 1));
  target->service = g_strdup (end + 2);
  target->family = G_SOCKET_FAMILY_IPV6;

  return TRUE;
}

static void
split_at_last_colon (const char *text,
                     QTarget    *target)
{
  const char *colon = strrchr (text, ':');

  if (colon == NULL)
    {
      target->path = g_strdup (text);
      return;
    }

  target->host = g_strndup (text, (gsize) (colon - text));
  target->service = g_strdup (colon + 1);

  if (strchr (target->host, ':') != NULL)
    target->family = G_SOCKET_FAMILY_IPV6;
  else if (is_ipv4_literal (target->host))
    target->family = G_SOCKET_FAMILY_IPV4;
}

static gboolean
check_parts (const QTarget  *target,
             gboolean        service_optional,
             GError        **error)
{
  gboolean is_any = service_optional && g_strcmp0 (target->host, "*") == 0;
  int port;

  if (target->path != NULL)
    return q_target_check_path (target->path, error);

  if (!is_any && !q_target_check_host (target->host, error))
    return FALSE;

  if (target->family == G_SOCKET_FAMILY_IPV6 && is_ipv4_literal (target->host))
    {
      set_error (error, _("host"), target->host, _("is an IPv4 address in brackets"));
      return FALSE;
    }

  return (service_optional && *target->service == '\0')
         || q_target_check_service (target->service, &port, error);
}

gboolean
q_target_parse (const char  *text,
                gboolean     service_optional,
                QTarget     *target,
                GError     **error)
{
  g_auto (QTarget) parts = Q_TARGET_INIT;

  g_return_val_if_fail (text != NULL, FALSE);

  *target = (QTarget) Q_TARGET_INIT;

  if (*text == '\0')
    {
      set_error (error, _("target"), text, _("is empty"));
      return FALSE;
    }

  if (*text != '[')
    split_at_last_colon (text, &parts);
  else if (!split_brackets (text, &parts, error))
    return FALSE;

  if (!check_parts (&parts, service_optional, error))
    return FALSE;

  *target = parts;
  parts = (QTarget) Q_TARGET_INIT;

  return TRUE;
}
