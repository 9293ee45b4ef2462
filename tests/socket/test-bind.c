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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANY G_SOCKET_FAMILY_INVALID
#define V4 G_SOCKET_FAMILY_IPV4
#define V6 G_SOCKET_FAMILY_IPV6
#define UNIX G_SOCKET_FAMILY_UNIX
#define STREAM G_SOCKET_TYPE_STREAM
#define DATAGRAM G_SOCKET_TYPE_DATAGRAM
#define SEQPACKET G_SOCKET_TYPE_SEQPACKET

static int
get_family (QSocket *sock)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;

  g_assert_no_errno (getsockname (q_socket_get_socket (sock), (struct sockaddr *) &address,
                                  &length));

  return address.ss_family;
}

static int
get_option (QSocket *sock,
            int      level,
            int      option)
{
  int value = -1;
  socklen_t length = sizeof value;

  g_assert_no_errno (getsockopt (q_socket_get_socket (sock), level, option, &value, &length));

  return value;
}

/* Connects to @host and the port of @listener, and sees that it is @listener. */
static void
assert_reaches (const char *host,
                QSocket    *listener)
{
  g_autofree char *target = g_strdup_printf ("%s:%d", host, q_socket_get_port (listener));
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) server = NULL;
  GError *error = NULL;

  q_socket_connect (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (server);
  g_assert_true (q_socket_send_i1 (server, 42, ENOUGH, NULL, &error));
  g_assert_cmpint (q_socket_recv_i1 (client, ENOUGH, NULL, &error), ==, 42);
  g_assert_no_error (error);
}

/* ---- texts ---- */

static void
test_good (void)
{
  static const struct
  {
    const char *text;
    GSocketFamily family;
  } cases[] = {
    { "127.0.0.1:0", V4 }, { "127.0.0.1:", V4 }, { "0.0.0.0:0", V4 }, { "127.0.0.9:00", V4 },
    { "localhost:0", ANY }, { "localhost:", ANY }, { "[::1]:0", V6 }, { "[::1]:", V6 },
    { "::1:0", V6 }, { ":::0", V6 }, { "[::]:0", V6 }, { "*:0", ANY }, { "*:", ANY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      GError *error = NULL;

      if (cases[i].family == V6 && !test_kind_is_here (TEST_TCP6))
        continue;

      g_test_message ("bind to %s", cases[i].text);
      q_socket_bind (sock, cases[i].text, i % 2, &error);
      g_assert_no_error (error);
      g_assert_true (q_socket_is_open (sock));
      g_assert_cmpint (fcntl (q_socket_get_socket (sock), F_GETFD), ==, FD_CLOEXEC);
      g_assert_cmpint (q_socket_get_port (sock), >, 0);
      if (cases[i].family != ANY)
        g_assert_cmpint (get_family (sock), ==, cases[i].family);
      g_assert_cmpint (get_option (sock, SOL_SOCKET, SO_REUSEADDR), ==, i % 2);
      g_assert_cmpint (get_option (sock, SOL_SOCKET, SO_TYPE), ==, SOCK_STREAM);
    }
}

/* Names go through the resolver, and with events; so does the name of a service. */
static void
test_names (void)
{
  static const char * const v4[] = { "127.0.0.1", NULL };
  static const char * const both[] = { "198.51.100.7", "127.0.0.1", NULL };
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  test_log_signals (sock, log);
  test_resolver_answer (v4, 0);
  q_socket_bind (sock, "name.example:4711-service", FALSE, &error);
  test_assert_error (error, Q_SOCKET_ERROR_ADDRESS_LOOKUP);
  g_string_truncate (log, 0);

  q_socket_bind (sock, "name.example:service", FALSE, &error);
  g_assert_no_error (error);
  test_assert_log (log,
                   "HOSTNAME_LOOKUP {'name': <'name.example'>, 'service': <'service'>}\n"
                   "HOSTNAME_RESOLVED {'address': <'127.0.0.1'>, 'type': <2>, "
                   "'typename': <'ipv4'>}");

  /* Each address gets a descriptor of its own. */
  test_resolver_answer (both, 0);
  q_socket_bind (sock, "name.example:0", FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_get_port (sock), >, 0);
  test_assert_log (log,
                   "CHANNEL_CLOSED\n"
                   "HOSTNAME_LOOKUP {'name': <'name.example'>, 'service': <'0'>}\n"
                   "HOSTNAME_RESOLVED {'address': <'198.51.100.7'>, 'type': <2>, "
                   "'typename': <'ipv4'>}\n"
                   "HOSTNAME_RESOLVED {'address': <'127.0.0.1'>, 'type': <2>, "
                   "'typename': <'ipv4'>}");

  /* Every interface means IPv6 too, also when only the service is looked up. */
  test_resolver_answer (v4, 0);
  q_socket_bind (sock, "*:service", FALSE, &error);
  g_assert_no_error (error);
  test_assert_log (log,
                   "CHANNEL_CLOSED\n"
                   "HOSTNAME_LOOKUP {'service': <'service'>}\n"
                   "HOSTNAME_RESOLVED {'address': <'127.0.0.1'>, 'type': <2>, "
                   "'typename': <'ipv4'>}");
  if (test_kind_is_here (TEST_TCP6))
    g_assert_cmpint (get_family (sock), ==, AF_INET6);

  /* Nothing of that for addresses. */
  q_socket_bind (sock, "127.0.0.1:0", FALSE, &error);
  g_assert_no_error (error);
  test_assert_log (log, "CHANNEL_CLOSED");

  test_resolver_restore ();
}

static void
test_bad (void)
{
  static const char * const cases[] = {
    "", ":", ":8080", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1: 80", "127.0.0.1:80 ",
    "/dir/a:1", "[::1]", "[127.0.0.1]:0", "user@host:0", "a:b:c", "host name:0",
  };
  int fd;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  g_autofree char *path_108 = g_strnfill (108, 'p');
  GError *error = NULL;

  test_log_signals (sock, log);

  for (guint i = 0; i <= G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QSocket) closed = q_socket_new ();
      const char *text = i < G_N_ELEMENTS (cases) ? cases[i] : path_108;

      g_test_message ("bind to \"%s\"", text);
      g_assert_false (q_socket_bind (sock, text, TRUE, &error));
      g_assert_true (g_str_has_prefix (error->message, "bind: "));
      test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
      g_assert_false (q_socket_bind (closed, text, FALSE, &error));
      test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
      g_assert_false (q_socket_is_open (closed));
    }

  test_assert_log (log, "%s", "");
  test_write_text (fd, "x");
  g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 'x');
  g_assert_no_error (error);
  close (fd);
}

/* What could have worked closes what was open, and leaves nothing. */
static void
test_failed (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autofree char *in_use = NULL;
  const struct
  {
    const char *text;
    int code;
    const char *problem;
  } cases[] = {
    { "198.51.100.7:0", Q_SOCKET_ERROR_BIND, g_strerror (EADDRNOTAVAIL) },
    { "/no-such-directory/socket", Q_SOCKET_ERROR_BIND, g_strerror (ENOENT) },
    { "/dev/null/socket", Q_SOCKET_ERROR_BIND, g_strerror (ENOTDIR) },
    { "localhost:no-such-service", Q_SOCKET_ERROR_ADDRESS_LOOKUP, "" },
    { "127.0.0.1:0x50", Q_SOCKET_ERROR_ADDRESS_LOOKUP, "" },
    { "*:no-such-service", Q_SOCKET_ERROR_ADDRESS_LOOKUP, "" },
    { NULL, Q_SOCKET_ERROR_BIND, g_strerror (EADDRINUSE) },
  };

  g_assert_true (q_socket_bind (listener, "127.0.0.1:0", FALSE, NULL));
  in_use = g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (listener));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      int fd;
      g_autoptr (GString) log = g_string_new (NULL);
      g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
      const char *text = cases[i].text != NULL ? cases[i].text : in_use;
      g_autofree char *start = g_strdup_printf ("bind to \"%s\": ", text);
      GError *error = NULL;

      g_test_message ("bind to %s", text);
      test_log_signals (sock, log);
      g_assert_false (q_socket_bind (sock, text, FALSE, &error));
      g_assert_true (g_str_has_prefix (error->message, start));
      g_assert_true (g_str_has_suffix (error->message, cases[i].problem));
      test_assert_error (error, cases[i].code);
      g_assert_false (q_socket_is_open (sock));
      g_assert_cmpint (q_socket_get_port (sock), ==, -1);
      g_assert_true (g_str_has_prefix (log->str, "CHANNEL_CLOSED\n"));
      close (fd);
    }
}

static void
test_unknown_name (void)
{
  static const int codes[] = { EAI_NONAME, EAI_AGAIN, EAI_SYSTEM };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      GError *error = NULL;

      test_resolver_fail (codes[i]);
      g_assert_false (q_socket_bind (sock, "no-such.example:1", FALSE, &error));
      g_assert_true (g_str_has_prefix (error->message, "bind to \"no-such.example:1\": "));
      test_assert_error (error, Q_SOCKET_ERROR_ADDRESS_LOOKUP);
      g_assert_false (q_socket_bind_inet (sock, "no-such.example", NULL, FALSE, ANY, STREAM, 0,
                                          &error));
      test_assert_error (error, Q_SOCKET_ERROR_ADDRESS_LOOKUP);
      g_assert_false (q_socket_is_open (sock));
    }

  test_resolver_restore ();
}

/* ---- ports ---- */

static void
test_port (void)
{
  static const int bad[] = { -1, 65536, 70000, G_MAXINT, G_MININT };
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (QSocket) other = q_socket_new ();
  GError *error = NULL;
  int port;

  q_socket_bind_port (sock, 0, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_listen (sock, 0, &error));
  port = q_socket_get_port (sock);
  assert_reaches ("127.0.0.1", sock);
  assert_reaches ("127.0.0.3", sock);
  if (test_kind_is_here (TEST_TCP6))
    {
      g_assert_cmpint (get_family (sock), ==, AF_INET6);
      g_assert_cmpint (get_option (sock, IPPROTO_IPV6, IPV6_V6ONLY), ==, 0);
      assert_reaches ("[::1]", sock);
      assert_reaches ("[::ffff:127.0.0.1]", sock);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (q_socket_bind_port (sock, bad[i], TRUE, &error));
      g_assert_true (g_str_has_prefix (error->message, "bind_port: "));
      test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
    }
  g_assert_cmpint (q_socket_get_port (sock), ==, port);
  assert_reaches ("127.0.0.1", sock);

  /* A live listener is never displaced. */
  for (int reuse = 0; reuse < 2; reuse++)
    {
      g_assert_false (q_socket_bind_port (other, port, reuse, &error));
      g_assert_true (g_str_has_suffix (error->message, g_strerror (EADDRINUSE)));
      test_assert_error (error, Q_SOCKET_ERROR_BIND);
    }

  /* On the same port again, once it is free. */
  q_socket_bind_port (sock, port, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_get_port (sock), ==, port);
}

/* A port that is taken for IPv6 alone is taken: half of it would not do. */
static void
test_port_half_taken (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
  struct sockaddr_in in = { .sin_family = AF_INET };
  socklen_t length = sizeof in6;
  GError *error = NULL;
  int on = 1;
  int fd;

  if (!test_kind_is_here (TEST_TCP6))
    {
      g_test_skip ("no IPv6");
      return;
    }

  fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_no_errno (setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  g_assert_no_errno (bind (fd, (struct sockaddr *) &in6, sizeof in6));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in6, &length));
  g_assert_false (q_socket_bind_port (sock, ntohs (in6.sin6_port), FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  close (fd);

  fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  length = sizeof in;
  g_assert_no_errno (bind (fd, (struct sockaddr *) &in, sizeof in));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &in, &length));
  g_assert_false (q_socket_bind_port (sock, ntohs (in.sin_port), FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  close (fd);
}

/* What the machine has is for the kernel to say, not for files under "/". */
static void
test_port_bare_root (void)
{
  char *dir = test_make_dir ();
  int status;
  pid_t pid;

  if (geteuid () != 0 || !test_kind_is_here (TEST_TCP6))
    {
      test_remove_dir (dir);
      g_test_skip ("needs root and IPv6");
      return;
    }

  pid = fork ();
  if (pid == 0)
    {
      g_autoptr (QSocket) sock = q_socket_new ();

      g_assert_no_errno (chroot (dir));
      g_assert_true (q_socket_bind_port (sock, 0, FALSE, NULL));
      _exit (get_family (sock) == V6 ? 0 : 1);
    }

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  test_remove_dir (dir);
}

/* A connection that this side ended first blocks the port for a minute. */
static void
test_time_wait (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) server = NULL;
  g_autofree char *target = NULL;
  GError *error = NULL;

  g_assert_true (q_socket_bind (listener, "127.0.0.1:0", TRUE, &error));
  g_assert_true (q_socket_listen (listener, 0, &error));
  target = g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (listener));
  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  q_socket_close (server, NULL);
  g_assert_null (q_socket_recv_binary (client, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  q_socket_close (client, NULL);

  g_assert_false (q_socket_bind (listener, target, FALSE, &error));
  g_assert_true (g_str_has_suffix (error->message, g_strerror (EADDRINUSE)));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  q_socket_bind (listener, target, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_listen (listener, 0, &error));
  assert_reaches ("127.0.0.1", listener);
}

static void
drop_rights (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  g_assert_no_errno (seteuid (65534));
  g_assert_false (q_socket_bind (sock, "127.0.0.1:1", FALSE, &error));
  g_assert_true (g_str_has_suffix (error->message, g_strerror (EACCES)));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  g_assert_false (q_socket_is_open (sock));

  /* For what looks into the process when it ends, such as the leak sanitizer. */
  g_assert_no_errno (seteuid (0));
  g_assert_no_errno (prctl (PR_SET_DUMPABLE, 1));
}

static void
test_privileged (void)
{
  g_autofree char *first = NULL;

  if (g_test_subprocess ())
    {
      drop_rights ();
      return;
    }

  if (getuid () != 0 ||
      !g_file_get_contents ("/proc/sys/net/ipv4/ip_unprivileged_port_start", &first, NULL, NULL) ||
      atoi (first) <= 1)
    {
      g_test_skip ("needs root, and ports for root alone");
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* ---- bind_inet ---- */

#define OK -1

static void
test_inet (void)
{
  static const struct
  {
    const char *iface;
    const char *service;
    GSocketFamily family;
    GSocketType socktype;
    int protocol;
    int code;
    int bound_family;
  } cases[] = {
    { "127.0.0.1", NULL, ANY, STREAM, 0, OK, AF_INET },
    { "127.0.0.1", "", ANY, STREAM, 0, OK, AF_INET },
    { "127.0.0.1", "0", V4, STREAM, IPPROTO_TCP, OK, AF_INET },
    { "127.0.0.1", "0", V4, DATAGRAM, 0, OK, AF_INET },
    { "127.0.0.1", "0", V4, DATAGRAM, IPPROTO_UDP, OK, AF_INET },
    { "localhost", NULL, V4, STREAM, 0, OK, AF_INET },
    { "::1", NULL, ANY, STREAM, 0, OK, AF_INET6 },
    { "::1", "0", V6, DATAGRAM, 0, OK, AF_INET6 },
    { NULL, "0", ANY, STREAM, 0, OK, AF_INET6 },
    { "", "0", ANY, STREAM, 0, OK, AF_INET6 },
    { NULL, "0", V4, STREAM, 0, OK, AF_INET },
    { NULL, "0", V6, DATAGRAM, 0, OK, AF_INET6 },
    { NULL, NULL, ANY, STREAM, 0, Q_SOCKET_ERROR_BIND, 0 },
    { "", "", ANY, STREAM, 0, Q_SOCKET_ERROR_BIND, 0 },
    { NULL, "", V4, DATAGRAM, 0, Q_SOCKET_ERROR_BIND, 0 },
    { "127.0.0.1", "0", V4, STREAM, IPPROTO_UDP, Q_SOCKET_ERROR_BIND, 0 },
    { "127.0.0.1", "0", V4, STREAM, 4711, Q_SOCKET_ERROR_BIND, 0 },
    { "127.0.0.1", "0", V4, SEQPACKET, 0, Q_SOCKET_ERROR_BIND, 0 },
    { "198.51.100.7", "0", V4, STREAM, 0, Q_SOCKET_ERROR_BIND, 0 },
    { "127.0.0.1", "0", V6, STREAM, 0, Q_SOCKET_ERROR_ADDRESS_LOOKUP, 0 },
    { "::1", "0", V4, STREAM, 0, Q_SOCKET_ERROR_ADDRESS_LOOKUP, 0 },
    { "127.0.0.1", "no-such-service", V4, STREAM, 0, Q_SOCKET_ERROR_ADDRESS_LOOKUP, 0 },
    { NULL, "no-such-service", ANY, STREAM, 0, Q_SOCKET_ERROR_ADDRESS_LOOKUP, 0 },
    { "[::1]", "0", ANY, STREAM, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
    { "*", "0", ANY, STREAM, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
    { "127.0.0.1", "65536", ANY, STREAM, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
    { "127.0.0.1", "-1", ANY, STREAM, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
    { "127.0.0.1", "0", UNIX, STREAM, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
    { "127.0.0.1", "0", (GSocketFamily) 4711, STREAM, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
    { "127.0.0.1", "0", ANY, G_SOCKET_TYPE_INVALID, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
    { "127.0.0.1", "0", ANY, (GSocketType) 4711, 0, Q_SOCKET_ERROR_INVALID_ARGUMENT, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      GError *error = NULL;
      gboolean ok;

      if (cases[i].bound_family == AF_INET6 && !test_kind_is_here (TEST_TCP6))
        continue;

      g_test_message ("case %u", i);
      ok = q_socket_bind_inet (sock, cases[i].iface, cases[i].service, FALSE, cases[i].family,
                               cases[i].socktype, cases[i].protocol, &error);
      g_assert_cmpint (ok, ==, cases[i].code == OK);
      g_assert_cmpint (ok, ==, q_socket_is_open (sock));
      if (!ok)
        {
          g_assert_true (g_str_has_prefix (error->message, "bind_inet"));
          test_assert_error (error, cases[i].code);
          continue;
        }

      g_assert_no_error (error);
      g_assert_cmpint (get_family (sock), ==, cases[i].bound_family);
      g_assert_cmpint (get_option (sock, SOL_SOCKET, SO_TYPE), ==, (int) cases[i].socktype);
      g_assert_cmpint (q_socket_get_port (sock), >, 0);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/bind/good", test_good);
  g_test_add_func ("/socket/bind/names", test_names);
  g_test_add_func ("/socket/bind/bad", test_bad);
  g_test_add_func ("/socket/bind/failed", test_failed);
  g_test_add_func ("/socket/bind/unknown-name", test_unknown_name);
  g_test_add_func ("/socket/bind/port", test_port);
  g_test_add_func ("/socket/bind/port/half-taken", test_port_half_taken);
  g_test_add_func ("/socket/bind/port/bare-root", test_port_bare_root);
  g_test_add_func ("/socket/bind/time-wait", test_time_wait);
  g_test_add_func ("/socket/bind/privileged", test_privileged);
  g_test_add_func ("/socket/bind/inet", test_inet);

  return g_test_run ();
}
