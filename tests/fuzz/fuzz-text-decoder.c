/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <string.h>

#include "q-socket-error.h"
#include "q-text-decoder-private.h"
#include "q-text-encoder-private.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The first byte of the input chooses one. Those up to "ISO-8859-15" have one
 * form for each text, so that it must survive the way there and back. */
static const char * const charsets[] = {
  "UTF-8", "US-ASCII", "UTF-16", "UTF-16LE", "UTF-32", "UTF-32BE", "GB18030", "ISO-8859-15",
  "UTF-7", "UCS-2", "UCS-4", "BIG5", "SHIFT_JIS", "EUC-JP", "EUC-KR", "ISO-2022-JP",
  "ISO-2022-KR", "WINDOWS-1252", "BIG5-HKSCS", "EUC-JISX0213",
};

#define N_REVERSIBLE 8

static char *
decode (QTextDecoder *decoder,
        const guint8 *data,
        gsize         size,
        gboolean      at_end)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *before = NULL;
  const guint8 *pending;
  gsize n_before = q_text_decoder_peek_pending (decoder, &pending);
  gsize length = 0;
  char *text;

  before = g_memdup2 (pending, n_before);
  text = q_text_decoder_convert (decoder, data, size, at_end, &length, &error);

  if (text == NULL)
    {
      g_assert_true (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING));
      g_assert_true (g_str_is_ascii (error->message));
      g_assert_cmpuint (q_text_decoder_peek_pending (decoder, &pending), ==, n_before);
      if (n_before > 0)
        g_assert_cmpint (memcmp (pending, before, n_before), ==, 0);
      return NULL;
    }

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (text), ==, length);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_cmpuint (q_text_decoder_peek_pending (decoder, &pending), <=, at_end ? 0 : 16);

  return text;
}

/* In pieces, whose sizes come from the bits of @pattern. */
static char *
decode_pieces (const char   *charset,
               const guint8 *data,
               gsize         size,
               guint8        pattern)
{
  g_autoptr (QTextDecoder) decoder = q_text_decoder_new (charset);
  g_autoptr (GString) text = g_string_new (NULL);
  gsize done = 0;

  for (guint i = 0; done < size; i++)
    {
      gsize n = MIN (size - done, (gsize) 1 + ((pattern >> (i % 8)) & 3) * (i % 8 == 7 ? 20 : 1));
      g_autofree char *piece = decode (decoder, data + done, n, FALSE);

      if (piece == NULL)
        return NULL;

      g_string_append (text, piece);
      done += n;
    }

  {
    g_autofree char *rest = decode (decoder, NULL, 0, TRUE);

    if (rest == NULL)
      return NULL;
    g_string_append (text, rest);
  }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
check_way_back (const char *charset,
                const char *text)
{
  g_autoptr (QTextEncoder) encoder = q_text_encoder_new (charset);
  g_autoptr (QTextDecoder) decoder = q_text_decoder_new (charset);
  g_autofree guint8 *converted = NULL;
  g_autofree char *again = NULL;
  const guint8 *bytes;
  gsize n_bytes;

  g_assert_true (q_text_encoder_convert (encoder, text, strlen (text), &bytes, &n_bytes,
                                         &converted, NULL));
  again = decode (decoder, bytes, n_bytes, TRUE);
  g_assert_cmpstr (again, ==, text);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autoptr (QTextDecoder) decoder = NULL;
  g_autofree char *whole = NULL;
  g_autofree char *pieces = NULL;
  const char *charset;

  if (size < 2)
    return 0;

  charset = charsets[data[0] % G_N_ELEMENTS (charsets)];
  if (q_charset_canonical_name (charset, NULL) == NULL)
    return 0;

  decoder = q_text_decoder_new (charset);
  whole = decode (decoder, data + 2, size - 2, TRUE);
  pieces = decode_pieces (charset, data + 2, size - 2, data[1]);
  g_assert_cmpstr (pieces, ==, whole);

  if (whole != NULL && data[0] % G_N_ELEMENTS (charsets) < N_REVERSIBLE)
    check_way_back (charset, whole);

  return 0;
}
