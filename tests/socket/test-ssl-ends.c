/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "ssl-calls.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- calls that a third thread ends ---- */

typedef enum
{
  BY_CLOSE,
  BY_CANCEL,
  BY_TIME,
  N_ENDINGS,
} Ending;

static const char * const ending_names[] = { "close", "cancel", "time" };

static void
end_one (SslPhase phase,
         Ending   ending)
{
  gboolean is_listening = phase == SSL_IN_ACCEPT || phase == SSL_IN_SILENT_ACCEPT ||
                          phase == SSL_IN_SLOW_ACCEPT;
  gboolean is_open;
  SslCall call;
  GThread *thread;
  gint64 start;

  ssl_call_init (&call, phase);
  if (ending == BY_CANCEL)
    call.cancellable = g_cancellable_new ();
  if (ending == BY_TIME)
    call.timeout_ms = 40;

  start = g_get_monotonic_time ();
  thread = ending == BY_TIME ? test_thread (ssl_call_make, &call)
                             : test_thread_blocked (ssl_call_make, &call);
  if (ending == BY_CLOSE)
    g_assert_true (q_socket_close (call.sock, NULL));
  else if (ending == BY_CANCEL)
    g_cancellable_cancel (call.cancellable);
  g_thread_join (thread);
  if (ending == BY_TIME)
    g_assert_cmpint (test_elapsed_ms (start), >=, call.timeout_ms);

  is_open = is_listening || phase == SSL_IN_READ || phase == SSL_IN_WRITE ||
            phase == SSL_IN_SHUTDOWN;
  if (ending == BY_CLOSE)
    test_assert_error (call.error, Q_SOCKET_ERROR_CLOSED);
  else if (ending == BY_CANCEL)
    g_assert_error (call.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else if (phase == SSL_IN_ACCEPT)
    g_assert_no_error (call.error);
  else
    test_assert_error (call.error, Q_SOCKET_ERROR_TIMEOUT);
  g_clear_error (&call.error);
  g_assert_cmpint (q_socket_is_open (call.sock), ==, is_open && ending != BY_CLOSE);

  ssl_call_clear (&call);
}

static void
test_ended (gconstpointer data)
{
  SslPhase phase = (SslPhase) (GPOINTER_TO_UINT (data) % SSL_N_PHASES);
  Ending ending = (Ending) (GPOINTER_TO_UINT (data) / SSL_N_PHASES);
  guint before;

  end_one (phase, ending);
  before = test_count_fds ();
  for (int times = 0; times < 5; times++)
    end_one (phase, ending);
  test_wait_fds (before);
}

/* ---- what close tells the peer ---- */

static gpointer
read_one (gpointer data)
{
  g_autoptr (GBytes) got = NULL;
  SslCall *self = data;

  got = q_socket_recv_binary (self->sock, 1, -1, NULL, &self->error);
  g_assert_null (got);

  return NULL;
}

static void
test_goodbye (gconstpointer version)
{
  for (int is_reading = 0; is_reading <= 1; is_reading++)
    {
      TestTlsPeer *peer;
      QSocket *sock = test_tls_pair (is_reading != 0, version, &peer);
      SslCall reader = { .sock = sock };
      g_autoptr (GBytes) got = NULL;
      GThread *thread = NULL;
      gboolean is_clean;
      int fd = q_socket_get_socket (sock);

      if (is_reading)
        {
          thread = test_thread_blocked (read_one, &reader);
        }
      g_assert_true (q_socket_send (sock, "last", ENOUGH, NULL, NULL));
      q_socket_close (sock, NULL);
      if (is_reading)
        {
          g_thread_join (thread);
          test_assert_error (reader.error, Q_SOCKET_ERROR_CLOSED);
        }
      g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
      got = test_tls_peer_read (peer, &is_clean);
      g_assert_true (is_clean);
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), "last", 4);
      test_tls_peer_free (peer);
      g_object_unref (sock);
    }
}

/* The peer reads nothing, so there is no room for a close_notify. A close that waited for some
 * would wait for ever. */
static void
test_no_room (void)
{
  g_autofree guint8 *bytes = g_malloc0 (TEST_TOO_MUCH);
  TestTlsPeer *peer;
  QSocket *sock = test_tls_pair (FALSE, TEST_TLS_13, &peer);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (peer->fd);
  test_fill_kernel (sock, bytes, TEST_TOO_MUCH);
  q_socket_close (sock, NULL);
  g_object_unref (sock);
  test_tls_peer_free (peer);
}

/* The same while another thread sends, and sleeps in the kernel until the peer reads. Only a
 * close or a shutdown wakes it. */
static void
test_stuck_writer (gconstpointer is_shutdown)
{
  SslCall call;
  GThread *thread;

  ssl_call_init (&call, SSL_IN_WRITE);
  test_fill_kernel (call.sock, call.bytes, TEST_TOO_MUCH);
  thread = test_thread_blocked (ssl_call_make, &call);
  g_assert_true (is_shutdown != NULL ? q_socket_shutdown (call.sock, NULL)
                                     : q_socket_close (call.sock, NULL));
  g_thread_join (thread);
  g_assert_nonnull (call.error);
  g_clear_error (&call.error);
  ssl_call_clear (&call);
}

/* A child that has a copy says nothing to the peer. */
static void
test_fork (void)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, TEST_TLS_13, &peer);
  int status = -1;
  pid_t child;

  child = fork ();
  if (child == 0)
    {
      q_socket_close (sock, NULL);
      _exit (q_socket_is_open (sock));
    }
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);

  g_assert_true (q_socket_send (sock, "alive", ENOUGH, NULL, NULL));
  test_tls_peer_expect (peer, "alive", 5);
  test_tls_peer_send (peer, "yes", 3);
  test_expect_bytes (sock, 3, "yes", 3);
}

/* ---- many of them ---- */

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static gpointer
serve (gpointer data)
{
  SslCall *self = data;

  for (int i = 0; i < 500; i++)
    {
      int fd = test_accept_fd (self->listener);
      g_autoptr (TestTlsPeer) peer = test_tls_peer_new (fd, TRUE, NULL);
      char byte;

      g_assert_cmpint (test_tls_peer_handshake (peer), ==, 0);
      g_assert_cmpint (gnutls_record_recv (peer->session, &byte, 1), ==, 0);
    }

  return NULL;
}

static void
test_cycles (void)
{
  g_autofree char *target = NULL;
  SslCall server = { .listener = test_listen_fd (&target) };
  g_autoptr (QSocket) sock = q_socket_new ();
  GThread *thread = test_thread (serve, &server);
  GError *error = NULL;
  guint n_threads = 0;
  guint n_fds = 0;

  test_tls_prepare (sock, FALSE);
  for (int i = 0; i < 500; i++)
    {
      q_socket_connect_ssl (sock, target, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      q_socket_close (sock, NULL);
      if (i == 10)
        {
          n_threads = count_threads ();
          n_fds = test_count_fds ();
        }
    }
  g_thread_join (thread);

  /* GIO's pool has ten, and each may be between two handshakes. */
  g_assert_cmpuint (count_threads (), <, n_threads + 10);
  test_wait_fds (n_fds);
  close (server.listener);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < SSL_N_PHASES * N_ENDINGS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/ssl-ends/%s/%s",
                                               ssl_phase_names[i % SSL_N_PHASES],
                                               ending_names[i / SSL_N_PHASES]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_ended);
    }
  g_test_add_data_func ("/socket/ssl-ends/goodbye/tls1.2", TEST_TLS_12, test_goodbye);
  g_test_add_data_func ("/socket/ssl-ends/goodbye/tls1.3", TEST_TLS_13, test_goodbye);
  g_test_add_func ("/socket/ssl-ends/no-room", test_no_room);
  g_test_add_data_func ("/socket/ssl-ends/stuck-writer/close", NULL, test_stuck_writer);
  g_test_add_data_func ("/socket/ssl-ends/stuck-writer/shutdown", GINT_TO_POINTER (TRUE),
                        test_stuck_writer);
  g_test_add_func ("/socket/ssl-ends/fork", test_fork);
  g_test_add_func ("/socket/ssl-ends/cycles", test_cycles);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
