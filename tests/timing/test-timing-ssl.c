/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "ssl-calls.h"
#include "test-lateness.h"

#include <string.h>
#include <sys/socket.h>

#define TIMEOUT_MS 60

/* ---- each call that waits, and what ends it ---- */

typedef enum
{
  BY_TIME,
  BY_CLOSE,
  BY_CANCEL,
  N_ENDINGS,
} Ending;

static const char * const ending_names[] = { "time", "close", "cancel" };

static void
make_call (gpointer data)
{
  ssl_call_make (data);
}

static void
close_socket (gpointer data)
{
  SslCall *call = data;

  g_assert_true (q_socket_close (call->sock, NULL));
}

static void
cancel (gpointer data)
{
  SslCall *call = data;

  g_cancellable_cancel (call->cancellable);
}

static void
test_call (gconstpointer data)
{
  SslPhase phase = (SslPhase) (GPOINTER_TO_UINT (data) % SSL_N_PHASES);
  Ending ending = (Ending) (GPOINTER_TO_UINT (data) / SSL_N_PHASES);
  TestLateness lateness = { { 0 } };

  for (int i = 0; i < TEST_N_TRIES; i++)
    {
      SslCall call;

      ssl_call_init (&call, phase);
      call.cancellable = g_cancellable_new ();
      if (ending == BY_TIME)
        {
          call.timeout_ms = TIMEOUT_MS;
          test_lateness_add_deadline (&lateness, TIMEOUT_MS, make_call, &call);
        }
      else
        {
          test_lateness_add_interrupt (&lateness, make_call,
                                       ending == BY_CLOSE ? close_socket : cancel, &call);
        }
      g_clear_error (&call.error);
      ssl_call_clear (&call);
    }
  test_lateness_check (&lateness, ssl_phase_names[phase]);
}

/* ---- handshakes with a peer that goes on, but slowly ---- */

typedef struct
{
  QSocket *sock;
  TestTlsPeer *peer;
  gboolean is_server;
} Shake;

static void
shake_init (Shake     *self,
            gboolean   is_server,
            TestFault  fault)
{
  int fd;

  self->sock = test_adopted_pair (&fd);
  self->is_server = is_server;
  test_tls_prepare (self->sock, is_server);
  self->peer = test_tls_peer_new (fd, !is_server, NULL);
  self->peer->fault = fault;
}

static void
shake_clear (Shake *self)
{
  test_tls_peer_free (self->peer);
  g_object_unref (self->sock);
}

static void
shake_hands (gpointer data)
{
  Shake *self = data;
  GError *error = NULL;

  if (self->is_server)
    g_assert_false (q_socket_upgrade_server_to_ssl (self->sock, TIMEOUT_MS, NULL, &error));
  else
    g_assert_false (q_socket_upgrade_client_to_ssl (self->sock, TIMEOUT_MS, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
}

static void
test_drip (gconstpointer data)
{
  gboolean is_server = GPOINTER_TO_UINT (data) != 0;
  TestLateness lateness = { { 0 } };

  for (int i = 0; i < TEST_N_TRIES; i++)
    {
      Shake shake;

      shake_init (&shake, is_server, (TestFault) { TEST_FAULT_DRIP, TRUE, 0 });
      test_tls_peer_start (shake.peer);
      test_lateness_add_deadline (&lateness, TIMEOUT_MS, shake_hands, &shake);
      shutdown (shake.peer->fd, SHUT_RDWR);
      g_atomic_int_set (&shake.peer->stop, TRUE);
      test_tls_peer_join (shake.peer);
      shake_clear (&shake);
    }
  test_lateness_check (&lateness, "a handshake that drips");
}

static gpointer
wait_for_close (gpointer data)
{
  Shake *self = data;
  GError *error = NULL;

  g_assert_false (q_socket_upgrade_server_to_ssl (self->sock, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);

  return NULL;
}

/* Others keep all threads that make handshakes, so that this one does not begin. */
static void
test_no_thread (void)
{
  static const TestFault silence = { TEST_FAULT_SILENCE, TRUE, 40 };
  TestLateness lateness = { { 0 } };
  GThread *threads[12];
  Shake others[12];

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      shake_init (&others[i], TRUE, silence);
      test_tls_peer_handshake (others[i].peer);
      threads[i] = test_thread_blocked (wait_for_close, &others[i]);
    }

  for (int i = 0; i < TEST_N_TRIES; i++)
    {
      Shake shake;

      shake_init (&shake, TRUE, silence);
      test_lateness_add_deadline (&lateness, TIMEOUT_MS, shake_hands, &shake);
      shake_clear (&shake);
    }
  test_lateness_check (&lateness, "a handshake without a thread");

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      q_socket_close (others[i].sock, NULL);
      g_thread_join (threads[i]);
      shake_clear (&others[i]);
    }
}

/* ---- a read in a flood of records that carry nothing ---- */

typedef struct
{
  TestTlsPeer *peer;
  gboolean with_alerts;
  int stop;             /* atomic */
} Flood;

static gpointer
flood (gpointer data)
{
  Flood *self = data;
  gssize result = 0;

  while (result >= 0 && !g_atomic_int_get (&self->stop))
    if (self->with_alerts)
      result = gnutls_alert_send (self->peer->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    else
      result = gnutls_record_send2 (self->peer->session, "", 0, 1, 0);

  return NULL;
}

static void
read_in_vain (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (q_socket_recv_binary (data, 1, TIMEOUT_MS, NULL, &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT);
}

static void
test_flood (gconstpointer data)
{
  TestLateness lateness = { { 0 } };

  for (int i = 0; i < TEST_N_TRIES; i++)
    {
      TestTlsPeer *peer;
      gboolean with_alerts = GPOINTER_TO_UINT (data) != 0;
      QSocket *sock = test_tls_pair (FALSE, with_alerts ? TEST_TLS_12 : TEST_TLS_13, &peer);
      Flood self = { peer, with_alerts, FALSE };
      GThread *thread = test_thread (flood, &self);

      test_lateness_add_deadline (&lateness, TIMEOUT_MS, read_in_vain, sock);
      g_object_unref (sock);
      g_atomic_int_set (&self.stop, TRUE);
      g_thread_join (thread);
      test_tls_peer_free (peer);
    }
  test_lateness_check (&lateness, "a read in a flood");
}

/* ---- a close that has no room for its close_notify ---- */

static void
close_full (gpointer data)
{
  q_socket_close (data, NULL);
}

static void
test_no_room (void)
{
  g_autofree guint8 *bytes = g_malloc0 (TEST_TOO_MUCH);
  TestLateness lateness = { { 0 } };

  for (int i = 0; i < TEST_N_TRIES; i++)
    {
      TestTlsPeer *peer;
      QSocket *sock = test_tls_pair (FALSE, TEST_TLS_13, &peer);

      test_fix_buffers (q_socket_get_socket (sock));
      test_fix_buffers (peer->fd);
      test_fill_kernel (sock, bytes, TEST_TOO_MUCH);
      test_lateness_add_deadline (&lateness, 0, close_full, sock);
      g_object_unref (sock);
      test_tls_peer_free (peer);
    }
  test_lateness_check (&lateness, "a close without room");
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < SSL_N_PHASES * N_ENDINGS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/timing/ssl/%s/%s",
                                               ssl_phase_names[i % SSL_N_PHASES],
                                               ending_names[i / SSL_N_PHASES]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_call);
    }
  g_test_add_data_func ("/timing/ssl/drip/client", GUINT_TO_POINTER (0), test_drip);
  g_test_add_data_func ("/timing/ssl/drip/server", GUINT_TO_POINTER (1), test_drip);
  g_test_add_func ("/timing/ssl/no-thread", test_no_thread);
  g_test_add_data_func ("/timing/ssl/flood/empty", GUINT_TO_POINTER (0), test_flood);
  g_test_add_data_func ("/timing/ssl/flood/warning", GUINT_TO_POINTER (1), test_flood);
  g_test_add_func ("/timing/ssl/no-room", test_no_room);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
