/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- helpers ---- */

static GVariant *
parse (const char *text)
{
  GError *error = NULL;
  GVariant *variant;

  if (text == NULL)
    return NULL;

  variant = g_variant_parse (NULL, text, NULL, NULL, &error);
  g_assert_no_error (error);

  return variant;
}

static void
assert_prints (GVariant   *variant,
               const char *text)
{
  g_autofree char *printed = NULL;

  g_assert_nonnull (variant);
  g_assert_false (g_variant_is_floating (variant));
  g_assert_true (g_variant_is_normal_form (variant));
  printed = g_variant_print (variant, TRUE);
  g_assert_cmpstr (printed, ==, text);
}

static void
assert_header (QSocket    *sock,
               const char *text)
{
  g_autoptr (GVariant) header = NULL;
  GError *error = NULL;

  header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  assert_prints (header, text);
}

static void
assert_bytes (QSocket    *sock,
              const char *text)
{
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  bytes = q_socket_recv_binary (sock, (gssize) strlen (text), ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

/* ---- both roles ---- */

typedef struct
{
  const char *method;           /* of a response: NULL */
  guint status;
  const char *path;             /* of a response: its text */
  const char *version;
  const char *headers;
  const char *body;
  const char *wire;
  const char *header;
} Message;

static const Message messages[] = {
  { "GET", 0, "/a?b=c", "1.1", "{'Host': <'h'>}", NULL,
    "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n",
    "{'http_version': <'1.1'>, 'method': <'GET'>, 'path': <'/a?b=c'>, 'host': <'h'>}" },
  { "POST", 0, "/x", "1.0", "{'Content-Type': <'text/xml'>}", "<a/>",
    "POST /x HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>",
    "{'http_version': <'1.0'>, 'method': <'POST'>, 'path': <'/x'>, "
    "'content-type': <'text/xml'>, 'content-length': <'4'>}" },
  { "PUT", 0, "/", "1.1", NULL, NULL,
    "PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "{'http_version': <'1.1'>, 'method': <'PUT'>, 'path': <'/'>, 'content-length': <'0'>}" },
  { "OPTIONS", 0, "*", "1.1",
    "{'I': <-1>, 'U': <uint32 4294967295>, 'X': <int64 -2>, 'T': <uint64 3>, 'B': <true>, "
    "'C': <false>, 'L': <['a', 'b']>, 'l': <'c'>, 'E': <''>}", NULL,
    "OPTIONS * HTTP/1.1\r\nI: -1\r\nU: 4294967295\r\nX: -2\r\nT: 3\r\nB: 1\r\nC: 0\r\n"
    "L: a\r\nL: b\r\nl: c\r\nE: \r\n\r\n",
    "{'http_version': <'1.1'>, 'method': <'OPTIONS'>, 'path': <'*'>, 'i': <'-1'>, "
    "'u': <'4294967295'>, 'x': <'-2'>, 't': <'3'>, 'b': <'1'>, 'c': <'0'>, "
    "'l': <['a', 'b', 'c']>, 'e': <''>}" },
  { "POST", 0, "/", "1.1", "{'a': 'b', 'Transfer-Encoding': 'chunked'}", NULL,
    "POST / HTTP/1.1\r\na: b\r\nTransfer-Encoding: chunked\r\n\r\n",
    "{'http_version': <'1.1'>, 'method': <'POST'>, 'path': <'/'>, 'a': <'b'>, "
    "'transfer-encoding': <'chunked'>}" },
  { NULL, 200, "OK", "1.1", "{'Method': <'x'>, 'Status_Code': <7>}", "hi",
    "HTTP/1.1 200 OK\r\nMethod: x\r\nStatus_Code: 7\r\nContent-Length: 2\r\n\r\nhi",
    "{'http_version': <'1.1'>, 'status_code': <200>, 'status_message': <'OK'>, "
    "'content-length': <'2'>}" },
  { NULL, 404, "Not found at all", "1.0", "@a{sv} {}", NULL,
    "HTTP/1.0 404 Not found at all\r\nContent-Length: 0\r\n\r\n",
    "{'http_version': <'1.0'>, 'status_code': <404>, 'status_message': <'Not found at all'>, "
    "'content-length': <'0'>}" },
  { NULL, 204, "No Content", "1.1", NULL, NULL,
    "HTTP/1.1 204 No Content\r\n\r\n",
    "{'http_version': <'1.1'>, 'status_code': <204>, 'status_message': <'No Content'>}" },
  { NULL, 304, "", "1.1", "{'ETag': <'\"x\"'>}", "",
    "HTTP/1.1 304 \r\nETag: \"x\"\r\n\r\n",
    "{'http_version': <'1.1'>, 'status_code': <304>, 'etag': <'\"x\"'>}" },
};

static void
send_message (QSocket       *sock,
              const Message *message)
{
  g_autoptr (GBytes) body = message->body != NULL
                            ? g_bytes_new_static (message->body, strlen (message->body)) : NULL;
  g_autoptr (GVariant) headers = parse (message->headers);
  GError *error = NULL;

  if (message->method != NULL)
    q_socket_send_http_message (sock, message->method, message->path, message->version, headers,
                                body, ENOUGH, NULL, &error);
  else
    q_socket_send_http_response (sock, message->status, message->path, message->version, headers,
                                 body, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

static void
test_round_trip (TestKind kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_autoptr (QSocket) server = NULL;
      g_autoptr (QSocket) client = test_socket_pair (kind, &server);
      int fd;
      g_autoptr (QSocket) raw = test_pair (kind, &fd);
      g_autofree char *body = g_strdup (messages[i].body);

      g_test_message ("message %u", i);
      send_message (raw, &messages[i]);
      test_expect (fd, messages[i].wire, -1);
      g_assert_cmpuint (q_socket_get_bytes_sent (raw), ==, strlen (messages[i].wire));
      close (fd);

      /* All there is, several times over, in both directions at once. */
      for (guint j = 0; j < 3; j++)
        {
          send_message (client, &messages[i]);
          send_message (server, &messages[G_N_ELEMENTS (messages) - 1 - i]);
        }
      for (guint j = 0; j < 3; j++)
        {
          const Message *back = &messages[G_N_ELEMENTS (messages) - 1 - i];

          assert_header (server, messages[i].header);
          if (body != NULL && *body != '\0')
            assert_bytes (server, body);
          assert_header (client, back->header);
          if (back->body != NULL && *back->body != '\0')
            assert_bytes (client, back->body);
        }
      g_assert_false (q_socket_is_data_available (server, 0));
      g_assert_false (q_socket_is_data_available (client, 0));
    }
}

/* The head says nothing about the bytes behind it, however they come. */
static void
test_pieces (TestKind kind)
{
  static const char wire[] =
    "HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 4\r\n\r\n\0\1\xff\r"
    "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"
    "HTTP/1.1 204 \r\n\r\nrest";
  static const gsize pieces[] = { 1, 2, 3, 7, 16, 50, sizeof wire };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);
      g_autoptr (GBytes) body = NULL;
      g_autofree char *rest = NULL;
      GError *error = NULL;
      TestFeed feed;

      test_feed_start (&feed, fd, sock, wire, sizeof wire - 1, pieces[i], TRUE);
      assert_header (sock, "{'http_version': <'1.1'>, 'status_code': <200>, "
                           "'status_message': <'OK'>, 'a': <'1'>, 'content-length': <'4'>}");
      body = q_socket_recv_binary (sock, 4, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), "\0\1\xff\r", 4);
      assert_header (sock, "{'http_version': <'1.1'>, 'method': <'GET'>, 'path': <'/'>, "
                           "'host': <'h'>}");
      assert_header (sock, "{'http_version': <'1.1'>, 'status_code': <204>}");
      rest = q_socket_recv (sock, -1, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (rest, ==, "rest");
      test_feed_join (&feed);
      close (fd);
    }
}

/* Nothing that came is lost, whatever ends the call. */
static void
test_resumed (TestKind kind)
{
  static const char head[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  for (gsize i = 0; i < sizeof head - 1; i++)
    {
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);
      g_autoptr (GCancellable) cancelled = g_cancellable_new ();
      GError *error = NULL;

      test_write (fd, head, i);
      test_wait_arrived (sock, i);
      g_assert_null (q_socket_read_http_header (sock, 0, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
      g_cancellable_cancel (cancelled);
      g_assert_null (q_socket_read_http_header (sock, -1, cancelled, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      test_write (fd, head + i, sizeof head - 1 - i);
      assert_header (sock, "{'http_version': <'1.1'>, 'method': <'GET'>, 'path': <'/'>, "
                           "'host': <'h'>}");
      close (fd);
    }
}

/* A peer that is just not silent does not move the deadline: else the call would return only when
 * the peer has nothing left. */
static void
test_dripping (TestKind kind)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);
  g_autofree char *head = g_strnfill (4000, 'a');
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GBytes) kept = NULL;
  GError *error = NULL;
  TestFeed feed;
  gsize n_written;

  memcpy (head, "GET / HTTP/1.1\r\n", 16);
  test_drip_start (&feed, fd, head, 4000, 10);
  g_assert_null (q_socket_read_http_header (sock, 120, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_cmpint (test_elapsed_ms (start), >=, 120);

  n_written = test_feed_stop (&feed);
  g_assert_cmpuint (n_written, <, 4000);
  shutdown (fd, SHUT_WR);
  kept = q_socket_recv_binary (sock, -1, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept), head, n_written);
  close (fd);
}

/* ---- the end ---- */

static void
test_end (TestKind kind)
{
  static const char head[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

  for (gsize i = 0; i < sizeof head - 1; i++)
    {
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);
      g_autoptr (GBytes) kept = NULL;
      GError *error = NULL;

      test_write (fd, head, i);
      close (fd);
      for (int j = 0; j < 2; j++)
        {
          g_assert_null (q_socket_read_http_header (sock, ENOUGH, NULL, &error));
          test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
        }
      g_assert_true (q_socket_is_open (sock));
      kept = q_socket_recv_binary (sock, -1, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (kept, NULL), g_bytes_get_size (kept), head, i);
    }
}

/* ---- what is no header ---- */

static void
test_text (TestKind kind)
{
  static const struct
  {
    const char *wire;
    gsize length;
    const char *text;
    const char *rest;
  } cases[] = {
    { "SSH-2.0-OpenSSH_9.2\r\n", 21, "SSH-2.0-OpenSSH_9.2\r\n", "" },
    { "\x16\x03\x01\x02", 4, "\x16\x03\x01\x02", "" },
    { "\0\0", 2, "\xef\xbf\xbd\xef\xbf\xbd", "" },
    { "x\xff", 2, "x\xc3\xbf", "" },
    { "\xc3\xbc", 2, "\xc3\xbc", "" },
    { "GET /\r\n", 7, "GET /\r\n", "" },
    { "GET  / HTTP/1.1\r\n", 17, "GET  / HTTP/1.1\r\n", "" },
    { "GET / HTTP/2.0\r\n\r\nrest", 22, "GET / HTTP/2.0\r\n\r\n", "rest" },
    { "\r\n\r\nGET", 7, "\r\n\r\n", "GET" },
    { "220 mail\n\nMORE", 14, "220 mail\n\n", "MORE" },
    { "HTTP/1.1 200 OK\r\nA : b\r\nC: d\r\n\r\nbody", 36,
      "HTTP/1.1 200 OK\r\nA : b\r\nC: d\r\n\r\n", "body" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      int fd;
      g_autoptr (GString) log = g_string_new (NULL);
      g_autoptr (QSocket) sock = test_pair (kind, &fd);
      g_autoptr (GVariant) header = NULL;
      GError *error = NULL;

      g_test_message ("text %u", i);
      test_log_signals (sock, log);
      test_write (fd, cases[i].wire, cases[i].length);

      /* At once: nothing else will come, and there is no deadline. */
      header = q_socket_read_http_header (sock, -1, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (g_variant_is_of_type (header, G_VARIANT_TYPE_STRING));
      g_assert_cmpstr (g_variant_get_string (header, NULL), ==, cases[i].text);
      g_assert_null (strstr (log->str, "HTTP_MESSAGE_RECEIVED"));
      g_assert_nonnull (strstr (log->str, "PACKET_READ"));
      if (*cases[i].rest != '\0')
        assert_bytes (sock, cases[i].rest);
      g_assert_false (q_socket_is_data_available (sock, 0));
      close (fd);
    }
}

/* ---- one system call ---- */

/* Each message of a SOCK_SEQPACKET socket is one system call of the other side. */
static void
test_one_call (void)
{
  static const gsize sizes[] = { 1, 1000, 60000 };
  int fds[2];
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds));
  sock = q_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strnfill (sizes[i], 'b');
      g_autoptr (GBytes) body = g_bytes_new (text, sizes[i]);
      g_autofree char *wire =
        g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                         sizes[i], text);
      g_autofree char *got = g_malloc (65536);
      gssize n;

      q_socket_send_http_response (sock, 200, "OK", "1.1", NULL, body, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      n = recv (fds[1], got, 65536, MSG_DONTWAIT);
      g_assert_cmpmem (got, n, wire, strlen (wire));
      g_assert_cmpint (recv (fds[1], got, 1, MSG_DONTWAIT), ==, -1);
    }

  close (fds[1]);
}

/* A head that came as one message with its body leaves the body. */
static void
test_message_boundaries (void)
{
  static const char wire[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
  int fds[2];
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds));
  sock = q_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  test_write (fds[1], wire, 20);
  test_write (fds[1], wire + 20, sizeof wire - 1 - 20);
  test_write_text (fds[1], "next");
  assert_header (sock, "{'http_version': <'1.1'>, 'status_code': <200>, "
                       "'status_message': <'OK'>, 'content-length': <'4'>}");
  assert_bytes (sock, "body");
  assert_bytes (sock, "next");
  close (fds[1]);
}

/* ---- the charset ---- */

/* A head is ASCII, whatever the text around it is in. */
static void
test_charset (void)
{
  static const char wire[] = "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nbt\0";
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
  g_autoptr (GBytes) body = g_bytes_new_static ("b", 1);
  g_autoptr (GVariant) headers = parse ("{'Host': 'h'}");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  GError *error = NULL;

  g_assert_true (q_socket_set_charset (sock, "UTF-16LE", &error));
  q_socket_send_http_message (sock, "GET", "/", "1.1", headers, body, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_send (sock, "t", ENOUGH, NULL, &error));
  test_expect (fd, wire, sizeof wire - 1);

  test_write_text (fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\n");
  assert_header (sock, "{'http_version': <'1.1'>, 'status_code': <200>, "
                       "'status_message': <'OK'>, "
                       "'content-type': <'text/plain; charset=koi8-r'>}");
  g_assert_cmpstr (q_socket_get_charset (sock), ==, "UTF-16LE");

  /* With half a character of text before it. */
  test_write (fd, "t\0u", 3);
  first = q_socket_recv (sock, 3, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, "t");
  test_write (fd, "\0", 1);
  second = q_socket_recv (sock, 0, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (second, ==, "u");
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "round-trip", test_round_trip },
    { "pieces", test_pieces },
    { "resumed", test_resumed },
    { "dripping", test_dripping },
    { "end", test_end },
    { "text", test_text },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("http", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/socket/http/one-call", test_one_call);
  g_test_add_func ("/socket/http/message-boundaries", test_message_boundaries);
  g_test_add_func ("/socket/http/charset", test_charset);

  return g_test_run ();
}
