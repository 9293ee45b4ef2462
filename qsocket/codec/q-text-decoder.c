/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-text-codec-private.h"

#include <string.h>

#include "q-i18n-private.h"
#include "q-socket-error.h"

/* No charset has a longer character; one that is still incomplete is none. */
#define PENDING_MAX 16

struct _QTextDecoder
{
  const char *charset;
  const QCharsetOrder *order;

  /* NULL until there is something to convert. */
  GIConv conv;
  const char *conv_charset;
  gboolean has_shifts;

  /* Where a byte order mark may come; without one the order stays as it was. */
  gboolean at_start;
  gboolean lsb_first;

  guint8 pending[PENDING_MAX];
  gsize n_pending;

  /* A mark or shift sequences that had their effect, but no text came since. */
  guint8 silent[PENDING_MAX];
  gsize n_silent;
  guint8 kept[2 * PENDING_MAX];
};

/* The bytes of one call: those that were pending and the new ones. Only what is
 * around their seam is joined in memory. */
typedef struct
{
  const guint8 *data;
  gsize length;
  gsize n_pending;

  guint8 seam[2 * PENDING_MAX];
  gsize n_seam;
  gboolean in_seam;

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
  if (decoder->n_silent == 0)
    {
      *bytes = decoder->pending;
      return decoder->n_pending;
    }

  memcpy (decoder->kept, decoder->silent, decoder->n_silent);
  memcpy (decoder->kept + decoder->n_silent, decoder->pending, decoder->n_pending);
  *bytes = decoder->kept;

  return decoder->n_silent + decoder->n_pending;
}

gboolean
q_text_decoder_is_inside_character (QTextDecoder *decoder)
{
  return decoder->n_pending > 0;
}

void
q_text_decoder_drop_pending (QTextDecoder *decoder)
{
  /* Their effect goes with them. */
  if (decoder->n_silent > 0)
    {
      decoder->at_start = TRUE;
      q_charset_reset (decoder->conv);
    }

  decoder->n_silent = 0;
  decoder->n_pending = 0;
}

void
q_text_decoder_commit (QTextDecoder *decoder)
{
  decoder->n_silent = 0;
}

static void
keep_pending (QTextDecoder *decoder,
              const guint8 *bytes,
              gsize         length)
{
  if (length > 0)
    memcpy (decoder->pending, bytes, length);
  decoder->n_pending = length;
}

/* The bytes of this call but for the last @left gave no text. */
static void
keep_silent (QTextDecoder *decoder,
             const guint8 *data,
             gsize         length,
             gsize         left)
{
  gsize n = decoder->n_pending + length - left;
  gsize n_old = MIN (n, decoder->n_pending);
  guint8 *end = decoder->silent + decoder->n_silent;

  /* No charset needs as many; this is a peer that plays. */
  if (decoder->n_silent + n + left > PENDING_MAX)
    {
      decoder->n_silent = 0;
      return;
    }

  if (n == 0)
    return;

  memcpy (end, decoder->pending, n_old);
  if (n > n_old)
    memcpy (end + n_old, data, n - n_old);
  decoder->n_silent += n;
}

/* After a failure they must have their effect once more, for they are not part of
 * what failed. Byte order marks have theirs on the choice of the converter. */
static void
repeat_silent (QTextDecoder *decoder)
{
  g_auto (QCharsetBuffer) output = Q_CHARSET_BUFFER_INIT;
  const guint8 *input = decoder->silent;
  gsize left = decoder->n_silent;

  if (decoder->order == NULL)
    q_charset_convert (decoder->conv, &input, &left, &output);
}

static void
source_init (Source             *source,
             const QTextDecoder *decoder,
             const guint8       *data,
             gsize               length)
{
  gsize n_new = MIN (length, sizeof source->seam - decoder->n_pending);

  source->data = data;
  source->length = length;
  source->n_pending = decoder->n_pending;
  source->in_seam = decoder->n_pending > 0;

  if (!source->in_seam)
    {
      source->input = data;
      source->left = length;
      return;
    }

  memcpy (source->seam, decoder->pending, decoder->n_pending);
  if (n_new > 0)
    memcpy (source->seam + decoder->n_pending, data, n_new);
  source->n_seam = decoder->n_pending + n_new;
  source->input = source->seam;
  source->left = source->n_seam;
}

/* Where the source stands, counted in the bytes of this call. */
static gsize
source_get_offset (const Source *source)
{
  gsize behind = source->left;

  if (source->in_seam)
    behind += source->n_pending + source->length - source->n_seam;

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
      || source->n_seam == source->n_pending + source->length)
    return status;

  /* The seam is full, so this is an incomplete character of over 16 bytes. */
  used = (gsize) (source->input - source->seam);
  if (used < source->n_pending)
    return Q_CHARSET_STATUS_BAD;

  source->in_seam = FALSE;
  source->input = source->data + (used - source->n_pending);
  source->left = source->length - (used - source->n_pending);

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

/* The result is made first and checked in its place: it is nearly always good,
 * and there a character that was cut is whole again. */
static char *
decode_utf8 (QTextDecoder  *decoder,
             const guint8  *data,
             gsize          length,
             gboolean       at_end,
             gsize         *out_length,
             GError       **error)
{
  gsize n_pending = decoder->n_pending;
  gsize total = n_pending + length;
  g_autofree char *text = g_malloc (total + 1);
  gboolean incomplete;
  gsize span;

  memcpy (text, decoder->pending, n_pending);
  if (length > 0)
    memcpy (text + n_pending, data, length);

  span = q_text_utf8_span ((const guint8 *) text, total, &incomplete);

  if (span < total && !incomplete)
    {
      if (text[span] == '\0')
        set_nul_error (decoder, error);
      else
        set_bad_error (decoder, span - MIN (span, n_pending), error);
      return NULL;
    }

  if (incomplete && at_end)
    {
      set_end_error (decoder, error);
      return NULL;
    }

  keep_pending (decoder, (const guint8 *) text + span, total - span);
  text[span] = '\0';
  *out_length = span;

  return g_steal_pointer (&text);
}

/* Steps over a byte order mark and obeys it. The first unit must be there. */
static void
take_mark (QTextDecoder *decoder,
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

/* iconv lets through what UTF-8 does not have, such as 0x110000 in UCS-4. */
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

/* Converters may hold text back: some compose a letter with an accent that may
 * follow, some make two characters of one and give the second one later. Without
 * shift states it is all brought out at the end of each call, so that what was
 * taken from the stream is either text or pending. A letter and an accent in two
 * calls stay two characters then.
 *
 * With shift states that would end the state, so iconv holds on. These charsets
 * give their characters at once, but for two: in UTF-7 the bits of an incomplete
 * character are held, in ISO-2022-JP-3 the second half of a few characters. */
static gboolean
decode_source (QTextDecoder    *decoder,
               Source          *source,
               gboolean         at_end,
               QCharsetBuffer  *output,
               GError         **error)
{
  QCharsetStatus status = convert_source (source, decoder->conv, output);

  if (status == Q_CHARSET_STATUS_BAD || source->left > PENDING_MAX)
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

          keep_pending (decoder, source.input, source.left);
          *out_length = 0;
          return g_strdup ("");
        }

      take_mark (decoder, &source);
    }

  if (!open_conv (decoder, error))
    return NULL;

  if (!decode_source (decoder, &source, at_end, &output, error))
    {
      q_charset_reset (decoder->conv);
      repeat_silent (decoder);
      return NULL;
    }

  if (output.used > 0 || at_end)
    decoder->n_silent = 0;
  else
    keep_silent (decoder, data, length, source.left);

  /* After the end, as after each datagram, the next text begins. */
  decoder->at_start = at_end;
  keep_pending (decoder, source.input, source.left);
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
