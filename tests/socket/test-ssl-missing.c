/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <string.h>
#include <unistd.h>

/* GIO's modules are not where it looks for them: there is no TLS in this process. */

static void
expect_missing (GError *error)
{
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL);
  g_assert_nonnull (strstr (error->message, "glib-networking"));
  g_error_free (error);
}

static void
test_connect (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;
  guint before;
  int listener = test_listen_fd (&target);
  int fd;

  /* What was open stays it. */
  sock = test_pair (TEST_TCP4, &fd);
  before = test_count_fds ();
  g_assert_false (q_socket_connect_ssl (sock, target, 1000, NULL, &error));
  expect_missing (error);
  error = NULL;
  g_assert_false (q_socket_upgrade_client_to_ssl (sock, 1000, NULL, &error));
  expect_missing (error);
  error = NULL;
  g_assert_false (q_socket_upgrade_server_to_ssl (sock, 1000, NULL, &error));
  expect_missing (error);
  g_assert_cmpuint (test_count_fds (), ==, before);

  g_assert_true (q_socket_send (sock, "x", 1000, NULL, NULL));
  test_expect (fd, "x", 1);
  close (fd);
  close (listener);
}

static void
test_accept (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) accepted = NULL;
  GError *error = NULL;
  int fd = test_connect_fd (target);

  g_assert_null (q_socket_accept_ssl (listener, 1000, NULL, &error));
  expect_missing (error);
  error = NULL;
  accepted = q_socket_accept (listener, 1000, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (accepted);
  close (fd);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *empty = test_make_dir ();
  int result;

  g_setenv ("GIO_MODULE_DIR", empty, TRUE);
  g_unsetenv ("GIO_EXTRA_MODULES");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/ssl-missing/connect", test_connect);
  g_test_add_func ("/socket/ssl-missing/accept", test_accept);

  result = g_test_run ();
  test_remove_dir (g_steal_pointer (&empty));

  return result;
}
