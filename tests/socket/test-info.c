/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"
#include "test-resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef GVariant *(*InfoFunc) (QSocket  *sock,
                               GError  **error);

static void
assert_info (InfoFunc    function,
             QSocket    *sock,
             const char *format,
             ...) G_GNUC_PRINTF (3, 4);

/* What a reverse lookup may take. On a machine that is so busy that the answer of the test's own
 * resolver comes later, a connection rightly keeps the numeric text; the rest of that test can say
 * nothing then. */
#define LOOKUP_MS 200

static char late_path[100];

static void
assert_info (InfoFunc    function,
             QSocket    *sock,
             const char *format,
             ...)
{
  g_autofree char *expected = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GVariant) info = NULL;
  gint64 start = g_get_monotonic_time ();
  GError *error = NULL;
  va_list arguments;

  va_start (arguments, format);
  expected = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  info = function (sock, &error);
  g_assert_no_error (error);
  g_assert_nonnull (info);
  g_assert_false (g_variant_is_floating (info));
  g_assert_true (g_variant_is_of_type (info, G_VARIANT_TYPE_VARDICT));
  text = g_variant_print (info, FALSE);

  if (test_elapsed_ms (start) >= LOOKUP_MS)
    g_strlcpy (late_path, g_test_get_path (), sizeof late_path);
  if (!g_str_equal (text, expected) && g_str_equal (late_path, g_test_get_path ()))
    g_test_skip ("the answer to the reverse lookup came too late");
  else
    g_assert_cmpstr (text, ==, expected);
}

static void
assert_fails (InfoFunc    function,
              QSocket    *sock,
              int         code,
              const char *message)
{
  GError *error = NULL;

  g_assert_null (function (sock, &error));
  g_assert_cmpstr (error->message, ==, message);
  test_assert_error (error, code);
}

#define HOST(name_format, desc_format) \
  "{'hostname': <'" name_format "'>, 'hostname_desc': <'" desc_format "'>, "
#define V4(address) \
  "'address': <'" address "'>, 'address_desc': <'ipv4(" address ")'>, 'port': <%d>, " \
  "'family': <2>, 'familystr': <'ipv4'>}"
#define V6(address) \
  "'address': <'" address "'>, 'address_desc': <'ipv6[" address "]'>, 'port': <%d>, " \
  "'family': <10>, 'familystr': <'ipv6'>}"

static int
get_local_port (QSocket *sock)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;

  g_assert_no_errno (getsockname (q_socket_get_socket (sock), (struct sockaddr *) &address,
                                  &length));

  return ntohs (((struct sockaddr_in *) &address)->sin_port);
}

/* ---- addresses ---- */

static void
test_tcp4 (void)
{
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) client = test_socket_pair (TEST_TCP4, &server);
  int client_port = get_local_port (client);
  int server_port = get_local_port (server);

  test_resolver_answer_name ("host.example");
  assert_info (q_socket_get_peer_info, client,
               HOST ("host.example", "ipv4(host.example)") V4 ("127.0.0.1"), server_port);
  assert_info (q_socket_get_socket_info, client,
               HOST ("host.example", "ipv4(host.example)") V4 ("127.0.0.1"), client_port);
  assert_info (q_socket_get_peer_info, server,
               HOST ("host.example", "ipv4(host.example)") V4 ("127.0.0.1"), client_port);
  assert_info (q_socket_get_socket_info, server,
               HOST ("host.example", "ipv4(host.example)") V4 ("127.0.0.1"), server_port);
  g_assert_cmpint (q_socket_get_port (client), ==, server_port);
  g_assert_cmpint (q_socket_get_port (server), ==, server_port);
  test_resolver_restore ();
}

static void
test_tcp6 (void)
{
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) client = NULL;

  if (!test_kind_is_here (TEST_TCP6))
    {
      g_test_skip ("no IPv6");
      return;
    }

  client = test_socket_pair (TEST_TCP6, &server);
  test_resolver_answer_name ("host.example");
  assert_info (q_socket_get_peer_info, client,
               HOST ("host.example", "ipv6[host.example]") V6 ("::1"), get_local_port (server));
  test_resolver_restore ();
  q_socket_set_lookup_hostnames (server, FALSE);
  assert_info (q_socket_get_peer_info, server, "{" V6 ("::1"), get_local_port (client));
}

/* An IPv4 peer of a listener for both. */
static void
test_mapped (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) server = NULL;
  g_autofree char *target = NULL;
  GError *error = NULL;

  if (!test_kind_is_here (TEST_TCP6))
    {
      g_test_skip ("no IPv6");
      return;
    }

  g_assert_true (q_socket_bind_port (listener, 0, FALSE, &error));
  g_assert_true (q_socket_listen (listener, 0, &error));
  target = g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (listener));
  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  test_resolver_fail (EAI_NONAME);
  assert_info (q_socket_get_peer_info, server,
               HOST ("::ffff:127.0.0.1", "ipv6[::ffff:127.0.0.1]") V6 ("::ffff:127.0.0.1"),
               get_local_port (client));
  assert_info (q_socket_get_socket_info, listener,
               HOST ("::", "ipv6[::]") V6 ("::"), q_socket_get_port (listener));
  test_resolver_restore ();
}

static void
test_bound (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  q_socket_set_lookup_hostnames (sock, FALSE);
  g_assert_true (q_socket_bind (sock, "0.0.0.0:0", FALSE, &error));
  assert_info (q_socket_get_socket_info, sock, "{" V4 ("0.0.0.0"), q_socket_get_port (sock));
  assert_fails (q_socket_get_peer_info, sock, Q_SOCKET_ERROR_GET_PEER_INFO,
                "get_peer_info: Transport endpoint is not connected");
  g_assert_true (q_socket_listen (sock, 0, &error));
  assert_info (q_socket_get_socket_info, sock, "{" V4 ("0.0.0.0"), q_socket_get_port (sock));
  assert_fails (q_socket_get_peer_info, sock, Q_SOCKET_ERROR_GET_PEER_INFO,
                "get_peer_info: Transport endpoint is not connected");

  g_assert_true (q_socket_bind_inet (sock, "127.0.0.1", NULL, FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, &error));
  assert_info (q_socket_get_socket_info, sock, "{" V4 ("127.0.0.1"), q_socket_get_port (sock));
}

static void
test_datagram (void)
{
  g_autoptr (QSocket) peer = q_socket_new ();
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autofree char *port = NULL;
  GError *error = NULL;

  g_assert_true (q_socket_bind_inet (peer, "127.0.0.1", NULL, FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, &error));
  port = g_strdup_printf ("%d", q_socket_get_port (peer));
  g_assert_true (q_socket_connect_inet (sock, "127.0.0.1", port, G_SOCKET_FAMILY_INVALID,
                                        G_SOCKET_TYPE_DATAGRAM, ENOUGH, NULL, &error));
  q_socket_set_lookup_hostnames (sock, FALSE);
  assert_info (q_socket_get_peer_info, sock, "{" V4 ("127.0.0.1"), q_socket_get_port (peer));
}

static void
test_unix (void)
{
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  g_autofree char *client_path = g_build_filename (dir, "client", NULL);
  g_autofree char *credentials =
    g_strdup_printf ("'pid': <%d>, 'uid': <%u>, 'gid': <%u>}", getpid (), getuid (), getgid ());
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) named_server = NULL;
  GError *error = NULL;
  int fd;

  g_assert_true (q_socket_bind (listener, path, FALSE, &error));
  g_assert_true (q_socket_listen (listener, 0, &error));
  g_assert_true (q_socket_connect (client, path, ENOUGH, NULL, &error));
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  /* Nobody is looked up, and nothing is made up for who has no name. */
  test_resolver_hang ();
  assert_info (q_socket_get_socket_info, listener,
               "{'address': <'%s'>, 'address_desc': <'unix:%s'>, 'family': <1>, "
               "'familystr': <'unix'>}", path, path);
  assert_info (q_socket_get_peer_info, client,
               "{'address': <'%s'>, 'address_desc': <'unix:%s'>, 'family': <1>, "
               "'familystr': <'unix'>, %s", path, path, credentials);
  assert_info (q_socket_get_socket_info, client,
               "{'address': <''>, 'address_desc': <'unix:'>, 'family': <1>, "
               "'familystr': <'unix'>}");
  assert_info (q_socket_get_peer_info, server,
               "{'address': <''>, 'address_desc': <'unix:'>, 'family': <1>, "
               "'familystr': <'unix'>, %s", credentials);
  assert_info (q_socket_get_socket_info, server,
               "{'address': <'%s'>, 'address_desc': <'unix:%s'>, 'family': <1>, "
               "'familystr': <'unix'>}", path, path);
  assert_fails (q_socket_get_peer_info, listener, Q_SOCKET_ERROR_GET_PEER_INFO,
                "get_peer_info: Transport endpoint is not connected");
  g_assert_cmpuint (test_resolver_get_n_asked (), ==, 0);
  test_resolver_restore ();

  /* A client that has a name, which need not be text. */
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_snprintf (un.sun_path, sizeof un.sun_path, "%s\xff", client_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &un, sizeof un));
  g_strlcpy (un.sun_path, path, sizeof un.sun_path);
  g_assert_no_errno (connect (fd, (struct sockaddr *) &un, sizeof un));
  named_server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  assert_info (q_socket_get_peer_info, named_server,
               "{'address': <'%s\xef\xbf\xbd'>, 'address_desc': <'unix:%s\xef\xbf\xbd'>, "
               "'family': <1>, 'familystr': <'unix'>, %s", client_path, client_path, credentials);

  close (fd);
  q_socket_close (listener, NULL);
  test_remove_dir (dir);
}

/* In a process namespace of its own, from where the listener cannot be seen. */
static int
ask_from_inside (const char *path,
                 const char *expected)
{
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (GVariant) info = NULL;
  g_autofree char *text = NULL;

  q_socket_connect (client, path, ENOUGH, NULL, NULL);
  info = q_socket_get_peer_info (client, NULL);
  text = info != NULL ? g_variant_print (info, FALSE) : NULL;

  return g_strcmp0 (text, expected) == 0 ? 0 : 1;
}

static int
wait_for (pid_t child)
{
  int status;

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);

  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

#define CANNOT 77

static void
test_unix_out_of_sight (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  g_autofree char *expected =
    g_strdup_printf ("{'address': <'%s'>, 'address_desc': <'unix:%s'>, 'family': <1>, "
                     "'familystr': <'unix'>, 'uid': <%u>, 'gid': <%u>}", path, path, getuid (),
                     getgid ());
  pid_t child;
  int result;

  g_assert_true (q_socket_bind (listener, path, FALSE, NULL));
  g_assert_true (q_socket_listen (listener, 0, NULL));

  /* Only the children of who leaves a process namespace have left it. */
  child = fork ();
  if (child == 0)
    {
      if (unshare (CLONE_NEWPID) != 0)
        _exit (CANNOT);
      child = fork ();
      _exit (child == 0 ? ask_from_inside (path, expected) : wait_for (child));
    }

  result = wait_for (child);
  if (result == CANNOT)
    g_test_skip ("needs a process namespace");
  else
    g_assert_cmpint (result, ==, 0);

  q_socket_close (listener, NULL);
  test_remove_dir (dir);
}

/* A path of the full length has no NUL behind it. */
static void
test_long_path (void)
{
  char *dir = test_make_dir ();
  g_autofree char *fill = g_strnfill (107 - strlen (dir) - 1, 'p');
  g_autofree char *path = g_build_filename (dir, fill, NULL);
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  g_assert_true (q_socket_bind (sock, path, FALSE, &error));
  assert_info (q_socket_get_socket_info, sock,
               "{'address': <'%s'>, 'address_desc': <'unix:%s'>, 'family': <1>, "
               "'familystr': <'unix'>}", path, path);
  q_socket_close (sock, NULL);
  test_remove_dir (dir);
}

/* ---- names ---- */

static void
test_lookup_off (void)
{
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) client = test_socket_pair (TEST_TCP4, &server);

  test_resolver_answer_name ("host.example");
  q_socket_set_lookup_hostnames (client, FALSE);
  assert_info (q_socket_get_peer_info, client, "{" V4 ("127.0.0.1"), get_local_port (server));
  assert_info (q_socket_get_socket_info, client, "{" V4 ("127.0.0.1"), get_local_port (client));
  g_assert_cmpuint (test_resolver_get_n_asked (), ==, 0);

  q_socket_set_lookup_hostnames (client, TRUE);
  assert_info (q_socket_get_peer_info, client,
               HOST ("host.example", "ipv4(host.example)") V4 ("127.0.0.1"),
               get_local_port (server));
  q_socket_set_lookup_hostnames (client, FALSE);
  assert_info (q_socket_get_peer_info, client, "{" V4 ("127.0.0.1"), get_local_port (server));
  test_resolver_restore ();
}

/* Once in the life of a connection, for each end. */
static void
test_lookup_once (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) client = q_socket_new ();
  int port = q_socket_get_port (listener);
  GError *error = NULL;

  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  test_resolver_answer_name ("first.example");
  for (int i = 0; i < 3; i++)
    assert_info (q_socket_get_peer_info, client,
                 HOST ("first.example", "ipv4(first.example)") V4 ("127.0.0.1"), port);
  g_assert_cmpuint (test_resolver_get_n_asked (), ==, 1);
  for (int i = 0; i < 3; i++)
    g_variant_unref (q_socket_get_socket_info (client, NULL));
  g_assert_cmpuint (test_resolver_get_n_asked (), ==, 2);

  /* The next connection is another one. */
  test_resolver_answer_name ("second.example");
  assert_info (q_socket_get_peer_info, client,
               HOST ("first.example", "ipv4(first.example)") V4 ("127.0.0.1"), port);
  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  assert_info (q_socket_get_peer_info, client,
               HOST ("second.example", "ipv4(second.example)") V4 ("127.0.0.1"), port);

  /* What is no text is no name. */
  test_resolver_answer_name ("\xff.example");
  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  assert_info (q_socket_get_peer_info, client,
               HOST ("127.0.0.1", "ipv4(127.0.0.1)") V4 ("127.0.0.1"), port);
  test_resolver_restore ();
  g_free (target);
}

/* A resolver that does not answer costs 200 ms, once: the numeric text stays, even when there is an
 * answer at last. */
static void
test_lookup_hangs (void)
{
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) client = test_socket_pair (TEST_TCP4, &server);
  int port = q_socket_get_port (client);
  gint64 start;

  test_resolver_hang ();
  start = g_get_monotonic_time ();
  assert_info (q_socket_get_peer_info, client,
               HOST ("127.0.0.1", "ipv4(127.0.0.1)") V4 ("127.0.0.1"), port);
  g_assert_cmpint (test_elapsed_ms (start), >=, LOOKUP_MS);

  for (int i = 0; i < 10; i++)
    assert_info (q_socket_get_peer_info, client,
                 HOST ("127.0.0.1", "ipv4(127.0.0.1)") V4 ("127.0.0.1"), port);
  g_assert_cmpuint (test_resolver_get_n_asked (), ==, 1);

  /* A call that still waited for the lookup would have its answer now. */
  test_resolver_answer_name ("late.example");
  test_resolver_restore ();
  assert_info (q_socket_get_peer_info, client,
               HOST ("127.0.0.1", "ipv4(127.0.0.1)") V4 ("127.0.0.1"), port);
}

typedef struct
{
  QSocket *sock;
  int done;
} Asking;

static gpointer
ask_thread (gpointer data)
{
  Asking *asking = data;
  GVariant *info = q_socket_get_peer_info (asking->sock, NULL);

  g_clear_pointer (&info, g_variant_unref);
  g_atomic_int_set (&asking->done, TRUE);

  return NULL;
}

/* A close does not wait for who looks a name up, and that name is not taken for
 * the next connection. */
static void
test_lookup_close (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  Asking asking = { .sock = q_socket_new () };
  GThread *thread;
  GError *error = NULL;

  g_assert_true (q_socket_connect (asking.sock, target, ENOUGH, NULL, &error));
  test_resolver_hang ();
  thread = g_thread_new ("ask", ask_thread, &asking);
  test_resolver_wait_until_asked (1);
  g_assert_true (q_socket_connect (asking.sock, target, ENOUGH, NULL, &error));
  g_assert_no_error (error);
  g_thread_join (thread);
  test_resolver_restore ();

  test_resolver_answer_name ("new.example");
  assert_info (q_socket_get_peer_info, asking.sock,
               HOST ("new.example", "ipv4(new.example)") V4 ("127.0.0.1"),
               q_socket_get_port (listener));
  test_resolver_restore ();
  g_object_unref (asking.sock);
  g_free (target);
}

/* ---- states ---- */

static void
test_not_open (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  int fd;
  g_autoptr (QSocket) closed = test_pair (TEST_TCP4, &fd);

  q_socket_close (closed, NULL);
  assert_fails (q_socket_get_peer_info, sock, Q_SOCKET_ERROR_GET_PEER_INFO,
                "get_peer_info: the socket is not open");
  assert_fails (q_socket_get_socket_info, sock, Q_SOCKET_ERROR_GET_SOCKET_INFO,
                "get_socket_info: the socket is not open");
  assert_fails (q_socket_get_peer_info, closed, Q_SOCKET_ERROR_GET_PEER_INFO,
                "get_peer_info: the socket is not open");
  assert_fails (q_socket_get_socket_info, closed, Q_SOCKET_ERROR_GET_SOCKET_INFO,
                "get_socket_info: the socket is not open");
  g_assert_cmpint (q_socket_get_port (sock), ==, -1);
  g_assert_cmpint (q_socket_get_port (closed), ==, -1);
  close (fd);
}

/* Who it was is still known when the peer has gone, in peace or not. */
static void
test_peer_gone (void)
{
  for (int reset = 0; reset < 2; reset++)
    {
      int fd;
      g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
      int port = q_socket_get_port (sock);
      GError *error = NULL;

      q_socket_set_lookup_hostnames (sock, FALSE);
      if (reset)
        test_reset (TEST_TCP4, &fd);
      else
        close (fd);
      q_socket_recv_i1 (sock, ENOUGH, NULL, &error);
      test_assert_error (error, reset ? Q_SOCKET_ERROR_RECV : Q_SOCKET_ERROR_CLOSED);
      assert_info (q_socket_get_peer_info, sock, "{" V4 ("127.0.0.1"), port);
      g_assert_cmpint (q_socket_get_port (sock), ==, port);
      q_socket_shutdown (sock, NULL);
      assert_info (q_socket_get_peer_info, sock, "{" V4 ("127.0.0.1"), port);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/info/tcp4", test_tcp4);
  g_test_add_func ("/socket/info/tcp6", test_tcp6);
  g_test_add_func ("/socket/info/mapped", test_mapped);
  g_test_add_func ("/socket/info/bound", test_bound);
  g_test_add_func ("/socket/info/datagram", test_datagram);
  g_test_add_func ("/socket/info/unix", test_unix);
  g_test_add_func ("/socket/info/unix/out-of-sight", test_unix_out_of_sight);
  g_test_add_func ("/socket/info/long-path", test_long_path);
  g_test_add_func ("/socket/info/lookup/off", test_lookup_off);
  g_test_add_func ("/socket/info/lookup/once", test_lookup_once);
  g_test_add_func ("/socket/info/lookup/hangs", test_lookup_hangs);
  g_test_add_func ("/socket/info/lookup/close", test_lookup_close);
  g_test_add_func ("/socket/info/not-open", test_not_open);
  g_test_add_func ("/socket/info/peer-gone", test_peer_gone);

  return g_test_run ();
}
