/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-charset-private.h"

G_BEGIN_DECLS

/* Converts whole texts from UTF-8 to a charset. */
typedef struct _QTextEncoder QTextEncoder;

/* @charset must be a canonical name. */
QTextEncoder *q_text_encoder_new  (const char   *charset);
void          q_text_encoder_free (QTextEncoder *encoder);

/* Converts a text; the result ends in the initial shift state. Where nothing has
 * to change (UTF-8, ASCII), @converted is NULL and @bytes points into @text; else
 * @bytes points into @converted, which is to be freed. Until
 * q_text_encoder_mark_sent () is called, the result begins with what may stand
 * only before the first text: a byte order mark, or the header of ISO-2022-KR.
 * Fails with ENCODING if @text is not UTF-8 or has a character that the charset
 * lacks. */
gboolean q_text_encoder_convert (QTextEncoder  *encoder,
                                 const char    *text,
                                 gsize          length,
                                 const guint8 **bytes,
                                 gsize         *n_bytes,
                                 guint8       **converted,
                                 GError       **error);

/* Says that a byte order mark or header has been sent: no other text gets one. */
void q_text_encoder_mark_sent (QTextEncoder *encoder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTextEncoder, q_text_encoder_free)

G_END_DECLS
