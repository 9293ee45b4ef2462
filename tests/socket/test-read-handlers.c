/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"

#include <unistd.h>

/* Handlers that change the socket under the call that calls them. */

static void
close_in_handler (QSocket      *sock,
                  QSocketEvent *event,
                  const char   *target)
{
  q_socket_close (sock, NULL);
}

static void
reconnect_in_handler (QSocket      *sock,
                      QSocketEvent *event,
                      const char   *target)
{
  GError *error = NULL;

  g_signal_handlers_disconnect_by_func (sock, reconnect_in_handler, (gpointer) target);
  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

static void
unref_in_handler (QSocket      *sock,
                  QSocketEvent *event,
                  const char   *target)
{
  g_signal_handlers_disconnect_by_func (sock, unref_in_handler, (gpointer) target);
  g_object_unref (sock);
}

static void
read_in_handler (QSocket      *sock,
                 QSocketEvent *event,
                 const char   *target)
{
  GError *error = NULL;

  g_assert_null (q_socket_recv (sock, 0, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
}

/* Half of what the call wants has come when the handler runs. */
static void
test_read_handler (gconstpointer data)
{
  static const GCallback handlers[] = {
    G_CALLBACK (close_in_handler), G_CALLBACK (reconnect_in_handler),
    G_CALLBACK (unref_in_handler), G_CALLBACK (read_in_handler),
  };
  guint i = GPOINTER_TO_UINT (data);
  guint n_fds = test_count_fds ();
  g_autofree char *target = NULL;
  QSocket *listener = test_listener (&target);
  GError *error = NULL;
  QSocket *sock;
  int fd;

  sock = test_pair (TEST_UNIX, &fd);
  g_signal_connect (sock, "packet-read", handlers[i], target);
  test_write (fd, "half", 4);
  if (i >= 2)
    test_write (fd, "half", 4);

  q_socket_recv_i8 (sock, ENOUGH, NULL, &error);
  if (i < 2)
    test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_assert_no_error (error);

  /* The new connection has nothing of the old one. */
  if (i == 1)
    {
      g_assert_true (q_socket_is_open (sock));
      g_assert_null (q_socket_recv (sock, 0, 0, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
    }
  if (i != 2)
    g_object_unref (sock);
  close (fd);
  g_object_unref (listener);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < 4; i++)
    {
      static const char * const names[] = { "close", "reconnect", "unref", "read" };
      g_autofree char *path = g_strdup_printf ("/socket/read-handlers/%s", names[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_read_handler);
    }

  return g_test_run ();
}
