/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-ssl-peer.h"

#include <string.h>

/* The descriptors that lead somewhere else. (Others may live on for a moment in the threads of
 * GLib's pool.) */
static guint
count_sockets (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *link = g_file_read_link (path, NULL);

      n += link != NULL && g_str_has_prefix (link, "socket:");
    }

  return n;
}

TestProgram *
test_openssl_server (TestCerts   *certs,
                     const char  *name,
                     const char  *options,
                     char       **target)
{
  g_autofree char *certificate = g_strconcat (name, ".pem", NULL);
  g_autofree char *key = g_strconcat (name, ".key", NULL);
  g_autofree char *chain = NULL;
  TestProgram *server;
  const char *port;

  /* Without the option only the first certificate of the file is sent. */
  if (g_str_equal (name, "server"))
    chain = g_strconcat ("-cert_chain ", test_certs_path (certs, "intermediate.pem"), NULL);

  server = test_program_start (-1, "openssl s_server -accept 127.0.0.1:0 -naccept 1 -cert %s "
                               "-key %s %s %s", test_certs_path (certs, certificate),
                               test_certs_path (certs, key), chain != NULL ? chain : "", options);
  test_program_wait_for (server, "ACCEPT 127.0.0.1:");
  port = test_program_wait_for (server, "");
  while (strchr (port, '\n') == NULL)
    {
      test_program_wait_for (server, "\n");
      port = strstr (test_program_get_output (server), "ACCEPT 127.0.0.1:") + 17;
    }
  *target = g_strdup_printf ("localhost:%d", atoi (port));

  return server;
}

TestProgram *
test_openssl_client (TestCerts  *certs,
                     QSocket    *listener,
                     const char *options)
{
  return test_program_start (-1, "openssl s_client -connect 127.0.0.1:%d -servername localhost "
                             "-CAfile %s -verify_hostname localhost -verify_return_error %s",
                             q_socket_get_port (listener), test_certs_path (certs, "root.pem"),
                             options);
}

QSocket *
test_peer_listener (TestCerts  *certs,
                    const char *name)
{
  g_autofree char *target = NULL;
  QSocket *listener = test_listener (&target);

  test_ssl_identify (listener, certs, name);
  test_ssl_trust (listener, certs);

  return listener;
}

QSocket *
test_peer_client (TestCerts *certs)
{
  QSocket *client = q_socket_new ();

  test_ssl_trust (client, certs);

  return client;
}

void
test_peer_connect (QSocket    *client,
                   const char *target)
{
  GError *error = NULL;

  q_socket_connect_ssl (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_is_secure (client));
}

QSocket *
test_peer_accept (QSocket *listener)
{
  GError *error = NULL;
  QSocket *accepted = q_socket_accept_ssl (listener, ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (accepted);
  g_assert_true (q_socket_is_secure (accepted));

  return accepted;
}

void
test_peer_send (QSocket    *sock,
                const char *text)
{
  GError *error = NULL;

  q_socket_send (sock, text, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

void
test_peer_expect (QSocket    *sock,
                  const char *text)
{
  GError *error = NULL;
  g_autofree char *got = q_socket_recv (sock, (gssize) strlen (text), ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, text);
}

void
test_peer_talk (QSocket     *sock,
                TestProgram *program)
{
  test_peer_send (sock, "hello from here\n");
  test_program_wait_for (program, "hello from here\n");
  test_program_say (program, "hello from there\n");
  test_peer_expect (sock, "hello from there\n");
}

char *
test_peer_refuse (QSocket      *client,
                  const char   *target,
                  QSocketError  code)
{
  guint n_sockets = count_sockets ();
  g_autoptr (GError) error = NULL;

  g_assert_false (q_socket_connect_ssl (client, target, ENOUGH, NULL, &error));
  g_assert_error (error, Q_SOCKET_ERROR, (int) code);
  g_assert_false (q_socket_is_open (client));
  g_assert_false (q_socket_is_secure (client));
  g_assert_cmpint (q_socket_get_socket (client), ==, -1);
  g_assert_cmpuint (count_sockets (), ==, n_sockets);

  return g_strdup (error->message);
}

char *
test_peer_refuse_client (QSocket      *listener,
                         QSocketError  code)
{
  guint n_sockets = count_sockets ();
  g_autoptr (GError) error = NULL;

  g_assert_null (q_socket_accept_ssl (listener, ENOUGH, NULL, &error));
  g_assert_error (error, Q_SOCKET_ERROR, (int) code);
  g_assert_true (q_socket_is_open (listener));
  g_assert_cmpuint (count_sockets (), ==, n_sockets);

  return g_strdup (error->message);
}
