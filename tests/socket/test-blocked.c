/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"
#include "test-resolver.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- one call that is blocked, and one thread that ends it ---- */

typedef struct _Victim Victim;

struct _Victim
{
  QSocket *sock;
  int peer_fd;
  char *target;
  char *dir;
  int timeout_ms;
  GCancellable *cancellable;
  void (*call) (Victim *victim);

  atomic_int tid;
  gboolean is_async;
  GError *error;
};

static GBytes *
megabytes (void)
{
  gsize length = 32 * 1024 * 1024;

  return g_bytes_new_take (g_malloc0 (length), length);
}

static void
call_recv (Victim *v)
{
  g_assert_null (q_socket_recv (v->sock, 0, v->timeout_ms, v->cancellable, &v->error));
}

static void
call_recv_exact (Victim *v)
{
  g_assert_null (q_socket_recv_binary (v->sock, 100, v->timeout_ms, v->cancellable, &v->error));
}

static void
call_recv_large (Victim *v)
{
  g_assert_null (q_socket_recv_binary (v->sock, 1 << 20, v->timeout_ms, v->cancellable,
                                       &v->error));
}

/* The end of the stream is no error for these, but a close of this side is. */
static void
call_recv_to_end (Victim *v)
{
  GBytes *bytes = q_socket_recv_binary (v->sock, -1, v->timeout_ms, v->cancellable, &v->error);

  g_clear_pointer (&bytes, g_bytes_unref);
}

static void
call_recv_into (Victim *v)
{
  guint8 buffer[16];

  q_socket_recv_into (v->sock, buffer, 1, sizeof buffer, v->timeout_ms, v->cancellable,
                      &v->error);
}

static void
call_recv_i4 (Victim *v)
{
  g_assert_cmpint (q_socket_recv_i4 (v->sock, v->timeout_ms, v->cancellable, &v->error), ==, 0);
}

static void
call_read_http_header (Victim *v)
{
  g_assert_null (q_socket_read_http_header (v->sock, v->timeout_ms, v->cancellable, &v->error));
}

static void
call_is_data_available (Victim *v)
{
  q_socket_is_data_available (v->sock, v->timeout_ms);
}

static void
call_is_write_finished (Victim *v)
{
  g_assert_false (q_socket_is_write_finished (v->sock, v->timeout_ms));
}

static void
call_send (Victim *v)
{
  g_autoptr (GBytes) bytes = megabytes ();

  g_assert_false (q_socket_send_binary (v->sock, bytes, v->timeout_ms, v->cancellable,
                                        &v->error));
}

/* Message by message until the peer's queue is full. */
static void
call_send_messages (Victim *v)
{
  while (q_socket_send (v->sock, "message", v->timeout_ms, v->cancellable, &v->error))
    continue;
}

static void
call_accept (Victim *v)
{
  g_assert_null (q_socket_accept (v->sock, v->timeout_ms, v->cancellable, &v->error));
}

static void
call_connect (Victim *v)
{
  g_assert_false (q_socket_connect (v->sock, v->target, v->timeout_ms, v->cancellable,
                                    &v->error));
}

static void
recv_async_done (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  Victim *v = user_data;

  g_assert_null (q_socket_recv_binary_finish (v->sock, result, &v->error));
  v->is_async = FALSE;
}

static void
call_recv_async (Victim *v)
{
  GMainContext *context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  v->is_async = TRUE;
  q_socket_recv_binary_async (v->sock, 100, v->timeout_ms, G_PRIORITY_DEFAULT, v->cancellable,
                              recv_async_done, v);
  while (v->is_async)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

static void
open_pair (Victim *v)
{
  v->sock = test_pair (TEST_TCP4, &v->peer_fd);
}

static void
open_unix_pair (Victim *v)
{
  v->sock = test_pair (TEST_UNIX, &v->peer_fd);
}

/* So that the next call finds that the one before had to wait. */
static void
open_waited_pair (Victim *v)
{
  GError *error = NULL;
  g_autoptr (GBytes) bytes = megabytes ();

  open_pair (v);
  g_assert_null (q_socket_recv (v->sock, 1, 1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  if (v->call != call_send)
    return;
  q_socket_send_binary (v->sock, bytes, 1, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
}

static void
open_full_pair (Victim *v)
{
  GError *error = NULL;
  g_autoptr (GBytes) bytes = megabytes ();

  open_pair (v);
  q_socket_send_binary (v->sock, bytes, 0, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
}

static void
open_type (Victim *v,
           int     type)
{
  GError *error = NULL;
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, type | SOCK_CLOEXEC, 0, fds));
  v->sock = q_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  v->peer_fd = fds[1];
}

static void
open_unix_datagram (Victim *v)
{
  open_type (v, SOCK_DGRAM);
}

/* A queue that somebody else's socket reads from, or rather does not. */
static void
open_unix_datagram_client (Victim *v)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  v->dir = test_make_dir ();
  v->target = g_build_filename (v->dir, "socket", NULL);
  v->peer_fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_strlcpy (address.sun_path, v->target, sizeof address.sun_path);
  g_assert_no_errno (bind (v->peer_fd, (struct sockaddr *) &address, sizeof address));
  v->sock = q_socket_new ();
  g_assert_true (q_socket_connect_unix (v->sock, v->target, G_SOCKET_TYPE_DATAGRAM, 0, ENOUGH, NULL,
                                        NULL));
}

static void
open_unix_seqpacket (Victim *v)
{
  open_type (v, SOCK_SEQPACKET);
}

static void
open_udp (Victim *v)
{
  v->sock = q_socket_new ();
  g_assert_true (q_socket_bind_inet (v->sock, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, NULL));
}

static void
open_udp_connected (Victim *v)
{
  v->sock = q_socket_new ();
  g_assert_true (q_socket_connect_inet (v->sock, "127.0.0.1", "9", G_SOCKET_FAMILY_IPV4,
                                        G_SOCKET_TYPE_DATAGRAM, ENOUGH, NULL, NULL));
}

static void
open_listener (Victim *v)
{
  v->sock = test_listener (&v->target);
}

static void
open_unix_listener (Victim *v)
{
  v->dir = test_make_dir ();
  v->target = g_build_filename (v->dir, "socket", NULL);
  v->sock = q_socket_new ();
  g_assert_true (q_socket_bind (v->sock, v->target, FALSE, NULL));
  g_assert_true (q_socket_listen (v->sock, 0, NULL));
}

static void
open_hanging_lookup (Victim *v)
{
  test_resolver_hang ();
  v->sock = q_socket_new ();
  v->target = g_strdup ("nowhere.example:80");
}

/* A listener whose backlog is full lets every further connect wait. One connection fills it, once
 * the listener knows of it. */
static void
open_full_backlog (Victim *v)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  QSocket *listener = test_listener (&v->target);
  struct pollfd pollfd = { .fd = q_socket_get_socket (listener), .events = POLLIN };
  int extra = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_no_errno (listen (pollfd.fd, 0));
  g_assert_no_errno (getsockname (q_socket_get_socket (listener), (struct sockaddr *) &address,
                                  &length));
  v->peer_fd = q_socket_steal_fd (listener, NULL);
  g_object_unref (listener);
  v->sock = q_socket_new ();

  /* The kernel keeps the connection when its client is gone. */
  g_assert_no_errno (connect (extra, (struct sockaddr *) &address, length));
  g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
  close (extra);
}

static void
open_full_unix_backlog (Victim *v)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int extra;

  v->dir = test_make_dir ();
  v->target = g_build_filename (v->dir, "socket", NULL);
  v->sock = q_socket_new ();
  v->peer_fd = fd;
  g_strlcpy (address.sun_path, v->target, sizeof address.sun_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  g_assert_no_errno (listen (fd, 0));

  do
    extra = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  while (connect (extra, (struct sockaddr *) &address, sizeof address) == 0);
}

/* What ends the call, and the error that it then has; none where it is only
 * asked that it returns. */
typedef enum { END_CLOSE, END_SHUTDOWN, END_CANCEL, END_DISPOSE, N_ENDS } End;

#define ANYTHING -1
#define NOTHING -2

static const char * const end_names[N_ENDS] = { "close", "shutdown", "cancel", "dispose" };

typedef struct
{
  const char *name;
  void (*open) (Victim *v);
  void (*call) (Victim *v);
  int after_close;
  int after_shutdown;           /* NOTHING: not tried */
  gboolean cancels;
} Blocking;

#define CLOSED Q_SOCKET_ERROR_CLOSED
#define SEND Q_SOCKET_ERROR_SEND
#define ACCEPT Q_SOCKET_ERROR_ACCEPT

static const Blocking blockings[] = {
  { "recv", open_pair, call_recv, CLOSED, CLOSED, TRUE },
  { "recv-waited", open_waited_pair, call_recv, CLOSED, CLOSED, TRUE },
  { "recv-unix", open_unix_pair, call_recv, CLOSED, CLOSED, TRUE },
  { "recv-exact", open_pair, call_recv_exact, CLOSED, CLOSED, TRUE },
  { "recv-large", open_pair, call_recv_large, CLOSED, CLOSED, TRUE },
  { "recv-to-end", open_pair, call_recv_to_end, CLOSED, ANYTHING, TRUE },
  { "recv-into", open_pair, call_recv_into, CLOSED, ANYTHING, TRUE },
  { "recv-i4", open_pair, call_recv_i4, CLOSED, CLOSED, TRUE },
  { "recv-async", open_pair, call_recv_async, CLOSED, CLOSED, TRUE },
  { "recv-udp", open_udp, call_recv, CLOSED, NOTHING, TRUE },
  { "recv-udp-connected", open_udp_connected, call_recv, CLOSED, NOTHING, TRUE },
  { "recv-unix-datagram", open_unix_datagram, call_recv, CLOSED, NOTHING, TRUE },
  { "recv-seqpacket", open_unix_seqpacket, call_recv, CLOSED, CLOSED, TRUE },
  { "read-http-header", open_pair, call_read_http_header, CLOSED, CLOSED, TRUE },
  { "is-data-available", open_pair, call_is_data_available, ANYTHING, ANYTHING, FALSE },
  { "is-data-available-listener", open_listener, call_is_data_available, ANYTHING, ANYTHING,
    FALSE },
  { "is-write-finished", open_full_pair, call_is_write_finished, ANYTHING, NOTHING, FALSE },
  { "send", open_pair, call_send, CLOSED, SEND, TRUE },
  { "send-waited", open_waited_pair, call_send, CLOSED, SEND, TRUE },
  { "send-unix", open_unix_pair, call_send, CLOSED, SEND, TRUE },
  { "send-unix-datagram", open_unix_datagram, call_send_messages, CLOSED, SEND, TRUE },
  { "send-unix-datagram-client", open_unix_datagram_client, call_send_messages, CLOSED, SEND,
    TRUE },
  { "send-seqpacket", open_unix_seqpacket, call_send_messages, CLOSED, SEND, TRUE },
  { "accept", open_listener, call_accept, CLOSED, ACCEPT, TRUE },
  { "accept-unix", open_unix_listener, call_accept, CLOSED, ACCEPT, TRUE },
  { "connect-lookup", open_hanging_lookup, call_connect, CLOSED, CLOSED, TRUE },
  { "connect-backlog", open_full_backlog, call_connect, CLOSED, CLOSED, TRUE },
  { "connect-unix-backlog", open_full_unix_backlog, call_connect, CLOSED, CLOSED, TRUE },
};

static gpointer
victim_thread (gpointer data)
{
  Victim *v = data;

  atomic_store (&v->tid, test_get_thread_id ());
  v->call (v);

  return NULL;
}

static void
end_call (Victim *v,
          End     end)
{
  switch (end)
    {
    case END_CLOSE:
      g_assert_true (q_socket_close (v->sock, NULL));
      g_assert_false (q_socket_is_open (v->sock));
      break;
    case END_SHUTDOWN:
      g_assert_true (q_socket_shutdown (v->sock, NULL));
      break;
    case END_CANCEL:
      g_cancellable_cancel (v->cancellable);
      break;
    case END_DISPOSE:
    case N_ENDS:
    default:
      g_object_run_dispose (G_OBJECT (v->sock));
      break;
    }
}

static void
check_error (Victim         *v,
             const Blocking *blocking,
             End             end)
{
  int expected = end == END_SHUTDOWN ? blocking->after_shutdown : blocking->after_close;

  if (end == END_CANCEL)
    g_assert_error (v->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else if (expected != ANYTHING)
    g_assert_error (v->error, Q_SOCKET_ERROR, expected);
  g_clear_error (&v->error);
}

/* A limit that no call here reaches: one that was not woken would outlast the program. */
#define NEVER G_MAXINT

/* Each call in each way to wait: without a limit (which may sleep in the kernel),
 * with one (which polls), and with a cancellable. */
static void
block_and_end (const Blocking *blocking,
               int             timeout_ms,
               gboolean        with_cancellable,
               End             end)
{
  Victim v = { .peer_fd = -1, .call = blocking->call, .timeout_ms = timeout_ms };
  GThread *thread;
  int fd;

  blocking->open (&v);
  v.cancellable = with_cancellable ? g_cancellable_new () : NULL;
  fd = q_socket_get_socket (v.sock);

  thread = g_thread_new ("victim", victim_thread, &v);
  while (atomic_load (&v.tid) == 0)
    g_thread_yield ();
  test_wait_in_kernel (v.tid);

  end_call (&v, end);
  g_thread_join (thread);
  check_error (&v, blocking, end);

  /* What was open is closed now, or still works. */
  if ((end == END_CLOSE || end == END_DISPOSE) && fd >= 0)
    g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_cmpint (q_socket_is_open (v.sock), ==,
                   fd >= 0 && (end == END_SHUTDOWN || end == END_CANCEL));

  g_object_unref (v.sock);
  g_clear_object (&v.cancellable);
  g_free (v.target);
  if (v.peer_fd >= 0)
    close (v.peer_fd);
  if (v.dir != NULL)
    test_remove_dir (v.dir);
  test_resolver_restore ();
}

static void
test_blocked (gconstpointer data)
{
  const Blocking *blocking = data;

  for (End end = 0; end < N_ENDS; end++)
    {
      if (end == END_SHUTDOWN && blocking->after_shutdown == NOTHING)
        continue;
      if (end == END_CANCEL && !blocking->cancels)
        continue;

      g_test_message ("%s", end_names[end]);
      if (end != END_CANCEL)
        {
          block_and_end (blocking, -1, FALSE, end);
          block_and_end (blocking, NEVER, FALSE, end);
        }
      if (blocking->cancels)
        {
          block_and_end (blocking, -1, TRUE, end);
          block_and_end (blocking, NEVER, TRUE, end);
        }
    }
}

/* ---- one of each kind ---- */

#define assert_pending(call) G_STMT_START { \
    GError *error_ = NULL; \
    call; \
    g_assert_error (error_, Q_SOCKET_ERROR, Q_SOCKET_ERROR_PENDING); \
    g_clear_error (&error_); } G_STMT_END

static void
test_second_reader (void)
{
  Victim v = { .call = call_recv_exact, .timeout_ms = -1 };
  GError *error = NULL;
  GThread *thread;
  guint8 byte;

  open_pair (&v);
  thread = g_thread_new ("reader", victim_thread, &v);
  while (atomic_load (&v.tid) == 0)
    g_thread_yield ();
  test_wait_in_kernel (v.tid);

  assert_pending (q_socket_recv (v.sock, 1, 0, NULL, &error_));
  assert_pending (q_socket_recv_binary (v.sock, -1, -1, NULL, &error_));
  assert_pending (q_socket_recv_into (v.sock, &byte, 1, 1, -1, NULL, &error_));
  assert_pending (q_socket_recv_u8_lsb (v.sock, -1, NULL, &error_));
  assert_pending (q_socket_read_http_header (v.sock, -1, NULL, &error_));
  assert_pending (q_socket_accept (v.sock, -1, NULL, &error_));
  assert_pending (q_socket_steal_fd (v.sock, &error_));
  g_assert_false (q_socket_is_data_available (v.sock, 0));

  /* The writer is somebody else. */
  g_assert_true (q_socket_send (v.sock, "x", ENOUGH, NULL, &error));
  g_assert_no_error (error);

  q_socket_close (v.sock, NULL);
  g_thread_join (thread);
  test_assert_error (v.error, Q_SOCKET_ERROR_CLOSED);
  g_object_unref (v.sock);
  close (v.peer_fd);
}

static void
test_second_writer (void)
{
  Victim v = { .call = call_send, .timeout_ms = -1 };
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  GError *error = NULL;
  GThread *thread;

  open_pair (&v);
  thread = g_thread_new ("writer", victim_thread, &v);
  while (atomic_load (&v.tid) == 0)
    g_thread_yield ();
  test_wait_in_kernel (v.tid);

  assert_pending (q_socket_send (v.sock, "x", -1, NULL, &error_));
  assert_pending (q_socket_send_binary (v.sock, bytes, -1, NULL, &error_));
  assert_pending (q_socket_send_i1 (v.sock, 1, -1, NULL, &error_));
  assert_pending (q_socket_uncork (v.sock, -1, NULL, &error_));
  assert_pending (q_socket_send_http_message (v.sock, "GET", "/", "1.1", NULL, NULL, -1, NULL,
                                              &error_));
  assert_pending (q_socket_steal_fd (v.sock, &error_));
  g_assert_false (q_socket_is_write_finished (v.sock, 1));

  /* The reader is somebody else. */
  test_write (v.peer_fd, "y", 1);
  g_assert_cmpint (q_socket_recv_i1 (v.sock, ENOUGH, NULL, &error), ==, 'y');
  g_assert_no_error (error);

  q_socket_close (v.sock, NULL);
  g_thread_join (thread);
  test_assert_error (v.error, Q_SOCKET_ERROR_CLOSED);
  g_object_unref (v.sock);
  close (v.peer_fd);
}

static void
test_second_opener (void)
{
  Victim v = { .call = call_connect, .timeout_ms = -1 };
  GThread *thread;

  open_hanging_lookup (&v);
  thread = g_thread_new ("opener", victim_thread, &v);
  while (atomic_load (&v.tid) == 0)
    g_thread_yield ();
  test_wait_in_kernel (v.tid);

  assert_pending (q_socket_connect (v.sock, "127.0.0.1:9", -1, NULL, &error_));
  assert_pending (q_socket_connect_unix (v.sock, "/nowhere", G_SOCKET_TYPE_STREAM, 0, -1, NULL,
                                         &error_));
  assert_pending (q_socket_bind_port (v.sock, 0, FALSE, &error_));
  assert_pending (q_socket_bind (v.sock, "127.0.0.1:0", FALSE, &error_));

  q_socket_close (v.sock, NULL);
  g_thread_join (thread);
  test_assert_error (v.error, Q_SOCKET_ERROR_CLOSED);
  test_resolver_restore ();
  g_object_unref (v.sock);
  g_free (v.target);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (blockings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/blocked/%s", blockings[i].name);

      g_test_add_data_func (path, &blockings[i], test_blocked);
    }

  g_test_add_func ("/socket/blocked/second/reader", test_second_reader);
  g_test_add_func ("/socket/blocked/second/writer", test_second_writer);
  g_test_add_func ("/socket/blocked/second/opener", test_second_opener);

  return g_test_run ();
}
