/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-charset-private.h"
#include "q-utf8-private.h"

#include <string.h>

#include "q-socket-error.h"

static void
test_name_known (void)
{
  static const struct
  {
    const char *name;
    const char *canonical;
  } names[] = {
    { "UTF-8", "UTF-8" },
    { "utf8", "UTF-8" },
    { "Utf_8", "UTF-8" },
    { "latin1", "ISO-8859-1" },
    { "l1", "ISO-8859-1" },
    { "iso8859-1", "ISO-8859-1" },
    { "iso-8859-1", "ISO-8859-1" },
    { "ISO_8859-1", "ISO-8859-1" },
    { "ISO_8859-1:1987", "ISO-8859-1" },
    { "latin2", "ISO-8859-2" },
    { "latin5", "ISO-8859-9" },
    { "latin-9", "ISO-8859-15" },
    { "iso-8859-15", "ISO-8859-15" },
    { "ascii", "US-ASCII" },
    { "us-ascii", "US-ASCII" },
    { "ANSI_X3.4-1968", "US-ASCII" },
    { "cp1252", "WINDOWS-1252" },
    { "windows-1252", "WINDOWS-1252" },
    { "utf16", "UTF-16" },
    { "utf-16le", "UTF-16LE" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      const char *name = q_charset_canonical_name (names[i].name, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (name, ==, names[i].canonical);
      g_assert_true (name == g_intern_string (names[i].canonical));
    }
}

static void
test_name_kept_in_upper_case (void)
{
  g_autoptr (GError) error = NULL;

  const char *name = q_charset_canonical_name ("ibm850", &error);

  if (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING))
    {
      g_test_skip ("iconv does not know IBM850 here");
      return;
    }

  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, "IBM850");
}

static void
test_name_unknown (void)
{
  static const char * const names[] = {
    "",
    "no-such-charset",
    "UTF-8//TRANSLIT",
    "ISO-8859-1//IGNORE",
    "ISO-10646/UTF8/IGNORE",
    "UTF!-8",
    "UTF 8",
    " UTF-8",
    "UTF-8\n",
    "\xc3\xa9",
    "iso-8859-12",
    "iso-8859-17",
    "latin11",
    "cp1259",
    "WCHAR_T",
    "internal",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (q_charset_canonical_name (names[i], &error));
      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING);
      g_assert_true (g_str_has_prefix (error->message, "unknown charset \""));
      g_assert_true (g_str_is_ascii (error->message));
    }
}

static void
test_name_null (void)
{
  if (g_test_subprocess ())
    {
      q_charset_canonical_name (NULL, NULL);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*name != NULL*");
}

static void
test_utf8_against_glib (void)
{
  static const guint8 bytes[] = {
    0x00, 0x01, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
    0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff,
  };
  const guint n = G_N_ELEMENTS (bytes);

  for (guint i = 0; i < n * n * n * n; i++)
    {
      guint8 text[4];
      gboolean incomplete;
      const char *end;

      for (guint k = 0, rest = i; k < sizeof text; k++, rest /= n)
        text[k] = bytes[rest % n];

      for (gsize length = 0; length <= sizeof text; length++)
        {
          g_utf8_validate_len ((const char *) text, length, &end);
          g_assert_cmpuint (q_text_utf8_span (text, length, &incomplete), ==,
                            (const guint8 *) end - text);
        }
    }
}

static gboolean
is_one_character (const guint8 *text,
                  gsize         length)
{
  return g_utf8_skip[text[0]] == (char) length
         && g_utf8_validate_len ((const char *) text, length, NULL);
}

/* Something must be able to complete what counts as incomplete, nothing else. */
static void
test_utf8_incomplete (void)
{
  static const guint8 tails[] = { 0x80, 0x90, 0xa0, 0xbf };

  for (guint i = 0; i < 0x1000000; i += 31)
    {
      gsize length = 1 + i % 3;
      guint8 text[6] = { 0x80 | (guint8) i, (guint8) (i >> 8), (guint8) (i >> 16) };
      gboolean completable = FALSE;
      gboolean incomplete;

      if (q_text_utf8_span (text, length, &incomplete) > 0)
        continue;

      for (guint k = 0; k < 64; k++)
        {
          text[length] = tails[k % 4];
          text[length + 1] = tails[k / 4 % 4];
          text[length + 2] = tails[k / 16];

          for (gsize more = 1; length + more <= 4; more++)
            completable |= is_one_character (text, length + more);
        }

      g_assert_cmpint (incomplete, ==, completable);
    }
}

/* Words and blocks must not hide a byte, wherever it lies. */
static void
test_utf8_ascii_span (void)
{
  static const guint8 stops[] = { 0x00, 0x80, 0xc3, 0xff };
  gboolean incomplete;
  guint8 text[300];

  for (gsize length = 0; length <= sizeof text; length++)
    for (gsize at = length > 70 ? length - 70 : 0; at < length; at++)
      {
        memset (text, 1 + (int) (at % 0x7f), sizeof text);
        text[at] = stops[(at + length) % G_N_ELEMENTS (stops)];
        g_assert_cmpuint (q_text_ascii_span (text, length), ==, at);
        g_assert_cmpuint (q_text_ascii_span (text, at), ==, at);
        g_assert_cmpuint (q_text_utf8_span (text, length, &incomplete), ==, at);
        g_assert_cmpuint (q_text_utf8_span (text, at, &incomplete), ==, at);
      }
}

/* The span must not depend on where a character lies: text is validated in pieces,
 * which end anywhere. */
static void
test_utf8_long (void)
{
  static const char * const characters[] = {
    "\xc3\xa9", "\xe3\x81\x82", "\xf0\x9f\x98\x80", "\xc3\xa9 ASCII in between ",
  };
  gboolean incomplete;

  for (guint i = 0; i < G_N_ELEMENTS (characters); i++)
    for (guint shift = 0; shift < 8; shift++)
      {
        g_autoptr (GString) text = g_string_new_len ("abcdefgh", shift);

        while (text->len < 300)
          g_string_append (text, characters[i]);

        for (gsize length = 0; length <= text->len; length++)
          {
            const char *end;
            gboolean valid = g_utf8_validate_len (text->str, length, &end);

            g_assert_cmpuint (q_text_utf8_span ((const guint8 *) text->str, length, &incomplete),
                              ==, (gsize) (end - text->str));
            g_assert_cmpint (incomplete, ==, !valid);
          }

        for (gsize at = 0; at < text->len; at++)
          {
            char replaced = text->str[at];
            const char *end;

            text->str[at] = (char) 0xff;
            g_assert_false (g_utf8_validate_len (text->str, text->len, &end));
            g_assert_cmpuint (q_text_utf8_span ((const guint8 *) text->str, text->len, &incomplete),
                              ==, (gsize) (end - text->str));
            g_assert_false (incomplete);
            text->str[at] = replaced;
          }
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codec/charset/known", test_name_known);
  g_test_add_func ("/codec/charset/kept-in-upper-case", test_name_kept_in_upper_case);
  g_test_add_func ("/codec/charset/unknown", test_name_unknown);
  g_test_add_func ("/codec/charset/null", test_name_null);
  g_test_add_func ("/codec/utf8/against-glib", test_utf8_against_glib);
  g_test_add_func ("/codec/utf8/incomplete", test_utf8_incomplete);
  g_test_add_func ("/codec/utf8/ascii-span", test_utf8_ascii_span);
  g_test_add_func ("/codec/utf8/long", test_utf8_long);

  return g_test_run ();
}
