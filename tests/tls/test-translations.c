/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-i18n-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <libintl.h>
#include <locale.h>

#include "q-ssl-verification.h"
#include "tls-help.h"

/* A text domain that is none of the library: it shows whether gettext translates at all here. */
#define CONTROL "qsocket-test-control"

/* For a language that does not exist, so that no catalogue of the system has it. */
static const char catalogue[] =
  "msgid \"\"\n"
  "msgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n"
  "msgid \"there is nothing to read\"\n"
  "msgstr \"ńothing ŧo řead\"\n"
  "msgid \"more than %zu bytes are too many\"\n"
  "msgstr \"%zu ßytes\"\n"
  "msgid \"the certificate has expired\"\n"
  "msgstr \"ŧoo old\"\n";

static void
assert_empty_pem (const char *message)
{
  GError *error = NULL;

  g_assert_null (q_ssl_certificate_new_from_pem ("", &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CERTIFICATE);
  g_assert_cmpstr (error->message, ==, message);
  g_clear_error (&error);
}

static void
test_domain (void)
{
  assert_empty_pem ("new_from_pem: there is nothing to read");

  g_assert_cmpstr (bindtextdomain (GETTEXT_PACKAGE, NULL), ==, LOCALEDIR);
  g_assert_cmpstr (bind_textdomain_codeset (GETTEXT_PACKAGE, NULL), ==, "UTF-8");
}

static void
test_errno (void)
{
  errno = ENOTTY;
  g_assert_cmpstr (q_gettext ("there is no such message"), ==, "there is no such message");
  g_assert_cmpint (errno, ==, ENOTTY);
}

/* Makes the catalogue of @domain below @folder. FALSE if msgfmt is missing. */
static gboolean
make_catalogue (const char *folder,
                const char *domain)
{
  g_autofree char *msgfmt = g_find_program_in_path ("msgfmt");
  g_autofree char *source = g_build_filename (folder, "xx.po", NULL);
  g_autofree char *name = g_strconcat (domain, ".mo", NULL);
  g_autofree char *made = g_build_filename (folder, "xx", "LC_MESSAGES", name, NULL);
  g_autofree char *made_in = g_path_get_dirname (made);
  const char *argv[] = { msgfmt, "-o", made, source, NULL };
  GError *error = NULL;
  int status;

  if (msgfmt == NULL)
    return FALSE;

  g_assert_no_errno (g_mkdir_with_parents (made_in, 0700));
  g_file_set_contents (source, catalogue, -1, &error);
  g_assert_no_error (error);
  g_spawn_sync (NULL, (char **) argv, NULL, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);

  return TRUE;
}

static void
remove_catalogues (const char *folder)
{
  static const char * const names[] = {
    "xx.po", "xx/LC_MESSAGES/" CONTROL ".mo", "xx/LC_MESSAGES/" GETTEXT_PACKAGE ".mo",
    "xx/LC_MESSAGES", "xx", "",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_remove (path);
    }
}

/* A locale in which gettext looks at LANGUAGE. Some C libraries do not in C.UTF-8. */
static gboolean
set_locale_that_translates (void)
{
  static const char * const locales[] = { "C.UTF-8", "en_US.UTF-8", "de_DE.UTF-8" };

  for (guint i = 0; i < G_N_ELEMENTS (locales); i++)
    if (setlocale (LC_ALL, locales[i]) != NULL &&
        g_str_equal (dgettext (CONTROL, "the certificate has expired"), "ŧoo old"))
      return TRUE;

  return FALSE;
}

static void
assert_translated (void)
{
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, 'x');
  GError *error = NULL;

  assert_empty_pem ("new_from_pem: ńothing ŧo řead");
  assert_refused (q_ssl_certificate_new_from_pem (large, &error), &error,
                  Q_SOCKET_ERROR_CERTIFICATE, "new_from_pem: 1048576 ßytes");

  g_assert_cmpstr (q_ssl_verification_reason ("X509_V_ERR_CERT_HAS_EXPIRED"), ==, "ŧoo old");

  /* What the catalogue does not have stays as it is. */
  g_assert_cmpstr (q_ssl_verification_reason ("X509_V_OK"), ==, "the certificate is valid");
  g_assert_null (q_ssl_verification_reason ("the certificate has expired"));
}

static void
test_translated (void)
{
  g_autofree char *folder = g_dir_make_tmp ("qsocket-translations-XXXXXX", NULL);

  g_assert_nonnull (folder);
  if (!make_catalogue (folder, CONTROL) || !make_catalogue (folder, GETTEXT_PACKAGE))
    {
      g_test_skip ("msgfmt is not installed");
      remove_catalogues (folder);
      return;
    }

  /* The library must have bound its domain before, or it would do so now and undo this. */
  assert_empty_pem ("new_from_pem: there is nothing to read");
  g_setenv ("LANGUAGE", "xx", TRUE);
  bindtextdomain (CONTROL, folder);
  bind_textdomain_codeset (CONTROL, "UTF-8");
  bindtextdomain (GETTEXT_PACKAGE, folder);

  if (set_locale_that_translates ())
    assert_translated ();
  else
    g_test_skip ("gettext looks at LANGUAGE in no locale that is installed here");

  setlocale (LC_ALL, "C");
  assert_empty_pem ("new_from_pem: there is nothing to read");
  remove_catalogues (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tls/translations/domain", test_domain);
  g_test_add_func ("/tls/translations/errno", test_errno);
  g_test_add_func ("/tls/translations/translated", test_translated);

  return g_test_run ();
}
