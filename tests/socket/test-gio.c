/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- GIO's objects ---- */

static void
test_gsocket (void)
{
  GError *error = NULL;
  g_autofree char *text = NULL;
  char buffer[16];
  GSocket *gsocket;
  QSocket *sock;
  int peer;

  sock = test_pair (TEST_TCP4, &peer);
  gsocket = q_socket_get_gsocket (sock);
  g_assert_true (gsocket == q_socket_get_gsocket (sock));
  g_assert_cmpint (g_socket_get_fd (gsocket), ==, q_socket_get_socket (sock));
  g_assert_true (g_socket_is_connected (gsocket));

  /* What QSocket has read ahead stays with it; what it has not is anybody's. */
  test_write_text (peer, "onetwo");
  text = q_socket_recv (sock, 3, ENOUGH, NULL, &error);
  g_assert_cmpstr (text, ==, "one");
  g_assert_false (g_socket_condition_check (gsocket, G_IO_IN) & G_IO_IN);
  g_free (text);
  text = q_socket_recv (sock, 3, ENOUGH, NULL, &error);
  g_assert_cmpstr (text, ==, "two");
  test_write_text (peer, "three");
  g_assert_cmpint (g_socket_receive (gsocket, buffer, sizeof buffer, NULL, &error), ==, 5);
  g_assert_cmpint (g_socket_send (gsocket, "sent", 4, NULL, &error), ==, 4);
  test_expect (peer, "sent", 4);

  /* And QSocket still waits as it should. */
  g_assert_null (q_socket_recv (sock, 1, 120, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_null (q_socket_recv (sock, 1, 120, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);

  g_object_ref (gsocket);
  q_socket_close (sock, NULL);
  g_assert_true (g_socket_is_closed (gsocket));
  g_object_unref (gsocket);
  g_object_unref (sock);
  close (peer);
}

static void
test_connection (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) accepted = NULL;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GSocketConnection *connection;
  GError *error = NULL;
  QSocket *sock;
  int fd;

  connection = g_socket_client_connect_to_host (client, target, 0, NULL, &error);
  g_assert_no_error (error);
  accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
  sock = q_socket_new_from_connection (G_IO_STREAM (connection), &error);
  g_assert_no_error (error);
  g_object_unref (connection);

  g_assert_true (q_socket_send (sock, "to", ENOUGH, NULL, &error));
  g_assert_cmpint (q_socket_recv_u2 (accepted, ENOUGH, NULL, &error), ==, 't' << 8 | 'o');
  g_assert_true (q_socket_send (accepted, "fro", ENOUGH, NULL, &error));
  g_assert_cmpint (q_socket_recv_u2 (sock, ENOUGH, NULL, &error), ==, 'f' << 8 | 'r');
  g_assert_cmpint (q_socket_get_port (sock), ==, q_socket_get_port (listener));
  g_assert_cmpint (q_socket_recv_u1 (sock, ENOUGH, NULL, &error), ==, 'o');

  fd = q_socket_steal_fd (sock, &error);
  g_assert_no_error (error);
  test_write (fd, "!", 1);
  g_assert_cmpint (q_socket_recv_u1 (accepted, ENOUGH, NULL, &error), ==, '!');
  close (fd);
  g_object_unref (sock);
}

static void
test_connection_refused (void)
{
  g_autoptr (GInputStream) input = g_memory_input_stream_new ();
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) pair = g_simple_io_stream_new (input, output);
  g_autoptr (GSocket) gsocket = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  GError *error = NULL;
  int fds[2];

  g_assert_null (q_socket_new_from_connection (pair, &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  gsocket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  connection = g_socket_connection_factory_create_connection (gsocket);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_assert_null (q_socket_new_from_connection (G_IO_STREAM (connection), &error));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  close (fds[1]);
}

/* ---- streams ---- */

static void
test_stream (void)
{
  GError *error = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  GInputStream *input;
  GIOStream *stream;
  QSocket *sock;
  int peer;
  int fd;

  sock = test_pair (TEST_TCP4, &peer);
  stream = q_socket_get_io_stream (sock);
  g_assert_true (stream == q_socket_get_io_stream (sock));
  input = g_io_stream_get_input_stream (stream);

  /* The socket's buffer is where it begins. */
  test_write_text (peer, "!first\nsecond\n");
  g_assert_cmpint (q_socket_recv_u1 (sock, ENOUGH, NULL, &error), ==, '!');
  g_assert_true (g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (input)));
  lines = g_data_input_stream_new (input);
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "first");

  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (stream), "reply", 5,
                                            NULL, NULL, &error));
  g_assert_no_error (error);
  test_expect (peer, "reply", 5);

  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input),
                                                             &(char) { 0 }, 1, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);
  shutdown (peer, SHUT_WR);
  g_assert_cmpint (g_input_stream_read (input, &(char) { 0 }, 1, NULL, &error), ==, 0);
  g_assert_no_error (error);

  fd = q_socket_get_socket (sock);
  g_object_ref (stream);
  g_assert_true (g_io_stream_close (stream, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (q_socket_is_open (sock));
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  g_object_unref (stream);
  g_object_unref (sock);
  close (peer);
}

static void
keep_result (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
await (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static void
note_thread (QSocket      *sock,
             QSocketEvent *event,
             GThread     **thread)
{
  *thread = g_thread_self ();
}

static void
test_stream_async (void)
{
  guint n_threads;
  GThread *closed_in = NULL;
  GAsyncResult *result = NULL;
  GError *error = NULL;
  GInputStream *input;
  GIOStream *stream;
  char buffer[8];
  QSocket *sock;
  int peer;

  /* With its first task GIO starts a thread of its own, for good. */
  g_type_ensure (G_TYPE_TASK);
  n_threads = count_threads ();

  sock = test_pair (TEST_TCP4, &peer);
  g_signal_connect (sock, "channel-closed", G_CALLBACK (note_thread), &closed_in);
  stream = g_object_ref (q_socket_get_io_stream (sock));
  input = g_io_stream_get_input_stream (stream);

  g_input_stream_read_async (input, buffer, sizeof buffer, 0, NULL, keep_result, &result);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_null (result);
  test_write_text (peer, "later");
  await (&result);
  g_assert_cmpint (g_input_stream_read_finish (input, result, &error), ==, 5);
  g_assert_no_error (error);
  g_clear_object (&result);

  g_output_stream_write_async (g_io_stream_get_output_stream (stream), "abc", 3, 0, NULL,
                               keep_result, &result);
  await (&result);
  g_assert_cmpint (g_output_stream_write_finish (g_io_stream_get_output_stream (stream), result,
                                                 &error), ==, 3);
  g_clear_object (&result);
  test_expect (peer, "abc", 3);

  g_io_stream_close_async (stream, 0, NULL, keep_result, &result);
  await (&result);
  g_assert_true (g_io_stream_close_finish (stream, result, &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  g_assert_true (closed_in == g_thread_self ());
  g_assert_false (q_socket_is_open (sock));
  g_assert_cmpuint (count_threads (), ==, n_threads);

  g_object_unref (stream);
  g_object_unref (sock);
  close (peer);
}

static void
test_old_stream (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  GError *error = NULL;
  GIOStream *old;
  GInputStream *input;
  QSocket *sock;
  int peer;

  sock = test_pair (TEST_TCP4, &peer);
  old = g_object_ref (q_socket_get_io_stream (sock));
  input = g_io_stream_get_input_stream (old);
  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, NULL));
  g_assert_true (q_socket_get_io_stream (sock) != old);

  g_assert_cmpint (g_input_stream_read (input, &(char) { 0 }, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (old), "x", 1, NULL,
                                          &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_true (g_io_stream_close (old, NULL, NULL));
  g_assert_true (q_socket_is_open (sock));

  /* Nor does it keep the socket alive, or need it. */
  g_object_unref (sock);
  g_assert_true (g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (input)));
  g_object_unref (old);
  close (peer);
}

/* ---- sources ---- */

static gboolean
count_call (gpointer data)
{
  (*(int *) data)++;

  return G_SOURCE_CONTINUE;
}

static GSource *
watch (QSocket      *sock,
       GIOCondition  condition,
       GCancellable *cancellable,
       int          *n)
{
  GSource *source = q_socket_create_source (sock, condition, cancellable);

  g_source_set_callback (source, count_call, n, NULL);
  g_source_attach (source, NULL);

  return source;
}

static void
end_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static gpointer
close_thread (gpointer sock)
{
  q_socket_close (sock, NULL);

  return NULL;
}

static void
settle (void)
{
  for (int i = 0; i < 3; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
test_source (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int n[4] = { 0 };
  GSource *sources[4];
  GThread *thread;
  QSocket *sock;
  int peer;

  sock = test_pair (TEST_TCP4, &peer);
  g_object_add_weak_pointer (G_OBJECT (sock), (gpointer *) &sock);
  sources[0] = watch (sock, G_IO_IN, NULL, &n[0]);
  sources[1] = watch (sock, G_IO_IN, cancellable, &n[1]);
  sources[2] = watch (sock, G_IO_OUT, NULL, &n[2]);
  sources[3] = watch (sock, G_IO_IN, NULL, &n[3]);
  end_source (sources[3]);
  settle ();
  g_assert_cmpint (n[0], ==, 0);
  g_assert_cmpint (n[1], ==, 0);
  g_assert_cmpint (n[2], >, 0);
  end_source (sources[2]);

  /* Something comes, is read ahead, and is read. */
  test_write_text (peer, "ab");
  while (n[0] == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (q_socket_recv_u1 (sock, -1, NULL, NULL), ==, 'a');
  n[0] = 0;
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (n[0], ==, 1);
  g_assert_cmpint (q_socket_recv_u1 (sock, -1, NULL, NULL), ==, 'b');
  n[0] = n[1] = 0;
  settle ();
  g_assert_cmpint (n[0] + n[1], ==, 0);

  g_cancellable_cancel (cancellable);
  settle ();
  g_assert_cmpint (n[1], >, 0);
  g_assert_cmpint (n[0], ==, 0);
  end_source (sources[1]);

  thread = g_thread_new ("close", close_thread, sock);
  while (n[0] == 0)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  g_assert_false (q_socket_is_open (sock));

  /* For good, whatever the socket is opened with next. */
  g_assert_true (q_socket_bind_port (sock, 0, FALSE, NULL));
  n[0] = 0;
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (n[0], ==, 1);

  /* A source keeps its socket, and lets go of it. */
  g_object_unref (sock);
  g_assert_nonnull (sock);
  end_source (sources[0]);
  g_assert_null (sock);
  g_assert_cmpint (n[3], ==, 0);
  close (peer);
}

static void
test_source_of_closed (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  GSource *source;
  int n = 0;

  source = watch (sock, G_IO_IN, NULL, &n);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (n, ==, 1);
  end_source (source);
}

static void
test_source_of_listener (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) client = q_socket_new ();
  int n = 0;
  GSource *source = watch (listener, G_IO_IN, NULL, &n);

  settle ();
  g_assert_cmpint (n, ==, 0);
  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, NULL));
  while (n == 0)
    g_main_context_iteration (NULL, TRUE);
  end_source (source);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/gio/gsocket", test_gsocket);
  g_test_add_func ("/socket/gio/connection", test_connection);
  g_test_add_func ("/socket/gio/connection-refused", test_connection_refused);
  g_test_add_func ("/socket/gio/stream/calls", test_stream);
  g_test_add_func ("/socket/gio/stream/async", test_stream_async);
  g_test_add_func ("/socket/gio/stream/old", test_old_stream);
  g_test_add_func ("/socket/gio/source/ready", test_source);
  g_test_add_func ("/socket/gio/source/closed", test_source_of_closed);
  g_test_add_func ("/socket/gio/source/listener", test_source_of_listener);

  return g_test_run ();
}
