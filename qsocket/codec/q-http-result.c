/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-result-private.h"

#include <string.h>

#include "q-vardict-private.h"

/* Up to this many fields, comparing each one with those before it is faster than
 * sorting them. With more, an attacker could make the comparisons slow. */
#define MAX_FIELDS_TO_COMPARE 32

#define REPLACEMENT "\xef\xbf\xbd"

typedef struct
{
  const QHttpParser *parser;
  const guint8 *data;
} Fields;

static int
compare_names (const guint8 *a,
               const guint8 *b,
               gsize         length)
{
  for (gsize i = 0; i < length; i++)
    if (q_http_lower[a[i]] != q_http_lower[b[i]])
      return q_http_lower[a[i]] - q_http_lower[b[i]];

  return 0;
}

/* A total order in which fields of one name are equal; it has no other meaning. */
static int
compare_fields (gconstpointer a,
                gconstpointer b,
                gpointer      user_data)
{
  const Fields *fields = user_data;
  const QHttpField *x = &fields->parser->fields[*(const guint32 *) a];
  const QHttpField *y = &fields->parser->fields[*(const guint32 *) b];

  if (x->hash != y->hash)
    return x->hash < y->hash ? -1 : 1;
  if (x->name_length != y->name_length)
    return x->name_length < y->name_length ? -1 : 1;

  return compare_names (fields->data + x->name, fields->data + y->name, x->name_length);
}

static void
link_fields (QHttpField *first,
             QHttpField *second,
             guint32     index_of_second)
{
  first->next = index_of_second;
  second->repeated = TRUE;
}

/* Links each field to the one of the same name before it. Each hash selects one of
 * the 64 bits of @seen: a field whose bit is not set yet is the first of its name,
 * and need not be compared with any other. */
static void
link_by_comparing (QHttpParser  *parser,
                   const guint8 *data)
{
  guint64 seen = 0;

  for (guint32 i = 0; i < parser->n_fields; i++)
    {
      QHttpField *field = &parser->fields[i];
      guint64 bit = G_GUINT64_CONSTANT (1) << ((field->hash * 0x9e3779b1u) >> 26);

      field->next = 0;
      field->repeated = FALSE;

      for (guint32 j = (seen & bit) != 0 ? i : 0; j > 0 && !field->repeated; j--)
        {
          QHttpField *other = &parser->fields[j - 1];

          if (other->hash == field->hash && other->name_length == field->name_length &&
              compare_names (data + other->name, data + field->name, field->name_length) == 0)
            link_fields (other, field, i);
        }

      seen |= bit;
    }
}

/* Does the same by sorting. The sort is stable: fields of one name stay in the
 * order in which they came. */
static void
link_by_sorting (QHttpParser  *parser,
                 const guint8 *data)
{
  g_autofree guint32 *order = g_new (guint32, parser->n_fields);
  Fields fields = { parser, data };

  for (guint32 i = 0; i < parser->n_fields; i++)
    {
      order[i] = i;
      parser->fields[i].next = 0;
      parser->fields[i].repeated = FALSE;
    }

  g_qsort_with_data (order, parser->n_fields, sizeof *order, compare_fields, &fields);

  for (guint32 i = 1; i < parser->n_fields; i++)
    if (compare_fields (&order[i - 1], &order[i], &fields) == 0)
      link_fields (&parser->fields[order[i - 1]], &parser->fields[order[i]], order[i]);
}

/* Whether the bytes are UTF-8, apart from NULs between its characters. */
static gboolean
is_utf8 (const guint8 *data,
         gsize         length)
{
  const char *at = (const char *) data;

  while (length > 0)
    {
      const char *end;

      if (g_utf8_validate_len (at, length, &end))
        return TRUE;
      if (*end != '\0')
        return FALSE;

      length -= end + 1 - at;
      at = end + 1;
    }

  return TRUE;
}

/* Converts Latin-1, or UTF-8 with NULs in it, to UTF-8 without NUL. */
static char *
make_utf8 (const guint8 *data,
           gsize         length,
           gboolean      latin1,
           gsize        *out_length)
{
  gsize size = length;
  char *text, *at;

  for (gsize i = 0; i < length; i++)
    if (data[i] == '\0')
      size += strlen (REPLACEMENT) - 1;
    else if (latin1 && data[i] >= 0x80)
      size++;

  text = at = g_malloc (size + 1);

  for (gsize i = 0; i < length; i++)
    if (data[i] == '\0')
      at = g_stpcpy (at, REPLACEMENT);
    else if (latin1 && data[i] >= 0x80)
      {
        *at++ = (char) (0xc0 | data[i] >> 6);
        *at++ = (char) (0x80 | (data[i] & 0x3f));
      }
    else
      *at++ = (char) data[i];

  *at = '\0';
  *out_length = size;

  return text;
}

/* A value as UTF-8. @converted is to be freed; it is NULL where the value is UTF-8
 * already. */
static const char *
get_text (const QHttpParser *parser,
          const guint8      *value,
          gsize             *length,
          char             **converted)
{
  *converted = NULL;

  if (parser->high_bits != 0 && !is_utf8 (value, *length))
    return *converted = make_utf8 (value, *length, TRUE, length);

  return (const char *) value;
}

static void
add_text (QVardict          *dict,
          const QHttpParser *parser,
          const char        *key,
          gsize              key_length,
          const guint8      *value,
          gsize              value_length)
{
  g_autofree char *converted = NULL;
  const char *text = get_text (parser, value, &value_length, &converted);

  q_vardict_add_string (dict, key, key_length, text, value_length);
}

/* The values of all fields that are linked to @field. */
static void
add_list (QVardict          *dict,
          const QHttpParser *parser,
          const guint8      *data,
          const char        *key,
          const QHttpField  *field)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  g_autoptr (GPtrArray) owned = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) lengths = g_array_new (FALSE, FALSE, sizeof (gsize));
  gsize key_length = field->name_length;

  for (;;)
    {
      gsize length = field->value_length;
      char *converted;

      g_ptr_array_add (values, (gpointer) get_text (parser, data + field->value,
                                                    &length, &converted));
      g_array_append_val (lengths, length);
      if (converted != NULL)
        g_ptr_array_add (owned, converted);

      if (field->next == 0)
        break;
      field = &parser->fields[field->next];
    }

  q_vardict_add_strv (dict, key, key_length, (const char * const *) values->pdata,
                      (const gsize *) (gpointer) lengths->data, values->len);
}

static void
add_start_line (QVardict          *dict,
                const QHttpParser *parser,
                const guint8      *data)
{
  q_vardict_add_string (dict, "http_version", 12, parser->minor_version == 0 ? "1.0" : "1.1", 3);

  if (parser->is_response)
    {
      q_vardict_add_int32 (dict, "status_code", parser->status_code);
      if (parser->reason_length > 0)
        add_text (dict, parser, "status_message", 14,
                  data + parser->reason, parser->reason_length);
    }
  else
    {
      q_vardict_add_string (dict, "method", 6,
                            (const char *) data + parser->method, parser->method_length);
      q_vardict_add_string (dict, "path", 4,
                            (const char *) data + parser->target, parser->target_length);
    }
}

/* Whether @key is one of those that tell the start line. A field of that name is
 * left out, as it would look like a part of the start line. */
static gboolean
is_start_line_key (const char *key,
                   gsize       length)
{
  switch (length)
    {
    case 4:
      return memcmp (key, "path", 4) == 0;

    case 6:
      return memcmp (key, "method", 6) == 0;

    case 11:
      return memcmp (key, "status_code", 11) == 0;

    case 12:
      return memcmp (key, "http_version", 12) == 0;

    case 14:
      return memcmp (key, "status_message", 14) == 0;

    default:
      return FALSE;
    }
}

/* Copies @length bytes of a token in lower case, eight at a time: up to seven bytes
 * behind them are read and written too. */
static void
lower_words (char         *to,
             const guint8 *from,
             gsize         length)
{
  const guint64 ones = G_GUINT64_CONSTANT (0x0101010101010101);

  for (gsize i = 0; i < length; i += 8)
    {
      guint64 word, low, upper;

      memcpy (&word, from + i, 8);

      /* Sets the high bit of each byte that is from "A" to "Z". */
      low = word & (ones * 0x7f);
      upper = (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z')) & (ones * 0x80);
      word |= upper >> 2;

      memcpy (to + i, &word, 8);
    }
}

static void
add_field (QVardict          *dict,
           const QHttpParser *parser,
           const guint8      *data,
           const QHttpField  *field)
{
  char inline_key[64];
  g_autofree char *long_key = NULL;
  char *key = inline_key;

  if (field->name_length > sizeof inline_key)
    key = long_key = g_malloc (field->name_length + 7);

  if (parser->head_length - field->name >= field->name_length + 7)
    lower_words (key, data + field->name, field->name_length);
  else
    for (guint32 i = 0; i < field->name_length; i++)
      key[i] = (char) q_http_lower[data[field->name + i]];

  if (is_start_line_key (key, field->name_length))
    return;

  if (field->next != 0)
    add_list (dict, parser, data, key, field);
  else
    add_text (dict, parser, key, field->name_length, data + field->value, field->value_length);
}

GVariant *
q_http_parser_to_variant (QHttpParser  *parser,
                          const guint8 *data)
{
  QVardict dict;

  g_return_val_if_fail (parser->head_length > 0, NULL);

  if (parser->n_fields <= MAX_FIELDS_TO_COMPARE)
    link_by_comparing (parser, data);
  else
    link_by_sorting (parser, data);

  /* Unless its value is converted, an entry takes at most 24 bytes more than the
   * line that it comes from. The start line gives three entries, whose keys are
   * not in it; room for five is enough for them. */
  q_vardict_init (&dict, parser->head_length + 24 * ((gsize) parser->n_fields + 5));

  add_start_line (&dict, parser, data);
  for (guint32 i = 0; i < parser->n_fields; i++)
    if (!parser->fields[i].repeated)
      add_field (&dict, parser, data, &parser->fields[i]);

  return q_vardict_end (&dict);
}

gsize
q_http_text_length (const guint8 *data,
                    gsize         length)
{
  gboolean after_line_end = FALSE;

  /* A blank line has nothing but CRs between the LF before it and its own. */
  for (gsize i = 0; i < length; i++)
    if (data[i] == '\n' && after_line_end)
      return i + 1;
    else if (data[i] != '\r')
      after_line_end = data[i] == '\n';

  return length;
}

GVariant *
q_http_text_to_variant (const guint8 *data,
                        gsize         length)
{
  gsize text_length;
  char *text = make_utf8 (data, length, !is_utf8 (data, length), &text_length);

  return g_variant_ref_sink (g_variant_new_take_string (text));
}
