/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "cork-help.h"

/* Calls that have to wait for the peer while bytes are corked. */

/* ---- before it waits for the peer ---- */

typedef struct
{
  int fd;
  gsize n_expected;
  const char *answer;
} Answerer;

/* Says nothing before it has the whole request. */
static gpointer
answer_thread (gpointer data)
{
  Answerer *answerer = data;
  g_autofree guint8 *request = g_malloc (65536);
  gsize have = 0;

  while (have < answerer->n_expected)
    {
      gssize n = recv (answerer->fd, request, MIN (65536, answerer->n_expected - have), 0);

      g_assert_cmpint (n, >, 0);
      have += (gsize) n;
    }
  test_write_text (answerer->fd, answerer->answer);

  return NULL;
}

static void
keep_result (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
read_answer (QSocket *sock,
             int      way)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) header = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  char memory[19];

  switch (way)
    {
    case 0:
      g_assert_cmpint (q_socket_recv_i2 (sock, -1, NULL, &error), ==, 'H' * 256 + 'T');
      break;
    case 1:
      bytes = q_socket_recv_binary (sock, 19, ENOUGH, NULL, &error);
      break;
    case 2:
      text = q_socket_recv (sock, 0, ENOUGH, cancellable, &error);
      break;
    case 3:
      g_assert_cmpint (q_socket_recv_into (sock, memory, 1, 19, -1, NULL, &error), ==, 19);
      break;
    case 4:
      header = q_socket_read_http_header (sock, -1, NULL, &error);
      break;
    case 5:
      g_assert_true (q_socket_is_data_available (sock, ENOUGH));
      break;
    default:
      q_socket_recv_binary_async (sock, 0, ENOUGH, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
      while (result == NULL)
        g_main_context_iteration (NULL, TRUE);
      bytes = q_socket_recv_binary_finish (sock, result, &error);
      break;
    }
  g_assert_no_error (error);
}

static void
test_request_and_answer (TestKind kind)
{
  for (int way = 0; way < 7; way++)
    {
      g_autoptr (GError) error = NULL;
      guint n_writes = 0;
      GThread *thread;
      Answerer answerer;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      g_signal_connect (sock, "packet-sent", G_CALLBACK (count_cb), &n_writes);
      answerer = (Answerer) { fd, 6, "HTTP/1.0 200 OK\r\n\r\n" };
      thread = test_thread (answer_thread, &answerer);
      q_socket_cork (sock);
      q_socket_send_i4 (sock, 1, ENOUGH, NULL, &error);
      q_socket_send_i2 (sock, 2, ENOUGH, NULL, &error);
      read_answer (sock, way);
      g_thread_join (thread);
      g_assert_cmpuint (n_writes, ==, 1);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 6);

      /* Still corked; and what has arrived already is no reason to flush. */
      q_socket_send_i1 (sock, 3, ENOUGH, NULL, &error);
      test_write_text (fd, "x");
      g_assert_true (q_socket_is_data_available (sock, ENOUGH));
      g_assert_cmpuint (n_writes, ==, 1);
      expect_nothing (fd);
      q_socket_close (sock, NULL);
      expect_to_end (fd, "\3", 1);
      close (fd);
    }
}

typedef struct
{
  TestKind kind;
  int way;
  const guint8 *pattern;
} WaitingRead;

static gpointer
waiting_read_thread (gpointer data)
{
  const WaitingRead *self = data;
  GThread *thread;
  Answerer answerer;
  gsize length;
  int fd;
  g_autoptr (QSocket) sock = test_pair (self->kind, &fd);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  length = test_fill_kernel (sock, self->pattern, TEST_OVERFLOW);
  q_socket_cork (sock);
  send_bytes (sock, self->pattern, 60000);
  answerer = (Answerer) { fd, length + 60000, "HTTP/1.0 200 OK\r\n\r\n" };
  thread = test_thread (answer_thread, &answerer);
  read_answer (sock, self->way);
  g_thread_join (thread);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, length + 60000);
  close (fd);

  return NULL;
}

/* The kernel is full when the read begins to wait, so the rest must leave while it
 * waits; else the peer would never answer. All ways at the same time, since it lasts until the
 * kernel is full. */
static void
test_flush_while_waiting (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_OVERFLOW);
  WaitingRead reads[7];
  GThread *threads[G_N_ELEMENTS (reads)];

  for (int way = 0; way < (int) G_N_ELEMENTS (reads); way++)
    {
      reads[way] = (WaitingRead) { kind, way, pattern };
      threads[way] = test_thread (waiting_read_thread, &reads[way]);
    }
  for (gsize way = 0; way < G_N_ELEMENTS (reads); way++)
    g_thread_join (threads[way]);
}

typedef struct
{
  QSocket *sock;
  gboolean was_started;
  GError *error;
} Rival;

static gpointer
rival_thread (gpointer data)
{
  Rival *rival = data;

  q_socket_send (rival->sock, "rival", -1, NULL, &rival->error);

  return NULL;
}

static void
await_rival_cb (QSocket      *sock,
                QSocketEvent *event,
                Rival        *rival)
{
  if (!rival->was_started)
    {
      rival->was_started = TRUE;
      g_thread_join (test_thread (rival_thread, rival));
    }
}

/* A handler that the flush calls holds up no other sender. This one lasts until the other sender
 * is done, so if it did each would wait for the other for ever. */
static void
test_slow_handler (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  Rival rival = { NULL };
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  rival.sock = sock;
  g_signal_connect (sock, "packet-sent", G_CALLBACK (await_rival_cb), &rival);
  q_socket_cork (sock);
  send_bytes (sock, "first", 5);
  g_assert_cmpint (q_socket_recv_i1 (sock, 0, NULL, &error), ==, 0);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);

  g_assert_no_error (rival.error);
  g_signal_handlers_disconnect_by_data (sock, &rival);
  uncork (sock);
  q_socket_close (sock, NULL);
  expect_to_end (fd, "firstrival", 10);
  close (fd);
}

/* ---- when it does not work out ---- */

static void
test_time_out (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_OVERFLOW + 60001);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  TestDrain drain;
  gsize length;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  length = test_fill_kernel (sock, pattern, TEST_OVERFLOW);
  q_socket_cork (sock);
  send_bytes (sock, pattern + length, 60000);
  for (int i = 0; i < 3; i++)
    {
      g_assert_false (q_socket_uncork (sock, i * 10, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
    }
  g_assert_false (q_socket_is_write_finished (sock, 0));

  /* The cork is out, but nothing overtakes what is still gathered. */
  g_assert_false (q_socket_send_i1 (sock, 1, 0, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  test_drain_start (&drain, fd);
  send_bytes (sock, pattern + length + 60000, 1);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, length + 60001);
  g_assert_true (q_socket_is_write_finished (sock, ENOUGH));
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, length + 60001);
  close (fd);
}

static void
test_cancelled (TestKind kind)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  q_socket_cork (sock);
  send_bytes (sock, "kept", 4);
  g_cancellable_cancel (cancellable);
  g_assert_false (q_socket_send (sock, "refused", ENOUGH, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (q_socket_send_i8 (sock, 1, ENOUGH, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (q_socket_uncork (sock, ENOUGH, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  expect_nothing (fd);
  uncork (sock);
  q_socket_close (sock, NULL);
  expect_to_end (fd, "kept", 4);
  close (fd);
}

/* The peer takes nothing any more but may still speak. The error is for the next send; a read waits
 * as it always does. */
static void
test_peer_gone (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  q_socket_cork (sock);
  g_assert_no_errno (shutdown (q_socket_get_socket (sock), SHUT_WR));
  send_bytes (sock, "in vain", 7);

  bytes = q_socket_recv_binary (sock, 1, 60, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);

  test_write_text (fd, "spoken");
  bytes = q_socket_recv_binary (sock, 6, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "spoken", 6);

  send_bytes (sock, "gathered", 8);
  g_assert_false (q_socket_uncork (sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SEND);
  g_assert_false (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SEND);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 0);
  g_assert_true (q_socket_close (sock, &error));
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "request-and-answer", test_request_and_answer },
    { "flush-while-waiting", test_flush_while_waiting },
    { "slow-handler", test_slow_handler },
    { "time-out", test_time_out },
    { "cancelled", test_cancelled },
    { "peer-gone", test_peer_gone },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("cork-wait", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
