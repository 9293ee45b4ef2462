/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "deadline-calls.h"

#include <limits.h>

/* ---- measuring ---- */

/* Not even a little too early; how late it may be is for the suite "timing" to say. */
static void
check_time (const char *name,
            gint64      start,
            int         timeout_ms)
{
  gint64 elapsed = g_get_monotonic_time () - start;

  if (elapsed < (gint64) timeout_ms * 1000)
    g_error ("%s gave up after %d us of %d ms", name, (int) elapsed, timeout_ms);
}

static void
expect_time_out (const Call   *call,
                 QSocket      *sock,
                 int           timeout_ms,
                 GCancellable *cancellable)
{
  gint64 start = g_get_monotonic_time ();
  GError *error = NULL;

  call->run (sock, timeout_ms, cancellable, &error);
  check_time (call->name, start, timeout_ms);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
}

/* ---- reading from a peer that drips ---- */

typedef struct
{
  TestKind kind;
  const Call *call;
  gboolean with_cancellable;
  int storm;                    /* -1: none, else the flags of the signal handler */
} Job;

/* Twice on each connection, since the second time the library knows that it will
 * have to wait. */
static gpointer
drip_job (gpointer data)
{
  static const int timeouts[] = { 1, 50, 130 };
  const Job *job = data;
  gsize n_drops = job->call->n_drops != 0 ? job->call->n_drops : N_DROPS;
  g_autoptr (GCancellable) cancellable = job->with_cancellable ? g_cancellable_new () : NULL;
  timer_t timer = NULL;

  if (job->storm >= 0)
    timer = begin_storm (job->storm);

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      TestFeed feed;
      gsize written;
      int fd;
      g_autoptr (QSocket) sock = test_pair (job->kind, &fd);

      expect_time_out (job->call, sock, timeouts[i], cancellable);
      test_drip_start (&feed, fd, drops, n_drops, DRIP_MS);
      expect_time_out (job->call, sock, timeouts[i], cancellable);
      written = test_feed_stop (&feed);
      if (n_drops == N_DROPS)
        g_assert_cmpuint (written, <, N_DROPS);
      test_end_stream (fd);
      test_expect_bytes (sock, -1, drops, written);
      close (fd);
    }

  if (job->storm >= 0)
    timer_delete (timer);

  return NULL;
}

/* All calls at the same time, for each of them mostly sleeps: left alone and with
 * a cancellable, or under signals of both kinds. */
static void
run_jobs (const Call  *calls,
          gsize        n_calls,
          GThreadFunc  job,
          TestKind     kind,
          gboolean     with_signals)
{
  g_autofree Job *jobs = g_new (Job, 2 * n_calls);
  g_autofree GThread **threads = g_new (GThread *, 2 * n_calls);

  for (gsize i = 0; i < 2 * n_calls; i++)
    {
      gboolean is_second = i >= n_calls;

      jobs[i] = (Job) {
        .kind = kind,
        .call = &calls[i % n_calls],
        .with_cancellable = is_second && !with_signals,
        .storm = !with_signals ? -1 : is_second ? SA_RESTART : 0,
      };
      threads[i] = test_thread (job, &jobs[i]);
    }
  for (gsize i = 0; i < 2 * n_calls; i++)
    g_thread_join (threads[i]);
}

static void
test_read (TestKind kind)
{
  run_jobs (reads, G_N_ELEMENTS (reads), drip_job, kind, FALSE);
}

static void
test_read_signals (TestKind kind)
{
  run_jobs (reads, G_N_ELEMENTS (reads), drip_job, kind, TRUE);
}

/* What is at hand is worth having even with no time at all; what is not is not
 * waited for. */
static void
test_no_time (TestKind kind)
{
  static const char head[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  g_autofree char *wire = g_strnfill (100000, 'x');

  memcpy (wire, head, sizeof head - 1);

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    for (int buffered = 0; buffered < 2; buffered++)
      {
        gboolean is_large = strstr (reads[i].name, "large") || strstr (reads[i].name, "async");
        gsize length = is_large ? 100000 : 1000;
        g_autoptr (GError) error = NULL;
        int fd;
        g_autoptr (QSocket) sock = NULL;

        /* So much arrives at once only where there is no window. */
        if (is_large && kind != TEST_UNIX)
          continue;

        sock = test_pair (kind, &fd);
        for (int j = 0; j < 3; j++)
          expect_time_out (&reads[i], sock, 0, NULL);

        test_write (fd, wire, length);
        if (strstr (reads[i].name, "to-end"))
          test_end_stream (fd);
        test_wait_arrived (sock, length);
        if (buffered)
          g_assert_true (q_socket_is_data_available (sock, 0));

        reads[i].run (sock, 0, NULL, &error);
        g_assert_no_error (error);
        close (fd);
      }
}

/* No time is too long to be counted. */
static void
test_very_long (TestKind kind)
{
  static const int timeouts[] = { INT_MIN, -2, -1, INT_MAX - 1, INT_MAX };

  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (timeouts); j++)
      {
        g_autofree char *wire = g_strnfill (99990, 'x');
        g_autoptr (GError) error = NULL;
        TestFeed feed;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        memcpy (wire, "A / HTTP/1.0\r\n\r\n", 16);
        expect_time_out (&reads[i], sock, 1, NULL);
        test_write_text (fd, "G");
        test_feed_start (&feed, fd, sock, wire, 99990, 30000, TRUE);
        reads[i].run (sock, timeouts[j], NULL, &error);
        if (error != NULL)
          test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
        g_assert_true (q_socket_send_i1 (sock, 1, timeouts[j], NULL, &error));
        g_assert_true (q_socket_is_write_finished (sock, timeouts[j]));
        g_assert_true (q_socket_is_data_available (sock, timeouts[j]));
        binary_to_end (sock, timeouts[j], NULL, &error);
        g_assert_no_error (error);
        test_feed_join (&feed);
        close (fd);
      }
}

/* Every call is interrupted many times, and neither fails nor loses its place. */
static void
test_signals_lose_nothing (TestKind kind)
{
  static const int timeouts[] = { -1, ENOUGH };
  static const int flags[] = { 0, SA_RESTART };

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (flags); j++)
      {
        const gsize length = TEST_OVERFLOW / 5;
        timer_t timer = begin_storm (flags[j]);
        g_autoptr (GError) error = NULL;
        g_autoptr (GBytes) got = NULL;
        g_autoptr (GBytes) large = NULL;
        TestDrain drain;
        TestFeed feed;
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        test_drip_start (&feed, fd, drops, 60, 5);
        for (gsize k = 0; k + 8 <= 60; k += 8)
          {
            guint64 value = q_socket_recv_u8 (sock, timeouts[i], NULL, &error);

            g_assert_no_error (error);
            value = GUINT64_TO_BE (value);
            g_assert_cmpmem (&value, 8, drops + k, 8);
          }
        test_feed_join (&feed);
        test_expect_bytes (sock, 60 % 8, drops + 60 / 8 * 8, 60 % 8);

        test_feed_start (&feed, fd, sock, pattern, length, 40000, FALSE);
        large = q_socket_recv_binary (sock, (gssize) length, timeouts[i], NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpmem (g_bytes_get_data (large, NULL), g_bytes_get_size (large),
                         pattern, length);
        test_feed_join (&feed);

        test_drain_start (&drain, fd);
        for (int k = 0; k < 5; k++)
          q_socket_send_data (sock, pattern + (gsize) k * length, length, timeouts[i], NULL,
                              &error);
        g_assert_no_error (error);
        q_socket_close (sock, NULL);
        got = test_drain_join (&drain);
        g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got),
                         pattern, 5 * length);
        close (fd);
        timer_delete (timer);
      }
}

/* ---- sending ---- */

/* The peer never reads. */
static gpointer
stuck_job (gpointer data)
{
  static const int timeouts[] = { 0, 1, 50, 130 };
  const Job *job = data;
  g_autoptr (GCancellable) cancellable = job->with_cancellable ? g_cancellable_new () : NULL;
  timer_t timer = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (job->kind, &fd);

  if (job->storm >= 0)
    timer = begin_storm (job->storm);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  test_fill_kernel (sock, pattern, TEST_OVERFLOW);
  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    for (int j = 0; j < 2; j++)
      expect_time_out (job->call, sock, timeouts[i], cancellable);
  close (fd);

  if (job->storm >= 0)
    timer_delete (timer);

  return NULL;
}

static void
test_send (TestKind kind)
{
  run_jobs (sends, G_N_ELEMENTS (sends), stuck_job, kind, FALSE);
}

static void
test_send_signals (TestKind kind)
{
  run_jobs (sends, G_N_ELEMENTS (sends), stuck_job, kind, TRUE);
}

typedef struct
{
  int fd;
  gboolean stop;
  gsize length;
} Sipper;

/* Reads so little at a time that there is always something to wait for, and never
 * for long. */
static gpointer
sip_thread (gpointer data)
{
  Sipper *sipper = data;
  guint8 sip[65536];
  gssize n = 1;

  while (n > 0)
    {
      n = recv (sipper->fd, sip, sizeof sip, 0);
      if (n > 0)
        {
          g_assert_cmpint (memcmp (sip, pattern + sipper->length, (gsize) n), ==, 0);
          sipper->length += (gsize) n;
        }
      if (!g_atomic_int_get (&sipper->stop))
        g_usleep (20000);
    }

  return NULL;
}

/* However often something moves, the time is that of the call as a whole. */
static void
test_send_to_sipper (TestKind kind)
{
  static const int timeouts[] = { 50, 130, 130, 200 };

  for (int with_cancellable = 0; with_cancellable < 2; with_cancellable++)
    {
      g_autoptr (GCancellable) cancellable = with_cancellable ? g_cancellable_new () : NULL;
      GThread *thread;
      Sipper sipper;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      test_fix_buffers (q_socket_get_socket (sock));
      test_fix_buffers (fd);
      sipper = (Sipper) { fd };
      thread = test_thread (sip_thread, &sipper);
      for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
        {
          guint64 sent = q_socket_get_bytes_sent (sock);
          gint64 start = g_get_monotonic_time ();
          GError *error = NULL;

          q_socket_send_data (sock, pattern + sent, TEST_OVERFLOW - sent, timeouts[i], cancellable,
                              &error);
          check_time ("send", start, timeouts[i]);
          test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
        }

      g_atomic_int_set (&sipper.stop, TRUE);
      q_socket_close (sock, NULL);
      g_thread_join (thread);
      g_assert_cmpuint (sipper.length, ==, q_socket_get_bytes_sent (sock));
      close (fd);
    }
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "read", test_read },
    { "read-signals", test_read_signals },
    { "signals-lose-nothing", test_signals_lose_nothing },
    { "no-time", test_no_time },
    { "very-long", test_very_long },
    { "send", test_send },
    { "send-signals", test_send_signals },
    { "send-to-sipper", test_send_to_sipper },
  };
  int status;

  g_test_init (&argc, &argv, NULL);

  deadline_calls_set_up ();
  test_add_cases ("deadline", cases, G_N_ELEMENTS (cases));
  status = g_test_run ();
  g_free (pattern);

  return status;
}
