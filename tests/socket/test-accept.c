/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"
#include "test-peer.h"
#include "test-resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static QSocket *
connect_to (const char *target)
{
  QSocket *client = q_socket_new ();
  GError *error = NULL;

  q_socket_connect (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  return client;
}

/* ---- what a connection gets from its listener ---- */

static void
test_inherits (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  g_autoptr (GString) log = g_string_new (NULL);
  GError *error = NULL;

  q_socket_set_event_queue (listener, queue);

  for (int no_delay = 0; no_delay < 2; no_delay++)
    {
      g_autoptr (QSocket) client = NULL;
      g_autoptr (QSocket) server = NULL;
      int value;
      socklen_t length = sizeof value;

      g_assert_true (q_socket_set_charset (listener, no_delay ? "utf-16" : "latin1", &error));
      g_assert_true (q_socket_set_no_delay (listener, no_delay, &error));
      q_socket_set_lookup_hostnames (listener, no_delay);
      q_socket_set_max_header_size (listener, 1000u + (guint) no_delay);
      q_socket_set_max_header_count (listener, 2000u + (guint) no_delay);
      q_socket_set_max_receive_size (listener, 3000u + (guint64) no_delay);

      client = connect_to (target);
      test_resolver_hang ();
      server = q_socket_accept (listener, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (test_resolver_get_n_asked (), ==, 0);
      test_resolver_restore ();

      g_assert_cmpstr (q_socket_get_charset (server), ==, no_delay ? "UTF-16" : "ISO-8859-1");
      g_assert_cmpint (q_socket_get_no_delay (server), ==, no_delay);
      g_assert_no_errno (getsockopt (q_socket_get_socket (server), IPPROTO_TCP, TCP_NODELAY,
                                     &value, &length));
      g_assert_cmpint (!!value, ==, no_delay);
      g_assert_cmpint (q_socket_get_lookup_hostnames (server), ==, no_delay);
      g_assert_cmpuint (q_socket_get_max_header_size (server), ==, 1000 + no_delay);
      g_assert_cmpuint (q_socket_get_max_header_count (server), ==, 2000 + no_delay);
      g_assert_cmpuint (q_socket_get_max_receive_size (server), ==, 3000 + no_delay);
      g_assert_cmpint (q_socket_get_port (server), ==, q_socket_get_port (listener));
      g_assert_cmpint (fcntl (q_socket_get_socket (server), F_GETFD), ==, FD_CLOEXEC);

      /* Settings of the connection are its own from then on. */
      g_assert_true (q_socket_set_charset (server, "koi8-r", &error));
      g_assert_cmpstr (q_socket_get_charset (listener), !=, "KOI8-R");

      g_assert_true (q_socket_send_i1 (server, 1, ENOUGH, NULL, &error));
    }

  test_log_queue (log, queue);
  test_assert_log (log,
                   "PACKET_SENT {'sent': <int64 1>, 'total_sent': <int64 1>, "
                   "'total_to_send': <int64 1>}\n"
                   "CHANNEL_CLOSED\n"
                   "DELETED\n"
                   "PACKET_SENT {'sent': <int64 1>, 'total_sent': <int64 1>, "
                   "'total_to_send': <int64 1>}\n"
                   "CHANNEL_CLOSED\n"
                   "DELETED");
  g_free (target);
}

/* The peer is gone already; what it sent is not. */
static void
test_closed_peer (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) client = connect_to (target);
  g_autoptr (QSocket) server = NULL;
  g_autoptr (GVariant) info = NULL;
  GError *error = NULL;

  g_assert_true (q_socket_send_i4 (client, 4711, ENOUGH, NULL, &error));
  q_socket_close (client, NULL);
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  info = q_socket_get_peer_info (server, &error);
  g_assert_no_error (error);
  g_assert_nonnull (info);
  g_assert_cmpint (q_socket_recv_i4 (server, ENOUGH, NULL, &error), ==, 4711);
  g_assert_no_error (error);
  q_socket_recv_i1 (server, ENOUGH, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_free (target);
}

/* The peer broke it off: some systems return it, some do not. Who it was is
 * known all the same. */
static void
test_reset_peer (void)
{
  struct linger at_once = { 1, 0 };
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) client = connect_to (target);
  g_autoptr (QSocket) server = NULL;
  g_autoptr (GVariant) info = NULL;
  GError *error = NULL;

  g_assert_no_errno (setsockopt (q_socket_get_socket (client), SOL_SOCKET, SO_LINGER, &at_once,
                                 sizeof at_once));
  q_socket_close (client, NULL);
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  if (server != NULL)
    {
      q_socket_set_lookup_hostnames (server, FALSE);
      info = q_socket_get_peer_info (server, &error);
      g_assert_no_error (error);
      q_socket_recv_i1 (server, ENOUGH, NULL, &error);
      test_assert_error (error, Q_SOCKET_ERROR_RECV);
    }
  g_free (target);
}

static void
test_types (void)
{
  static const GSocketType types[] = { G_SOCKET_TYPE_STREAM, G_SOCKET_TYPE_SEQPACKET };
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (QSocket) listener = q_socket_new ();
      g_autoptr (QSocket) client = q_socket_new ();
      g_autoptr (QSocket) server = NULL;
      g_autofree char *text = NULL;
      GError *error = NULL;

      g_assert_true (q_socket_bind_unix (listener, path, types[i], 0, &error));
      g_assert_true (q_socket_listen (listener, 0, &error));
      g_assert_true (q_socket_connect_unix (client, path, types[i], 0, ENOUGH, NULL, &error));
      server = q_socket_accept (listener, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (q_socket_send (client, "one", ENOUGH, NULL, &error));
      g_assert_true (q_socket_send (client, "two", ENOUGH, NULL, &error));
      text = q_socket_recv (server, 3, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "one");
    }

  test_remove_dir (dir);
}

/* ---- waiting ---- */

static void
test_timeout (void)
{
  static const int timeouts[] = { 0, 1, 40, 110 };
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);

  for (guint i = 0; i < 2 * G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GCancellable) cancellable = i % 2 == 0 ? NULL : g_cancellable_new ();
      g_autoptr (QSocket) client = NULL;
      g_autoptr (QSocket) server = NULL;
      gint64 start = g_get_monotonic_time ();
      int timeout_ms = timeouts[i / 2];
      GError *error = NULL;

      g_assert_null (q_socket_accept (listener, timeout_ms, cancellable, &error));
      g_assert_no_error (error);
      g_assert_cmpint (test_elapsed_ms (start), >=, timeout_ms);

      /* One that waits already is there for any timeout. */
      client = connect_to (target);
      g_assert_true (q_socket_is_data_available (listener, ENOUGH));
      server = q_socket_accept (listener, timeout_ms, cancellable, &error);
      g_assert_no_error (error);
      g_assert_nonnull (server);
      g_assert_false (q_socket_is_data_available (listener, 0));
    }

  g_free (target);
}

typedef struct
{
  QSocket *listener;
  GCancellable *cancellable;
  QSocket *accepted;
  GError *error;
} Accept;

static gpointer
accept_thread (gpointer data)
{
  Accept *self = data;

  self->accepted = q_socket_accept (self->listener, -1, self->cancellable, &self->error);

  return NULL;
}

/* That the call returns is what is tested: it has no limit to its time. */
static void
test_interrupted (void)
{
  static const char * const ways[] = { "close", "shutdown", "cancel", "close/cancellable",
                                       "bind", "connection" };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      char *target;
      g_autoptr (GCancellable) cancellable = i == 2 || i == 3 ? g_cancellable_new () : NULL;
      Accept accept = { .listener = test_listener (&target), .cancellable = cancellable };
      g_autoptr (QSocket) client = NULL;
      GThread *thread = test_thread_blocked (accept_thread, &accept);
      GError *error = NULL;

      g_assert_null (q_socket_accept (accept.listener, 0, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_PENDING);
      if (i == 1)
        g_assert_true (q_socket_shutdown (accept.listener, &error));
      else if (i == 2)
        g_cancellable_cancel (cancellable);
      else if (i == 4)
        g_assert_true (q_socket_bind (accept.listener, "127.0.0.1:0", FALSE, &error));
      else if (i == 5)
        client = connect_to (target);
      else
        g_assert_true (q_socket_close (accept.listener, &error));
      g_thread_join (thread);

      if (i == 5)
        {
          g_assert_no_error (accept.error);
          g_assert_nonnull (accept.accepted);
        }
      else if (i == 2)
        {
          g_assert_error (accept.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_clear_error (&accept.error);
          g_assert_true (q_socket_is_open (accept.listener));
        }
      else
        {
          test_assert_error (accept.error, i == 1 ? Q_SOCKET_ERROR_ACCEPT
                                                  : Q_SOCKET_ERROR_CLOSED);
        }
      g_clear_object (&accept.accepted);
      g_clear_object (&accept.listener);
      g_free (target);
    }
}

/* ---- sockets that accept nothing ---- */

static void
assert_accept_fails (QSocket *sock,
                     int      code)
{
  static const int timeouts[] = { 0, 20, -1 };

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      GError *error = NULL;

      g_assert_null (q_socket_accept (sock, timeouts[i], NULL, &error));
      test_assert_error (error, code);
    }
}

static void
test_not_listening (void)
{
  int fd;
  g_autoptr (QSocket) closed = q_socket_new ();
  g_autoptr (QSocket) bound = q_socket_new ();
  g_autoptr (QSocket) connected = test_pair (TEST_TCP4, &fd);
  g_autoptr (QSocket) datagram = q_socket_new ();
  GError *error = NULL;

  assert_accept_fails (closed, Q_SOCKET_ERROR_NOT_OPEN);

  g_assert_true (q_socket_bind (bound, "127.0.0.1:0", FALSE, &error));
  assert_accept_fails (bound, Q_SOCKET_ERROR_ACCEPT);
  assert_accept_fails (connected, Q_SOCKET_ERROR_ACCEPT);
  g_assert_true (q_socket_bind_inet (datagram, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, &error));
  assert_accept_fails (datagram, Q_SOCKET_ERROR_ACCEPT);

  /* Also after a read had to wait. */
  g_assert_null (q_socket_recv_binary (connected, 1, 150, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  assert_accept_fails (connected, Q_SOCKET_ERROR_ACCEPT);
  test_write_text (fd, "x");
  g_assert_cmpint (q_socket_recv_i1 (connected, ENOUGH, NULL, &error), ==, 'x');
  g_assert_no_error (error);

  close (fd);
}

/* Reads make no sense on a listener, and must not make it block either, whether
 * they come before it listens or after. */
static void
test_read_from_listener (void)
{
  for (int early = 0; early < 2; early++)
    {
      g_autoptr (QSocket) listener = q_socket_new ();
      GError *error = NULL;

      g_assert_true (q_socket_bind (listener, "127.0.0.1:0", FALSE, &error));
      if (!early)
        g_assert_true (q_socket_listen (listener, 0, &error));

      g_assert_null (q_socket_recv_binary (listener, 1, -1, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_RECV);
      g_assert_null (q_socket_recv (listener, 0, 20, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_RECV);
      g_assert_null (q_socket_read_http_header (listener, -1, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_RECV);
      g_assert_false (q_socket_send_i1 (listener, 1, -1, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_SEND);
      g_assert_true (q_socket_is_open (listener));

      if (early)
        g_assert_true (q_socket_listen (listener, 0, &error));
      g_assert_null (q_socket_accept (listener, 20, NULL, &error));
      g_assert_no_error (error);
    }
}

/* A descriptor from elsewhere that blocks: it begins to listen here, or there. */
static void
test_adopted (void)
{
  for (int i = 0; i < 3; i++)
    {
      struct sockaddr_in in = { .sin_family = AF_INET };
      int fd = socket (AF_INET, SOCK_STREAM, 0);
      g_autoptr (QSocket) listener = NULL;
      GError *error = NULL;
      int stolen;

      g_assert_no_errno (bind (fd, (struct sockaddr *) &in, sizeof in));
      if (i == 0)
        g_assert_no_errno (listen (fd, 1));
      listener = q_socket_new_from_fd (fd, &error);
      g_assert_no_error (error);
      if (i == 1)
        g_assert_no_errno (listen (fd, 1));
      if (i == 2)
        g_assert_true (q_socket_listen (listener, 1, &error));

      g_assert_null (q_socket_accept (listener, 20, NULL, &error));
      g_assert_no_error (error);
      stolen = q_socket_steal_fd (listener, &error);
      g_assert_no_error (error);
      g_assert_cmpint (fcntl (stolen, F_GETFL) & O_NONBLOCK, ==, 0);
      close (stolen);
    }
}

/* ---- want of descriptors ---- */

static void
test_no_descriptors (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) client G_GNUC_UNUSED = connect_to (target);
  g_autoptr (QSocket) server = NULL;
  struct rlimit limit;
  struct rlimit none;
  GError *error = NULL;
  int next_fd = dup (0);

  g_assert_true (q_socket_is_data_available (listener, ENOUGH));
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  close (next_fd);
  none = (struct rlimit) { (rlim_t) next_fd, limit.rlim_max };

  for (int i = 0; i < 3; i++)
    {
      g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &none));
      g_assert_null (q_socket_accept (listener, ENOUGH, NULL, &error));
      g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));
      g_assert_true (g_str_has_prefix (error->message, "accept on \"127.0.0.1:"));
      g_assert_true (g_str_has_suffix (error->message, g_strerror (EMFILE)));
      test_assert_error (error, Q_SOCKET_ERROR_ACCEPT);
      g_assert_true (q_socket_is_open (listener));
    }

  server = q_socket_accept (listener, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (server);
  g_free (target);
}

static void
test_no_descriptors_to_open (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  struct rlimit limit;
  struct rlimit none;
  GError *connect_error = NULL;
  GError *lookup_error = NULL;
  GError *bind_error = NULL;
  GError *bind_name_error = NULL;
  int next_fd = dup (0);

  close (next_fd);
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  none = (struct rlimit) { (rlim_t) next_fd, limit.rlim_max };
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &none));
  q_socket_connect (sock, "127.0.0.1:1", ENOUGH, NULL, &connect_error);
  q_socket_connect (sock, "localhost:1", ENOUGH, NULL, &lookup_error);
  q_socket_bind (sock, "127.0.0.1:0", FALSE, &bind_error);
  q_socket_bind (sock, "localhost:0", FALSE, &bind_name_error);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &limit));

  g_assert_true (g_str_has_prefix (connect_error->message, "connect to \"127.0.0.1:1\": "));
  g_assert_true (g_str_has_suffix (connect_error->message, g_strerror (EMFILE)));
  test_assert_error (connect_error, Q_SOCKET_ERROR_CONNECT);
  g_assert_true (g_str_has_prefix (lookup_error->message, "connect to \"localhost:1\": "));
  g_assert_true (g_str_has_suffix (lookup_error->message, g_strerror (EMFILE)));
  test_assert_error (lookup_error, Q_SOCKET_ERROR_CONNECT);
  g_assert_true (g_str_has_suffix (bind_error->message, g_strerror (EMFILE)));
  test_assert_error (bind_error, Q_SOCKET_ERROR_BIND);
  g_assert_true (g_str_has_prefix (bind_name_error->message, "bind to \"localhost:0\": "));
  g_assert_true (g_str_has_suffix (bind_name_error->message, g_strerror (EMFILE)));
  test_assert_error (bind_name_error, Q_SOCKET_ERROR_ADDRESS_LOOKUP);
  g_assert_false (q_socket_is_open (sock));
}

/* ---- listen ---- */

static int
get_backlog (QSocket *listener)
{
  struct tcp_info info;
  socklen_t length = sizeof info;

  g_assert_no_errno (getsockopt (q_socket_get_socket (listener), IPPROTO_TCP, TCP_INFO, &info,
                                 &length));

  return (int) info.tcpi_sacked;
}

static void
test_backlog (void)
{
  static const struct
  {
    int given;
    int expected;
  } cases[] = { { 0, 128 }, { -1, 128 }, { G_MININT, 128 }, { 1, 1 }, { 7, 7 } };
  g_autofree char *text = NULL;
  g_autoptr (QSocket) listener = q_socket_new ();
  GError *error = NULL;
  int most;

  g_assert_true (g_file_get_contents ("/proc/sys/net/core/somaxconn", &text, NULL, NULL));
  most = atoi (text);
  g_assert_true (q_socket_bind (listener, "127.0.0.1:0", FALSE, &error));

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      q_socket_listen (listener, cases[i].given, &error);
      g_assert_no_error (error);
      g_assert_cmpint (get_backlog (listener), ==, MIN (cases[i].expected, most));
    }
}

static void
test_listen_errors (void)
{
  int fd;
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (QSocket) connected = test_pair (TEST_TCP4, &fd);
  GError *error = NULL;

  g_assert_false (q_socket_listen (sock, 0, &error));
  g_assert_cmpstr (error->message, ==, "listen: the socket is not open");
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);

  g_assert_false (q_socket_listen (connected, 0, &error));
  g_assert_true (g_str_has_prefix (error->message, "listen on \"127.0.0.1:"));
  g_assert_true (g_str_has_suffix (error->message, g_strerror (EINVAL)));
  test_assert_error (error, Q_SOCKET_ERROR_LISTEN);
  test_write_text (fd, "x");
  g_assert_cmpint (q_socket_recv_i1 (connected, ENOUGH, NULL, &error), ==, 'x');
  g_assert_no_error (error);

  g_assert_true (q_socket_bind_inet (sock, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, &error));
  g_assert_false (q_socket_listen (sock, 0, &error));
  g_assert_true (g_str_has_suffix (error->message, g_strerror (EOPNOTSUPP)));
  test_assert_error (error, Q_SOCKET_ERROR_LISTEN);
  g_assert_true (q_socket_is_open (sock));

  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/accept/inherits", test_inherits);
  g_test_add_func ("/socket/accept/closed-peer", test_closed_peer);
  g_test_add_func ("/socket/accept/reset-peer", test_reset_peer);
  g_test_add_func ("/socket/accept/types", test_types);
  g_test_add_func ("/socket/accept/timeout", test_timeout);
  g_test_add_func ("/socket/accept/interrupted", test_interrupted);
  g_test_add_func ("/socket/accept/not-listening", test_not_listening);
  g_test_add_func ("/socket/accept/read-from-listener", test_read_from_listener);
  g_test_add_func ("/socket/accept/adopted", test_adopted);
  g_test_add_func ("/socket/accept/no-descriptors", test_no_descriptors);
  g_test_add_func ("/socket/accept/no-descriptors/to-open", test_no_descriptors_to_open);
  g_test_add_func ("/socket/listen/backlog", test_backlog);
  g_test_add_func ("/socket/listen/errors", test_listen_errors);

  return g_test_run ();
}
