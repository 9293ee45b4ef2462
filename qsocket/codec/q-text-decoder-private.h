/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-charset-private.h"

G_BEGIN_DECLS

/* Converts what comes from a stream, in pieces of any size, from a charset to
 * UTF-8. Between two calls the decoder keeps "pending" bytes: those that were
 * taken from the stream, but are not part of any text that was returned. They are
 *
 * - a prefix: a byte order mark or shift sequences behind which no text has come
 *   yet; they have had their effect on the decoder;
 * - behind it, the first bytes of a character that is incomplete. */
typedef struct _QTextDecoder QTextDecoder;

/* @charset must be a canonical name. */
QTextDecoder *q_text_decoder_new  (const char   *charset);
void          q_text_decoder_free (QTextDecoder *decoder);

/* Converts the pending bytes and all of @data. An incomplete character at the end
 * of @data becomes pending, and complete with the next call. With @at_end nothing
 * more can come: an incomplete character is an error then, and the next call
 * begins a new text, which may have a byte order mark again.
 *
 * On failure (ENCODING: bytes that are no text in the charset, or a NUL
 * character, which a C string cannot hold) the pending bytes stay those from
 * before the call, and so does the shift state.
 *
 * Returns UTF-8 and its length, which may be 0. */
char *q_text_decoder_convert (QTextDecoder  *decoder,
                              const guint8  *data,
                              gsize          length,
                              gboolean       at_end,
                              gsize         *out_length,
                              GError       **error);

/* Gets the pending bytes, which are valid until the next call, and returns their
 * number. */
gsize q_text_decoder_peek_pending (QTextDecoder  *decoder,
                                   const guint8 **bytes);

gboolean q_text_decoder_is_inside_character (QTextDecoder *decoder);

/* Forgets the pending bytes and takes back their effect, because a read that is
 * not of text returns them as they are. */
void q_text_decoder_drop_pending (QTextDecoder *decoder);

/* Ends a read that succeeded: a prefix that it consumed counts as returned, and
 * is not pending any more. An incomplete character stays pending. */
void q_text_decoder_commit (QTextDecoder *decoder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTextDecoder, q_text_decoder_free)

G_END_DECLS
