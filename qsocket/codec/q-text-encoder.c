/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-text-encoder-private.h"

#include <string.h>

#include "q-i18n-private.h"
#include "q-socket-error.h"
#include "q-utf8-private.h"

/* The control characters of shift sequences: Shift Out, Shift In, Escape. */
static const char shift_controls[] = { 0x0e, 0x0f, 0x1b };

struct _QTextEncoder
{
  const char *charset;

  /* Opened by the first conversion. */
  GIConv conv;

  /* iconv begins every text with so many bytes of byte order mark, or of the
   * header of ISO-2022-KR; only the first text that is sent may have them. */
  gsize mark_length;
  gboolean mark_sent;

  /* Characters that the charset lacks, but for which iconv reports no error. It drops
   * the tags from U+E0000 to U+E007F, and it passes on control characters that the
   * peer would take for the beginning of a shift sequence. */
  gboolean drops_tags;
  char unsafe_controls[sizeof shift_controls];
  gsize n_unsafe_controls;
};

QTextEncoder *
q_text_encoder_new (const char *charset)
{
  QTextEncoder *encoder = g_new0 (QTextEncoder, 1);

  encoder->charset = g_intern_string (charset);

  return encoder;
}

void
q_text_encoder_free (QTextEncoder *encoder)
{
  g_clear_pointer (&encoder->conv, g_iconv_close);
  g_free (encoder);
}

void
q_text_encoder_mark_sent (QTextEncoder *encoder)
{
  encoder->mark_sent = TRUE;
}

/* The result of two letters is as long as two results of one letter, but for the
 * mark, which it has only once. */
static gsize
find_mark_length (GIConv conv)
{
  char bytes[Q_CHARSET_TRIAL_SIZE];
  gsize n_flushed;
  gssize one = q_charset_try (conv, "a", 1, bytes, &n_flushed);
  gssize two = q_charset_try (conv, "aa", 2, bytes, &n_flushed);

  return one > 0 && two > 0 && two < 2 * one ? (gsize) (2 * one - two) : 0;
}

static gboolean
drops_tags (GIConv conv,
            gsize  mark_length)
{
  char bytes[Q_CHARSET_TRIAL_SIZE];
  gsize n_flushed;

  return q_charset_try (conv, "\xf3\xa0\x81\x81", 4, bytes, &n_flushed) == (gssize) mark_length;
}

/* A control character is unsafe if it does not come back from the charset as it
 * was. One that iconv refuses to convert needs no care. */
static gboolean
find_unsafe_controls (QTextEncoder  *encoder,
                      GIConv         conv,
                      GError       **error)
{
  GIConv back = q_charset_open ("UTF-8", encoder->charset, error);

  if (back == NULL)
    return FALSE;

  encoder->n_unsafe_controls = 0;
  for (guint i = 0; i < sizeof shift_controls; i++)
    {
      char bytes[Q_CHARSET_TRIAL_SIZE];
      char text[Q_CHARSET_TRIAL_SIZE];
      gsize n_flushed;
      gssize n = q_charset_try (conv, &shift_controls[i], 1, bytes, &n_flushed);

      if (n < 0)
        continue;
      if (q_charset_try (back, bytes, (gsize) n, text, &n_flushed) != 1
          || text[0] != shift_controls[i])
        encoder->unsafe_controls[encoder->n_unsafe_controls++] = shift_controls[i];
    }

  g_iconv_close (back);

  return TRUE;
}

static gboolean
open_conv (QTextEncoder  *encoder,
           GError       **error)
{
  const QCharsetOrder *order = q_charset_get_order (encoder->charset);
  GIConv conv;

  if (encoder->conv != NULL)
    return TRUE;

  conv = q_charset_open (encoder->charset, "UTF-8", error);
  if (conv == NULL)
    return FALSE;

  encoder->mark_length = find_mark_length (conv);

  /* For some of these charsets, such as UCS-2, iconv writes no mark and uses the byte
   * order of the machine. But a text without a mark has to be MSB first. */
  if (order != NULL && encoder->mark_length == 0)
    {
      g_iconv_close (conv);
      conv = q_charset_open (order->msb_first, "UTF-8", error);
      if (conv == NULL)
        return FALSE;
    }

  encoder->drops_tags = drops_tags (conv, encoder->mark_length);
  if (q_charset_has_shifts (conv) && !find_unsafe_controls (encoder, conv, error))
    {
      g_iconv_close (conv);
      return FALSE;
    }

  encoder->conv = conv;

  return TRUE;
}

static gboolean
is_tag (const char *p,
        gsize       left)
{
  return left >= 4 && memcmp (p, "\xf3\xa0", 2) == 0
         && ((guchar) p[2] == 0x80 || (guchar) p[2] == 0x81);
}

/* Whether the text has a character that iconv would drop or pass on when it should
 * report an error. */
static gboolean
has_mishandled_character (const QTextEncoder *encoder,
                          const char         *text,
                          gsize               length)
{
  const char *end = text + length;
  const char *p = text;

  for (gsize i = 0; i < encoder->n_unsafe_controls; i++)
    if (memchr (text, encoder->unsafe_controls[i], length) != NULL)
      return TRUE;

  while (encoder->drops_tags && (p = memchr (p, 0xf3, (gsize) (end - p))) != NULL)
    {
      if (is_tag (p, (gsize) (end - p)))
        return TRUE;
      p++;
    }

  return FALSE;
}

static gboolean
can_encode (const QTextEncoder *encoder,
            const char         *character,
            gsize               length)
{
  char bytes[Q_CHARSET_TRIAL_SIZE];
  gsize n_flushed;

  if (strcmp (encoder->charset, "US-ASCII") == 0)
    return length == 1;

  return !has_mishandled_character (encoder, character, length)
         && q_charset_try (encoder->conv, character, length, bytes, &n_flushed) >= 0;
}

/* Names the first character that the charset lacks, once it is clear that there
 * is one. Converting each character by itself finds it in any charset; where
 * iconv stops need not be that character, since some converters hold one back. */
static void
set_unencodable_error (const QTextEncoder  *encoder,
                       const char          *text,
                       gsize                length,
                       GError             **error)
{
  const char *end = text + length;

  for (const char *p = text; p < end; p = g_utf8_next_char (p))
    {
      if (can_encode (encoder, p, (gsize) (g_utf8_next_char (p) - p)))
        continue;

      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
                   _("U+%04X has no place in %s"), g_utf8_get_char (p), encoder->charset);
      return;
    }

  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
               _("the text has no form in %s"), encoder->charset);
}

static gboolean
check_text (const char  *text,
            gsize        length,
            GError     **error)
{
  gboolean incomplete;
  gsize span = q_text_utf8_span ((const guint8 *) text, length, &incomplete);

  if (span == length)
    return TRUE;

  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
               _("byte %zu of the text is not UTF-8"), span);

  return FALSE;
}

static gboolean
encode_with_iconv (const QTextEncoder  *encoder,
                   const char          *text,
                   gsize                length,
                   QCharsetBuffer      *output,
                   GError             **error)
{
  const guint8 *input = (const guint8 *) text;
  gsize left = length;

  q_charset_reset (encoder->conv);

  if (!has_mishandled_character (encoder, text, length)
      && q_charset_convert (encoder->conv, &input, &left, output) == Q_CHARSET_STATUS_DONE
      && q_charset_flush (encoder->conv, output) == Q_CHARSET_STATUS_DONE)
    return TRUE;

  set_unencodable_error (encoder, text, length, error);

  return FALSE;
}

gboolean
q_text_encoder_convert (QTextEncoder  *encoder,
                        const char    *text,
                        gsize          length,
                        const guint8 **bytes,
                        gsize         *n_bytes,
                        guint8       **converted,
                        GError       **error)
{
  g_auto (QCharsetBuffer) output = Q_CHARSET_BUFFER_INIT;
  gboolean is_ascii = strcmp (encoder->charset, "US-ASCII") == 0;
  gsize skipped;

  if (!check_text (text, length, error))
    return FALSE;

  if (is_ascii && q_text_ascii_span ((const guint8 *) text, length) < length)
    {
      set_unencodable_error (encoder, text, length, error);
      return FALSE;
    }

  if (length == 0 || is_ascii || strcmp (encoder->charset, "UTF-8") == 0)
    {
      *bytes = (const guint8 *) text;
      *n_bytes = length;
      *converted = NULL;
      return TRUE;
    }

  if (!open_conv (encoder, error)
      || !encode_with_iconv (encoder, text, length, &output, error))
    return FALSE;

  skipped = encoder->mark_sent ? encoder->mark_length : 0;
  *n_bytes = output.used - skipped;
  *converted = (guint8 *) q_charset_buffer_steal (&output);
  *bytes = *converted + skipped;

  return TRUE;
}
