/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-peer.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define STREAM G_SOCKET_TYPE_STREAM
#define DATAGRAM G_SOCKET_TYPE_DATAGRAM
#define SEQPACKET G_SOCKET_TYPE_SEQPACKET

static char *dir;

/* The tests run one after the other in a directory that starts empty. */
static char *
make_path (const char *name)
{
  return g_build_filename (dir, name, NULL);
}

static gboolean
exists (const char *path)
{
  struct stat info;

  return lstat (path, &info) == 0;
}

static guint64
get_inode (const char *path)
{
  struct stat info;

  g_assert_no_errno (lstat (path, &info));

  return info.st_ino;
}

/* A socket file that outlives its socket. */
static void
leave_stale (const char *path,
             int         type)
{
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, type | SOCK_CLOEXEC, 0);

  g_strlcpy (un.sun_path, path, sizeof un.sun_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &un, sizeof un));
  close (fd);
}

static QSocket *
bind_socket (const char *path)
{
  QSocket *sock = q_socket_new ();
  GError *error = NULL;

  q_socket_bind (sock, path, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (exists (path));

  return sock;
}

static void
assert_bind_fails (QSocket    *sock,
                   const char *path,
                   gboolean    reuseaddr,
                   int         system_error)
{
  g_autofree char *message = g_strdup_printf ("bind to \"%s\": %s", path,
                                              g_strerror (system_error));
  GError *error = NULL;

  g_assert_false (q_socket_bind (sock, path, reuseaddr, &error));
  g_assert_cmpstr (error->message, ==, message);
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  g_assert_false (q_socket_is_open (sock));
}

/* ---- what is in the way ---- */

static void
test_types (void)
{
  static const GSocketType types[] = { STREAM, DATAGRAM, SEQPACKET };
  static const int kernel_types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
  g_autofree char *path = make_path ("with:colon");
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      g_autoptr (QSocket) other = q_socket_new ();
      int type;
      socklen_t length = sizeof type;

      q_socket_bind_unix (sock, path, types[i], 0, &error);
      g_assert_no_error (error);
      g_assert_no_errno (getsockopt (q_socket_get_socket (sock), SOL_SOCKET, SO_TYPE, &type,
                                     &length));
      g_assert_cmpint (type, ==, kernel_types[i]);
      g_assert_cmpint (q_socket_get_port (sock), ==, -1);

      /* bind_unix never takes over. */
      g_assert_false (q_socket_bind_unix (other, path, types[i], 0, &error));
      g_assert_true (g_str_has_suffix (error->message, g_strerror (EADDRINUSE)));
      test_assert_error (error, Q_SOCKET_ERROR_BIND);
      q_socket_close (sock, NULL);
      g_assert_false (exists (path));
      leave_stale (path, SOCK_STREAM);
      g_assert_false (q_socket_bind_unix (other, path, types[i], 0, &error));
      test_assert_error (error, Q_SOCKET_ERROR_BIND);
      g_unlink (path);
    }
}

static void
test_bad (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autofree char *fill = g_strnfill (107 - strlen (dir) - 1, 'p');
  g_autofree char *path_107 = make_path (fill);
  g_autofree char *path_108 = g_strconcat (path_107, "p", NULL);
  g_autoptr (QSocket) client = q_socket_new ();
  GError *error = NULL;

  g_assert_cmpuint (strlen (path_107), ==, 107);
  q_socket_bind (sock, path_107, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (exists (path_107));
  g_assert_true (q_socket_listen (sock, 0, &error));
  g_assert_true (q_socket_connect (client, path_107, ENOUGH, NULL, &error));

  g_assert_false (q_socket_bind (sock, path_108, TRUE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_false (q_socket_bind_unix (sock, path_108, STREAM, 0, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_false (q_socket_bind_unix (sock, "", STREAM, 0, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_false (q_socket_bind_unix (sock, "x", G_SOCKET_TYPE_INVALID, 0, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_true (q_socket_is_open (sock));
  g_assert_true (exists (path_107));
  g_assert_false (exists (path_108));

  g_assert_false (q_socket_bind_unix (sock, path_108 + 1, STREAM, 4711, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  g_assert_false (q_socket_is_open (sock));
  g_assert_false (exists (path_107));
}

/* Whatever is there already stays what it is. */
static void
test_in_the_way (void)
{
  g_autofree char *file = make_path ("file");
  g_autofree char *folder = make_path ("folder");
  g_autofree char *dangling = make_path ("dangling");
  g_autofree char *link = make_path ("link");
  g_autofree char *stale = make_path ("stale");
  g_autofree char *fifo = make_path ("fifo");
  const char * const paths[] = { file, folder, dangling, link, fifo };
  g_autofree char *content = NULL;

  g_assert_true (g_file_set_contents (file, "content", -1, NULL));
  g_assert_no_errno (mkdir (folder, 0700));
  g_assert_no_errno (symlink ("nowhere", dangling));
  leave_stale (stale, SOCK_STREAM);
  g_assert_no_errno (symlink (stale, link));
  g_assert_no_errno (mkfifo (fifo, 0600));

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    for (int reuse = 0; reuse < 2; reuse++)
      {
        g_autoptr (QSocket) sock = q_socket_new ();
        guint64 inode = get_inode (paths[i]);

        assert_bind_fails (sock, paths[i], reuse, EADDRINUSE);
        g_assert_cmpuint (get_inode (paths[i]), ==, inode);
      }

  g_assert_true (g_file_get_contents (file, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "content");
  g_assert_true (exists (stale));
  g_assert_false (exists ("nowhere"));

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    g_remove (paths[i]);
  g_unlink (stale);
}

static void
test_stale (void)
{
  static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
  g_autofree char *path = make_path ("stale");

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      g_autoptr (QSocket) client = q_socket_new ();
      GError *error = NULL;

      leave_stale (path, types[i]);
      assert_bind_fails (sock, path, FALSE, EADDRINUSE);
      g_assert_true (exists (path));

      q_socket_bind (sock, path, TRUE, &error);
      g_assert_no_error (error);
      g_assert_true (q_socket_listen (sock, 0, &error));
      g_assert_true (q_socket_connect (client, path, ENOUGH, NULL, &error));
      q_socket_close (sock, NULL);
      g_assert_false (exists (path));
    }
}

/* Nobody takes the path of a socket that is in use: listening, about to, or of
 * another type; and the owner does not even see that somebody tried. */
static void
test_live (void)
{
  static const struct
  {
    GSocketType type;
    gboolean listens;
  } owners[] = {
    { STREAM, TRUE }, { SEQPACKET, TRUE }, { DATAGRAM, FALSE }, { STREAM, FALSE },
  };
  g_autofree char *path = make_path ("live");

  for (guint i = 0; i < G_N_ELEMENTS (owners); i++)
    {
      g_autoptr (QSocket) owner = q_socket_new ();
      g_autoptr (QSocket) sock = q_socket_new ();
      GError *error = NULL;
      guint64 inode;

      g_assert_true (q_socket_bind_unix (owner, path, owners[i].type, 0, &error));
      if (owners[i].listens)
        g_assert_true (q_socket_listen (owner, 1, &error));
      inode = get_inode (path);

      g_test_message ("owner %u", i);
      assert_bind_fails (sock, path, TRUE, EADDRINUSE);
      g_assert_cmpuint (get_inode (path), ==, inode);
      if (owners[i].listens)
        {
          g_assert_null (q_socket_accept (owner, 0, NULL, &error));
          g_assert_no_error (error);
        }
    }
}

/* ---- removal ---- */

typedef enum
{
  END_CLOSE,
  END_DISPOSE,
  END_BIND,
  END_BIND_FAILS,
  END_BIND_SAME,
  END_CONNECT_FAILS,
  N_ENDS,
} End;

static void
end_socket (QSocket    **sock,
            End          end,
            const char  *path)
{
  GError *error = NULL;

  switch (end)
    {
    case END_CLOSE:
      g_assert_true (q_socket_close (*sock, &error));
      break;
    case END_DISPOSE:
      g_clear_object (sock);
      break;
    case END_BIND:
      g_assert_true (q_socket_bind (*sock, "127.0.0.1:0", FALSE, &error));
      break;
    case END_BIND_FAILS:
      g_assert_false (q_socket_bind (*sock, "198.51.100.7:0", FALSE, &error));
      test_assert_error (error, Q_SOCKET_ERROR_BIND);
      break;
    case END_BIND_SAME:
      g_assert_true (q_socket_bind (*sock, path, FALSE, &error));
      g_assert_true (exists (path));
      g_assert_true (q_socket_close (*sock, &error));
      break;
    case END_CONNECT_FAILS:
    case N_ENDS:
    default:
      g_assert_false (q_socket_connect (*sock, "/no-such-path", ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
      break;
    }
  g_assert_no_error (error);
}

static void
test_removed (void)
{
  g_autofree char *path = make_path ("socket");

  for (End end = 0; end < N_ENDS; end++)
    {
      g_autoptr (QSocket) sock = bind_socket (path);

      g_test_message ("end %d", end);
      g_assert_true (q_socket_listen (sock, 0, NULL));
      g_assert_true (q_socket_shutdown (sock, NULL));
      g_assert_true (exists (path));
      end_socket (&sock, end, path);
      g_assert_false (exists (path));
    }
}

/* Another file has the name meanwhile, or ours has another name. */
static void
test_replaced (void)
{
  g_autofree char *path = make_path ("socket");
  g_autofree char *moved = make_path ("moved");

  for (End end = 0; end < N_ENDS; end++)
    {
      g_autoptr (QSocket) first = bind_socket (path);
      g_autoptr (QSocket) second = NULL;
      g_autoptr (QSocket) third = NULL;

      if (end == END_BIND_SAME)
        continue;

      g_unlink (path);
      g_assert_true (g_file_set_contents (path, "precious", -1, NULL));
      end_socket (&first, end, path);
      g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
      g_unlink (path);

      second = bind_socket (path);
      g_unlink (path);
      third = bind_socket (path);
      end_socket (&second, end, path);
      g_assert_true (exists (path));

      g_assert_no_errno (rename (path, moved));
      end_socket (&third, end, path);
      g_assert_true (exists (moved));
      g_unlink (moved);
    }
}

static void
test_relative (void)
{
  g_autofree char *before = g_get_current_dir ();
  g_autofree char *folder = make_path ("folder");
  g_autofree char *inner = make_path ("folder/inner");
  g_autofree char *path = make_path ("relative");
  g_autofree char *in_folder = make_path ("folder/up");
  g_autofree char *link = make_path ("link");
  const struct
  {
    const char *text;
    const char *path;
  } cases[] = {
    { "relative", path }, { "./relative", path }, { "folder/../relative", path },
    { "link/../up", in_folder },
  };

  g_assert_no_errno (mkdir (folder, 0700));
  g_assert_no_errno (mkdir (inner, 0700));
  g_assert_no_errno (symlink (inner, link));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      GError *error = NULL;

      g_test_message ("bind to %s", cases[i].text);
      g_assert_no_errno (chdir (dir));
      q_socket_bind (sock, cases[i].text, FALSE, &error);
      g_assert_no_error (error);
      g_assert_true (exists (cases[i].path));
      g_assert_no_errno (chdir ("/"));
      q_socket_close (sock, NULL);
      g_assert_false (exists (cases[i].path));
    }

  g_assert_no_errno (chdir (before));
  g_unlink (link);
  g_rmdir (inner);
  g_rmdir (folder);
}

/* Only who bound the path removes it. */
static void
test_others_leave_it (void)
{
  g_autofree char *path = make_path ("socket");
  g_autoptr (QSocket) listener = bind_socket (path);
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) adopted = NULL;
  QSocket *server;
  GError *error = NULL;
  int status;
  pid_t child;

  g_assert_true (q_socket_listen (listener, 0, &error));
  g_assert_true (q_socket_connect (client, path, ENOUGH, NULL, &error));
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  q_socket_close (server, NULL);
  g_object_unref (server);
  q_socket_close (client, NULL);
  g_assert_true (exists (path));

  adopted = q_socket_new_from_fd (dup (q_socket_get_socket (listener)), &error);
  g_assert_no_error (error);
  q_socket_close (adopted, NULL);
  g_assert_true (exists (path));

  /* Nor does a child process, which has a copy of the object. */
  child = fork ();
  if (child == 0)
    {
      q_socket_close (listener, NULL);
      _exit (exists (path) ? 0 : 1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);

  g_assert_true (q_socket_connect (client, path, ENOUGH, NULL, &error));
  q_socket_close (listener, NULL);
  g_assert_false (exists (path));
}

/* A descriptor that was given away has taken its file with it. */
static void
test_stolen (void)
{
  g_autofree char *path = make_path ("socket");
  g_autoptr (QSocket) sock = bind_socket (path);
  GError *error = NULL;
  int fd = q_socket_steal_fd (sock, &error);

  g_assert_no_error (error);
  g_assert_false (q_socket_is_open (sock));
  g_assert_true (exists (path));
  g_clear_object (&sock);
  g_assert_true (exists (path));
  close (fd);
  g_unlink (path);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  dir = test_make_dir ();

  g_test_add_func ("/socket/bind-unix/types", test_types);
  g_test_add_func ("/socket/bind-unix/bad", test_bad);
  g_test_add_func ("/socket/bind-unix/in-the-way", test_in_the_way);
  g_test_add_func ("/socket/bind-unix/stale", test_stale);
  g_test_add_func ("/socket/bind-unix/live", test_live);
  g_test_add_func ("/socket/bind-unix/removed", test_removed);
  g_test_add_func ("/socket/bind-unix/replaced", test_replaced);
  g_test_add_func ("/socket/bind-unix/relative", test_relative);
  g_test_add_func ("/socket/bind-unix/others-leave-it", test_others_leave_it);
  g_test_add_func ("/socket/bind-unix/stolen", test_stolen);

  result = g_test_run ();
  test_remove_dir (dir);

  return result;
}
