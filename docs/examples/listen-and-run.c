/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Listens, and then executes another program, which inherits the listening socket as the descriptor
 * $FD; its port is $PORT. Clients can connect at once: the kernel queues their connections until
 * the program accepts them.
 *
 *     listen-and-run COMMAND [ARGUMENT...] */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <qsocket/qsocket.h>

static void
set_number (const char *name,
            int         number)
{
  g_autofree char *text = g_strdup_printf ("%d", number);

  g_setenv (name, text, TRUE);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) listener = q_socket_new ();
  int fd = -1;

  if (argc < 2)
    {
      g_printerr ("Usage: listen-and-run COMMAND [ARGUMENT...]\n");
      return 2;
    }

  if (q_socket_bind (listener, "127.0.0.1:0", TRUE, &error) &&
      q_socket_listen (listener, 0, &error))
    {
      set_number ("PORT", q_socket_get_port (listener));

      /* Now this program owns the descriptor. It is still close-on-exec, which is changed below. */
      fd = q_socket_steal_fd (listener, &error);
    }

  if (fd < 0)
    {
      g_printerr ("listen-and-run: %s\n", error->message);
      return 1;
    }

  set_number ("FD", fd);
  fcntl (fd, F_SETFD, 0);
  execvp (argv[1], argv + 1);

  g_printerr ("listen-and-run: %s: %s\n", argv[1], g_strerror (errno));
  return 127;
}
