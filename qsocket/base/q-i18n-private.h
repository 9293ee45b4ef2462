/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The translation of a message into the language of the program, in UTF-8; @text itself if there is
 * none. It stays valid as long as the process runs. May be called from any thread, keeps errno, and
 * finds the translations of the library by itself. */
const char *q_gettext (const char *text) G_GNUC_FORMAT (1);

/* Marks a message for translation and translates it. Its text has to be one literal, which a macro
 * such as G_GSIZE_FORMAT would break; %zu and %d do. */
#define _(text) q_gettext (text)

/* Only marks a message, where a table has to be constant; q_gettext () translates it later. */
#define N_(text) (text)

G_END_DECLS
