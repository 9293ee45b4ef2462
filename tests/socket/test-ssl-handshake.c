/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gboolean
upgrade (QSocket  *sock,
         gboolean  is_server,
         int       timeout_ms,
         GError  **error)
{
  return is_server ? q_socket_upgrade_server_to_ssl (sock, timeout_ms, NULL, error)
                   : q_socket_upgrade_client_to_ssl (sock, timeout_ms, NULL, error);
}

static void
check_message (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_cmpuint (strlen (error->message), >, 10);
  g_assert_null (strstr (error->message, "null"));
  g_assert_null (strstr (error->message, "uccess"));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

/* ---- a connection that ends in the handshake ---- */

typedef struct
{
  gsize n_sent;         /* by the peer */
  gsize n_received;
  gboolean is_stalled;  /* the peer waited in vain, too, and ended it */
  GError *error;
} Outcome;

static gboolean
shake (gboolean         is_server,
       const TestFault *fault,
       int              timeout_ms,
       Outcome         *outcome)
{
  QSocket *sock;
  TestTlsPeer *peer;
  gboolean ok;
  int fd;

  sock = test_adopted_pair (&fd);
  test_tls_prepare (sock, is_server);
  peer = test_tls_peer_new (fd, !is_server, NULL);
  peer->fault = *fault;
  test_tls_peer_start (peer);

  ok = upgrade (sock, is_server, timeout_ms, &outcome->error);
  g_assert_cmpint (ok, ==, outcome->error == NULL);
  g_assert_cmpint (q_socket_is_open (sock), ==, ok);
  g_assert_cmpint (q_socket_is_secure (sock), ==, ok);

  /* What the peer still waits for will not come. */
  shutdown (fd, SHUT_RDWR);
  g_atomic_int_set (&peer->stop, TRUE);
  test_tls_peer_join (peer);
  outcome->n_sent = peer->n_sent;
  outcome->n_received = peer->n_received;
  outcome->is_stalled = peer->is_stalled;
  test_tls_peer_free (peer);
  g_object_unref (sock);

  return ok;
}

/* How many bytes the peer sends or receives until the handshake is done on this side. */
static gsize
measure (gboolean is_server,
         gboolean of_sent)
{
  TestFault none = { TEST_FAULT_NONE };
  Outcome outcome = { 0 };

  g_assert_true (shake (is_server, &none, ENOUGH, &outcome));

  return of_sent ? outcome.n_sent : outcome.n_received;
}

#define IS_SERVER 1
#define OF_SENT 2

static void
test_end (gconstpointer data)
{
  guint flags = GPOINTER_TO_UINT (data);
  gboolean is_server = (flags & IS_SERVER) != 0;
  TestFault fault = { TEST_FAULT_END, (flags & OF_SENT) != 0, 0 };
  gsize length = measure (is_server, fault.of_sent);
  guint before = test_count_fds ();
  guint n_closed = 0;

  /* The signature's length varies, and with it the whole; what comes at its end is not
   * awaited by everybody. */
  g_assert_cmpuint (length, >, 100);
  for (; fault.offset + 16 < length; fault.offset++)
    {
      Outcome outcome = { 0 };

      if (shake (is_server, &fault, ENOUGH, &outcome))
        {
          g_assert_false (is_server && fault.of_sent);
          g_assert_cmpuint (fault.offset, >, length / 3);
          continue;
        }

      check_message (outcome.error);
      if (!g_error_matches (outcome.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL))
        {
          g_assert_error (outcome.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
          n_closed++;
        }
      g_error_free (outcome.error);
    }

  g_test_message ("%u bytes, %u times CLOSED", (guint) length, n_closed);
  g_assert_cmpuint (n_closed, >, 0);
  test_wait_fds (before);
}

/* ---- the same by connect_ssl and accept_ssl, with a reset ---- */

typedef struct
{
  int listener;
  const char *target;
  TestFault fault;
} Visit;

static gpointer
serve_one (gpointer data)
{
  Visit *visit = data;
  TestTlsPeer *peer = test_tls_peer_new (test_accept_fd (visit->listener), TRUE, NULL);

  peer->fault = visit->fault;
  test_tls_peer_handshake (peer);
  if (peer->fd >= 0)
    shutdown (peer->fd, SHUT_WR);

  return peer;
}

static gpointer
visit_one (gpointer data)
{
  Visit *visit = data;
  TestTlsPeer *peer = test_tls_peer_new (test_connect_fd (visit->target), FALSE, NULL);

  peer->fault = visit->fault;
  test_tls_peer_handshake (peer);
  if (peer->fd >= 0)
    shutdown (peer->fd, SHUT_WR);

  return peer;
}

static void
connect_once (Visit   *visit,
              GError **error)
{
  GThread *thread = test_thread (serve_one, visit);
  QSocket *sock = q_socket_new ();

  test_tls_prepare (sock, FALSE);
  q_socket_connect_ssl (sock, visit->target, ENOUGH, NULL, error);
  g_assert_cmpint (q_socket_is_open (sock), ==, *error == NULL);
  g_object_unref (sock);
  test_tls_peer_free (g_thread_join (thread));
}

static void
accept_once (QSocket *listener,
             Visit   *visit,
             GError **error)
{
  GThread *thread = test_thread (visit_one, visit);
  QSocket *accepted = q_socket_accept_ssl (listener, ENOUGH, NULL, error);

  g_assert_cmpint (accepted != NULL, ==, *error == NULL);
  g_clear_object (&accepted);
  test_tls_peer_free (g_thread_join (thread));
}

/* Before each connection that is reset comes one that is not, which must succeed. */
static void
test_reset_tcp (gconstpointer data)
{
  guint flags = GPOINTER_TO_UINT (data);
  gboolean is_server = (flags & IS_SERVER) != 0;
  gboolean of_sent = (flags & OF_SENT) != 0;
  gsize length = measure (is_server, of_sent);
  g_autofree char *target = NULL;
  QSocket *listener = NULL;
  Visit visit = { .listener = -1 };
  guint before = test_count_fds ();

  if (is_server)
    {
      listener = test_listener (&target);
      test_tls_prepare (listener, TRUE);
    }
  else
    {
      visit.listener = test_listen_fd (&target);
    }
  visit.target = target;

  for (gsize offset = 0; offset + 16 < length; offset += length / 40)
    for (int kind = TEST_FAULT_NONE; kind <= TEST_FAULT_RESET; kind++)
      {
        GError *error = NULL;

        visit.fault = (TestFault) { (TestFaultKind) kind, of_sent, offset };
        if (is_server)
          accept_once (listener, &visit, &error);
        else
          connect_once (&visit, &error);

        if (kind == TEST_FAULT_NONE)
          {
            g_assert_no_error (error);
          }
        else if (error != NULL)
          {
            check_message (error);

            /* A server that resets without having read may do so before the client has seen that
             * it is connected. */
            if (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT))
              g_assert_true (kind == TEST_FAULT_RESET && !is_server && !of_sent && offset == 0);
            else if (!g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED))
              g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL);
            g_error_free (error);
          }
        else
          {
            /* A client is through before the server has heard of it. */
            g_assert_cmpuint (offset, >, length / 3);
          }
      }

  if (is_server)
    g_object_unref (listener);
  else
    close (visit.listener);
  test_wait_fds (before);
}

/* ---- bits that flip ---- */

/* A bit of a length makes both sides wait for the other; the peer then ends it, so that no
 * timeout decides what a slow machine was still about to notice. */
static void
test_flip (gconstpointer data)
{
  guint flags = GPOINTER_TO_UINT (data);
  gboolean is_server = (flags & IS_SERVER) != 0;
  TestFault fault = { TEST_FAULT_FLIP, (flags & OF_SENT) != 0, 0 };
  gsize length = measure (is_server, fault.of_sent);
  guint before = test_count_fds ();
  guint n_all = 0;
  guint n_stalled = 0;
  guint n_ssl = 0;
  guint n_closed = 0;

  for (; fault.offset < length; fault.offset += 1 + length / 150)
    {
      Outcome outcome = { 0 };

      shake (is_server, &fault, ENOUGH, &outcome);
      n_all++;
      if (outcome.error == NULL)
        continue;

      check_message (outcome.error);
      g_assert_true (g_error_matches (outcome.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL) ||
                     g_error_matches (outcome.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED));
      if (outcome.is_stalled)
        n_stalled++;
      else if (outcome.error->code == Q_SOCKET_ERROR_SSL)
        n_ssl++;
      else
        n_closed++;
      g_error_free (outcome.error);
    }

  g_test_message ("of %u: %u SSL, %u CLOSED, %u stalled", n_all, n_ssl, n_closed, n_stalled);
  g_assert_cmpuint (n_ssl + n_closed, >, (n_all - n_stalled) / 4);
  test_wait_fds (before);
}

/* ---- peers that take their time ---- */

static void
test_slow (gconstpointer data)
{
  guint flags = GPOINTER_TO_UINT (data);
  gboolean is_server = (flags & IS_SERVER) != 0;
  static const TestFault faults[] = {
    { TEST_FAULT_SILENCE, TRUE, 0 },
    { TEST_FAULT_SILENCE, TRUE, 3 },
    { TEST_FAULT_SILENCE, TRUE, 90 },
    { TEST_FAULT_DRIP, TRUE, 0 },
    { TEST_FAULT_DRIP, TRUE, 60 },
  };
  guint before = test_count_fds ();

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    for (int timeout_ms = 0; timeout_ms <= 150; timeout_ms += 75)
      {
        gint64 start = g_get_monotonic_time ();
        Outcome outcome = { 0 };

        g_assert_false (shake (is_server, &faults[i], timeout_ms, &outcome));
        g_assert_cmpint (test_elapsed_ms (start), >=, timeout_ms);
        test_assert_error (outcome.error, Q_SOCKET_ERROR_TIMEOUT);
      }

  test_wait_fds (before);
}

static void
test_slow_server (void)
{
  g_autofree char *target = NULL;
  Visit visit = { .listener = test_listen_fd (&target) };
  guint before = test_count_fds ();

  visit.target = target;
  for (int timeout_ms = 0; timeout_ms <= 200; timeout_ms += 100)
    {
      g_autoptr (QSocket) sock = q_socket_new ();
      gint64 start = g_get_monotonic_time ();
      GError *error = NULL;

      test_tls_prepare (sock, FALSE);
      g_assert_false (q_socket_connect_ssl (sock, target, timeout_ms, NULL, &error));
      g_assert_cmpint (test_elapsed_ms (start), >=, timeout_ms);
      g_assert_true (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT) ||
                     (timeout_ms == 0 &&
                      g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT)));
      check_message (error);
      g_clear_error (&error);
      g_assert_false (q_socket_is_open (sock));
    }

  test_wait_fds (before);
  close (visit.listener);
}

int
main (int   argc,
      char *argv[])
{
  static const char * const ways[] = {
    "client/received", "server/received", "client/sent", "server/sent",
  };
  int result;

  g_test_init (&argc, &argv, NULL);
  measure (FALSE, FALSE);

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *end = g_strdup_printf ("/socket/ssl-handshake/end/%s", ways[i]);
      g_autofree char *reset = g_strdup_printf ("/socket/ssl-handshake/reset/%s", ways[i]);
      g_autofree char *flipped = g_strdup_printf ("/socket/ssl-handshake/flip/%s", ways[i]);

      g_test_add_data_func (end, GUINT_TO_POINTER (i), test_end);
      g_test_add_data_func (reset, GUINT_TO_POINTER (i), test_reset_tcp);
      g_test_add_data_func (flipped, GUINT_TO_POINTER (i), test_flip);
    }
  g_test_add_data_func ("/socket/ssl-handshake/slow/client", GUINT_TO_POINTER (0), test_slow);
  g_test_add_data_func ("/socket/ssl-handshake/slow/server", GUINT_TO_POINTER (IS_SERVER),
                        test_slow);
  g_test_add_func ("/socket/ssl-handshake/slow/connect", test_slow_server);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
