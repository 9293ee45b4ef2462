/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-i18n-private.h"

#include <errno.h>
#include <libintl.h>

/* The first message binds the text domain, not a constructor of the library: a program that never
 * gets a message does not pay for it, and in a static library, as the tests of a layer use it, the
 * linker leaves out a constructor that nothing refers to. */
const char *
q_gettext (const char *text)
{
  static gsize is_bound = 0;
  int saved_errno = errno;      /* callers translate next to g_strerror (errno) */
  const char *translation;

  if (g_once_init_enter (&is_bound))
    {
      bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
      bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
      g_once_init_leave (&is_bound, 1);
    }

  translation = g_dgettext (GETTEXT_PACKAGE, text);
  errno = saved_errno;

  return translation;
}
