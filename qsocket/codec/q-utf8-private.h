/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many bytes at the start of @data are ASCII without a NUL. */
gsize q_text_ascii_span (const guint8 *data,
                         gsize         length);

/* How many bytes at the start of @data are UTF-8 without a NUL. @incomplete
 * tells whether the rest is the beginning of one character whose end is missing. */
gsize q_text_utf8_span (const guint8 *data,
                        gsize         length,
                        gboolean     *incomplete);

G_END_DECLS
