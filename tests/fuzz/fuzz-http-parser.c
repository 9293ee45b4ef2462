/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <string.h>

#include "q-http-result-private.h"
#include "q-http-writer-private.h"

/* The first byte of an input says how the rest is read: its lower four bits,
 * how many bytes follow that are lengths of pieces, taken in turn (none: byte by
 * byte); bit 6, whether the limits are small. The rest is a head and what may be
 * behind it. So a seed may begin with "0". */
#define N_PIECES 0x0f
#define SMALL_LIMITS 0x40

#define MAX_LENGTH 4096

typedef struct
{
  const guint8 *data;
  gsize size;
  const guint8 *pieces;
  guint n_pieces;
  gsize max_size;
  guint max_fields;
} Input;

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static Input
read_input (const guint8 *data,
            gsize         size)
{
  Input input = { data + 1, size - 1, data + 1, 0, 2048, 40 };

  input.n_pieces = MIN (data[0] & N_PIECES, input.size);
  input.data += input.n_pieces;
  input.size -= input.n_pieces;

  if ((data[0] & SMALL_LIMITS) != 0)
    {
      input.max_size = 64;
      input.max_fields = 3;
    }

  return input;
}

/* In a block that ends with the data, so that reading beyond it is noticed. */
static QHttpStatus
feed (QHttpParser  *parser,
      const guint8 *data,
      gsize         length)
{
  g_autofree guint8 *copy = g_malloc (MAX (length, 1));

  memcpy (copy, data, length);

  return q_http_parser_feed (parser, copy, length);
}

static QHttpStatus
feed_pieces (QHttpParser *parser,
             const Input *input)
{
  QHttpStatus status = feed (parser, input->data, 0);
  gsize fed = 0;

  for (guint i = 0; status == Q_HTTP_MORE && fed < input->size; i++)
    {
      gsize piece = input->n_pieces > 0 ? input->pieces[i % input->n_pieces] : 1;

      fed = MIN (fed + MAX (piece, 1), input->size);
      status = feed (parser, input->data, fed);
    }

  return status;
}

static GVariant *
make_result (QHttpParser *parser,
             const Input *input)
{
  g_autofree guint8 *head = g_memdup2 (input->data, parser->head_length);

  return q_http_parser_to_variant (parser, head);
}

/* The result claims to be trusted; it is looked at as if it did not. */
static void
check_normal (GVariant *value)
{
  g_autoptr (GVariant) stranger = NULL;
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (value);

  stranger = g_variant_new_from_bytes (g_variant_get_type (value), bytes, FALSE);
  g_variant_ref_sink (stranger);
  g_assert_true (g_variant_is_normal_form (stranger));
}

static gboolean
is_start_line_key (const char *key)
{
  static const char * const keys[] = { "http_version", "status_code", "status_message", "method",
                                       "path", NULL };

  return g_strv_contains (keys, key);
}

/* The entries of @result that came from fields, but for one of name @except. */
static GVariant *
get_fields (GVariant   *result,
            const char *except)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, result);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      if (!is_start_line_key (key) && g_strcmp0 (key, except) != 0)
        g_variant_builder_add (&builder, "{sv}", key, value);
      g_variant_unref (value);
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static GString *
write_again (GVariant *result,
             GVariant *fields)
{
  const char *version = NULL, *method = NULL, *path = NULL, *message = NULL;
  gint32 status = 0;

  g_variant_lookup (result, "http_version", "&s", &version);
  g_variant_lookup (result, "method", "&s", &method);
  g_variant_lookup (result, "path", "&s", &path);
  g_variant_lookup (result, "status_message", "&s", &message);

  if (g_variant_lookup (result, "status_code", "i", &status))
    return q_http_write_response (status, message, version, fields, 0, NULL, NULL);

  return q_http_write_request (method, path, version, fields, 0, NULL, NULL);
}

/* What only the reader takes: a status that has no meaning, a repeated length. */
static gboolean
may_be_refused (GVariant *result)
{
  g_autoptr (GVariant) lengths = NULL;
  gint32 status = 0;

  g_variant_lookup (result, "status_code", "i", &status);
  lengths = g_variant_lookup_value (result, "content-length", G_VARIANT_TYPE_STRING_ARRAY);

  return status > 599 || lengths != NULL;
}

/* Writes what was read and reads it again: apart from a Content-Length that the
 * writer added, nothing may have changed. */
static void
check_round_trip (GVariant *result)
{
  g_autoptr (GVariant) fields = get_fields (result, NULL);
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GVariant) fields_again = NULL;
  gboolean has_length = g_variant_lookup (result, "content-length", "&s", NULL);
  GString *written = write_again (result, fields);
  QHttpParser parser;

  if (written == NULL)
    {
      g_assert_true (may_be_refused (result));
      return;
    }
  g_assert_false (may_be_refused (result));

  q_http_parser_init (&parser, G_MAXUINT32, G_MAXUINT32);
  g_assert_cmpint (q_http_parser_feed (&parser, (const guint8 *) written->str, written->len), ==,
                   Q_HTTP_COMPLETE);
  g_assert_cmpuint (parser.head_length, ==, written->len);
  again = q_http_parser_to_variant (&parser, (const guint8 *) written->str);
  q_http_parser_clear (&parser);

  fields_again = get_fields (again, has_length ? NULL : "content-length");
  g_assert_cmpvariant (fields, fields_again);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GVariant) a = g_variant_get_child_value (result, i);
      g_autoptr (GVariant) b = g_variant_get_child_value (again, i);

      g_assert_cmpvariant (a, b);
    }

  g_string_free (written, TRUE);
}

static void
check_text (const Input *input)
{
  gsize length = q_http_text_length (input->data, input->size);
  g_autoptr (GVariant) text = q_http_text_to_variant (input->data, length);

  g_assert_cmpuint (length, <=, input->size);
  g_assert_cmpuint (g_utf8_strlen (g_variant_get_string (text, NULL), -1), <=, length);
  check_normal (text);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  QHttpParser whole, pieces;
  QHttpStatus status;
  Input input;

  if (size == 0 || size > MAX_LENGTH)
    return 0;

  input = read_input (data, size);
  q_http_parser_init (&whole, input.max_size, input.max_fields);
  q_http_parser_init (&pieces, input.max_size, input.max_fields);

  status = feed (&whole, input.data, input.size);
  g_assert_cmpint (feed_pieces (&pieces, &input), ==, status);
  g_assert_cmpuint (pieces.position, ==, whole.position);
  g_assert_cmpuint (whole.position, <=, MIN (input.size, input.max_size));

  if (status == Q_HTTP_COMPLETE)
    {
      g_autoptr (GVariant) result = make_result (&whole, &input);
      g_autoptr (GVariant) same = make_result (&pieces, &input);

      g_assert_cmpuint (pieces.head_length, ==, whole.head_length);
      g_assert_cmpvariant (result, same);
      check_normal (result);
      check_round_trip (result);
    }

  check_text (&input);

  q_http_parser_clear (&whole);
  q_http_parser_clear (&pieces);

  return 0;
}
