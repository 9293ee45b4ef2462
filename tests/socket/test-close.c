/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "closed-sockets.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- every state ---- */

typedef struct
{
  QSocket *sock;
  int peer_fd;
  char *dir;
} Fixture;

static void
open_nothing (Fixture *f)
{
  f->sock = q_socket_new ();
}

static void
open_closed (Fixture *f)
{
  f->sock = test_pair (TEST_TCP4, &f->peer_fd);
  q_socket_close (f->sock, NULL);
}

static void
open_bound (Fixture *f)
{
  f->sock = q_socket_new ();
  g_assert_true (q_socket_bind (f->sock, "127.0.0.1:0", FALSE, NULL));
}

static void
open_listening (Fixture *f)
{
  open_bound (f);
  g_assert_true (q_socket_listen (f->sock, 0, NULL));
}

static void
open_bound_unix (Fixture *f)
{
  g_autofree char *path = NULL;

  f->dir = test_make_dir ();
  path = g_build_filename (f->dir, "socket", NULL);
  f->sock = q_socket_new ();
  g_assert_true (q_socket_bind (f->sock, path, FALSE, NULL));
}

static void
open_client (Fixture *f)
{
  f->sock = test_pair (TEST_TCP4, &f->peer_fd);
}

static void
open_unix_client (Fixture *f)
{
  f->sock = test_pair (TEST_UNIX, &f->peer_fd);
}

static void
open_accepted (Fixture *f)
{
  QSocket *client = test_socket_pair (TEST_TCP4, &f->sock);

  f->peer_fd = q_socket_steal_fd (client, NULL);
  g_assert_cmpint (f->peer_fd, >=, 0);
  g_object_unref (client);
}

static void
open_ended (Fixture *f)
{
  open_client (f);
  shutdown (f->peer_fd, SHUT_WR);
  g_assert_true (q_socket_is_data_available (f->sock, ENOUGH));
}

static void
open_udp (Fixture *f)
{
  f->sock = q_socket_new ();
  g_assert_true (q_socket_bind_inet (f->sock, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, NULL));
}

static void
open_adopted (Fixture *f)
{
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM, 0, fds));
  f->sock = q_socket_new_from_fd (fds[0], NULL);
  f->peer_fd = fds[1];
}

/* With GIO's object, which then is what closes the descriptor. */
static void
open_with_gsocket (Fixture *f)
{
  open_client (f);
  g_assert_nonnull (q_socket_get_gsocket (f->sock));
}

static const struct
{
  const char *name;
  void (*open) (Fixture *f);
  gboolean is_open;
  gboolean is_connected;
} states[] = {
  { "new", open_nothing, FALSE, FALSE },
  { "closed", open_closed, FALSE, FALSE },
  { "bound", open_bound, TRUE, FALSE },
  { "listening", open_listening, TRUE, TRUE },
  { "bound-unix", open_bound_unix, TRUE, TRUE },
  { "client", open_client, TRUE, TRUE },
  { "unix-client", open_unix_client, TRUE, TRUE },
  { "accepted", open_accepted, TRUE, TRUE },
  { "ended", open_ended, TRUE, TRUE },
  { "udp", open_udp, TRUE, FALSE },
  { "adopted", open_adopted, TRUE, TRUE },
  { "gsocket", open_with_gsocket, TRUE, TRUE },
};

static void
clear (Fixture *f)
{
  g_object_unref (f->sock);
  if (f->peer_fd >= 0)
    close (f->peer_fd);
  if (f->dir != NULL)
    test_remove_dir (f->dir);
}

static void
count_event (QSocket      *sock,
             QSocketEvent *event,
             int          *n)
{
  (*n)++;
}

static void
test_close (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Fixture f = { .peer_fd = -1 };
  GError *error = NULL;
  int n_closed = 0;
  int fd;

  states[i].open (&f);
  g_signal_connect (f.sock, "channel-closed", G_CALLBACK (count_event), &n_closed);
  fd = q_socket_get_socket (f.sock);
  g_assert_cmpint (q_socket_is_open (f.sock), ==, states[i].is_open);
  g_assert_cmpint (fd >= 0, ==, states[i].is_open);

  for (int times = 0; times < 3; times++)
    {
      g_assert_true (q_socket_close (f.sock, &error));
      g_assert_no_error (error);
      g_assert_cmpint (n_closed, ==, states[i].is_open);
      if (fd >= 0)
        g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
      assert_not_open (f.sock);
    }

  /* It is as good as new. */
  g_assert_true (q_socket_bind (f.sock, "127.0.0.1:0", FALSE, &error));
  g_assert_no_error (error);
  g_assert_true (q_socket_is_open (f.sock));

  clear (&f);
}

static void
test_shutdown (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  Fixture f = { .peer_fd = -1 };
  gboolean ok = states[i].is_connected || !states[i].is_open;
  GError *error = NULL;
  int n_events = 0;

  states[i].open (&f);
  g_signal_connect (f.sock, "channel-closed", G_CALLBACK (count_event), &n_events);

  g_assert_cmpint (q_socket_shutdown (f.sock, &error), ==, ok);
  if (ok)
    g_assert_no_error (error);
  else
    test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);

  g_assert_cmpint (q_socket_is_open (f.sock), ==, states[i].is_open);
  g_assert_cmpint (n_events, ==, 0);
  if (states[i].is_open)
    g_assert_cmpint (fcntl (q_socket_get_socket (f.sock), F_GETFD), ==, FD_CLOEXEC);

  clear (&f);
}

/* What has arrived can still be read, then comes the end; the peer sees it too. */
static void
test_shutdown_keeps_bytes (void)
{
  GError *error = NULL;
  g_autofree char *text = NULL;
  QSocket *sock;
  int fd;

  sock = test_pair (TEST_TCP4, &fd);
  test_write_text (fd, "what came");
  g_assert_true (q_socket_is_data_available (sock, ENOUGH));
  g_assert_true (q_socket_send (sock, "last words", -1, NULL, NULL));

  g_assert_true (q_socket_shutdown (sock, &error));
  g_assert_no_error (error);
  text = q_socket_recv (sock, 9, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "what came");
  g_assert_null (q_socket_recv (sock, 1, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_assert_false (q_socket_send (sock, "x", -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SEND);
  test_expect (fd, "last words", -1);
  g_assert_cmpint (recv (fd, &(char) { 0 }, 1, 0), ==, 0);

  g_object_unref (sock);
  close (fd);
}

/* ---- the file of a UNIX socket ---- */

static void
test_unix_file (void)
{
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  QSocket *listener = q_socket_new ();
  QSocket *client = q_socket_new ();
  QSocket *accepted;

  g_assert_true (q_socket_bind (listener, path, FALSE, NULL));
  g_assert_true (q_socket_listen (listener, 0, NULL));
  g_assert_true (q_socket_connect (client, path, ENOUGH, NULL, NULL));
  accepted = q_socket_accept (listener, ENOUGH, NULL, NULL);

  /* Only its maker's end is the file's end. */
  q_socket_close (client, NULL);
  g_object_unref (accepted);
  q_socket_shutdown (listener, NULL);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  q_socket_close (listener, NULL);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  /* And only as long as it is that file. */
  g_assert_true (q_socket_bind (listener, path, FALSE, NULL));
  g_assert_no_errno (g_unlink (path));
  g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
  g_object_unref (listener);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));

  g_object_unref (client);
  test_remove_dir (dir);
}

/* ---- what outlives what ---- */

static void
test_accepted_survives (void)
{
  GError *error = NULL;
  QSocket *accepted;
  QSocket *client = test_socket_pair (TEST_TCP4, &accepted);

  /* The listener is gone by now. */
  g_assert_true (q_socket_send (client, "still here", ENOUGH, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (q_socket_send (accepted, "here too", ENOUGH, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (q_socket_recv_i1 (accepted, ENOUGH, NULL, &error), ==, 's');
  g_assert_cmpint (q_socket_recv_i1 (client, ENOUGH, NULL, &error), ==, 'h');
  g_assert_cmpint (q_socket_get_port (accepted), ==, q_socket_get_port (client));

  g_object_unref (client);
  g_object_unref (accepted);
}

/* ---- ten thousand times ---- */

static void
cycle (QSocket    *sock,
       QSocket    *listener,
       const char *target,
       gboolean    is_tcp)
{
  struct linger at_once = { 1, 0 };
  QSocket *accepted;

  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, NULL));
  accepted = q_socket_accept (listener, ENOUGH, NULL, NULL);
  g_assert_nonnull (accepted);
  g_assert_true (q_socket_send_i4 (sock, 42, ENOUGH, NULL, NULL));
  g_assert_cmpint (q_socket_recv_i4 (accepted, ENOUGH, NULL, NULL), ==, 42);

  /* Or so many connections would fill the kernel's memory of closed ones. */
  if (is_tcp)
    setsockopt (q_socket_get_socket (sock), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  q_socket_close (sock, NULL);
  g_object_unref (accepted);
}

static void
test_cycles (gconstpointer data)
{
  gboolean is_tcp = GPOINTER_TO_INT (data);
  char *dir = test_make_dir ();
  g_autofree char *target = g_build_filename (dir, "socket", NULL);
  QSocket *listener = q_socket_new ();
  QSocket *sock = q_socket_new ();
  struct mallinfo2 before;
  struct mallinfo2 after;
  guint n_fds;

  if (is_tcp)
    {
      g_free (target);
      g_object_unref (listener);
      listener = test_listener (&target);
    }
  else
    {
      g_assert_true (q_socket_bind (listener, target, FALSE, NULL));
      g_assert_true (q_socket_listen (listener, 0, NULL));
    }

  for (int i = 0; i < 100; i++)
    cycle (sock, listener, target, is_tcp);
  n_fds = test_count_fds ();
  before = mallinfo2 ();
  for (int i = 0; i < 10000; i++)
    cycle (sock, listener, target, is_tcp);
  after = mallinfo2 ();

  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  g_test_message ("heap: %zu bytes before, %zu after", before.uordblks, after.uordblks);
  g_assert_cmpuint (after.uordblks, <, before.uordblks + 16 * 1024);

  g_object_unref (sock);
  g_object_unref (listener);
  test_remove_dir (dir);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/close/%s", states[i].name);
      g_autofree char *other = g_strdup_printf ("/socket/shutdown/%s", states[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_close);
      g_test_add_data_func (other, GUINT_TO_POINTER (i), test_shutdown);
    }
  g_test_add_func ("/socket/shutdown/keeps-bytes", test_shutdown_keeps_bytes);
  g_test_add_func ("/socket/close/unix-file", test_unix_file);
  g_test_add_func ("/socket/close/accepted-survives", test_accepted_survives);
  g_test_add_data_func ("/socket/close/cycles/tcp", GINT_TO_POINTER (TRUE), test_cycles);
  g_test_add_data_func ("/socket/close/cycles/unix", GINT_TO_POINTER (FALSE), test_cycles);

  return g_test_run ();
}
