/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "read-ways.h"

#include <sys/resource.h>

#ifdef __has_feature
# if __has_feature (address_sanitizer)
#  define HAS_SANITIZER 1
# endif
#endif
#ifdef __SANITIZE_ADDRESS__
# define HAS_SANITIZER 1
#endif

/* Reads that get less than they ask for: what came is not lost, and what did not come costs
 * nothing. */

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
  g_test_trap_subprocess ("/socket/bytes-short/huge/subprocess", 0,
                          G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "end-in-the-middle", test_end_in_the_middle },
    { "time-out-keeps", test_time_out_keeps },
    { "cancel-keeps", test_cancel_keeps },
    { "reset-keeps", test_reset_keeps },
    { "local-shutdown", test_local_shutdown },
    { "max-receive-size", test_max_receive_size },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("bytes-short", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/socket/bytes-short/huge", test_huge);
  g_test_add_func ("/socket/bytes-short/huge/subprocess", test_huge_inside);

  return g_test_run ();
}
