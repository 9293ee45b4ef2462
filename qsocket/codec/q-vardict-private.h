/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes an a{sv} in GVariant's serialised form straight into one block, since
 * a GVariantBuilder costs several times as much as parsing what goes into it.
 * Entries keep the order in which they are added. */
typedef struct
{
  guint8 *data;
  gsize length;
  gsize allocated;
  gsize *ends;            /* where each entry ends */
  guint n_entries;
  guint ends_allocated;
  gsize inline_ends[32];
} QVardict;

/* @expected is a guess of the serialised size in bytes. */
void q_vardict_init (QVardict *dict,
                     gsize     expected);

/* Drops what was added; not needed after q_vardict_end (). */
void q_vardict_clear (QVardict *dict);

/* Keys and strings are given with their length and must be UTF-8 without NUL. */
void q_vardict_add_string (QVardict   *dict,
                           const char *key,
                           gsize       key_length,
                           const char *value,
                           gsize       value_length);

void q_vardict_add_int32 (QVardict   *dict,
                          const char *key,
                          gint32      value);

void q_vardict_add_int64 (QVardict   *dict,
                          const char *key,
                          gint64      value);

void q_vardict_add_uint64 (QVardict   *dict,
                           const char *key,
                           guint64     value);

/* Any other value, already serialised or not, such as an a{sv} of headers. Its
 * alignment may be up to 8. Takes no ownership; @value must not be floating. */
void q_vardict_add_variant (QVardict   *dict,
                            const char *key,
                            GVariant   *value);

/* Adds an "as" of @n strings. */
void q_vardict_add_strv (QVardict           *dict,
                         const char         *key,
                         gsize               key_length,
                         const char * const *values,
                         const gsize        *lengths,
                         guint               n);

/* Ends @dict and returns a full reference (not floating). */
GVariant *q_vardict_end (QVardict *dict);

G_END_DECLS
