/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <sys/socket.h>
#include <unistd.h>

/* More clients than a server makes handshakes with at a time, and most of them silent. */

/* ---- a crowd at the door ---- */

static gpointer
visit (gpointer target)
{
  TestTlsPeer *peer = test_tls_peer_new (test_connect_fd (target), FALSE, NULL);

  test_tls_peer_handshake (peer);

  return peer;
}

static void
serve_visitor (QSocket *listener,
               char    *target)
{
  GThread *thread = test_thread (visit, target);
  GError *error = NULL;
  g_autoptr (QSocket) accepted = q_socket_accept_ssl (listener, ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (accepted);
  test_tls_peer_free (g_thread_join (thread));
}

static void
expect_nobody (QSocket *listener)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (q_socket_accept (listener, 0, NULL, &error));
  g_assert_no_error (error);
}

static void
wait_for_end (int fd)
{
  char byte;

  g_assert_cmpint (recv (fd, &byte, 1, 0), <=, 0);
}

static void
test_crowd (gconstpointer data)
{
  guint n_silent = GPOINTER_TO_UINT (data);
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autofree int *silent = g_new (int, n_silent);
  guint n_kept = MIN (n_silent, 63);    /* and the one that then spoke */
  GError *error = NULL;

  /* A server that waited for one of the silent ones would wait until its time is up, and fail. */
  test_tls_prepare (listener, TRUE);
  for (guint i = 0; i < n_silent; i++)
    silent[i] = test_connect_fd (target);

  for (int times = 0; times < 3; times++)
    serve_visitor (listener, target);

  /* One that was silent and speaks late. */
  {
    TestTlsPeer *peer = test_tls_peer_new (silent[n_silent - 1], FALSE, NULL);
    QSocket *accepted;

    test_tls_peer_start (peer);
    accepted = q_socket_accept_ssl (listener, ENOUGH, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (test_tls_peer_join (peer), ==, 0);
    test_tls_peer_free (peer);
    g_object_unref (accepted);
    n_silent--;
    n_kept--;
  }

  /* Those that were too many have been closed. The others can be accepted without TLS. */
  for (guint i = 0; i < n_silent - n_kept; i++)
    wait_for_end (silent[i]);
  for (guint i = n_silent - n_kept; i < n_silent; i++)
    {
      g_autoptr (QSocket) accepted = NULL;

      g_assert_true (q_socket_is_data_available (listener, 0));
      accepted = q_socket_accept (listener, 0, NULL, &error);
      g_assert_no_error (error);
      g_assert_nonnull (accepted);
      g_assert_true (q_socket_send (accepted, "x", ENOUGH, NULL, NULL));
      test_expect (silent[i], "x", 1);
    }
  expect_nobody (listener);

  for (guint i = 0; i < n_silent; i++)
    close (silent[i]);
}

/* They go with the listener, and with the time. */
static void
test_crowd_goes (void)
{
  g_autofree char *target = NULL;
  QSocket *listener = test_listener (&target);
  GError *error = NULL;
  gint64 start;
  int fds[3];

  test_tls_prepare (listener, TRUE);
  for (int i = 0; i < 2; i++)
    fds[i] = test_connect_fd (target);
  start = g_get_monotonic_time ();
  g_assert_null (q_socket_accept_ssl (listener, 120, NULL, &error));
  g_assert_cmpint (test_elapsed_ms (start), >=, 120);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  wait_for_end (fds[0]);
  wait_for_end (fds[1]);

  /* Nobody came. */
  start = g_get_monotonic_time ();
  g_assert_null (q_socket_accept_ssl (listener, 120, NULL, &error));
  g_assert_cmpint (test_elapsed_ms (start), >=, 120);
  g_assert_no_error (error);

  fds[2] = test_connect_fd (target);
  serve_visitor (listener, target);

  g_object_unref (listener);
  for (int i = 0; i < 3; i++)
    {
      wait_for_end (fds[i]);
      close (fds[i]);
    }
}

/* ---- more of them than there are threads for handshakes ---- */

typedef struct
{
  QSocket *sock;
  TestTlsPeer *peer;
  int timeout_ms;
} Loris;

static gpointer
shake_hands (gpointer data)
{
  Loris *self = data;
  gint64 start = g_get_monotonic_time ();
  GError *error = NULL;

  g_assert_false (q_socket_upgrade_server_to_ssl (self->sock, self->timeout_ms, NULL, &error));
  if (self->timeout_ms > 0)
    g_assert_cmpint (test_elapsed_ms (start), >=, self->timeout_ms);
  test_assert_error (error, self->timeout_ms > 0 ? Q_SOCKET_ERROR_TIMEOUT
                                                 : Q_SOCKET_ERROR_CLOSED);
  g_assert_false (q_socket_is_open (self->sock));

  return NULL;
}

static void
loris_init (Loris *self,
            int    timeout_ms)
{
  int fd;

  *self = (Loris) { .sock = test_adopted_pair (&fd), .timeout_ms = timeout_ms };
  test_tls_prepare (self->sock, TRUE);

  /* The beginning of a ClientHello. */
  self->peer = test_tls_peer_new (fd, FALSE, NULL);
  self->peer->fault = (TestFault) { TEST_FAULT_SILENCE, TRUE, 40 };
  test_tls_peer_handshake (self->peer);
}

static void
loris_clear (Loris *self)
{
  test_tls_peer_free (self->peer);
  g_object_unref (self->sock);
}

static void
test_loris (void)
{
  Loris lorises[14];
  GThread *threads[12];
  guint before = test_count_fds ();

  for (guint i = 0; i < G_N_ELEMENTS (lorises); i++)
    loris_init (&lorises[i], i < 12 ? -1 : 100);
  for (guint i = 0; i < 12; i++)
    threads[i] = test_thread_blocked (shake_hands, &lorises[i]);

  /* All threads for handshakes are taken, so it is never the turn of these. */
  shake_hands (&lorises[12]);
  shake_hands (&lorises[13]);

  for (guint i = 0; i < 12; i++)
    q_socket_close (lorises[i].sock, NULL);
  for (guint i = 0; i < 12; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < G_N_ELEMENTS (lorises); i++)
    loris_clear (&lorises[i]);

  /* Handshakes are made again, and nothing is left. */
  {
    g_autoptr (TestTlsPeer) peer = NULL;
    g_autoptr (QSocket) sock = test_tls_pair (TRUE, NULL, &peer);

    g_assert_true (q_socket_is_secure (sock));
  }
  test_wait_fds (before);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/socket/ssl-crowds/30", GUINT_TO_POINTER (30), test_crowd);
  g_test_add_data_func ("/socket/ssl-crowds/100", GUINT_TO_POINTER (100), test_crowd);
  g_test_add_func ("/socket/ssl-crowds/goes", test_crowd_goes);
  g_test_add_func ("/socket/ssl-crowds/loris", test_loris);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
