/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Runs a fuzz target as an ordinary test: over the files that are given, over
 * all files of a folder that is given, and over inputs made of those by changing
 * them at random, always the same ones.
 *
 *   TARGET [--runs=NUMBER] [FILE|FOLDER]...
 *
 * NUMBER is 20,000 unless told. A changed input that makes the target fail is
 * found again by its number: the test is run with fewer runs until it passes. */

#include "config.h"

#include <glib.h>
#include <string.h>

#define DEFAULT_RUNS 20000
#define MAX_LENGTH 4096

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

static GPtrArray *seeds;
static int runs = DEFAULT_RUNS;
static char *name_of_target;

/* In a block of just its size, so that reading beyond it is noticed. */
static void
run_once (const guint8 *data,
          gsize         size)
{
  g_autofree guint8 *copy = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (copy, data, size);

  LLVMFuzzerTestOneInput (copy, size);
}

static void
test_file (gconstpointer user_data)
{
  GBytes *seed = (GBytes *) user_data;

  run_once (g_bytes_get_data (seed, NULL), g_bytes_get_size (seed));
}

static void
test_empty (gconstpointer user_data)
{
  run_once (NULL, 0);
}

static guint
pick (GRand *rand,
      guint  n)
{
  return n > 0 ? (guint) g_rand_int_range (rand, 0, (gint32) n) : 0;
}

/* A byte that means something in most formats, or any. */
static guint8
pick_byte (GRand *rand)
{
  static const guint8 bytes[] = "\0\t\n\r \"#%*,-./019:;=?@AZ[]az\x7f\x80\xa0\xc3\xed\xff";

  return pick (rand, 2) == 0 ? bytes[pick (rand, sizeof bytes - 1)] : (guint8) pick (rand, 256);
}

static void
insert (GByteArray   *input,
        guint         at,
        const guint8 *data,
        guint         length)
{
  guint tail_length = input->len - at;

  g_byte_array_set_size (input, input->len + length);
  memmove (input->data + at + length, input->data + at, tail_length);
  memcpy (input->data + at, data, length);
}

/* A piece of any seed, the input's own included. */
static void
insert_piece (GByteArray *input,
              GRand      *rand)
{
  GBytes *seed = seeds->pdata[pick (rand, seeds->len)];
  gsize size;
  const guint8 *data = g_bytes_get_data (seed, &size);
  guint from = pick (rand, size);
  guint length = pick (rand, MIN (size - from, 64) + 1);

  if (length > 0)
    insert (input, pick (rand, input->len + 1), data + from, length);
}

static void
change (GByteArray *input,
        GRand      *rand)
{
  guint8 byte = pick_byte (rand);
  guint at = pick (rand, input->len);

  switch (pick (rand, 6))
    {
    case 0:
      insert (input, pick (rand, input->len + 1), &byte, 1);
      break;

    case 1:
      if (input->len > 0)
        g_byte_array_remove_range (input, at, 1 + pick (rand, MIN (input->len - at, 16)));
      break;

    case 2:
      insert_piece (input, rand);
      break;

    case 3:
      g_byte_array_set_size (input, at);
      break;

    case 4:
      if (input->len > 0)
        input->data[at] ^= 1 << pick (rand, 8);
      break;

    default:
      if (input->len > 0)
        input->data[at] = byte;
      break;
    }
}

static void
test_changed (gconstpointer user_data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20);

  for (int run = 0; run < runs; run++)
    {
      GBytes *seed = seeds->pdata[pick (rand, seeds->len)];
      g_autoptr (GByteArray) input = g_byte_array_new ();
      guint n_changes = 1 + pick (rand, 6);

      if (g_bytes_get_size (seed) > 0)
        g_byte_array_append (input, g_bytes_get_data (seed, NULL),
                             MIN (g_bytes_get_size (seed), MAX_LENGTH));
      for (guint i = 0; i < n_changes; i++)
        change (input, rand);

      run_once (input->data, input->len);
    }
}

static void
add_test (const char    *kind,
          const char    *name,
          gconstpointer  data,
          GTestDataFunc  function)
{
  g_autofree char *path = g_strdup_printf ("/fuzz/%s/%s%s", name_of_target, kind, name);

  g_test_add_data_func (path, data, function);
}

static void
add_file (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (GError) error = NULL;
  char *contents;
  gsize length;

  if (!g_file_get_contents (path, &contents, &length, &error))
    g_error ("%s", error->message);

  g_ptr_array_add (seeds, g_bytes_new_take (contents, length));
  add_test ("file/", name, seeds->pdata[seeds->len - 1], test_file);
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

/* In the order of their names: the order of a folder is not the same everywhere. */
static void
add_folder (const char *path)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) folder = NULL;
  g_autoptr (GError) error = NULL;
  const char *name;

  folder = g_dir_open (path, 0, &error);
  if (folder == NULL)
    g_error ("%s", error->message);

  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));

  if (names->len == 0)
    g_error ("%s is empty", path);

  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    add_file (names->pdata[i]);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  name_of_target = g_path_get_basename (argv[0]);
  seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (seeds, g_bytes_new (NULL, 0));

  for (int i = 1; i < argc; i++)
    if (g_str_has_prefix (argv[i], "--runs="))
      runs = (int) g_ascii_strtoll (argv[i] + strlen ("--runs="), NULL, 10);
    else if (g_file_test (argv[i], G_FILE_TEST_IS_DIR))
      add_folder (argv[i]);
    else
      add_file (argv[i]);

  add_test ("empty", "", NULL, test_empty);
  add_test ("changed", "", NULL, test_changed);

  result = g_test_run ();

  g_ptr_array_unref (seeds);
  g_free (name_of_target);

  return result;
}
