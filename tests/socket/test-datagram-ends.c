/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "message-pairs.h"

#include <errno.h>

/* ---- sending ---- */

static void
count_cb (QSocket      *sock,
          QSocketEvent *event,
          gpointer      data)
{
  ++*(guint *) data;
  g_assert_cmpint (q_socket_event_get_sent (event), ==, q_socket_event_get_total_to_send (event));
}

static void
test_send (Pair pair)
{
  g_autofree guint8 *pattern = test_pattern (65508);
  g_autoptr (GError) error = NULL;
  guint n_sent = 0;
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  g_signal_connect (sock, "packet-sent", G_CALLBACK (count_cb), &n_sent);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      q_socket_send_data (sock, pattern, sizes[i], ENOUGH, NULL, &error);
      g_assert_no_error (error);
      expect_message (fd, pattern, sizes[i]);
    }
  g_assert_cmpuint (n_sent, ==, G_N_ELEMENTS (sizes));

  q_socket_send_http_message (sock, "GET", "/", "1.0", NULL, NULL, ENOUGH, NULL, &error);
  expect_message (fd, "GET / HTTP/1.0\r\n\r\n", 18);

  /* Nothing gathers here. */
  q_socket_cork (sock);
  q_socket_send_i4 (sock, 1, ENOUGH, NULL, &error);
  expect_message (fd, "\0\0\0\1", 4);
  q_socket_send (sock, "text", ENOUGH, NULL, &error);
  q_socket_send_i1 (sock, 2, ENOUGH, NULL, &error);
  expect_message (fd, "text", 4);
  expect_message (fd, "\2", 1);
  q_socket_uncork (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  if (pair == PAIR_UDP4)
    {
      guint64 before = q_socket_get_bytes_sent (sock);

      g_assert_false (q_socket_send_data (sock, pattern, 65508, ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_SEND);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, before);
      q_socket_send_i1 (sock, 3, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      expect_message (fd, "\3", 1);
    }
  g_assert_true (q_socket_is_write_finished (sock, 0));
  close (fd);
}

/* A full queue makes the sender wait, and then give up with nothing half sent. */
static void
test_full (Pair pair)
{
  g_autofree guint8 *pattern = test_pattern (1000);
  g_autoptr (GError) error = NULL;
  guint64 n_sent;
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  /* UDP would rather lose what does not fit. */
  if (pair == PAIR_UDP4 || pair == PAIR_UDP6)
    {
      close (fd);
      return;
    }

  while (q_socket_send_data (sock, pattern, 1000, 0, NULL, &error))
    continue;
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  n_sent = q_socket_get_bytes_sent (sock) / 1000;
  g_assert_cmpuint (n_sent, >, 0);
  g_assert_false (q_socket_send_data (sock, pattern, 1000, 20, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);

  for (guint64 i = 0; i < n_sent; i++)
    expect_message (fd, pattern, 1000);
  g_assert_cmpint (recv (fd, pattern, 1000, MSG_DONTWAIT), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  close (fd);
}

/* ---- ends and errors ---- */

/* The time of a call that must not use it: with it, one that waits or works on outlasts the
 * program. */
#define NEVER G_MAXINT

/* After a shutdown there is an end where otherwise is none; what came before it
 * comes first, and no call waits or works. */
static void
test_shutdown (Pair pair)
{
  static const int timeouts[] = { -1, NEVER };
  g_autoptr (GError) error = NULL;
  char memory[4];
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  send_message (fd, "first", 5);
  send_message (fd, "second", 6);
  test_expect_bytes (sock, 2, "fi", 2);
  g_assert_true (q_socket_shutdown (sock, &error));
  g_assert_no_error (error);
  test_expect_bytes (sock, 0, "rst", 3);
  test_expect_bytes (sock, 0, "second", 6);

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      int timeout_ms = timeouts[i];

      test_expect_failure (sock, 0, timeout_ms, Q_SOCKET_ERROR_CLOSED);
      test_expect_failure (sock, 5, timeout_ms, Q_SOCKET_ERROR_CLOSED);
      q_socket_recv_i4 (sock, timeout_ms, NULL, &error);
      test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
      g_assert_null (q_socket_recv (sock, 0, timeout_ms, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
      g_assert_null (q_socket_read_http_header (sock, timeout_ms, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
      test_expect_bytes (sock, -1, "", 0);
      g_assert_cmpint (q_socket_recv_into (sock, memory, 1, 4, timeout_ms, NULL, &error), ==, 0);
      g_assert_true (q_socket_is_data_available (sock, timeout_ms));
    }
  g_assert_false (q_socket_send (sock, "x", ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SEND);
  close (fd);
}

static gpointer
shutdown_thread (gpointer data)
{
  gpointer *pair = data;

  test_wait_asleep (pair[1]);
  q_socket_shutdown (pair[0], NULL);

  return NULL;
}

/* Who sleeps in a read when it happens does not take it for a message. */
static void
test_shutdown_wakes (Pair pair)
{
  for (int timeout_ms = -1; timeout_ms <= ENOUGH; timeout_ms += ENOUGH + 1)
    {
      int tid = 0;
      int fd;
      g_autoptr (QSocket) sock = make_pair (pair, &fd);
      gpointer data[2] = { sock, &tid };
      GThread *thread = test_thread (shutdown_thread, data);

      g_atomic_int_set (&tid, gettid ());
      test_expect_failure (sock, 0, timeout_ms, Q_SOCKET_ERROR_CLOSED);
      g_thread_join (thread);
      close (fd);
    }
}

static void
test_peer_gone (Pair pair)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = make_pair (pair, &fd);

  send_message (fd, "last", 4);
  close (fd);
  test_expect_bytes (sock, 4, "last", 4);

  if (pair == PAIR_SEQPACKET)
    {
      test_expect_failure (sock, 0, -1, Q_SOCKET_ERROR_CLOSED);
      test_expect_failure (sock, 5, -1, Q_SOCKET_ERROR_CLOSED);
      test_expect_bytes (sock, -1, "", 0);
      return;
    }

  if (pair == PAIR_UNIX)
    {
      g_assert_false (q_socket_send (sock, "x", ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_SEND);
      return;
    }

  /* The answer to the first one is an error, once, and the socket stays in use. */
  for (int i = 0; i < 2; i++)
    {
      g_assert_true (q_socket_send (sock, "x", ENOUGH, NULL, &error));
      g_assert_no_error (error);
      test_expect_failure (sock, 0, ENOUGH, Q_SOCKET_ERROR_RECV);
      test_expect_failure (sock, 0, 0, Q_SOCKET_ERROR_TIMEOUT);
    }
}

/* ---- both ends ours ---- */

static void
test_bound_inet (void)
{
  g_autoptr (QSocket) server = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *service = NULL;
  g_autofree guint8 *pattern = test_pattern (65507);

  q_socket_bind_inet (server, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                      G_SOCKET_TYPE_DATAGRAM, 0, &error);
  g_assert_no_error (error);
  g_assert_false (q_socket_is_data_available (server, 0));
  service = g_strdup_printf ("%d", q_socket_get_port (server));
  q_socket_connect_inet (client, "127.0.0.1", service, G_SOCKET_FAMILY_INVALID,
                         G_SOCKET_TYPE_DATAGRAM, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  q_socket_send_data (client, pattern, 65507, ENOUGH, NULL, &error);
  q_socket_send_i8 (client, -2, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_is_data_available (server, ENOUGH));
  test_expect_bytes (server, 65507, pattern, 65507);
  g_assert_cmpint (q_socket_recv_i8 (server, ENOUGH, NULL, &error), ==, -2);

  /* It has nobody to send to. */
  g_assert_no_error (error);
  g_assert_false (q_socket_send (server, "x", ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SEND);
}

static void
test_bound_unix (void)
{
  static const GSocketType types[] = { G_SOCKET_TYPE_DATAGRAM, G_SOCKET_TYPE_SEQPACKET };
  g_autofree guint8 *pattern = test_pattern (150000);

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      char *dir = test_make_dir ();
      g_autofree char *path = g_build_filename (dir, "socket", NULL);
      g_autoptr (QSocket) server = q_socket_new ();
      g_autoptr (QSocket) client = q_socket_new ();
      g_autoptr (GError) error = NULL;

      q_socket_bind_unix (server, path, types[i], 0, &error);
      g_assert_no_error (error);
      if (i == 1)
        q_socket_listen (server, 0, &error);
      q_socket_connect_unix (client, path, types[i], 0, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      if (i == 1)
        {
          QSocket *accepted = q_socket_accept (server, ENOUGH, NULL, &error);

          g_assert_no_error (error);
          g_object_unref (server);
          server = accepted;
        }

      q_socket_send_data (client, pattern, 150000, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      test_expect_bytes (server, 100000, pattern, 100000);
      q_socket_send_i2 (client, 5, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      test_expect_bytes (server, 100000, pattern + 100000, 50000);
      g_assert_cmpint (q_socket_recv_i2 (server, ENOUGH, NULL, &error), ==, 5);
      g_assert_no_error (error);
      test_remove_dir (dir);
    }
}

/* A listener of packets shut down without a peer must not drive its reader mad. */
static void
test_shutdown_unconnected (void)
{
  g_autoptr (QSocket) server = q_socket_new ();
  g_autoptr (GError) error = NULL;

  q_socket_bind_inet (server, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                      G_SOCKET_TYPE_DATAGRAM, 0, &error);
  g_assert_no_error (error);
  g_assert_false (q_socket_shutdown (server, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  test_expect_failure (server, 0, -1, Q_SOCKET_ERROR_CLOSED);
  test_expect_failure (server, 0, NEVER, Q_SOCKET_ERROR_CLOSED);
}

int
main (int    argc,
      char **argv)
{
  static const PairCase cases[] = {
    { "send", test_send },
    { "full", test_full },
    { "shutdown", test_shutdown },
    { "shutdown-wakes", test_shutdown_wakes },
    { "peer-gone", test_peer_gone },
  };

  g_test_init (&argc, &argv, NULL);

  add_pair_cases ("datagram-ends", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/socket/datagram-ends/bound-inet", test_bound_inet);
  g_test_add_func ("/socket/datagram-ends/bound-unix", test_bound_unix);
  g_test_add_func ("/socket/datagram-ends/shutdown-unconnected", test_shutdown_unconnected);

  return g_test_run ();
}
