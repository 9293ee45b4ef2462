/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- calls that a third thread ends ---- */

typedef enum
{
  IN_CONNECT,           /* the server says nothing */
  IN_UPGRADE,           /* the client has begun and goes on no more */
  IN_FIRST_BYTE,        /* of a client to an upgraded server */
  IN_ACCEPT,            /* nobody comes */
  IN_SILENT_ACCEPT,     /* somebody came */
  IN_SLOW_ACCEPT,       /* and began */
  IN_READ,
  IN_WRITE,
  IN_SHUTDOWN,
  N_PHASES,
} Phase;

static const char * const phase_names[] = {
  "connect", "upgrade", "first-byte", "accept", "silent-accept", "slow-accept", "read", "write",
  "shutdown-ssl",
};

typedef struct
{
  Phase phase;
  QSocket *sock;
  TestTlsPeer *peer;
  char *target;
  int listener;
  guint8 *bytes;
  GCancellable *cancellable;
  int timeout_ms;
  GError *error;
} Victim;

static void
victim_init (Victim *self,
             Phase   phase)
{
  int fd = -1;

  *self = (Victim) { .phase = phase, .listener = -1, .timeout_ms = -1 };
  switch (phase)
    {
    case IN_CONNECT:
      self->listener = test_listen_fd (&self->target);
      self->sock = q_socket_new ();
      test_tls_prepare (self->sock, FALSE);
      return;
    case IN_UPGRADE:
    case IN_FIRST_BYTE:
      self->sock = test_pair (TEST_TCP4, &fd);
      test_tls_prepare (self->sock, TRUE);
      break;
    case IN_ACCEPT:
    case IN_SILENT_ACCEPT:
    case IN_SLOW_ACCEPT:
      self->sock = test_listener (&self->target);
      test_tls_prepare (self->sock, TRUE);
      if (phase != IN_ACCEPT)
        fd = test_connect_fd (self->target);
      break;
    case IN_READ:
    case IN_WRITE:
    case IN_SHUTDOWN:
    case N_PHASES:
    default:
      self->sock = test_tls_pair (FALSE, TEST_TLS_13, &self->peer);
      if (phase == IN_WRITE)
        {
          self->bytes = test_pattern (TEST_TOO_MUCH);
          test_fix_buffers (q_socket_get_socket (self->sock));
          test_fix_buffers (self->peer->fd);
        }
      return;
    }

  if (fd < 0)
    return;
  self->peer = test_tls_peer_new (fd, FALSE, NULL);
  self->peer->fault = (TestFault) { TEST_FAULT_SILENCE, TRUE, 40 };
  if (phase == IN_UPGRADE || phase == IN_SLOW_ACCEPT)
    test_tls_peer_handshake (self->peer);
}

static void
victim_clear (Victim *self)
{
  g_object_unref (self->sock);
  g_clear_pointer (&self->peer, test_tls_peer_free);
  g_free (self->target);
  g_free (self->bytes);
  if (self->listener >= 0)
    close (self->listener);
  g_clear_object (&self->cancellable);
}

static gpointer
make_call (gpointer data)
{
  Victim *self = data;
  GCancellable *cancellable = self->cancellable;
  QSocket *accepted;
  GBytes *got;

  switch (self->phase)
    {
    case IN_CONNECT:
      q_socket_connect_ssl (self->sock, self->target, self->timeout_ms, cancellable, &self->error);
      break;
    case IN_UPGRADE:
    case IN_FIRST_BYTE:
      q_socket_upgrade_server_to_ssl (self->sock, self->timeout_ms, cancellable, &self->error);
      break;
    case IN_ACCEPT:
    case IN_SILENT_ACCEPT:
    case IN_SLOW_ACCEPT:
      accepted = q_socket_accept_ssl (self->sock, self->timeout_ms, cancellable, &self->error);
      g_assert_null (accepted);
      break;
    case IN_READ:
      got = q_socket_recv_binary (self->sock, 1, self->timeout_ms, cancellable, &self->error);
      g_assert_null (got);
      break;
    case IN_WRITE:
      q_socket_send_data (self->sock, self->bytes, TEST_TOO_MUCH, self->timeout_ms, cancellable,
                          &self->error);
      break;
    case IN_SHUTDOWN:
    case N_PHASES:
    default:
      q_socket_shutdown_ssl (self->sock, self->timeout_ms, cancellable, &self->error);
      break;
    }

  return NULL;
}

typedef enum
{
  BY_CLOSE,
  BY_CANCEL,
  BY_TIME,
  N_ENDINGS,
} Ending;

static const char * const ending_names[] = { "close", "cancel", "time" };

static void
end_one (Phase  phase,
         Ending ending)
{
  gboolean is_listening = phase == IN_ACCEPT || phase == IN_SILENT_ACCEPT ||
                          phase == IN_SLOW_ACCEPT;
  gboolean is_open;
  Victim victim;
  GThread *thread;
  gint64 start;

  victim_init (&victim, phase);
  if (ending == BY_CANCEL)
    victim.cancellable = g_cancellable_new ();
  if (ending == BY_TIME)
    victim.timeout_ms = 80;

  start = g_get_monotonic_time ();
  thread = ending == BY_TIME ? test_thread (make_call, &victim)
                             : test_thread_blocked (make_call, &victim);
  if (ending == BY_CLOSE)
    g_assert_true (q_socket_close (victim.sock, NULL));
  else if (ending == BY_CANCEL)
    g_cancellable_cancel (victim.cancellable);
  g_thread_join (thread);
  if (ending == BY_TIME)
    g_assert_cmpint (test_elapsed_ms (start), >=, victim.timeout_ms);

  is_open = is_listening || phase == IN_READ || phase == IN_WRITE || phase == IN_SHUTDOWN;
  if (ending == BY_CLOSE)
    test_assert_error (victim.error, Q_SOCKET_ERROR_CLOSED);
  else if (ending == BY_CANCEL)
    g_assert_error (victim.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else if (phase == IN_ACCEPT)
    g_assert_no_error (victim.error);
  else
    test_assert_error (victim.error, Q_SOCKET_ERROR_TIMEOUT);
  g_clear_error (&victim.error);
  g_assert_cmpint (q_socket_is_open (victim.sock), ==, is_open && ending != BY_CLOSE);

  victim_clear (&victim);
}

static void
test_ended (gconstpointer data)
{
  Phase phase = (Phase) (GPOINTER_TO_UINT (data) % N_PHASES);
  Ending ending = (Ending) (GPOINTER_TO_UINT (data) / N_PHASES);
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
  Victim *self = data;

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
      Victim reader = { .sock = sock };
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

/* The peer reads nothing, so there is no room for a goodbye. A close that waited for some would
 * wait for ever. */
static void
test_no_room (void)
{
  g_autofree guint8 *bytes = test_pattern (TEST_TOO_MUCH);
  TestTlsPeer *peer;
  QSocket *sock = test_tls_pair (FALSE, TEST_TLS_13, &peer);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (peer->fd);
  test_fill_kernel (sock, bytes, TEST_TOO_MUCH);
  q_socket_close (sock, NULL);
  g_object_unref (sock);
  test_tls_peer_free (peer);
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
  Victim *self = data;

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
  Victim server = { .listener = test_listen_fd (&target) };
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

  for (guint i = 0; i < N_PHASES * N_ENDINGS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/ssl-ends/%s/%s",
                                               phase_names[i % N_PHASES],
                                               ending_names[i / N_PHASES]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_ended);
    }
  g_test_add_data_func ("/socket/ssl-ends/goodbye/tls1.2", TEST_TLS_12, test_goodbye);
  g_test_add_data_func ("/socket/ssl-ends/goodbye/tls1.3", TEST_TLS_13, test_goodbye);
  g_test_add_func ("/socket/ssl-ends/no-room", test_no_room);
  g_test_add_func ("/socket/ssl-ends/fork", test_fork);
  g_test_add_func ("/socket/ssl-ends/cycles", test_cycles);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
