/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-ssl-peer.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The programs of GnuTLS as the peers. */

static TestCerts *certs;

#define TLS_1_1 "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.1"
#define TLS_1_2 "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS_1_3 "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* Sends back what it gets, a line at a time. */
static TestProgram *
start_server (const char  *name,
              const char  *options,
              char       **target)
{
  g_autofree char *certificate = g_strconcat (name, ".pem", NULL);
  g_autofree char *key = g_strconcat (name, ".key", NULL);
  TestProgram *server;
  int reservation;
  int port = test_reserve_port (&reservation);

  server = test_program_start (-1, "stdbuf -oL gnutls-serv --echo -p %d --x509certfile=%s "
                               "--x509keyfile=%s %s", port, test_certs_path (certs, certificate),
                               test_certs_path (certs, key), options);
  test_program_wait_listening (server, port);
  close (reservation);
  *target = g_strdup_printf ("localhost:%d", port);

  return server;
}

static TestProgram *
start_client (QSocket    *listener,
              const char *options)
{
  return test_program_start (-1, "stdbuf -oL gnutls-cli --x509cafile=%s -p %d localhost %s",
                             test_certs_path (certs, "root.pem"), q_socket_get_port (listener),
                             options);
}

/* The name of GnuTLS's own for the last part of a cipher suite. */
static void
check_cipher (QSocket    *sock,
              const char *said)
{
  g_autofree char *cipher = q_socket_get_ssl_cipher_name (sock);
  g_autofree char *with_dashes = g_strdelimit (g_strdup (cipher), "_", '-');
  g_autofree char *cut = g_strndup (said, strcspn (said, "\n)"));

  g_assert_nonnull (strstr (with_dashes, cut));
}

/* ---- versions and keys ---- */

typedef struct
{
  const char *certificate;
  const char *priority;
  const char *version;
} Kind;

static const Kind kinds[] = {
  { "server", TLS_1_3, "TLSv1.3" },
  { "server", TLS_1_2, "TLSv1.2" },
  { "rsa", TLS_1_3, "TLSv1.3" },
  { "rsa", TLS_1_2, "TLSv1.2" },
  { "ed25519", TLS_1_3, "TLSv1.3" },
  { "ed25519", TLS_1_2, "TLSv1.2" },
};

static void
test_client (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;
  g_autofree char *version = NULL;
  g_autofree char *line = NULL;

  if (!test_program_is_here ("gnutls-serv"))
    return;

  server = start_server (kind->certificate, kind->priority, &target);
  client = test_peer_client (certs);
  test_peer_connect (client, target);
  version = q_socket_get_ssl_cipher_version (client);
  g_assert_cmpstr (version, ==, kind->version);
  test_peer_send (client, "hello\n");
  test_peer_expect (client, "hello\n");
  test_program_wait_for (server, "Given server name[1]: localhost\n");
  line = g_strdup_printf ("- Version: TLS%s\n", kind->version + 4);
  test_program_wait_for (server, line);
  test_program_wait_for (server, "- Cipher: ");
  test_program_wait_for (server, "\n");
  check_cipher (client, strstr (test_program_get_output (server), "- Cipher: ") + 10);
}

static void
test_server (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) sock = NULL;
  g_autofree char *version = NULL;
  g_autofree char *description = NULL;

  if (!test_program_is_here ("gnutls-cli"))
    return;

  listener = test_peer_listener (certs, kind->certificate);
  client = start_client (listener, kind->priority);
  sock = test_peer_accept (listener);
  version = q_socket_get_ssl_cipher_version (sock);
  g_assert_cmpstr (version, ==, kind->version);
  description = g_strdup_printf ("- Description: (TLS%s-", kind->version + 4);
  test_program_wait_for (client, "- Status: The certificate is trusted.");
  test_program_wait_for (client, description);
  test_program_wait_for (client, "Handshake was completed");
  test_peer_talk (sock, client);
  q_socket_close (sock, NULL);
  test_program_wait_for (client, "Peer has closed the GnuTLS connection");
  g_assert_cmpint (test_program_finish (client), ==, 0);
}

static void
test_no_sni (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;
  g_autofree char *url = NULL;

  if (!test_program_is_here ("gnutls-serv"))
    return;

  server = start_server ("leaf", "", &target);
  url = g_strconcat ("127.0.0.1", strchr (target, ':'), NULL);
  client = test_peer_client (certs);
  test_peer_connect (client, url);
  test_peer_send (client, "hello\n");
  test_peer_expect (client, "hello\n");
  test_program_wait_for (server, "- Cipher: ");
  g_assert_null (strstr (test_program_get_output (server), "server name"));
}

static void
test_old (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (TestProgram) peer = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autoptr (QSocket) listener = NULL;
  g_autofree char *target = NULL;

  if (!test_program_is_here ("gnutls-serv") || !test_program_is_here ("gnutls-cli"))
    return;

  server = start_server ("rsa", TLS_1_1, &target);
  client = test_peer_client (certs);
  g_free (test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL));

  listener = test_peer_listener (certs, "rsa");
  peer = start_client (listener, TLS_1_1);
  g_free (test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL));
  g_assert_cmpint (test_program_finish (peer), !=, 0);
}

/* ---- ALPN ---- */

typedef struct
{
  const char *name;
  const char *theirs;
  const char *ours[3];
  const char *agreed;
} Alpn;

static const Alpn alpns[] = {
  { "agreed", "--alpn=two --alpn=three", { "one", "two" }, "two" },
  { "no-overlap", "--alpn=three", { "one", "two" }, NULL },
  { "none", "", { NULL }, NULL },
};

static void
test_alpn (gconstpointer data)
{
  const Alpn *alpn = data;
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (TestProgram) peer = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (QSocket) sock = NULL;
  g_autofree char *target = NULL;
  g_autofree char *agreed = NULL;
  g_autofree char *agreed_here = NULL;

  if (!test_program_is_here ("gnutls-serv") || !test_program_is_here ("gnutls-cli"))
    return;

  server = start_server ("leaf", alpn->theirs, &target);
  client = test_peer_client (certs);
  q_socket_set_ssl_alpn (client, (const char * const *) alpn->ours);
  test_peer_connect (client, target);
  agreed = q_socket_get_ssl_alpn (client);
  g_assert_cmpstr (agreed, ==, alpn->agreed);
  if (agreed != NULL)
    test_program_wait_for (server, "- Application protocol: two\n");

  listener = test_peer_listener (certs, "leaf");
  q_socket_set_ssl_alpn (listener, (const char * const *) alpn->ours);
  peer = start_client (listener, alpn->theirs);
  sock = test_peer_accept (listener);
  agreed_here = q_socket_get_ssl_alpn (sock);
  g_assert_cmpstr (agreed_here, ==, alpn->agreed);
  if (agreed_here != NULL)
    test_program_wait_for (peer, "- Application protocol: two\n");
  test_peer_talk (sock, peer);
}

/* ---- refusals ---- */

typedef struct
{
  const char *certificate;
  const char *ours;
  const char *theirs;
} Refusal;

static const Refusal refusals[] = {
  { "expired", "X509_V_ERR_CERT_HAS_EXPIRED", "expired" },
  { "wrong-host", "X509_V_ERR_HOSTNAME_MISMATCH", "does not match" },
  { "unknown-ca", "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE", "issuer is unknown" },
  { "unknown-chain", "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "issuer is unknown" },
  { "self-signed", "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT", "issuer is unknown" },
};

static void
test_refused (gconstpointer data)
{
  const Refusal *refusal = data;
  const char *priorities[] = { TLS_1_2, TLS_1_3 };

  if (!test_program_is_here ("gnutls-serv") || !test_program_is_here ("gnutls-cli"))
    return;

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_autofree char *target = NULL;
      G_GNUC_UNUSED g_autoptr (TestProgram) server =
        start_server (refusal->certificate, priorities[i], &target);
      g_autoptr (TestProgram) peer = NULL;
      g_autoptr (QSocket) client = test_peer_client (certs);
      g_autoptr (QSocket) listener = test_peer_listener (certs, refusal->certificate);
      g_autofree char *message = test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL);

      g_assert_nonnull (strstr (message, refusal->ours));

      peer = start_client (listener, priorities[i]);
      g_free (test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL));
      test_program_wait_for (peer, "- Status: The certificate is NOT trusted.");
      test_program_wait_for (peer, refusal->theirs);
      g_assert_cmpint (test_program_finish (peer), !=, 0);
    }
}

/* ---- certificates of clients ---- */

static void
test_certificate_of_client (gconstpointer data)
{
  g_autofree char *options = g_strdup_printf ("%s --require-client-cert --verify-client-cert "
                                              "--x509cafile=%s", (const char *) data,
                                              test_certs_path (certs, "root.pem"));
  gboolean is_old = g_str_equal (data, TLS_1_2);
  const char *wrong[] = { NULL, "unknown-ca" };
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) good = NULL;
  g_autofree char *target = NULL;

  if (!test_program_is_here ("gnutls-serv"))
    return;

  server = start_server ("leaf", options, &target);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (QSocket) client = test_peer_client (certs);
      g_autoptr (GError) error = NULL;

      if (wrong[i] != NULL)
        test_ssl_identify (client, certs, wrong[i]);
      if (is_old)
        {
          g_free (test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL));
          continue;
        }
      test_peer_connect (client, target);
      g_assert_null (q_socket_recv (client, 0, ENOUGH, NULL, &error));
      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL);
    }

  good = test_peer_client (certs);
  test_ssl_identify (good, certs, "client");
  test_peer_connect (good, target);
  test_peer_send (good, "hello\n");
  test_peer_expect (good, "hello\n");
}

static void
test_certificate_of_gnutls (gconstpointer data)
{
  const char *names[] = { NULL, "unknown-ca", "client" };
  g_autoptr (QSocket) listener = NULL;

  if (!test_program_is_here ("gnutls-cli"))
    return;

  listener = test_peer_listener (certs, "leaf");
  q_socket_set_ssl_verify_mode (listener, Q_SSL_VERIFY_MODE_REQUIRE);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_strconcat (names[i] != NULL ? names[i] : "", ".both", NULL);
      g_autofree char *options = NULL;
      g_autofree char *message = NULL;
      g_autoptr (TestProgram) client = NULL;
      g_autoptr (QSocket) sock = NULL;

      /* Without this it keeps for itself what is of a CA that the server did not name. */
      if (names[i] != NULL)
        options = g_strdup_printf ("%s --x509certfile=%s --x509keyfile=%s", (const char *) data,
                                   test_certs_path (certs, file), test_certs_path (certs, file));
      client = start_client (listener, options != NULL ? options : data);
      if (i < 2)
        {
          message = test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL);
          if (i == 1)
            g_assert_nonnull (strstr (message, "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
          continue;
        }
      sock = test_peer_accept (listener);
      g_assert_cmpstr (q_socket_verify_peer_certificate (sock), ==, "X509_V_OK");
      test_peer_talk (sock, client);
    }
}

/* ---- the end, and new keys ---- */

static void
test_end (gconstpointer data)
{
  gboolean is_killed = GPOINTER_TO_INT (data);
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;

  if (!test_program_is_here ("gnutls-cli"))
    return;

  listener = test_peer_listener (certs, "leaf");
  client = start_client (listener, "");
  sock = test_peer_accept (listener);
  test_peer_talk (sock, client);
  if (is_killed)
    {
      test_program_signal (client, SIGKILL);
      g_assert_null (q_socket_recv (sock, 0, ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TRUNCATED);
      return;
    }

  /* It takes leave when its input ends, and waits for the same. */
  test_program_end_input (client);
  g_assert_null (q_socket_recv (sock, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_program_finish (client), ==, 0);
}

static void
test_rekey (void)
{
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) sock = NULL;

  if (!test_program_is_here ("gnutls-cli"))
    return;

  listener = test_peer_listener (certs, "leaf");
  client = start_client (listener, TLS_1_3 " --inline-commands");
  sock = test_peer_accept (listener);
  for (int i = 0; i < 3; i++)
    {
      test_peer_talk (sock, client);
      test_program_say (client, "^rekey^\n");
      test_peer_talk (sock, client);
    }
}

static void
test_rehandshake (void)
{
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;

  if (!test_program_is_here ("gnutls-cli"))
    return;

  listener = test_peer_listener (certs, "leaf");
  client = start_client (listener, TLS_1_2 " --rehandshake");
  sock = test_peer_accept (listener);
  g_assert_null (q_socket_recv (sock, 0, ENOUGH, NULL, &error));
  g_assert_nonnull (strstr (error->message, "asked for another handshake"));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *client = g_strdup_printf ("/socket/ssl-gnutls/client/%s/%s",
                                                 kinds[i].version, kinds[i].certificate);
      g_autofree char *server = g_strdup_printf ("/socket/ssl-gnutls/server/%s/%s",
                                                 kinds[i].version, kinds[i].certificate);

      g_test_add_data_func (client, &kinds[i], test_client);
      g_test_add_data_func (server, &kinds[i], test_server);
    }
  g_test_add_func ("/socket/ssl-gnutls/no-sni", test_no_sni);
  g_test_add_func ("/socket/ssl-gnutls/old", test_old);
  for (guint i = 0; i < G_N_ELEMENTS (alpns); i++)
    {
      g_autofree char *path = g_strconcat ("/socket/ssl-gnutls/alpn/", alpns[i].name, NULL);

      g_test_add_data_func (path, &alpns[i], test_alpn);
    }
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/socket/ssl-gnutls/refused/",
                                           refusals[i].certificate, NULL);

      g_test_add_data_func (path, &refusals[i], test_refused);
    }
  g_test_add_data_func ("/socket/ssl-gnutls/certificate-of-client/tls1.2", TLS_1_2,
                        test_certificate_of_client);
  g_test_add_data_func ("/socket/ssl-gnutls/certificate-of-client/tls1.3", TLS_1_3,
                        test_certificate_of_client);
  g_test_add_data_func ("/socket/ssl-gnutls/certificate-of-gnutls/tls1.2", TLS_1_2,
                        test_certificate_of_gnutls);
  g_test_add_data_func ("/socket/ssl-gnutls/certificate-of-gnutls/tls1.3", TLS_1_3,
                        test_certificate_of_gnutls);
  g_test_add_data_func ("/socket/ssl-gnutls/end/clean", GINT_TO_POINTER (FALSE), test_end);
  g_test_add_data_func ("/socket/ssl-gnutls/end/truncated", GINT_TO_POINTER (TRUE), test_end);
  g_test_add_func ("/socket/ssl-gnutls/rekey", test_rekey);
  g_test_add_func ("/socket/ssl-gnutls/rehandshake", test_rehandshake);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
