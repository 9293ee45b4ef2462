/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <string.h>

#include "q-socket-error.h"
#include "q-target-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_error (const GError *error)
{
  g_assert_true (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT));
  g_assert_true (g_str_is_ascii (error->message));
  g_assert_cmpuint (strlen (error->message), <, 150);
}

/* What was accepted must hold on its own, and mean the same when it is put
 * together again. */
static void
check_target (const QTarget *target,
              gboolean       service_optional)
{
  g_auto (QTarget) again = Q_TARGET_INIT;
  g_autofree char *text = NULL;
  int port = -1;

  if (target->path != NULL)
    {
      g_assert_null (target->host);
      g_assert_null (target->service);
      g_assert_true (q_target_check_path (target->path, NULL));
      return;
    }

  g_assert_true (q_target_check_host (target->host, NULL)
                 || (service_optional && strcmp (target->host, "*") == 0));
  g_assert_true (q_target_check_service (target->service, &port, NULL)
                 || (service_optional && *target->service == '\0'));
  g_assert_cmpint (port, >=, -1);
  g_assert_cmpint (port, <=, 65535);

  if (target->family == G_SOCKET_FAMILY_IPV6)
    text = g_strdup_printf ("[%s]:%s", target->host, target->service);
  else
    text = g_strdup_printf ("%s:%s", target->host, target->service);

  g_assert_true (q_target_parse (text, service_optional, &again, NULL));
  g_assert_cmpstr (again.host, ==, target->host);
  g_assert_cmpstr (again.service, ==, target->service);
  g_assert_cmpint (again.family, ==, target->family);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  if (text == NULL)
    return 0;

  for (int service_optional = FALSE; service_optional <= TRUE; service_optional++)
    {
      g_auto (QTarget) target = Q_TARGET_INIT;
      g_autoptr (GError) error = NULL;

      if (q_target_parse (text, service_optional, &target, &error))
        check_target (&target, service_optional);
      else
        check_error (error);
    }

  return 0;
}
