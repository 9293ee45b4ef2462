/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-ssl-pair.h"

void
test_ssl_identify (QSocket    *sock,
                   TestCerts  *certs,
                   const char *name)
{
  g_autoptr (GError) error = NULL;

  q_socket_set_certificate (sock, NULL, &error);
  q_socket_set_private_key (sock, NULL, &error);
  q_socket_set_certificate_pem (sock, test_certs_pem (certs, name), &error);
  g_assert_no_error (error);
  q_socket_set_private_key_pem (sock, test_certs_key (certs, name), NULL, &error);
  g_assert_no_error (error);
}

void
test_ssl_trust (QSocket   *sock,
                TestCerts *certs)
{
  g_autoptr (GError) error = NULL;

  q_socket_set_ssl_ca_file (sock, test_certs_path (certs, "root.pem"), &error);
  g_assert_no_error (error);
}

/* ---- halves ---- */

static int
get_timeout (TestSslHalf *half)
{
  return GPOINTER_TO_INT (half->result);
}

static gpointer
accept_thread (gpointer data)
{
  TestSslHalf *half = data;
  int timeout_ms = get_timeout (half);

  half->result = q_socket_accept_ssl (half->sock, timeout_ms, NULL, &half->error);
  half->ok = half->result != NULL;

  return NULL;
}

static gpointer
upgrade_thread (gpointer data)
{
  TestSslHalf *half = data;
  int timeout_ms = get_timeout (half);

  half->result = NULL;
  half->ok = q_socket_upgrade_server_to_ssl (half->sock, timeout_ms, NULL, &half->error);

  return NULL;
}

static gpointer
shutdown_thread (gpointer data)
{
  TestSslHalf *half = data;
  int timeout_ms = get_timeout (half);

  half->result = NULL;
  half->ok = q_socket_shutdown_ssl (half->sock, timeout_ms, NULL, &half->error);

  return NULL;
}

static void
start (TestSslHalf *half,
       QSocket     *sock,
       int          timeout_ms,
       GThreadFunc  function)
{
  *half = (TestSslHalf) { .sock = sock, .result = GINT_TO_POINTER (timeout_ms) };
  half->thread = g_thread_new ("half", function, half);
}

void
test_ssl_accept_start (TestSslHalf *half,
                       QSocket     *listener,
                       int          timeout_ms)
{
  start (half, listener, timeout_ms, accept_thread);
}

void
test_ssl_upgrade_start (TestSslHalf *half,
                        QSocket     *sock,
                        int          timeout_ms)
{
  start (half, sock, timeout_ms, upgrade_thread);
}

void
test_ssl_shutdown_start (TestSslHalf *half,
                         QSocket     *sock,
                         int          timeout_ms)
{
  start (half, sock, timeout_ms, shutdown_thread);
}

gboolean
test_ssl_join (TestSslHalf *half)
{
  g_thread_join (half->thread);

  return half->ok;
}

/* ---- pairs ---- */

void
test_ssl_connect (QSocket  *client,
                  QSocket  *listener,
                  QSocket **accepted)
{
  g_autofree char *target = g_strdup_printf ("localhost:%d", q_socket_get_port (listener));
  g_autoptr (GError) error = NULL;
  TestSslHalf half;

  test_ssl_accept_start (&half, listener, ENOUGH);
  q_socket_connect_ssl (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_ssl_join (&half);
  g_assert_no_error (half.error);
  *accepted = half.result;
}

QSocket *
test_ssl_pair (TestCerts  *certs,
               QSocket   **accepted)
{
  QSocket *client = q_socket_new ();
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);

  test_ssl_identify (listener, certs, "server");
  test_ssl_trust (client, certs);
  test_ssl_connect (client, listener, accepted);

  return client;
}
