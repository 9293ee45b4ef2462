/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
need (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);

  if (path != NULL)
    return TRUE;

  g_test_skip_printf ("%s is not installed", program);

  return FALSE;
}

/* Starts a program; what of @fd is >= 0 becomes its descriptor 3. */
static GSubprocess *
start (int                 fd,
       const char         *variable,
       const char         *value,
       GSubprocessFlags    flags,
       const char * const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  GError *error = NULL;
  GSubprocess *process;

  if (fd >= 0)
    g_subprocess_launcher_take_fd (launcher, fd, 3);
  if (variable != NULL)
    g_subprocess_launcher_setenv (launcher, variable, value, TRUE);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);

  return process;
}

static void
stop (GSubprocess *process,
      int          number)
{
  GError *error = NULL;

  g_subprocess_send_signal (process, number);
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (process);
}

/* ---- curl as the client ---- */

typedef struct
{
  QSocket *listener;
  int n_connections;
  int n_requests;
} Server;

static void
answer (QSocket  *sock,
        GVariant *request,
        GBytes   *body)
{
  GVariantBuilder headers;
  const char *method;
  g_autoptr (GBytes) reply = NULL;
  GError *error = NULL;

  g_assert_true (g_variant_lookup (request, "method", "&s", &method));
  reply = body != NULL ? g_bytes_ref (body) : g_bytes_new_static ("hello\n", 6);
  g_variant_builder_init (&headers, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&headers, "{sv}", "X-Method", g_variant_new_string (method));
  if (g_str_equal (method, "HEAD"))
    {
      g_variant_builder_add (&headers, "{sv}", "Content-Length", g_variant_new_int32 (6));
      g_clear_pointer (&reply, g_bytes_unref);
    }

  q_socket_send_http_response (sock, 200, "OK", "1.1", g_variant_builder_end (&headers), reply,
                               ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

static gpointer
server_thread (gpointer data)
{
  Server *server = data;
  QSocket *sock;

  while ((sock = q_socket_accept (server->listener, -1, NULL, NULL)) != NULL)
    {
      GVariant *request;

      server->n_connections++;
      while ((request = q_socket_read_http_header (sock, ENOUGH, NULL, NULL)) != NULL)
        {
          g_autoptr (GBytes) body = NULL;
          const char *length;

          g_assert_true (g_variant_is_of_type (request, G_VARIANT_TYPE_VARDICT));
          server->n_requests++;
          if (g_variant_lookup (request, "expect", "&s", &length))
            q_socket_send (sock, "HTTP/1.1 100 Continue\r\n\r\n", ENOUGH, NULL, NULL);
          if (g_variant_lookup (request, "content-length", "&s", &length))
            body = q_socket_recv_binary (sock, atol (length), ENOUGH, NULL, NULL);
          answer (sock, request, body);
          g_variant_unref (request);
        }
      g_object_unref (sock);
    }

  return NULL;
}

static char *
run_curl (const char * const *argv)
{
  GSubprocess *curl = start (-1, NULL, NULL, G_SUBPROCESS_FLAGS_STDOUT_PIPE, argv);
  GError *error = NULL;
  char *out = NULL;

  g_subprocess_communicate_utf8 (curl, NULL, NULL, &out, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (curl));
  g_object_unref (curl);

  return out;
}

static void
test_curl (void)
{
  g_autofree char *target = NULL;
  Server server = { test_listener (&target) };
  g_autofree char *url = g_strdup_printf ("http://%s/some/where", target);
  g_autofree char *large = g_malloc (1 << 20);
  g_autofree char *data = NULL;
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "body", NULL);
  const char *get[] = { "curl", "-sS", "--noproxy", "*", url, NULL };
  const char *head[] = { "curl", "-sSI", "--noproxy", "*", url, NULL };
  const char *two[] = { "curl", "-sS", "--noproxy", "*", url, url, NULL };
  const char *post[] = { "curl", "-sS", "--noproxy", "*", "--data-binary", NULL, url, NULL };
  GThread *thread;
  char *out;

  if (!need ("curl"))
    return;

  thread = g_thread_new ("server", server_thread, &server);
  out = run_curl (get);
  g_assert_cmpstr (out, ==, "hello\n");
  g_free (out);
  out = run_curl (head);
  g_assert_nonnull (strstr (out, "HTTP/1.1 200 OK\r\n"));
  g_assert_nonnull (strstr (out, "X-Method: HEAD\r\n"));
  g_free (out);

  /* Both over one connection. */
  server.n_connections = 0;
  out = run_curl (two);
  g_assert_cmpstr (out, ==, "hello\nhello\n");
  g_free (out);
  g_assert_cmpint (server.n_connections, ==, 1);

  /* Large enough for curl to expect a 100 first. */
  memset (large, 'q', (1 << 20) - 1);
  large[(1 << 20) - 1] = '\0';
  g_assert_true (g_file_set_contents (path, large, -1, NULL));
  data = g_strconcat ("@", path, NULL);
  post[5] = data;
  out = run_curl (post);
  g_assert_cmpuint (strlen (out), ==, strlen (large));
  g_assert_cmpint (strcmp (out, large), ==, 0);
  g_free (out);

  q_socket_close (server.listener, NULL);
  g_thread_join (thread);
  g_assert_cmpint (server.n_requests, ==, 5);
  g_object_unref (server.listener);
  test_remove_dir (dir);
}

/* ---- servers ---- */

static const char *
lookup (GVariant   *header,
        const char *key)
{
  const char *value = NULL;

  g_variant_lookup (header, key, "&s", &value);

  return value;
}

static GVariant *
ask (QSocket    *sock,
     const char *method,
     const char *path,
     int         status)
{
  GVariantBuilder headers;
  GVariant *header;
  GError *error = NULL;
  int got = 0;

  g_variant_builder_init (&headers, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&headers, "{sv}", "Host", g_variant_new_string ("localhost"));
  q_socket_send_http_message (sock, method, path, "1.1", g_variant_builder_end (&headers), NULL,
                              ENOUGH, NULL, &error);
  g_assert_no_error (error);
  header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_is_of_type (header, G_VARIANT_TYPE_VARDICT));
  g_variant_lookup (header, "status_code", "i", &got);
  g_assert_cmpint (got, ==, status);

  return header;
}

static GBytes *
read_body (QSocket  *sock,
           GVariant *header)
{
  GError *error = NULL;
  GBytes *body;

  g_assert_nonnull (lookup (header, "content-length"));
  body = q_socket_recv_binary (sock, atol (lookup (header, "content-length")), ENOUGH, NULL,
                               &error);
  g_assert_no_error (error);

  return body;
}

/* One connection, three questions: a file, one that is not there, and a HEAD. */
static void
ask_server (const char *target,
            const char *content,
            gboolean    keeps_alive)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GVariant) header = NULL;
  GError *error = NULL;

  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  g_assert_no_error (error);
  header = ask (sock, "GET", "/file.bin", 200);
  body = read_body (sock, header);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), content, 1 << 20);

  g_clear_pointer (&header, g_variant_unref);
  g_clear_pointer (&body, g_bytes_unref);
  if (!keeps_alive)
    g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  header = ask (sock, "GET", "/nothing", 404);
  body = read_body (sock, header);
  g_assert_cmpuint (g_bytes_get_size (body), >, 0);

  g_clear_pointer (&header, g_variant_unref);
  if (!keeps_alive)
    g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  header = ask (sock, "HEAD", "/file.bin", 200);
  g_assert_cmpstr (lookup (header, "content-length"), ==, "1048576");
  g_assert_false (keeps_alive && q_socket_is_data_available (sock, 0));
}

/* A listener that another program is to serve: nobody has to wait until it does. */
static int
hand_over_listener (char **target)
{
  QSocket *listener = test_listener (target);
  int fd = q_socket_steal_fd (listener, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_object_unref (listener);

  return fd;
}

static char *
make_content (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "file.bin", NULL);
  char *content = g_malloc (1 << 20);

  for (guint i = 0; i < 1 << 20; i++)
    content[i] = (char) (i * 2654435761u >> 24);
  g_assert_true (g_file_set_contents (path, content, 1 << 20, NULL));
  g_assert_no_errno (chmod (path, 0644));
  g_assert_no_errno (chmod (dir, 0755));

  return content;
}

static void
test_nginx (void)
{
  static const char config[] =
    "daemon off; worker_processes 1; pid %1$s/pid; error_log stderr crit; %3$s\n"
    "events { worker_connections 64; }\n"
    "http { access_log off; client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy;\n"
    "  fastcgi_temp_path %1$s/fastcgi; uwsgi_temp_path %1$s/uwsgi; scgi_temp_path %1$s/scgi;\n"
    "  server { listen %2$s; root %1$s; } }\n";
  g_autofree char *target = NULL;
  g_autofree char *content = NULL;
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;
  const char *argv[] = { "nginx", "-e", "stderr", "-p", NULL, "-c", NULL, NULL };
  const char *more[] = { "body", "proxy", "fastcgi", "uwsgi", "scgi" };
  char *dir;
  GSubprocess *nginx;
  int fd;

  if (!need ("nginx"))
    return;

  dir = test_make_dir ();
  content = make_content (dir);
  fd = hand_over_listener (&target);
  text = g_strdup_printf (config, dir, target, geteuid () == 0 ? "user root;" : "");
  path = g_build_filename (dir, "nginx.conf", NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));

  argv[4] = dir;
  argv[6] = path;
  nginx = start (fd, "NGINX", "3;", G_SUBPROCESS_FLAGS_STDERR_SILENCE, argv);
  ask_server (target, content, TRUE);
  stop (nginx, SIGTERM);

  for (guint i = 0; i < G_N_ELEMENTS (more); i++)
    {
      g_autofree char *temporary = g_build_filename (dir, more[i], NULL);

      rmdir (temporary);
    }
  test_remove_dir (dir);
}

static void
test_python (void)
{
  static const char program[] =
    "import http.server, socket, sys\n"
    "class Handler (http.server.SimpleHTTPRequestHandler):\n"
    "  def log_message (self, *arguments): pass\n"
    "server = http.server.ThreadingHTTPServer (('127.0.0.1', 0), Handler, False)\n"
    "server.socket.close ()\n"
    "server.socket = socket.socket (fileno=3)\n"
    "server.server_name, server.server_port = server.socket.getsockname ()\n"
    "server.serve_forever ()\n";
  g_autofree char *target = NULL;
  g_autofree char *content = NULL;
  const char *argv[] = { "sh", "-c", "cd \"$1\" && exec python3 -c \"$2\"", "sh", NULL, program,
                         NULL };
  GSubprocess *python;
  char *dir;
  int fd;

  if (!need ("python3"))
    return;

  dir = test_make_dir ();
  content = make_content (dir);
  fd = hand_over_listener (&target);
  argv[4] = dir;
  python = start (fd, NULL, NULL, G_SUBPROCESS_FLAGS_NONE, argv);
  ask_server (target, content, FALSE);
  stop (python, SIGKILL);
  test_remove_dir (dir);
}

/* ---- socat ---- */

/* What comes back from a program that connects here and returns what it gets, up
 * to the end: of this side's half first, and then of its own. */
static void
test_socat_echo (gconstpointer data)
{
  gboolean is_tcp = GPOINTER_TO_INT (data);
  g_autofree char *path = NULL;
  g_autofree char *target = NULL;
  g_autofree char *address = NULL;
  g_autofree guint8 *sent = g_malloc (100000);
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (QSocket) sock = NULL;
  const char *argv[] = { "socat", NULL, "EXEC:cat", NULL };
  GError *error = NULL;
  GSubprocess *socat;
  GBytes *bytes;
  char *dir;

  if (!need ("socat"))
    return;

  dir = test_make_dir ();
  path = g_build_filename (dir, "socket", NULL);
  if (is_tcp)
    {
      listener = test_listener (&target);
    }
  else
    {
      listener = q_socket_new ();
      g_assert_true (q_socket_bind (listener, path, FALSE, NULL));
      g_assert_true (q_socket_listen (listener, 0, NULL));
    }
  address = g_strconcat (is_tcp ? "TCP:" : "UNIX-CONNECT:", is_tcp ? target : path, NULL);
  argv[1] = address;
  socat = start (-1, NULL, NULL, G_SUBPROCESS_FLAGS_NONE, argv);
  sock = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (sock);

  for (guint i = 0; i < 100000; i++)
    sent[i] = (guint8) (i * 2654435761u >> 24);
  for (int i = 0; i < 3; i++)
    {
      g_assert_true (q_socket_send_data (sock, sent, 30000, ENOUGH, NULL, &error));
      bytes = q_socket_recv_binary (sock, 30000, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), sent, 30000);
      g_bytes_unref (bytes);
    }

  g_assert_true (q_socket_send (sock, "the end", ENOUGH, NULL, &error));
  g_assert_no_errno (shutdown (q_socket_get_socket (sock), SHUT_WR));
  bytes = q_socket_recv_binary (sock, -1, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "the end", 7);
  g_bytes_unref (bytes);
  g_assert_null (q_socket_recv (sock, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);

  g_assert_true (g_subprocess_wait_check (socat, NULL, &error));
  g_assert_no_error (error);
  g_object_unref (socat);
  q_socket_close (listener, NULL);
  test_remove_dir (dir);
}

static void
test_socat_datagram (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autofree char *address = NULL;
  g_autofree char *text = NULL;
  const char *argv[] = { "socat", "-u", "-", NULL, NULL };
  GError *error = NULL;
  GSubprocess *socat;

  if (!need ("socat"))
    return;

  q_socket_bind_inet (sock, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                      0, &error);
  g_assert_no_error (error);
  address = g_strdup_printf ("UDP:127.0.0.1:%d", q_socket_get_port (sock));
  argv[3] = address;
  socat = start (-1, NULL, NULL, G_SUBPROCESS_FLAGS_STDIN_PIPE, argv);
  g_assert_true (g_subprocess_communicate_utf8 (socat, "one message", NULL, NULL, NULL, &error));
  text = q_socket_recv (sock, 0, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "one message");
  g_object_unref (socat);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/peers/curl", test_curl);
  g_test_add_func ("/socket/peers/nginx", test_nginx);
  g_test_add_func ("/socket/peers/python", test_python);
  g_test_add_data_func ("/socket/peers/socat/tcp", GINT_TO_POINTER (TRUE), test_socat_echo);
  g_test_add_data_func ("/socket/peers/socat/unix", GINT_TO_POINTER (FALSE), test_socat_echo);
  g_test_add_func ("/socket/peers/socat/datagram", test_socat_datagram);

  return g_test_run ();
}
