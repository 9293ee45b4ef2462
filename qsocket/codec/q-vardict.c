/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-vardict-private.h"

#include <string.h>

/* The serialised form, as far as it is needed here:
 *
 * a{sv}  the entries, each padded to start at a multiple of 8; then for each
 *        entry the offset of its end
 * {sv}   the key; padding to 8; the variant; then the offset of the key's end
 * v      the value, a zero byte, the type string
 * s      the bytes and a zero byte
 * as     the strings; then for each the offset of its end
 *
 * Offsets are little-endian, counted from where their container begins, and as
 * wide as the size of the whole container demands: 1, 2, 4 or 8 bytes. */

#define PADDED(size) (((size) + 7) & ~(gsize) 7)

/* The most that an entry takes in addition to its key and value: two paddings, of
 * which one begins with the zero byte of the key, and the offset of the key's end. */
#define ENTRY_EXTRA (8 + 8 + 8)

/* GLib computes what it must know of a container type when the first value of that
 * type is made, and drops it with the last value. Computing it takes about as long
 * as writing an HTTP head, so one value is kept alive for ever. */
static GVariant *
get_empty (void)
{
  static gsize empty;

  if (g_once_init_enter (&empty))
    {
      GVariant *value = g_variant_new_from_data (G_VARIANT_TYPE_VARDICT, NULL, 0, TRUE, NULL, NULL);

      g_once_init_leave (&empty, (gsize) g_variant_ref_sink (value));
    }

  return (GVariant *) empty;
}

/* The width of each of the @n offsets that follow @body bytes in a container. */
static guint
get_offset_width (guint64 body,
                  guint64 n)
{
  if (body + n <= G_MAXUINT8)
    return 1;
  if (body + 2 * n <= G_MAXUINT16)
    return 2;
  if (body + 4 * n <= G_MAXUINT32)
    return 4;

  return 8;
}

/* Writes an offset of @width bytes and returns the place behind it. It writes eight
 * bytes, for which there must be room, because a copy of a constant size is fast. */
static inline guint8 *
put_offset (guint8  *at,
            guint64  offset,
            guint    width)
{
  offset = GUINT64_TO_LE (offset);
  memcpy (at, &offset, sizeof offset);

  return at + width;
}

/* Writes zeroes at least up to the next multiple of 8. */
static inline void
put_padding (guint8 *at)
{
  memset (at, 0, 8);
}

void
q_vardict_init (QVardict *dict,
                gsize     expected)
{
  dict->allocated = MAX (expected, 64);
  dict->data = g_malloc (dict->allocated);
  dict->length = 0;
  dict->ends = dict->inline_ends;
  dict->ends_allocated = G_N_ELEMENTS (dict->inline_ends);
  dict->n_entries = 0;
}

static void
clear_ends (QVardict *dict)
{
  if (dict->ends != dict->inline_ends)
    g_free (dict->ends);

  dict->ends = dict->inline_ends;
  dict->ends_allocated = G_N_ELEMENTS (dict->inline_ends);
  dict->n_entries = 0;
}

void
q_vardict_clear (QVardict *dict)
{
  clear_ends (dict);
  g_clear_pointer (&dict->data, g_free);
  dict->length = dict->allocated = 0;
}

static inline void
reserve (QVardict *dict,
         gsize     size)
{
  if (G_LIKELY (dict->allocated - dict->length >= size))
    return;

  dict->allocated = MAX (dict->allocated * 2, dict->length + size);
  dict->data = g_realloc (dict->data, dict->allocated);
}

static void
add_end (QVardict *dict)
{
  if (G_UNLIKELY (dict->n_entries == dict->ends_allocated))
    {
      gboolean is_inline = dict->ends == dict->inline_ends;

      dict->ends_allocated *= 2;
      dict->ends = g_renew (gsize, is_inline ? NULL : dict->ends, dict->ends_allocated);
      if (is_inline)
        memcpy (dict->ends, dict->inline_ends, sizeof dict->inline_ends);
    }

  dict->ends[dict->n_entries++] = dict->length;
}

/* Begins an entry and returns where its value goes. There is room for @size bytes,
 * which must be enough for the value, the zero byte and the type string. */
static inline guint8 *
begin_entry (QVardict   *dict,
             const char *key,
             gsize       key_length,
             gsize       size)
{
  gsize start = PADDED (dict->length);
  guint8 *at;

  reserve (dict, ENTRY_EXTRA + key_length + size);

  put_padding (dict->data + dict->length);
  at = dict->data + start;
  memcpy (at, key, key_length);
  put_padding (at + key_length);

  dict->length = start;

  return at + PADDED (key_length + 1);
}

/* Ends the entry whose value ends at @at. */
static inline void
end_entry (QVardict   *dict,
           gsize       key_length,
           guint8     *at,
           const char *type)
{
  guint8 *start = dict->data + dict->length;

  *at++ = '\0';
  while (*type != '\0')
    *at++ = (guint8) *type++;

  at = put_offset (at, key_length + 1, get_offset_width (at - start, 1));
  dict->length = at - dict->data;
  add_end (dict);
}

void
q_vardict_add_string (QVardict   *dict,
                      const char *key,
                      gsize       key_length,
                      const char *value,
                      gsize       value_length)
{
  guint8 *at = begin_entry (dict, key, key_length, value_length + 3);

  memcpy (at, value, value_length);
  at += value_length;
  *at++ = '\0';
  end_entry (dict, key_length, at, "s");
}

static void
add_fixed (QVardict   *dict,
           const char *key,
           const void *value,
           gsize       size,
           const char *type)
{
  gsize key_length = strlen (key);
  guint8 *at = begin_entry (dict, key, key_length, size + 2);

  memcpy (at, value, size);
  end_entry (dict, key_length, at + size, type);
}

void
q_vardict_add_int32 (QVardict   *dict,
                     const char *key,
                     gint32      value)
{
  add_fixed (dict, key, &value, sizeof value, "i");
}

void
q_vardict_add_int64 (QVardict   *dict,
                     const char *key,
                     gint64      value)
{
  add_fixed (dict, key, &value, sizeof value, "x");
}

void
q_vardict_add_uint64 (QVardict   *dict,
                      const char *key,
                      guint64     value)
{
  add_fixed (dict, key, &value, sizeof value, "t");
}

void
q_vardict_add_variant (QVardict   *dict,
                       const char *key,
                       GVariant   *value)
{
  /* q_vardict_end () declares the dictionary to be in normal form. */
  g_autoptr (GVariant) normal = g_variant_get_normal_form (value);
  const char *type = g_variant_get_type_string (normal);
  gsize key_length = strlen (key);
  gsize size = g_variant_get_size (normal);
  guint8 *at = begin_entry (dict, key, key_length, size + 1 + strlen (type));

  if (size > 0)
    g_variant_store (normal, at);
  end_entry (dict, key_length, at + size, type);
}

void
q_vardict_add_strv (QVardict           *dict,
                    const char         *key,
                    gsize               key_length,
                    const char * const *values,
                    const gsize        *lengths,
                    guint               n)
{
  gsize body = 0;
  gsize end = 0;
  guint width;
  guint8 *at;

  for (guint i = 0; i < n; i++)
    body += lengths[i] + 1;

  width = get_offset_width (body, n);
  at = begin_entry (dict, key, key_length, body + (gsize) n * width + 3);

  for (guint i = 0; i < n; i++)
    {
      memcpy (at, values[i], lengths[i]);
      at += lengths[i];
      *at++ = '\0';
    }

  for (guint i = 0; i < n; i++)
    {
      end += lengths[i] + 1;
      at = put_offset (at, end, width);
    }

  end_entry (dict, key_length, at, "as");
}

GVariant *
q_vardict_end (QVardict *dict)
{
  GVariant *empty = get_empty ();
  g_autoptr (GBytes) bytes = NULL;
  guint width;
  guint8 *at;

  if (dict->n_entries == 0)
    {
      q_vardict_clear (dict);
      return g_variant_ref (empty);
    }

  width = get_offset_width (dict->length, dict->n_entries);
  reserve (dict, (gsize) dict->n_entries * width + sizeof (guint64));

  at = dict->data + dict->length;
  for (guint i = 0; i < dict->n_entries; i++)
    at = put_offset (at, dict->ends[i], width);

  bytes = g_bytes_new_take (dict->data, at - dict->data);
  dict->data = NULL;
  q_vardict_clear (dict);

  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, TRUE));
}
