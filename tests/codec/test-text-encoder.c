/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-text-encoder-private.h"

#include <string.h>

#include "q-socket-error.h"

/* String literals stand for bytes, which may have a NUL among them. */
#define BYTES(literal) (literal), (sizeof (literal) - 1)

/* Which converters there are is the machine's business, but for a few. */
static gboolean
skip_without (const char *charset)
{
  g_autoptr (GError) error = NULL;

  if (q_charset_canonical_name (charset, &error) != NULL)
    return FALSE;

  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING);
  g_test_skip ("iconv does not know this charset here");

  return TRUE;
}

static GBytes *
encode (QTextEncoder *encoder,
        const char   *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *converted = NULL;
  const guint8 *bytes;
  gsize n_bytes;

  q_text_encoder_convert (encoder, text, strlen (text), &bytes, &n_bytes, &converted, &error);
  g_assert_no_error (error);

  return g_bytes_new (bytes, n_bytes);
}

static void
assert_encodes (QTextEncoder *encoder,
                const char   *text,
                const void   *expected,
                gsize         length)
{
  g_autoptr (GBytes) bytes = encode (encoder, text);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, length);
}

static void
assert_unencodable (QTextEncoder *encoder,
                    const char   *text,
                    gsize         length,
                    const char   *message)
{
  g_autoptr (GError) error = NULL;
  const guint8 *bytes = (const guint8 *) "untouched";
  guint8 *converted = NULL;
  gsize n_bytes = 4711;

  g_assert_false (q_text_encoder_convert (encoder, text, length, &bytes, &n_bytes, &converted,
                                          &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING);
  g_assert_nonnull (strstr (error->message, message));
  g_assert_cmpstr ((const char *) bytes, ==, "untouched");
  g_assert_cmpuint (n_bytes, ==, 4711);
  g_assert_null (converted);
}

static void
test_encoder_no_copy (void)
{
  static const char * const charsets[] = { "UTF-8", "US-ASCII" };

  for (guint i = 0; i < G_N_ELEMENTS (charsets); i++)
    {
      g_autoptr (QTextEncoder) encoder = q_text_encoder_new (charsets[i]);
      g_autoptr (GError) error = NULL;
      const char *text = "text";
      const guint8 *bytes;
      guint8 *converted = (guint8 *) &bytes;
      gsize n_bytes;

      g_assert_true (q_text_encoder_convert (encoder, text, 3, &bytes, &n_bytes, &converted,
                                             &error));
      g_assert_no_error (error);
      g_assert_true (bytes == (const guint8 *) text);
      g_assert_cmpuint (n_bytes, ==, 3);
      g_assert_null (converted);
    }
}

static void
test_encoder_bad_utf8 (void)
{
  static const char * const charsets[] = { "UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16" };

  for (guint i = 0; i < G_N_ELEMENTS (charsets); i++)
    {
      g_autoptr (QTextEncoder) encoder = q_text_encoder_new (charsets[i]);

      assert_unencodable (encoder, BYTES ("ab\xff"), "byte 2 of the text is not UTF-8");
      assert_unencodable (encoder, BYTES ("a\xc3"), "byte 1 of the text is not UTF-8");
      assert_unencodable (encoder, BYTES ("\xed\xa0\x80"), "byte 0 of the text is not UTF-8");
      assert_unencodable (encoder, BYTES ("ab\0c"), "byte 2 of the text is not UTF-8");
    }
}

static void
test_encoder_lacking (void)
{
  static const struct
  {
    const char *charset;
    const char *text;
    const char *message;
  } lacking[] = {
    { "US-ASCII", "caf\xc3\xa9", "U+00E9 has no place in US-ASCII" },
    { "ISO-8859-1", "5 \xe2\x82\xac", "U+20AC has no place in ISO-8859-1" },
    { "ISO-8859-1", "\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac", "U+1F600 has no place" },
    { "UCS-2", "a\xf0\x9f\x98\x80", "U+1F600 has no place in UCS-2" },
    { "SHIFT_JIS", "\xe6\x97\xa5\xd7\x90\xe6\x97\xa5", "U+05D0 has no place in SHIFT_JIS" },
    { "ISO-2022-JP", "\xe6\x97\xa5\xd7\x90", "U+05D0 has no place in ISO-2022-JP" },
    /* Without a word, iconv drops the first and takes the second for a shift. */
    { "ISO-8859-1", "a\xf3\xa0\x81\x81z", "U+E0041 has no place in ISO-8859-1" },
    { "ISO-2022-JP", "a\x1b$Bz", "U+001B has no place in ISO-2022-JP" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lacking); i++)
    {
      g_autoptr (QTextEncoder) encoder = q_text_encoder_new (lacking[i].charset);

      if (q_charset_canonical_name (lacking[i].charset, NULL) == NULL)
        continue;

      assert_unencodable (encoder, lacking[i].text, strlen (lacking[i].text), lacking[i].message);
      g_bytes_unref (encode (encoder, "good"));
    }
}

static void
test_encoder_mark (void)
{
  g_autoptr (QTextEncoder) encoder = q_text_encoder_new ("UTF-16");
  const char *marked = G_BYTE_ORDER == G_LITTLE_ENDIAN ? "\xff\xfe" "a\0" : "\xfe\xff\0a";

  assert_encodes (encoder, "", "", 0);
  assert_encodes (encoder, "a", marked, 4);
  assert_encodes (encoder, "a", marked, 4);
  assert_unencodable (encoder, BYTES ("\xff"), "not UTF-8");
  assert_encodes (encoder, "a", marked, 4);

  q_text_encoder_mark_sent (encoder);
  assert_encodes (encoder, "a", marked + 2, 2);
  assert_encodes (encoder, "", "", 0);
  assert_encodes (encoder, "a", marked + 2, 2);
}

static void
test_encoder_no_mark (void)
{
  g_autoptr (QTextEncoder) utf16 = q_text_encoder_new ("UTF-16LE");
  g_autoptr (QTextEncoder) ucs2 = q_text_encoder_new ("UCS-2");
  g_autoptr (QTextEncoder) latin1 = q_text_encoder_new ("ISO-8859-1");

  assert_encodes (utf16, "a", BYTES ("a\0"));
  assert_encodes (ucs2, "a", BYTES ("\0a"));
  assert_encodes (latin1, "\xc3\xa9", BYTES ("\xe9"));
  q_text_encoder_mark_sent (latin1);
  assert_encodes (latin1, "\xc3\xa9", BYTES ("\xe9"));
}

static void
test_encoder_tags (void)
{
  g_autoptr (QTextEncoder) encoder = q_text_encoder_new ("UTF-16BE");

  assert_encodes (encoder, "\xf3\xa0\x81\x81", BYTES ("\xdb\x40\xdc\x41"));
}

static void
test_encoder_shift_state (void)
{
  g_autoptr (QTextEncoder) encoder = NULL;

  if (skip_without ("ISO-2022-JP"))
    return;

  encoder = q_text_encoder_new ("ISO-2022-JP");
  assert_encodes (encoder, "a\xe6\x97\xa5", BYTES ("a\x1b$B\x46\x7c\x1b(B"));
  assert_unencodable (encoder, BYTES ("\xe6\x97\xa5\xd7\x90"), "U+05D0");
  assert_encodes (encoder, "a", BYTES ("a"));
}

static void
test_encoder_header (void)
{
  g_autoptr (QTextEncoder) encoder = NULL;

  if (skip_without ("ISO-2022-KR"))
    return;

  encoder = q_text_encoder_new ("ISO-2022-KR");
  assert_encodes (encoder, "a", BYTES ("\x1b$)Ca"));
  q_text_encoder_mark_sent (encoder);
  assert_encodes (encoder, "a\xed\x95\x9c", BYTES ("a\x0e\x47\x51\x0f"));
}

static void
test_encoder_grows (void)
{
  g_autoptr (QTextEncoder) encoder = q_text_encoder_new ("UTF-32BE");
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *p;

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (text, (char) ('a' + i % 26));

  bytes = encode (encoder, text->str);
  p = g_bytes_get_data (bytes, NULL);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 400000);
  for (gsize i = 0; i < 100000; i++)
    g_assert_cmpint (p[4 * i + 3], ==, text->str[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codec/text/encoder/no-copy", test_encoder_no_copy);
  g_test_add_func ("/codec/text/encoder/bad-utf8", test_encoder_bad_utf8);
  g_test_add_func ("/codec/text/encoder/lacking", test_encoder_lacking);
  g_test_add_func ("/codec/text/encoder/mark", test_encoder_mark);
  g_test_add_func ("/codec/text/encoder/no-mark", test_encoder_no_mark);
  g_test_add_func ("/codec/text/encoder/tags", test_encoder_tags);
  g_test_add_func ("/codec/text/encoder/shift-state", test_encoder_shift_state);
  g_test_add_func ("/codec/text/encoder/header", test_encoder_header);
  g_test_add_func ("/codec/text/encoder/grows", test_encoder_grows);

  return g_test_run ();
}
