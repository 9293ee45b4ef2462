/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-openssl.h"

#include <gio/gio.h>
#include <string.h>

gboolean
test_has_openssl (void)
{
  g_autofree char *path = g_find_program_in_path ("openssl");

  if (path == NULL)
    g_test_skip ("openssl is not installed");

  return path != NULL;
}

GBytes *
test_openssl (const char *arguments,
              const char *input)
{
  g_autofree char *command = g_strconcat ("openssl ", arguments, NULL);
  g_auto (GStrv) argv = g_strsplit (command, " ", -1);
  g_autoptr (GBytes) bytes = g_bytes_new (input, input != NULL ? strlen (input) : 0);
  g_autoptr (GBytes) complaints = NULL;
  g_autoptr (GSubprocess) process = NULL;
  GBytes *output = NULL;
  GError *error = NULL;

  process = g_subprocess_newv ((const char * const *) argv, G_SUBPROCESS_FLAGS_STDIN_PIPE |
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                               &error);
  g_assert_no_error (error);
  g_subprocess_communicate (process, bytes, NULL, &output, &complaints, &error);
  g_assert_no_error (error);

  if (!g_subprocess_get_successful (process))
    g_error ("%s: %.*s", command, (int) g_bytes_get_size (complaints),
             (const char *) g_bytes_get_data (complaints, NULL));

  return output;
}

char *
test_openssl_text (const char *arguments,
                   const char *input)
{
  g_autoptr (GBytes) output = test_openssl (arguments, input);

  return g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
}
