/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-channel-private.h"
#include "test-peer.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The file of a UNIX channel, and what forked children may do to it. */

/* A stream over one end of a pair; @peer is the other end. */
static QChannel *
make_channel (int *peer)
{
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  *peer = fds[1];

  return q_channel_new (fds[0], Q_CHANNEL_CLIENT, G_SOCKET_FAMILY_UNIX, SOCK_STREAM, FALSE, TRUE);
}

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

typedef struct
{
  char *dir;
  char *path;
  QChannel *channel;
} UnixFixture;

static int
bind_unix (const char *path)
{
  QAddress address;
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  q_address_set_path (&address, path);
  g_assert_no_errno (bind (fd, &address.sa, address.length));
  g_assert_no_errno (listen (fd, 8));

  return fd;
}

static void
unix_set_up (UnixFixture   *fixture,
             gconstpointer  data)
{
  fixture->dir = test_make_dir ();
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  fixture->channel = q_channel_new (bind_unix (fixture->path), Q_CHANNEL_LISTENING,
                                    G_SOCKET_FAMILY_UNIX, SOCK_STREAM, FALSE, TRUE);
  q_channel_own_unix_file (fixture->channel, fixture->path);
}

static void
unix_tear_down (UnixFixture   *fixture,
                gconstpointer  data)
{
  q_channel_unref (fixture->channel);
  g_free (fixture->path);
  test_remove_dir (fixture->dir);
}

static gboolean
exists (const char *path)
{
  struct stat now;

  return lstat (path, &now) == 0;
}

static void
test_unix_removed (UnixFixture   *fixture,
                   gconstpointer  data)
{
  g_assert_true (q_channel_close (fixture->channel));
  g_assert_false (exists (fixture->path));

  /* A file that another socket makes with that name afterwards stays. */
  close (bind_unix (fixture->path));
  g_assert_false (q_channel_close (fixture->channel));
  g_assert_true (exists (fixture->path));
}

static void
test_unix_gone (UnixFixture   *fixture,
                gconstpointer  data)
{
  g_assert_no_errno (g_unlink (fixture->path));
  g_assert_true (q_channel_close (fixture->channel));
}

static void
test_unix_other_socket (UnixFixture   *fixture,
                        gconstpointer  data)
{
  int other;

  g_assert_no_errno (g_unlink (fixture->path));
  other = bind_unix (fixture->path);
  g_assert_true (q_channel_close (fixture->channel));
  g_assert_true (exists (fixture->path));
  close (other);
}

static void
test_unix_other_file (UnixFixture   *fixture,
                      gconstpointer  data)
{
  g_assert_no_errno (g_unlink (fixture->path));
  g_assert_true (g_file_set_contents (fixture->path, "x", 1, NULL));
  g_assert_true (q_channel_close (fixture->channel));
  g_assert_true (exists (fixture->path));
}

/* A link with that name is not the file, even if it leads to it. */
static void
test_unix_link (UnixFixture   *fixture,
                gconstpointer  data)
{
  g_autofree char *moved = g_strconcat (fixture->path, "-moved", NULL);

  g_assert_no_errno (rename (fixture->path, moved));
  g_assert_no_errno (symlink (moved, fixture->path));
  g_assert_true (q_channel_close (fixture->channel));
  g_assert_true (exists (fixture->path));
  g_assert_true (exists (moved));
}

static void
test_unix_stolen (UnixFixture   *fixture,
                  gconstpointer  data)
{
  int fd = q_channel_steal_fd (fixture->channel);

  /* The file stays, since the stolen descriptor still listens there. */
  g_assert_false (q_channel_close (fixture->channel));
  g_assert_true (exists (fixture->path));
  close (fd);
}

/* The file is found again if its name was relative and led through a link. */
static void
test_unix_relative (UnixFixture   *fixture,
                    gconstpointer  data)
{
  g_autofree char *before = g_get_current_dir ();
  g_autofree char *inner = g_build_filename (fixture->dir, "inner", NULL);
  g_autofree char *path = g_build_filename (fixture->dir, "relative", NULL);
  g_autofree char *elsewhere = test_make_dir ();
  QChannel *channel;

  g_assert_no_errno (g_mkdir (inner, 0700));
  g_assert_no_errno (g_chdir (elsewhere));
  g_assert_no_errno (symlink (inner, "way"));

  channel = q_channel_new (bind_unix ("way/../relative"), Q_CHANNEL_LISTENING,
                           G_SOCKET_FAMILY_UNIX, SOCK_STREAM, FALSE, TRUE);
  q_channel_own_unix_file (channel, "way/../relative");
  g_assert_true (exists (path));

  g_assert_no_errno (g_chdir ("/"));
  g_assert_true (q_channel_close (channel));
  g_assert_false (exists (path));

  q_channel_unref (channel);
  g_assert_no_errno (g_chdir (before));
  g_assert_no_errno (g_rmdir (inner));
  test_remove_dir (g_steal_pointer (&elsewhere));
}

/* Runs @function in a forked child, which exits with what it returns. */
static void
run_in_child (int    (*function) (UnixFixture *fixture),
              UnixFixture *fixture)
{
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    _exit (function (fixture));

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static int
close_in_child (UnixFixture *fixture)
{
  int fd = fixture->channel->fd;

  if (!q_channel_close (fixture->channel))
    return 1;
  if (is_open (fd))
    return 2;

  return exists (fixture->path) ? 0 : 3;
}

/* A forked child has a copy of the channel. The file and the connection are the parent's, and the
 * calls that use the descriptor run in the parent alone. */
static void
test_fork_listener (UnixFixture   *fixture,
                    gconstpointer  data)
{
  g_assert_true (q_channel_enter (fixture->channel));
  run_in_child (close_in_child, fixture);
  q_channel_leave (fixture->channel);

  g_assert_true (exists (fixture->path));
  g_assert_false (q_channel_is_closed (fixture->channel));
  g_assert_true (q_channel_close (fixture->channel));
  g_assert_false (exists (fixture->path));
}

static int
close_connection_in_child (UnixFixture *fixture)
{
  int fd = fixture->channel->fd;

  return q_channel_close (fixture->channel) && !is_open (fd) ? 0 : 1;
}

static void
test_fork_connection (void)
{
  UnixFixture fixture = { NULL };
  int peer;

  fixture.channel = make_channel (&peer);
  g_assert_true (q_channel_enter (fixture.channel));
  run_in_child (close_connection_in_child, &fixture);

  test_write_text (fixture.channel->fd, "still");
  test_expect (peer, "still", 5);
  test_write_text (peer, "there");
  test_expect (fixture.channel->fd, "there", 5);

  q_channel_leave (fixture.channel);
  q_channel_unref (fixture.channel);
  close (peer);
}

/* A file that a child makes itself is removed by the child. */
static int
own_in_child (UnixFixture *fixture)
{
  g_autofree char *path = g_strconcat (fixture->path, "-child", NULL);
  QChannel *channel = q_channel_new (bind_unix (path), Q_CHANNEL_LISTENING,
                                     G_SOCKET_FAMILY_UNIX, SOCK_STREAM, FALSE, TRUE);

  q_channel_own_unix_file (channel, path);
  q_channel_unref (channel);

  return exists (path) ? 1 : 0;
}

static void
test_fork_own (UnixFixture   *fixture,
               gconstpointer  data)
{
  run_in_child (own_in_child, fixture);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_UNIX(name, function) \
  g_test_add ("/connection/unix-file/" name, UnixFixture, NULL, unix_set_up, function, \
              unix_tear_down)

  ADD_UNIX ("removed", test_unix_removed);
  ADD_UNIX ("gone", test_unix_gone);
  ADD_UNIX ("other-socket", test_unix_other_socket);
  ADD_UNIX ("other-file", test_unix_other_file);
  ADD_UNIX ("link", test_unix_link);
  ADD_UNIX ("stolen", test_unix_stolen);
  ADD_UNIX ("relative", test_unix_relative);
  ADD_UNIX ("fork", test_fork_listener);
  ADD_UNIX ("fork-own", test_fork_own);
  g_test_add_func ("/connection/unix-file/fork-connection", test_fork_connection);

  return g_test_run ();
}
