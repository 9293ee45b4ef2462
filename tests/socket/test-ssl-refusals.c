/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-ssl-peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Certificates that OpenSSL and a QSocket refuse each other, and peers that speak no TLS. */

static TestCerts *certs;

/* ---- of servers ---- */

typedef struct
{
  const char *certificate;
  const char *ours;       /* what a QSocket has against it */
  const char *theirs;     /* and OpenSSL: "verify error:num=", then this */
} Refusal;

static const Refusal refusals[] = {
  { "expired", "X509_V_ERR_CERT_HAS_EXPIRED", "10:" },
  { "not-yet-valid", "X509_V_ERR_CERT_NOT_YET_VALID", "9:" },
  { "wrong-host", "X509_V_ERR_HOSTNAME_MISMATCH", "62:" },
  { "unknown-ca", "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE", "20:" },
  { "client-only", "X509_V_ERR_INVALID_PURPOSE", "26:" },
  { "self-signed", "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT", "18:" },
  { "revoked", "X509_V_ERR_CERT_REVOKED", "23:" },
};

static void
test_by_client (gconstpointer data)
{
  const Refusal *refusal = data;
  GError *error = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  for (int is_old = 0; is_old < 2; is_old++)
    {
      g_autofree char *target = NULL;
      g_autoptr (TestProgram) server =
        test_openssl_server (certs, refusal->certificate, is_old ? "-tls1_2" : "-tls1_3", &target);
      g_autoptr (QSocket) client = test_peer_client (certs);
      g_autofree char *message = NULL;
      g_autofree char *reason = NULL;

      q_socket_set_ssl_crl_file (client, test_certs_path (certs, "crl.pem"), &error);
      g_assert_no_error (error);
      message = test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL);
      reason = g_strdup_printf ("connect_ssl to \"%s\": %s: %s", target, refusal->ours,
                                q_ssl_verification_reason (refusal->ours));
      g_assert_cmpstr (message, ==, reason);
      test_program_wait_for (server, "CONNECTION CLOSED");
    }
}

/* With the list no other certificate is refused. */
static void
test_not_revoked (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;
  GError *error = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  server = test_openssl_server (certs, "leaf", "", &target);
  client = test_peer_client (certs);
  q_socket_set_ssl_crl_file (client, test_certs_path (certs, "crl.pem"), &error);
  g_assert_no_error (error);
  test_peer_connect (client, target);
  test_peer_talk (client, server);
}

/* The server has forgotten the certificate between its own and the root. */
static void
test_no_intermediate (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;
  g_autofree char *message = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  /* Of the file it sends only the first. */
  server = test_openssl_server (certs, "unknown-chain", "", &target);
  client = q_socket_new ();
  q_socket_set_ssl_ca_file (client, test_certs_path (certs, "other-root.pem"), NULL);
  message = test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL);
  g_assert_nonnull (strstr (message, "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
}

/* A server that sends its own certificate twice, as happens with files put together by hand. */
static void
test_leaf_twice (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;
  g_autofree char *options = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  options = g_strconcat ("-cert_chain ", test_certs_path (certs, "unknown-chain.pem"), NULL);
  server = test_openssl_server (certs, "unknown-chain", options, &target);
  client = q_socket_new ();
  q_socket_set_ssl_ca_file (client, test_certs_path (certs, "other-root.pem"), NULL);
  test_peer_connect (client, target);
  test_peer_talk (client, server);
}

static void
test_by_openssl (gconstpointer data)
{
  const Refusal *refusal = data;

  if (!test_program_is_here ("openssl"))
    return;

  for (int is_old = 0; is_old < 2; is_old++)
    {
      g_autoptr (QSocket) listener = test_peer_listener (certs, refusal->certificate);
      g_autofree char *options = NULL;
      g_autoptr (TestProgram) client = NULL;
      g_autofree char *message = NULL;

      options = g_strdup_printf ("%s -CRL %s -crl_check", is_old ? "-tls1_2" : "-tls1_3",
                                 test_certs_path (certs, "crl.pem"));
      if (!g_str_equal (refusal->certificate, "revoked"))
        *strstr (options, " -CRL") = '\0';
      client = test_openssl_client (certs, listener, options);
      message = test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL);
      /* GnuTLS cannot read the alert of TLS 1.3, which OpenSSL does not encrypt. */
      if (is_old)
        g_assert_nonnull (strstr (message, "alert"));
      test_program_wait_for (client, "verify error:num=");
      g_assert_true (g_str_has_prefix (test_program_wait_for (client, ""), refusal->theirs));
      g_assert_cmpint (test_program_finish (client), !=, 0);
    }
}

static gssize
keep_pushed (gnutls_transport_ptr_t  array,
             const void             *bytes,
             gsize                   length)
{
  g_byte_array_append (array, bytes, (guint) length);

  return (gssize) length;
}

static gssize
pull_nothing (gnutls_transport_ptr_t  array,
              void                   *bytes,
              gsize                   length)
{
  errno = EAGAIN;

  return -1;
}

static GByteArray *
make_client_hello (void)
{
  GByteArray *hello = g_byte_array_new ();
  gnutls_certificate_credentials_t nothing;
  gnutls_session_t session;

  g_assert_cmpint (gnutls_certificate_allocate_credentials (&nothing), ==, 0);
  g_assert_cmpint (gnutls_init (&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), ==, 0);
  gnutls_priority_set_direct (session, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL);
  gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, nothing);
  gnutls_transport_set_ptr (session, hello);
  gnutls_transport_set_push_function (session, keep_pushed);
  gnutls_transport_set_pull_function (session, pull_nothing);
  g_assert_cmpint (gnutls_handshake (session), ==, GNUTLS_E_AGAIN);
  gnutls_deinit (session);
  gnutls_certificate_free_credentials (nothing);

  return hello;
}

/* A peer that refuses says so and goes at once, while this side still writes. */
static void
test_refused_while_writing (void)
{
  static const guint8 bad_certificate[] = { 21, 3, 3, 0, 2, 2, 42 };
  g_autoptr (GByteArray) hello = make_client_hello ();
  g_autofree char *target = NULL;
  g_autofree char *message = NULL;
  g_autoptr (QSocket) listener = NULL;
  struct linger at_once = { 1, 0 };
  GError *error = NULL;
  QSocket *client = q_socket_new ();
  int fd;

  listener = test_peer_listener (certs, "server");
  target = g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (listener));
  q_socket_connect (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  fd = q_socket_steal_fd (client, NULL);
  g_object_unref (client);

  test_write (fd, hello->data, hello->len);
  test_write (fd, bad_certificate, sizeof bad_certificate);
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (fd);
  message = test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL);
  g_assert_nonnull (strstr (message, "alert"));
}

/* ---- of clients ---- */

typedef struct
{
  const char *name;
  const char *certificate;    /* NULL: none */
  const char *ours;           /* what a QSocket has against it; NULL: nothing */
  const char *theirs;         /* and OpenSSL */
} ClientCase;

static const ClientCase client_cases[] = {
  { "given", "client", NULL, NULL },
  { "missing", NULL, "", "peer did not return a certificate" },
  { "unknown-ca", "unknown-ca", "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "verify error:num=20:" },
  { "expired", "expired", "X509_V_ERR_CERT_HAS_EXPIRED", "verify error:num=10:" },
  { "server-only", "server", "X509_V_ERR_INVALID_PURPOSE", "verify error:num=26:" },
  { "revoked", "revoked", "X509_V_ERR_CERT_REVOKED", "verify error:num=23:" },
};

static char *
server_options (const ClientCase *it,
                gboolean          is_old)
{
  return g_strdup_printf ("%s -Verify 2 -verify_return_error -CAfile %s %s%s",
                          is_old ? "-tls1_2" : "-tls1_3", test_certs_path (certs, "root.pem"),
                          g_str_equal (it->name, "revoked") ? "-crl_check -CRL " : "",
                          g_str_equal (it->name, "revoked")
                          ? test_certs_path (certs, "crl.pem") : "");
}

static void
test_to_openssl (gconstpointer data)
{
  const ClientCase *it = data;

  if (!test_program_is_here ("openssl"))
    return;

  for (int is_old = 0; is_old < 2; is_old++)
    {
      g_autofree char *options = server_options (it, is_old);
      g_autofree char *target = NULL;
      g_autoptr (TestProgram) server = test_openssl_server (certs, "leaf", options, &target);
      g_autoptr (QSocket) client = test_peer_client (certs);
      GError *error = NULL;

      if (it->certificate != NULL)
        test_ssl_identify (client, certs, it->certificate);

      /* With TLS 1.3 the client is done before the server has seen its certificate. */
      if (it->theirs != NULL && is_old)
        {
          g_free (test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL));
          test_program_wait_for (server, it->theirs);
          continue;
        }

      test_peer_connect (client, target);
      if (it->theirs == NULL)
        {
          test_peer_talk (client, server);
          g_assert_nonnull (strstr (test_program_get_output (server), "subject=CN = client\n"));
          continue;
        }

      g_assert_null (q_socket_recv (client, 0, ENOUGH, NULL, &error));
      g_assert_nonnull (strstr (error->message, "alert"));
      test_assert_error (error, Q_SOCKET_ERROR_SSL);
      test_program_wait_for (server, it->theirs);
    }
}

static void
test_from_openssl (gconstpointer data)
{
  const ClientCase *it = data;
  GError *error = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  for (int is_old = 0; is_old < 2; is_old++)
    {
      g_autoptr (QSocket) listener = test_peer_listener (certs, "leaf");
      g_autoptr (TestProgram) client = NULL;
      g_autoptr (QSocket) sock = NULL;
      g_autofree char *certificate = NULL;
      g_autofree char *options = NULL;
      g_autofree char *message = NULL;

      q_socket_set_ssl_verify_mode (listener, Q_SSL_VERIFY_MODE_REQUIRE);
      q_socket_set_ssl_crl_file (listener, test_certs_path (certs, "crl.pem"), &error);
      g_assert_no_error (error);
      if (it->certificate != NULL)
        {
          g_autofree char *file = g_strconcat (it->certificate, ".both", NULL);

          certificate = g_strconcat ("-cert ", test_certs_path (certs, file), NULL);
        }
      options = g_strdup_printf ("%s %s", is_old ? "-tls1_2" : "-tls1_3",
                                 certificate != NULL ? certificate : "");
      if (g_strcmp0 (it->certificate, "server") == 0)
        {
          char *longer = g_strdup_printf ("%s -cert_chain %s", options,
                                          test_certs_path (certs, "intermediate.pem"));

          g_free (options);
          options = longer;
        }

      client = test_openssl_client (certs, listener, options);
      if (it->ours == NULL)
        {
          sock = test_peer_accept (listener);
          g_assert_cmpstr (q_socket_verify_peer_certificate (sock), ==, "X509_V_OK");
          test_peer_talk (sock, client);
          continue;
        }

      message = test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL);
      g_assert_nonnull (strstr (message, it->ours));
      g_assert_cmpint (test_program_finish (client), !=, 0);
    }
}

/* A server that asks for a certificate but does not insist accepts a client without one. */
static void
test_optional (void)
{
  g_autoptr (TestProgram) server = NULL;
  g_autoptr (QSocket) client = NULL;
  g_autofree char *target = NULL;

  if (!test_program_is_here ("openssl"))
    return;

  server = test_openssl_server (certs, "leaf", "-verify 2", &target);
  client = test_peer_client (certs);
  test_peer_connect (client, target);
  test_peer_talk (client, server);
}

/* ---- peers that speak no TLS ---- */

static void
test_no_tls_server (gconstpointer data)
{
  const char *greeting = data;
  g_autoptr (QSocket) client = test_peer_client (certs);
  g_autoptr (TestProgram) socat = NULL;
  g_autofree char *target = NULL;
  g_autofree char *message = NULL;
  int reservation;
  int port;

  if (!test_program_is_here ("socat"))
    return;

  port = test_reserve_port (&reservation);
  socat = test_program_start (-1, "socat -d -d TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr -", port);
  test_program_wait_for (socat, "listening on");
  test_program_say (socat, greeting);
  target = g_strdup_printf ("localhost:%d", port);
  message = test_peer_refuse (client, target, Q_SOCKET_ERROR_SSL);
  g_assert_true (g_str_has_prefix (message, "connect_ssl to \"localhost:"));
  close (reservation);
}

static void
test_no_tls_client (gconstpointer data)
{
  const char *greeting = data;
  g_autoptr (QSocket) listener = test_peer_listener (certs, "server");
  g_autoptr (TestProgram) socat = NULL;

  if (!test_program_is_here ("socat"))
    return;

  socat = test_program_start (-1, "socat - TCP:127.0.0.1:%d", q_socket_get_port (listener));
  test_program_say (socat, greeting);
  g_free (test_peer_refuse_client (listener, Q_SOCKET_ERROR_SSL));
  g_assert_cmpint (test_program_finish (socat), ==, 0);
}

/* Both sides wait for the other to begin; the time ends it. */
static void
test_silent_server (void)
{
  g_autofree char *target = NULL;
  G_GNUC_UNUSED g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) client = test_peer_client (certs);
  GError *error = NULL;

  g_assert_false (q_socket_connect_ssl (client, target, 50, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_false (q_socket_is_open (client));
}

/* The other way round: what a client of TLS says to a socket that has none is just bytes. */
static void
test_tls_on_plain (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;
  guint8 first;

  if (!test_program_is_here ("openssl"))
    return;

  client = test_openssl_client (certs, listener, "");
  sock = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  first = q_socket_recv_u1 (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (first, ==, 22);
  test_peer_send (sock, "220 this is not encrypted\r\n");
  q_socket_close (sock, NULL);
  test_program_wait_for (client, "wrong version number");
  g_assert_cmpint (test_program_finish (client), !=, 0);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *ours = g_strconcat ("/socket/ssl-refusals/by-client/",
                                           refusals[i].certificate, NULL);
      g_autofree char *theirs = g_strconcat ("/socket/ssl-refusals/by-openssl/",
                                             refusals[i].certificate, NULL);

      g_test_add_data_func (ours, &refusals[i], test_by_client);
      g_test_add_data_func (theirs, &refusals[i], test_by_openssl);
    }
  g_test_add_func ("/socket/ssl-refusals/not-revoked", test_not_revoked);
  g_test_add_func ("/socket/ssl-refusals/no-intermediate", test_no_intermediate);
  g_test_add_func ("/socket/ssl-refusals/leaf-twice", test_leaf_twice);
  g_test_add_func ("/socket/ssl-refusals/while-writing", test_refused_while_writing);
  for (guint i = 0; i < G_N_ELEMENTS (client_cases); i++)
    {
      g_autofree char *to = g_strconcat ("/socket/ssl-refusals/certificate-of-client/",
                                         client_cases[i].name, NULL);
      g_autofree char *from = g_strconcat ("/socket/ssl-refusals/certificate-of-openssl/",
                                           client_cases[i].name, NULL);

      g_test_add_data_func (to, &client_cases[i], test_to_openssl);
      g_test_add_data_func (from, &client_cases[i], test_from_openssl);
    }
  g_test_add_func ("/socket/ssl-refusals/certificate-of-client/optional", test_optional);
  g_test_add_data_func ("/socket/ssl-refusals/no-tls/server/text",
                        "220 mail.example.org ESMTP\r\n", test_no_tls_server);
  g_test_add_data_func ("/socket/ssl-refusals/no-tls/server/ssh",
                        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", test_no_tls_server);
  g_test_add_data_func ("/socket/ssl-refusals/no-tls/client/http",
                        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", test_no_tls_client);
  g_test_add_data_func ("/socket/ssl-refusals/no-tls/client/ssh",
                        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", test_no_tls_client);
  g_test_add_func ("/socket/ssl-refusals/no-tls/silent-server", test_silent_server);
  g_test_add_func ("/socket/ssl-refusals/no-tls/plain-port", test_tls_on_plain);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
