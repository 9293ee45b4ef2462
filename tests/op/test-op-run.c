/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "links.h"
#include "q-recv-http-op-private.h"
#include "q-send-op-private.h"

#include <errno.h>
#include <fcntl.h>

/* The blocking driver: time, cancelling and closing. */

/* ---- deadlines ---- */

/* The first wait of a channel is a poll, in later ones the read itself may sleep. */
static void
test_read_deadline (gconstpointer data)
{
  static const int timeouts[] = { 0, 1, 20, 100, 101, 100 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Link link;

  link_open (&link, GPOINTER_TO_INT (data));

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      GError *error = NULL;
      gint64 start = g_get_monotonic_time ();

      g_assert_false (run_read (&link, 5, timeouts[i], NULL, &error));
      check_not_early (start, timeouts[i]);
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
    }

  for (guint i = 2; i < 4; i++)
    {
      GError *error = NULL;
      gint64 start = g_get_monotonic_time ();

      g_assert_false (run_read (&link, 5, timeouts[i], cancellable, &error));
      check_not_early (start, timeouts[i]);
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
    }

  link_close (&link);
}

static gsize
count_waiting (int fd)
{
  char bytes[65536];
  gsize total = 0;
  gssize n;

  while ((n = recv (fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
    total += (gsize) n;

  return total;
}

/* Every byte that left is counted, also if the kernel took a part of a write before the time was
 * up. */
static void
test_write_deadline (gconstpointer data)
{
  static const int timeouts[] = { 20, 100, 120, 0 };
  const gsize size = 16 * 1024 * 1024;
  g_autofree char *bytes = g_malloc0 (size);
  int buffer = 1;
  gsize sent = 0;
  Link link;

  link_open (&link, GPOINTER_TO_INT (data));
  setsockopt (link.channel->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  setsockopt (link.peer, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time ();
      guint64 before = atomic_load (&link.channel->counters->bytes_sent);
      QSendOp op;

      q_send_op_init (&op, "write to", link.channel, &no_sink, bytes, size, NULL, 0);
      g_assert_false (q_op_run (&op.parent, timeouts[i], NULL, &error));
      check_not_early (start, timeouts[i]);
      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT);
      g_assert_cmpuint (atomic_load (&link.channel->counters->bytes_sent), ==, before + op.sent);
      g_assert_cmpuint (op.sent, <, size);
      sent += op.sent;
    }

  /* TCP delivers the rest only as the peer reads. */
  while (sent > 0)
    {
      gsize n = count_waiting (link.peer);

      g_assert_cmpuint (n, <=, sent);
      sent -= n;
    }

  link_close (&link);
}

/* Any negative timeout is without limit, and the greatest one does not overflow. */
static gpointer
late_writer_thread (gpointer data)
{
  Link *link = data;

  test_wait_in_kernel (getpid ());
  test_write_text (link->peer, "hello");

  return NULL;
}

static void
test_long_timeouts (gconstpointer data)
{
  static const int timeouts[] = { -1, -2, G_MININT, G_MAXINT, G_MAXINT, -1, 100000 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Link link;

  link_open (&link, GPOINTER_TO_INT (data));

  for (guint i = 0; i < 2 * G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GError) error = NULL;
      GThread *thread = start_thread (late_writer_thread, &link);

      run_read (&link, 5, timeouts[i / 2], i % 2 != 0 ? cancellable : NULL, &error);
      g_assert_no_error (error);
      g_thread_join (thread);
    }

  link_close (&link);
}

static void
test_timeout_zero (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Link link;

  link_open (&link, GPOINTER_TO_INT (data));

  test_write_text (link.peer, "abcdef");
  run_read (&link, 4, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (q_recv_buffer_length (&link.channel->in), ==, 2);

  /* From the buffer. */
  run_read (&link, 1, 0, NULL, &error);
  g_assert_no_error (error);

  g_assert_false (run_read (&link, 2, 0, NULL, &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_cmpuint (q_recv_buffer_length (&link.channel->in), ==, 1);

  link_close (&link);
}

/* ---- peers that never stop ---- */

typedef struct
{
  int fd;
  gsize piece;
  int interval_us;
  int stop;
  gsize sent;
} Flood;

static gpointer
flood_thread (gpointer data)
{
  Flood *flood = data;
  g_autofree char *bytes = g_malloc (flood->piece);

  memset (bytes, 'a', flood->piece);

  while (!g_atomic_int_get (&flood->stop))
    {
      gssize n = send (flood->fd, bytes, flood->piece, MSG_NOSIGNAL | MSG_DONTWAIT);

      if (n > 0)
        flood->sent += (gsize) n;
      if (flood->interval_us > 0)
        g_usleep ((gulong) flood->interval_us);
    }

  return NULL;
}

typedef struct
{
  const char *name;
  gsize piece;
  int interval_us;
  gssize size;
  int timeout_ms;
  gboolean with_cancellable;
  gboolean is_http;
} FloodCase;

static const FloodCase flood_cases[] = {
  { "drip/size", 1, 4000, 1000, 110, FALSE, FALSE },
  { "drip/size-direct", 1, 4000, 100000, 110, FALSE, FALSE },
  { "drip/end", 1, 4000, -1, 110, FALSE, FALSE },
  { "drip/cancellable", 1, 4000, 1000, 60, TRUE, FALSE },
  { "drip/http", 1, 4000, 0, 60, FALSE, TRUE },
  { "drip/short", 1, 4000, 1000, 30, FALSE, FALSE },
  { "flood/end", 64, 0, -1, 60, FALSE, FALSE },
  { "flood/end-cancellable", 64, 0, -1, 60, TRUE, FALSE },
  { "flood/end-pieces", 65536, 0, -1, 20, FALSE, FALSE },
  { "flood/size", 64, 0, 1 << 30, 60, FALSE, FALSE },
  { "flood/no-time", 64, 0, -1, 0, FALSE, FALSE },
};

/* Each call is made twice, since only the second one may sleep in the kernel. */
static void
test_flood (gconstpointer data)
{
  const FloodCase *the_case = data;
  g_autoptr (GCancellable) cancellable = the_case->with_cancellable ? g_cancellable_new () : NULL;
  Flood flood = { .piece = the_case->piece, .interval_us = the_case->interval_us };
  GThread *thread;
  Link link;

  link_open (&link, TEST_TCP4);
  flood.fd = link.peer;
  thread = start_thread (flood_thread, &flood);

  for (int i = 0; i < 2; i++)
    {
      GError *error = NULL;
      gint64 start = g_get_monotonic_time ();

      if (the_case->is_http)
        {
          QRecvHttpOp op;

          q_recv_http_op_init (&op, "read from", link.channel, &no_sink, 1 << 20, 100);
          g_assert_false (q_op_run (&op.parent, the_case->timeout_ms, cancellable, &error));
          q_recv_http_op_clear (&op);
        }
      else
        {
          g_assert_false (run_read (&link, the_case->size, the_case->timeout_ms, cancellable,
                                    &error));
        }

      check_not_early (start, the_case->timeout_ms);
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
    }

  /* No byte that was sent is lost. */
  g_atomic_int_set (&flood.stop, TRUE);
  g_thread_join (thread);
  g_assert_no_errno (shutdown (link.peer, SHUT_WR));
  while (q_recv_buffer_length (&link.channel->in) < flood.sent)
    {
      QRecvOp op;

      q_recv_op_init (&op, "read from", link.channel, &no_sink, Q_RECV_TO_BYTES, 0, 0);
      g_assert_cmpint (q_recv_fill_buffer (&op.parent, 65536), !=, 0);
    }
  g_assert_cmpuint (q_recv_buffer_length (&link.channel->in), ==, flood.sent);

  link_close (&link);
}

/* ---- cancelling and closing ---- */

typedef struct
{
  Link *link;
  GCancellable *cancellable;
} Ender;

/* Ends the call of the main thread as soon as that sleeps. */
static gpointer
ender_thread (gpointer data)
{
  Ender *ender = data;

  test_wait_in_kernel (getpid ());
  if (ender->cancellable != NULL)
    g_cancellable_cancel (ender->cancellable);
  else
    q_channel_close (ender->link->channel);

  return NULL;
}

typedef struct
{
  const char *name;
  gboolean cancels;
  gboolean writes;
  gssize size;
  int timeout_ms;
} EndCase;

static const EndCase end_cases[] = {
  { "cancel/read", TRUE, FALSE, 10, -1 },
  { "cancel/read-deadline", TRUE, FALSE, 10, ENOUGH },
  { "cancel/read-end", TRUE, FALSE, -1, -1 },
  { "cancel/write", TRUE, TRUE, 0, -1 },
  { "close/read", FALSE, FALSE, 10, -1 },
  { "close/read-deadline", FALSE, FALSE, 10, ENOUGH },
  { "close/read-direct", FALSE, FALSE, 100000, -1 },
  { "close/read-end", FALSE, FALSE, -1, -1 },
  { "close/write", FALSE, TRUE, 0, -1 },
  { "close/write-deadline", FALSE, TRUE, 0, ENOUGH },
};

static void
run_end_case (const EndCase *the_case,
              TestKind       kind)
{
  g_autoptr (GCancellable) cancellable = the_case->cancels ? g_cancellable_new () : NULL;
  g_autofree char *bytes = g_malloc0 (8 * 1024 * 1024);
  g_autoptr (GError) error = NULL;
  Link link;
  Ender ender = { &link, cancellable };
  GThread *thread;

  link_open (&link, kind);
  g_assert_true (q_channel_enter (link.channel));
  if (!the_case->writes)
    test_write_text (link.peer, "some");

  /* After one wait, the read of the next call may sleep. */
  if (the_case->timeout_ms > 0 && !the_case->writes)
    g_assert_false (run_read (&link, 10, 1, NULL, NULL));

  thread = start_thread (ender_thread, &ender);

  if (the_case->writes)
    {
      QSendOp op;

      q_send_op_init (&op, "write to", link.channel, &no_sink, bytes, 8 * 1024 * 1024,
                       NULL, 0);
      g_assert_false (q_op_run (&op.parent, the_case->timeout_ms, cancellable, &error));
    }
  else
    {
      g_assert_false (run_read (&link, the_case->size, the_case->timeout_ms, cancellable, &error));
      g_assert_cmpmem (q_recv_buffer_bytes (&link.channel->in),
                       q_recv_buffer_length (&link.channel->in), "some", 4);
    }

  g_thread_join (thread);
  if (the_case->cancels)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);

  q_channel_leave (link.channel);
  link_close (&link);
}

static void
test_end (gconstpointer data)
{
  run_end_case (data, TEST_TCP4);
  run_end_case (data, TEST_UNIX);
}

/* Nothing is done for a call that was cancelled before it began. */
static void
test_cancelled_before (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Link link;

  link_open (&link, TEST_UNIX);
  q_recv_buffer_put_back (&link.channel->in, (const guint8 *) "ab", 2);
  test_write_text (link.peer, "cd");
  g_cancellable_cancel (cancellable);

  g_assert_false (run_read (&link, 1, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (q_recv_buffer_length (&link.channel->in), ==, 2);

  g_assert_true (run_read (&link, 4, -1, NULL, NULL));
  link_close (&link);
}

/* A peer that is always ready does not keep a call from being cancelled. */
static void
test_cancel_flood (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Flood flood = { .piece = 256 };
  GThread *threads[2];
  Link link;
  Ender ender = { &link, cancellable };

  link_open (&link, TEST_TCP4);
  flood.fd = link.peer;
  threads[0] = start_thread (flood_thread, &flood);
  threads[1] = start_thread (ender_thread, &ender);

  g_assert_false (run_read (&link, -1, -1, cancellable, &error));
  g_thread_join (threads[1]);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_atomic_int_set (&flood.stop, TRUE);
  g_thread_join (threads[0]);
  link_close (&link);
}

/* ---- both directions at once ---- */

#define BOTH_SIZE (8 * 1024 * 1024)

typedef struct
{
  Link *link;
  int timeout_ms;
  guint8 *bytes;
} Both;

static gpointer
both_writer_thread (gpointer data)
{
  Both *both = data;
  g_autoptr (GError) error = NULL;
  QSendOp op;

  q_send_op_init (&op, "write to", both->link->channel, &no_sink, both->bytes, BOTH_SIZE,
                   NULL, 0);
  q_op_run (&op.parent, both->timeout_ms, NULL, &error);
  g_assert_no_error (error);

  return NULL;
}

static gpointer
echo_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  g_autofree char *bytes = g_malloc (100000);
  gssize n;

  while ((n = recv (fd, bytes, 100000, 0)) > 0)
    test_write (fd, bytes, (gsize) n);

  return NULL;
}

/* One thread reads what the other writes, through a peer that sends it back. Both may change the
 * flags of the descriptor, which must disturb neither. */
static void
test_both_directions (gconstpointer data)
{
  Link link;
  Both both = { &link, GPOINTER_TO_INT (data), g_malloc (BOTH_SIZE) };

  for (gsize i = 0; i < BOTH_SIZE; i++)
    both.bytes[i] = (guint8) (i * 7 + i / 255);

  for (int nonblocking = 0; nonblocking < 2; nonblocking++)
    {
      g_autofree guint8 *bytes = g_malloc (BOTH_SIZE);
      g_autoptr (GError) error = NULL;
      GThread *threads[2];
      QRecvOp op;

      link_open (&link, TEST_TCP4);
      link.channel->plain.nonblocking = nonblocking;
      if (nonblocking)
        g_assert_no_errno (fcntl (link.channel->fd, F_SETFL, O_RDWR | O_NONBLOCK));
      threads[0] = start_thread (echo_thread, GINT_TO_POINTER (link.peer));
      threads[1] = start_thread (both_writer_thread, &both);

      /* In large pieces and in small ones. */
      for (gsize done = 0; done < BOTH_SIZE; done += op.length)
        {
          gsize size = MIN (BOTH_SIZE - done, done % 3 == 0 ? 1000000 : 777);

          q_recv_op_init_memory (&op, "read from", link.channel, &no_sink, bytes + done, size,
                                 size);
          q_op_run (&op.parent, both.timeout_ms, NULL, &error);
          g_assert_no_error (error);
        }

      g_assert_true (memcmp (bytes, both.bytes, BOTH_SIZE) == 0);
      g_thread_join (threads[1]);
      q_channel_unref (link.channel);
      g_thread_join (threads[0]);
      close (link.peer);
    }

  g_free (both.bytes);
}

/* ---- a reset ---- */

static void
test_reset (void)
{
  static const struct linger at_once = { 1, 0 };
  g_autoptr (GError) error = NULL;
  Link link;

  link_open (&link, TEST_TCP4);
  test_write_text (link.peer, "abcde");
  g_assert_no_errno (setsockopt (link.peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  close (link.peer);

  g_assert_true (run_read (&link, 3, ENOUGH, NULL, NULL));
  g_assert_false (run_read (&link, 3, ENOUGH, NULL, &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_RECV);
  g_assert_true (g_str_has_suffix (error->message, g_strerror (ECONNRESET)));
  g_assert_true (run_read (&link, 2, 0, NULL, NULL));

  q_channel_unref (link.channel);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    GTestDataFunc function;
  } both[] = {
    { "read-deadline", test_read_deadline },
    { "write-deadline", test_write_deadline },
    { "long-timeouts", test_long_timeouts },
    { "timeout-zero", test_timeout_zero },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    for (TestKind kind = TEST_TCP4; kind <= TEST_UNIX; kind += TEST_UNIX - TEST_TCP4)
      {
        g_autofree char *path = g_strdup_printf ("/op/op-run/%s/%s", both[i].name,
                                                 test_kind_name (kind));

        g_test_add_data_func (path, GINT_TO_POINTER (kind), both[i].function);
      }

  for (guint i = 0; i < G_N_ELEMENTS (flood_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/op/op-run/", flood_cases[i].name, NULL);

      g_test_add_data_func (path, &flood_cases[i], test_flood);
    }
  for (guint i = 0; i < G_N_ELEMENTS (end_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/op/op-run/", end_cases[i].name, NULL);

      g_test_add_data_func (path, &end_cases[i], test_end);
    }

  g_test_add_func ("/op/op-run/cancel/before", test_cancelled_before);
  g_test_add_func ("/op/op-run/cancel/flood", test_cancel_flood);
  g_test_add_func ("/op/op-run/reset", test_reset);
  g_test_add_data_func ("/op/op-run/both-directions", GINT_TO_POINTER (-1), test_both_directions);
  g_test_add_data_func ("/op/op-run/both-directions/deadline", GINT_TO_POINTER (ENOUGH),
                        test_both_directions);

  return g_test_run ();
}
