/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The promise is 50 ms; a busy machine may need more. */
#define TOO_LATE_MS 1000

static gboolean
upgrade (QSocket  *sock,
         gboolean  is_server,
         int       timeout_ms,
         GError  **error)
{
  return is_server ? q_socket_upgrade_server_to_ssl (sock, timeout_ms, NULL, error)
                   : q_socket_upgrade_client_to_ssl (sock, timeout_ms, NULL, error);
}

/* The call took its time, and not much more. */
static void
check_time (gint64 start,
            int    timeout_ms)
{
  gint64 elapsed_us = g_get_monotonic_time () - start;

  g_assert_cmpint (elapsed_us, >=, timeout_ms * 1000);
  g_assert_cmpint (elapsed_us, <, (timeout_ms + TOO_LATE_MS) * 1000);
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
  test_tls_peer_free (peer);
  g_object_unref (sock);

  return ok;
}

/* How many bytes the peer sends and receives until this side is content. */
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

/* Between, before and after all of them somebody decent is served. */
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
            if (!g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED))
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

static void
test_flip (gconstpointer data)
{
  guint flags = GPOINTER_TO_UINT (data);
  gboolean is_server = (flags & IS_SERVER) != 0;
  TestFault fault = { TEST_FAULT_FLIP, (flags & OF_SENT) != 0, 0 };
  gsize length = measure (is_server, fault.of_sent);
  guint before = test_count_fds ();
  guint n[Q_SOCKET_ERROR_PENDING + 2] = { 0 };
  guint n_all = 0;

  for (; fault.offset < length; fault.offset += 1 + length / 150)
    {
      gint64 start = g_get_monotonic_time ();
      Outcome outcome = { 0 };

      shake (is_server, &fault, 300, &outcome);
      g_assert_cmpint (test_elapsed_ms (start), <, 300 + TOO_LATE_MS);
      n_all++;
      if (outcome.error == NULL)
        continue;

      check_message (outcome.error);
      g_assert_true (outcome.error->domain == Q_SOCKET_ERROR);
      g_assert_true (outcome.error->code == Q_SOCKET_ERROR_SSL ||
                     outcome.error->code == Q_SOCKET_ERROR_CLOSED ||
                     outcome.error->code == Q_SOCKET_ERROR_TIMEOUT);
      n[outcome.error->code]++;
      g_error_free (outcome.error);
    }

  g_test_message ("of %u: %u SSL, %u CLOSED, %u TIMEOUT", n_all, n[Q_SOCKET_ERROR_SSL],
                  n[Q_SOCKET_ERROR_CLOSED], n[Q_SOCKET_ERROR_TIMEOUT]);
  g_assert_cmpuint (n[Q_SOCKET_ERROR_SSL] + n[Q_SOCKET_ERROR_CLOSED], >, n_all / 4);
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
        check_time (start, timeout_ms);
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
      check_time (start, timeout_ms);
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

/* ---- a crowd at the door ---- */

static void
expect_nobody (QSocket *listener)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (q_socket_accept (listener, 0, NULL, &error));
  g_assert_no_error (error);
}

static void
wait_for_end (int fd)
{
  char byte;

  g_assert_cmpint (recv (fd, &byte, 1, 0), <=, 0);
}

static void
test_crowd (gconstpointer data)
{
  guint n_silent = GPOINTER_TO_UINT (data);
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autofree int *silent = g_new (int, n_silent);
  guint n_kept = MIN (n_silent, 63);    /* and the one that then spoke */
  GError *error = NULL;
  Visit visit = { .listener = -1, .target = target };
  gint64 start;

  test_tls_prepare (listener, TRUE);
  for (guint i = 0; i < n_silent; i++)
    silent[i] = test_connect_fd (target);

  start = g_get_monotonic_time ();
  for (int times = 0; times < 3; times++)
    {
      accept_once (listener, &visit, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpint (test_elapsed_ms (start), <, 5000);

  /* One that was silent and speaks late. */
  {
    TestTlsPeer *peer = test_tls_peer_new (silent[n_silent - 1], FALSE, NULL);
    QSocket *accepted;

    test_tls_peer_start (peer);
    accepted = q_socket_accept_ssl (listener, ENOUGH, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (test_tls_peer_join (peer), ==, 0);
    test_tls_peer_free (peer);
    g_object_unref (accepted);
    n_silent--;
    n_kept--;
  }

  /* Those that had to go are gone, and the others are there for who wants no TLS. */
  for (guint i = 0; i < n_silent - n_kept; i++)
    wait_for_end (silent[i]);
  for (guint i = n_silent - n_kept; i < n_silent; i++)
    {
      g_autoptr (QSocket) accepted = NULL;

      g_assert_true (q_socket_is_data_available (listener, 0));
      accepted = q_socket_accept (listener, 0, NULL, &error);
      g_assert_no_error (error);
      g_assert_nonnull (accepted);
      g_assert_true (q_socket_send (accepted, "x", ENOUGH, NULL, NULL));
      test_expect (silent[i], "x", 1);
    }
  expect_nobody (listener);

  for (guint i = 0; i < n_silent; i++)
    close (silent[i]);
}

/* They go with the listener, and with the time. */
static void
test_crowd_goes (void)
{
  g_autofree char *target = NULL;
  QSocket *listener = test_listener (&target);
  GError *error = NULL;
  gint64 start;
  int fds[3];

  test_tls_prepare (listener, TRUE);
  for (int i = 0; i < 2; i++)
    fds[i] = test_connect_fd (target);
  start = g_get_monotonic_time ();
  g_assert_null (q_socket_accept_ssl (listener, 120, NULL, &error));
  check_time (start, 120);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  wait_for_end (fds[0]);
  wait_for_end (fds[1]);

  /* Nobody came. */
  start = g_get_monotonic_time ();
  g_assert_null (q_socket_accept_ssl (listener, 120, NULL, &error));
  check_time (start, 120);
  g_assert_no_error (error);

  {
    Visit visit = { .listener = -1, .target = target };

    fds[2] = test_connect_fd (target);
    accept_once (listener, &visit, &error);
    g_assert_no_error (error);
  }

  g_object_unref (listener);
  for (int i = 0; i < 3; i++)
    {
      wait_for_end (fds[i]);
      close (fds[i]);
    }
}

/* ---- more of them than there are threads for handshakes ---- */

typedef struct
{
  QSocket *sock;
  TestTlsPeer *peer;
  int timeout_ms;
  int tid;
} Loris;

static gpointer
suffer (gpointer data)
{
  Loris *self = data;
  gint64 start = g_get_monotonic_time ();
  GError *error = NULL;

  g_atomic_int_set (&self->tid, test_get_thread_id ());
  g_assert_false (upgrade (self->sock, TRUE, self->timeout_ms, &error));
  if (self->timeout_ms > 0)
    check_time (start, self->timeout_ms);
  test_assert_error (error, self->timeout_ms > 0 ? Q_SOCKET_ERROR_TIMEOUT
                                                 : Q_SOCKET_ERROR_CLOSED);
  g_assert_false (q_socket_is_open (self->sock));

  return NULL;
}

static void
loris_init (Loris *self,
            int    timeout_ms)
{
  int fd;

  *self = (Loris) { .sock = test_adopted_pair (&fd), .timeout_ms = timeout_ms };
  test_tls_prepare (self->sock, TRUE);

  /* The beginning of a ClientHello. */
  self->peer = test_tls_peer_new (fd, FALSE, NULL);
  self->peer->fault = (TestFault) { TEST_FAULT_SILENCE, TRUE, 40 };
  test_tls_peer_handshake (self->peer);
}

static void
loris_clear (Loris *self)
{
  test_tls_peer_free (self->peer);
  g_object_unref (self->sock);
}

static void
test_loris (void)
{
  Loris lorises[14];
  GThread *threads[12];
  guint before = test_count_fds ();

  for (guint i = 0; i < G_N_ELEMENTS (lorises); i++)
    loris_init (&lorises[i], i < 12 ? -1 : 100);
  for (guint i = 0; i < 12; i++)
    threads[i] = test_thread (suffer, &lorises[i]);
  for (guint i = 0; i < 12; i++)
    {
      test_wait_asleep (&lorises[i].tid);
      test_wait_in_kernel (lorises[i].tid);
    }

  /* Whose turn never comes. */
  suffer (&lorises[12]);
  suffer (&lorises[13]);

  for (guint i = 0; i < 12; i++)
    q_socket_close (lorises[i].sock, NULL);
  for (guint i = 0; i < 12; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < G_N_ELEMENTS (lorises); i++)
    loris_clear (&lorises[i]);

  /* Handshakes are made again, and nothing is left. */
  measure (TRUE, TRUE);
  test_wait_fds (before);
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
  g_test_add_data_func ("/socket/ssl-handshake/crowd/30", GUINT_TO_POINTER (30), test_crowd);
  g_test_add_data_func ("/socket/ssl-handshake/crowd/100", GUINT_TO_POINTER (100), test_crowd);
  g_test_add_func ("/socket/ssl-handshake/crowd/goes", test_crowd_goes);
  g_test_add_func ("/socket/ssl-handshake/loris", test_loris);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
