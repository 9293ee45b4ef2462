/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "read-ways.h"

/* Below, at and above each size at which the library does something else. */
static const gsize sizes[] = {
  1, 2, 7, 4095, 4096, 4097, 16384, 65535, 65536, 65537, 262143, 262144, 262145,
  MIB - 1, MIB, MIB + 1, 5 * MIB,
};

/* ---- how much is read ---- */

/* Exactly the size: what comes behind stays. */
static void
test_exact (TestKind kind)
{
  static const gsize pieces[] = { G_MAXSIZE, 1, 1000, 70000 };
  g_autofree guint8 *pattern = test_pattern (5 * MIB + 3);

  for (Way way = 0; way < N_WAYS; way++)
    for (gsize p = 0; p < G_N_ELEMENTS (pieces); p++)
      {
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
          {
            gsize size = sizes[i];
            g_autoptr (GError) error = NULL;
            g_autoptr (GBytes) got = NULL;
            TestFeed feed;

            if (size / pieces[p] > 1000)
              break;

            test_feed_start (&feed, fd, sock, pattern, size + 3, pieces[p], FALSE);
            got = recv_in_way (sock, (gssize) size, way, &error);
            g_assert_no_error (error);
            g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got),
                             pattern, size);
            test_expect_bytes (sock, 3, pattern + size, 3);
            test_feed_join (&feed);
          }

        close (fd);
      }
}

/* What is there: something at once, and all of it in the end. */
static void
test_what_is_there (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (5 * MIB);

  for (Way way = 0; way < WAY_INTO; way++)
    for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
      {
        g_autoptr (GError) error = NULL;
        gsize have = 0;
        TestFeed feed;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        test_feed_start (&feed, fd, sock, pattern, sizes[i], G_MAXSIZE, TRUE);
        while (have < sizes[i])
          {
            g_autoptr (GBytes) got = recv_in_way (sock, 0, way, &error);

            g_assert_no_error (error);
            g_assert_cmpuint (g_bytes_get_size (got), >, 0);
            g_assert_cmpuint (have + g_bytes_get_size (got), <=, sizes[i]);
            g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got),
                             pattern + have, g_bytes_get_size (got));
            have += g_bytes_get_size (got);
          }

        test_feed_join (&feed);
        test_expect_failure (sock, 0, ENOUGH, Q_SOCKET_ERROR_CLOSED);
        close (fd);
      }
}

/* All that has arrived comes in one go, not one buffer full, also if somebody
 * looked or took a little before. */
static void
test_what_is_there_is_whole (TestKind kind)
{
  static const gsize lengths[] = { 2, 4095, 4096, 4097, 16384, 16385, 60000 };
  g_autofree guint8 *pattern = test_pattern (60000);
  g_autofree guint8 *memory = g_malloc (100000);

  for (int way = 0; way < 5; way++)
    for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
      {
        g_autoptr (GError) error = NULL;
        gsize length = lengths[i];
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        test_write (fd, pattern, length);
        test_wait_arrived (sock, length);
        switch (way)
          {
          case 0:
            test_expect_bytes (sock, 0, pattern, length);
            break;
          case 1:
            g_assert_true (q_socket_is_data_available (sock, 0));
            test_expect_bytes (sock, 0, pattern, length);
            break;
          case 2:
            q_socket_recv_i1 (sock, ENOUGH, NULL, &error);
            test_expect_bytes (sock, 0, pattern + 1, length - 1);
            break;
          default:
            g_assert_true (q_socket_is_data_available (sock, 0));
            g_assert_cmpint (q_socket_recv_into (sock, memory, 1, way == 3 ? 60000 : 100000,
                                                 ENOUGH, NULL, &error), ==, (gssize) length);
            g_assert_cmpmem (memory, length, pattern, length);
            break;
          }
        g_assert_no_error (error);
        g_assert_false (q_socket_is_data_available (sock, 0));
        close (fd);
      }
}

static void
test_to_end (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (5 * MIB);

  for (Way way = 0; way < WAY_INTO; way++)
    for (gsize i = 0; i <= G_N_ELEMENTS (sizes); i++)
      {
        gsize size = i == 0 ? 0 : sizes[i - 1];
        g_autoptr (GError) error = NULL;
        g_autoptr (GBytes) got = NULL;
        TestFeed feed;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        test_feed_start (&feed, fd, sock, pattern, size, i % 2 ? 9000 : G_MAXSIZE, TRUE);
        got = recv_in_way (sock, -1, way, &error);
        g_assert_no_error (error);
        g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, size);
        test_feed_join (&feed);

        /* The end is the end for good. */
        test_expect_bytes (sock, -1, "", 0);
        test_expect_bytes (sock, -4711, "", 0);
        test_expect_failure (sock, 0, 0, Q_SOCKET_ERROR_CLOSED);
        test_expect_failure (sock, 1, -1, Q_SOCKET_ERROR_CLOSED);
        test_expect_failure (sock, 70000, -1, Q_SOCKET_ERROR_CLOSED);
        g_assert_true (q_socket_is_open (sock));
        close (fd);
      }
}

/* ---- into memory ---- */

static void
test_into_edges (TestKind kind)
{
  /* 100000 bytes have arrived of which so many are buffered already. */
  static const struct { gsize buffered, minimum, size, least, most; } rows[] = {
    { 0, 0, 0, 0, 0 },
    { 9, 0, 0, 0, 0 },
    { 0, 0, 1, 1, 1 },
    { 0, 0, 10, 10, 10 },
    { 0, 1, 10, 10, 10 },
    { 0, 10, 10, 10, 10 },
    { 9, 5, 7, 7, 7 },
    { 9, 9, 9, 9, 9 },
    { 9, 10, 10, 10, 10 },
    { 9, 10, 70000, 10, 70000 },
    { 9, 1, 70000, 1, 70000 },
    { 9, 0, 65535, 1, 65535 },
    { 9, 65536, 65536, 65536, 65536 },
    { 0, 65535, 65536, 65535, 65536 },
    { 0, 50000, 100000, 50000, 100000 },
    { 0, 100000, 100000, 100000, 100000 },
    { 0, 99999, 200000, 99999, 100000 },
    { 0, 1, 200000, 1, 100000 },
  };
  g_autofree guint8 *pattern = test_pattern (100000);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gsize size = rows[i].size;
      gsize skipped = rows[i].buffered > 0 ? 1 : 0;
      g_autofree guint8 *memory = g_malloc (size + 1);
      g_autoptr (GError) error = NULL;
      TestFeed feed;
      gssize n;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      memory[size] = 0xca;

      /* The first byte of what was buffered is taken, the others are left. */
      if (skipped > 0)
        {
          test_write (fd, pattern, 1 + rows[i].buffered);
          test_wait_arrived (sock, 1 + rows[i].buffered);
          test_expect_bytes (sock, 1, pattern, 1);
        }
      test_feed_start (&feed, fd, sock, pattern + skipped + rows[i].buffered,
                       100000 - skipped - rows[i].buffered, G_MAXSIZE, FALSE);

      if (skipped == 0 && rows[i].least < 70000)
        test_wait_arrived (sock, rows[i].least);
      n = q_socket_recv_into (sock, size > 0 ? memory : NULL, rows[i].minimum, size, ENOUGH,
                              NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (n, >=, (gssize) rows[i].least);
      g_assert_cmpint (n, <=, (gssize) rows[i].most);
      g_assert_cmpmem (memory, (gsize) n, pattern + skipped, (gsize) n);
      g_assert_cmpint (memory[size], ==, 0xca);

      /* Nothing is lost behind it. */
      test_feed_join (&feed);
      test_end_stream (fd);
      test_expect_bytes (sock, -1, pattern + skipped + n, 100000 - skipped - (gsize) n);
      close (fd);
    }
}

typedef struct
{
  int fd;
  const guint8 *bytes;
  gsize length;
  int done;                     /* atomic */
} Giver;

static gpointer
give_thread (gpointer data)
{
  Giver *giver = data;

  test_write (giver->fd, giver->bytes, giver->length);
  g_atomic_int_set (&giver->done, TRUE);

  return NULL;
}

/* What would take too long to copy back into the buffer does not get to the caller's
 * memory before all of it is there. */
static void
test_into_large (TestKind kind)
{
  const gsize size = 16 * 1024 * 1024 + 2;
  g_autofree guint8 *pattern = test_pattern (size);
  g_autofree guint8 *memory = g_malloc (size);
  g_autofree guint8 *untouched = g_malloc (size);
  g_autoptr (GError) error = NULL;
  GThread *thread;
  Giver giver;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  memset (memory, 0xee, size);
  memset (untouched, 0xee, size);
  giver = (Giver) { fd, pattern, size - 1, FALSE };
  thread = test_thread (give_thread, &giver);
  do
    {
      g_assert_cmpint (q_socket_recv_into (sock, memory, size, size, 50, NULL, &error), ==, -1);
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
    }
  while (!g_atomic_int_get (&giver.done));
  g_thread_join (thread);
  g_assert_cmpint (memcmp (memory, untouched, size), ==, 0);

  test_write (fd, pattern + size - 1, 1);
  g_assert_cmpint (q_socket_recv_into (sock, memory, size, size, ENOUGH, NULL, &error), ==,
                   (gssize) size);
  g_assert_no_error (error);
  g_assert_cmpint (memcmp (memory, pattern, size), ==, 0);

  /* Nor is the end of the stream any different. */
  test_write (fd, "end", 3);
  test_end_stream (fd);
  g_assert_cmpint (q_socket_recv_into (sock, memory, size, size, ENOUGH, NULL, &error), ==, 3);
  g_assert_no_error (error);
  g_assert_cmpmem (memory, 3, "end", 3);
  close (fd);
}

/* For reads into memory the end is no error, wherever it comes. */
static void
test_into_end (TestKind kind)
{
  static const gsize lengths[] = { 0, 1, 9, 65535, 65536, 65537 };
  g_autofree guint8 *pattern = test_pattern (65537);
  g_autofree guint8 *memory = g_malloc (100000);

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (gsize j = 0; j < 3; j++)
      {
        gsize size = j < 2 ? 100000 : lengths[i] + 1;
        g_autoptr (GError) error = NULL;
        TestFeed feed;
        gssize n;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        test_feed_start (&feed, fd, sock, pattern, lengths[i], 1 + lengths[i] / 3, TRUE);
        n = q_socket_recv_into (sock, memory, j == 0 ? 99999 : size, size, ENOUGH, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpint (n, ==, (gssize) lengths[i]);
        g_assert_cmpmem (memory, (gsize) n, pattern, (gsize) n);
        test_feed_join (&feed);

        for (gsize k = 0; k < 2; k++)
          {
            n = q_socket_recv_into (sock, memory, k, size, 0, NULL, &error);
            g_assert_no_error (error);
            g_assert_cmpint (n, ==, 0);
          }
        close (fd);
      }
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "exact", test_exact },
    { "what-is-there", test_what_is_there },
    { "what-is-there-is-whole", test_what_is_there_is_whole },
    { "to-end", test_to_end },
    { "into-edges", test_into_edges },
    { "into-end", test_into_end },
    { "into-large", test_into_large },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("bytes", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
