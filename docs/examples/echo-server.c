/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Sends back all bytes that it receives, to any number of clients at a time, until Ctrl-C.
 *
 *     echo-server [PORT] */

#include <pthread.h>
#include <signal.h>

#include <qsocket/qsocket.h>

#define SEND_TIMEOUT_MS 10000

/* Runs in a thread of the pool, one for each connection. */
static void
serve (gpointer data,
       gpointer user_data)
{
  g_autoptr (QSocket) client = data;
  g_autoptr (GError) error = NULL;
  GCancellable *stop = user_data;

  while (error == NULL)
    {
      g_autoptr (GBytes) bytes = q_socket_recv_binary (client, 0, -1, stop, &error);

      if (bytes != NULL)
        q_socket_send_binary (client, bytes, SEND_TIMEOUT_MS, stop, &error);
    }

  /* CLOSED, from the client, and CANCELLED, after Ctrl-C, are how a connection normally ends. */
  if (!g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_printerr ("echo-server: %s\n", error->message);
}

typedef struct
{
  QSocket *listener;
  GCancellable *stop;
} Server;

static gpointer
accept_loop (gpointer user_data)
{
  Server *server = user_data;
  GThreadPool *pool = g_thread_pool_new (serve, server->stop, -1, FALSE, NULL);

  while (!g_cancellable_is_cancelled (server->stop))
    {
      g_autoptr (GError) error = NULL;
      QSocket *client = q_socket_accept (server->listener, -1, server->stop, &error);

      if (client != NULL)
        g_thread_pool_push (pool, client, NULL);
      else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_printerr ("echo-server: %s\n", error->message);
    }

  /* Waits for the threads of the pool, whose calls were cancelled, too. */
  g_thread_pool_free (pool, FALSE, TRUE);
  return NULL;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  g_autofree char *address = g_strconcat ("127.0.0.1:", argc > 1 ? argv[1] : "0", NULL);
  Server server = { listener, stop };
  GThread *thread;
  sigset_t signals;
  int number;

  if (!q_socket_bind (listener, address, TRUE, &error) || !q_socket_listen (listener, 0, &error))
    {
      g_printerr ("echo-server: %s\n", error->message);
      return 1;
    }

  /* Threads inherit the mask. So the signals are blocked before there are any: no other thread gets
   * them, and sigwait () does. */
  sigemptyset (&signals);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGTERM);
  pthread_sigmask (SIG_BLOCK, &signals, NULL);

  thread = g_thread_new ("accept", accept_loop, &server);
  g_print ("127.0.0.1:%d\n", q_socket_get_port (listener));

  sigwait (&signals, &number);
  g_cancellable_cancel (stop);
  g_thread_join (thread);
  return 0;
}
