/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"


#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- limits ---- */

static char *
make_head (gsize length)
{
  static const char start[] = "GET / HTTP/1.1\r\nA: ";
  gsize fill = length - (sizeof start - 1) - 4;
  g_autofree char *value = g_strnfill (fill, 'v');

  return g_strconcat (start, value, "\r\n\r\n", NULL);
}

static void
assert_kept (QSocket    *sock,
             const char *wire)
{
  g_autoptr (GBytes) kept = NULL;
  GError *error = NULL;

  kept = q_socket_recv_binary (sock, (gssize) strlen (wire), ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept), wire, strlen (wire));
}

static void
test_max_size (void)
{
  static const guint limits[] = { 30, 31, 4096, 65535, 65536, 65537 };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    for (int over = -1; over <= 1; over++)
      {
        int fd;
        g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
        gsize length = (gsize) ((int) limits[i] + over);
        g_autofree char *head = make_head (length);
        g_autofree char *wire = g_strconcat (head, "body", NULL);
        g_autoptr (GVariant) header = NULL;
        GError *error = NULL;
        TestFeed feed;

        q_socket_set_max_header_size (sock, limits[i]);
        test_feed_start (&feed, fd, sock, wire, strlen (wire), 10000, FALSE);
        header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
        if (over <= 0)
          {
            g_assert_no_error (error);
            g_assert_true (g_variant_is_of_type (header, G_VARIANT_TYPE_VARDICT));
            assert_kept (sock, "body");
          }
        else
          {
            g_assert_null (header);
            g_assert_true (g_str_has_prefix (error->message, "read_http_header from "));
            test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);
            g_assert_null (q_socket_read_http_header (sock, ENOUGH, NULL, &error));
            test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);

            /* With room for it, or by other means, it can still be read. */
            if (i % 2 == 0)
              {
                q_socket_set_max_header_size (sock, limits[i] + 1);
                header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
                g_assert_no_error (error);
                assert_kept (sock, "body");
              }
            else
              {
                assert_kept (sock, wire);
              }
          }
        test_feed_join (&feed);
        close (fd);
      }
}

/* Too much is too much at once: no need for the peer to go on. */
static void
test_max_size_at_once (void)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  g_autofree char *head = make_head (1000);
  GError *error = NULL;

  q_socket_set_max_header_size (sock, 100);
  test_write (fd, head, 100);
  test_wait_arrived (sock, 100);
  g_assert_null (q_socket_read_http_header (sock, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);
  q_socket_set_max_header_size (sock, 1);
  g_assert_null (q_socket_read_http_header (sock, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);
  close (fd);
}

typedef struct
{
  int fd;
  gsize sent;
} Flood;

static gpointer
flood_thread (gpointer data)
{
  Flood *flood = data;
  char piece[8192];
  gssize n;

  memset (piece, 'x', sizeof piece);
  memcpy (piece, "GET / HTTP/1.1\r\nA: ", 19);
  while ((n = send (flood->fd, piece, sizeof piece, MSG_NOSIGNAL)) > 0)
    {
      flood->sent += (gsize) n;
      memset (piece, 'x', 19);
    }

  return NULL;
}

/* A peer that never ends its header does not fill the memory: what it can get rid of, however often
 * the header is asked for, is what the kernel holds and what the socket does. */
static void
test_flood (void)
{
  Flood flood = { -1, 0 };
  QSocket *sock = test_pair (TEST_TCP4, &flood.fd);
  GError *error = NULL;
  GThread *thread;

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (flood.fd);
  thread = test_thread (flood_thread, &flood);

  for (int i = 0; i < 500; i++)
    {
      g_assert_null (q_socket_read_http_header (sock, ENOUGH, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);
    }

  g_object_unref (sock);
  g_thread_join (thread);
  g_test_message ("%" G_GSIZE_FORMAT " bytes were sent", flood.sent);
  g_assert_cmpuint (flood.sent, <, 2 * 1024 * 1024);
  close (flood.fd);
}

static void
test_max_count (void)
{
  static const guint limits[] = { 1, 2, 256 };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    for (guint over = 0; over < 2; over++)
      {
        int fd;
        g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
        g_autoptr (GString) wire = g_string_new ("HTTP/1.1 200 OK\r\n");
        g_autoptr (GVariant) header = NULL;
        GError *error = NULL;

        for (guint j = 0; j < limits[i] + over; j++)
          g_string_append (wire, j % 2 == 0 ? "A: b\r\n" : "C: d\r\n");
        g_string_append (wire, "\r\n");

        if (limits[i] != 256)
          q_socket_set_max_header_count (sock, limits[i]);
        test_write_text (fd, wire->str);
        header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
        if (over == 0)
          {
            g_assert_no_error (error);
            g_assert_true (g_variant_is_of_type (header, G_VARIANT_TYPE_VARDICT));
          }
        else
          {
            test_assert_error (error, Q_SOCKET_ERROR_TOO_LARGE);
            assert_kept (sock, wire->str);
          }
        close (fd);
      }
}

/* ---- arguments ---- */

typedef struct
{
  const char *method;           /* of a response: NULL */
  guint status;
  const char *path;
  const char *version;
  const char *headers;
  const char *body;
  int code;
} Refused;

#define BAD_MESSAGE Q_SOCKET_ERROR_HTTP
#define BAD_TYPE Q_SOCKET_ERROR_INVALID_ARGUMENT

static const Refused refused[] = {
  { "", 0, "/", "1.1", NULL, NULL, BAD_MESSAGE },
  { "GE T", 0, "/", "1.1", NULL, NULL, BAD_MESSAGE },
  { "GET\r\nX: y", 0, "/", "1.1", NULL, NULL, BAD_MESSAGE },
  { "G\xc3\xa9T", 0, "/", "1.1", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/a b", "1.1", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/\r\nX: y", "1.1", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/\n", "1.1", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/", "", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/", "2", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1\r\nX: y", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/", "HTTP/1.1", NULL, NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'': 'b'}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a b': 'c'}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a:': 'c'}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a\\r\\nb': 'c'}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a': 'b\\r\\nX: y'}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a': 'b\\nX: y'}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a': 'b\\rc'}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a': <['b', 'c\\r\\nX: y']>}", NULL, BAD_MESSAGE },
  { "POST", 0, "/", "1.1", "{'Content-Length': '5'}", "four", BAD_MESSAGE },
  { "POST", 0, "/", "1.1", "{'Content-Length': <5>}", "four", BAD_MESSAGE },
  { "POST", 0, "/", "1.1", "{'content-length': 'x'}", NULL, BAD_MESSAGE },
  { "POST", 0, "/", "1.1", "{'Content-Length': '4', 'Transfer-Encoding': 'chunked'}", NULL,
    BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "{'a': <1.5>}", NULL, BAD_MESSAGE },
  { "GET", 0, "/", "1.1", "'text'", NULL, BAD_TYPE },
  { "GET", 0, "/", "1.1", "{1: <'b'>}", NULL, BAD_TYPE },
  { "GET", 0, "/", "1.1", "('a', 'b')", NULL, BAD_TYPE },
  { NULL, 99, "OK", "1.1", NULL, NULL, BAD_MESSAGE },
  { NULL, 600, "OK", "1.1", NULL, NULL, BAD_MESSAGE },
  { NULL, 0, "OK", "1.1", NULL, NULL, BAD_MESSAGE },
  { NULL, G_MAXUINT, "OK", "1.1", NULL, NULL, BAD_MESSAGE },
  { NULL, 200, "O\r\nX: y", "1.1", NULL, NULL, BAD_MESSAGE },
  { NULL, 200, "O\nX", "1.1", NULL, NULL, BAD_MESSAGE },
  { NULL, 200, "OK", "1.2", NULL, NULL, BAD_MESSAGE },
  { NULL, 204, "No Content", "1.1", NULL, "body", BAD_MESSAGE },
  { NULL, 200, "OK", "1.1", "{'Content-Length': '3'}", "four", BAD_MESSAGE },
};

static gboolean
send_refused (QSocket        *sock,
              const Refused  *message,
              GError        **error)
{
  g_autoptr (GBytes) body = message->body != NULL
                            ? g_bytes_new_static (message->body, strlen (message->body)) : NULL;
  GVariant *headers = NULL;

  if (message->headers != NULL)
    headers = g_variant_new_parsed (message->headers);

  if (message->method != NULL)
    return q_socket_send_http_message (sock, message->method, message->path, message->version,
                                       headers, body, ENOUGH, NULL, error);

  return q_socket_send_http_response (sock, message->status, message->path, message->version,
                                      headers, body, ENOUGH, NULL, error);
}

static void
test_refused (void)
{
  int fd;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  GError *error = NULL;

  test_log_signals (sock, log);

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_test_message ("message %u", i);
      g_assert_false (send_refused (sock, &refused[i], &error));
      g_assert_true (g_str_has_prefix (error->message, refused[i].method != NULL
                                                       ? "send_http_message: "
                                                       : "send_http_response: "));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_null (strpbrk (error->message, "\r\n"));
      test_assert_error (error, refused[i].code);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 0);
    }

  test_assert_log (log, "%s", "");
  g_assert_true (q_socket_send_i1 (sock, 'x', ENOUGH, NULL, &error));
  test_expect (fd, "x", 1);
  g_assert_cmpint (recv (fd, &fd, 1, MSG_DONTWAIT), ==, -1);
}

/* ---- when nothing can be sent ---- */

static void
assert_silent (QSocket      *sock,
               GCancellable *cancellable,
               GQuark        domain,
               int           code)
{
  g_autoptr (GString) log = g_string_new (NULL);
  GError *error = NULL;

  test_log_signals (sock, log);
  g_assert_false (q_socket_send_http_message (sock, "GET", "/", "1.1", NULL, NULL, ENOUGH,
                                              cancellable, &error));
  g_assert_error (error, domain, code);
  g_clear_error (&error);
  g_assert_false (q_socket_send_http_response (sock, 200, "OK", "1.1", NULL, NULL, ENOUGH,
                                               cancellable, &error));
  g_assert_error (error, domain, code);
  g_clear_error (&error);
  test_assert_log (log, "%s", "");
  g_signal_handlers_disconnect_by_data (sock, log);
}

static gpointer
send_for_ever (gpointer data)
{
  g_autofree guint8 *bytes = g_malloc0 (TEST_OVERFLOW);

  q_socket_send_data (data, bytes, TEST_OVERFLOW, -1, NULL, NULL);

  return NULL;
}

static void
test_nothing_sent (void)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  g_autoptr (QSocket) closed = q_socket_new ();
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  GError *error = NULL;
  GThread *thread;

  assert_silent (closed, NULL, Q_SOCKET_ERROR, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_null (q_socket_read_http_header (closed, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);

  g_cancellable_cancel (cancelled);
  assert_silent (sock, cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  thread = test_thread_blocked (send_for_ever, sock);
  assert_silent (sock, NULL, Q_SOCKET_ERROR, Q_SOCKET_ERROR_PENDING);

  q_socket_close (sock, NULL);
  g_thread_join (thread);
  close (fd);
}

/* A body that does not fit is counted as far as it went. */
static void
test_timeout (void)
{
  int fd;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (TEST_OVERFLOW), TEST_OVERFLOW);
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GBytes) got = NULL;
  GError *error = NULL;

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  test_log_signals (sock, log);
  g_assert_false (q_socket_send_http_message (sock, "PUT", "/", "1.1", NULL, body, 120, NULL,
                                              &error));
  g_assert_cmpint (test_elapsed_ms (start), >=, 120);
  g_assert_true (g_str_has_prefix (error->message, "send_http_message to \"127.0.0.1:"));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_true (g_str_has_prefix (log->str, "HTTP_SEND_MESSAGE {'message': <'PUT / HTTP/1.1'>, "
                                             "'headers': <@a{sv} {}>}\nPACKET_SENT "));

  g_assert_true (q_socket_shutdown (sock, &error));
  got = test_read_to_end (fd);
  g_assert_cmpuint (g_bytes_get_size (got), ==, q_socket_get_bytes_sent (sock));
  close (fd);
}

/* ---- events ---- */

static void
test_events (void)
{
  static const char wire[] = "HTTP/1.1 200 OK\r\nA: b\r\na: c\r\n\r\n";
  int fd;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
  g_autoptr (GBytes) body = g_bytes_new_static ("<a/>", 4);
  g_autoptr (GVariant) kept = g_variant_ref_sink (g_variant_new_parsed ("{'A': 'b', 'C': 'd'}"));
  g_autoptr (GVariant) header = NULL;
  GError *error = NULL;

  test_log_signals (sock, log);

  g_assert_true (q_socket_send_http_message (sock, "POST", "/x", "1.1", kept, body, ENOUGH, NULL,
                                             &error));
  test_assert_log (log,
                   "HTTP_SEND_MESSAGE {'message': <'POST /x HTTP/1.1'>, "
                   "'headers': <{'A': <'b'>, 'C': <'d'>}>}\n"
                   "PACKET_SENT {'sent': <int64 55>, 'total_sent': <int64 55>, "
                   "'total_to_send': <int64 55>}");
  g_assert_cmpuint (g_variant_n_children (kept), ==, 2);

  g_assert_true (q_socket_send_http_response (sock, 404, "Not \xc3\xbc", "1.0",
                                              g_variant_new_parsed ("{'A': <['b', 'c']>}"), NULL,
                                              ENOUGH, NULL, &error));
  test_assert_log (log,
                   "HTTP_SEND_MESSAGE {'message': <'HTTP/1.0 404 Not \xc3\xbc'>, "
                   "'headers': <{'A': <['b', 'c']>}>}\n"
                   "PACKET_SENT {'sent': <int64 54>, 'total_sent': <int64 54>, "
                   "'total_to_send': <int64 54>}");

  /* Corked, the bytes leave later. */
  q_socket_cork (sock);
  g_assert_true (q_socket_send_http_message (sock, "GET", "/", "1.1", NULL, NULL, ENOUGH, NULL,
                                             &error));
  test_assert_log (log, "HTTP_SEND_MESSAGE {'message': <'GET / HTTP/1.1'>, "
                        "'headers': <@a{sv} {}>}");
  g_assert_true (q_socket_uncork (sock, ENOUGH, NULL, &error));
  test_assert_log (log, "PACKET_SENT {'sent': <int64 18>, 'total_sent': <int64 18>, "
                        "'total_to_send': <int64 18>}");

  test_write (fd, wire, 10);
  test_wait_arrived (sock, 10);
  g_assert_null (q_socket_read_http_header (sock, 0, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  test_write_text (fd, wire + 10);
  test_write_text (fd, "body");
  test_wait_arrived (sock, sizeof wire - 1 - 10 + 4);
  g_string_truncate (log, 0);
  header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_assert_log (log,
                   "PACKET_READ {'read': <int64 10>, 'total_read': <int64 10>}\n"
                   "PACKET_READ {'read': <int64 21>, 'total_read': <int64 31>}\n"
                   "HTTP_MESSAGE_RECEIVED {'headers': <{'http_version': <'1.1'>, "
                   "'status_code': <200>, 'status_message': <'OK'>, 'a': <['b', 'c']>}>}");
  close (fd);
}

/* All of the text that has come is returned, however much of it one read takes. */
static void
test_long_text (void)
{
  g_autoptr (GString) wire = g_string_new ("GET  / HTTP/1.1\r\n");
  g_autoptr (GVariant) text = NULL;
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);

  while (wire->len < 20000)
    g_string_append (wire, "Name: value\r\n");
  g_string_append (wire, "\r\n");
  test_write (fd, wire->str, wire->len);
  test_write_text (fd, "body");
  test_wait_arrived (sock, wire->len + 4);

  text = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_string (text, NULL), ==, wire->str);
  test_expect_bytes (sock, 0, "body", 4);
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/http/max-size", test_max_size);
  g_test_add_func ("/socket/http/max-size/at-once", test_max_size_at_once);
  g_test_add_func ("/socket/http/max-size/flood", test_flood);
  g_test_add_func ("/socket/http/max-count", test_max_count);
  g_test_add_func ("/socket/http/long-text", test_long_text);
  g_test_add_func ("/socket/http/refused", test_refused);
  g_test_add_func ("/socket/http/nothing-sent", test_nothing_sent);
  g_test_add_func ("/socket/http/timeout", test_timeout);
  g_test_add_func ("/socket/http/events", test_events);

  return g_test_run ();
}
