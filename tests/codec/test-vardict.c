/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-vardict-private.h"

#include <string.h>

/* Ends @dict, compares it with what @builder made, and checks its bytes as if
 * they came from a stranger: what claims to be trusted is never checked. */
static void
assert_equal_to_built (QVardict        *dict,
                       GVariantBuilder *builder)
{
  g_autoptr (GVariant) value = q_vardict_end (dict);
  g_autoptr (GVariant) built = g_variant_ref_sink (g_variant_builder_end (builder));
  g_autoptr (GVariant) stranger = NULL;
  gsize size = g_variant_get_size (value);

  stranger = g_variant_new_from_data (G_VARIANT_TYPE_VARDICT, g_variant_get_data (value), size,
                                      FALSE, NULL, NULL);
  g_variant_ref_sink (stranger);

  g_assert_false (g_variant_is_floating (value));
  g_assert_true (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT));
  g_assert_true (g_variant_is_normal_form (stranger));
  g_assert_cmpmem (g_variant_get_data (value), size,
                   g_variant_get_data (built), g_variant_get_size (built));
  g_assert_cmpvariant (value, built);
}

static void
test_empty (void)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  QVardict dict;

  q_vardict_init (&dict, 0);
  assert_equal_to_built (&dict, &builder);
}

static void
test_numbers (void)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  QVardict dict;

  q_vardict_init (&dict, 1000);

  q_vardict_add_int32 (&dict, "port", 443);
  g_variant_builder_add (&builder, "{sv}", "port", g_variant_new_int32 (443));
  q_vardict_add_int32 (&dict, "", G_MININT32);
  g_variant_builder_add (&builder, "{sv}", "", g_variant_new_int32 (G_MININT32));
  q_vardict_add_int64 (&dict, "total_read", G_MININT64);
  g_variant_builder_add (&builder, "{sv}", "total_read", g_variant_new_int64 (G_MININT64));
  q_vardict_add_int64 (&dict, "7 bytes", 0x0102030405060708);
  g_variant_builder_add (&builder, "{sv}", "7 bytes", g_variant_new_int64 (0x0102030405060708));
  q_vardict_add_uint64 (&dict, "id", G_MAXUINT64);
  g_variant_builder_add (&builder, "{sv}", "id", g_variant_new_uint64 (G_MAXUINT64));

  assert_equal_to_built (&dict, &builder);
}

static void
add_string_to_both (QVardict        *dict,
                    GVariantBuilder *builder,
                    const char      *key,
                    gsize            length)
{
  g_autofree char *value = g_strnfill (length, 'x');

  q_vardict_add_string (dict, key, strlen (key), value, length);
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (value));
}

/* One string: the size of the entry, then that of the dictionary, cross a border. */
static void
test_string_sizes (void)
{
  static const gsize around[] = { 0, 240, 65520 };

  for (guint i = 0; i < G_N_ELEMENTS (around); i++)
    for (gsize length = around[i]; length < around[i] + 32; length++)
      {
        GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
        QVardict dict;

        q_vardict_init (&dict, length % 3 == 0 ? 0 : length + 64);
        add_string_to_both (&dict, &builder, "k", length);
        assert_equal_to_built (&dict, &builder);
      }
}

/* Many entries: offsets that were narrow enough for one are not for the next. */
static void
test_entry_counts (void)
{
  static const guint counts[] = { 2, 8, 9, 10, 11, 31, 32, 33, 64, 65, 257, 2500, 3000 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
      QVardict dict;

      q_vardict_init (&dict, 0);
      for (guint j = 0; j < counts[i]; j++)
        {
          g_autofree char *key = g_strdup_printf ("key-%u", j);

          add_string_to_both (&dict, &builder, key, j % 19);
        }
      assert_equal_to_built (&dict, &builder);
    }
}

/* The border lies between the entries and the offsets behind them. */
static void
test_borders (void)
{
  static const gsize borders[] = { G_MAXUINT8, G_MAXUINT16 };

  for (guint i = 0; i < G_N_ELEMENTS (borders); i++)
    for (gsize less = 0; less < 96; less++)
      {
        GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
        QVardict dict;

        q_vardict_init (&dict, 0);
        add_string_to_both (&dict, &builder, "a", 1);
        add_string_to_both (&dict, &builder, "b", 2);
        add_string_to_both (&dict, &builder, "long", borders[i] - less);
        assert_equal_to_built (&dict, &builder);
      }
}

static void
add_strv_to_both (QVardict        *dict,
                  GVariantBuilder *builder,
                  const char      *key,
                  guint            n,
                  gsize            length)
{
  g_autofree char *value = g_strnfill (length, 'y');
  g_autofree const char **values = g_new0 (const char *, n + 1);
  g_autofree gsize *lengths = g_new0 (gsize, n + 1);

  for (guint i = 0; i < n; i++)
    {
      values[i] = value;
      lengths[i] = length;
    }

  q_vardict_add_strv (dict, key, strlen (key), values, lengths, n);
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_strv (values, n));
}

static void
test_strv (void)
{
  static const struct { guint n; gsize length; } lists[] = {
    { 0, 0 }, { 1, 0 }, { 1, 252 }, { 1, 253 }, { 1, 254 }, { 1, 255 }, { 2, 125 }, { 2, 126 },
    { 2, 127 }, { 127, 0 }, { 128, 0 }, { 300, 3 }, { 2, 32762 }, { 2, 32763 }, { 2, 32764 },
    { 2, 32765 }, { 2, 32766 }, { 22000, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
      QVardict dict;

      q_vardict_init (&dict, 100);
      add_strv_to_both (&dict, &builder, "list", lists[i].n, lists[i].length);
      add_strv_to_both (&dict, &builder, "another", lists[i].n, lists[i].length);
      assert_equal_to_built (&dict, &builder);
    }
}

static GVariant *
make_headers (guint n)
{
  QVardict dict;

  q_vardict_init (&dict, 0);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *key = g_strdup_printf ("x-%u", i);

      q_vardict_add_string (&dict, key, strlen (key), "value", 5);
    }

  return q_vardict_end (&dict);
}

static void
test_nested (void)
{
  static const guint counts[] = { 0, 1, 5, 12, 2000 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autoptr (GVariant) headers = make_headers (counts[i]);
      GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
      QVardict dict;

      q_vardict_init (&dict, 0);
      q_vardict_add_variant (&dict, "headers", headers);
      q_vardict_add_int32 (&dict, "event", 14);
      g_variant_builder_add (&builder, "{sv}", "headers", headers);
      g_variant_builder_add (&builder, "{sv}", "event", g_variant_new_int32 (14));
      assert_equal_to_built (&dict, &builder);
    }
}

/* Values of all alignments, and one that is not serialised yet. */
static void
test_variants (void)
{
  static const char * const texts[] = {
    "byte 0x07", "true", "int16 -2", "uint32 7", "int64 8", "1.5", "'text'", "<'inside'>",
    "@a{sb} {'tls': true, 'email': false}", "(byte 1, 'two', int64 3)", "@ay []", "@mi nothing",
    "@() ()", "[<1>, <'two'>]",
  };
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  QVardict dict;

  q_vardict_init (&dict, 0);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (texts[i]));

      q_vardict_add_variant (&dict, texts[i], value);
      g_variant_builder_add (&builder, "{sv}", texts[i], value);
    }

  assert_equal_to_built (&dict, &builder);
}

/* A value that only looks right must not make the whole dictionary wrong. */
static void
test_variant_not_normal (void)
{
  static const guint8 not_utf8[] = { 'a', 0xff, '\0' };
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) result = NULL;
  g_autoptr (GVariant) found = NULL;
  QVardict dict;

  value = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_STRING, not_utf8,
                                                       sizeof not_utf8, FALSE, NULL, NULL));
  q_vardict_init (&dict, 0);
  q_vardict_add_variant (&dict, "key", value);
  result = q_vardict_end (&dict);

  found = g_variant_lookup_value (result, "key", G_VARIANT_TYPE_STRING);
  g_assert_nonnull (found);
  g_assert_cmpstr (g_variant_get_string (found, NULL), ==, "");
}

static void
test_clear (void)
{
  QVardict dict;

  q_vardict_init (&dict, 0);
  for (guint i = 0; i < 100; i++)
    q_vardict_add_int32 (&dict, "number", 1);
  q_vardict_clear (&dict);
  q_vardict_clear (&dict);

  g_assert_null (dict.data);
  g_assert_cmpuint (dict.n_entries, ==, 0);
}

/* Dictionaries of everything, in sizes that nobody chose. */
static void
test_random (void)
{
  for (guint round = 0; round < 300; round++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (round);
      GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
      guint n = g_rand_int_range (rand, 1, 40);
      QVardict dict;

      q_vardict_init (&dict, g_rand_int_range (rand, 0, 2000));
      for (guint i = 0; i < n; i++)
        {
          g_autofree char *key = g_strnfill (g_rand_int_range (rand, 0, 20), 'k');
          gint64 number = (gint64) ((guint64) g_rand_int (rand) << 32 | g_rand_int (rand));

          switch (g_rand_int_range (rand, 0, 4))
            {
            case 0:
              add_string_to_both (&dict, &builder, key, g_rand_int_range (rand, 0, 300));
              break;

            case 1:
              add_strv_to_both (&dict, &builder, key, g_rand_int_range (rand, 0, 9),
                                g_rand_int_range (rand, 0, 40));
              break;

            case 2:
              q_vardict_add_int64 (&dict, key, number);
              g_variant_builder_add (&builder, "{sv}", key, g_variant_new_int64 (number));
              break;

            default:
              q_vardict_add_int32 (&dict, key, (gint32) number);
              g_variant_builder_add (&builder, "{sv}", key, g_variant_new_int32 ((gint32) number));
              break;
            }
        }
      assert_equal_to_built (&dict, &builder);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codec/vardict/empty", test_empty);
  g_test_add_func ("/codec/vardict/numbers", test_numbers);
  g_test_add_func ("/codec/vardict/string-sizes", test_string_sizes);
  g_test_add_func ("/codec/vardict/entry-counts", test_entry_counts);
  g_test_add_func ("/codec/vardict/borders", test_borders);
  g_test_add_func ("/codec/vardict/strv", test_strv);
  g_test_add_func ("/codec/vardict/nested", test_nested);
  g_test_add_func ("/codec/vardict/variants", test_variants);
  g_test_add_func ("/codec/vardict/variant-not-normal", test_variant_not_normal);
  g_test_add_func ("/codec/vardict/clear", test_clear);
  g_test_add_func ("/codec/vardict/random", test_random);

  return g_test_run ();
}
