/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-call-error-private.h"

#include "q-i18n-private.h"

#include <string.h>

static int
get_name_length (const char *name)
{
  return (int) strcspn (name, " ");
}

gboolean
q_socket_set_error (const char    *name,
                    QSocketError   code,
                    GError       **error,
                    const char    *text)
{
  g_set_error (error, Q_SOCKET_ERROR, code, "%.*s: %s", get_name_length (name), name, text);

  return FALSE;
}

gboolean
q_socket_prefix_error (const char  *name,
                       GError     **error)
{
  g_prefix_error (error, "%.*s: ", get_name_length (name), name);

  return FALSE;
}

gboolean
q_socket_set_pending_error (QClaim       claim,
                            const char  *name,
                            GError     **error)
{
  static const char * const texts[Q_N_CLAIMS] = {
    [Q_CLAIM_READER] = N_("another call already receives from this socket"),
    [Q_CLAIM_WRITER] = N_("another call already sends on this socket"),
    [Q_CLAIM_OPENER] = N_("another call already opens this socket"),
  };

  return q_socket_set_error (name, Q_SOCKET_ERROR_PENDING, error, q_gettext (texts[claim]));
}

gboolean
q_socket_set_not_open_error (const char  *name,
                             GError     **error)
{
  return q_socket_set_error (name, Q_SOCKET_ERROR_NOT_OPEN, error, _("the socket is not open"));
}
