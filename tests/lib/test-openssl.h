/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The program openssl, which makes what GnuTLS does not make, and has its own opinion. */

/* FALSE if it is not installed; the test is skipped then. */
gboolean test_has_openssl (void);

/* Runs it with arguments that blanks separate and @input (NULL: none) at its standard input, and
 * returns its standard output. It must succeed. */
GBytes *test_openssl (const char *arguments,
                      const char *input);

/* The same for output that is text. */
char *test_openssl_text (const char *arguments,
                         const char *input);

G_END_DECLS
