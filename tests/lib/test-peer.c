/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

const char *
test_kind_name (TestKind kind)
{
  static const char * const names[] = { "tcp4", "tcp6", "unix" };

  return names[kind];
}

gboolean
test_kind_is_here (TestKind kind)
{
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  gboolean is_here;
  int fd;

  if (kind != TEST_TCP6)
    return TRUE;

  fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;
  is_here = bind (fd, (struct sockaddr *) &address, sizeof address) == 0;
  close (fd);

  return is_here;
}

static int
listen_inet (TestKind   kind,
             char     **target)
{
  struct sockaddr_storage storage = { 0 };
  struct sockaddr_in *in = (struct sockaddr_in *) &storage;
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &storage;
  socklen_t length = kind == TEST_TCP4 ? sizeof *in : sizeof *in6;
  int fd = socket (kind == TEST_TCP4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);

  if (kind == TEST_TCP4)
    {
      in->sin_family = AF_INET;
      in->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    }
  else
    {
      in6->sin6_family = AF_INET6;
      in6->sin6_addr = in6addr_loopback;
    }

  g_assert_no_errno (bind (fd, (struct sockaddr *) &storage, length));
  g_assert_no_errno (listen (fd, 8));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &storage, &length));

  *target = kind == TEST_TCP4 ? g_strdup_printf ("127.0.0.1:%d", ntohs (in->sin_port))
                              : g_strdup_printf ("[::1]:%d", ntohs (in6->sin6_port));

  return fd;
}

static int
listen_unix (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (g_strlcpy (address.sun_path, path, sizeof address.sun_path), <,
                    sizeof address.sun_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  g_assert_no_errno (listen (fd, 8));

  return fd;
}

QSocket *
test_pair (TestKind  kind,
           int      *fd)
{
  g_autofree char *target = NULL;
  QSocket *sock = q_socket_new ();
  GError *error = NULL;
  char *dir = NULL;
  int on = 1;
  int listener;

  if (kind == TEST_UNIX)
    {
      dir = test_make_dir ();
      target = g_build_filename (dir, "socket", NULL);
      listener = listen_unix (target);
    }
  else
    {
      listener = listen_inet (kind, &target);
    }

  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  *fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  g_assert_cmpint (*fd, >=, 0);
  close (listener);

  if (kind == TEST_UNIX)
    test_remove_dir (dir);
  else
    setsockopt (*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  return sock;
}

QSocket *
test_socket_pair (TestKind   kind,
                  QSocket  **accepted)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autofree char *target = NULL;
  QSocket *client = q_socket_new ();
  GError *error = NULL;
  char *dir = NULL;

  if (kind == TEST_UNIX)
    {
      dir = test_make_dir ();
      target = g_build_filename (dir, "socket", NULL);
    }
  else
    {
      target = g_strdup (kind == TEST_TCP4 ? "127.0.0.1:0" : "[::1]:0");
    }

  q_socket_bind (listener, target, FALSE, &error);
  g_assert_no_error (error);
  q_socket_listen (listener, 0, &error);
  g_assert_no_error (error);

  if (kind != TEST_UNIX)
    {
      g_free (target);
      target = g_strdup_printf (kind == TEST_TCP4 ? "127.0.0.1:%d" : "[::1]:%d",
                                q_socket_get_port (listener));
    }

  q_socket_connect (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  *accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (*accepted);

  q_socket_close (listener, NULL);
  if (dir != NULL)
    test_remove_dir (dir);

  return client;
}

QSocket *
test_listener (char **target)
{
  QSocket *listener = q_socket_new ();
  GError *error = NULL;

  q_socket_bind (listener, "127.0.0.1:0", FALSE, &error);
  g_assert_no_error (error);
  q_socket_listen (listener, 0, &error);
  g_assert_no_error (error);
  *target = g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (listener));

  return listener;
}

void
test_write (int         fd,
            const void *bytes,
            gsize       length)
{
  const char *position = bytes;

  while (length > 0)
    {
      gssize n = send (fd, position, length, MSG_NOSIGNAL);

      if (n < 0 && errno == EINTR)
        continue;
      g_assert_cmpint (n, >, 0);
      position += n;
      length -= (gsize) n;
    }
}

void
test_write_text (int         fd,
                 const char *text)
{
  test_write (fd, text, strlen (text));
}

void
test_expect (int         fd,
             const char *bytes,
             gssize      length)
{
  gsize size = length < 0 ? strlen (bytes) : (gsize) length;
  g_autofree char *got = g_malloc (size + 1);
  gsize have = 0;

  while (have < size)
    {
      gssize n = recv (fd, got + have, size - have, 0);

      if (n < 0 && errno == EINTR)
        continue;
      g_assert_cmpint (n, >, 0);
      have += (gsize) n;
    }

  g_assert_cmpmem (got, have, bytes, size);
}

GBytes *
test_read_to_end (int fd)
{
  GByteArray *array = g_byte_array_new ();
  guint8 piece[4096];
  gssize n;

  do
    {
      n = recv (fd, piece, sizeof piece, 0);
      if (n > 0)
        g_byte_array_append (array, piece, (guint) n);
    }
  while (n > 0 || (n < 0 && errno == EINTR));

  return g_byte_array_free_to_bytes (array);
}

char *
test_make_dir (void)
{
  GError *error = NULL;
  char *dir = g_dir_make_tmp ("qsocket-XXXXXX", &error);

  g_assert_no_error (error);

  return dir;
}

void
test_remove_dir (char *dir)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  const char *name;

  while (handle != NULL && (name = g_dir_read_name (handle)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_unlink (path);
    }

  g_rmdir (dir);
  g_free (dir);
}

guint
test_count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;

  /* One of them is the directory itself. */
  return n - 1;
}

int
test_get_thread_id (void)
{
  return (int) syscall (SYS_gettid);
}

static gboolean
is_asleep (int thread_id)
{
  static const long calls[] = {
    SYS_accept4, SYS_connect, SYS_ppoll, SYS_recvfrom, SYS_recvmsg, SYS_sendmsg, SYS_sendto,
#ifdef SYS_poll
    SYS_poll,
#endif
  };
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/syscall", thread_id);
  g_autofree char *text = NULL;

  /* "running" while it is not inside one. */
  if (!g_file_get_contents (path, &text, NULL, NULL) || !g_ascii_isdigit (*text))
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    if (atol (text) == calls[i])
      return TRUE;

  return FALSE;
}

void
test_wait_in_kernel (int thread_id)
{
  /* Not as fast as possible: that would take the processor from the thread that it is about. */
  while (!is_asleep (thread_id))
    g_usleep (50);
}
