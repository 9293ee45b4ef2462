/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"
#include "test-ssl-pair.h"

#include <string.h>

/* TLS connections that were begun with GIO's classes, and streams for them. */

static TestCerts *certs;

static gboolean
accept_any_cb (GTlsConnection       *connection,
               GTlsCertificate      *certificate,
               GTlsCertificateFlags  errors,
               gpointer              user_data)
{
  return TRUE;
}

/* A connection of GIO's to @listener; @accepted is our end of it. */
static GIOStream *
open_connection (QSocket  *listener,
                 gboolean  with_handshake,
                 QSocket **accepted)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) base = NULL;
  g_autoptr (GSocketConnectable) identity = g_network_address_new ("localhost", 0);
  g_autoptr (GError) error = NULL;
  GIOStream *stream;
  TestSslHalf half;

  base = g_socket_client_connect_to_host (client, "127.0.0.1",
                                          (guint16) q_socket_get_port (listener), NULL, &error);
  g_assert_no_error (error);
  stream = g_tls_client_connection_new (G_IO_STREAM (base), identity, &error);
  g_assert_no_error (error);
  g_signal_connect (stream, "accept-certificate", G_CALLBACK (accept_any_cb), NULL);
  if (!with_handshake)
    return stream;

  test_ssl_accept_start (&half, listener, ENOUGH);
  g_tls_connection_handshake (G_TLS_CONNECTION (stream), NULL, &error);
  g_assert_no_error (error);
  g_assert_true (test_ssl_join (&half));
  *accepted = half.result;

  return stream;
}

static QSocket *
wrap (GIOStream *stream)
{
  g_autoptr (GError) error = NULL;
  QSocket *sock = q_socket_new_from_connection (stream, &error);

  g_assert_no_error (error);

  return sock;
}

static void
send_text (QSocket    *sock,
           const char *text)
{
  g_autoptr (GError) error = NULL;

  q_socket_send (sock, text, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

static void
expect_text (QSocket    *sock,
             const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *got = q_socket_recv (sock, (gssize) strlen (text), ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, text);
}

static QSocket *
new_listener (void)
{
  g_autofree char *target = NULL;
  QSocket *listener = test_listener (&target);

  test_ssl_identify (listener, certs, "server");

  return listener;
}

static void
test_wrap (void)
{
  g_autoptr (QSocket) listener = new_listener ();
  QSocket *accepted;
  g_autoptr (GIOStream) stream = open_connection (listener, TRUE, &accepted);
  g_autoptr (QSocket) sock = wrap (stream);
  g_autofree char *version = q_socket_get_ssl_cipher_version (sock);
  g_autoptr (QSslCertificate) shown = q_socket_get_peer_certificate (sock);
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_is_secure (sock));
  g_assert_cmpstr (version, ==, "TLSv1.3");
  g_assert_nonnull (shown);

  /* The system does not know our authority. */
  g_assert_cmpstr (q_socket_verify_peer_certificate (sock), !=, "X509_V_OK");

  send_text (accepted, "hello");
  expect_text (sock, "hello");
  q_socket_send_i4 (sock, 42, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_recv_i4 (accepted, ENOUGH, NULL, &error), ==, 42);

  /* Bytes that are decrypted and not read are known of. */
  send_text (accepted, "more than one");
  expect_text (sock, "more");
  g_assert_true (q_socket_is_data_available (sock, 0));
  expect_text (sock, " than one");
  g_assert_false (q_socket_is_data_available (sock, 0));
  g_assert_null (q_socket_recv (sock, 1, 10, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);

  g_assert_false (q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  g_assert_cmpint (q_socket_steal_fd (sock, &error), ==, -1);
  test_assert_error (error, Q_SOCKET_ERROR_SSL);

  /* A clean end. */
  q_socket_close (sock, NULL);
  g_assert_null (q_socket_recv (accepted, 1, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_object_unref (accepted);
}

typedef struct
{
  QSocket *sock;
  const guint8 *bytes;
  gsize length;
} Sending;

static gpointer
send_on (gpointer data)
{
  Sending *sending = data;
  g_autoptr (GError) error = NULL;

  q_socket_send_data (sending->sock, sending->bytes, sending->length, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  return NULL;
}

/* What left before a timeout and what is sent after it are one stream. */
static void
test_write_timeout (void)
{
  const gsize length = TEST_TOO_MUCH;
  g_autofree guint8 *pattern = test_pattern (length + 100);
  g_autoptr (QSocket) listener = new_listener ();
  QSocket *accepted;
  g_autoptr (GIOStream) stream = open_connection (listener, TRUE, &accepted);
  g_autoptr (QSocket) sock = wrap (stream);
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  GThread *thread;
  gsize left;

  g_assert_false (q_socket_send_data (sock, pattern, length, 50, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_cmpint (test_elapsed_ms (start), >=, 50);
  left = (gsize) q_socket_get_bytes_sent (sock);
  g_assert_cmpuint (left, >, 0);
  left += test_fill_kernel (sock, pattern + left, length - left);
  g_assert_cmpuint (left, ==, q_socket_get_bytes_sent (sock));
  g_assert_false (q_socket_is_write_finished (sock, 0));

  thread = test_thread (send_on, &(Sending) { sock, pattern + left, 100 });
  got = q_socket_recv_binary (accepted, (gssize) left + 100, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, left + 100);
  g_thread_join (thread);
  g_object_unref (accepted);
}

static void
test_no_handshake (void)
{
  g_autoptr (QSocket) listener = new_listener ();
  g_autoptr (GIOStream) stream = open_connection (listener, FALSE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (q_socket_new_from_connection (stream, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
}

/* GIO's classes on top of our session. */
static void
test_stream (void)
{
  QSocket *accepted;
  g_autoptr (QSocket) client = test_ssl_pair (certs, &accepted);
  GIOStream *stream = q_socket_get_io_stream (accepted);
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  send_text (client, "a line\nand another");
  lines = g_data_input_stream_new (g_io_stream_get_input_stream (stream));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "a line");

  g_output_stream_write_all (g_io_stream_get_output_stream (stream), "answer", 6, NULL, NULL,
                             &error);
  g_assert_no_error (error);
  expect_text (client, "answer");
  g_object_unref (accepted);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  certs = test_certs_new ();
  g_test_add_func ("/socket/ssl-gio/wrap", test_wrap);
  g_test_add_func ("/socket/ssl-gio/write-timeout", test_write_timeout);
  g_test_add_func ("/socket/ssl-gio/no-handshake", test_no_handshake);
  g_test_add_func ("/socket/ssl-gio/stream", test_stream);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
