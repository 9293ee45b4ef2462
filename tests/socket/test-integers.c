/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <string.h>
#include <unistd.h>

/* ---- the functions as a table ---- */

typedef gboolean (*SendFunc) (QSocket *, gint64, int, GCancellable *, GError **);
typedef guint64 (*RecvFunc) (QSocket *, int, GCancellable *, GError **);

/* All results as 64 bits of the type that the function has. */
#define READER(name) \
  static guint64 \
  recv_##name (QSocket *sock, int timeout_ms, GCancellable *cancellable, GError **error) \
  { \
    return (guint64) q_socket_recv_##name (sock, timeout_ms, cancellable, error); \
  }

READER (i1)
READER (i2)
READER (i4)
READER (i8)
READER (i2_lsb)
READER (i4_lsb)
READER (i8_lsb)
READER (u1)
READER (u2)
READER (u4)
READER (u8)
READER (u2_lsb)
READER (u4_lsb)
READER (u8_lsb)

typedef enum { F1, F2, F4, F8, F2L, F4L, F8L, N_FORMATS } Format;

static const struct
{
  const char *name;
  gsize size;
  SendFunc send;
  RecvFunc recv_signed;
  RecvFunc recv_unsigned;
} formats[N_FORMATS] = {
  [F1] = { "1", 1, q_socket_send_i1, recv_i1, recv_u1 },
  [F2] = { "2", 2, q_socket_send_i2, recv_i2, recv_u2 },
  [F4] = { "4", 4, q_socket_send_i4, recv_i4, recv_u4 },
  [F8] = { "8", 8, q_socket_send_i8, recv_i8, recv_u8 },
  [F2L] = { "2-lsb", 2, q_socket_send_i2_lsb, recv_i2_lsb, recv_u2_lsb },
  [F4L] = { "4-lsb", 4, q_socket_send_i4_lsb, recv_i4_lsb, recv_u4_lsb },
  [F8L] = { "8-lsb", 8, q_socket_send_i8_lsb, recv_i8_lsb, recv_u8_lsb },
};

/* What is sent, what that is on the wire, and what it is read as. */
static const struct
{
  Format format;
  gint64 value;
  const char *wire;
  gint64 as_signed;
  guint64 as_unsigned;
} rows[] = {
  { F1, 0, "\x00", 0, 0 },
  { F1, 1, "\x01", 1, 1 },
  { F1, -1, "\xff", -1, 255 },
  { F1, 127, "\x7f", 127, 127 },
  { F1, 128, "\x80", -128, 128 },
  { F1, -128, "\x80", -128, 128 },
  { F1, 300, "\x2c", 44, 44 },
  { F1, G_MAXINT64, "\xff", -1, 255 },
  { F1, G_MININT64, "\x00", 0, 0 },

  { F2, 0, "\x00\x00", 0, 0 },
  { F2, 0x0102, "\x01\x02", 0x0102, 0x0102 },
  { F2, -1, "\xff\xff", -1, 65535 },
  { F2, -2, "\xff\xfe", -2, 65534 },
  { F2, 32767, "\x7f\xff", 32767, 32767 },
  { F2, -32768, "\x80\x00", -32768, 32768 },
  { F2, 65536 + 258, "\x01\x02", 258, 258 },

  { F2L, 0x0102, "\x02\x01", 0x0102, 0x0102 },
  { F2L, -2, "\xfe\xff", -2, 65534 },
  { F2L, 32767, "\xff\x7f", 32767, 32767 },
  { F2L, -32768, "\x00\x80", -32768, 32768 },
  { F2L, 65536 + 258, "\x02\x01", 258, 258 },

  { F4, 0, "\x00\x00\x00\x00", 0, 0 },
  { F4, 0x01020304, "\x01\x02\x03\x04", 0x01020304, 0x01020304 },
  { F4, -1, "\xff\xff\xff\xff", -1, 4294967295 },
  { F4, -2, "\xff\xff\xff\xfe", -2, 4294967294 },
  { F4, G_MAXINT32, "\x7f\xff\xff\xff", G_MAXINT32, G_MAXINT32 },
  { F4, G_MININT32, "\x80\x00\x00\x00", G_MININT32, 2147483648 },
  { F4, 0x1122334455, "\x22\x33\x44\x55", 0x22334455, 0x22334455 },

  { F4L, 0x01020304, "\x04\x03\x02\x01", 0x01020304, 0x01020304 },
  { F4L, -2, "\xfe\xff\xff\xff", -2, 4294967294 },
  { F4L, G_MAXINT32, "\xff\xff\xff\x7f", G_MAXINT32, G_MAXINT32 },
  { F4L, G_MININT32, "\x00\x00\x00\x80", G_MININT32, 2147483648 },
  { F4L, 0x1122334455, "\x55\x44\x33\x22", 0x22334455, 0x22334455 },

  { F8, 0, "\x00\x00\x00\x00\x00\x00\x00\x00", 0, 0 },
  { F8, 0x0102030405060708, "\x01\x02\x03\x04\x05\x06\x07\x08",
    0x0102030405060708, 0x0102030405060708 },
  { F8, -1, "\xff\xff\xff\xff\xff\xff\xff\xff", -1, G_MAXUINT64 },
  { F8, -2, "\xff\xff\xff\xff\xff\xff\xff\xfe", -2, G_MAXUINT64 - 1 },
  { F8, G_MAXINT64, "\x7f\xff\xff\xff\xff\xff\xff\xff", G_MAXINT64, G_MAXINT64 },
  { F8, G_MININT64, "\x80\x00\x00\x00\x00\x00\x00\x00", G_MININT64,
    G_GUINT64_CONSTANT (0x8000000000000000) },

  { F8L, 0x0102030405060708, "\x08\x07\x06\x05\x04\x03\x02\x01",
    0x0102030405060708, 0x0102030405060708 },
  { F8L, -2, "\xfe\xff\xff\xff\xff\xff\xff\xff", -2, G_MAXUINT64 - 1 },
  { F8L, G_MAXINT64, "\xff\xff\xff\xff\xff\xff\xff\x7f", G_MAXINT64, G_MAXINT64 },
  { F8L, G_MININT64, "\x00\x00\x00\x00\x00\x00\x00\x80", G_MININT64,
    G_GUINT64_CONSTANT (0x8000000000000000) },
};

/* ---- helpers ---- */

static RecvFunc
get_reader (gsize row,
            int   is_unsigned)
{
  return is_unsigned ? formats[rows[row].format].recv_unsigned
                     : formats[rows[row].format].recv_signed;
}

static void
expect_value (QSocket      *sock,
              gsize         row,
              int           is_unsigned,
              GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  guint64 value = get_reader (row, is_unsigned) (sock, ENOUGH, cancellable, &error);

  g_assert_no_error (error);
  if (is_unsigned)
    g_assert_cmpuint (value, ==, rows[row].as_unsigned);
  else
    g_assert_cmpint ((gint64) value, ==, rows[row].as_signed);
}

static void
expect_failure (QSocket      *sock,
                RecvFunc      recv_func,
                int           timeout_ms,
                QSocketError  code)
{
  g_autoptr (GError) error = NULL;
  guint64 value = recv_func (sock, timeout_ms, NULL, &error);

  g_assert_error (error, Q_SOCKET_ERROR, (int) code);
  g_assert_cmpuint (value, ==, 0);

  /* Nobody has to ask for the error. */
  g_assert_cmpuint (recv_func (sock, 0, NULL, NULL), ==, 0);
}

/* ---- values ---- */

static void
test_send (TestKind kind)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  guint64 sent = 0;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  for (int way = 0; way < 4; way++)
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
      {
        gsize size = formats[rows[i].format].size;

        /* The second one of a cork goes its own short way. */
        if (way == 3)
          {
            q_socket_cork (sock);
            q_socket_send_i1 (sock, 'c', ENOUGH, NULL, &error);
            sent++;
          }
        g_assert_true (formats[rows[i].format].send (sock, rows[i].value, way == 1 ? 0 : ENOUGH,
                                                     way == 2 ? cancellable : NULL, &error));
        g_assert_no_error (error);
        if (way == 3)
          {
            g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, sent - 1);
            q_socket_uncork (sock, ENOUGH, NULL, &error);
            g_assert_no_error (error);
            test_expect (fd, "c", 1);
          }
        test_expect (fd, rows[i].wire, (gssize) size);
        sent += size;
        g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, sent);
      }

  q_socket_close (sock, NULL);
  for (Format f = 0; f < N_FORMATS; f++)
    {
      g_assert_false (formats[f].send (sock, 1, ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
      expect_failure (sock, formats[f].recv_signed, -1, Q_SOCKET_ERROR_NOT_OPEN);
      expect_failure (sock, formats[f].recv_unsigned, -1, Q_SOCKET_ERROR_NOT_OPEN);
    }
  close (fd);
}

/* Each value three times: the first one fills the buffer, the others come out of it. */
static void
test_recv (TestKind kind)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  for (int is_unsigned = 0; is_unsigned < 2; is_unsigned++)
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
      {
        gsize size = formats[rows[i].format].size;
        guint8 wire[24];

        for (gsize j = 0; j < 3; j++)
          memcpy (wire + j * size, rows[i].wire, size);
        test_write (fd, wire, 3 * size);
        test_wait_arrived (sock, 3 * size);
        expect_value (sock, i, is_unsigned, NULL);
        expect_value (sock, i, is_unsigned, NULL);
        expect_value (sock, i, is_unsigned, cancellable);
        g_assert_false (q_socket_is_data_available (sock, 0));
      }
  close (fd);
}

static void
test_recv_split (TestKind kind)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  for (int is_unsigned = 0; is_unsigned < 2; is_unsigned++)
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
      for (gsize piece = 1; piece < formats[rows[i].format].size; piece++)
        {
          TestFeed feed;

          test_feed_start (&feed, fd, sock, rows[i].wire, formats[rows[i].format].size, piece,
                           FALSE);
          expect_value (sock, i, is_unsigned, piece % 2 ? cancellable : NULL);
          test_feed_join (&feed);
        }
  close (fd);
}

/* ---- what came of an integer stays if no more comes ---- */

static void
test_time_out (TestKind kind)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  for (int is_unsigned = 0; is_unsigned < 2; is_unsigned++)
    for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
      {
        RecvFunc recv_func = get_reader (i, is_unsigned);
        gsize size = formats[rows[i].format].size;

        for (gsize k = 0; k < size; k++)
          {
            expect_failure (sock, recv_func, (int) (k % 3), Q_SOCKET_ERROR_TIMEOUT);
            test_write (fd, rows[i].wire + k, 1);
          }
        expect_value (sock, i, is_unsigned, NULL);
      }
  close (fd);
}

static void
test_end (TestKind kind)
{
  for (Format f = 0; f < N_FORMATS; f++)
    for (gsize k = 0; k < formats[f].size; k++)
      {
        int fd;
        g_autoptr (QSocket) sock = test_pair (kind, &fd);

        test_write (fd, "1234567", k);
        test_end_stream (fd);
        expect_failure (sock, formats[f].recv_signed, -1, Q_SOCKET_ERROR_CLOSED);
        expect_failure (sock, formats[f].recv_unsigned, -1, Q_SOCKET_ERROR_CLOSED);
        for (gsize j = 0; j < k; j++)
          g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, NULL), ==, '1' + (gint) j);
        expect_failure (sock, recv_u1, -1, Q_SOCKET_ERROR_CLOSED);
        test_expect_bytes (sock, -1, "", 0);
        close (fd);
      }
}

/* ---- in turn with everything else ---- */

static void
read_mixture (QSocket *sock)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) header = NULL;
  g_autofree char *text = NULL;
  guint8 memory[2];

  g_assert_cmpint (q_socket_recv_i2 (sock, ENOUGH, NULL, &error), ==, 2);
  text = q_socket_recv (sock, 3, ENOUGH, NULL, &error);
  g_assert_cmpstr (text, ==, "h\xc3\xa9");
  g_assert_cmpuint (q_socket_recv_u4_lsb (sock, ENOUGH, NULL, &error), ==, 0xfefdfcfb);
  header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (header, "host", "s", NULL));
  g_assert_cmpint (q_socket_recv_i8 (sock, ENOUGH, NULL, &error), ==, -2);
  test_expect_bytes (sock, 2, "ab", 2);
  g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, -3);
  g_assert_cmpint (q_socket_recv_into (sock, memory, 2, 2, ENOUGH, NULL, &error), ==, 2);
  g_assert_cmpmem (memory, 2, "cd", 2);
  g_assert_cmpuint (q_socket_recv_u2_lsb (sock, ENOUGH, NULL, &error), ==, 0x0201);
  g_assert_no_error (error);
}

static void
test_mixture (TestKind kind)
{
  static const char wire[] =
    "\0\2" "h\xc3\xa9" "\xfb\xfc\xfd\xfe" "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    "\xff\xff\xff\xff\xff\xff\xff\xfe" "ab" "\xfd" "cd" "\1\2";
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  for (gsize piece = 1; piece < sizeof wire; piece++)
    {
      TestFeed feed;

      test_feed_start (&feed, fd, sock, wire, sizeof wire - 1, piece, FALSE);
      read_mixture (sock);
      test_feed_join (&feed);
      g_assert_false (q_socket_is_data_available (sock, 0));
    }
  close (fd);
}

static void
count_read (QSocket      *sock,
            QSocketEvent *event,
            gpointer      data)
{
  *(gint64 *) data += q_socket_event_get_read (event);
}

/* Far more than a buffer full, of all sizes, so that they lie across its end. */
static void
test_many (TestKind kind)
{
  static const Format order[] = { F1, F8, F2L, F4, F8L, F1, F4L, F2 };
  const gsize n = 60000;
  g_autoptr (GByteArray) wire = g_byte_array_new ();

  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < formats[order[i % 8]].size; j++)
      g_byte_array_append (wire, (const guint8[]) { (guint8) (wire->len * 31 + i) }, 1);

  for (int with_handler = 0; with_handler < 2; with_handler++)
    {
      g_autoptr (GError) error = NULL;
      const guint8 *expected = wire->data;
      gint64 n_read = 0;
      TestFeed feed;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      if (with_handler)
        g_signal_connect (sock, "packet-read", G_CALLBACK (count_read), &n_read);
      test_feed_start (&feed, fd, sock, wire->data, wire->len, G_MAXSIZE, TRUE);
      for (gsize i = 0; i < n; i++)
        {
          Format f = order[i % 8];
          guint64 value = formats[f].recv_unsigned (sock, ENOUGH, NULL, &error);

          for (gsize j = 0; j < formats[f].size; j++)
            {
              gsize shift = f >= F2L ? 8 * j : 8 * (formats[f].size - 1 - j);

              g_assert_cmpuint ((value >> shift) & 0xff, ==, *expected++);
            }
        }
      g_assert_no_error (error);
      g_assert_cmpint (n_read, ==, with_handler ? wire->len : 0);
      expect_failure (sock, recv_i1, -1, Q_SOCKET_ERROR_CLOSED);
      test_feed_join (&feed);
      close (fd);
    }
}

/* ---- events ---- */

static void
log_read (QSocket      *sock,
          QSocketEvent *event,
          gpointer      data)
{
  g_string_append_printf (data, "%d/%d/%d ", (int) q_socket_event_get_read (event),
                          (int) q_socket_event_get_total_read (event),
                          (int) q_socket_event_get_total_to_read (event));
}

typedef struct
{
  int fd;
  const char *rest;
} Script;

static void
write_next (QSocket      *sock,
            QSocketEvent *event,
            gpointer      data)
{
  Script *script = data;

  if (*script->rest != '\0')
    test_write (script->fd, script->rest++, 1);
}

static void
expect_log (GString    *log,
            const char *expected)
{
  g_assert_cmpstr (log->str, ==, expected);
  g_string_truncate (log, 0);
}

static void
test_events (TestKind kind)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Script script;
  gulong handler;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  g_signal_connect (sock, "packet-read", G_CALLBACK (log_read), log);

  for (Format f = 0; f < N_FORMATS; f++)
    {
      gsize size = formats[f].size;
      g_autofree char *whole = g_strdup_printf ("%zu/%zu/%zu ", size, size, size);

      /* One from the kernel, one from the buffer: it makes no difference. */
      test_write (fd, "0123456789abcdef", 2 * size);
      test_wait_arrived (sock, 2 * size);
      formats[f].recv_signed (sock, ENOUGH, NULL, NULL);
      expect_log (log, whole);
      formats[f].recv_unsigned (sock, ENOUGH, NULL, NULL);
      expect_log (log, whole);
    }

  /* A step for each arrival, and the total runs through the call. */
  script = (Script) { fd, "bcd" };
  handler = g_signal_connect (sock, "packet-read", G_CALLBACK (write_next), &script);
  test_write (fd, "a", 1);
  q_socket_recv_i4 (sock, ENOUGH, NULL, NULL);
  g_signal_handler_disconnect (sock, handler);
  expect_log (log, "1/1/4 1/2/4 1/3/4 1/4/4 ");

  /* What an earlier call saw already is delivered to this one. */
  test_write (fd, "abc", 3);
  test_wait_arrived (sock, 3);
  expect_failure (sock, recv_i4, 0, Q_SOCKET_ERROR_TIMEOUT);
  g_string_truncate (log, 0);
  test_write (fd, "d", 1);
  q_socket_recv_i4 (sock, ENOUGH, NULL, NULL);
  expect_log (log, "3/3/4 1/4/4 ");
  close (fd);
}

/* A queue is seen at once, a handler with the next arrival at the latest. */
static void
test_late_listeners (TestKind kind)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  gulong handler;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_write (fd, "aaaabbbbccccddddeeee", 20);
  test_wait_arrived (sock, 20);
  q_socket_recv_i4 (sock, ENOUGH, NULL, NULL);

  q_socket_set_event_queue_object (sock, queue);
  q_socket_recv_i4 (sock, ENOUGH, NULL, NULL);
  g_assert_cmpint (q_event_queue_get_length (queue), ==, 1);
  q_socket_set_event_queue_object (sock, NULL);
  q_socket_recv_i4 (sock, ENOUGH, NULL, NULL);
  g_assert_cmpint (q_event_queue_get_length (queue), ==, 1);

  /* Reads that are no integers always ask. */
  handler = g_signal_connect (sock, "packet-read", G_CALLBACK (log_read), log);
  test_expect_bytes (sock, 4, "dddd", 4);
  expect_log (log, "4/4/4 ");
  q_socket_recv_i4 (sock, ENOUGH, NULL, NULL);
  g_string_truncate (log, 0);

  test_write (fd, "aaaabbbbcccc", 12);
  test_wait_arrived (sock, 12);
  q_socket_recv_i4 (sock, ENOUGH, NULL, NULL);
  q_socket_recv_i4_lsb (sock, ENOUGH, NULL, NULL);
  expect_log (log, "4/4/4 4/4/4 ");
  g_signal_handler_disconnect (sock, handler);
  q_socket_recv_u4 (sock, ENOUGH, NULL, NULL);
  expect_log (log, "");
  close (fd);
}

static void
read_again (QSocket      *sock,
            QSocketEvent *event,
            gpointer      data)
{
  GError *error = NULL;

  g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 0);
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_true (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
  g_assert_no_error (error);
  ++*(guint *) data;
}

static void
close_it (QSocket      *sock,
          QSocketEvent *event,
          gpointer      data)
{
  q_socket_close (sock, NULL);
  g_object_unref (sock);
}

/* Handlers are in the middle of the call: a second read there is a second reader,
 * and a close there does not take the value away. */
static void
test_handlers (TestKind kind)
{
  for (int is_buffered = 0; is_buffered < 2; is_buffered++)
    {
      g_autoptr (GError) error = NULL;
      guint n = 0;
      gulong handler;
      int fd;
      QSocket *sock = test_pair (kind, &fd);

      handler = g_signal_connect (sock, "packet-read", G_CALLBACK (read_again), &n);
      test_write (fd, "abcdef", 6);
      test_wait_arrived (sock, 6);
      g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 'a');
      g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 'b');
      g_assert_no_error (error);
      g_assert_cmpuint (n, ==, 2);
      test_expect (fd, "\1\1", 2);

      g_signal_handler_disconnect (sock, handler);
      g_object_add_weak_pointer (G_OBJECT (sock), (gpointer *) &sock);
      g_signal_connect (sock, "packet-read", G_CALLBACK (close_it), NULL);
      if (is_buffered)
        g_assert_cmpint (q_socket_recv_i2 (sock, ENOUGH, NULL, &error), ==, 'c' * 256 + 'd');
      else
        test_expect_bytes (sock, 4, "cdef", 4);
      g_assert_no_error (error);
      g_assert_null (sock);
      close (fd);
    }
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "send", test_send },
    { "recv", test_recv },
    { "recv-split", test_recv_split },
    { "time-out", test_time_out },
    { "end", test_end },
    { "mixture", test_mixture },
    { "many", test_many },
    { "events", test_events },
    { "late-listeners", test_late_listeners },
    { "handlers", test_handlers },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("integers", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
