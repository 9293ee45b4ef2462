/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <string.h>
#include <unistd.h>

static GByteArray *
seal (TestTlsPeer *peer,
      const void  *bytes,
      gsize        length,
      gboolean     end)
{
  test_tls_peer_capture (peer);
  test_tls_peer_send (peer, bytes, length);
  if (end)
    test_tls_peer_end (peer);

  return test_tls_peer_release (peer);
}

/* The peer has heard that this side has ended the session. */
static void
expect_end (TestTlsPeer *peer)
{
  char byte;

  g_assert_cmpint (gnutls_record_recv (peer->session, &byte, 1), ==, 0);
}

/* Another session on the connection of @peer, which is freed. */
static void
begin_again (QSocket     *sock,
             TestTlsPeer *peer,
             gboolean     sock_is_server)
{
  TestTlsPeer *second = test_tls_peer_new (dup (peer->fd), !sock_is_server, NULL);
  GError *error = NULL;

  test_tls_peer_start (second);
  if (sock_is_server)
    q_socket_upgrade_server_to_ssl (sock, ENOUGH, NULL, &error);
  else
    q_socket_upgrade_client_to_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_tls_peer_join (second), ==, 0);
  g_assert_true (q_socket_is_secure (sock));

  test_tls_peer_send (second, "again", 5);
  test_expect_bytes (sock, 5, "again", 5);
  g_assert_true (q_socket_send (sock, "and again", ENOUGH, NULL, NULL));
  test_tls_peer_expect (second, "and again", 9);
  test_tls_peer_free (second);
}

/* ---- back to clear text ---- */

static void
test_shutdown (gconstpointer version)
{
  for (int is_server = 0; is_server <= 1; is_server++)
    {
      g_autofree guint8 *bytes = test_pattern (100000);
      g_autoptr (TestTlsPeer) peer = NULL;
      g_autoptr (QSocket) sock = test_tls_pair (is_server != 0, version, &peer);
      g_autoptr (GByteArray) last = NULL;
      GError *error = NULL;

      /* Data on its way, and clear text glued to the answer. */
      last = seal (peer, bytes, 100000, TRUE);
      g_byte_array_append (last, (const guint8 *) "clear", 5);
      test_write (peer->fd, last->data, last->len);
      q_socket_cork (sock);
      g_assert_true (q_socket_send (sock, "corked", ENOUGH, NULL, NULL));

      q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_false (q_socket_is_secure (sock));
      g_assert_true (q_socket_is_open (sock));
      g_assert_null (q_socket_get_ssl_cipher_name (sock));
      g_assert_null (q_socket_verify_peer_certificate (sock));
      test_tls_peer_expect (peer, "corked", 6);
      expect_end (peer);

      /* Twice is once. */
      g_assert_true (q_socket_shutdown_ssl (sock, 0, NULL, &error));
      g_assert_no_error (error);
      q_socket_uncork (sock, ENOUGH, NULL, NULL);
      test_expect_bytes (sock, 100000, bytes, 100000);
      test_expect_bytes (sock, 5, "clear", 5);
      g_assert_true (q_socket_send (sock, "clear, too", ENOUGH, NULL, NULL));
      test_expect (peer->fd, "clear, too", -1);
      test_write_text (peer->fd, "more");
      test_expect_bytes (sock, 4, "more", 4);

      begin_again (sock, peer, is_server != 0);
    }
}

/* The peer does not answer, or late. */
static void
test_late (gconstpointer version)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, version, &peer);
  GError *error = NULL;

  for (int times = 0; times < 2; times++)
    {
      gint64 start = g_get_monotonic_time ();

      g_assert_false (q_socket_shutdown_ssl (sock, 80, NULL, &error));
      g_assert_cmpint (test_elapsed_ms (start), >=, 80);
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
      g_assert_true (q_socket_is_secure (sock));
    }

  g_assert_false (q_socket_send (sock, "x", ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  expect_end (peer);

  /* It is read from on. */
  test_tls_peer_send (peer, "data", 4);
  test_expect_bytes (sock, 4, "data", 4);
  test_expect_failure (sock, 1, 30, Q_SOCKET_ERROR_TIMEOUT);
  test_tls_peer_send (peer, "last", 4);
  test_tls_peer_end (peer);
  q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_expect_bytes (sock, 4, "last", 4);
  begin_again (sock, peer, FALSE);
}

/* The end of the session has been read before it is shut down. */
static void
test_after_end (gconstpointer version)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, version, &peer);
  g_autoptr (GByteArray) last = seal (peer, "data", 4, TRUE);
  GError *error = NULL;

  g_byte_array_append (last, (const guint8 *) "clear", 5);
  test_write (peer->fd, last->data, last->len);
  test_expect_bytes (sock, -1, "data", 4);
  test_expect_failure (sock, 1, ENOUGH, Q_SOCKET_ERROR_CLOSED);
  q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  expect_end (peer);
  test_expect_bytes (sock, 5, "clear", 5);
  test_write_text (peer->fd, "more");
  test_expect_bytes (sock, 4, "more", 4);
  begin_again (sock, peer, FALSE);
}

static void
test_truncated (void)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, TEST_TLS_13, &peer);
  GError *error = NULL;

  test_tls_peer_send (peer, "data", 4);
  test_end_stream (peer->fd);
  g_assert_false (q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TRUNCATED);
  test_expect_bytes (sock, 4, "data", 4);
  test_expect_failure (sock, 1, ENOUGH, Q_SOCKET_ERROR_TRUNCATED);
}

static void
test_too_much (void)
{
  g_autofree guint8 *bytes = test_pattern (50000);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, TEST_TLS_13, &peer);
  GError *error = NULL;

  g_object_set (sock, "max-receive-size", 10000, NULL);
  test_tls_peer_send (peer, bytes, 50000);
  test_tls_peer_end (peer);
  g_assert_false (q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);
  test_expect_bytes (sock, 50000, bytes, 50000);
  q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

static void
test_no_tls (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;
  int fd;

  g_assert_true (q_socket_shutdown_ssl (sock, 0, NULL, &error));
  g_assert_no_error (error);
  g_object_unref (sock);
  sock = test_pair (TEST_TCP4, &fd);
  g_assert_true (q_socket_shutdown_ssl (sock, 0, NULL, &error));
  g_assert_no_error (error);
  test_write_text (fd, "x");
  test_expect_bytes (sock, 1, "x", 1);
  close (fd);
}

/* ---- upgrades that are refused ---- */

static void
expect_refused (QSocket  *sock,
                gboolean  as_server)
{
  gboolean is_open = q_socket_is_open (sock);
  gboolean is_secure = q_socket_is_secure (sock);
  GError *error = NULL;

  if (as_server)
    g_assert_false (q_socket_upgrade_server_to_ssl (sock, ENOUGH, NULL, &error));
  else
    g_assert_false (q_socket_upgrade_client_to_ssl (sock, ENOUGH, NULL, &error));
  g_test_message ("%s", error->message);
  if (is_open)
    g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL);
  else
    g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_NOT_OPEN);
  g_clear_error (&error);
  g_assert_cmpint (q_socket_is_open (sock), ==, is_open);
  g_assert_cmpint (q_socket_is_secure (sock), ==, is_secure);
}

static void
test_smuggled (void)
{
  for (int as_server = 0; as_server <= 1; as_server++)
    {
      g_autoptr (TestTlsPeer) peer = NULL;
      g_autoptr (QSocket) sock = NULL;
      g_autofree char *text = NULL;
      GError *error = NULL;
      int fd;

      sock = test_pair (TEST_TCP4, &fd);
      test_tls_prepare (sock, as_server != 0);
      test_write_text (fd, "220 go\r\nEVIL");
      test_expect_bytes (sock, 8, "220 go\r\n", 8);
      expect_refused (sock, as_server != 0);
      test_expect_bytes (sock, 4, "EVIL", 4);

      /* Half a character is clear text, too. */
      test_write_text (fd, "a\xc3");
      text = q_socket_recv (sock, 0, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "a");
      expect_refused (sock, as_server != 0);
      g_free (text);
      test_write_text (fd, "\xa4");
      text = q_socket_recv (sock, 0, ENOUGH, NULL, &error);
      g_assert_cmpstr (text, ==, "ä");

      /* The socket is as it was. */
      peer = test_tls_peer_new (fd, !as_server, NULL);
      begin_again (sock, peer, as_server != 0);
    }
}

static void
test_wrong_state (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) nothing = q_socket_new ();
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, TEST_TLS_13, &peer);
  g_autoptr (QSocket) plain = NULL;
  int fd;

  plain = test_adopted_pair (&fd);
  expect_refused (nothing, FALSE);
  expect_refused (nothing, TRUE);
  expect_refused (listener, FALSE);
  expect_refused (listener, TRUE);
  expect_refused (sock, FALSE);
  expect_refused (sock, TRUE);

  /* No name, no certificate. */
  expect_refused (plain, FALSE);
  expect_refused (plain, TRUE);
  test_write_text (fd, "x");
  test_expect_bytes (plain, 1, "x", 1);
  close (fd);

  g_assert_true (q_socket_send (sock, "fine", ENOUGH, NULL, NULL));
  test_tls_peer_expect (peer, "fine", 4);
}

/* What a peer says that speaks something else is recognised, and not waited out: that would be
 * TIMEOUT. The socket is closed. */
static void
test_no_handshake (void)
{
  static const char * const words[] = {
    "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\x16\x03\x03\xff\xff",
    "\x15\x03\x03\0\2\2\50",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    for (int as_server = 0; as_server <= 1; as_server++)
      {
        g_autoptr (QSocket) sock = NULL;
        GError *error = NULL;
        int fd;

        sock = test_pair (TEST_TCP4, &fd);
        test_tls_prepare (sock, as_server != 0);
        test_write (fd, words[i], i == 3 ? 7 : strlen (words[i]));
        if (as_server)
          g_assert_false (q_socket_upgrade_server_to_ssl (sock, ENOUGH, NULL, &error));
        else
          g_assert_false (q_socket_upgrade_client_to_ssl (sock, ENOUGH, NULL, &error));
        g_test_message ("%s", error->message);
        test_assert_error (error, Q_SOCKET_ERROR_SSL);
        g_assert_false (q_socket_is_open (sock));
        close (fd);
      }
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/socket/ssl-turns/shutdown/tls1.2", TEST_TLS_12, test_shutdown);
  g_test_add_data_func ("/socket/ssl-turns/shutdown/tls1.3", TEST_TLS_13, test_shutdown);
  g_test_add_data_func ("/socket/ssl-turns/late/tls1.2", TEST_TLS_12, test_late);
  g_test_add_data_func ("/socket/ssl-turns/late/tls1.3", TEST_TLS_13, test_late);
  g_test_add_data_func ("/socket/ssl-turns/after-end/tls1.2", TEST_TLS_12, test_after_end);
  g_test_add_data_func ("/socket/ssl-turns/after-end/tls1.3", TEST_TLS_13, test_after_end);
  g_test_add_func ("/socket/ssl-turns/truncated", test_truncated);
  g_test_add_func ("/socket/ssl-turns/too-much", test_too_much);
  g_test_add_func ("/socket/ssl-turns/no-tls", test_no_tls);
  g_test_add_func ("/socket/ssl-turns/smuggled", test_smuggled);
  g_test_add_func ("/socket/ssl-turns/wrong-state", test_wrong_state);
  g_test_add_func ("/socket/ssl-turns/no-handshake", test_no_handshake);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
