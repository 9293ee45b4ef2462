/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-text-decoder-private.h"

#include <string.h>

#include "q-i18n-private.h"
#include "q-socket-error.h"
#include "q-utf8-private.h"

/* No charset has a character of more bytes: one that is still incomplete after
 * that many cannot become a character. */
#define CHARACTER_MAX_SIZE 16

/* The longest prefix that a charset needs. */
#define PREFIX_MAX_SIZE 16

struct _QTextDecoder
{
  const char *charset;
  const QCharsetOrder *order;

  /* Opened by the first conversion. */
  GIConv conv;
  const char *conv_charset;
  gboolean has_shifts;

  /* At the start of a text a byte order mark may stand. A text without one has
   * the byte order of the text before, and the first such text is MSB first. */
  gboolean at_start;
  gboolean lsb_first;

  /* The pending bytes, in the order in which they came. */
  guint8 prefix[PREFIX_MAX_SIZE];
  gsize n_prefix;
  guint8 partial[CHARACTER_MAX_SIZE];
  gsize n_partial;

  guint8 peeked[PREFIX_MAX_SIZE + CHARACTER_MAX_SIZE];
};

/* The input of one call: the partial character from the call before, then the new
 * data. To complete that character, the first of the new bytes are copied behind
 * it into the seam; all others are converted where they are. */
typedef struct
{
  const guint8 *data;
  gsize length;
  gsize n_partial;

  guint8 seam[2 * CHARACTER_MAX_SIZE];
  gsize n_seam;
  gboolean in_seam;       /* whether @input points into the seam, or into the data */

  const guint8 *input;
  gsize left;
} Source;

QTextDecoder *
q_text_decoder_new (const char *charset)
{
  QTextDecoder *decoder = g_new0 (QTextDecoder, 1);

  decoder->charset = g_intern_string (charset);
  decoder->order = q_charset_get_order (charset);
  decoder->at_start = TRUE;

  return decoder;
}

void
q_text_decoder_free (QTextDecoder *decoder)
{
  g_clear_pointer (&decoder->conv, g_iconv_close);
  g_free (decoder);
}

gsize
q_text_decoder_peek_pending (QTextDecoder  *decoder,
                             const guint8 **bytes)
{
  if (decoder->n_prefix == 0)
    {
      *bytes = decoder->partial;
      return decoder->n_partial;
    }

  memcpy (decoder->peeked, decoder->prefix, decoder->n_prefix);
  memcpy (decoder->peeked + decoder->n_prefix, decoder->partial, decoder->n_partial);
  *bytes = decoder->peeked;

  return decoder->n_prefix + decoder->n_partial;
}

gboolean
q_text_decoder_is_inside_character (QTextDecoder *decoder)
{
  return decoder->n_partial > 0;
}

void
q_text_decoder_drop_pending (QTextDecoder *decoder)
{
  if (decoder->n_prefix > 0)
    {
      decoder->at_start = TRUE;
      q_charset_reset (decoder->conv);
    }

  decoder->n_prefix = 0;
  decoder->n_partial = 0;
}

void
q_text_decoder_commit (QTextDecoder *decoder)
{
  decoder->n_prefix = 0;
}

static void
keep_partial (QTextDecoder *decoder,
              const guint8 *bytes,
              gsize         length)
{
  if (length > 0)
    memcpy (decoder->partial, bytes, length);
  decoder->n_partial = length;
}

/* Adds the input of this call, the partial character and @data without the last
 * @left bytes, to the prefix: it has been converted and gave no text. */
static void
keep_prefix (QTextDecoder *decoder,
             const guint8 *data,
             gsize         length,
             gsize         left)
{
  gsize n = decoder->n_partial + length - left;
  gsize n_old = MIN (n, decoder->n_partial);
  guint8 *end = decoder->prefix + decoder->n_prefix;

  /* More shift sequences in a row than any text needs: a peer could send them
   * without end, so they are not kept, and count as returned. */
  if (decoder->n_prefix + n + left > PREFIX_MAX_SIZE)
    {
      decoder->n_prefix = 0;
      return;
    }

  if (n == 0)
    return;

  memcpy (end, decoder->partial, n_old);
  if (n > n_old)
    memcpy (end + n_old, data, n - n_old);
  decoder->n_prefix += n;
}

/* Puts the converter into the state in which the prefix had left it, after a
 * failure has reset it. A byte order mark needs no repeating: it had its effect
 * on the choice of the converter. */
static void
convert_prefix_again (QTextDecoder *decoder)
{
  g_auto (QCharsetBuffer) output = Q_CHARSET_BUFFER_INIT;
  const guint8 *input = decoder->prefix;
  gsize left = decoder->n_prefix;

  if (decoder->order == NULL)
    q_charset_convert (decoder->conv, &input, &left, &output);
}

static void
source_init (Source             *source,
             const QTextDecoder *decoder,
             const guint8       *data,
             gsize               length)
{
  gsize n_new = MIN (length, sizeof source->seam - decoder->n_partial);

  *source = (Source) {
    .data = data, .length = length, .n_partial = decoder->n_partial,
    .in_seam = decoder->n_partial > 0, .input = data, .left = length,
  };

  if (!source->in_seam)
    return;

  memcpy (source->seam, decoder->partial, decoder->n_partial);
  if (n_new > 0)
    memcpy (source->seam + decoder->n_partial, data, n_new);
  source->n_seam = decoder->n_partial + n_new;
  source->input = source->seam;
  source->left = source->n_seam;
}

/* How many bytes of the new data are before the next input byte. */
static gsize
source_get_offset (const Source *source)
{
  gsize behind = source->left;

  if (source->in_seam)
    behind += source->n_partial + source->length - source->n_seam;

  return source->length - MIN (behind, source->length);
}

static QCharsetStatus
convert_source (Source         *source,
                GIConv          conv,
                QCharsetBuffer *output)
{
  QCharsetStatus status = q_charset_convert (conv, &source->input, &source->left, output);
  gsize used;

  if (!source->in_seam || status == Q_CHARSET_STATUS_BAD
      || source->n_seam == source->n_partial + source->length)
    return status;

  /* The partial character must have been completed, as the seam has more new
   * bytes than a character can have. */
  used = (gsize) (source->input - source->seam);
  if (used < source->n_partial)
    return Q_CHARSET_STATUS_BAD;

  source->in_seam = FALSE;
  source->input = source->data + (used - source->n_partial);
  source->left = source->length - (used - source->n_partial);

  return q_charset_convert (conv, &source->input, &source->left, output);
}

static void
set_bad_error (const QTextDecoder  *decoder,
               gsize                offset,
               GError             **error)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
               _("byte %zu is not text in %s"), offset, decoder->charset);
}

static void
set_nul_error (const QTextDecoder  *decoder,
               GError             **error)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
               _("the text in %s has a NUL character"), decoder->charset);
}

static void
set_end_error (const QTextDecoder  *decoder,
               GError             **error)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
               _("the text ends in the middle of a character of %s"), decoder->charset);
}

static char *
copy_text (const guint8 *data,
           gsize         length)
{
  char *text = g_malloc (length + 1);

  if (length > 0)
    memcpy (text, data, length);
  text[length] = '\0';

  return text;
}

static char *
decode_ascii (QTextDecoder  *decoder,
              const guint8  *data,
              gsize          length,
              gsize         *out_length,
              GError       **error)
{
  gsize span = q_text_ascii_span (data, length);

  if (span < length)
    {
      if (data[span] == '\0')
        set_nul_error (decoder, error);
      else
        set_bad_error (decoder, span, error);
      return NULL;
    }

  *out_length = length;

  return copy_text (data, length);
}

/* Copies all bytes into the result before it validates them there: nearly always
 * they are valid, and in the copy a character that came in two pieces is whole. */
static char *
decode_utf8 (QTextDecoder  *decoder,
             const guint8  *data,
             gsize          length,
             gboolean       at_end,
             gsize         *out_length,
             GError       **error)
{
  gsize n_partial = decoder->n_partial;
  gsize total = n_partial + length;
  g_autofree char *text = g_malloc (total + 1);
  gboolean incomplete;
  gsize span;

  memcpy (text, decoder->partial, n_partial);
  if (length > 0)
    memcpy (text + n_partial, data, length);

  span = q_text_utf8_span ((const guint8 *) text, total, &incomplete);

  if (span < total && !incomplete)
    {
      if (text[span] == '\0')
        set_nul_error (decoder, error);
      else
        set_bad_error (decoder, span - MIN (span, n_partial), error);
      return NULL;
    }

  if (incomplete && at_end)
    {
      set_end_error (decoder, error);
      return NULL;
    }

  keep_partial (decoder, (const guint8 *) text + span, total - span);
  text[span] = '\0';
  *out_length = span;

  return g_steal_pointer (&text);
}

/* Skips a byte order mark and sets the order that it tells. The source must have
 * as many bytes as a mark has. */
static void
read_byte_order_mark (QTextDecoder *decoder,
                      Source       *source)
{
  static const guint8 msb_mark[] = { 0x00, 0x00, 0xfe, 0xff };
  static const guint8 lsb_mark[] = { 0xff, 0xfe, 0x00, 0x00 };
  gsize unit = decoder->order->unit;

  if (memcmp (source->input, msb_mark + sizeof msb_mark - unit, unit) == 0)
    decoder->lsb_first = FALSE;
  else if (memcmp (source->input, lsb_mark, unit) == 0)
    decoder->lsb_first = TRUE;
  else
    return;

  source->input += unit;
  source->left -= unit;
}

static gboolean
open_conv (QTextDecoder  *decoder,
           GError       **error)
{
  const char *charset = decoder->charset;

  if (decoder->order != NULL)
    charset = decoder->lsb_first ? decoder->order->lsb_first : decoder->order->msb_first;

  if (decoder->conv != NULL && decoder->conv_charset == charset)
    return TRUE;

  if (decoder->conv == NULL && decoder->order == NULL)
    {
      GIConv back = q_charset_open (charset, "UTF-8", error);

      if (back == NULL)
        return FALSE;

      decoder->has_shifts = q_charset_has_shifts (back);
      g_iconv_close (back);
    }

  g_clear_pointer (&decoder->conv, g_iconv_close);
  decoder->conv = q_charset_open ("UTF-8", charset, error);
  decoder->conv_charset = charset;

  return decoder->conv != NULL;
}

/* Some of iconv's results are not UTF-8: it converts 0x110000 in UCS-4, for one. */
static gboolean
check_output (const QTextDecoder    *decoder,
              const QCharsetBuffer  *output,
              GError               **error)
{
  gboolean incomplete;
  gsize span = q_text_utf8_span ((const guint8 *) output->bytes, output->used, &incomplete);

  if (span == output->used)
    return TRUE;

  if (output->bytes[span] == '\0')
    set_nul_error (decoder, error);
  else
    g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
                 _("the bytes are not text in %s"), decoder->charset);

  return FALSE;
}

/* Some converters hold a character back: one composes a letter with the accent
 * that may follow, another makes two characters of one and writes the second one
 * later. In charsets without shift states each call flushes the converter, so
 * that every byte taken from the stream is either returned as text or pending. A
 * letter and an accent that come in two calls stay two characters then.
 *
 * In charsets with shift states a flush would end the state, so there the
 * converter keeps what it holds until the text is over. These charsets hold
 * nothing back but in two cases: UTF-7 holds the bits of an incomplete character,
 * and ISO-2022-JP-3 the second half of a few characters. */
static gboolean
decode_source (QTextDecoder    *decoder,
               Source          *source,
               gboolean         at_end,
               QCharsetBuffer  *output,
               GError         **error)
{
  QCharsetStatus status = convert_source (source, decoder->conv, output);

  if (status == Q_CHARSET_STATUS_BAD || source->left > CHARACTER_MAX_SIZE)
    {
      set_bad_error (decoder, source_get_offset (source), error);
      return FALSE;
    }

  if (at_end && source->left > 0)
    {
      set_end_error (decoder, error);
      return FALSE;
    }

  if ((at_end || !decoder->has_shifts)
      && q_charset_flush (decoder->conv, output) != Q_CHARSET_STATUS_DONE)
    {
      set_end_error (decoder, error);
      return FALSE;
    }

  return check_output (decoder, output, error);
}

static char *
decode_with_iconv (QTextDecoder  *decoder,
                   const guint8  *data,
                   gsize          length,
                   gboolean       at_end,
                   gsize         *out_length,
                   GError       **error)
{
  g_auto (QCharsetBuffer) output = Q_CHARSET_BUFFER_INIT;
  Source source;

  source_init (&source, decoder, data, length);

  if (decoder->order != NULL && decoder->at_start)
    {
      if (source.left < decoder->order->unit)
        {
          if (at_end && source.left > 0)
            {
              set_end_error (decoder, error);
              return NULL;
            }

          keep_partial (decoder, source.input, source.left);
          *out_length = 0;
          return g_strdup ("");
        }

      read_byte_order_mark (decoder, &source);
    }

  if (!open_conv (decoder, error))
    return NULL;

  if (!decode_source (decoder, &source, at_end, &output, error))
    {
      q_charset_reset (decoder->conv);
      convert_prefix_again (decoder);
      return NULL;
    }

  if (output.used > 0 || at_end)
    decoder->n_prefix = 0;
  else
    keep_prefix (decoder, data, length, source.left);

  decoder->at_start = at_end;
  keep_partial (decoder, source.input, source.left);
  *out_length = output.used;

  return q_charset_buffer_steal (&output);
}

char *
q_text_decoder_convert (QTextDecoder  *decoder,
                        const guint8  *data,
                        gsize          length,
                        gboolean       at_end,
                        gsize         *out_length,
                        GError       **error)
{
  if (strcmp (decoder->charset, "UTF-8") == 0)
    return decode_utf8 (decoder, data, length, at_end, out_length, error);

  if (strcmp (decoder->charset, "US-ASCII") == 0)
    return decode_ascii (decoder, data, length, out_length, error);

  return decode_with_iconv (decoder, data, length, at_end, out_length, error);
}
