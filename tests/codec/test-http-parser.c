/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-result-private.h"

#include <string.h>

#include "http-cases.h"

#define MAX_SIZE 65536
#define MAX_FIELDS 256

/* Feeds what a socket would have got: a block that ends where the data end, so
 * that a look beyond is seen by the tools that watch memory. */
static QHttpStatus
feed (QHttpParser  *parser,
      const guint8 *data,
      gsize         length)
{
  g_autofree guint8 *copy = g_malloc (MAX (length, 1));

  if (length > 0)
    memcpy (copy, data, length);

  return q_http_parser_feed (parser, copy, length);
}

typedef struct
{
  QHttpStatus status;
  gsize position;
  gsize head_length;
  GVariant *result;
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  g_clear_pointer (&outcome->result, g_variant_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

/* Parses @data, of which first @first bytes come and then @step with each call.
 * A final status is given again when asked again. */
static Outcome
parse (const guint8 *data,
       gsize         length,
       gsize         first,
       gsize         step,
       gsize         max_size,
       guint         max_fields)
{
  Outcome outcome = { Q_HTTP_MORE, 0, 0, NULL };
  QHttpParser parser;
  gsize fed = MIN (first, length);

  q_http_parser_init (&parser, max_size, max_fields);

  outcome.status = feed (&parser, data, fed);
  while (outcome.status == Q_HTTP_MORE && fed < length)
    {
      fed = MIN (fed + step, length);
      outcome.status = feed (&parser, data, fed);
    }

  g_assert_cmpint (feed (&parser, data, fed), ==, outcome.status);

  outcome.position = parser.position;
  outcome.head_length = parser.head_length;
  if (outcome.status == Q_HTTP_COMPLETE)
    {
      g_autofree guint8 *head = g_memdup2 (data, parser.head_length);

      outcome.result = q_http_parser_to_variant (&parser, head);
    }

  q_http_parser_clear (&parser);

  return outcome;
}

static void
assert_same_outcome (const Outcome *a,
                     const Outcome *b)
{
  g_assert_cmpint (a->status, ==, b->status);
  g_assert_cmpuint (a->head_length, ==, b->head_length);
  if (a->status != Q_HTTP_MORE)
    g_assert_cmpuint (a->position, ==, b->position);
  if (a->result != NULL)
    g_assert_cmpvariant (a->result, b->result);
}

/* Parses @data as a whole, and asserts that every other way gives the same. */
static Outcome
parse_in_all_ways (const guint8 *data,
                   gsize         length)
{
  Outcome whole = parse (data, length, length, 1, MAX_SIZE, MAX_FIELDS);

  for (gsize step = 1; step < 10; step++)
    {
      g_auto (Outcome) pieces = parse (data, length, 0, step, MAX_SIZE, MAX_FIELDS);

      assert_same_outcome (&whole, &pieces);
    }

  for (gsize cut = 1; cut < length; cut++)
    {
      g_auto (Outcome) halves = parse (data, length, cut, length, MAX_SIZE, MAX_FIELDS);

      assert_same_outcome (&whole, &halves);
    }

  return whole;
}

/* Without the trust that the result claims for itself. */
static void
assert_normal (GVariant *value)
{
  g_autoptr (GVariant) stranger = NULL;

  stranger = g_variant_new_from_data (g_variant_get_type (value), g_variant_get_data (value),
                                      g_variant_get_size (value), FALSE, NULL, NULL);
  g_variant_ref_sink (stranger);
  g_assert_true (g_variant_is_normal_form (stranger));
  g_assert_false (g_variant_is_floating (value));
}

static void
assert_result (const Outcome *outcome,
               const char    *expected)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (outcome->status, ==, Q_HTTP_COMPLETE);
  assert_normal (outcome->result);

  value = g_variant_parse (G_VARIANT_TYPE_VARDICT, expected, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpvariant (outcome->result, value);
}

static void
test_good (gconstpointer user_data)
{
  const Good *test = user_data;
  g_autoptr (GByteArray) more = g_byte_array_new ();
  const guint8 *head = (const guint8 *) test->head.bytes;
  g_auto (Outcome) alone = parse_in_all_ways (head, test->head.length);
  g_auto (Outcome) followed = { 0, };

  assert_result (&alone, test->result);
  g_assert_cmpuint (alone.head_length, ==, test->head.length);

  /* Cases 29 and 30: a body or another head behind it changes nothing. */
  g_byte_array_append (more, head, test->head.length);
  g_byte_array_append (more, head, test->head.length);
  g_byte_array_append (more, (const guint8 *) "\0\r\n", 3);
  followed = parse_in_all_ways (more->data, more->len);
  assert_same_outcome (&alone, &followed);

  /* Case 27: without its last byte it is not a head. */
  for (gsize length = 0; length < test->head.length; length++)
    {
      g_auto (Outcome) part = parse (head, length, length, 1, MAX_SIZE, MAX_FIELDS);

      g_assert_cmpint (part.status, ==, Q_HTTP_MORE);
      g_assert_cmpuint (part.position, ==, length);
    }
}

static void
test_bad (gconstpointer user_data)
{
  const Bad *test = user_data;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_auto (Outcome) start = { 0, };
  g_auto (Outcome) outcome = { 0, };

  g_byte_array_append (all, (const guint8 *) test->start.bytes, test->start.length);
  g_byte_array_append (all, (const guint8 *) test->rest.bytes, test->rest.length);

  start = parse_in_all_ways (all->data, test->start.length);
  g_assert_cmpint (start.status, ==, Q_HTTP_MORE);

  /* At once, at the byte that breaks it. */
  outcome = parse_in_all_ways (all->data, all->len);
  g_assert_cmpint (outcome.status, ==, Q_HTTP_BROKEN);
  g_assert_cmpuint (outcome.position, ==, test->start.length);
}

/* Every byte in every place, against what RFC 9110 and RFC 9112 allow there. */
static void
test_every_byte (void)
{
  static const struct { const char *before, *after, *allowed; gboolean high; } places[] = {
    { "G", " / HTTP/1.1\r\n\r\n", "!#$%&'*+-.^_`|~", FALSE },
    { RQ "N", ": v\r\n\r\n", "!#$%&'*+-.^_`|~:", FALSE },
    { "GET /a", "b HTTP/1.1\r\n\r\n", "!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~", FALSE },
    { "GET s", "t:u HTTP/1.1\r\n\r\n", "+-.:", FALSE },
    { "CONNECT a", "b:1 HTTP/1.1\r\n\r\n", "!\"$%&'()*+,-.;<=>\\^_`{|}~", FALSE },
    { RQ "N: a", "b\r\n\r\n", "\t !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", TRUE },
    { RQ "N: abcdefgh", "bcdefghi\r\n\r\n", "\t !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", TRUE },
    { "HTTP/1.1 200 a", "b\r\n\r\n", "\t !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    for (guint byte = 0; byte < 256; byte++)
      {
        g_autoptr (GByteArray) head = g_byte_array_new ();
        guint8 c = (guint8) byte;
        g_auto (Outcome) outcome = { 0, };
        gboolean right = g_ascii_isalnum (c) || (c >= 0x80 && places[i].high) ||
                         (c != 0 && strchr (places[i].allowed, c) != NULL);

        g_byte_array_append (head, (const guint8 *) places[i].before, strlen (places[i].before));
        g_byte_array_append (head, &c, 1);
        g_byte_array_append (head, (const guint8 *) places[i].after, strlen (places[i].after));

        outcome = parse (head->data, head->len, head->len, 1, MAX_SIZE, MAX_FIELDS);
        g_assert_cmpint (outcome.status, ==, right ? Q_HTTP_COMPLETE : Q_HTTP_BROKEN);
        if (right)
          assert_normal (outcome.result);
      }
}

static void
append (GByteArray *array,
        const char *text)
{
  g_byte_array_append (array, (const guint8 *) text, strlen (text));
}

/* A request of @length bytes with one field. */
static GByteArray *
make_head (gsize length)
{
  GByteArray *head = g_byte_array_new ();
  g_autofree char *value = g_strnfill (length - strlen (RQ "A: \r\n\r\n"), 'v');

  append (head, RQ "A: ");
  append (head, value);
  append (head, "\r\n\r\n");
  g_assert_cmpuint (head->len, ==, length);

  return head;
}

static void
test_size (void)
{
  for (gsize limit = 99; limit <= 101; limit++)
    for (gsize step = 1; step < 120; step++)
      {
        g_autoptr (GByteArray) head = make_head (100);
        g_auto (Outcome) outcome = parse (head->data, head->len, 0, step, limit, MAX_FIELDS);

        if (limit < 100)
          g_assert_cmpint (outcome.status, ==, Q_HTTP_TOO_LARGE);
        else
          g_assert_cmpint (outcome.status, ==, Q_HTTP_COMPLETE);
      }
}

/* As soon as the limit is full, not one byte later; what broke before wins. */
static void
test_size_at_once (void)
{
  g_autoptr (GByteArray) head = make_head (200);
  g_auto (Outcome) before = parse (head->data, 99, 99, 1, 100, MAX_FIELDS);
  g_auto (Outcome) full = parse (head->data, 100, 100, 1, 100, MAX_FIELDS);
  g_auto (Outcome) none = parse (head->data, 0, 0, 1, 0, MAX_FIELDS);
  g_auto (Outcome) broken_before = { 0, };
  g_auto (Outcome) broken_behind = { 0, };

  g_assert_cmpint (before.status, ==, Q_HTTP_MORE);
  g_assert_cmpint (full.status, ==, Q_HTTP_TOO_LARGE);
  g_assert_cmpint (none.status, ==, Q_HTTP_TOO_LARGE);

  head->data[100] = '\0';
  broken_behind = parse (head->data, 200, 200, 1, 100, MAX_FIELDS);
  g_assert_cmpint (broken_behind.status, ==, Q_HTTP_TOO_LARGE);
  head->data[99] = '\0';
  broken_before = parse (head->data, 200, 200, 1, 100, MAX_FIELDS);
  g_assert_cmpint (broken_before.status, ==, Q_HTTP_BROKEN);
}

/* Cases 22, 24 and 35, and one with the blank line that is skipped. */
static void
test_size_of_one_part (void)
{
  static const char * const starts[] = {
    RQ "A: ", RQ, "GET /", "", "HTTP/1.1 200 ", "\r\nGET /", "GET a:", "CONNECT h:",
    RQ "Content-Length: 0", RQ "A: ",
  };
  static const char fillers[] = "vnpmrpd00\xff";

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autoptr (GByteArray) head = g_byte_array_new ();
      g_autofree char *filling = g_strnfill (1024 * 1024, fillers[i]);
      g_auto (Outcome) outcome = { 0, };

      append (head, starts[i]);
      append (head, filling);
      outcome = parse (head->data, head->len, 1, 100 * 1024, MAX_SIZE, MAX_FIELDS);
      g_assert_cmpint (outcome.status, ==, Q_HTTP_TOO_LARGE);
      g_assert_cmpuint (outcome.position, ==, MAX_SIZE);
    }
}

static GByteArray *
make_fields (guint n)
{
  GByteArray *head = g_byte_array_new ();

  append (head, RQ);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *field = g_strdup_printf ("N%u: %u\r\n", i, i);

      append (head, field);
    }
  append (head, "\r\n");

  return head;
}

static void
test_field_count (void)
{
  static const guint counts[] = { 0, 1, 31, 32, 33, 65, 256 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autoptr (GByteArray) right = make_fields (counts[i]);
      g_autoptr (GByteArray) too_many = make_fields (counts[i] + 1);
      g_auto (Outcome) complete = parse (right->data, right->len, 7, 7, MAX_SIZE, counts[i]);
      g_auto (Outcome) refused = parse (too_many->data, too_many->len, 7, 7, MAX_SIZE, counts[i]);

      g_assert_cmpint (complete.status, ==, Q_HTTP_COMPLETE);
      g_assert_cmpuint (g_variant_n_children (complete.result), ==, 3 + counts[i]);
      assert_normal (complete.result);

      /* At the first byte of the field that is too many: nothing is kept of it. */
      g_assert_cmpint (refused.status, ==, Q_HTTP_TOO_LARGE);
      g_assert_cmpuint (refused.position, ==, right->len - strlen ("\r\n"));
    }
}

/* Case 23; and if the limit allows them, their number makes nothing slow: names
 * that are all different, all the same, or the same in pairs far apart. */
static void
test_very_many_fields (void)
{
  const guint n = 100000;
  static const guint different[] = { 100000, 1, 50000 };

  for (guint i = 0; i < G_N_ELEMENTS (different); i++)
    {
      g_autoptr (GByteArray) head = g_byte_array_new ();
      g_auto (Outcome) refused = { 0, };
      g_auto (Outcome) complete = { 0, };

      append (head, RQ);
      for (guint j = 0; j < n; j++)
        {
          g_autofree char *field = g_strdup_printf ("N%u:\r\n", j % different[i]);

          append (head, field);
        }
      append (head, "\r\n");

      refused = parse (head->data, head->len, head->len, 1, MAX_SIZE, MAX_FIELDS);
      g_assert_cmpint (refused.status, ==, Q_HTTP_TOO_LARGE);

      complete = parse (head->data, head->len, head->len, 1, G_MAXUINT32, G_MAXUINT32);
      g_assert_cmpint (complete.status, ==, Q_HTTP_COMPLETE);
      g_assert_cmpuint (g_variant_n_children (complete.result), ==, 3 + different[i]);
    }
}

/* Names of one hash, which is of 32 bits and known to all: 2 ** 5 of them. */
static void
test_equal_hashes (void)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_auto (Outcome) outcome = { 0, };
  QHttpParser parser;

  /* The hash turns by 5 bits with each byte and so comes round after 32 bytes:
   * exchanging two bytes that are 32 apart does not change it. */
  append (head, RQ);
  for (guint i = 0; i < 64; i++)
    {
      g_autofree char *name = g_strnfill (64, '-');
      g_autofree char *field = NULL;

      for (guint bit = 0; bit < 5; bit++)
        name[bit + ((i >> bit & 1) != 0 ? 32 : 0)] = 'x';
      field = g_strdup_printf ("%s: %u\r\n", name, i);
      append (head, field);
    }
  append (head, "\r\n");

  q_http_parser_init (&parser, MAX_SIZE, MAX_FIELDS);
  g_assert_cmpint (q_http_parser_feed (&parser, head->data, head->len), ==, Q_HTTP_COMPLETE);
  g_assert_cmpuint (parser.n_fields, ==, 64);
  for (guint i = 1; i < 64; i++)
    g_assert_cmpuint (parser.fields[i].hash, ==, parser.fields[0].hash);
  q_http_parser_clear (&parser);

  outcome = parse (head->data, head->len, 1, 1, MAX_SIZE, MAX_FIELDS);
  g_assert_cmpint (outcome.status, ==, Q_HTTP_COMPLETE);
  g_assert_cmpuint (g_variant_n_children (outcome.result), ==, 3 + 32);

  for (guint i = 0; i < 32; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (outcome.result, 3 + i);
      g_autoptr (GVariant) value = NULL;
      g_autofree const char **list = NULL;

      g_variant_get (entry, "{&sv}", NULL, &value);
      list = g_variant_get_strv (value, NULL);
      g_assert_cmpuint (g_strv_length ((char **) list), ==, 2);
      g_assert_cmpuint (g_ascii_strtoull (list[0], NULL, 10), ==, i);
      g_assert_cmpuint (g_ascii_strtoull (list[1], NULL, 10), ==, i + 32);
    }
}

/* More fields than are compared with each other: the order must be the same. */
static void
test_order_of_many (void)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();
  g_autoptr (GString) expected = g_string_new ("{" RQ_IS);
  g_auto (Outcome) outcome = { 0, };

  append (head, RQ);
  for (guint i = 0; i < 120; i++)
    {
      g_autofree char *field = g_strdup_printf ("%c%u: %u\r\n", i % 2 == 0 ? 'n' : 'N',
                                                (i * 7) % 40, i);

      append (head, field);
    }
  append (head, "\r\n");

  for (guint i = 0; i < 40; i++)
    g_string_append_printf (expected, ", 'n%u': <['%u', '%u', '%u']>",
                            (i * 7) % 40, i, i + 40, i + 80);
  g_string_append (expected, "}");

  outcome = parse_in_all_ways (head->data, head->len);
  assert_result (&outcome, expected->str);
}

static void
test_long_names (void)
{
  for (gsize length = 1; length < 140; length++)
    {
      g_autofree char *name = g_strnfill (length, 'N');
      g_autofree char *lower = g_strnfill (length, 'n');
      g_autofree char *expected = g_strdup_printf ("{" RQ_IS ", '%s': <''>}", lower);
      g_autoptr (GByteArray) head = g_byte_array_new ();
      g_auto (Outcome) outcome = { 0, };

      append (head, RQ);
      append (head, name);
      append (head, ":\r\n\r\n");

      outcome = parse (head->data, head->len, head->len, 1, MAX_SIZE, MAX_FIELDS);
      assert_result (&outcome, expected);
    }
}

/* Tabs and white space at every place of the words in which values are read. */
static void
test_white_space_in_values (void)
{
  for (gsize length = 0; length < 24; length++)
    for (gsize at = 0; at <= length; at++)
      {
        g_autofree char *value = g_strnfill (length + 1, 'v');
        g_autofree char *head = NULL;
        g_autofree char *expected = NULL;
        g_auto (Outcome) outcome = { 0, };

        value[at] = '\t';
        head = g_strdup_printf (RQ "A: %s\t \r\n\r\n", value);
        g_strstrip (value);
        expected = g_strdup_printf ("{" RQ_IS ", 'a': <'%s'>}", value);

        outcome = parse ((const guint8 *) head, strlen (head), 20, 3, MAX_SIZE, MAX_FIELDS);
        assert_result (&outcome, expected);
      }
}

/* Case 49: what is nothing like HTTP is refused, whatever it is. */
static void
test_noise (void)
{
  for (guint seed = 0; seed < 200; seed++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      g_autofree guint8 *noise = g_malloc (MAX_SIZE);
      g_auto (Outcome) outcome = { 0, };

      for (guint i = 0; i < MAX_SIZE; i++)
        noise[i] = (guint8) g_rand_int (rand);

      outcome = parse (noise, MAX_SIZE, MAX_SIZE, 1, MAX_SIZE, MAX_FIELDS);
      g_assert_cmpint (outcome.status, ==, Q_HTTP_BROKEN);
      g_assert_cmpuint (outcome.position, <, 1000);
    }
}

/* Case 26. */
static void
test_nothing (void)
{
  g_auto (Outcome) outcome = parse (NULL, 0, 0, 1, MAX_SIZE, MAX_FIELDS);

  g_assert_cmpint (outcome.status, ==, Q_HTTP_MORE);
}

static void
test_text_length (void)
{
  static const struct { Bytes text; gsize length; } cases[] = {
    { B (""), 0 },
    { B ("hello"), 5 },
    { B ("hello\r\n"), 7 },
    { B ("a\r\n\r\nrest"), 5 },
    { B ("a\n\nrest"), 3 },
    { B ("a\n\r\nrest"), 4 },
    { B ("a\r\n\nrest"), 4 },
    { B ("a\r\r\n\r\nrest"), 6 },
    { B ("a\n\r\r\nrest"), 5 },
    { B ("\r\n\r\nGET /"), 4 },
    { B ("\n\n"), 2 },
    { B ("a\r\nb\r\n\r\n\r\n"), 8 },
    { B ("a\r\nb\n\r\n\n"), 7 },
    { B ("a\r\n\r"), 4 },
    { B ("a\r\n\r \r\n"), 7 },
    { B ("a\0\n\0\n\n\n"), 6 },
    { B ("a\r\rb"), 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree guint8 *copy = g_memdup2 (cases[i].text.bytes, cases[i].text.length);

      g_assert_cmpuint (q_http_text_length (copy, cases[i].text.length), ==, cases[i].length);
    }
}

static void
test_text_to_variant (void)
{
  static const struct { Bytes bytes; const char *text; } cases[] = {
    { B (""), "" },
    { B ("hello\r\n\r\n"), "hello\r\n\r\n" },
    { B ("gr\xc3\xbc\xc3\x9f" "e"), "grüße" },
    { B ("gr\xfc\xdf" "e"), "grüße" },
    { B ("\xc3\xbc and \xfc"), "Ã¼ and ü" },
    { B ("a\0b\0"), "a\uFFFDb\uFFFD" },
    { B ("\0\xc3\xbc\0"), "\uFFFDü\uFFFD" },
    { B ("\0\xfc"), "\uFFFDü" },
    { B ("\xc3\0\xbc"), "Ã\uFFFD¼" },
    { B ("\xed\xa0\x80"), "í\u00a0\xc2\x80" },
    { B ("\xe2\x82"), "â\xc2\x82" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree guint8 *copy = g_memdup2 (cases[i].bytes.bytes, cases[i].bytes.length);
      g_autoptr (GVariant) value = q_http_text_to_variant (copy, cases[i].bytes.length);

      g_assert_true (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING));
      g_assert_cmpstr (g_variant_get_string (value, NULL), ==, cases[i].text);
      assert_normal (value);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (good_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/codec/http-parser/good/", good_cases[i].name, NULL);

      g_test_add_data_func (path, &good_cases[i], test_good);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/codec/http-parser/bad/", bad_cases[i].name, NULL);

      g_test_add_data_func (path, &bad_cases[i], test_bad);
    }

  g_test_add_func ("/codec/http-parser/every-byte", test_every_byte);
  g_test_add_func ("/codec/http-parser/size", test_size);
  g_test_add_func ("/codec/http-parser/size-at-once", test_size_at_once);
  g_test_add_func ("/codec/http-parser/size-of-one-part", test_size_of_one_part);
  g_test_add_func ("/codec/http-parser/field-count", test_field_count);
  g_test_add_func ("/codec/http-parser/very-many-fields", test_very_many_fields);
  g_test_add_func ("/codec/http-parser/equal-hashes", test_equal_hashes);
  g_test_add_func ("/codec/http-parser/order-of-many", test_order_of_many);
  g_test_add_func ("/codec/http-parser/long-names", test_long_names);
  g_test_add_func ("/codec/http-parser/white-space-in-values", test_white_space_in_values);
  g_test_add_func ("/codec/http-parser/noise", test_noise);
  g_test_add_func ("/codec/http-parser/nothing", test_nothing);
  g_test_add_func ("/codec/http-text/length", test_text_length);
  g_test_add_func ("/codec/http-text/to-variant", test_text_to_variant);

  return g_test_run ();
}
