/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Builds an a{sv} by writing GVariant's serialised form into one block of memory. A
 * GVariantBuilder allocates memory for each value: for an HTTP head that takes
 * several times as long as parsing it. Entries keep the order in which they are
 * added. */
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

/* @expected is about how many bytes the serialised form will have; it may have more. */
void q_vardict_init (QVardict *dict,
                     gsize     expected);

/* Frees what was added; not needed after q_vardict_end (). */
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

/* Adds a copy of a value of any type. @value must not be floating. */
void q_vardict_add_variant (QVardict   *dict,
                            const char *key,
                            GVariant   *value);

/* Adds an array of @n strings, an "as". */
void q_vardict_add_strv (QVardict           *dict,
                         const char         *key,
                         gsize               key_length,
                         const char * const *values,
                         const gsize        *lengths,
                         guint               n);

/* Returns the a{sv}, a full reference that is not floating, and clears @dict. */
GVariant *q_vardict_end (QVardict *dict);

G_END_DECLS
