/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-http-parser-private.h"

G_BEGIN_DECLS

/* What a call that reads an HTTP head returns. */

/* After Q_HTTP_COMPLETE: the head as an a{sv}, a full reference. @data is what the
 * parser was fed with last. */
GVariant *q_http_parser_to_variant (QHttpParser  *parser,
                                    const guint8 *data);

/* After Q_HTTP_BROKEN: how many of the @length bytes are returned as text instead:
 * those up to the first blank line, with that line, or all if there is none. */
gsize q_http_text_length (const guint8 *data,
                          gsize         length);

/* The bytes as a GVariant of type s, a full reference: taken for UTF-8 if they are
 * UTF-8, else for Latin-1. A NUL, which no GVariant string can hold, becomes U+FFFD. */
GVariant *q_http_text_to_variant (const guint8 *data,
                                  gsize         length);

G_END_DECLS
