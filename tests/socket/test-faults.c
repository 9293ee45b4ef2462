/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "child-cases.h"
#include "test-resolver.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The time of a call that must not use it: one that does outlasts the program. */
#define NEVER G_MAXINT

/* ---- no descriptor left ---- */

static int reserve[8];

/* Nothing can be opened from here on, but for @n_free. */
static void
exhaust (int n_free)
{
  struct rlimit limit;
  int next = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (next, >=, 0);
  close (next);
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  limit.rlim_cur = (rlim_t) (next + n_free);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));

  /* There may be gaps below. */
  for (int i = 0; i < n_free; i++)
    reserve[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (open ("/dev/null", O_RDONLY | O_CLOEXEC), ==, -1);
  for (int i = 0; i < n_free; i++)
    close (reserve[i]);
}

static void
lack_in_connect (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autofree char *target = NULL;
  QSocket *listener = test_listener (&target);
  GError *error = NULL;

  exhaust (0);
  g_assert_false (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  g_assert_nonnull (strstr (error->message, g_strerror (EMFILE)));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_false (q_socket_connect (sock, "name.example:1", ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_false (q_socket_is_open (sock));

  recover ();
  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  g_assert_no_error (error);
  g_object_unref (listener);
}

static void
lack_in_bind (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  exhaust (0);
  g_assert_false (q_socket_bind_port (sock, 0, FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  g_assert_false (q_socket_bind (sock, "/nowhere/at/all", TRUE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);

  recover ();
  g_assert_true (q_socket_bind_port (sock, 0, FALSE, &error));
  g_assert_no_error (error);
}

/* As long as no client comes there is no error; then each call has one, at once, and the client is
 * accepted later. */
static void
lack_in_accept (void)
{
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) accepted = NULL;
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  GError *error = NULL;
  gint64 start;

  exhaust (0);
  start = g_get_monotonic_time ();
  g_assert_null (q_socket_accept (listener, 110, NULL, &error));
  g_assert_no_error (error);
  assert_not_early (start, 110);

  recover ();
  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  exhaust (0);
  for (int i = 0; i < 3; i++)
    {
      g_assert_null (q_socket_accept (listener, NEVER, NULL, &error));
      g_assert_nonnull (strstr (error->message, g_strerror (EMFILE)));
      test_assert_error (error, Q_SOCKET_ERROR_ACCEPT);
    }

  recover ();
  accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (accepted);
}

/* What is open already needs no further one. */
static void
lack_in_calls (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  QSocket *sock;
  GError *error = NULL;
  gint64 start;
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  exhaust (0);
  sock = q_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_send (sock, "abc", -1, NULL, &error));
  g_assert_no_error (error);
  test_expect (fds[1], "abc", -1);
  test_write_text (fds[1], "def");
  g_assert_cmpint (q_socket_recv_i2 (sock, -1, NULL, &error), ==, 'd' << 8 | 'e');
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, cancellable, &error), ==, 'f');
  g_assert_no_error (error);

  start = g_get_monotonic_time ();
  g_assert_null (q_socket_recv (sock, 1, 60, cancellable, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  assert_not_early (start, 60);

  recover ();
  g_object_unref (sock);
}

typedef struct
{
  GCancellable *cancellable;
  int system_call;        /* the file that names the one that the main thread is in */
} Canceller;

/* There is no descriptor left for a file that would have to be opened each time. */
static gpointer
cancel_thread (gpointer data)
{
  Canceller *self = data;
  char text[32] = "";

  while (atol (text) != SYS_ppoll)
    {
      gssize n = pread (self->system_call, text, sizeof text - 1, 0);

      g_assert_cmpint (n, >, 0);
      text[n] = '\0';
    }
  g_cancellable_cancel (self->cancellable);

  return NULL;
}

/* Where there is no descriptor to be woken by, the call looks at the cancellable now and then. */
static void
lack_in_cancel (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/syscall", test_get_thread_id ());
  Canceller canceller = { cancellable, open (path, O_RDONLY | O_CLOEXEC) };
  GError *error = NULL;
  GThread *thread;
  QSocket *sock;
  int fd;

  g_assert_cmpint (canceller.system_call, >=, 0);
  sock = test_pair (TEST_UNIX, &fd);
  exhaust (0);
  thread = g_thread_new ("cancel", cancel_thread, &canceller);
  g_assert_null (q_socket_recv (sock, 1, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_thread_join (thread);
  recover ();
  close (canceller.system_call);
  g_object_unref (sock);
  close (fd);
}

/* ---- other processes ---- */

static int
join_child (pid_t pid)
{
  int status;

  while (waitpid (pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);

  return status;
}

/* Runs @function in a child; what the child has of the parent's is only closed. */
static void
in_child (void    (*function) (gpointer data),
          gpointer  data)
{
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      function (data);
      _exit (0);
    }
  g_assert_cmpint (join_child (pid), ==, 0);
}

static void
close_in_child (gpointer sock)
{
  q_socket_close (sock, NULL);
  g_object_unref (sock);
}

static void
fork_keeps_file (void)
{
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  QSocket *listener = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();

  g_assert_true (q_socket_bind (listener, path, FALSE, NULL));
  g_assert_true (q_socket_listen (listener, 0, NULL));
  in_child (close_in_child, listener);
  g_assert_true (q_socket_connect (client, path, ENOUGH, NULL, NULL));

  g_object_unref (listener);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  test_remove_dir (dir);
}

static void
fork_keeps_connection (void)
{
  GError *error = NULL;
  QSocket *sock;
  int fd;

  sock = test_pair (TEST_TCP4, &fd);
  q_socket_cork (sock);
  g_assert_true (q_socket_send (sock, "once", -1, NULL, NULL));
  in_child (close_in_child, sock);

  /* Neither ended, nor were the parent's bytes sent. */
  g_assert_cmpint (recv (fd, &(char) { 0 }, 1, MSG_DONTWAIT), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  g_assert_true (q_socket_uncork (sock, -1, NULL, &error));
  g_assert_no_error (error);
  test_expect (fd, "once", -1);
  q_socket_close (sock, NULL);
  g_assert_cmpint (recv (fd, &(char) { 0 }, 1, 0), ==, 0);

  g_object_unref (sock);
  close (fd);
}

typedef struct
{
  QSocket *sock;
  atomic_int tid;
} Reading;

static gpointer
read_one (gpointer data)
{
  Reading *reading = data;
  GError *error = NULL;

  atomic_store (&reading->tid, test_get_thread_id ());
  g_assert_cmpint (q_socket_recv_i1 (reading->sock, -1, NULL, &error), ==, 'x');
  g_assert_no_error (error);

  return NULL;
}

static void
fork_beside_reader (void)
{
  Reading reading = { NULL };
  GThread *thread;
  int fd;

  reading.sock = test_pair (TEST_TCP4, &fd);
  thread = g_thread_new ("reader", read_one, &reading);
  while (atomic_load (&reading.tid) == 0)
    g_thread_yield ();
  test_wait_in_kernel (reading.tid);

  in_child (close_in_child, reading.sock);
  test_wait_in_kernel (reading.tid);
  test_write_text (fd, "x");
  g_thread_join (thread);
  g_assert_true (q_socket_send (reading.sock, "y", -1, NULL, NULL));
  test_expect (fd, "y", -1);

  g_object_unref (reading.sock);
  close (fd);
}

/* ---- descriptors ---- */

static gpointer
look_up (gpointer data)
{
  q_socket_connect (data, "nowhere.example:80", -1, NULL, NULL);

  return NULL;
}

static gpointer
wait_cancellably (gpointer data)
{
  Reading *reading = data;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  atomic_store (&reading->tid, test_get_thread_id ());
  q_socket_recv (reading->sock, 1, -1, cancellable, NULL);

  return NULL;
}

/* All that is open now and was not before. */
static void
assert_cloexec (const gboolean *before,
                gboolean       *now)
{
  for (int fd = 0; fd < 256; fd++)
    {
      int flags = fcntl (fd, F_GETFD);

      if (now != NULL)
        now[fd] = flags >= 0;
      else if (flags >= 0 && !before[fd])
        g_assert_cmpint (flags & FD_CLOEXEC, ==, FD_CLOEXEC);
    }
}

static void
all_cloexec (void)
{
  gboolean before[256];
  g_autoptr (QSocket) sock = q_socket_new ();
  QSocket *sockets[4];
  Reading reading = { NULL };
  GThread *threads[2];
  g_autofree char *target = NULL;
  int adopted[2];
  int fd;

  assert_cloexec (NULL, before);

  test_resolver_hang ();
  threads[0] = g_thread_new ("lookup", look_up, sock);
  test_resolver_wait_until_asked (1);
  sockets[0] = test_socket_pair (TEST_UNIX, &sockets[1]);
  sockets[2] = test_listener (&target);
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM, 0, adopted));
  fcntl (adopted[1], F_SETFD, FD_CLOEXEC);
  sockets[3] = q_socket_new_from_fd (adopted[0], NULL);
  reading.sock = test_pair (TEST_TCP4, &fd);
  threads[1] = g_thread_new ("reader", wait_cancellably, &reading);
  while (atomic_load (&reading.tid) == 0)
    g_thread_yield ();
  test_wait_in_kernel (reading.tid);

  assert_cloexec (before, NULL);

  q_socket_close (sock, NULL);
  q_socket_close (reading.sock, NULL);
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);
  test_resolver_restore ();
  for (guint i = 0; i < G_N_ELEMENTS (sockets); i++)
    g_object_unref (sockets[i]);
  g_object_unref (reading.sock);
  close (adopted[1]);
  close (fd);
}

/* ---- time ---- */

/* One connection fills the smallest backlog, once the listener knows of it. */
static void
test_full_backlog (void)
{
  static const int timeouts[] = { 110, 0 };
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (QSocket) first = q_socket_new ();
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  GError *error = NULL;

  g_assert_no_errno (listen (q_socket_get_socket (listener), 0));
  g_assert_true (q_socket_connect (first, target, ENOUGH, NULL, &error));
  g_assert_true (q_socket_is_data_available (listener, ENOUGH));

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      gint64 start = g_get_monotonic_time ();

      g_assert_false (q_socket_connect (sock, target, timeouts[i], NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
      assert_not_early (start, timeouts[i]);
    }
}

static const ChildCase children[] = {
  { "faults", "lack/connect", lack_in_connect, NULL },
  { "faults", "lack/bind", lack_in_bind, NULL },
  { "faults", "lack/accept", lack_in_accept, NULL },
  { "faults", "lack/calls", lack_in_calls, NULL },
  { "faults", "lack/cancel", lack_in_cancel, NULL },
  { "faults", "fork/file", fork_keeps_file, NULL },
  { "faults", "fork/connection", fork_keeps_connection, NULL },
  { "faults", "fork/reader", fork_beside_reader, NULL },
  { "faults", "descriptors/cloexec", all_cloexec, NULL },
};

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_children (children, G_N_ELEMENTS (children));
  g_test_add_func ("/socket/faults/full-backlog", test_full_backlog);

  return g_test_run ();
}
