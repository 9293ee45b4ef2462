/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

G_BEGIN_DECLS

/* A block of a text in PEM, "-----BEGIN LABEL-----" to "-----END LABEL-----". It lies in the text
 * and is not terminated by a NUL. */
typedef struct
{
  const char *label;
  gsize label_length;
  gnutls_datum_t text;      /* the lines BEGIN and END and what is between them */
} QPemBlock;

/* Whether a block may begin somewhere in the text. */
gboolean q_pem_has_block (const gnutls_datum_t *text);

/* Finds the next block in @text, and moves the beginning of @text behind it. Without an END the
 * block goes to the end of the text, and GnuTLS will refuse to decode it. */
gboolean q_pem_next (gnutls_datum_t *text,
                     QPemBlock      *block);

gboolean q_pem_has_label (const QPemBlock *block,
                          const char      *label);

G_END_DECLS
