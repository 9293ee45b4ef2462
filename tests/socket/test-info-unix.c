/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"
#include "test-resolver.h"

#include <netdb.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* The names and the peers that only others can make, and what a port is when. */

#define CHECKED(call) G_STMT_START { \
    g_autoptr (GError) error = NULL; \
    g_assert_true (call); \
    g_assert_no_error (error); } G_STMT_END

typedef GVariant *(*GetInfo) (QSocket  *sock,
                              GError  **error);

static char *
print_info (QSocket *sock,
            GetInfo  get_info)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) info = get_info (sock, &error);

  g_assert_no_error (error);
  g_assert_true (g_variant_is_of_type (info, G_VARIANT_TYPE_VARDICT));

  return g_variant_print (info, TRUE);
}

/* @rest begins with a comma if there is any. */
static void
assert_unix (QSocket    *sock,
             GetInfo     get_info,
             const char *name,
             const char *rest)
{
  g_autofree char *is = print_info (sock, get_info);
  g_autofree char *should_be =
    g_strdup_printf ("{'address': <'%s'>, 'address_desc': <'unix:%s'>, 'family': <1>, "
                     "'familystr': <'unix'>%s}", name, name, rest);

  g_assert_cmpstr (is, ==, should_be);
}

static void
assert_no_peer (QSocket *sock)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (q_socket_get_peer_info (sock, &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_GET_PEER_INFO);
}

static QSocket *
accept_one (QSocket *listener)
{
  g_autoptr (GError) error = NULL;
  QSocket *accepted = q_socket_accept (listener, ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (accepted);

  return accepted;
}

static QSocket *
adopt (int fd)
{
  g_autoptr (GError) error = NULL;
  QSocket *sock = q_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);

  return sock;
}

/* ---- names ---- */

static socklen_t
set_name (struct sockaddr_un *address,
          const char         *name,
          gsize               length)
{
  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy (address->sun_path, name, length);

  return (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length);
}

static int
bind_name (int         socktype,
           const char *name,
           gsize       length)
{
  struct sockaddr_un address;
  socklen_t size = set_name (&address, name, length);
  int fd = socket (AF_UNIX, socktype | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, size));

  return fd;
}

/* Of other processes of this test none may have the same abstract name. */
static gsize
make_abstract_name (char       *name,
                    const char *end,
                    gsize       end_length)
{
  g_autofree char *begin = g_strdup_printf ("@qsocket-%d-", (int) getpid ());
  gsize length = strlen (begin);

  memcpy (name, begin, length);
  name[0] = '\0';
  memcpy (name + length, end, end_length);

  return length + end_length;
}

static void
test_abstract (void)
{
  static const struct
  {
    const char *end;
    gsize length;
    const char *shown;
  } cases[] = {
    { "", 0, "" },
    { "a\0b\0", 4, "a@b@" },
    { "\xff", 1, "\357\277\275" },
    { "ü", 2, "ü" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char name[sizeof ((struct sockaddr_un *) NULL)->sun_path];
      gsize length = make_abstract_name (name, cases[i].end, cases[i].length);
      g_autofree char *shown = g_strdup_printf ("@qsocket-%d-%s", (int) getpid (),
                                                cases[i].shown);
      g_autoptr (QSocket) sock = adopt (bind_name (SOCK_DGRAM, name, length));

      assert_unix (sock, q_socket_get_socket_info, shown, "");
      assert_no_peer (sock);
      g_assert_cmpint (q_socket_get_port (sock), ==, -1);
    }
}

/* The kernel takes a path that fills all there is, without a NUL. */
static void
test_full_path (void)
{
  char *dir = test_make_dir ();
  g_autofree char *before = g_get_current_dir ();
  g_autofree char *name = g_strnfill (sizeof ((struct sockaddr_un *) NULL)->sun_path, 'x');
  g_autoptr (QSocket) sock = NULL;

  g_assert_no_errno (chdir (dir));
  sock = adopt (bind_name (SOCK_STREAM, name, strlen (name)));
  g_assert_no_errno (unlink (name));
  g_assert_no_errno (chdir (before));
  assert_unix (sock, q_socket_get_socket_info, name, "");
  test_remove_dir (dir);
}

/* ---- credentials ---- */

/* A child that only makes system calls, as another user if it may. */
static void
connect_and_wait (const struct sockaddr_un *address,
                  socklen_t                 length,
                  int                       until)
{
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);
  char nothing;

  if (getuid () == 0 && (setgid (65534) != 0 || setuid (65533) != 0))
    _exit (1);
  if (connect (fd, (const struct sockaddr *) address, length) != 0)
    _exit (1);
  _exit (read (until, &nothing, 1) == 0 ? 0 : 1);
}

/* They are those of the other process, also after that has gone. */
static void
test_credentials (void)
{
  gboolean is_root = getuid () == 0;
  struct sockaddr_un address;
  char name[sizeof address.sun_path];
  gsize name_length = make_abstract_name (name, "credentials", 11);
  socklen_t length = set_name (&address, name, name_length);
  int fd = bind_name (SOCK_STREAM, name, name_length);
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (QSocket) server = NULL;
  g_autofree char *rest = NULL;
  int until[2];
  int status;
  pid_t pid;

  g_assert_no_errno (listen (fd, 1));
  g_assert_no_errno (pipe (until));
  pid = fork ();
  if (pid == 0)
    {
      close (until[1]);
      connect_and_wait (&address, length, until[0]);
    }
  g_assert_cmpint (pid, >, 0);

  listener = adopt (fd);
  server = accept_one (listener);
  rest = g_strdup_printf (", 'pid': <%d>, 'uid': <%d>, 'gid': <%d>", (int) pid,
                          is_root ? 65533 : (int) getuid (), is_root ? 65534 : (int) getgid ());
  assert_unix (server, q_socket_get_peer_info, "", rest);

  close (until[0]);
  close (until[1]);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  assert_unix (server, q_socket_get_peer_info, "", rest);
}

/* Nobody has connected, so there are none the kernel would know. */
static void
test_no_credentials (void)
{
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  g_autoptr (QSocket) server = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();

  CHECKED (q_socket_bind_unix (server, path, G_SOCKET_TYPE_DATAGRAM, 0, &error));
  CHECKED (q_socket_connect_unix (client, path, G_SOCKET_TYPE_DATAGRAM, 0, 0, NULL, &error));
  assert_unix (client, q_socket_get_peer_info, path, "");
  assert_no_peer (server);

  CHECKED (q_socket_close (server, &error));
  test_remove_dir (dir);
}

static void
test_socketpair (void)
{
  g_autofree char *rest = g_strdup_printf (", 'pid': <%d>, 'uid': <%d>, 'gid': <%d>",
                                           (int) getpid (), (int) getuid (), (int) getgid ());
  g_autoptr (QSocket) sock = NULL;
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  sock = adopt (fds[0]);
  assert_unix (sock, q_socket_get_peer_info, "", rest);
  close (fds[1]);
  assert_unix (sock, q_socket_get_peer_info, "", rest);
}

/* ---- hosts ---- */

/* A resolver that knows nothing is not asked again either. */
static void
test_no_name (void)
{
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) client = test_socket_pair (TEST_TCP4, &server);

  test_resolver_fail (EAI_NONAME);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GVariant) info = q_socket_get_peer_info (client, NULL);
      const char *name = NULL;

      g_assert_true (g_variant_lookup (info, "hostname", "&s", &name));
      g_assert_cmpstr (name, ==, "127.0.0.1");
      g_assert_true (g_variant_lookup (info, "hostname_desc", "&s", &name));
      g_assert_cmpstr (name, ==, "ipv4(127.0.0.1)");
      g_assert_cmpuint (test_resolver_get_n_asked (), ==, 1);
    }
  test_resolver_restore ();
}

/* An accepted socket remembers its peer as well as one that has connected. */
static void
test_accepted_after_reset (void)
{
  struct linger linger = { 1, 0 };
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) client = test_socket_pair (TEST_TCP4, &server);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  q_socket_set_lookup_hostnames (server, FALSE);
  before = print_info (server, q_socket_get_peer_info);
  g_assert_no_errno (setsockopt (q_socket_get_socket (client), SOL_SOCKET, SO_LINGER, &linger,
                                 sizeof linger));
  CHECKED (q_socket_close (client, &error));
  q_socket_recv_i1 (server, ENOUGH, NULL, NULL);
  after = print_info (server, q_socket_get_peer_info);
  g_assert_cmpstr (after, ==, before);
}

/* ---- ports ---- */

static void
test_port (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  const char *service = strrchr (target, ':') + 1;
  int port = atoi (service);
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (QSocket) server = NULL;
  g_autoptr (QSocket) adopted = NULL;
  int bound_port;
  int fd;

  g_assert_cmpint (q_socket_get_port (sock), ==, -1);
  g_assert_cmpint (q_socket_get_port (listener), ==, port);

  CHECKED (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  server = accept_one (listener);
  g_assert_cmpint (q_socket_get_port (sock), ==, port);
  g_assert_cmpint (q_socket_get_port (server), ==, port);
  CHECKED (q_socket_shutdown (sock, &error));
  g_assert_cmpint (q_socket_get_port (sock), ==, port);

  CHECKED (q_socket_bind (sock, "127.0.0.1:0", FALSE, &error));
  bound_port = q_socket_get_port (sock);
  g_assert_cmpint (bound_port, >, 0);
  g_assert_cmpint (bound_port, !=, port);
  CHECKED (q_socket_listen (sock, 0, &error));
  g_assert_cmpint (q_socket_get_port (sock), ==, bound_port);

  CHECKED (q_socket_connect_inet (sock, "127.0.0.1", service, G_SOCKET_FAMILY_IPV4,
                                  G_SOCKET_TYPE_DATAGRAM, ENOUGH, NULL, &error));
  g_assert_cmpint (q_socket_get_port (sock), ==, port);
  CHECKED (q_socket_close (sock, &error));
  g_assert_cmpint (q_socket_get_port (sock), ==, -1);
  g_assert_false (q_socket_bind (sock, target, FALSE, NULL));
  g_assert_cmpint (q_socket_get_port (sock), ==, -1);

  /* What comes from elsewhere has connected, as far as one can know. */
  CHECKED (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  fd = q_socket_steal_fd (sock, NULL);
  g_assert_cmpint (q_socket_get_port (sock), ==, -1);
  adopted = adopt (fd);
  g_assert_cmpint (q_socket_get_port (adopted), ==, port);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/info-unix/abstract", test_abstract);
  g_test_add_func ("/socket/info-unix/full-path", test_full_path);
  g_test_add_func ("/socket/info-unix/credentials", test_credentials);
  g_test_add_func ("/socket/info-unix/no-credentials", test_no_credentials);
  g_test_add_func ("/socket/info-unix/socketpair", test_socketpair);
  g_test_add_func ("/socket/info-hosts/no-name", test_no_name);
  g_test_add_func ("/socket/info-hosts/accepted-after-reset", test_accepted_after_reset);
  g_test_add_func ("/socket/info-hosts/port", test_port);

  return g_test_run ();
}
