/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Conversion between UTF-8 and the charset of a socket, in both directions,
 * call after call. It does no I/O and holds at most one incomplete character. */
typedef struct _QTextDecoder QTextDecoder;
typedef struct _QTextEncoder QTextEncoder;

/* The canonical spelling of a charset name (interned), or NULL with ENCODING if
 * there is no such charset. Aliases and lower case are understood. */
const char *q_charset_canonical_name (const char  *name,
                                      GError     **error);

/* @charset must be a canonical name. */
QTextDecoder *q_text_decoder_new  (const char   *charset);
void          q_text_decoder_free (QTextDecoder *decoder);

/* Converts all of @data. An incomplete character at the end of @data is kept
 * inside as "pending" and becomes complete with the next call. With @at_end no
 * more can come: an incomplete character is an error then, and the next call
 * begins a new text, which may have a byte order mark again.
 *
 * On failure (ENCODING: bytes that are no text in the charset, or a NUL
 * character, which a C string cannot hold) the pending bytes are those from
 * before the call, and a stateful encoding is back in its initial state.
 *
 * Returns UTF-8 and its length; maybe of length 0. */
char *q_text_decoder_convert (QTextDecoder  *decoder,
                              const guint8  *data,
                              gsize          length,
                              gboolean       at_end,
                              gsize         *out_length,
                              GError       **error);

/* The bytes of an incomplete character, and before them those of a byte order
 * mark or shift sequences that no text has followed yet; they were taken from the
 * stream and not yet returned as text. Returns their number. */
gsize q_text_decoder_peek_pending (QTextDecoder  *decoder,
                                   const guint8 **bytes);

gboolean q_text_decoder_is_inside_character (QTextDecoder *decoder);

/* Forgets the pending bytes (because a binary read takes them back). */
void q_text_decoder_drop_pending (QTextDecoder *decoder);

/* The caller is content: marks and shift sequences so far count as returned. */
void q_text_decoder_commit (QTextDecoder *decoder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTextDecoder, q_text_decoder_free)

/* @charset must be a canonical name. */
QTextEncoder *q_text_encoder_new  (const char   *charset);
void          q_text_encoder_free (QTextEncoder *encoder);

/* Converts a whole text, ending in the initial shift state. Where the text is
 * already right (UTF-8, ASCII) @converted is NULL and @bytes points into @text;
 * else @converted must be freed. A byte order mark is written only until
 * q_text_encoder_mark_sent () says that it left. Fails with ENCODING if @text is
 * not UTF-8 or has a character that the charset lacks; nothing changes then. */
gboolean q_text_encoder_convert (QTextEncoder  *encoder,
                                 const char    *text,
                                 gsize          length,
                                 const guint8 **bytes,
                                 gsize         *n_bytes,
                                 guint8       **converted,
                                 GError       **error);

void q_text_encoder_mark_sent (QTextEncoder *encoder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTextEncoder, q_text_encoder_free)

/* What follows is shared by the decoder and the encoder only. */

/* How many bytes at the start of @data are ASCII, or UTF-8, without a NUL.
 * @incomplete tells whether only the rest of a character is missing there. */
gsize q_text_ascii_span (const guint8 *data,
                         gsize         length);
gsize q_text_utf8_span  (const guint8 *data,
                         gsize         length,
                         gboolean     *incomplete);

/* A charset whose byte order a byte order mark tells. */
typedef struct
{
  const char *charset;
  const char *msb_first;
  const char *lsb_first;
  gsize unit;
} QCharsetOrder;

/* NULL for the others. */
const QCharsetOrder *q_charset_get_order (const char *charset);

/* g_iconv_open () with an ENCODING error; NULL is no converter. */
GIConv q_charset_open (const char  *to,
                       const char  *from,
                       GError     **error);

typedef enum
{
  Q_CHARSET_STATUS_DONE,
  Q_CHARSET_STATUS_INCOMPLETE,
  Q_CHARSET_STATUS_BAD,
} QCharsetStatus;

typedef struct
{
  char *bytes;
  gsize used;
  gsize size;
} QCharsetBuffer;

#define Q_CHARSET_BUFFER_INIT { NULL, 0, 0 }

void q_charset_buffer_clear (QCharsetBuffer *buffer);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QCharsetBuffer, q_charset_buffer_clear)

/* Hands the bytes over, with a NUL behind them. */
char *q_charset_buffer_steal (QCharsetBuffer *buffer);

/* Converts until @input is used up or cannot be converted, and moves @input and
 * @left behind what was. An irreversible conversion is a bad one. */
QCharsetStatus q_charset_convert (GIConv           conv,
                                  const guint8   **input,
                                  gsize           *left,
                                  QCharsetBuffer  *output);

/* Writes what @conv holds back, then the bytes that lead to the initial state. */
QCharsetStatus q_charset_flush (GIConv          conv,
                                QCharsetBuffer *output);

/* Back to the initial state; what @conv held is gone. */
void q_charset_reset (GIConv conv);

#define Q_CHARSET_TRIAL_SIZE 64

/* Converts a short text from the initial state and back into it. Returns the
 * number of bytes, -1 if that does not work. The last @n_flushed of them came
 * when the text was over. */
gssize q_charset_try (GIConv       conv,
                      const char  *text,
                      gsize        length,
                      char         bytes[Q_CHARSET_TRIAL_SIZE],
                      gsize       *n_flushed);

/* Whether the charset that @conv writes has shift states, which live from one
 * call to the next. */
gboolean q_charset_has_shifts (GIConv conv);

G_END_DECLS
