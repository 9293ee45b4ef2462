/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes the head of an HTTP/1 message by the grammar that the parser reads.
 * @headers may be NULL, an a{sv} or an a{ss}; other types are INVALID_ARGUMENT.
 * @body_length is 0 without a body. What would break the message is HTTP.
 * @first_line receives the start line without its line end (free it), or is NULL.
 * Returns the head up to and with the blank line, or NULL. */
GString *q_http_write_request (const char  *method,
                               const char  *path,
                               const char  *http_version,
                               GVariant    *headers,
                               gsize        body_length,
                               char       **first_line,
                               GError     **error);

GString *q_http_write_response (guint        status_code,
                                const char  *desc,
                                const char  *http_version,
                                GVariant    *headers,
                                gsize        body_length,
                                char       **first_line,
                                GError     **error);

G_END_DECLS
