/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-text-decoder-private.h"
#include "q-text-encoder-private.h"

#include <string.h>

#include "q-socket-error.h"

/* Texts that leave the initial state, return to it, and mix lengths. */
static const struct
{
  const char *charset;
  const char *text;
} samples[] = {
  { "UTF-8", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z" },
  { "US-ASCII", "plain text" },
  { "ISO-8859-1", "Gr\xc3\xb6\xc3\x9f" "e" },
  { "ISO-8859-15", "5 \xe2\x82\xac" },
  { "WINDOWS-1252", "\xe2\x80\x9equoted\xe2\x80\x9c \xe2\x82\xac" },
  { "KOI8-R", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
  { "UTF-16", "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z" },
  { "UTF-16BE", "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z" },
  { "UTF-16LE", "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z" },
  { "UTF-32", "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z" },
  { "UTF-32LE", "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z" },
  { "UCS-2", "a\xc3\xa9\xe4\xb8\xad" },
  { "UCS-4", "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z" },
  { "UNICODE", "a\xc3\xa9\xe4\xb8\xad" },
  { "UTF-7", "a+b \xe4\xb8\xad\xe6\x96\x87-\xf0\x9f\x98\x80!\xc3\xa9" },
  { "GB18030", "a\xe4\xb8\xad\xe6\x96\x87\xc3\xa9\xf0\x9f\x98\x80z" },
  { "GBK", "a\xe4\xb8\xad\xe6\x96\x87z" },
  { "BIG5", "a\xe4\xb8\xad\xe6\x96\x87z" },
  { "BIG5-HKSCS", "a\xc3\x8a\xcc\x84\xc3\x8a\xe4\xb8\xad" },
  { "SHIFT_JIS", "a\xe6\x97\xa5\xe6\x9c\xac\xef\xbd\xb1z" },
  { "SHIFT_JISX0213", "\xe3\x81\x8b\xe3\x82\x9a\xe3\x81\x8bz" },
  { "EUC-JP", "a\xe6\x97\xa5\xe6\x9c\xac\xef\xbd\xb1z" },
  { "EUC-JISX0213", "\xe3\x81\x8b\xe3\x82\x9a\xe3\x81\x8bz" },
  { "EUC-KR", "a\xed\x95\x9c\xea\xb5\xadz" },
  { "EUC-TW", "a\xe4\xb8\xad\xe6\x96\x87z" },
  { "ISO-2022-JP", "a\xe6\x97\xa5\xe6\x9c\xac z\xe8\xaa\x9e" },
  { "ISO-2022-JP-3", "a\xe3\x81\x8b\xe3\x82\x9a\xe3\x81\x8b z" },
  { "ISO-2022-KR", "a\xed\x95\x9c\xea\xb5\xad z\xea\xb8\x80" },
  { "HZ", "a~\xe4\xb8\xad\xe6\x96\x87 z" },
  { "IBM939", "a\xe6\x97\xa5\xe6\x9c\xac z" },
};

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

static char *
decode (QTextDecoder  *decoder,
        const void    *bytes,
        gsize          length,
        gboolean       at_end,
        GError       **error)
{
  gsize text_length = 4711;
  char *text = q_text_decoder_convert (decoder, bytes, length, at_end, &text_length, error);

  if (text != NULL)
    g_assert_cmpuint (strlen (text), ==, text_length);

  return text;
}

static void
assert_decodes (QTextDecoder *decoder,
                const void   *bytes,
                gsize         length,
                gboolean      at_end,
                const char   *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = decode (decoder, bytes, length, at_end, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

/* The number of a bad byte, or what the message must say instead. */
static void
assert_undecodable (QTextDecoder *decoder,
                    const void   *bytes,
                    gsize         length,
                    gboolean      at_end,
                    const char   *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = decode (decoder, bytes, length, at_end, &error);

  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING);
  g_assert_null (text);
  g_assert_nonnull (strstr (error->message, message));
}

static void
assert_pending (QTextDecoder *decoder,
                const void   *expected,
                gsize         length)
{
  const guint8 *bytes;
  gsize n = q_text_decoder_peek_pending (decoder, &bytes);

  g_assert_cmpmem (bytes, n, expected, length);
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

/* String literals stand for bytes, which may have a NUL among them. */
#define BYTES(literal) (literal), (sizeof (literal) - 1)

static void
test_decoder_split (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (QTextEncoder) encoder = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *p;
  gsize length;

  if (skip_without (samples[i].charset))
    return;

  encoder = q_text_encoder_new (samples[i].charset);
  bytes = encode (encoder, samples[i].text);
  p = g_bytes_get_data (bytes, &length);

  for (gsize cut = 0; cut <= length; cut++)
    {
      g_autoptr (QTextDecoder) decoder = q_text_decoder_new (samples[i].charset);
      g_autofree char *head = decode (decoder, p, cut, FALSE, NULL);
      g_autofree char *tail = decode (decoder, p + cut, length - cut, TRUE, NULL);
      g_autofree char *text = g_strconcat (head, tail, NULL);

      g_assert_nonnull (head);
      g_assert_nonnull (tail);
      g_assert_cmpstr (text, ==, samples[i].text);
      assert_pending (decoder, "", 0);
    }
}

/* Several texts over one connection, read byte by byte. */
static void
test_stream (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (QTextEncoder) encoder = NULL;
  g_autoptr (QTextDecoder) decoder = NULL;
  g_autoptr (GString) received = g_string_new (NULL);

  if (skip_without (samples[i].charset))
    return;

  encoder = q_text_encoder_new (samples[i].charset);
  decoder = q_text_decoder_new (samples[i].charset);

  for (guint k = 0; k < 3; k++)
    {
      g_autoptr (GBytes) bytes = encode (encoder, samples[i].text);
      const guint8 *p = g_bytes_get_data (bytes, NULL);

      q_text_encoder_mark_sent (encoder);
      g_string_truncate (received, 0);

      for (gsize n = 0; n < g_bytes_get_size (bytes); n++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree char *piece = decode (decoder, p + n, 1, FALSE, &error);

          g_assert_no_error (error);
          g_string_append (received, piece);
        }

      g_assert_cmpstr (received->str, ==, samples[i].text);
    }

  assert_decodes (decoder, NULL, 0, TRUE, "");
}

static void
test_decoder_bad_utf8 (void)
{
  static const struct
  {
    const char *bytes;
    const char *message;
  } bad[] = {
    { "\x80", "byte 0 is not text in UTF-8" },
    { "abc\xff" "def", "byte 3 is not text in UTF-8" },
    { "abc\xc0\x80", "byte 3 is not text" },
    { "\xc1\xbf", "byte 0 is not text" },
    { "\xe0\x80\x80", "byte 0 is not text" },
    { "\xe0\x9f", "byte 0 is not text" },
    { "a\xed\xa0\x80", "byte 1 is not text" },
    { "a\xed\xbf", "byte 1 is not text" },
    { "\xf0\x80\x80\x80", "byte 0 is not text" },
    { "\xf0\x8f", "byte 0 is not text" },
    { "\xf4\x90\x80\x80", "byte 0 is not text" },
    { "\xf5\x80\x80\x80", "byte 0 is not text" },
    { "\xc3\xa9\xe2\x82x", "byte 2 is not text" },
    { "\xc3\xc3\xa9", "byte 0 is not text" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (QTextDecoder) decoder = q_text_decoder_new ("UTF-8");

      assert_undecodable (decoder, bad[i].bytes, strlen (bad[i].bytes), FALSE, bad[i].message);
      assert_pending (decoder, "", 0);
      assert_decodes (decoder, BYTES ("good"), TRUE, "good");
    }
}

static void
test_decoder_pending (void)
{
  g_autoptr (QTextDecoder) decoder = q_text_decoder_new ("UTF-8");

  assert_decodes (decoder, BYTES ("a\xf0\x9f"), FALSE, "a");
  assert_pending (decoder, BYTES ("\xf0\x9f"));
  assert_decodes (decoder, NULL, 0, FALSE, "");
  assert_decodes (decoder, BYTES ("\x98"), FALSE, "");
  assert_pending (decoder, BYTES ("\xf0\x9f\x98"));

  assert_undecodable (decoder, BYTES ("x"), FALSE, "byte 0 is not text");
  assert_pending (decoder, BYTES ("\xf0\x9f\x98"));
  assert_undecodable (decoder, BYTES ("\x80z\xff"), FALSE, "byte 2 is not text");
  assert_undecodable (decoder, NULL, 0, TRUE, "in the middle of a character");
  assert_pending (decoder, BYTES ("\xf0\x9f\x98"));

  assert_decodes (decoder, BYTES ("\x80z"), TRUE, "\xf0\x9f\x98\x80z");
  assert_pending (decoder, "", 0);

  assert_decodes (decoder, BYTES ("\xc3"), FALSE, "");
  q_text_decoder_drop_pending (decoder);
  assert_pending (decoder, "", 0);
  assert_decodes (decoder, BYTES ("\xc3\xa9"), TRUE, "\xc3\xa9");
}

static void
test_decoder_pending_iconv (void)
{
  g_autoptr (QTextDecoder) decoder = NULL;

  if (skip_without ("GB18030"))
    return;

  decoder = q_text_decoder_new ("GB18030");
  assert_decodes (decoder, BYTES ("a\x94\x39\xda"), FALSE, "a");
  assert_pending (decoder, BYTES ("\x94\x39\xda"));
  assert_undecodable (decoder, BYTES ("\xff"), FALSE, "byte 0 is not text in GB18030");
  assert_undecodable (decoder, BYTES ("\x33z\xff"), FALSE, "byte 2 is not text in GB18030");
  assert_undecodable (decoder, BYTES ("\x33z\xd6"), TRUE, "in the middle of a character");
  assert_pending (decoder, BYTES ("\x94\x39\xda"));
  assert_undecodable (decoder, NULL, 0, TRUE, "in the middle of a character of GB18030");
  assert_decodes (decoder, BYTES ("\x33z"), TRUE, "\xf0\x9f\x92\xa9z");
  assert_pending (decoder, "", 0);
}

/* Only what is around the seam of two calls is looked at in one piece. */
static void
test_decoder_long_seam (void)
{
  static const char forty[] = "0123456789012345678901234567890123456789";
  g_autoptr (QTextDecoder) decoder = NULL;
  g_autofree char *good = g_strconcat ("\x33", forty, NULL);
  g_autofree char *bad_early = g_strconcat ("\x33z\xff", forty, NULL);
  g_autofree char *bad_late = g_strconcat ("\x33", forty, "\xff", NULL);
  g_autofree char *expected = g_strconcat ("\xf0\x9f\x92\xa9", forty, NULL);

  if (skip_without ("GB18030"))
    return;

  decoder = q_text_decoder_new ("GB18030");
  assert_decodes (decoder, BYTES ("\x94\x39\xda"), FALSE, "");
  assert_undecodable (decoder, bad_early, strlen (bad_early), FALSE, "byte 2 is not text");
  assert_undecodable (decoder, bad_late, strlen (bad_late), FALSE, "byte 41 is not text");
  assert_decodes (decoder, good, strlen (good), FALSE, expected);
}

static void
test_decoder_nul (void)
{
  g_autoptr (QTextDecoder) utf8 = q_text_decoder_new ("UTF-8");
  g_autoptr (QTextDecoder) ascii = q_text_decoder_new ("US-ASCII");
  g_autoptr (QTextDecoder) latin1 = q_text_decoder_new ("ISO-8859-1");
  g_autoptr (QTextDecoder) utf16 = q_text_decoder_new ("UTF-16LE");

  assert_undecodable (utf8, BYTES ("ab\0c"), FALSE, "NUL");
  assert_undecodable (ascii, BYTES ("ab\0c"), FALSE, "NUL");
  assert_undecodable (latin1, BYTES ("ab\0c"), FALSE, "NUL");
  assert_undecodable (utf16, BYTES ("a\0\0\0"), FALSE, "NUL");
  assert_decodes (utf16, BYTES ("a\0b\0"), TRUE, "ab");
}

static void
test_decoder_bad_others (void)
{
  g_autoptr (QTextDecoder) ascii = q_text_decoder_new ("US-ASCII");
  g_autoptr (QTextDecoder) utf16 = q_text_decoder_new ("UTF-16BE");
  g_autoptr (QTextDecoder) utf32 = q_text_decoder_new ("UTF-32BE");
  g_autoptr (QTextDecoder) ucs4 = q_text_decoder_new ("UCS-4");

  assert_undecodable (ascii, BYTES ("abc\x80"), FALSE, "byte 3 is not text in US-ASCII");
  assert_undecodable (utf16, BYTES ("\0a\xdc\x00\0b"), FALSE, "byte 2 is not text in UTF-16BE");
  assert_undecodable (utf16, BYTES ("\xd8\x00\0b"), FALSE, "byte 0 is not text");
  assert_undecodable (utf32, BYTES ("\0\x11\0\0"), FALSE, "byte 0 is not text in UTF-32BE");
  assert_undecodable (ucs4, BYTES ("\0\0\0a\0\x11\0\0"), FALSE, "not text in UCS-4");
  assert_decodes (utf16, BYTES ("\xd8\x3d"), FALSE, "");
  assert_pending (utf16, BYTES ("\xd8\x3d"));
  assert_undecodable (utf16, NULL, 0, TRUE, "in the middle of a character");
}

static void
test_decoder_mark (void)
{
  static const struct
  {
    const char *charset;
    const char *bytes;
    gsize length;
    const char *text;
  } marked[] = {
    { "UTF-16", BYTES ("\xfe\xff\0a\0b"), "ab" },
    { "UTF-16", BYTES ("\xff\xfe" "a\0b\0"), "ab" },
    { "UTF-16", BYTES ("\0a\0b"), "ab" },
    { "UTF-16", BYTES ("\xff\xfe"), "" },
    { "UTF-16", BYTES ("\xff\xfe\xff\xfe"), "\xef\xbb\xbf" },
    { "UTF-16", BYTES ("\0a\xfe\xff"), "a\xef\xbb\xbf" },
    { "UTF-16LE", BYTES ("\xff\xfe" "a\0"), "\xef\xbb\xbf" "a" },
    { "UTF-16BE", BYTES ("\xfe\xff\0a"), "\xef\xbb\xbf" "a" },
    { "UTF-32", BYTES ("\0\0\xfe\xff\0\0\0a"), "a" },
    { "UTF-32", BYTES ("\xff\xfe\0\0a\0\0\0"), "a" },
    { "UTF-32", BYTES ("\0\0\0a"), "a" },
    { "UCS-2", BYTES ("\xff\xfe" "a\0"), "a" },
    { "UCS-2", BYTES ("\0a"), "a" },
    { "UTF-8", BYTES ("\xef\xbb\xbf" "a"), "\xef\xbb\xbf" "a" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (marked); i++)
    {
      g_autoptr (QTextDecoder) whole = q_text_decoder_new (marked[i].charset);
      g_autoptr (QTextDecoder) drops = q_text_decoder_new (marked[i].charset);
      g_autoptr (GString) text = g_string_new (NULL);

      assert_decodes (whole, marked[i].bytes, marked[i].length, TRUE, marked[i].text);

      for (gsize n = 0; n < marked[i].length; n++)
        {
          g_autofree char *piece = decode (drops, marked[i].bytes + n, 1, FALSE, NULL);

          g_assert_nonnull (piece);
          g_string_append (text, piece);
        }
      g_assert_cmpstr (text->str, ==, marked[i].text);
    }
}

static void
test_decoder_mark_after_error (void)
{
  g_autoptr (QTextDecoder) decoder = q_text_decoder_new ("UTF-16");

  /* The bytes of a failed call come again, and with them the mark. */
  assert_decodes (decoder, BYTES ("\xff"), FALSE, "");
  assert_undecodable (decoder, BYTES ("\xfe" "a\0\x00\xdc"), FALSE, "byte 3 is not text in UTF-16");
  assert_pending (decoder, BYTES ("\xff"));
  assert_decodes (decoder, BYTES ("\xfe" "a\0"), FALSE, "a");

  assert_undecodable (decoder, BYTES ("\x00\xdc"), FALSE, "byte 0 is not text in UTF-16");
  assert_decodes (decoder, BYTES ("b\0"), FALSE, "b");
  assert_decodes (decoder, BYTES ("\xff\xfe"), FALSE, "\xef\xbb\xbf");
}

static void
test_decoder_mark_learnt_in_error (void)
{
  g_autoptr (QTextDecoder) decoder = q_text_decoder_new ("UTF-16");

  /* Somebody read the mark as binary data since. */
  assert_undecodable (decoder, BYTES ("\xff\xfe\x00\xdc"), FALSE, "not text");
  assert_decodes (decoder, BYTES ("a\0"), FALSE, "a");
}

/* Of datagrams each is a whole text; only the first one needs the mark. */
static void
test_decoder_mark_after_end (void)
{
  g_autoptr (QTextDecoder) decoder = q_text_decoder_new ("UTF-16");

  assert_decodes (decoder, BYTES ("\xff\xfe" "a\0"), TRUE, "a");
  assert_decodes (decoder, BYTES ("b\0"), TRUE, "b");
  assert_decodes (decoder, BYTES ("\xff\xfe" "c\0"), TRUE, "c");
  assert_decodes (decoder, BYTES ("\xfe\xff\0d"), TRUE, "d");
  assert_undecodable (decoder, BYTES ("\0"), TRUE, "in the middle of a character of UTF-16");
}

static void
test_decoder_shift_state (void)
{
  g_autoptr (QTextDecoder) decoder = NULL;

  if (skip_without ("ISO-2022-JP"))
    return;

  decoder = q_text_decoder_new ("ISO-2022-JP");
  assert_decodes (decoder, BYTES ("\x1b$"), FALSE, "");
  assert_pending (decoder, BYTES ("\x1b$"));
  assert_decodes (decoder, BYTES ("B"), FALSE, "");
  assert_pending (decoder, BYTES ("\x1b$B"));
  assert_decodes (decoder, BYTES ("\x46\x7c\x4b"), FALSE, "\xe6\x97\xa5");
  assert_pending (decoder, BYTES ("\x4b"));
  assert_decodes (decoder, NULL, 0, FALSE, "");
  assert_decodes (decoder, BYTES ("\x5c\x46\x7c"), FALSE, "\xe6\x9c\xac\xe6\x97\xa5");
  assert_decodes (decoder, NULL, 0, FALSE, "");
  assert_decodes (decoder, BYTES ("\x46\x7c"), FALSE, "\xe6\x97\xa5");

  assert_undecodable (decoder, BYTES ("\x46\x7c\xff\xff"), FALSE, "byte 2 is not text");
  assert_decodes (decoder, BYTES ("F|"), FALSE, "F|");

  assert_decodes (decoder, BYTES ("\x1b$B\x46\x7c"), TRUE, "\xe6\x97\xa5");
  assert_decodes (decoder, BYTES ("F|"), TRUE, "F|");
}

/* What had its effect but gave no text yet can be had back, and then the effect
 * is gone; after a failure it is still there. */
static void
test_decoder_silent (void)
{
  static const struct { const char *charset, *silent, *bad, *text, *decoded; } rows[] = {
    { "ISO-2022-JP", "\x1b$B", "\xff\xff", "\x46\x7c", "\xe6\x97\xa5" },
    { "UTF-16", "\xff\xfe", "\x01\xdc", "\x2d\x4e", "\xe4\xb8\xad" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (QTextDecoder) decoder = NULL;
      const char *silent = rows[i].silent;
      g_autofree char *more = g_strconcat (silent, "\x46", NULL);

      if (skip_without (rows[i].charset))
        continue;

      decoder = q_text_decoder_new (rows[i].charset);
      assert_decodes (decoder, silent, strlen (silent), FALSE, "");
      assert_pending (decoder, silent, strlen (silent));
      g_assert_false (q_text_decoder_is_inside_character (decoder));
      assert_undecodable (decoder, rows[i].bad, 2, FALSE, "byte ");
      assert_pending (decoder, silent, strlen (silent));
      assert_decodes (decoder, "\x46", 1, FALSE, "");
      assert_pending (decoder, more, strlen (more));
      g_assert_true (q_text_decoder_is_inside_character (decoder));
      q_text_decoder_drop_pending (decoder);
      assert_pending (decoder, "", 0);

      assert_decodes (decoder, silent, strlen (silent), FALSE, "");
      q_text_decoder_commit (decoder);
      assert_pending (decoder, "", 0);
      q_text_decoder_drop_pending (decoder);
      assert_decodes (decoder, rows[i].text, 2, FALSE, rows[i].decoded);

      g_clear_pointer (&decoder, q_text_decoder_free);
      decoder = q_text_decoder_new (rows[i].charset);
      for (int j = 0; j < 100; j++)
        assert_decodes (decoder, silent, i == 0 ? 3 : 0, FALSE, "");
      q_text_decoder_drop_pending (decoder);
      assert_decodes (decoder, silent, strlen (silent), FALSE, "");
      assert_decodes (decoder, rows[i].text, 2, FALSE, rows[i].decoded);
    }
}

/* A converter that waits for accents must not keep a letter to itself. */
static void
test_decoder_holds_nothing (void)
{
  g_autoptr (QTextDecoder) decoder = NULL;

  if (skip_without ("WINDOWS-1258"))
    return;

  decoder = q_text_decoder_new ("WINDOWS-1258");
  assert_decodes (decoder, BYTES ("hello"), FALSE, "hello");
  assert_decodes (decoder, BYTES ("o\xec"), FALSE, "\xc3\xb3");
  assert_decodes (decoder, BYTES ("o"), FALSE, "o");
  assert_decodes (decoder, BYTES ("\xec"), TRUE, "\xcc\x81");
}

/* Each byte becomes three, more than there was room for at first. */
static void
test_decoder_grows (void)
{
  g_autoptr (QTextDecoder) decoder = q_text_decoder_new ("ISO-8859-15");
  g_autoptr (GString) expected = g_string_new (NULL);
  g_autofree char *bytes = g_malloc (100000);

  memset (bytes, 0xa4, 100000);
  for (guint i = 0; i < 100000; i++)
    g_string_append (expected, "\xe2\x82\xac");

  assert_decodes (decoder, bytes, 100000, FALSE, expected->str);
}

static void
add_sample_tests (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *split = g_strconcat ("/codec/text/decoder/split/", samples[i].charset, NULL);
      g_autofree char *stream = g_strconcat ("/codec/text/stream/", samples[i].charset, NULL);

      g_test_add_data_func (split, GUINT_TO_POINTER (i), test_decoder_split);
      g_test_add_data_func (stream, GUINT_TO_POINTER (i), test_stream);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codec/text/decoder/bad-utf8", test_decoder_bad_utf8);
  g_test_add_func ("/codec/text/decoder/bad-others", test_decoder_bad_others);
  g_test_add_func ("/codec/text/decoder/pending", test_decoder_pending);
  g_test_add_func ("/codec/text/decoder/pending-iconv", test_decoder_pending_iconv);
  g_test_add_func ("/codec/text/decoder/long-seam", test_decoder_long_seam);
  g_test_add_func ("/codec/text/decoder/nul", test_decoder_nul);
  g_test_add_func ("/codec/text/decoder/mark", test_decoder_mark);
  g_test_add_func ("/codec/text/decoder/mark-after-error", test_decoder_mark_after_error);
  g_test_add_func ("/codec/text/decoder/mark-learnt-in-error", test_decoder_mark_learnt_in_error);
  g_test_add_func ("/codec/text/decoder/mark-after-end", test_decoder_mark_after_end);
  g_test_add_func ("/codec/text/decoder/shift-state", test_decoder_shift_state);
  g_test_add_func ("/codec/text/decoder/silent", test_decoder_silent);
  g_test_add_func ("/codec/text/decoder/holds-nothing", test_decoder_holds_nothing);
  g_test_add_func ("/codec/text/decoder/grows", test_decoder_grows);
  add_sample_tests ();

  return g_test_run ();
}
