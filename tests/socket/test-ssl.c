/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"
#include "test-ssl-pair.h"

#include <string.h>

/* What the documented methods do between two of our own. */

static TestCerts *certs;

static void
expect_text (QSocket    *sock,
             const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *got = q_socket_recv (sock, (gssize) strlen (text), ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, text);
}

static void
send_text (QSocket    *sock,
           const char *text)
{
  g_autoptr (GError) error = NULL;

  q_socket_send (sock, text, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

/* That they can talk to each other, whatever they speak. */
static void
check_talk (QSocket *a,
            QSocket *b)
{
  send_text (a, "hello");
  expect_text (b, "hello");
  send_text (b, "and hello to you");
  expect_text (a, "and hello to you");
}

/* ---- fixture ---- */

typedef struct
{
  QSocket *listener;    /* shows the certificate "server" of the zoo */
  QSocket *client;      /* trusts the root of the zoo */
  QSocket *server;      /* the other end, once the test has connected */
  char *target;         /* where the listener is, by its address */
  char *url;            /* and by the name of its certificate */
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->listener = test_listener (&fixture->target);
  fixture->url = g_strdup_printf ("localhost:%d", q_socket_get_port (fixture->listener));
  fixture->client = q_socket_new ();
  test_ssl_identify (fixture->listener, certs, "server");
  test_ssl_trust (fixture->client, certs);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_clear_object (&fixture->server);
  g_object_unref (fixture->client);
  g_object_unref (fixture->listener);
  g_free (fixture->target);
  g_free (fixture->url);
}

/* Without TLS so far. */
static void
connect_plainly (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  q_socket_connect (fixture->client, fixture->target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  fixture->server = q_socket_accept (fixture->listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

/* ---- opening ---- */

static void
check_facts (QSocket *sock)
{
  g_autofree char *name = q_socket_get_ssl_cipher_name (sock);
  g_autofree char *version = q_socket_get_ssl_cipher_version (sock);

  g_assert_true (q_socket_is_open (sock));
  g_assert_true (q_socket_is_secure (sock));
  g_assert_true (g_str_has_prefix (name, "TLS_"));
  g_assert_cmpstr (version, ==, "TLSv1.3");
}

static void
test_connect (void)
{
  QSocket *accepted;
  g_autoptr (QSocket) client = test_ssl_pair (certs, &accepted);
  g_autoptr (QSslCertificate) shown = q_socket_get_peer_certificate (client);
  g_autofree char *serial = q_ssl_certificate_get_serial_number (shown);

  check_facts (client);
  check_facts (accepted);
  check_talk (client, accepted);
  g_assert_cmpstr (q_socket_verify_peer_certificate (client), ==, "X509_V_OK");
  g_assert_nonnull (serial);
  g_assert_null (q_socket_verify_peer_certificate (accepted));
  g_assert_null (q_socket_get_peer_certificate (accepted));
  g_assert_null (q_socket_get_ssl_alpn (client));

  g_object_unref (accepted);
}

static void
test_connect_inet (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autofree char *port = g_strdup_printf ("%d", q_socket_get_port (fixture->listener));
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_accept_start (&half, fixture->listener, ENOUGH);
  q_socket_connect_inet_ssl (fixture->client, "127.0.0.1", port, G_SOCKET_FAMILY_IPV4,
                             G_SOCKET_TYPE_STREAM, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (test_ssl_join (&half));
  check_talk (fixture->client, half.result);

  q_socket_connect_inet_ssl (fixture->client, "127.0.0.1", port, G_SOCKET_FAMILY_IPV4,
                             G_SOCKET_TYPE_DATAGRAM, ENOUGH, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  check_talk (fixture->client, half.result);

  g_object_unref (half.result);
}

static void
test_connect_unix (void)
{
  g_autofree char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  q_socket_bind_unix (listener, path, G_SOCKET_TYPE_STREAM, 0, &error);
  q_socket_listen (listener, 0, &error);
  g_assert_no_error (error);
  test_ssl_identify (listener, certs, "server");
  test_ssl_trust (client, certs);

  /* A path is no name that a certificate could have. */
  q_socket_connect_unix_ssl (client, path, G_SOCKET_TYPE_STREAM, 0, ENOUGH, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  g_assert_false (q_socket_is_open (client));

  q_socket_set_ssl_server_name (client, "localhost");
  test_ssl_accept_start (&half, listener, ENOUGH);
  q_socket_connect_unix_ssl (client, path, G_SOCKET_TYPE_STREAM, 0, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (test_ssl_join (&half));
  check_talk (client, half.result);

  g_object_unref (half.result);
  q_socket_close (listener, NULL);
  test_remove_dir (g_steal_pointer (&dir));
}

/* A record of which a part was read, and one behind it that came with it. */
static void
test_behind (void)
{
  const gsize first = 65550;
  QSocket *accepted;
  g_autoptr (QSocket) client = test_ssl_pair (certs, &accepted);
  g_autofree guint8 *pattern = test_pattern (first + 100);
  g_autoptr (GError) error = NULL;

  q_socket_send_data (accepted, pattern, first, ENOUGH, NULL, &error);
  q_socket_send_data (accepted, pattern + first, 100, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_wait_arrived (client, first + 100);

  test_expect_bytes (client, (gssize) first - 10, (const char *) pattern, first - 10);
  test_expect_bytes (client, 10, (const char *) pattern + first - 10, 10);
  g_assert_true (q_socket_is_data_available (client, 0));
  test_expect_bytes (client, 100, (const char *) pattern + first, 100);
  g_object_unref (accepted);
}

/* ---- refusing ---- */

typedef struct
{
  const char *certificate;
  const char *verification;
} Refusal;

static const Refusal refusals[] = {
  { "expired", "X509_V_ERR_CERT_HAS_EXPIRED" },
  { "not-yet-valid", "X509_V_ERR_CERT_NOT_YET_VALID" },
  { "wrong-host", "X509_V_ERR_HOSTNAME_MISMATCH" },
  { "client-only", "X509_V_ERR_INVALID_PURPOSE" },
  { "self-signed", "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT" },
  { "unknown-ca", "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
  { "damaged", "X509_V_ERR_CERT_SIGNATURE_FAILURE" },
};

/* Refused by default; with NONE accepted, and the same said when asked. */
static void
test_refused (Fixture       *fixture,
              gconstpointer  data)
{
  const Refusal *refusal = data;
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_identify (fixture->listener, certs, refusal->certificate);

  test_ssl_accept_start (&half, fixture->listener, ENOUGH);
  g_assert_false (q_socket_connect_ssl (fixture->client, fixture->url, ENOUGH, NULL, &error));
  g_assert_nonnull (strstr (error->message, refusal->verification));
  g_assert_true (g_str_has_prefix (error->message, "connect_ssl to \"localhost:"));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  g_assert_false (q_socket_is_open (fixture->client));
  g_assert_false (test_ssl_join (&half));
  g_clear_error (&half.error);

  q_socket_set_ssl_verify_mode (fixture->client, Q_SSL_VERIFY_MODE_NONE);
  test_ssl_connect (fixture->client, fixture->listener, &fixture->server);
  g_assert_cmpstr (q_socket_verify_peer_certificate (fixture->client), ==, refusal->verification);
  check_talk (fixture->client, fixture->server);
}

static void
test_client_certificate (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr (QSslCertificate) shown = NULL;
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_trust (fixture->listener, certs);
  q_socket_set_ssl_verify_mode (fixture->listener, Q_SSL_VERIFY_MODE_REQUIRE);

  /* A client of TLS 1.3 is done before the server has seen that it has no certificate. */
  test_ssl_accept_start (&half, fixture->listener, ENOUGH);
  if (q_socket_connect_ssl (fixture->client, fixture->url, ENOUGH, NULL, &error))
    g_assert_null (q_socket_recv (fixture->client, 0, ENOUGH, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (test_ssl_join (&half));
  test_assert_error (half.error, Q_SOCKET_ERROR_SSL);

  test_ssl_identify (fixture->client, certs, "client");
  test_ssl_connect (fixture->client, fixture->listener, &fixture->server);
  check_talk (fixture->client, fixture->server);
  g_assert_cmpstr (q_socket_verify_peer_certificate (fixture->server), ==, "X509_V_OK");
  shown = q_socket_get_peer_certificate (fixture->server);
  g_assert_nonnull (shown);
}

static void
test_mismatch (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (GError) error = NULL;

  q_socket_set_certificate_pem (sock, test_certs_pem (certs, "server"), &error);
  g_assert_no_error (error);
  g_assert_false (q_socket_set_private_key_pem (sock, test_certs_key (certs, "client"), NULL,
                                                &error));
  test_assert_error (error, Q_SOCKET_ERROR_PRIVATE_KEY);
  g_assert_true (q_socket_set_private_key_pem (sock, test_certs_key (certs, "server"), NULL,
                                               &error));
  g_assert_false (q_socket_set_certificate_pem (sock, test_certs_pem (certs, "client"), &error));
  test_assert_error (error, Q_SOCKET_ERROR_CERTIFICATE);
}

static void
test_no_certificate (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (GError) error = NULL;

  g_assert_null (q_socket_accept_ssl (listener, 0, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);

  test_ssl_identify (listener, certs, "server");
  g_assert_null (q_socket_accept_ssl (listener, 0, NULL, &error));
  g_assert_no_error (error);
}

/* ---- changing what is spoken ---- */

static void
upgrade (QSocket *client,
         QSocket *server)
{
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_upgrade_start (&half, server, ENOUGH);
  q_socket_upgrade_client_to_ssl (client, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_ssl_join (&half);
  g_assert_no_error (half.error);
}

static void
shut_down (QSocket *a,
           QSocket *b)
{
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_shutdown_start (&half, b, ENOUGH);
  q_socket_shutdown_ssl (a, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_ssl_join (&half);
  g_assert_no_error (half.error);
}

/* Clear, encrypted, clear, encrypted by new certificates, clear. */
static void
test_back_and_forth (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  connect_plainly (fixture);
  test_ssl_identify (fixture->server, certs, "server");

  for (int round = 0; round < 2; round++)
    {
      check_talk (fixture->client, fixture->server);
      upgrade (fixture->client, fixture->server);
      check_facts (fixture->client);
      check_facts (fixture->server);
      check_talk (fixture->client, fixture->server);

      /* What was gathered belongs to what is spoken now. */
      q_socket_cork (fixture->client);
      send_text (fixture->client, "last words");
      shut_down (fixture->client, fixture->server);
      expect_text (fixture->server, "last words");
      q_socket_uncork (fixture->client, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_false (q_socket_is_secure (fixture->client));
      g_assert_null (q_socket_get_ssl_cipher_name (fixture->server));
      g_assert_true (q_socket_shutdown_ssl (fixture->client, 0, NULL, &error));
      test_ssl_identify (fixture->server, certs, "leaf");
    }
  check_talk (fixture->client, fixture->server);
}

/* A read that met the end of the session has not met that of the connection. */
static void
test_read_to_the_end (void)
{
  QSocket *server;
  g_autoptr (QSocket) client = test_ssl_pair (certs, &server);
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_shutdown_start (&half, server, ENOUGH);
  g_assert_null (q_socket_recv (client, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  q_socket_shutdown_ssl (client, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_ssl_join (&half);
  g_assert_no_error (half.error);
  check_talk (client, server);

  q_socket_close (server, NULL);
  g_assert_null (q_socket_recv (client, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_object_unref (server);
}

static void
test_smuggled (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  connect_plainly (fixture);
  test_ssl_identify (fixture->server, certs, "server");

  send_text (fixture->server, "go ahead\nsmuggled\n");
  expect_text (fixture->client, "go ahead\n");
  g_assert_false (q_socket_upgrade_client_to_ssl (fixture->client, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  expect_text (fixture->client, "smuggled\n");

  send_text (fixture->client, "STARTTLS\nsmuggled\n");
  expect_text (fixture->server, "STARTTLS\n");
  g_assert_false (q_socket_upgrade_server_to_ssl (fixture->server, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  expect_text (fixture->server, "smuggled\n");

  upgrade (fixture->client, fixture->server);
  g_assert_false (q_socket_upgrade_client_to_ssl (fixture->client, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  check_talk (fixture->client, fixture->server);
}

/* ---- settings ---- */

static void
test_settings (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  const char *protocols[] = { "h2", "http/1.1", NULL };
  g_auto (GStrv) offered = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  QSslVerifyMode mode;
  GTlsProtocolVersion version;

  g_object_get (sock, "ssl-verify-mode", &mode, "ssl-minimum-version", &version, NULL);
  g_assert_cmpint (mode, ==, Q_SSL_VERIFY_MODE_PEER);
  g_assert_cmpint (version, ==, G_TLS_PROTOCOL_VERSION_TLS_1_2);
  g_assert_null (q_socket_get_ssl_ca_file (sock));
  g_assert_null (q_socket_get_ssl_alpn_protocols (sock));

  g_object_set (sock, "ssl-verify-mode", Q_SSL_VERIFY_MODE_REQUIRE, "ssl-alpn", protocols,
                "ssl-server-name", "b\xc3\xbc" "cher.example", "ssl-minimum-version",
                G_TLS_PROTOCOL_VERSION_TLS_1_3, "ssl-ca-file", test_certs_path (certs, "root.pem"),
                NULL);
  g_assert_cmpint (q_socket_get_ssl_verify_mode (sock), ==, Q_SSL_VERIFY_MODE_REQUIRE);
  offered = q_socket_get_ssl_alpn_protocols (sock);
  g_assert_true (g_strv_equal ((const char * const *) offered, protocols));
  g_object_get (sock, "ssl-server-name", &name, NULL);
  g_assert_cmpstr (name, ==, "xn--bcher-kva.example");
  g_assert_cmpint (q_socket_get_ssl_minimum_version (sock), ==, G_TLS_PROTOCOL_VERSION_TLS_1_3);
  g_assert_cmpstr (q_socket_get_ssl_ca_file (sock), ==, test_certs_path (certs, "root.pem"));

  g_assert_false (q_socket_set_ssl_ca_file (sock, "/nowhere", &error));
  test_assert_error (error, Q_SOCKET_ERROR_CERTIFICATE);
  g_assert_false (q_socket_set_ssl_crl_file (sock, test_certs_path (certs, "root.pem"), &error));
  test_assert_error (error, Q_SOCKET_ERROR_CERTIFICATE);
  g_assert_cmpstr (q_socket_get_ssl_ca_file (sock), ==, test_certs_path (certs, "root.pem"));

  /* A property cannot fail, so the next handshake has to. */
  g_object_set (sock, "ssl-crl-file", "/nowhere", NULL);
  g_assert_false (q_socket_connect_ssl (sock, "localhost:1", ENOUGH, NULL, &error));
  g_assert_nonnull (strstr (error->message, "/nowhere"));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  g_object_set (sock, "ssl-crl-file", NULL, NULL);
  g_assert_false (q_socket_connect_ssl (sock, "localhost:1", ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
}

static void
test_alpn (Fixture       *fixture,
           gconstpointer  data)
{
  static const char * const of_client[] = { "one", "two", NULL };
  static const char * const of_server[] = { "two", "three", NULL };
  g_autofree char *agreed = NULL;
  g_autofree char *agreed_there = NULL;

  q_socket_set_ssl_alpn (fixture->listener, of_server);
  q_socket_set_ssl_alpn (fixture->client, of_client);
  test_ssl_connect (fixture->client, fixture->listener, &fixture->server);
  agreed = q_socket_get_ssl_alpn (fixture->client);
  agreed_there = q_socket_get_ssl_alpn (fixture->server);
  g_assert_cmpstr (agreed, ==, "two");
  g_assert_cmpstr (agreed_there, ==, "two");
}

static void
test_trust (Fixture       *fixture,
            gconstpointer  data)
{
  g_autoptr (QSslCertificate) root = NULL;
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_identify (fixture->listener, certs, "revoked");
  root = q_ssl_certificate_new_from_pem (test_certs_pem (certs, "root"), &error);
  q_socket_set_ssl_ca_file (fixture->client, NULL, &error);
  g_assert_no_error (error);
  q_socket_add_ssl_trust (fixture->client, root);
  test_ssl_connect (fixture->client, fixture->listener, &fixture->server);

  q_socket_set_ssl_crl_file (fixture->client, test_certs_path (certs, "crl.pem"), &error);
  g_assert_no_error (error);
  test_ssl_accept_start (&half, fixture->listener, ENOUGH);
  g_assert_false (q_socket_connect_ssl (fixture->client, fixture->url, ENOUGH, NULL, &error));
  g_assert_nonnull (strstr (error->message, "X509_V_ERR_CERT_REVOKED"));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  g_assert_false (test_ssl_join (&half));
  g_clear_error (&half.error);
}

/* ---- events ---- */

static void
test_events (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr (QEventQueue) here = q_event_queue_new ();
  g_autoptr (QEventQueue) there = q_event_queue_new ();
  static const QSocketEventType expected[] = {
    Q_SOCKET_EVENT_TYPE_CONNECTED, Q_SOCKET_EVENT_TYPE_START_SSL,
    Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED, Q_SOCKET_EVENT_TYPE_PACKET_SENT,
  };
  gsize next = 0;

  q_socket_set_event_queue_object (fixture->client, here);
  q_socket_set_event_queue_object (fixture->listener, there);
  test_ssl_connect (fixture->client, fixture->listener, &fixture->server);
  send_text (fixture->client, "hello");

  while (next < G_N_ELEMENTS (expected))
    {
      g_autoptr (QSocketEvent) event = q_event_queue_try_pop (here);

      g_assert_nonnull (event);
      if (q_socket_event_get_event_type (event) == Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED)
        g_assert_cmpstr (q_socket_event_get_cipher_version (event), ==, "TLSv1.3");
      if (q_socket_event_get_event_type (event) == expected[next])
        next++;
      else
        g_assert_cmpuint (next, ==, 0);
    }
  for (gsize i = 1; i < 3; i++)
    {
      g_autoptr (QSocketEvent) event = q_event_queue_try_pop (there);

      g_assert_cmpint (q_socket_event_get_event_type (event), ==, expected[i]);
    }
}

static void
add (const char    *path,
     gconstpointer  data,
     void         (*run) (Fixture *fixture, gconstpointer data))
{
  g_test_add (path, Fixture, data, set_up, run, tear_down);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  certs = test_certs_new ();
  g_test_add_func ("/socket/ssl/connect", test_connect);
  add ("/socket/ssl/connect-inet", NULL, test_connect_inet);
  g_test_add_func ("/socket/ssl/connect-unix", test_connect_unix);
  g_test_add_func ("/socket/ssl/behind", test_behind);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/socket/ssl/refused/", refusals[i].certificate, NULL);

      add (path, &refusals[i], test_refused);
    }
  add ("/socket/ssl/client-certificate", NULL, test_client_certificate);
  g_test_add_func ("/socket/ssl/mismatch", test_mismatch);
  g_test_add_func ("/socket/ssl/no-certificate", test_no_certificate);
  add ("/socket/ssl/back-and-forth", NULL, test_back_and_forth);
  g_test_add_func ("/socket/ssl/shutdown-after-end", test_read_to_the_end);
  add ("/socket/ssl/smuggled", NULL, test_smuggled);
  g_test_add_func ("/socket/ssl/settings", test_settings);
  add ("/socket/ssl/alpn", NULL, test_alpn);
  add ("/socket/ssl/trust", NULL, test_trust);
  add ("/socket/ssl/events", NULL, test_events);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
