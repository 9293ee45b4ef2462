/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "blocked-calls.h"

#include <fcntl.h>

/* Every call that waits is ended by another thread, in every way there is. */

static gpointer
victim_thread (gpointer data)
{
  Victim *v = data;

  v->call (v);

  return NULL;
}

/* The error that a call has then; none where it is only asked that it returns. */
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

  thread = test_thread_blocked (victim_thread, &v);

  end_call (&v, end);
  g_thread_join (thread);
  check_error (&v, blocking, end);

  /* What was open is closed now, or still works. */
  if ((end == END_CLOSE || end == END_DISPOSE) && fd >= 0)
    g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_assert_cmpint (q_socket_is_open (v.sock), ==,
                   fd >= 0 && (end == END_SHUTDOWN || end == END_CANCEL));

  victim_clear (&v);
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
  thread = test_thread_blocked (victim_thread, &v);

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
  victim_clear (&v);
}

static void
test_second_writer (void)
{
  Victim v = { .call = call_send, .timeout_ms = -1 };
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  GError *error = NULL;
  GThread *thread;

  open_pair (&v);
  thread = test_thread_blocked (victim_thread, &v);

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
  victim_clear (&v);
}

static void
test_second_opener (void)
{
  Victim v = { .peer_fd = -1, .call = call_connect, .timeout_ms = -1 };
  GThread *thread;

  open_hanging_lookup (&v);
  thread = test_thread_blocked (victim_thread, &v);

  assert_pending (q_socket_connect (v.sock, "127.0.0.1:9", -1, NULL, &error_));
  assert_pending (q_socket_connect_unix (v.sock, "/nowhere", G_SOCKET_TYPE_STREAM, 0, -1, NULL,
                                         &error_));
  assert_pending (q_socket_bind_port (v.sock, 0, FALSE, &error_));
  assert_pending (q_socket_bind (v.sock, "127.0.0.1:0", FALSE, &error_));

  q_socket_close (v.sock, NULL);
  g_thread_join (thread);
  test_assert_error (v.error, Q_SOCKET_ERROR_CLOSED);
  victim_clear (&v);
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
