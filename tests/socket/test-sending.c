/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB (1024 * 1024)

/* ---- events ---- */

typedef struct
{
  gsize n;
  gint64 sent;
  gint64 last_total;
  gint64 goal;
} Sent;

static void
sent_cb (QSocket      *sock,
         QSocketEvent *event,
         gpointer      data)
{
  Sent *sent = data;

  g_assert_cmpint (q_socket_event_get_event_type (event), ==, Q_SOCKET_EVENT_TYPE_PACKET_SENT);
  g_assert_cmpint (q_socket_event_get_sent (event), >, 0);

  /* A total that is no more than this step begins a new call. */
  if (q_socket_event_get_total_sent (event) > q_socket_event_get_sent (event))
    g_assert_cmpint (q_socket_event_get_total_sent (event), ==,
                     sent->last_total + q_socket_event_get_sent (event));
  g_assert_cmpint (q_socket_event_get_total_sent (event), <=,
                   q_socket_event_get_total_to_send (event));

  sent->n++;
  sent->sent += q_socket_event_get_sent (event);
  sent->last_total = q_socket_event_get_total_sent (event);
  sent->goal = q_socket_event_get_total_to_send (event);
}

/* ---- how much is sent ---- */

static void
test_nothing (TestKind kind)
{
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;
  Sent sent = { 0 };
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  g_signal_connect (sock, "packet-sent", G_CALLBACK (sent_cb), &sent);

  for (int timeout_ms = -1; timeout_ms <= 1; timeout_ms++)
    {
      q_socket_send_binary (sock, none, timeout_ms, NULL, &error);
      g_assert_no_error (error);
      q_socket_send_data (sock, NULL, 0, timeout_ms, NULL, &error);
      g_assert_no_error (error);
      q_socket_send_data (sock, (const guint8 *) "x", 0, timeout_ms, NULL, &error);
      g_assert_no_error (error);
      q_socket_send (sock, "", timeout_ms, NULL, &error);
      g_assert_no_error (error);
    }

  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 0);
  q_socket_close (sock, NULL);
  got = test_read_to_end (fd);
  g_assert_cmpuint (g_bytes_get_size (got), ==, 0);
  g_assert_cmpuint (sent.n, ==, 0);

  g_assert_false (q_socket_send_binary (sock, none, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_false (q_socket_send_data (sock, NULL, 0, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_false (q_socket_send (sock, "", -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  close (fd);
}

static gboolean
send_in_way (QSocket       *sock,
             guint          way,
             const guint8  *bytes,
             gsize          length,
             GError       **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) data = g_bytes_new_static (bytes, length);

  switch (way)
    {
    case 0:
      return q_socket_send_binary (sock, data, -1, NULL, error);
    case 1:
      return q_socket_send_binary (sock, data, ENOUGH, cancellable, error);
    case 2:
      return q_socket_send_data (sock, bytes, length, ENOUGH, NULL, error);
    default:
      return q_socket_send (sock, (const char *) bytes, ENOUGH, NULL, error);
    }
}

static void
test_sizes (TestKind kind)
{
  static const gsize sizes[] = {
    1, 2, 4096, 65535, 65536, 65537, 262144, MIB - 1, MIB, MIB + 1, 5 * MIB,
  };

  for (guint way = 0; way < 4; way++)
    {
      g_autoptr (GByteArray) all = g_byte_array_new ();
      g_autoptr (GBytes) got = NULL;
      Sent sent = { 0 };
      TestDrain drain;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      g_signal_connect (sock, "packet-sent", G_CALLBACK (sent_cb), &sent);
      test_drain_start (&drain, fd);

      for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
        {
          g_autofree guint8 *bytes = test_pattern (sizes[i]);
          g_autoptr (GError) error = NULL;

          /* As text it must be text. */
          for (gsize j = 0; way == 3 && j < sizes[i]; j++)
            bytes[j] = bytes[j] % 127 + 1;

          g_assert_true (send_in_way (sock, way, bytes, sizes[i], &error));
          g_assert_no_error (error);
          g_assert_cmpint (sent.goal, ==, sizes[i]);
          g_assert_cmpint (sent.last_total, ==, sizes[i]);
          g_byte_array_append (all, bytes, (guint) sizes[i]);
          g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, all->len);
        }

      g_assert_cmpint (sent.sent, ==, all->len);
      q_socket_close (sock, NULL);
      got = test_drain_join (&drain);
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), all->data, all->len);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, all->len);
      close (fd);
    }
}

/* The kernel takes very little at a time. */
static void
test_small_kernel_buffer (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (300000);
  int least = 1;

  for (guint way = 0; way < 3; way++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) got = NULL;
      TestDrain drain;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      g_assert_no_errno (setsockopt (q_socket_get_socket (sock), SOL_SOCKET, SO_SNDBUF,
                                     &least, sizeof least));
      test_drain_start (&drain, fd);
      g_assert_true (send_in_way (sock, way, pattern, 300000, &error));
      g_assert_no_error (error);
      q_socket_close (sock, NULL);
      got = test_drain_join (&drain);
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, 300000);
      close (fd);
    }
}

/* ---- when it does not work out ---- */

/* What left is told exactly, so that sending can go on where it stopped. */
static void
test_partial (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_OVERFLOW);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  Sent sent = { 0 };
  guint64 gone;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  g_signal_connect (sock, "packet-sent", G_CALLBACK (sent_cb), &sent);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  g_assert_false (q_socket_send_data (sock, pattern, TEST_OVERFLOW, 30, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  gone = q_socket_get_bytes_sent (sock);
  g_assert_cmpuint (gone, >, 0);
  g_assert_cmpuint (gone, <, TEST_OVERFLOW);
  g_assert_cmpint (sent.sent, ==, gone);
  g_assert_cmpint (sent.goal, ==, TEST_OVERFLOW);

  for (int timeout_ms = 0; timeout_ms < 3; timeout_ms++)
    {
      g_assert_false (q_socket_send_data (sock, pattern + gone, TEST_OVERFLOW - gone, timeout_ms,
                                          NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
      gone = q_socket_get_bytes_sent (sock);
      g_assert_cmpint (sent.sent, ==, gone);
    }

  test_drain_start (&drain, fd);
  g_assert_true (q_socket_send_data (sock, pattern + gone, TEST_OVERFLOW - gone, ENOUGH, NULL,
                                     &error));
  g_assert_no_error (error);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, TEST_OVERFLOW);
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, TEST_OVERFLOW);
  close (fd);
}

static void
cancel_cb (QSocket      *sock,
           QSocketEvent *event,
           gpointer      data)
{
  g_cancellable_cancel (data);
}

static void
test_cancel (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_OVERFLOW);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  guint64 gone;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  g_signal_connect (sock, "packet-sent", G_CALLBACK (cancel_cb), cancellable);
  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  g_assert_false (q_socket_send_data (sock, pattern, TEST_OVERFLOW, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  gone = q_socket_get_bytes_sent (sock);
  g_assert_cmpuint (gone, >, 0);
  g_assert_cmpuint (gone, <, TEST_OVERFLOW);

  /* Cancelled before it began, nothing leaves. */
  g_assert_false (q_socket_send_data (sock, pattern, 1, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, gone);

  test_drain_start (&drain, fd);
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), pattern, gone);
  close (fd);
}

/* Nobody dies of it, it is told, and what the peer said before stays readable. */
static void
test_peer_gone (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gboolean ok = TRUE;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  signal (SIGPIPE, SIG_DFL);
  test_write_text (fd, "farewell");
  test_wait_arrived (sock, 8);
  g_assert_no_errno (shutdown (fd, SHUT_RDWR));
  close (fd);

  /* The kernel notices with the first answer, at the latest. */
  for (int i = 0; ok && i < 100000; i++)
    ok = q_socket_send_data (sock, (const guint8 *) "x", 1, ENOUGH, NULL, &error);
  g_assert_false (ok);
  test_assert_error (error, Q_SOCKET_ERROR_SEND);
  g_assert_true (q_socket_is_open (sock));
  g_assert_false (q_socket_send_i4 (sock, 1, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_SEND);

  text = q_socket_recv (sock, 8, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "farewell");
}

/* ---- questions ---- */

typedef struct
{
  QSocket *sock;
  int tid;
  gboolean ok;
  GError *error;
} Blocked;

static gpointer
send_thread (gpointer data)
{
  g_autofree guint8 *pattern = test_pattern (TEST_OVERFLOW);
  Blocked *blocked = data;

  g_atomic_int_set (&blocked->tid, gettid ());
  blocked->ok = q_socket_send_data (blocked->sock, pattern, TEST_OVERFLOW, ENOUGH, NULL,
                                    &blocked->error);

  return NULL;
}

static gpointer
recv_thread (gpointer data)
{
  Blocked *blocked = data;
  g_autoptr (GBytes) got = NULL;

  g_atomic_int_set (&blocked->tid, gettid ());
  got = q_socket_recv_binary (blocked->sock, 5, ENOUGH, NULL, &blocked->error);
  blocked->ok = got != NULL;

  return NULL;
}

static void
test_data_available (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *rest = NULL;
  gint64 start;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  start = g_get_monotonic_time ();
  g_assert_false (q_socket_is_data_available (sock, 0));
  g_assert_false (q_socket_is_data_available (sock, 60));
  g_assert_cmpint (test_elapsed_ms (start), >=, 60);

  /* In the kernel, in the buffer, and asked as often as one likes. */
  test_write_text (fd, "two");
  for (int i = 0; i < 3; i++)
    g_assert_true (q_socket_is_data_available (sock, i == 0 ? -1 : 0));
  text = q_socket_recv (sock, 2, 0, NULL, &error);
  g_assert_cmpstr (text, ==, "tw");
  g_assert_true (q_socket_is_data_available (sock, 0));
  rest = q_socket_recv (sock, 0, 0, NULL, &error);
  g_assert_cmpstr (rest, ==, "o");
  g_assert_false (q_socket_is_data_available (sock, 0));

  test_end_stream (fd);
  for (int i = 0; i < 3; i++)
    g_assert_true (q_socket_is_data_available (sock, -1));
  q_socket_close (sock, NULL);
  g_assert_false (q_socket_is_data_available (sock, -1));
  g_assert_false (q_socket_is_data_available (sock, ENOUGH));
  close (fd);
}

/* An error counts as something to read, and is there for the read. */
static void
test_data_available_error (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  GBytes *got;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  q_socket_send (sock, "unread", ENOUGH, NULL, &error);
  if (kind == TEST_UNIX)
    test_expect (fd, "u", 1);
  test_reset (kind, &fd);

  for (int i = 0; i < 3; i++)
    g_assert_true (q_socket_is_data_available (sock, -1));
  got = q_socket_recv_binary (sock, 0, -1, NULL, &error);
  g_assert_null (got);
  test_assert_error (error, Q_SOCKET_ERROR_RECV);
  g_assert_true (q_socket_is_data_available (sock, -1));
}

/* It neither disturbs the reader nor takes anything away from it. */
static void
test_data_available_beside_reader (TestKind kind)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);
  Blocked blocked = { .sock = sock };
  GThread *thread = test_thread (recv_thread, &blocked);

  test_wait_asleep (&blocked.tid);
  g_assert_false (q_socket_is_data_available (sock, 0));
  g_assert_false (q_socket_is_data_available (sock, 10));
  test_write_text (fd, "abcde");
  g_thread_join (thread);
  g_assert_no_error (blocked.error);
  g_assert_true (blocked.ok);
  close (fd);
}

static void
test_data_available_listener (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) unopened = q_socket_new ();
  g_autoptr (QSocket) accepted = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (q_socket_is_data_available (unopened, 0));
  g_assert_false (q_socket_is_data_available (unopened, -1));
  g_assert_false (q_socket_is_data_available (listener, 0));
  g_assert_false (q_socket_is_data_available (listener, 20));

  q_socket_connect (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_is_data_available (listener, -1));
  g_assert_true (q_socket_is_data_available (listener, 0));
  accepted = q_socket_accept (listener, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (accepted);
  g_assert_false (q_socket_is_data_available (listener, 0));
}

static void
test_write_finished (TestKind kind)
{
  g_autofree guint8 *pattern = test_pattern (TEST_OVERFLOW);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  gint64 start;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  g_assert_true (q_socket_is_write_finished (sock, 0));
  g_assert_true (q_socket_is_write_finished (sock, -1));

  q_socket_cork (sock);
  g_assert_true (q_socket_is_write_finished (sock, 0));
  q_socket_send_i1 (sock, 'c', 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (q_socket_is_write_finished (sock, 0));
  q_socket_uncork (sock, -1, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_is_write_finished (sock, -1));

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  test_fill_kernel (sock, pattern, TEST_OVERFLOW);
  g_assert_false (q_socket_is_write_finished (sock, 0));
  start = g_get_monotonic_time ();
  g_assert_false (q_socket_is_write_finished (sock, 60));
  g_assert_cmpint (test_elapsed_ms (start), >=, 60);

  test_drain_start (&drain, fd);
  g_assert_true (q_socket_is_write_finished (sock, ENOUGH));
  q_socket_close (sock, NULL);
  g_assert_false (q_socket_is_write_finished (sock, 0));
  g_assert_false (q_socket_is_write_finished (sock, -1));
  got = test_drain_join (&drain);
  close (fd);
}

static void
test_write_finished_beside_writer (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = NULL;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);
  Blocked blocked = { .sock = sock };
  GThread *thread;

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  thread = test_thread (send_thread, &blocked);

  /* Asleep or not, it is not done while nobody reads. */
  test_wait_asleep (&blocked.tid);
  while (q_socket_get_bytes_sent (sock) == 0)
    test_wait_asleep (&blocked.tid);
  g_assert_false (q_socket_is_write_finished (sock, 0));
  g_assert_false (q_socket_is_write_finished (sock, 20));
  g_assert_false (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);

  test_drain_start (&drain, fd);
  g_assert_true (q_socket_is_write_finished (sock, ENOUGH));
  g_thread_join (thread);
  g_assert_no_error (blocked.error);
  g_assert_true (blocked.ok);
  q_socket_close (sock, NULL);
  got = test_drain_join (&drain);
  g_assert_cmpuint (g_bytes_get_size (got), ==, TEST_OVERFLOW);
  close (fd);
}

static void
test_write_finished_unconnected (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) unopened = q_socket_new ();

  g_assert_false (q_socket_is_write_finished (unopened, 0));
  g_assert_false (q_socket_is_write_finished (unopened, -1));
  g_assert_false (q_socket_is_write_finished (listener, 0));
  g_assert_false (q_socket_is_write_finished (listener, 20));
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "nothing", test_nothing },
    { "sizes", test_sizes },
    { "small-kernel-buffer", test_small_kernel_buffer },
    { "partial", test_partial },
    { "cancel", test_cancel },
    { "peer-gone", test_peer_gone },
    { "data-available", test_data_available },
    { "data-available-error", test_data_available_error },
    { "data-available-beside-reader", test_data_available_beside_reader },
    { "write-finished", test_write_finished },
    { "write-finished-beside-writer", test_write_finished_beside_writer },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("sending", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/socket/sending/data-available-listener", test_data_available_listener);
  g_test_add_func ("/socket/sending/write-finished-unconnected", test_write_finished_unconnected);

  return g_test_run ();
}
