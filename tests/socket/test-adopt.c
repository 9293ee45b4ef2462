/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Descriptors that become sockets, and sockets that give theirs away. */

typedef struct
{
  const char *name;
  int domain;
  int type;
  int flags;                    /* O_NONBLOCK or 0 */
  int fd_flags;                 /* FD_CLOEXEC or 0 */
} Adopted;

static const Adopted adopted[] = {
  { "stream", AF_UNIX, SOCK_STREAM, 0, 0 },
  { "stream-nonblocking", AF_UNIX, SOCK_STREAM, O_NONBLOCK, FD_CLOEXEC },
  { "datagram", AF_UNIX, SOCK_DGRAM, 0, FD_CLOEXEC },
  { "seqpacket", AF_UNIX, SOCK_SEQPACKET, O_NONBLOCK, 0 },
};

static void
assert_flags (int fd,
              int flags,
              int fd_flags)
{
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, ==, flags);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, fd_flags);
}

static void
test_adopt (gconstpointer data)
{
  const Adopted *row = data;
  GError *error = NULL;
  struct timeval time;
  socklen_t length = sizeof time;
  QSocket *sock;
  int fds[2];

  /* With and without GIO's object, which has its own idea of the flags. */
  for (int with_gsocket = 0; with_gsocket < 2; with_gsocket++)
    {
      int fd;

      g_assert_no_errno (socketpair (row->domain, row->type, 0, fds));
      fcntl (fds[0], F_SETFL, row->flags);
      fcntl (fds[0], F_SETFD, row->fd_flags);

      sock = q_socket_new_from_fd (fds[0], &error);
      g_assert_no_error (error);
      g_assert_cmpint (q_socket_get_socket (sock), ==, fds[0]);
      g_assert_cmpint (fcntl (fds[0], F_GETFD), ==, FD_CLOEXEC);
      if (with_gsocket)
        g_assert_nonnull (q_socket_get_gsocket (sock));

      /* Twice in time and once not, so that every way to wait is taken. */
      test_write (fds[1], "ab", 2);
      g_assert_cmpint (q_socket_recv_u2 (sock, ENOUGH, NULL, &error), ==, 'a' << 8 | 'b');
      g_assert_no_error (error);
      g_assert_cmpint (q_socket_recv_u2 (sock, 200, NULL, &error), ==, 0);
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
      g_assert_cmpint (q_socket_recv_u2 (sock, 200, NULL, &error), ==, 0);
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
      g_assert_true (q_socket_send (sock, "cd", ENOUGH, NULL, &error));
      g_assert_no_error (error);
      test_expect (fds[1], "cd", 2);

      fd = q_socket_steal_fd (sock, &error);
      g_assert_no_error (error);
      assert_flags (fd, row->flags, row->fd_flags);
      g_assert_no_errno (getsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &time, &length));
      g_assert_cmpint (time.tv_sec + time.tv_usec, ==, 0);
      g_assert_false (q_socket_is_open (sock));
      g_object_unref (sock);

      test_write (fds[1], "ef", 2);
      test_expect (fd, "ef", 2);
      close (fd);
      close (fds[1]);
    }
}

static void
test_adopt_listener (void)
{
  g_autofree char *target = NULL;
  QSocket *maker = test_listener (&target);
  GError *error = NULL;
  int fd = q_socket_steal_fd (maker, &error);
  g_autoptr (QSocket) listener = NULL;
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) accepted = NULL;

  g_assert_no_error (error);
  g_object_unref (maker);
  fcntl (fd, F_SETFL, 0);
  listener = q_socket_new_from_fd (fd, &error);
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_get_port (listener), ==, atoi (strrchr (target, ':') + 1));
  g_assert_null (q_socket_accept (listener, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (accepted);

  fd = q_socket_steal_fd (listener, &error);
  g_assert_no_error (error);
  assert_flags (fd, 0, FD_CLOEXEC);
  close (fd);
}

static void
test_adopt_tcp (void)
{
  GError *error = NULL;
  QSocket *first;
  QSocket *second;
  int peer;
  int fd;

  first = test_pair (TEST_TCP4, &peer);
  fd = q_socket_steal_fd (first, &error);
  g_assert_no_error (error);
  second = q_socket_new_from_fd (fd, &error);
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_get_port (second), >, 0);
  g_assert_true (q_socket_send (second, "x", -1, NULL, NULL));
  test_expect (peer, "x", 1);

  /* The first one has nothing to do with it any more. */
  g_object_unref (first);
  g_assert_true (q_socket_send (second, "y", -1, NULL, NULL));
  test_expect (peer, "y", 1);
  g_object_unref (second);
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  close (peer);
}

static void
test_adopt_unbound (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) sock = q_socket_new_from_fd (socket (AF_INET, SOCK_STREAM, 0), &error);

  g_assert_no_error (error);
  g_assert_cmpint (q_socket_get_port (sock), ==, -1);
  g_assert_true (q_socket_listen (sock, 0, &error));
  g_assert_cmpint (q_socket_get_port (sock), >, 0);
}

/* Which of them waited in the kernel is nobody's business afterwards. */
static void
test_steal_blocks (void)
{
  static const int timeouts[] = { 0, 10, 1000, -1 };
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (GError) error = NULL;
  int fd;

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (QSocket) client = q_socket_new ();
      g_autoptr (QSocket) accepted = NULL;

      q_socket_connect (client, target, timeouts[i], NULL, &error);
      g_assert_no_error (error);
      fd = q_socket_steal_fd (client, &error);
      assert_flags (fd, 0, FD_CLOEXEC);
      close (fd);

      accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
      fd = q_socket_steal_fd (accepted, &error);
      assert_flags (fd, 0, FD_CLOEXEC);
      close (fd);
    }

  fd = q_socket_steal_fd (listener, &error);
  assert_flags (fd, 0, FD_CLOEXEC);
  close (fd);
}

static void
test_adopt_refused (void)
{
  GError *error = NULL;
  int fds[2];

  g_assert_no_errno (pipe (fds));
  for (int i = 0; i < 2; i++)
    {
      g_assert_null (q_socket_new_from_fd (fds[i], &error));
      test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
      assert_flags (fds[i], 0, 0);
      close (fds[i]);
      g_assert_null (q_socket_new_from_fd (fds[i], &error));
      test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
    }
  g_assert_null (q_socket_new_from_fd (-1, &error));
  g_assert_true (g_str_has_prefix (error->message, "new_from_fd: "));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
}

static void
test_steal_refused (void)
{
  g_autofree char *text = NULL;
  GError *error = NULL;
  QSocket *sock;
  int peer;
  int fd;

  sock = test_pair (TEST_TCP4, &peer);

  /* Read ahead. */
  test_write_text (peer, "abc");
  g_assert_true (q_socket_is_data_available (sock, ENOUGH));
  g_assert_cmpint (q_socket_steal_fd (sock, &error), ==, -1);
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  text = q_socket_recv (sock, 3, ENOUGH, NULL, &error);
  g_assert_cmpstr (text, ==, "abc");

  /* Half a character, which text reads keep. */
  test_write (peer, "a\xc3", 2);
  g_free (text);
  text = q_socket_recv (sock, 2, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "a");
  g_assert_cmpint (q_socket_steal_fd (sock, &error), ==, -1);
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_cmpint (q_socket_recv_u1 (sock, ENOUGH, NULL, &error), ==, 0xc3);

  /* Gathered. */
  q_socket_cork (sock);
  g_assert_true (q_socket_send (sock, "x", ENOUGH, NULL, NULL));
  g_assert_cmpint (q_socket_steal_fd (sock, &error), ==, -1);
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_true (q_socket_uncork (sock, ENOUGH, NULL, NULL));

  g_assert_true (q_socket_is_open (sock));
  fd = q_socket_steal_fd (sock, &error);
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_steal_fd (sock, &error), ==, -1);
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  close (fd);
  close (peer);
  g_object_unref (sock);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (adopted); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/adopt/%s", adopted[i].name);

      g_test_add_data_func (path, &adopted[i], test_adopt);
    }
  g_test_add_func ("/socket/adopt/listener", test_adopt_listener);
  g_test_add_func ("/socket/adopt/tcp", test_adopt_tcp);
  g_test_add_func ("/socket/adopt/refused", test_adopt_refused);
  g_test_add_func ("/socket/adopt/steal-refused", test_steal_refused);
  g_test_add_func ("/socket/adopt/steal-blocks", test_steal_blocks);
  g_test_add_func ("/socket/adopt/unbound", test_adopt_unbound);

  return g_test_run ();
}
