/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* What is encrypted, for the test to send as it likes. */
static GByteArray *
seal (TestTlsPeer *peer,
      const void  *bytes,
      gsize        length)
{
  test_tls_peer_capture (peer);
  test_tls_peer_send (peer, bytes, length);

  return test_tls_peer_release (peer);
}

/* ---- what there is to be read, and what is not ---- */

/* Lets the context sleep once and tells how often the callback was called. */
static gboolean
count (gpointer n)
{
  (*(int *) n)++;

  return G_SOURCE_CONTINUE;
}

static gboolean
wake_up (gpointer is_over)
{
  *(gboolean *) is_over = TRUE;

  return G_SOURCE_REMOVE;
}

typedef struct
{
  GMainContext *context;
  GSource *source;
  int n_calls;
} Watch;

static void
watch_init (Watch   *watch,
            QSocket *sock)
{
  watch->context = g_main_context_new ();
  watch->source = q_socket_create_source (sock, G_IO_IN, NULL);
  watch->n_calls = 0;
  g_source_set_callback (watch->source, count, &watch->n_calls, NULL);
  g_source_attach (watch->source, watch->context);
}

static void
watch_clear (Watch *watch)
{
  g_source_destroy (watch->source);
  g_source_unref (watch->source);
  g_main_context_unref (watch->context);
}

/* Runs the context for a while; it must not spin. */
static void
expect_quiet (Watch *watch)
{
  g_autoptr (GSource) timeout = g_timeout_source_new (60);
  gboolean is_over = FALSE;
  int n_iterations = 0;

  g_source_set_callback (timeout, wake_up, &is_over, NULL);
  g_source_attach (timeout, watch->context);
  watch->n_calls = 0;
  while (!is_over)
    {
      g_main_context_iteration (watch->context, TRUE);
      n_iterations++;
    }
  g_assert_cmpint (watch->n_calls, ==, 0);
  g_assert_cmpint (n_iterations, <, 6);
}

/* And stays ready until it is read. */
static void
expect_ready (Watch *watch)
{
  watch->n_calls = 0;
  while (watch->n_calls < 3)
    g_main_context_iteration (watch->context, TRUE);
}

/* What arrives and is no data: false for both. */
static void
expect_nothing (QSocket *sock,
                Watch   *watch)
{
  gint64 start = g_get_monotonic_time ();

  expect_quiet (watch);
  g_assert_false (q_socket_is_data_available (sock, 0));
  g_assert_false (q_socket_is_data_available (sock, 60));
  g_assert_cmpint (test_elapsed_ms (start), >=, 60);
  expect_quiet (watch);
}

static void
test_available (gconstpointer version)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, version, &peer);
  g_autofree guint8 *bytes = test_pattern (20000);
  g_autoptr (GByteArray) record = NULL;
  g_autoptr (GIOStream) stream = g_object_ref (q_socket_get_io_stream (sock));
  GInputStream *input = g_io_stream_get_input_stream (stream);
  GError *error = NULL;
  guint8 got[100];
  Watch watch;

  watch_init (&watch, sock);
  expect_nothing (sock, &watch);

  if (strcmp (version, TEST_TLS_13) == 0)
    {
      g_assert_cmpint (gnutls_session_key_update (peer->session, GNUTLS_KU_PEER), ==, 0);
      expect_nothing (sock, &watch);
    }

  /* A record that comes in pieces. */
  record = seal (peer, bytes, 16000);
  for (guint done = 0; done < record->len;)
    {
      guint length = MIN (done == 0 ? 3 : 8000, record->len - done);

      test_write (peer->fd, record->data + done, length);
      done += length;
      if (done < record->len)
        expect_nothing (sock, &watch);
    }
  expect_ready (&watch);
  g_assert_true (q_socket_is_data_available (sock, ENOUGH));

  /* What is decrypted already, by all ways to read it. */
  test_expect_bytes (sock, 1000, bytes, 1000);
  expect_ready (&watch);
  g_assert_true (q_socket_is_data_available (sock, 0));
  g_assert_cmpint (g_input_stream_read (input, got, 100, NULL, &error), ==, 100);
  g_assert_cmpmem (got, 100, bytes + 1000, 100);
  g_assert_true (g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (input)));
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), got,
                                                             100, NULL, &error), ==, 100);
  g_assert_cmpmem (got, 100, bytes + 1100, 100);
  test_expect_bytes (sock, 0, bytes + 1200, 14800);
  g_assert_false (g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (input)));
  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), got,
                                                             100, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);
  expect_nothing (sock, &watch);

  /* The other way. */
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (stream), bytes, 20000,
                                            NULL, NULL, &error));
  test_tls_peer_expect (peer, bytes, 20000);

  /* The end. */
  test_tls_peer_end (peer);
  expect_ready (&watch);
  g_assert_true (q_socket_is_data_available (sock, 0));
  g_assert_true (q_socket_is_data_available (sock, -1));
  g_assert_cmpint (g_input_stream_read (input, got, 100, NULL, &error), ==, 0);
  expect_ready (&watch);

  watch_clear (&watch);
}

/* Session tickets come when the handshake is done, and are no data. */
static void
test_tickets (void)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = NULL;
  gnutls_datum_t key;
  GError *error = NULL;
  Watch watch;
  int fd;

  sock = test_pair (TEST_TCP4, &fd);
  test_tls_prepare (sock, FALSE);
  peer = test_tls_peer_new (fd, TRUE, TEST_TLS_13);
  g_assert_cmpint (gnutls_session_ticket_key_generate (&key), ==, 0);
  g_assert_cmpint (gnutls_session_ticket_enable_server (peer->session, &key), ==, 0);
  test_tls_peer_start (peer);
  q_socket_upgrade_client_to_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_tls_peer_join (peer), ==, 0);
  gnutls_free (key.data);

  watch_init (&watch, sock);
  expect_nothing (sock, &watch);
  g_assert_cmpint (gnutls_session_ticket_send (peer->session, 3, 0), ==, 0);
  expect_nothing (sock, &watch);
  test_expect_failure (sock, 0, 0, Q_SOCKET_ERROR_TIMEOUT);
  watch_clear (&watch);
}

static gpointer
upgrade_thread (gpointer data)
{
  GError *error = NULL;

  q_socket_upgrade_server_to_ssl (Q_SOCKET (data), ENOUGH, NULL, &error);
  g_assert_no_error (error);

  return NULL;
}

/* Data glued to the last message of the handshake. */
static gpointer
shake_and_send (gpointer data)
{
  TestTlsPeer *peer = data;

  test_tls_peer_capture (peer);
  while (gnutls_handshake (peer->session) < 0)
    {
      /* Everything but the last flight goes its way. */
      g_autoptr (GByteArray) flight = test_tls_peer_release (peer);

      test_write (peer->fd, flight->data, flight->len);
      test_tls_peer_capture (peer);
    }

  return NULL;
}

static gssize
pull_by_turns (gnutls_transport_ptr_t  data,
               void                   *buffer,
               gsize                   size)
{
  TestTlsPeer *peer = data;

  if (peer->captured != NULL && peer->captured->len > 0)
    {
      gnutls_transport_set_errno (peer->session, EAGAIN);
      return -1;
    }

  return recv (peer->fd, buffer, size, 0);
}

static void
test_glued (void)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = NULL;
  g_autoptr (GByteArray) last = NULL;
  GThread *thread;
  GThread *other;
  Watch watch;
  int fd;

  /* The peer is a client, whose word is the last one. */
  sock = test_pair (TEST_TCP4, &fd);
  test_tls_prepare (sock, TRUE);
  peer = test_tls_peer_new (fd, FALSE, TEST_TLS_13);
  gnutls_transport_set_pull_function (peer->session, pull_by_turns);
  thread = test_thread (shake_and_send, peer);

  /* The upgrade waits for it in another thread. */
  other = test_thread (upgrade_thread, sock);
  g_thread_join (thread);
  test_tls_peer_send (peer, "early", 5);
  last = test_tls_peer_release (peer);
  test_write (fd, last->data, last->len);
  g_thread_join (other);

  watch_init (&watch, sock);
  expect_ready (&watch);
  g_assert_true (q_socket_is_data_available (sock, 0));
  test_expect_bytes (sock, 0, "early", 5);
  expect_nothing (sock, &watch);
  watch_clear (&watch);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/socket/ssl-available/tls1.2", TEST_TLS_12, test_available);
  g_test_add_data_func ("/socket/ssl-available/tls1.3", TEST_TLS_13, test_available);
  g_test_add_func ("/socket/ssl-available/tickets", test_tickets);
  g_test_add_func ("/socket/ssl-available/glued", test_glued);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
