/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __has_feature
# if __has_feature (address_sanitizer)
#  define HAS_SANITIZER 1
# endif
#endif
#ifdef __SANITIZE_ADDRESS__
# define HAS_SANITIZER 1
#endif

#define MIB (1024 * 1024)

/* Below, at and above each size at which the library does something else. */
static const gsize sizes[] = {
  1, 2, 7, 4095, 4096, 4097, 16384, 65535, 65536, 65537, 262143, 262144, 262145,
  MIB - 1, MIB, MIB + 1, 5 * MIB,
};

/* ---- one read in every way there is ---- */

typedef enum
{
  WAY_FOREVER,
  WAY_TIMED,
  WAY_CANCELLABLE,
  WAY_ASYNC,
  WAY_INTO,
  N_WAYS,
} Way;

static void
keep_result (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  GAsyncResult **kept = data;

  *kept = g_object_ref (result);
}

static GBytes *
recv_async (QSocket       *sock,
            gssize         size,
            int            timeout_ms,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (context);
  q_socket_recv_binary_async (sock, size, timeout_ms, G_PRIORITY_DEFAULT, cancellable,
                              keep_result, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  return q_socket_recv_binary_finish (sock, result, error);
}

static GBytes *
recv_into (QSocket  *sock,
           gsize     size,
           GError  **error)
{
  guint8 *bytes = g_malloc (size + 1);
  gssize n;

  bytes[size] = 0xca;
  n = q_socket_recv_into (sock, bytes, size, size, ENOUGH, NULL, error);
  g_assert_cmpint (bytes[size], ==, 0xca);

  if (n >= 0)
    return g_bytes_new_take (bytes, (gsize) n);

  g_free (bytes);

  return NULL;
}

static GBytes *
recv_in_way (QSocket  *sock,
             gssize    size,
             Way       way,
             GError  **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  switch (way)
    {
    case WAY_FOREVER:
      return q_socket_recv_binary (sock, size, -1, NULL, error);
    case WAY_TIMED:
      return q_socket_recv_binary (sock, size, ENOUGH, NULL, error);
    case WAY_CANCELLABLE:
      return q_socket_recv_binary (sock, size, ENOUGH, cancellable, error);
    case WAY_ASYNC:
      return recv_async (sock, size, ENOUGH, NULL, error);
    case WAY_INTO:
    case N_WAYS:
    default:
      if (size > 0)
        return recv_into (sock, (gsize) size, error);
      return q_socket_recv_binary (sock, size, -1, NULL, error);
    }
}

/* ---- helpers ---- */

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

/* ---- when it does not work out ---- */

static void
test_end_in_the_middle (TestKind kind)
{
  static const struct { gsize came, size; } rows[] = {
    { 1, 2 }, { 4, 5 }, { 4096, 4097 }, { 65535, 65536 }, { 9, 65536 }, { 65536, 5 * MIB },
    { MIB + 5, 2 * MIB },
  };
  g_autofree guint8 *pattern = test_pattern (MIB + 5);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (Way way = 0; way < WAY_INTO; way++)
      {
        g_autoptr (GError) error = NULL;
        GBytes *got;
        TestFeed feed;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        test_feed_start (&feed, fd, sock, pattern, rows[i].came, 30000, TRUE);
        got = recv_in_way (sock, (gssize) rows[i].size, way, &error);
        g_assert_null (got);
        test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
        test_feed_join (&feed);

        test_expect_failure (sock, (gssize) rows[i].size, -1, Q_SOCKET_ERROR_CLOSED);
        test_expect_bytes (sock, 1, pattern, 1);
        test_expect_bytes (sock, way % 2 ? -1 : (gssize) rows[i].came - 1 > 0
                                           ? (gssize) rows[i].came - 1 : -1,
                      pattern + 1, rows[i].came - 1);
        test_expect_failure (sock, 0, -1, Q_SOCKET_ERROR_CLOSED);
        close (fd);
      }
}

/* Small, at the border and large, each with a timeout in every state of arrival. */
static void
test_time_out_keeps (TestKind kind)
{
  static const gsize all[] = { 2, 4097, 65535, 65536, 200000 };
  g_autofree guint8 *pattern = test_pattern (200000);

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    {
      gsize size = all[i];
      gsize cuts[] = { 1, size / 2, size - 1 };
      gsize done = 0;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      test_expect_failure (sock, (gssize) size, 0, Q_SOCKET_ERROR_TIMEOUT);
      for (gsize j = 0; j < G_N_ELEMENTS (cuts); j++)
        {
          TestFeed feed;

          test_feed_start (&feed, fd, sock, pattern + done, cuts[j] - done, G_MAXSIZE, FALSE);
          test_expect_failure (sock, (gssize) size, 20, Q_SOCKET_ERROR_TIMEOUT);
          test_expect_failure (sock, (gssize) size, 0, Q_SOCKET_ERROR_TIMEOUT);
          test_expect_failure (sock, -1, 0, Q_SOCKET_ERROR_TIMEOUT);
          test_feed_join (&feed);
          done = cuts[j];
        }

      test_write (fd, pattern + done, size - done);
      test_write_text (fd, "behind");
      test_expect_bytes (sock, (gssize) size, pattern, size);
      test_expect_bytes (sock, 6, "behind", 6);
      close (fd);
    }
}

static void
cancel_cb (QSocket      *sock,
           QSocketEvent *event,
           gpointer      data)
{
  g_cancellable_cancel (data);
}

/* The event of the first bytes cancels the read in its middle. */
static void
test_cancel_keeps (TestKind kind)
{
  static const gsize all[] = { 5, 65536, 2 * MIB };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    for (gsize j = 0; j < 2; j++)
      {
        g_autoptr (GCancellable) cancellable = g_cancellable_new ();
        g_autoptr (GError) error = NULL;
        GBytes *got;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        g_signal_connect (sock, "packet-read", G_CALLBACK (cancel_cb), cancellable);
        test_write_text (fd, "four");
        if (j == 0)
          got = q_socket_recv_binary (sock, (gssize) all[i], -1, cancellable, &error);
        else
          got = recv_async (sock, (gssize) all[i], -1, cancellable, &error);
        g_assert_null (got);
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

        test_expect_bytes (sock, 4, "four", 4);
        test_write_text (fd, "more");
        test_expect_bytes (sock, 0, "more", 4);
        close (fd);
      }
}

static void
test_reset_keeps (TestKind kind)
{
  static const gsize all[] = { 0, 5, 100000 };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_autoptr (GError) error = NULL;
      GBytes *got;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      /* What the peer has not read makes its close a reset. */
      q_socket_send (sock, "unread", ENOUGH, NULL, &error);
      g_assert_no_error (error);
      test_write_text (fd, "four");
      test_wait_arrived (sock, 4);
      test_reset (kind, &fd);

      if (all[i] > 0)
        test_expect_failure (sock, (gssize) all[i], ENOUGH, Q_SOCKET_ERROR_RECV);
      test_expect_bytes (sock, 2, "fo", 2);
      test_expect_bytes (sock, 0, "ur", 2);

      /* It is said once more or has become the end, but never waits. */
      got = q_socket_recv_binary (sock, 1, -1, NULL, &error);
      g_assert_null (got);
      g_assert_true (error->domain == Q_SOCKET_ERROR);
      g_assert_true (error->code == Q_SOCKET_ERROR_RECV || error->code == Q_SOCKET_ERROR_CLOSED);
      g_assert_true (q_socket_is_open (sock));
    }
}

static void
test_local_shutdown (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) empty = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_write_text (fd, "buffered");
  test_wait_arrived (sock, 8);
  test_expect_bytes (sock, 1, "b", 1);
  g_assert_true (q_socket_shutdown (sock, &error));
  g_assert_no_error (error);
  g_assert_true (q_socket_is_open (sock));

  test_expect_failure (sock, 8, -1, Q_SOCKET_ERROR_CLOSED);
  test_expect_bytes (sock, 3, "uff", 3);
  test_expect_bytes (sock, 0, "ered", 4);
  test_expect_failure (sock, 0, -1, Q_SOCKET_ERROR_CLOSED);
  test_expect_bytes (sock, -1, "", 0);
  g_assert_true (q_socket_is_data_available (sock, 0));

  g_assert_false (q_socket_send (sock, "x", -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SEND);
  empty = test_read_to_end (fd);
  g_assert_cmpuint (g_bytes_get_size (empty), ==, 0);
  close (fd);
}

static void
test_max_receive_size (TestKind kind)
{
  static const gsize limits[] = { 1, 10, 65534, 65535, 65536, 65537, 262144 };
  g_autofree guint8 *pattern = test_pattern (262145);

  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    for (int beyond = -1; beyond <= 1; beyond++)
      for (Way way = 0; way < WAY_INTO; way++)
        {
          gsize length = limits[i] + (gsize) beyond;
          g_autoptr (GError) error = NULL;
          g_autoptr (GBytes) got = NULL;
          TestFeed feed;
          int fd;
          g_autoptr (QSocket) sock = test_pair (kind, &fd);

          q_socket_set_max_receive_size (sock, limits[i]);
          test_feed_start (&feed, fd, sock, pattern, length, 1 + length / 5, TRUE);
          got = recv_in_way (sock, -1, way, &error);
          if (beyond > 0)
            {
              g_assert_null (got);
              test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);
              test_expect_failure (sock, -1, 0, Q_SOCKET_ERROR_TOO_LARGE);
              test_expect_bytes (sock, 1, pattern, 1);
              q_socket_set_max_receive_size (sock, way % 2 ? 0 : G_MAXUINT64);
              test_expect_bytes (sock, -1, pattern + 1, length - 1);
            }
          else
            {
              g_assert_no_error (error);
              g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got),
                               pattern, length);
            }
          test_feed_join (&feed);
          close (fd);
        }
}

/* ---- what a peer that promises much and sends little may cost ---- */

static void
limit_memory (void)
{
#ifndef HAS_SANITIZER
  g_autofree char *statm = NULL;
  struct rlimit limit;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL));
  limit.rlim_cur = (rlim_t) (g_ascii_strtoull (statm, NULL, 10) *
                             (guint64) sysconf (_SC_PAGESIZE) + 24 * MIB);
  limit.rlim_max = limit.rlim_cur;
  g_assert_no_errno (setrlimit (RLIMIT_AS, &limit));
#endif
}

static void
test_huge_inside (void)
{
  static const gssize huge[] = { G_MAXSSIZE, G_MAXSSIZE - 1, G_GINT64_CONSTANT (1) << 40, 1 << 30 };

  for (TestKind kind = 0; kind < TEST_N_KINDS; kind++)
    for (gsize i = 0; i < G_N_ELEMENTS (huge) && test_kind_is_here (kind); i++)
      {
        g_autoptr (GError) error = NULL;
        g_autofree char *text = NULL;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        if (kind == 0 && i == 0)
          limit_memory ();

        test_write_text (fd, "little");
        test_expect_failure (sock, huge[i], 0, Q_SOCKET_ERROR_TIMEOUT);
        text = q_socket_recv (sock, huge[i], 0, NULL, &error);
        test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
        q_socket_set_max_receive_size (sock, (guint64) huge[i]);
        test_expect_failure (sock, -1, 0, Q_SOCKET_ERROR_TIMEOUT);
        q_socket_set_max_receive_size (sock, 0);
        test_expect_failure (sock, -1, 0, Q_SOCKET_ERROR_TIMEOUT);

        test_end_stream (fd);
        test_expect_failure (sock, huge[i], -1, Q_SOCKET_ERROR_CLOSED);
        g_clear_pointer (&text, g_free);
        text = q_socket_recv (sock, huge[i], -1, NULL, &error);
        test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
        test_expect_bytes (sock, -1, "little", 6);
        close (fd);
      }
}

static void
test_huge (void)
{
  g_test_trap_subprocess ("/socket/bytes/huge/subprocess", 60 * G_USEC_PER_SEC,
                          G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
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
    { "end-in-the-middle", test_end_in_the_middle },
    { "time-out-keeps", test_time_out_keeps },
    { "cancel-keeps", test_cancel_keeps },
    { "reset-keeps", test_reset_keeps },
    { "local-shutdown", test_local_shutdown },
    { "max-receive-size", test_max_receive_size },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("bytes", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/socket/bytes/huge", test_huge);
  g_test_add_func ("/socket/bytes/huge/subprocess", test_huge_inside);

  return g_test_run ();
}
