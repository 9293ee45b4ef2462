/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "cork-help.h"

#define CORK_SIZE 65536

/* ---- what gathers ---- */

static void
test_gathers (TestKind kind)
{
  static const char wire[] =
    "\0\0\0\1" "text" "bytes" "GET / HTTP/1.0\r\n\r\n" "\2\0" "\3";
  g_autoptr (GBytes) bytes = g_bytes_new_static ("bytes", 5);
  g_autoptr (GError) error = NULL;
  guint n_writes = 0;
  char got[sizeof wire];
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  g_signal_connect (sock, "packet-sent", G_CALLBACK (count_cb), &n_writes);

  for (int round = 1; round <= 3; round++)
    {
      q_socket_cork (sock);
      q_socket_cork (sock);
      q_socket_send_i4 (sock, 1, 0, NULL, &error);
      q_socket_send (sock, "text", 0, NULL, &error);
      q_socket_send_binary (sock, bytes, 0, NULL, &error);
      q_socket_send_http_message (sock, "GET", "/", "1.0", NULL, NULL, 0, NULL, &error);
      q_socket_send_i2_lsb (sock, 2, 0, NULL, &error);
      q_socket_send_i1 (sock, 3, 0, NULL, &error);
      q_socket_send (sock, "", 0, NULL, &error);
      g_assert_no_error (error);

      expect_nothing (fd);
      g_assert_cmpuint (n_writes, ==, (guint) round - 1);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==,
                        ((guint) round - 1) * (sizeof wire - 1));

      uncork (sock);
      g_assert_cmpuint (n_writes, ==, (guint) round);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, (guint) round * (sizeof wire - 1));

      /* One write is one arrival. */
      g_assert_cmpint (recv (fd, got, sizeof got, 0), ==, sizeof wire - 1);
      g_assert_cmpmem (got, sizeof wire - 1, wire, sizeof wire - 1);
    }

  /* From here on everything leaves at once, and there is nothing to uncork. */
  uncork (sock);
  q_socket_send_i1 (sock, 4, 0, NULL, &error);
  test_expect (fd, "\4", 1);
  uncork (sock);
  g_assert_cmpuint (n_writes, ==, 4);
  close (fd);
}

/* In pieces of each size, so that the border lies in each of them. */
static void
test_overflow (TestKind kind)
{
  static const gsize pieces[] = { 1, 7, 8, 4096, 65535, 65536, 65537, 100000 };
  const gsize length = 300000;
  g_autofree guint8 *pattern = test_pattern (length + 100000);

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      gsize piece = pieces[i];
      gsize done = 0;
      guint n_writes = 0;
      TestDrain drain;
      g_autoptr (GBytes) got = NULL;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      g_signal_connect (sock, "packet-sent", G_CALLBACK (count_cb), &n_writes);
      test_drain_start (&drain, fd);
      q_socket_cork (sock);
      while (done < length)
        {
          send_bytes (sock, pattern + done, piece);
          done += piece;

          /* No more than 64 KiB are kept back, and no less than is worth it. */
          g_assert_cmpuint (done - q_socket_get_bytes_sent (sock), <=, CORK_SIZE);
          if (done < CORK_SIZE)
            g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 0);
        }
      if (piece < CORK_SIZE)
        g_assert_cmpuint (n_writes, <, 40);
      uncork (sock);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, done);
      q_socket_close (sock, NULL);
      got = test_drain_join (&drain);
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, done);
      close (fd);
    }
}

static void
test_integers_overflow (TestKind kind)
{
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_drain_start (&drain, fd);
  q_socket_cork (sock);
  send_bytes (sock, "x", 1);
  g_byte_array_append (expected, (const guint8 *) "x", 1);
  for (guint i = 0; i < 40000; i++)
    {
      guint32 wire = GUINT32_TO_BE (i);

      q_socket_send_i4 (sock, i, ENOUGH, NULL, &error);
      g_byte_array_append (expected, (const guint8 *) &wire, 4);
    }
  g_assert_no_error (error);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), >=, 2 * CORK_SIZE);
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got),
                   expected->data, expected->len);
  close (fd);
}

static void
test_large_payload (TestKind kind)
{
  const gsize length = 5 * 1024 * 1024;
  g_autofree guint8 *pattern = test_pattern (length);
  g_autoptr (GBytes) got = NULL;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_drain_start (&drain, fd);
  q_socket_cork (sock);
  send_bytes (sock, pattern, 10);
  send_bytes (sock, pattern + 10, length - 20);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, length - 10);
  send_bytes (sock, pattern + length - 10, 10);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, length - 10);
  uncork (sock);
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, length);
  close (fd);
}

/* ---- the end ---- */

static void
test_close_flushes (TestKind kind)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);

  for (int way = 0; way < 3; way++)
    {
      g_autoptr (GError) error = NULL;
      int fd;
      QSocket *sock = test_pair (kind, &fd);

      q_socket_cork (sock);
      q_socket_send_i2 (sock, 1, ENOUGH, NULL, &error);
      q_socket_send (sock, "last", ENOUGH, NULL, &error);
      g_assert_no_error (error);

      if (way == 0)
        q_socket_close (sock, NULL);
      else if (way == 1)
        q_socket_connect (sock, target, ENOUGH, NULL, &error);
      else
        g_clear_object (&sock);
      expect_to_end (fd, "\0\1last", 6);
      g_clear_object (&sock);
      close (fd);
    }
}

/* What was sent before it arrives before the end. */
static void
test_shutdown_flushes (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  q_socket_cork (sock);
  send_bytes (sock, "last", 4);
  g_assert_true (q_socket_shutdown (sock, &error));
  g_assert_no_error (error);
  expect_to_end (fd, "last", 4);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 4);
  uncork (sock);
  close (fd);
}

/* If the kernel takes nothing, close does not wait for it: the peer reads only after that. */
static void
test_close_never_waits (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_OVERFLOW);
  g_autoptr (GBytes) got = NULL;
  gsize length;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  length = test_fill_kernel (sock, pattern, TEST_OVERFLOW);
  q_socket_cork (sock);
  send_bytes (sock, pattern + length, 60000);
  q_socket_close (sock, NULL);

  got = test_read_to_end (fd);
  g_assert_cmpuint (g_bytes_get_size (got), >=, length);
  g_assert_cmpint (memcmp (g_bytes_get_data (got, NULL), pattern, g_bytes_get_size (got)), ==, 0);
  close (fd);
}

/* The state belongs to the connection. */
static void
test_reopen (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();

  q_socket_cork (sock);
  g_assert_false (q_socket_uncork (sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  q_socket_cork (sock);

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (QSocket) accepted = NULL;

      q_socket_connect (sock, target, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
      q_socket_send_i1 (sock, 'a' + i, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 1);
      g_assert_cmpint (q_socket_recv_i1 (accepted, ENOUGH, NULL, &error), ==, 'a' + i);
      q_socket_cork (sock);
      q_socket_send_i1 (sock, 'x', ENOUGH, NULL, &error);
    }
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "gathers", test_gathers },
    { "overflow", test_overflow },
    { "integers-overflow", test_integers_overflow },
    { "large-payload", test_large_payload },
    { "close-flushes", test_close_flushes },
    { "shutdown-flushes", test_shutdown_flushes },
    { "close-never-waits", test_close_never_waits },
    { "reopen", test_reopen },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("cork", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
