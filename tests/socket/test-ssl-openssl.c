/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-openssl.h"
#include "test-ssl-peer.h"

#include <string.h>

/* What OpenSSL and a QSocket agree on. */

static TestCerts *certs;

/* ---- versions and keys ---- */

typedef struct
{
  const char *certificate;
  const char *option;
  const char *version;
} Kind;

static const Kind kinds[] = {
  { "server", "-tls1_3", "TLSv1.3" },
  { "server", "-tls1_2", "TLSv1.2" },
  { "rsa", "-tls1_3", "TLSv1.3" },
  { "rsa", "-tls1_2", "TLSv1.2" },
  { "ed25519", "-tls1_3", "TLSv1.3" },
  { "ed25519", "-tls1_2", "TLSv1.2" },
};

/* The name that OpenSSL has for the cipher suite. */
static char *
get_cipher (QSocket *sock)
{
  g_autofree char *name = q_socket_get_ssl_cipher_name (sock);
  g_autofree char *arguments = g_strconcat ("ciphers -convert ", name, NULL);
  g_autofree char *text = test_openssl_text (arguments, NULL);
  const char *prefix = "OpenSSL cipher name: ";

  g_assert_true (g_str_has_prefix (text, prefix));

  return g_strdup (g_strstrip (text + strlen (prefix)));
}

/* What the two sides know of each other. */
static void
check_facts (QSocket     *sock,
             TestProgram *program,
             const Kind  *kind,
             const char  *prefix)
{
  g_autofree char *version = q_socket_get_ssl_cipher_version (sock);
  g_autofree char *cipher = get_cipher (sock);
  g_autofree char *line = g_strdup_printf ("%s%s\n", prefix, cipher);

  g_assert_cmpstr (version, ==, kind->version);
  test_program_wait_for (program, line);
}

static void
check_leaf (QSocket    *client,
            const char *name)
{
  g_autoptr (QSslCertificate) shown = q_socket_get_peer_certificate (client);
  g_autofree char *chain = q_ssl_certificate_get_pem (shown);

  g_assert_cmpstr (chain, ==, test_certs_pem (certs, name));
  g_assert_cmpstr (q_socket_verify_peer_certificate (client), ==, "X509_V_OK");
}

static void
test_client (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  server = test_openssl_server (certs, kind->certificate, kind->option, &target);
  client = test_peer_client (certs);
  test_peer_connect (client, target);
  check_facts (client, server, kind, "CIPHER is ");
  check_leaf (client, kind->certificate);
  test_peer_talk (client, server);

  q_socket_close (client, NULL);
  test_program_wait_for (server, "CONNECTION CLOSED");
  g_assert_cmpint (test_program_finish (server), ==, 0);
}

static void
test_server (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (QSocket) sock = NULL;
  g_autofree char *prefix = g_strdup_printf ("New, %s, Cipher is ", kind->version);

  if (!test_program_is_here ("openssl"))
    return;

  listener = test_peer_listener (certs, kind->certificate);
  client = test_openssl_client (certs, listener, kind->option);
  sock = test_peer_accept (listener);
  check_facts (sock, client, kind, prefix);
  test_program_wait_for (client, "Verify return code: 0 (ok)");
  g_assert_null (q_socket_verify_peer_certificate (sock));
  test_peer_talk (sock, client);

  /* With close_notify, or it would complain. */
  q_socket_close (sock, NULL);
  test_program_wait_for (client, "closed\n");
  g_assert_cmpint (test_program_finish (client), ==, 0);
  g_assert_null (strstr (test_program_get_output (client), "rror:"));
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
  { "agreed", "-alpn two,three", { "one", "two" }, "two" },
  { "no-overlap", "-alpn three,four", { "one", "two" }, NULL },
  { "theirs-only", "-alpn two", { NULL }, NULL },
  { "ours-only", "", { "two" }, NULL },
};

static void
test_alpn_client (gconstpointer data)
{
  const Alpn *alpn = data;
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;
  g_autofree char *agreed = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  server = test_openssl_server (certs, "server", alpn->theirs, &target);
  client = test_peer_client (certs);
  q_socket_set_ssl_alpn (client, (const char * const *) alpn->ours);

  /* OpenSSL ends the handshake if it knows none of those offered. */
  if (g_str_equal (alpn->name, "no-overlap"))
    {
      g_free (test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL));
      test_program_wait_for (server, "no application protocol");
      return;
    }

  test_peer_connect (client, target);
  agreed = q_socket_get_ssl_alpn (client);
  g_assert_cmpstr (agreed, ==, alpn->agreed);
  if (agreed != NULL)
    {
      test_program_wait_for (server, "ALPN protocols advertised by the client: one, two\n");
      test_program_wait_for (server, "ALPN protocols selected: two\n");
    }
  test_peer_talk (client, server);
}

static void
test_alpn_server (gconstpointer data)
{
  const Alpn *alpn = data;
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (QSocket) sock = NULL;
  g_autofree char *agreed = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  listener = test_peer_listener (certs, "server");
  q_socket_set_ssl_alpn (listener, (const char * const *) alpn->ours);
  client = test_openssl_client (certs, listener, alpn->theirs);
  sock = test_peer_accept (listener);
  agreed = q_socket_get_ssl_alpn (sock);
  g_assert_cmpstr (agreed, ==, alpn->agreed);
  test_program_wait_for (client, agreed != NULL ? "ALPN protocol: two\n" : "No ALPN negotiated\n");
  test_peer_talk (sock, client);
}

/* ---- SNI ---- */

static void
test_sni (gconstpointer data)
{
  const char *host = data;
  gboolean is_name = g_str_equal (host, "localhost");
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *options = NULL;
  g_autofree char *target = NULL;
  g_autofree char *url = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  options = g_strdup_printf ("-tlsextdebug -servername localhost -cert2 %s -key2 %s",
                             test_certs_path (certs, "leaf.pem"),
                             test_certs_path (certs, "leaf.key"));
  server = test_openssl_server (certs, "rsa", options, &target);
  url = g_strconcat (host, strchr (target, ':'), NULL);
  client = test_peer_client (certs);
  test_peer_connect (client, url);
  test_peer_talk (client, server);
  check_leaf (client, is_name ? "leaf" : "rsa");
  if (is_name)
    g_assert_nonnull (strstr (test_program_get_output (server),
                              "Hostname in TLS extension: \"localhost\""));
  else
    g_assert_null (strstr (test_program_get_output (server), "\"server name\""));
}

/* A name that was set goes before the one that was connected to. */
static void
test_sni_set (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *options = NULL;
  g_autofree char *target = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  options = g_strdup_printf ("-servername other.example.org -cert2 %s -key2 %s",
                             test_certs_path (certs, "wildcard.pem"),
                             test_certs_path (certs, "wildcard.key"));
  server = test_openssl_server (certs, "leaf", options, &target);
  client = test_peer_client (certs);
  q_socket_set_ssl_server_name (client, "other.example.org");
  test_peer_connect (client, target);
  check_leaf (client, "wildcard");
  test_program_wait_for (server, "Hostname in TLS extension: \"other.example.org\"");
}

/* ---- nothing in common ---- */

typedef struct
{
  const char *name;
  const char *option;
  const char *version;    /* that is too old, as it is to be told */
} Mismatch;

static const Mismatch mismatches[] = {
  { "tls1.0", "-tls1 -cipher 'ALL:@SECLEVEL=0'", "TLSv1 " },
  { "tls1.1", "-tls1_1 -cipher 'ALL:@SECLEVEL=0'", "TLSv1.1" },
  { "cipher", "-tls1_2 -cipher PSK", NULL },
};

static void
test_mismatch_client (gconstpointer data)
{
  const Mismatch *mismatch = data;
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;
  g_autofree char *message = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  server = test_openssl_server (certs, "rsa", mismatch->option, &target);
  client = test_peer_client (certs);
  message = test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL);
  if (mismatch->version != NULL)
    g_assert_nonnull (strstr (message, mismatch->version));
  test_program_wait_for (server, mismatch->version != NULL ? "CONNECTION CLOSED"
                                                            : "no shared cipher");
}

static void
test_mismatch_server (gconstpointer data)
{
  const Mismatch *mismatch = data;
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) listener = NULL;
  g_autofree char *message = NULL;
  g_autofree char *options = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  options = g_strconcat (mismatch->option, mismatch->version == NULL ? " -psk 00" : "", NULL);
  listener = test_peer_listener (certs, "rsa");
  client = test_openssl_client (certs, listener, options);
  message = test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL);
  if (mismatch->version != NULL)
    g_assert_nonnull (strstr (message, mismatch->version));
  else
    g_assert_cmpint (test_program_finish (client), !=, 0);
}

/* A socket that asks for TLS 1.3 at least refuses 1.2, as a client and as a server. */
static void
test_minimum (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (TestProgram) peer = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autoptr (QSocket) listener = NULL;
  g_autofree char *target = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  server = test_openssl_server (certs, "server", "-tls1_2", &target);
  client = test_peer_client (certs);
  q_socket_set_ssl_minimum_version (client, G_TLS_PROTOCOL_VERSION_TLS_1_3);
  g_free (test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL));

  listener = test_peer_listener (certs, "server");
  q_socket_set_ssl_minimum_version (listener, G_TLS_PROTOCOL_VERSION_TLS_1_3);
  peer = test_openssl_client (certs, listener, "-tls1_2");
  g_free (test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL));
}

/* ---- events ---- */

static void
test_events (void)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (TestProgram) peer = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (QSocket) sock = NULL;
  g_autoptr (GAsyncQueue) queue = NULL;
  g_autofree char *target = NULL;
  g_autofree char *cipher = NULL;
  GString *lines;

  if (!test_program_is_here ("openssl"))
    return;

  server = test_openssl_server (certs, "server", "-tls1_3", &target);
  client = test_peer_client (certs);
  test_log_signals (client, log);
  test_peer_connect (client, target);
  cipher = q_socket_get_ssl_cipher_name (client);
  lines = g_string_new (strstr (log->str, "START_SSL"));
  test_assert_log (lines, "START_SSL\n"
                   "SSL_ESTABLISHED {'cipher': <'%s'>, 'cipher_version': <'TLSv1.3'>}", cipher);
  g_string_free (lines, TRUE);
  g_assert_nonnull (strstr (log->str, "CONNECTED\n"));
  g_assert_true (strstr (log->str, "CONNECTED") < strstr (log->str, "START_SSL"));
  g_signal_handlers_disconnect_by_data (client, log);
  g_string_truncate (log, 0);

  queue = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  listener = test_peer_listener (certs, "server");
  q_socket_set_event_queue (listener, queue);
  peer = test_openssl_client (certs, listener, "-tls1_2");
  sock = test_peer_accept (listener);
  g_free (cipher);
  cipher = q_socket_get_ssl_cipher_name (sock);
  test_log_queue (log, queue);
  test_assert_log (log, "START_SSL\n"
                   "SSL_ESTABLISHED {'cipher': <'%s'>, 'cipher_version': <'TLSv1.2'>}", cipher);
  q_socket_close (sock, NULL);
  test_log_queue (log, queue);
  test_assert_log (log, "CHANNEL_CLOSED");
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
      g_autofree char *client = g_strdup_printf ("/socket/ssl-openssl/client/%s/%s",
                                                 kinds[i].version, kinds[i].certificate);
      g_autofree char *server = g_strdup_printf ("/socket/ssl-openssl/server/%s/%s",
                                                 kinds[i].version, kinds[i].certificate);

      g_test_add_data_func (client, &kinds[i], test_client);
      g_test_add_data_func (server, &kinds[i], test_server);
    }
  for (guint i = 0; i < G_N_ELEMENTS (alpns); i++)
    {
      g_autofree char *client = g_strdup_printf ("/socket/ssl-openssl/alpn/%s/client",
                                                 alpns[i].name);
      g_autofree char *server = g_strdup_printf ("/socket/ssl-openssl/alpn/%s/server",
                                                 alpns[i].name);

      g_test_add_data_func (client, &alpns[i], test_alpn_client);
      g_test_add_data_func (server, &alpns[i], test_alpn_server);
    }
  g_test_add_data_func ("/socket/ssl-openssl/sni/name", "localhost", test_sni);
  g_test_add_data_func ("/socket/ssl-openssl/sni/address", "127.0.0.1", test_sni);
  g_test_add_func ("/socket/ssl-openssl/sni/set", test_sni_set);
  for (guint i = 0; i < G_N_ELEMENTS (mismatches); i++)
    {
      g_autofree char *client = g_strdup_printf ("/socket/ssl-openssl/mismatch/%s/client",
                                                 mismatches[i].name);
      g_autofree char *server = g_strdup_printf ("/socket/ssl-openssl/mismatch/%s/server",
                                                 mismatches[i].name);

      g_test_add_data_func (client, &mismatches[i], test_mismatch_client);
      g_test_add_data_func (server, &mismatches[i], test_mismatch_server);
    }
  g_test_add_func ("/socket/ssl-openssl/minimum", test_minimum);
  g_test_add_func ("/socket/ssl-openssl/events", test_events);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
