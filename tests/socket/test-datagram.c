/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "message-pairs.h"

static void
test_sizes (Pair pair)
{
  g_autofree guint8 *pattern = test_pattern (65507);
  g_autofree guint8 *memory = g_malloc (100000);
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gsize size = sizes[i];
      gssize asked[] = { 0, -1, (gssize) size, (gssize) size + 1, 70000, G_MAXSSIZE };
      g_autoptr (GError) error = NULL;

      for (gsize j = 0; j < G_N_ELEMENTS (asked); j++)
        {
          send_message (fd, pattern, size);
          send_message (fd, "x", 1);
          test_expect_bytes (sock, asked[j], pattern, size);
          test_expect_bytes (sock, asked[j], "x", 1);
        }

      for (gsize minimum = 0; minimum <= 100000; minimum += 50000)
        {
          send_message (fd, pattern, size);
          send_message (fd, "x", 1);
          g_assert_cmpint (q_socket_recv_into (sock, memory, minimum, 100000, ENOUGH, NULL, &error),
                           ==, (gssize) size);
          g_assert_no_error (error);
          g_assert_cmpmem (memory, size, pattern, size);
          test_expect_bytes (sock, 0, "x", 1);
        }
    }
  close (fd);
}

typedef struct
{
  int fd;
  int tid;
  const guint8 *bytes;
  gsize length;
} Sender;

/* Sends when somebody sleeps in a read. */
static gpointer
send_late_thread (gpointer data)
{
  Sender *sender = data;

  test_wait_asleep (&sender->tid);
  send_message (sender->fd, sender->bytes, sender->length);

  return NULL;
}

/* A message may be larger than IP allows, and nothing of it is cut off, whenever it
 * comes. */
static void
test_large_local (Pair pair)
{
  const gsize length = 150000;
  g_autofree guint8 *pattern = test_pattern (length);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  if (pair == PAIR_UDP4 || pair == PAIR_UDP6)
    return;

  for (int way = 0; way < 3; way++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) got = NULL;
      int fd;
      g_autoptr (QSocket) sock = make_pair (pair, &fd);
      Sender sender = { fd, 0, pattern, length };
      GThread *thread = test_thread (send_late_thread, &sender);

      g_atomic_int_set (&sender.tid, gettid ());
      got = q_socket_recv_binary (sock, way == 1 ? 200000 : 0, way == 0 ? -1 : ENOUGH,
                                  way == 2 ? cancellable : NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, length);
      g_thread_join (thread);

      send_message (fd, pattern, length);
      test_expect_bytes (sock, 0, pattern, length);
      close (fd);
    }
}

/* What does not fit stays, and a read never goes on into the next message. */
static void
test_remainder (Pair pair)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  char memory[100];
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  send_message (fd, "0123456789abcdefghij", 20);
  send_message (fd, "next", 4);
  test_expect_bytes (sock, 4, "0123", 4);
  g_assert_true (q_socket_is_data_available (sock, 0));
  g_assert_cmpint (q_socket_recv_into (sock, memory, 1, 3, ENOUGH, NULL, &error), ==, 3);
  g_assert_cmpmem (memory, 3, "456", 3);
  text = q_socket_recv (sock, 3, ENOUGH, NULL, &error);
  g_assert_cmpstr (text, ==, "789");
  g_assert_cmpint (q_socket_recv_i2 (sock, ENOUGH, NULL, &error), ==, 'a' * 256 + 'b');
  test_expect_bytes (sock, 6, "cdefgh", 6);
  test_expect_bytes (sock, 100, "ij", 2);
  test_expect_bytes (sock, 100, "next", 4);
  g_assert_no_error (error);
  g_assert_false (q_socket_is_data_available (sock, 0));
  test_expect_failure (sock, 0, 0, Q_SOCKET_ERROR_TIMEOUT);
  test_expect_failure (sock, 4, 20, Q_SOCKET_ERROR_TIMEOUT);

  /* The rest is a message of its own to the reads that take all. */
  send_message (fd, "abc", 3);
  send_message (fd, "def", 3);
  test_expect_bytes (sock, 1, "a", 1);
  test_expect_bytes (sock, -1, "bc", 2);
  test_expect_bytes (sock, 0, "def", 3);
  close (fd);
}

static void
test_max_receive_size (Pair pair)
{
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  q_socket_set_max_receive_size (sock, 3);
  send_message (fd, "abc", 3);
  send_message (fd, "abcd", 4);
  test_expect_bytes (sock, -1, "abc", 3);
  test_expect_failure (sock, -1, ENOUGH, Q_SOCKET_ERROR_TOO_LARGE);
  test_expect_failure (sock, -1, 0, Q_SOCKET_ERROR_TOO_LARGE);
  test_expect_bytes (sock, 0, "abcd", 4);
  close (fd);
}

/* An integer that a message has not is an error at once, and takes nothing. */
static void
test_integers (Pair pair)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  send_message (fd, "\0\0\0\7", 4);
  g_assert_cmpint (q_socket_recv_i4 (sock, ENOUGH, NULL, &error), ==, 7);

  for (int i = 0; i < 2; i++)
    {
      send_message (fd, "\0\1\2", 3);
      send_message (fd, "\3\4", 2);
      for (int j = 0; j < 2; j++)
        {
          g_assert_cmpint (q_socket_recv_i4 (sock, ENOUGH, NULL, &error), ==, 0);
          test_assert_error (error, Q_SOCKET_ERROR_RECV);
        }
      if (i == 0)
        test_expect_bytes (sock, 0, "\0\1\2", 3);
      else
        g_assert_cmpint (q_socket_recv_i2 (sock, ENOUGH, NULL, &error), ==, 1);
      if (i == 1)
        {
          g_assert_cmpint (q_socket_recv_u2 (sock, ENOUGH, NULL, &error), ==, 0);
          test_assert_error (error, Q_SOCKET_ERROR_RECV);
          g_assert_cmpint (q_socket_recv_u1 (sock, ENOUGH, NULL, &error), ==, 2);
        }
      g_assert_cmpint (q_socket_recv_u2 (sock, ENOUGH, NULL, &error), ==, 0x0304);
      g_assert_no_error (error);
    }

  send_message (fd, "\0\1\0\2\0\3", 6);
  for (int i = 1; i <= 3; i++)
    g_assert_cmpint (q_socket_recv_i2 (sock, ENOUGH, NULL, &error), ==, i);
  g_assert_cmpint (q_socket_recv_i2 (sock, 0, NULL, &error), ==, 0);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  close (fd);
}

/* A message of no bytes is a message. */
static void
test_empty (Pair pair)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);
  char memory[4];
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  for (int way = 0; way < 6; way++)
    {
      g_autofree char *text = NULL;

      send_message (fd, "", 0);
      send_message (fd, "behind", 6);
      for (int i = 0; i < 3; i++)
        g_assert_true (q_socket_is_data_available (sock, 0));

      switch (way)
        {
        case 0:
          test_expect_bytes (sock, 0, "", 0);
          break;
        case 1:
          test_expect_bytes (sock, 5, "", 0);
          break;
        case 2:
          test_expect_bytes (sock, -1, "", 0);
          break;
        case 3:
          g_assert_cmpint (q_socket_recv_into (sock, memory, 4, 4, ENOUGH, NULL, &error), ==, 0);
          break;
        case 4:
          text = q_socket_recv (sock, 0, ENOUGH, NULL, &error);
          g_assert_cmpstr (text, ==, "");
          break;
        default:
          g_assert_cmpint (q_socket_recv_i4 (sock, ENOUGH, NULL, &error), ==, 0);
          test_assert_error (error, Q_SOCKET_ERROR_RECV);
          break;
        }
      g_assert_no_error (error);
      test_expect_bytes (sock, 0, "behind", 6);
    }

  /* And it can be sent. */
  q_socket_send_binary (sock, none, ENOUGH, NULL, &error);
  q_socket_send_data (sock, NULL, 0, ENOUGH, NULL, &error);
  q_socket_send (sock, "", ENOUGH, NULL, &error);
  q_socket_send (sock, "x", ENOUGH, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 3; i++)
    expect_message (fd, "", 0);
  expect_message (fd, "x", 1);
  close (fd);
}

static void
test_text (Pair pair)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  for (gssize size = -1; size <= 1; size++)
    {
      g_autofree char *text = NULL;

      send_message (fd, "caf\xc3\xa9", 5);
      send_message (fd, "next", 4);
      text = q_socket_recv (sock, size > 0 ? 1000 : size, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "caf\xc3\xa9");
      test_expect_bytes (sock, 0, "next", 4);
    }

  send_message (fd, "no\xff text", 8);
  g_assert_null (q_socket_recv (sock, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
  test_expect_bytes (sock, 0, "no\xff text", 8);
  close (fd);
}

static void
expect_text (QSocket    *sock,
             gssize      size,
             const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = q_socket_recv (sock, size, ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

/* No message goes on in the next one. */
static void
test_text_of_its_own (Pair pair)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  for (gssize size = -1; size <= 1; size++)
    {
      send_message (fd, "caf\xc3", 4);
      send_message (fd, "\xa9 next", 6);
      g_assert_null (q_socket_recv (sock, size > 0 ? 4 : size, ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
      test_expect_bytes (sock, 0, "caf\xc3", 4);
      g_assert_null (q_socket_recv (sock, size > 0 ? 6 : size, ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
      test_expect_bytes (sock, 0, "\xa9 next", 6);
    }

  /* Within one a character may come in pieces. */
  send_message (fd, "\xc3\xa4\xc3", 3);
  expect_text (sock, 1, "");
  expect_text (sock, 1, "\xc3\xa4");
  g_assert_null (q_socket_recv (sock, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
  test_expect_bytes (sock, 0, "\xc3", 1);

  q_socket_set_charset (sock, "UTF-16", &error);
  g_assert_no_error (error);
  send_message (fd, "\xff\xfe" "a", 4);
  send_message (fd, "b", 2);
  send_message (fd, "\xfe\xff\0c", 4);
  send_message (fd, "\xff\xfe", 2);
  send_message (fd, "\xff\xfe" "d", 4);
  expect_text (sock, 0, "a");
  expect_text (sock, 0, "b");
  expect_text (sock, -1, "c");
  expect_text (sock, 0, "");
  expect_text (sock, 0, "d");
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  static const PairCase cases[] = {
    { "sizes", test_sizes },
    { "large-local", test_large_local },
    { "remainder", test_remainder },
    { "max-receive-size", test_max_receive_size },
    { "integers", test_integers },
    { "empty", test_empty },
    { "text", test_text },
    { "text-of-its-own", test_text_of_its_own },
  };

  g_test_init (&argc, &argv, NULL);

  add_pair_cases ("datagram", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
