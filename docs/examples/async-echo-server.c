/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Sends back all bytes that it receives, to any number of clients at a time, in one thread, until
 * Ctrl-C.
 *
 *     async-echo-server [PORT] */

#include <glib-unix.h>

#include <qsocket/qsocket.h>

#define SEND_TIMEOUT_MS 10000

typedef struct
{
  GMainLoop *loop;
  GCancellable *stop;
  /* How many calls are under way. The server stops when all of them have ended. */
  guint calls;
} Server;

static void receive (Server  *server,
                     QSocket *client);

/* Every callback ends with this: it prints an unexpected error, and quits the loop after the last
 * call if the server is to stop. */
static void
call_ended (Server *server,
            GError *error)
{
  if (error != NULL &&
      !g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_printerr ("async-echo-server: %s\n", error->message);

  server->calls--;
  if (server->calls == 0 && g_cancellable_is_cancelled (server->stop))
    g_main_loop_quit (server->loop);
}

static void
sent_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Server *server = user_data;
  QSocket *client = Q_SOCKET (object);
  g_autoptr (GError) error = NULL;

  if (q_socket_send_binary_finish (client, result, &error))
    receive (server, client);

  call_ended (server, error);
}

static void
received_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Server *server = user_data;
  QSocket *client = Q_SOCKET (object);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = q_socket_recv_binary_finish (client, result, &error);

  if (bytes != NULL)
    {
      server->calls++;
      q_socket_send_binary_async (client, bytes, SEND_TIMEOUT_MS, G_PRIORITY_DEFAULT,
                                  server->stop, sent_cb, server);
    }

  call_ended (server, error);
}

/* The call keeps its socket alive. So the socket of a client is freed, and closed by that, when a
 * call has failed and no other was begun. */
static void
receive (Server  *server,
         QSocket *client)
{
  server->calls++;
  q_socket_recv_binary_async (client, 0, -1, G_PRIORITY_DEFAULT, server->stop, received_cb, server);
}

static void
accepted_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Server *server = user_data;
  QSocket *listener = Q_SOCKET (object);
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) client = q_socket_accept_finish (listener, result, &error);

  if (client != NULL)
    receive (server, client);

  if (!g_cancellable_is_cancelled (server->stop))
    {
      server->calls++;
      q_socket_accept_async (listener, -1, G_PRIORITY_DEFAULT, server->stop, accepted_cb, server);
    }

  call_ended (server, error);
}

static gboolean
signalled_cb (gpointer user_data)
{
  Server *server = user_data;

  g_cancellable_cancel (server->stop);
  return G_SOURCE_CONTINUE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  g_autofree char *address = g_strconcat ("127.0.0.1:", argc > 1 ? argv[1] : "0", NULL);
  Server server = { loop, stop, 1 };

  if (!q_socket_bind (listener, address, TRUE, &error) || !q_socket_listen (listener, 0, &error))
    {
      g_printerr ("async-echo-server: %s\n", error->message);
      return 1;
    }

  g_unix_signal_add (SIGINT, signalled_cb, &server);
  g_unix_signal_add (SIGTERM, signalled_cb, &server);
  g_print ("127.0.0.1:%d\n", q_socket_get_port (listener));

  q_socket_accept_async (listener, -1, G_PRIORITY_DEFAULT, stop, accepted_cb, &server);
  g_main_loop_run (loop);
  return 0;
}
