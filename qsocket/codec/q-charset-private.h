/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The canonical spelling of a charset name (interned), or NULL with ENCODING if
 * there is no such charset. Aliases and lower case are understood. */
const char *q_charset_canonical_name (const char  *name,
                                      GError     **error);

/* What follows is for the text decoder and the text encoder: GLib's iconv with
 * a growing output buffer. */

/* A charset whose name leaves the byte order open: a byte order mark at the start
 * of the text tells which of the two other charsets the text is in. */
typedef struct
{
  const char *charset;
  const char *msb_first;
  const char *lsb_first;
  gsize unit;               /* bytes of a byte order mark */
} QCharsetOrder;

/* NULL for a charset with a fixed byte order. */
const QCharsetOrder *q_charset_get_order (const char *charset);

/* As g_iconv_open (), but NULL with ENCODING if there is no such converter. */
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

/* Returns the bytes with a NUL added, and leaves @buffer empty. */
char *q_charset_buffer_steal (QCharsetBuffer *buffer);

/* Appends to @output until @input is used up or cannot be converted, and moves
 * @input and @left past what was converted. The status is BAD also where iconv
 * replaced a character by another one. */
QCharsetStatus q_charset_convert (GIConv           conv,
                                  const guint8   **input,
                                  gsize           *left,
                                  QCharsetBuffer  *output);

/* Ends the text: appends the output that @conv held back, then the bytes that
 * lead to the initial shift state. */
QCharsetStatus q_charset_flush (GIConv          conv,
                                QCharsetBuffer *output);

/* Puts @conv into its initial state. Output that it held back is lost. */
void q_charset_reset (GIConv conv);

#define Q_CHARSET_TRIAL_SIZE 64

/* Converts a short text of its own, to see what @conv makes of it; @conv is reset
 * before. Returns the number of bytes, or -1 if the text cannot be converted.
 * The last @n_flushed of the bytes are those that end the text. */
gssize q_charset_try (GIConv       conv,
                      const char  *text,
                      gsize        length,
                      char         bytes[Q_CHARSET_TRIAL_SIZE],
                      gsize       *n_flushed);

/* Whether the charset that @conv writes has shift states, which last from one
 * call to the next. */
gboolean q_charset_has_shifts (GIConv conv);

G_END_DECLS
