/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-peer.h"
#include "test-resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANY G_SOCKET_FAMILY_INVALID
#define V4 G_SOCKET_FAMILY_IPV4
#define V6 G_SOCKET_FAMILY_IPV6
#define STREAM G_SOCKET_TYPE_STREAM
#define DATAGRAM G_SOCKET_TYPE_DATAGRAM
#define SEQPACKET G_SOCKET_TYPE_SEQPACKET

/* A listener on every address, IPv4 and IPv6 alike. */
static QSocket *
listen_everywhere (void)
{
  QSocket *listener = q_socket_new ();
  GError *error = NULL;

  q_socket_bind_port (listener, 0, FALSE, &error);
  g_assert_no_error (error);
  q_socket_listen (listener, 0, &error);
  g_assert_no_error (error);

  return listener;
}

static guint
count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* A port of 127.0.0.1 where nobody listens, and nobody else will: it is bound. */
static int
refuse (int *port)
{
  struct sockaddr_in in = { .sin_family = AF_INET };
  socklen_t length = sizeof in;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &in, sizeof in));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in, &length));
  *port = ntohs (in.sin_port);

  return fd;
}

static void
assert_exchange (QSocket *a,
                 QSocket *b)
{
  GError *error = NULL;

  q_socket_send_i4 (a, 0x01020304, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_recv_i4 (b, ENOUGH, NULL, &error), ==, 0x01020304);
  g_assert_no_error (error);
}

static void
assert_end (int fd)
{
  char byte;

  g_assert_cmpint (recv (fd, &byte, 1, 0), ==, 0);
}

/* ---- targets ---- */

static const char * const bad_targets[] = {
  "", ":", "::1", ":80", "host:", "host:-1", "host:65536", "host:0", "host:80 ", "host: 80",
  "a:b:c", "[::1]", "[::1", "[::1]80", "[localhost:80", "[]:80", "[127.0.0.1]:80",
  "fe80::1%lo", "user@host:80", "http://host:80", "/dir/a:1", "*:80", "127.0.0.1:99999",
  "127.0.0.1:0", "[::1]:0", "host\n:80",
};

static void
test_bad_target (void)
{
  int fd;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QSocket) open_sock = test_pair (TEST_TCP4, &fd);
  g_autoptr (QSocket) closed = q_socket_new ();
  g_autofree char *long_host = g_strnfill (10 * 1024, 'a');
  g_autofree char *long_target = g_strconcat (long_host, ":80", NULL);
  int number = q_socket_get_socket (open_sock);
  guint n_fds = count_fds ();
  GError *error = NULL;

  test_log_signals (open_sock, log);
  test_log_signals (closed, log);

  for (guint i = 0; i <= G_N_ELEMENTS (bad_targets); i++)
    {
      const char *target = i < G_N_ELEMENTS (bad_targets) ? bad_targets[i] : long_target;

      g_test_message ("target \"%.20s\"", target);
      g_assert_false (q_socket_connect (closed, target, ENOUGH, NULL, &error));
      g_assert_true (g_str_has_prefix (error->message, "connect: "));
      g_assert_cmpuint (strlen (error->message), <, 200);
      test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
      g_assert_false (q_socket_is_open (closed));

      g_assert_false (q_socket_connect_to (open_sock, target, ENOUGH, NULL, &error));
      g_assert_true (g_str_has_prefix (error->message, "connect_to: "));
      test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
      g_assert_cmpint (q_socket_get_socket (open_sock), ==, number);
    }

  test_assert_log (log, "%s", "");
  g_assert_cmpuint (count_fds (), ==, n_fds);

  q_socket_send_i1 (open_sock, 'x', ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_expect (fd, "x", 1);
  close (fd);
}

static void
test_good_target (void)
{
  static const char * const forms[] = {
    "127.0.0.1:%d", "localhost:%d", "LocalHost:%d", "127.0.0.1:0000%d", "127.1:%d",
    "[::1]:%d", "::1:%d", "[::ffff:127.0.0.1]:%d", "0:0:0:0:0:0:0:1:%d",
  };
  g_autoptr (QSocket) listener = listen_everywhere ();
  int port = q_socket_get_port (listener);

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (GString) target = g_string_new (forms[i]);
      g_autoptr (QSocket) client = q_socket_new ();
      g_autoptr (QSocket) server = NULL;
      g_autofree char *number = g_strdup_printf ("%d", port);
      GError *error = NULL;

      if (strstr (forms[i], ":") != strrchr (forms[i], ':') && !test_kind_is_here (TEST_TCP6))
        continue;

      g_string_replace (target, "%d", number, 0);
      g_test_message ("target \"%s\"", target->str);
      q_socket_connect_to (client, target->str, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      server = q_socket_accept (listener, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (q_socket_is_open (client));
      g_assert_cmpint (fcntl (q_socket_get_socket (client), F_GETFD), ==, FD_CLOEXEC);
      g_assert_cmpint (q_socket_get_port (client), ==, port);
      g_assert_cmpint (q_socket_get_port (server), ==, port);
      assert_exchange (client, server);
      assert_exchange (server, client);
    }
}

/* Without a colon it is a path, whatever it looks like. */
static void
test_path_target (void)
{
  static const char * const names[] = { "8080", "a b", "localhost", "\xff", "@abstract" };
  g_autofree char *before = g_get_current_dir ();
  char *dir = test_make_dir ();

  g_assert_no_errno (chdir (dir));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (QSocket) listener = q_socket_new ();
      g_autoptr (QSocket) client = q_socket_new ();
      g_autoptr (QSocket) server = NULL;
      GError *error = NULL;

      g_assert_false (q_socket_connect (client, names[i], ENOUGH, NULL, &error));
      g_assert_true (g_str_has_suffix (error->message, g_strerror (ENOENT)));
      test_assert_error (error, Q_SOCKET_ERROR_CONNECT);

      g_assert_true (q_socket_bind (listener, names[i], FALSE, &error));
      g_assert_true (q_socket_listen (listener, 0, &error));
      q_socket_connect (client, names[i], ENOUGH, NULL, &error);
      g_assert_no_error (error);
      server = q_socket_accept (listener, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      assert_exchange (server, client);
      g_assert_cmpint (q_socket_get_port (client), ==, -1);
      g_assert_cmpint (q_socket_get_port (server), ==, -1);
    }

  g_assert_no_errno (chdir (before));
  test_remove_dir (dir);
}

/* ---- connect_inet ---- */

#define OK -1

static void
test_inet (void)
{
  static const struct
  {
    const char *host;
    const char *service;          /* NULL: the listener's port */
    GSocketFamily family;
    GSocketType socktype;
    int code;
  } cases[] = {
    { "127.0.0.1", NULL, ANY, STREAM, OK },
    { "127.0.0.1", NULL, V4, STREAM, OK },
    { "127.0.0.1", NULL, V4, DATAGRAM, OK },
    { "localhost", NULL, V4, STREAM, OK },
    { "::1", NULL, ANY, STREAM, OK },
    { "::1", NULL, V6, STREAM, OK },
    { "::1", NULL, V6, DATAGRAM, OK },
    { "::ffff:127.0.0.1", NULL, V6, STREAM, OK },
    { "127.0.0.1", "domain", V4, DATAGRAM, OK },
    { "127.0.0.1", NULL, V6, STREAM, Q_SOCKET_ERROR_CONNECT },
    { "::1", NULL, V4, STREAM, Q_SOCKET_ERROR_CONNECT },
    { "127.0.0.1", NULL, V4, SEQPACKET, Q_SOCKET_ERROR_CONNECT },
    { "localhost", "no-such-service", ANY, STREAM, Q_SOCKET_ERROR_CONNECT },
    { "localhost", "0x50", ANY, STREAM, Q_SOCKET_ERROR_CONNECT },
    { "fe80::1%no-such", NULL, ANY, STREAM, Q_SOCKET_ERROR_CONNECT },
    { "[::1]", NULL, ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "", NULL, ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "*", NULL, ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "a:b", NULL, ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "localhost", "", ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "localhost", "0", ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "127.0.0.1", "0", ANY, DATAGRAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "localhost", "65536", ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "localhost", "-1", ANY, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "127.0.0.1", NULL, G_SOCKET_FAMILY_UNIX, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "127.0.0.1", NULL, (GSocketFamily) 4711, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "127.0.0.1", NULL, (GSocketFamily) -1, STREAM, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "127.0.0.1", NULL, ANY, G_SOCKET_TYPE_INVALID, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "127.0.0.1", NULL, ANY, (GSocketType) 4, Q_SOCKET_ERROR_INVALID_ARGUMENT },
    { "127.0.0.1", NULL, ANY, (GSocketType) -1, Q_SOCKET_ERROR_INVALID_ARGUMENT },
  };
  g_autoptr (QSocket) listener = listen_everywhere ();
  g_autofree char *port = g_strdup_printf ("%d", q_socket_get_port (listener));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      const char *service = cases[i].service != NULL ? cases[i].service : port;
      GError *error = NULL;
      gboolean ok;

      if (strchr (cases[i].host, ':') != NULL && !test_kind_is_here (TEST_TCP6))
        continue;

      g_test_message ("case %u: %s %s", i, cases[i].host, service);
      ok = q_socket_connect_inet (sock, cases[i].host, service, cases[i].family,
                                  cases[i].socktype, ENOUGH, NULL, &error);
      g_assert_cmpint (ok, ==, q_socket_is_open (sock));
      if (cases[i].code == OK)
        {
          g_assert_no_error (error);
          g_assert_cmpint (q_socket_get_port (sock), ==, cases[i].service != NULL
                                                         ? 53 : q_socket_get_port (listener));
          continue;
        }

      g_assert_false (ok);
      g_assert_true (g_str_has_prefix (error->message, "connect_inet"));
      test_assert_error (error, cases[i].code);
      g_assert_cmpint (q_socket_get_port (sock), ==, -1);
    }
}

/* ---- connect_unix ---- */

static void
test_unix (void)
{
  static const GSocketType types[] = { STREAM, DATAGRAM, SEQPACKET };
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "with:colon", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint j = 0; j < G_N_ELEMENTS (types); j++)
      {
        g_autoptr (QSocket) peer = q_socket_new ();
        g_autoptr (QSocket) client = q_socket_new ();
        GError *error = NULL;

        q_socket_bind_unix (peer, path, types[i], 0, &error);
        g_assert_no_error (error);
        if (types[i] != DATAGRAM)
          g_assert_true (q_socket_listen (peer, 0, &error));

        q_socket_connect_unix (client, path, types[j], 0, ENOUGH, NULL, &error);
        if (i == j)
          {
            g_assert_no_error (error);
            g_assert_cmpint (q_socket_get_port (client), ==, -1);
          }
        else
          {
            g_assert_true (g_str_has_prefix (error->message, "connect_unix to \"/"));
            g_assert_true (g_str_has_suffix (error->message, g_strerror (EPROTOTYPE)));
            test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
          }
        g_assert_cmpint (q_socket_is_open (client), ==, i == j);
      }

  test_remove_dir (dir);
}

static void
test_unix_errors (void)
{
  g_autofree char *fill = NULL;
  g_autofree char *path_107 = NULL;
  g_autofree char *path_108 = NULL;
  g_autofree char *file = NULL;
  g_autoptr (QSocket) listener = q_socket_new ();
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
  char *dir = test_make_dir ();
  GError *error = NULL;

  fill = g_strnfill (107 - strlen (dir) - 1, 'p');
  path_107 = g_build_filename (dir, fill, NULL);
  path_108 = g_strconcat (path_107, "p", NULL);
  file = g_build_filename (dir, "file", NULL);
  g_assert_cmpuint (strlen (path_107), ==, 107);

  /* What no correct call has leaves the connection alone. */
  g_assert_false (q_socket_connect_unix (sock, "", STREAM, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_false (q_socket_connect_unix (sock, path_108, STREAM, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_false (q_socket_connect (sock, path_108, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_false (q_socket_connect_unix (sock, path_107, (GSocketType) 4711, 0, ENOUGH, NULL,
                                         &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  test_write_text (fd, "still");
  g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 's');
  g_assert_no_error (error);

  g_assert_true (q_socket_bind (listener, path_107, FALSE, &error));
  g_assert_true (q_socket_listen (listener, 0, &error));
  q_socket_connect (sock, path_107, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  assert_end (fd);

  g_assert_false (q_socket_connect_unix (sock, path_107, STREAM, 4711, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_false (q_socket_is_open (sock));

  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_false (q_socket_connect_unix (sock, file, STREAM, 0, ENOUGH, NULL, &error));
  g_assert_true (g_str_has_suffix (error->message, g_strerror (ECONNREFUSED)));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_false (q_socket_connect_unix (sock, dir, STREAM, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_true (g_file_test (file, G_FILE_TEST_IS_REGULAR));

  close (fd);
  q_socket_close (listener, NULL);
  test_remove_dir (dir);
}

/* ---- failing ---- */

static void
test_refused (void)
{
  int port;
  int fd = refuse (&port);
  g_autofree char *target = g_strdup_printf ("127.0.0.1:%d", port);
  g_autofree char *expected = g_strdup_printf ("connect to \"%s\": %s", target,
                                               g_strerror (ECONNREFUSED));
  guint n_fds = count_fds ();
  static const int timeouts[] = { -1, 0, 1, 50, 10000 };

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GString) log = g_string_new (NULL);
      g_autoptr (QSocket) sock = q_socket_new ();
      GError *error = NULL;

      test_log_signals (sock, log);
      g_assert_false (q_socket_connect (sock, target, timeouts[i], NULL, &error));
      g_assert_cmpstr (error->message, ==, expected);
      test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
      g_assert_false (q_socket_is_open (sock));
      g_assert_cmpint (q_socket_get_port (sock), ==, -1);
      g_assert_cmpint (q_socket_get_socket (sock), ==, -1);
      g_assert_null (strstr (log->str, "CHANNEL_CLOSED"));
      g_assert_null (strstr (log->str, "CONNECTED"));
    }

  g_assert_cmpuint (count_fds (), ==, n_fds);
  close (fd);
}

/* One address refuses, the other one answers; and a message when none does. */
static void
test_several_addresses (void)
{
  static const char * const both[] = { "127.0.0.2", "127.0.0.1", NULL };
  static const char * const dead[] = { "127.0.0.2", "127.0.0.3", NULL };
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autofree char *name = g_strdup_printf ("name.example:%d", q_socket_get_port (listener));
  g_autofree char *text = g_strdup_printf ("connect_to \"%s\": 127.0.0.2:%d: %s", name,
                                           q_socket_get_port (listener),
                                           g_strerror (ECONNREFUSED));
  GError *error = NULL;

  test_resolver_answer (both, 0);
  q_socket_connect_to (sock, name, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  test_resolver_answer (dead, 0);
  g_assert_false (q_socket_connect_to (sock, name, ENOUGH, NULL, &error));
  g_assert_cmpstr (error->message, ==, text);
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_false (q_socket_is_open (sock));

  test_resolver_restore ();
  g_free (target);
}

static void
test_unknown_name (void)
{
  static const int codes[] = { EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_SYSTEM };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GString) log = g_string_new (NULL);
      g_autoptr (QSocket) sock = q_socket_new ();
      GError *error = NULL;

      test_resolver_fail (codes[i]);
      test_log_signals (sock, log);
      g_assert_false (q_socket_connect (sock, "no-such.example:80", ENOUGH, NULL, &error));
      g_assert_true (g_str_has_prefix (error->message, "connect to \"no-such.example:80\": "));
      test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
      g_assert_false (q_socket_is_open (sock));
      test_assert_log (log, "HOSTNAME_LOOKUP {'name': <'no-such.example'>, 'service': <'80'>}");
    }

  test_resolver_restore ();
}

/* ---- connecting again ---- */

static void
test_reconnect (void)
{
  int first;
  int second;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &first);
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  GError *error = NULL;
  int refused_port;
  int refusing = refuse (&refused_port);
  g_autofree char *refused = g_strdup_printf ("127.0.0.1:%d", refused_port);
  int port = q_socket_get_port (listener);

  test_log_signals (sock, log);
  g_assert_true (q_socket_set_charset (sock, "latin1", &error));
  test_write_text (first, "old");
  g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 'o');
  g_assert_true (q_socket_send_i1 (sock, 'x', ENOUGH, NULL, &error));
  g_string_truncate (log, 0);

  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_assert_log (log,
                   "CHANNEL_CLOSED\n"
                   "HOSTNAME_LOOKUP {'name': <'127.0.0.1'>, 'service': <'%d'>}\n"
                   "HOSTNAME_RESOLVED {'address': <'127.0.0.1'>, 'port': <%d>, 'type': <2>, "
                   "'typename': <'ipv4'>}\n"
                   "CONNECTING {'target': <'127.0.0.1'>, 'type': <2>, 'typename': <'ipv4'>, "
                   "'address': <'127.0.0.1'>, 'service': <'%d'>, 'port': <%d>}\n"
                   "CONNECTED", port, port, port, port);
  test_expect (first, "x", 1);
  assert_end (first);
  g_assert_cmpstr (q_socket_get_charset (sock), ==, "ISO-8859-1");
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 0);
  g_assert_false (q_socket_is_data_available (sock, 0));

  second = accept (q_socket_get_socket (listener), NULL, NULL);
  test_write_text (second, "n");
  g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 'n');

  /* An attempt that fails has closed what was open all the same. */
  g_string_truncate (log, 0);
  g_assert_false (q_socket_connect (sock, refused, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_true (g_str_has_prefix (log->str, "CHANNEL_CLOSED\nHOSTNAME_LOOKUP "));
  g_assert_false (q_socket_is_open (sock));
  assert_end (second);

  close (first);
  close (second);
  close (refusing);
  g_free (target);
}

/* The file of a bound socket goes with it when that connects. */
static void
test_bound_before (void)
{
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  GError *error = NULL;

  g_assert_true (q_socket_bind (sock, path, FALSE, &error));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  test_remove_dir (dir);
  g_free (target);
}

static void
test_port (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autofree char *service = g_strdup_printf ("%d", q_socket_get_port (listener));
  GError *error = NULL;

  g_assert_cmpint (q_socket_get_port (sock), ==, -1);
  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  g_assert_cmpint (q_socket_get_port (sock), ==, q_socket_get_port (listener));
  q_socket_close (sock, NULL);
  g_assert_cmpint (q_socket_get_port (sock), ==, -1);

  g_assert_true (q_socket_connect_inet (sock, "127.0.0.1", service, ANY, DATAGRAM, 0, NULL,
                                        &error));
  g_assert_cmpint (q_socket_get_port (sock), ==, q_socket_get_port (listener));

  g_free (target);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/connect/target/bad", test_bad_target);
  g_test_add_func ("/socket/connect/target/good", test_good_target);
  g_test_add_func ("/socket/connect/target/path", test_path_target);
  g_test_add_func ("/socket/connect/inet", test_inet);
  g_test_add_func ("/socket/connect/unix", test_unix);
  g_test_add_func ("/socket/connect/unix/errors", test_unix_errors);
  g_test_add_func ("/socket/connect/refused", test_refused);
  g_test_add_func ("/socket/connect/several-addresses", test_several_addresses);
  g_test_add_func ("/socket/connect/unknown-name", test_unknown_name);
  g_test_add_func ("/socket/connect/again", test_reconnect);
  g_test_add_func ("/socket/connect/bound-before", test_bound_before);
  g_test_add_func ("/socket/connect/port", test_port);

  return g_test_run ();
}
