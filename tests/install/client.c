/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* A program that knows nothing of the source tree. */

#include <qsocket/qsocket.h>

#if !QSOCKET_CHECK_VERSION (1, 0, 0)
# error "these headers are too old"
#endif

int
main (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) server = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  g_autofree char *text = NULL;

  if (!q_socket_bind_inet (listener, "127.0.0.1", "0", TRUE, G_SOCKET_FAMILY_IPV4,
                           G_SOCKET_TYPE_STREAM, 0, &error) ||
      !q_socket_listen (listener, 0, &error))
    g_error ("%s", error->message);

  target = g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (listener));
  if (!q_socket_connect (client, target, 10000, NULL, &error) ||
      !(server = q_socket_accept (listener, 10000, NULL, &error)) ||
      !q_socket_send (client, "installed", 10000, NULL, &error) ||
      !(text = q_socket_recv (server, 9, 10000, NULL, &error)))
    g_error ("%s", error->message);

  return g_strcmp0 (text, "installed") == 0 ? 0 : 1;
}
