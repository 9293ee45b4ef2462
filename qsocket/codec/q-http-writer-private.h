/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes the head of an HTTP/1 message, in the grammar that the parser accepts.
 * @headers may be NULL, an a{sv} or an a{ss}; other types fail with
 * INVALID_ARGUMENT. @body_length is 0 without a body. Fails with HTTP if an
 * argument would make the message invalid. @first_line may be NULL; else it
 * receives the start line without its line end, which is to be freed.
 * Returns the head with its blank line, or NULL. */
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
