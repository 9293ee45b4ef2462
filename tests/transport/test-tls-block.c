/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <string.h>

#include "q-tls-block-private.h"

/* The n-th of the bytes that the tests put through a block. */
static guint8
get_byte (gsize n)
{
  return (guint8) (n * 7 + n / 251);
}

/* Appends @length bytes, of which @position have been appended before. */
static void
append (QTlsBlock *block,
        gsize     *position,
        gsize      length)
{
  guint8 *room = q_tls_block_get_room (block, length);

  g_assert_cmpuint (block->size - block->end, >=, length);
  g_assert_true (room == block->data + block->end);
  for (gsize i = 0; i < length; i++)
    room[i] = get_byte (*position + i);
  block->end += length;
  *position += length;
}

/* Takes @length bytes, which must be those that were appended after @position others. */
static void
take (QTlsBlock *block,
      gsize     *position,
      gsize      length)
{
  g_assert_cmpuint (q_tls_block_length (block), >=, length);
  for (gsize i = 0; i < length; i++)
    g_assert_cmpuint (block->data[block->start + i], ==, get_byte (*position + i));
  q_tls_block_consume (block, length);
  *position += length;
}

static void
assert_no_memory (const QTlsBlock *block)
{
  g_assert_null (block->data);
  g_assert_cmpuint (block->size, ==, 0);
  g_assert_cmpuint (q_tls_block_length (block), ==, 0);
}

static void
test_empty (void)
{
  QTlsBlock block = Q_TLS_BLOCK_INIT;

  assert_no_memory (&block);
  q_tls_block_consume (&block, 0);
  q_tls_block_append (&block, NULL, 0);
  q_tls_block_append (&block, "", 0);
  assert_no_memory (&block);
  q_tls_block_clear (&block);
  assert_no_memory (&block);
}

/* The memory is there while there are bytes, and as long as room that was asked for is not
 * used. */
static void
test_memory (void)
{
  QTlsBlock block = Q_TLS_BLOCK_INIT;

  q_tls_block_append (&block, "ab", 2);
  g_assert_cmpuint (block.size, ==, Q_TLS_BLOCK_SIZE);
  q_tls_block_consume (&block, 1);
  g_assert_cmpmem (block.data + block.start, q_tls_block_length (&block), "b", 1);
  q_tls_block_consume (&block, 1);
  assert_no_memory (&block);

  g_assert_nonnull (q_tls_block_get_room (&block, 1));
  g_assert_cmpuint (q_tls_block_length (&block), ==, 0);
  g_assert_nonnull (block.data);
  q_tls_block_clear (&block);
  assert_no_memory (&block);
}

static void
test_pool (void)
{
  QTlsBlock first = Q_TLS_BLOCK_INIT;
  QTlsBlock second = Q_TLS_BLOCK_INIT;
  const guint8 *data;

  /* What one block frees the next one uses; but not while the first one has it. */
  data = q_tls_block_get_room (&first, 1);
  g_assert_true (q_tls_block_get_room (&second, 1) != data);
  q_tls_block_clear (&first);
  g_assert_true (q_tls_block_get_room (&first, Q_TLS_BLOCK_SIZE) == data);
  q_tls_block_clear (&first);
  q_tls_block_clear (&second);
}

/* More blocks than the pool keeps, all of which come back. */
static void
test_many (void)
{
  QTlsBlock blocks[40] = { Q_TLS_BLOCK_INIT };

  for (int round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        {
          memset (q_tls_block_get_room (&blocks[i], Q_TLS_BLOCK_SIZE), (int) i, Q_TLS_BLOCK_SIZE);
          blocks[i].end = Q_TLS_BLOCK_SIZE;
        }
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        {
          g_assert_cmpuint (blocks[i].data[0], ==, i);
          g_assert_cmpuint (blocks[i].data[Q_TLS_BLOCK_SIZE - 1], ==, i);
          q_tls_block_clear (&blocks[i]);
        }
    }
}

/* Room behind the bytes is made before them first: no memory is added as long as that does. */
static void
test_move (void)
{
  QTlsBlock block = Q_TLS_BLOCK_INIT;
  gsize written = 0;
  gsize taken = 0;
  guint8 *data;

  append (&block, &written, Q_TLS_BLOCK_SIZE);
  data = block.data;
  take (&block, &taken, Q_TLS_BLOCK_SIZE - 100);
  append (&block, &written, Q_TLS_BLOCK_SIZE - 100);
  g_assert_true (block.data == data);
  g_assert_cmpuint (block.size, ==, Q_TLS_BLOCK_SIZE);
  take (&block, &taken, Q_TLS_BLOCK_SIZE);
  assert_no_memory (&block);
}

static void
test_grow (void)
{
  QTlsBlock block = Q_TLS_BLOCK_INIT;
  gsize written = 0;
  gsize taken = 0;

  /* From the pool's size, once the room before the bytes is not enough. */
  append (&block, &written, Q_TLS_BLOCK_SIZE);
  take (&block, &taken, 10);
  append (&block, &written, 11);
  g_assert_cmpuint (block.size, >, Q_TLS_BLOCK_SIZE);
  append (&block, &written, 3 * Q_TLS_BLOCK_SIZE);
  take (&block, &taken, written - taken);
  assert_no_memory (&block);

  /* And from nothing. */
  append (&block, &written, Q_TLS_BLOCK_SIZE + 1);
  take (&block, &taken, Q_TLS_BLOCK_SIZE + 1);
  assert_no_memory (&block);
}

static void
test_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  QTlsBlock block = Q_TLS_BLOCK_INIT;
  gsize written = 0;
  gsize taken = 0;

  for (int i = 0; i < 1000; i++)
    {
      append (&block, &written, (gsize) g_rand_int_range (rand, 1, 20000));
      if (i % 50 != 49)
        take (&block, &taken,
              (gsize) g_rand_int_range (rand, 0, (int) q_tls_block_length (&block) + 1));
      else
        take (&block, &taken, q_tls_block_length (&block));
      g_assert_cmpuint (q_tls_block_length (&block), ==, written - taken);
      g_assert_cmpint (block.data != NULL, ==, written > taken);
    }

  q_tls_block_clear (&block);
}

static void
test_gather (void)
{
  const struct iovec vectors[] = {
    { (char *) "abc", 3 }, { NULL, 0 }, { (char *) "d", 1 }, { (char *) "efgh", 4 },
  };
  const struct
  {
    int n_vectors;
    gsize maximum;
    const char *expected;
  } cases[] = {
    { 0, 10, "" },
    { 1, 10, "abc" },
    { 4, 0, "" },
    { 4, 2, "ab" },
    { 4, 3, "abc" },
    { 4, 4, "abcd" },
    { 4, 7, "abcdefg" },
    { 4, 8, "abcdefgh" },
    { 4, 100, "abcdefgh" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QTlsBlock block = Q_TLS_BLOCK_INIT;
      gsize length = strlen (cases[i].expected);

      g_assert_cmpuint (q_tls_block_gather (&block, vectors, cases[i].n_vectors,
                                            cases[i].maximum), ==, length);
      g_assert_cmpmem (block.data, q_tls_block_length (&block), cases[i].expected, length);

      /* It goes behind what is there. */
      q_tls_block_append (&block, "-", 1);
      q_tls_block_gather (&block, vectors, 4, 2);
      g_assert_cmpuint (q_tls_block_length (&block), ==, length + 3);
      g_assert_cmpmem (block.data + block.start + length, 3, "-ab", 3);
      q_tls_block_clear (&block);
    }
}

/* ---- threads ---- */

#define THREADS 4

static gpointer
use_blocks (gpointer data)
{
  int fill = GPOINTER_TO_INT (data);

  for (int i = 0; i < 2000; i++)
    {
      QTlsBlock block = Q_TLS_BLOCK_INIT;

      memset (q_tls_block_get_room (&block, 1000), fill, 1000);
      block.end = 1000;
      for (int j = 0; j < 1000; j++)
        g_assert_cmpint (block.data[j], ==, fill);
      q_tls_block_consume (&block, 1000);
    }

  return NULL;
}

/* No two threads have the same memory of the pool. */
static void
test_threads (void)
{
  GThread *threads[THREADS];

  for (int i = 0; i < THREADS; i++)
    threads[i] = g_thread_new ("blocks", use_blocks, GINT_TO_POINTER (i + 1));
  for (int i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transport/tls-block/empty", test_empty);
  g_test_add_func ("/transport/tls-block/memory", test_memory);
  g_test_add_func ("/transport/tls-block/pool", test_pool);
  g_test_add_func ("/transport/tls-block/many", test_many);
  g_test_add_func ("/transport/tls-block/move", test_move);
  g_test_add_func ("/transport/tls-block/grow", test_grow);
  g_test_add_func ("/transport/tls-block/random", test_random);
  g_test_add_func ("/transport/tls-block/gather", test_gather);
  g_test_add_func ("/transport/tls-block/threads", test_threads);

  return g_test_run ();
}
