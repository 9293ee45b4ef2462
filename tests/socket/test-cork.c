/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CORK_SIZE 65536

/* ---- helpers ---- */

static void
send_bytes (QSocket    *sock,
            const void *bytes,
            gsize       length)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_send_data (sock, bytes, length, ENOUGH, NULL, &error));
  g_assert_no_error (error);
}

static void
uncork (QSocket *sock)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_uncork (sock, ENOUGH, NULL, &error));
  g_assert_no_error (error);
}

static void
expect_nothing (int fd)
{
  struct pollfd pollfd = { fd, POLLIN, 0 };

  g_assert_cmpint (poll (&pollfd, 1, 0), ==, 0);
}

/* All that comes until the peer closes. */
static void
expect_to_end (int         fd,
               const void *bytes,
               gsize       length)
{
  g_autoptr (GBytes) got = test_read_to_end (fd);

  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), bytes, length);
}

static void
count_cb (QSocket      *sock,
          QSocketEvent *event,
          gpointer      data)
{
  ++*(guint *) data;
}

/* ---- what gathers ---- */

static void
test_gathers (TestKind kind)
{
  static const char wire[] =
    "\0\0\0\1" "text" "bytes" "GET / HTTP/1.0\r\n\r\n" "\2\0" "\3";
  g_autoptr (GBytes) bytes = g_bytes_new_static ("bytes", 5);
  g_autoptr (GError) error = NULL;
  guint n_writes = 0;
  char got[sizeof wire];
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  g_signal_connect (sock, "packet-sent", G_CALLBACK (count_cb), &n_writes);

  for (int round = 1; round <= 3; round++)
    {
      q_socket_cork (sock);
      q_socket_cork (sock);
      q_socket_send_i4 (sock, 1, 0, NULL, &error);
      q_socket_send (sock, "text", 0, NULL, &error);
      q_socket_send_binary (sock, bytes, 0, NULL, &error);
      q_socket_send_http_message (sock, "GET", "/", "1.0", NULL, NULL, 0, NULL, &error);
      q_socket_send_i2_lsb (sock, 2, 0, NULL, &error);
      q_socket_send_i1 (sock, 3, 0, NULL, &error);
      q_socket_send (sock, "", 0, NULL, &error);
      g_assert_no_error (error);

      expect_nothing (fd);
      g_assert_cmpuint (n_writes, ==, (guint) round - 1);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==,
                        ((guint) round - 1) * (sizeof wire - 1));

      uncork (sock);
      g_assert_cmpuint (n_writes, ==, (guint) round);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, (guint) round * (sizeof wire - 1));

      /* One write is one arrival. */
      g_assert_cmpint (recv (fd, got, sizeof got, 0), ==, sizeof wire - 1);
      g_assert_cmpmem (got, sizeof wire - 1, wire, sizeof wire - 1);
    }

  /* From here on everything leaves at once, and there is nothing to uncork. */
  uncork (sock);
  q_socket_send_i1 (sock, 4, 0, NULL, &error);
  test_expect (fd, "\4", 1);
  uncork (sock);
  g_assert_cmpuint (n_writes, ==, 4);
  close (fd);
}

/* In pieces of each size, so that the border lies in each of them. */
static void
test_overflow (TestKind kind)
{
  static const gsize pieces[] = { 1, 7, 8, 4096, 65535, 65536, 65537, 100000 };
  const gsize length = 300000;
  g_autofree guint8 *pattern = test_pattern (length + 100000);

  for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      gsize piece = pieces[i];
      gsize done = 0;
      guint n_writes = 0;
      TestDrain drain;
      g_autoptr (GBytes) got = NULL;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      g_signal_connect (sock, "packet-sent", G_CALLBACK (count_cb), &n_writes);
      test_drain_start (&drain, fd);
      q_socket_cork (sock);
      while (done < length)
        {
          send_bytes (sock, pattern + done, piece);
          done += piece;

          /* No more than 64 KiB are kept back, and no less than is worth it. */
          g_assert_cmpuint (done - q_socket_get_bytes_sent (sock), <=, CORK_SIZE);
          if (done < CORK_SIZE)
            g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 0);
        }
      if (piece < CORK_SIZE)
        g_assert_cmpuint (n_writes, <, 40);
      uncork (sock);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, done);
      q_socket_close (sock, NULL);
      got = test_drain_join (&drain);
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, done);
      close (fd);
    }
}

static void
test_integers_overflow (TestKind kind)
{
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_drain_start (&drain, fd);
  q_socket_cork (sock);
  send_bytes (sock, "x", 1);
  g_byte_array_append (expected, (const guint8 *) "x", 1);
  for (guint i = 0; i < 40000; i++)
    {
      guint32 wire = GUINT32_TO_BE (i);

      q_socket_send_i4 (sock, i, ENOUGH, NULL, &error);
      g_byte_array_append (expected, (const guint8 *) &wire, 4);
    }
  g_assert_no_error (error);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), >=, 2 * CORK_SIZE);
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got),
                   expected->data, expected->len);
  close (fd);
}

static void
test_large_payload (TestKind kind)
{
  const gsize length = 5 * 1024 * 1024;
  g_autofree guint8 *pattern = test_pattern (length);
  g_autoptr (GBytes) got = NULL;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_drain_start (&drain, fd);
  q_socket_cork (sock);
  send_bytes (sock, pattern, 10);
  send_bytes (sock, pattern + 10, length - 20);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, length - 10);
  send_bytes (sock, pattern + length - 10, 10);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, length - 10);
  uncork (sock);
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, length);
  close (fd);
}

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

  length = test_fill_kernel (sock, self->pattern, TEST_TOO_MUCH);
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
  g_autofree guint8 *pattern = test_pattern (TEST_TOO_MUCH);
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
  g_thread_join (test_thread (rival_thread, rival));
}

/* A handler of the flush that lasts is to another sender what a send is that lasts. This one lasts
 * until the other sender has its answer, so each would wait for the other for ever. */
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

  test_assert_error (rival.error, Q_SOCKET_ERROR_PENDING);
  g_signal_handlers_disconnect_by_data (sock, &rival);
  uncork (sock);
  q_socket_close (sock, NULL);
  expect_to_end (fd, "first", 5);
  close (fd);
}

/* ---- the end ---- */

static void
test_close_flushes (TestKind kind)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);

  for (int way = 0; way < 3; way++)
    {
      g_autoptr (GError) error = NULL;
      int fd;
      QSocket *sock = test_pair (kind, &fd);

      q_socket_cork (sock);
      q_socket_send_i2 (sock, 1, ENOUGH, NULL, &error);
      q_socket_send (sock, "last", ENOUGH, NULL, &error);
      g_assert_no_error (error);

      if (way == 0)
        q_socket_close (sock, NULL);
      else if (way == 1)
        q_socket_connect (sock, target, ENOUGH, NULL, &error);
      else
        g_clear_object (&sock);
      expect_to_end (fd, "\0\1last", 6);
      g_clear_object (&sock);
      close (fd);
    }
}

/* What was sent before it arrives before the end. */
static void
test_shutdown_flushes (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  q_socket_cork (sock);
  send_bytes (sock, "last", 4);
  g_assert_true (q_socket_shutdown (sock, &error));
  g_assert_no_error (error);
  expect_to_end (fd, "last", 4);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 4);
  uncork (sock);
  close (fd);
}

/* If the kernel takes nothing, close does not wait for it: the peer reads only after that. */
static void
test_close_never_waits (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_TOO_MUCH);
  g_autoptr (GBytes) got = NULL;
  gsize length;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  length = test_fill_kernel (sock, pattern, TEST_TOO_MUCH);
  q_socket_cork (sock);
  send_bytes (sock, pattern + length, 60000);
  q_socket_close (sock, NULL);

  got = test_read_to_end (fd);
  g_assert_cmpuint (g_bytes_get_size (got), >=, length);
  g_assert_cmpint (memcmp (g_bytes_get_data (got, NULL), pattern, g_bytes_get_size (got)), ==, 0);
  close (fd);
}

/* The state belongs to the connection. */
static void
test_reopen (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();

  q_socket_cork (sock);
  g_assert_false (q_socket_uncork (sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  q_socket_cork (sock);

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (QSocket) accepted = NULL;

      q_socket_connect (sock, target, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
      q_socket_send_i1 (sock, 'a' + i, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 1);
      g_assert_cmpint (q_socket_recv_i1 (accepted, ENOUGH, NULL, &error), ==, 'a' + i);
      q_socket_cork (sock);
      q_socket_send_i1 (sock, 'x', ENOUGH, NULL, &error);
    }
}

/* ---- when it does not work out ---- */

static void
test_time_out (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_TOO_MUCH + 60001);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  TestDrain drain;
  gsize length;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  length = test_fill_kernel (sock, pattern, TEST_TOO_MUCH);
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
    { "gathers", test_gathers },
    { "overflow", test_overflow },
    { "integers-overflow", test_integers_overflow },
    { "large-payload", test_large_payload },
    { "request-and-answer", test_request_and_answer },
    { "flush-while-waiting", test_flush_while_waiting },
    { "slow-handler", test_slow_handler },
    { "close-flushes", test_close_flushes },
    { "shutdown-flushes", test_shutdown_flushes },
    { "close-never-waits", test_close_never_waits },
    { "reopen", test_reopen },
    { "time-out", test_time_out },
    { "cancelled", test_cancelled },
    { "peer-gone", test_peer_gone },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("cork", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
