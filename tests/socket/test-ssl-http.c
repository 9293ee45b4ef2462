/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-ssl-peer.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE (2 * 1024 * 1024)

/* HTTP over TLS: curl as the client, nginx as the server. */

static TestCerts *certs;

/* ---- curl ---- */

/* Answers each request with the same, until the listener is closed. */
typedef struct
{
  QSocket *listener;
  GThread *thread;
  int n_served;
  int n_refused;
} Server;

static gpointer
server_thread (gpointer data)
{
  Server *server = data;

  while (q_socket_is_open (server->listener))
    {
      g_autoptr (QSocket) sock = q_socket_accept_ssl (server->listener, -1, NULL, NULL);
      g_autoptr (GBytes) reply = NULL;
      g_autofree char *text = NULL;
      g_autofree char *version = NULL;
      GVariant *request;

      if (sock == NULL)
        {
          server->n_refused += q_socket_is_open (server->listener);
          continue;
        }
      version = q_socket_get_ssl_cipher_version (sock);
      text = g_strconcat ("hello ", version, "\n", NULL);
      reply = g_bytes_new (text, strlen (text));
      while ((request = q_socket_read_http_header (sock, ENOUGH, NULL, NULL)) != NULL)
        {
          g_assert_true (g_variant_is_of_type (request, G_VARIANT_TYPE_VARDICT));
          g_variant_unref (request);
          g_assert_true (q_socket_send_http_response (sock, 200, "OK", "1.1", NULL, reply, ENOUGH,
                                                      NULL, NULL));
          server->n_served++;
        }
    }

  return NULL;
}

static void
server_start (Server         *server,
              const char     *certificate,
              QSslVerifyMode  mode)
{
  const char *protocols[] = { "http/1.1", NULL };

  *server = (Server) { test_peer_listener (certs, certificate) };
  q_socket_set_ssl_verify_mode (server->listener, mode);
  q_socket_set_ssl_alpn (server->listener, protocols);
  server->thread = g_thread_new ("server", server_thread, server);
}

static void
server_stop (Server *server)
{
  q_socket_close (server->listener, NULL);
  g_thread_join (server->thread);
  g_object_unref (server->listener);
}

/* Returns what it prints; @status is its exit status. */
static char *
run_curl (Server     *server,
          const char *options,
          int        *status)
{
  int port = q_socket_get_port (server->listener);
  g_autoptr (TestProgram) curl = NULL;

  curl = test_program_start (-1, "curl -sS --noproxy * --cacert %s %s https://localhost:%d/a "
                             "https://localhost:%d/b", test_certs_path (certs, "root.pem"),
                             options, port, port);
  *status = test_program_finish (curl);

  return g_strdup (test_program_get_output (curl));
}

static void
test_curl (void)
{
  Server server;
  char *output;
  int status;

  if (!test_program_is_here ("curl"))
    return;

  server_start (&server, "server", Q_SSL_VERIFY_MODE_PEER);
  output = run_curl (&server, "", &status);
  g_assert_cmpstr (output, ==, "hello TLSv1.3\nhello TLSv1.3\n");
  g_assert_cmpint (status, ==, 0);
  g_free (output);
  output = run_curl (&server, "--tls-max 1.2", &status);
  g_assert_cmpstr (output, ==, "hello TLSv1.2\nhello TLSv1.2\n");
  g_assert_cmpint (status, ==, 0);
  g_free (output);
  output = run_curl (&server, "-v", &status);
  g_assert_nonnull (strstr (output, "accepted http/1.1"));
  g_assert_null (strstr (output, "unexpected eof"));
  g_free (output);
  server_stop (&server);
  g_assert_cmpint (server.n_served, ==, 6);
  g_assert_cmpint (server.n_refused, ==, 0);
}

/* 60 is curl's word for a certificate that it does not like. */
static void
test_curl_refuses (gconstpointer data)
{
  Server server;
  char *output;
  int status;

  if (!test_program_is_here ("curl"))
    return;

  server_start (&server, data, Q_SSL_VERIFY_MODE_PEER);
  output = run_curl (&server, "", &status);
  g_assert_cmpint (status, ==, 60);
  g_free (output);
  output = run_curl (&server, "--tls-max 1.2", &status);
  g_assert_cmpint (status, ==, 60);
  g_free (output);
  server_stop (&server);
  g_assert_cmpint (server.n_served, ==, 0);

  /* The name is looked at only after the handshake. */
  if (!g_str_equal (data, "wrong-host"))
    g_assert_cmpint (server.n_refused, >=, 2);
}

static void
test_curl_certificate (gconstpointer data)
{
  g_autofree char *given = NULL;
  g_autofree char *wrong = NULL;
  Server server;
  char *output;
  int status;

  if (!test_program_is_here ("curl"))
    return;

  given = g_strdup_printf ("%s --cert %s", (const char *) data,
                           test_certs_path (certs, "client.both"));
  wrong = g_strdup_printf ("%s --cert %s", (const char *) data,
                           test_certs_path (certs, "unknown-ca.both"));
  server_start (&server, "leaf", Q_SSL_VERIFY_MODE_REQUIRE);
  output = run_curl (&server, given, &status);
  g_assert_true (g_str_has_prefix (output, "hello TLS"));
  g_assert_cmpint (status, ==, 0);
  g_free (output);

  output = run_curl (&server, wrong, &status);
  g_assert_cmpint (status, !=, 0);
  g_assert_null (strstr (output, "hello"));
  g_free (output);
  output = run_curl (&server, data, &status);
  g_assert_cmpint (status, !=, 0);
  g_assert_null (strstr (output, "hello"));
  g_free (output);
  server_stop (&server);
  g_assert_cmpint (server.n_served, ==, 2);
  g_assert_cmpint (server.n_refused, >=, 2);
}

/* ---- nginx ---- */

typedef struct
{
  char *dir;
  char *target;
  TestProgram *program;
} Nginx;

static const char nginx_config[] =
  "daemon off; worker_processes 1; pid %1$s/pid; error_log stderr crit; %3$s\n"
  "events { worker_connections 64; }\n"
  "http { access_log off; client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy;\n"
  "  fastcgi_temp_path %1$s/fastcgi; uwsgi_temp_path %1$s/uwsgi; scgi_temp_path %1$s/scgi;\n"
  "  server { listen %2$s ssl; root %1$s; %4$s\n"
  "    location /who { return 200 '$ssl_protocol $ssl_server_name $ssl_client_verify "
  "$ssl_client_s_dn\\n'; } } }\n";

static void
write_content (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "file.bin", NULL);
  g_autofree char *content = g_malloc (FILE_SIZE);
  GError *error = NULL;

  for (guint i = 0; i < FILE_SIZE; i++)
    content[i] = (char) (i * 2654435761u >> 24);
  g_file_set_contents (path, content, FILE_SIZE, &error);
  g_assert_no_error (error);
  g_assert_no_errno (chmod (path, 0644));
  g_assert_no_errno (chmod (dir, 0755));
}

static void
nginx_start (Nginx      *self,
             const char *certificate,
             const char *options)
{
  g_autofree char *file = g_strconcat (certificate, ".pem", NULL);
  g_autofree char *key = g_strconcat (certificate, ".key", NULL);
  g_autofree char *address = NULL;
  g_autofree char *all_options = NULL;
  g_autofree char *command = NULL;
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  QSocket *listener = test_listener (&address);

  self->dir = test_make_dir ();
  write_content (self->dir);
  all_options = g_strdup_printf ("ssl_certificate %s; ssl_certificate_key %s; %s",
                                 test_certs_path (certs, file), test_certs_path (certs, key),
                                 options);
  text = g_strdup_printf (nginx_config, self->dir, address,
                          geteuid () == 0 ? "user root;" : "", all_options);
  path = g_build_filename (self->dir, "nginx.conf", NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  self->target = g_strdup_printf ("localhost:%d", q_socket_get_port (listener));

  /* It is handed the listener, so nobody has to wait until it is there. */
  command = g_strdup_printf ("nginx -e stderr -p %s -c %s", self->dir, path);
  self->program = test_program_start_with (q_socket_steal_fd (listener, NULL), "NGINX", "3;",
                                           command);
  g_object_unref (listener);
}

static void
nginx_stop (Nginx *self)
{
  const char *more[] = { "body", "proxy", "fastcgi", "uwsgi", "scgi" };

  test_program_free (self->program);
  for (guint i = 0; i < G_N_ELEMENTS (more); i++)
    {
      g_autofree char *temporary = g_build_filename (self->dir, more[i], NULL);

      rmdir (temporary);
    }
  test_remove_dir (self->dir);
  g_free (self->target);
}

/* Returns the body. */
static GBytes *
ask (QSocket    *sock,
     const char *path,
     int         status)
{
  g_autoptr (GVariant) header = NULL;
  GVariantBuilder headers;
  GError *error = NULL;
  const char *length;
  GBytes *body;
  int got = 0;

  g_variant_builder_init (&headers, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&headers, "{sv}", "Host", g_variant_new_string ("localhost"));
  q_socket_send_http_message (sock, "GET", path, "1.1", g_variant_builder_end (&headers), NULL,
                              ENOUGH, NULL, &error);
  g_assert_no_error (error);
  header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_variant_lookup (header, "status_code", "i", &got);
  g_assert_cmpint (got, ==, status);
  g_assert_true (g_variant_lookup (header, "content-length", "&s", &length));
  body = q_socket_recv_binary (sock, atol (length), ENOUGH, NULL, &error);
  g_assert_no_error (error);

  return body;
}

static void
check_who (QSocket    *sock,
           const char *expected)
{
  g_autoptr (GBytes) body = ask (sock, "/who", 200);

  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), expected,
                   strlen (expected));
}

typedef struct
{
  const char *certificate;
  const char *version;
} Kind;

static const Kind kinds[] = {
  { "server", "TLSv1.3" },
  { "server", "TLSv1.2" },
  { "rsa", "TLSv1.3" },
  { "rsa", "TLSv1.2" },
};

static void
test_nginx (gconstpointer data)
{
  const Kind *kind = data;
  g_autofree char *options = g_strdup_printf ("ssl_protocols %s;", kind->version);
  g_autofree char *who = g_strdup_printf ("%s localhost NONE \n", kind->version);
  g_autofree char *by_address = g_strdup_printf ("%s  NONE \n", kind->version);
  g_autofree char *path = NULL;
  g_autofree char *content = NULL;
  g_autofree char *url = NULL;
  g_autoptr (QSocket) sock = NULL;
  g_autoptr (GBytes) body = NULL;
  gsize length;
  Nginx nginx;

  if (!test_program_is_here ("nginx"))
    return;

  nginx_start (&nginx, kind->certificate, options);
  sock = test_peer_client (certs);
  test_peer_connect (sock, nginx.target);
  check_who (sock, who);
  body = ask (sock, "/file.bin", 200);
  path = g_build_filename (nginx.dir, "file.bin", NULL);
  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), content, length);
  check_who (sock, who);

  /* No name is sent if an address is what was asked for. */
  url = g_strconcat ("127.0.0.1", strchr (nginx.target, ':'), NULL);
  test_peer_connect (sock, url);
  check_who (sock, by_address);
  nginx_stop (&nginx);
}

static void
test_nginx_refused (void)
{
  g_autoptr (QSocket) sock = NULL;
  g_autofree char *message = NULL;
  Nginx nginx;

  if (!test_program_is_here ("nginx"))
    return;

  nginx_start (&nginx, "wrong-host", "");
  sock = test_peer_client (certs);
  message = test_peer_refuse (sock, nginx.target, Q_SOCKET_ERROR_SSL);
  g_assert_nonnull (strstr (message, "X509_V_ERR_HOSTNAME_MISMATCH"));
  q_socket_set_ssl_server_name (sock, "wrong.example.org");
  test_peer_connect (sock, nginx.target);
  nginx_stop (&nginx);
}

/* nginx lets the handshake pass and answers with 400. */
static void
test_nginx_certificate (gconstpointer data)
{
  static const char * const wrong[] = { NULL, "unknown-ca", "revoked" };
  g_autofree char *options = NULL;
  g_autofree char *who = NULL;
  g_autoptr (QSocket) sock = NULL;
  Nginx nginx;

  if (!test_program_is_here ("nginx"))
    return;

  options = g_strdup_printf ("ssl_protocols %s; ssl_verify_client on; ssl_client_certificate %s; "
                             "ssl_crl %s;", (const char *) data,
                             test_certs_path (certs, "root.pem"),
                             test_certs_path (certs, "crl.pem"));
  who = g_strdup_printf ("%s localhost SUCCESS CN=client\n", (const char *) data);
  nginx_start (&nginx, "leaf", options);
  sock = test_peer_client (certs);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      if (wrong[i] != NULL)
        test_ssl_identify (sock, certs, wrong[i]);
      test_peer_connect (sock, nginx.target);
      g_bytes_unref (ask (sock, "/who", 400));
    }
  test_ssl_identify (sock, certs, "client");
  test_peer_connect (sock, nginx.target);
  check_who (sock, who);
  nginx_stop (&nginx);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  g_test_add_func ("/socket/ssl-http/curl/get", test_curl);
  g_test_add_data_func ("/socket/ssl-http/curl/refuses/expired", "expired", test_curl_refuses);
  g_test_add_data_func ("/socket/ssl-http/curl/refuses/host", "wrong-host", test_curl_refuses);
  g_test_add_data_func ("/socket/ssl-http/curl/refuses/ca", "unknown-ca", test_curl_refuses);
  g_test_add_data_func ("/socket/ssl-http/curl/certificate/tls1.3", "--tlsv1.3",
                        test_curl_certificate);
  g_test_add_data_func ("/socket/ssl-http/curl/certificate/tls1.2", "--tls-max 1.2",
                        test_curl_certificate);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/ssl-http/nginx/%s/%s", kinds[i].version,
                                               kinds[i].certificate);

      g_test_add_data_func (path, &kinds[i], test_nginx);
    }
  g_test_add_func ("/socket/ssl-http/nginx/refused", test_nginx_refused);
  g_test_add_data_func ("/socket/ssl-http/nginx/certificate/tls1.3", "TLSv1.3",
                        test_nginx_certificate);
  g_test_add_data_func ("/socket/ssl-http/nginx/certificate/tls1.2", "TLSv1.2",
                        test_nginx_certificate);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
