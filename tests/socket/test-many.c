/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include "q-socket.h"
#include "test-peer.h"

/* Many connections at once, all served by one thread. */

#define N_CLIENTS 2000

typedef struct
{
  guint n_open;
  guint n_ended;
  int port;
} Server;

static void ask (QSocket *socket,
                 Server  *server);

/* ---- the server ---- */

static void
sent_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      server)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_send_int_finish (Q_SOCKET (object), result, &error));
  g_assert_no_error (error);
  ask (Q_SOCKET (object), server);
}

static void
received_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  QSocket *socket = Q_SOCKET (object);
  Server *server = data;
  g_autoptr (GError) error = NULL;
  gint64 number = q_socket_recv_int_finish (socket, result, &error);

  if (error == NULL)
    {
      q_socket_send_int_async (socket, Q_INT_FORMAT_I4, number + 1, ENOUGH, G_PRIORITY_DEFAULT,
                               NULL, sent_cb, server);
      return;
    }

  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
  server->n_ended++;
  g_object_unref (socket);
}

static void
ask (QSocket *socket,
     Server  *server)
{
  q_socket_recv_int_async (socket, Q_INT_FORMAT_I4, ENOUGH, G_PRIORITY_DEFAULT, NULL, received_cb,
                           server);
}

static void
accepted_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  QSocket *listener = Q_SOCKET (object);
  Server *server = data;
  g_autoptr (GError) error = NULL;
  QSocket *socket = q_socket_accept_finish (listener, result, &error);

  g_assert_no_error (error);
  ask (socket, server);
  if (++server->n_open < N_CLIENTS)
    q_socket_accept_async (listener, ENOUGH, G_PRIORITY_DEFAULT, NULL, accepted_cb, server);
}

/* ---- the clients ---- */

static int
connect_client (int port)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  address.sin_port = htons ((guint16) port);
  g_assert_no_errno (connect (fd, (struct sockaddr *) &address, sizeof address));

  return fd;
}

/* All are there before one speaks, and none hears before all have spoken. */
static gpointer
clients_thread (gpointer data)
{
  Server *server = data;
  g_autofree int *fds = g_new (int, N_CLIENTS);

  for (guint i = 0; i < N_CLIENTS; i++)
    fds[i] = connect_client (server->port);

  for (guint round = 0; round < 2; round++)
    {
      for (guint i = N_CLIENTS; i > 0; i--)
        {
          guint32 number = g_htonl (i * 1000 + round);

          test_write (fds[i - 1], &number, sizeof number);
        }
      for (guint i = 0; i < N_CLIENTS; i++)
        {
          guint32 answer;

          g_assert_cmpint (recv (fds[i], &answer, sizeof answer, MSG_WAITALL), ==, sizeof answer);
          g_assert_cmpuint (g_ntohl (answer), ==, (i + 1) * 1000 + round + 1);
        }
    }

  for (guint i = 0; i < N_CLIENTS; i++)
    close (fds[i]);

  return NULL;
}

static gboolean
may_open (rlim_t n)
{
  struct rlimit limit;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  if (limit.rlim_cur < n && limit.rlim_max >= n)
    {
      limit.rlim_cur = n;
      setrlimit (RLIMIT_NOFILE, &limit);
    }

  return limit.rlim_cur >= n;
}

static void
test_serve (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (GError) error = NULL;
  Server server = { 0 };
  GThread *thread;

  if (!may_open (2 * N_CLIENTS + 100))
    {
      g_test_skip ("the limit of open files is too low");
      return;
    }

  q_socket_bind (listener, "127.0.0.1:0", FALSE, &error);
  g_assert_no_error (error);
  q_socket_listen (listener, N_CLIENTS, &error);
  g_assert_no_error (error);
  server.port = q_socket_get_port (listener);

  q_socket_accept_async (listener, ENOUGH, G_PRIORITY_DEFAULT, NULL, accepted_cb, &server);
  thread = g_thread_new ("clients", clients_thread, &server);
  while (server.n_ended < N_CLIENTS)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/many/serve", test_serve);

  return g_test_run ();
}
