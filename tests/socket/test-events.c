/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"
#include "test-resolver.h"

#include <netdb.h>
#include <string.h>
#include <unistd.h>

/* ---- one table, three ways to listen ---- */

#define READ(step, total) \
  "PACKET_READ {'read': <int64 " #step ">, 'total_read': <int64 " #total ">}\n"
#define READ_OF(step, total, goal) \
  "PACKET_READ {'read': <int64 " #step ">, 'total_read': <int64 " #total ">, " \
  "'total_to_read': <int64 " #goal ">}\n"
#define SENT(step, total, goal) \
  "PACKET_SENT {'sent': <int64 " #step ">, 'total_sent': <int64 " #total ">, " \
  "'total_to_send': <int64 " #goal ">}\n"

/* What an operation needs: a closed socket, or one that is connected to @fd. */
typedef struct
{
  QSocket *sock;
  int fd;
  QSocket *listener;
  int port;
  char *dir;
  GString *expected;
} Fixture;

typedef struct
{
  const char *name;
  gboolean is_connected;
  void (*run) (Fixture *fixture);
  const char *expected;         /* on top of what @run adds */
} Operation;

static void
add_expected (Fixture    *fixture,
              const char *format,
              ...) G_GNUC_PRINTF (2, 3);

static void
add_expected (Fixture    *fixture,
              const char *format,
              ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_string_append_vprintf (fixture->expected, format, arguments);
  va_end (arguments);
}

static void
expect_lookup (Fixture    *fixture,
               const char *name)
{
  add_expected (fixture, "HOSTNAME_LOOKUP {'name': <'%s'>, 'service': <'%d'>}\n", name,
                fixture->port);
}

static void
expect_resolved (Fixture    *fixture,
                 const char *address,
                 int         family)
{
  add_expected (fixture, "HOSTNAME_RESOLVED {'address': <'%s'>, 'port': <%d>, 'type': <%d>, "
                "'typename': <'%s'>}\n", address, fixture->port, family,
                family == G_SOCKET_FAMILY_IPV4 ? "ipv4" : "ipv6");
}

static void
expect_connecting (Fixture    *fixture,
                   const char *target,
                   const char *address,
                   int         family)
{
  add_expected (fixture, "CONNECTING {'target': <'%s'>, 'type': <%d>, 'typename': <'%s'>, "
                "'address': <'%s'>, 'service': <'%d'>, 'port': <%d>}\n", target, family,
                family == G_SOCKET_FAMILY_IPV4 ? "ipv4" : "ipv6", address, fixture->port,
                fixture->port);
}

static void
connect_to (Fixture    *fixture,
            const char *format,
            int         code)
{
  g_autoptr (GString) target = g_string_new (format);
  g_autofree char *port = g_strdup_printf ("%d", fixture->port);
  GError *error = NULL;

  g_string_replace (target, "PORT", port, 0);
  q_socket_connect (fixture->sock, target->str, ENOUGH, NULL, &error);
  if (code < 0)
    g_assert_no_error (error);
  else
    test_assert_error (error, code);
}

static void
connect_literal (Fixture *fixture)
{
  expect_lookup (fixture, "127.0.0.1");
  expect_resolved (fixture, "127.0.0.1", G_SOCKET_FAMILY_IPV4);
  expect_connecting (fixture, "127.0.0.1", "127.0.0.1", G_SOCKET_FAMILY_IPV4);
  add_expected (fixture, "CONNECTED\n");
  connect_to (fixture, "127.0.0.1:PORT", -1);
}

static void
connect_ipv6 (Fixture *fixture)
{
  if (!test_kind_is_here (TEST_TCP6))
    return;

  expect_lookup (fixture, "::1");
  expect_resolved (fixture, "::1", G_SOCKET_FAMILY_IPV6);
  expect_connecting (fixture, "::1", "::1", G_SOCKET_FAMILY_IPV6);
  add_expected (fixture, "CONNECTED\n");
  connect_to (fixture, "[::1]:PORT", -1);
}

/* The first address refuses, the third is not needed. */
static void
connect_name (Fixture *fixture)
{
  static const char * const addresses[] = { "127.0.0.2", "127.0.0.1", "127.0.0.3", NULL };

  g_assert_true (q_socket_bind (fixture->listener, "127.0.0.1:0", FALSE, NULL));
  g_assert_true (q_socket_listen (fixture->listener, 0, NULL));
  fixture->port = q_socket_get_port (fixture->listener);

  test_resolver_answer (addresses, 0);
  expect_lookup (fixture, "name.example");
  for (guint i = 0; addresses[i] != NULL; i++)
    expect_resolved (fixture, addresses[i], G_SOCKET_FAMILY_IPV4);
  expect_connecting (fixture, "name.example", "127.0.0.2", G_SOCKET_FAMILY_IPV4);
  expect_connecting (fixture, "name.example", "127.0.0.1", G_SOCKET_FAMILY_IPV4);
  add_expected (fixture, "CONNECTED\n");
  connect_to (fixture, "name.example:PORT", -1);
  test_resolver_restore ();
}

static void
connect_refused (Fixture *fixture)
{
  /* Bound, but not listening. */
  g_assert_true (q_socket_bind (fixture->listener, "127.0.0.1:0", FALSE, NULL));
  fixture->port = q_socket_get_port (fixture->listener);
  expect_lookup (fixture, "127.0.0.1");
  expect_resolved (fixture, "127.0.0.1", G_SOCKET_FAMILY_IPV4);
  expect_connecting (fixture, "127.0.0.1", "127.0.0.1", G_SOCKET_FAMILY_IPV4);
  connect_to (fixture, "127.0.0.1:PORT", Q_SOCKET_ERROR_CONNECT);
}

static void
connect_unknown (Fixture *fixture)
{
  test_resolver_fail (EAI_NONAME);
  expect_lookup (fixture, "name.example");
  connect_to (fixture, "name.example:PORT", Q_SOCKET_ERROR_CONNECT);
  test_resolver_restore ();
}

static void
connect_bad (Fixture *fixture)
{
  connect_to (fixture, ":PORT", Q_SOCKET_ERROR_INVALID_ARGUMENT);
}

static void
connect_again (Fixture *fixture)
{
  add_expected (fixture, "CHANNEL_CLOSED\n");
  connect_literal (fixture);
}

static void
connect_unix (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->dir, "socket", NULL);

  g_assert_true (q_socket_bind (fixture->listener, path, FALSE, NULL));
  g_assert_true (q_socket_listen (fixture->listener, 0, NULL));
  add_expected (fixture, "CONNECTING {'target': <'%s'>, 'type': <1>, 'typename': <'unix'>, "
                "'address': <'%s'>}\nCONNECTED\n", path, path);
  connect_to (fixture, path, -1);
}

static void
bind_and_listen (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->dir, "bound", NULL);
  GError *error = NULL;

  g_assert_true (q_socket_bind (fixture->sock, "127.0.0.1:0", FALSE, &error));
  g_assert_true (q_socket_listen (fixture->sock, 0, &error));
  g_assert_null (q_socket_accept (fixture->sock, 0, NULL, &error));
  g_assert_true (q_socket_bind_port (fixture->sock, 0, FALSE, &error));
  g_assert_true (q_socket_bind (fixture->sock, path, FALSE, &error));
  g_assert_no_error (error);
  q_socket_bind (fixture->sock, "198.51.100.7:0", FALSE, &error);
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
}

static void
send_all (Fixture *fixture)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("abc", 3);
  GError *error = NULL;

  g_assert_true (q_socket_set_charset (fixture->sock, "UTF-16BE", &error));
  g_assert_true (q_socket_send (fixture->sock, "\xc3\xbc", ENOUGH, NULL, &error));
  g_assert_true (q_socket_send (fixture->sock, "", ENOUGH, NULL, &error));
  g_assert_true (q_socket_send_binary (fixture->sock, bytes, ENOUGH, NULL, &error));
  g_assert_true (q_socket_send_data (fixture->sock, NULL, 0, ENOUGH, NULL, &error));
  g_assert_true (q_socket_send_i1 (fixture->sock, 1, ENOUGH, NULL, &error));
  g_assert_true (q_socket_send_i8_lsb (fixture->sock, 1, ENOUGH, NULL, &error));
  g_assert_no_error (error);
}

static void
send_corked (Fixture *fixture)
{
  GError *error = NULL;

  q_socket_cork (fixture->sock);
  g_assert_true (q_socket_send_i4 (fixture->sock, 1, ENOUGH, NULL, &error));
  g_assert_true (q_socket_send (fixture->sock, "abc", ENOUGH, NULL, &error));
  g_assert_true (q_socket_uncork (fixture->sock, ENOUGH, NULL, &error));
  g_assert_true (q_socket_uncork (fixture->sock, ENOUGH, NULL, &error));
  g_assert_no_error (error);
}

/* Reads "abcde" as it comes in pieces of two bytes. */
static void
recv_pieces (Fixture *fixture)
{
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;
  TestFeed feed;

  test_feed_start (&feed, fixture->fd, fixture->sock, "abcde", 5, 2, FALSE);
  bytes = q_socket_recv_binary (fixture->sock, 5, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_feed_join (&feed);
}

static void
recv_text_pieces (Fixture *fixture)
{
  g_autofree char *text = NULL;
  GError *error = NULL;
  TestFeed feed;

  test_feed_start (&feed, fixture->fd, fixture->sock, "abcde", 5, 2, FALSE);
  text = q_socket_recv (fixture->sock, 5, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_feed_join (&feed);
}

static void
recv_to_end (Fixture *fixture)
{
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  test_write (fixture->fd, "abcde", 5);
  test_end_stream (fixture->fd);
  test_wait_arrived (fixture->sock, 5);
  bytes = q_socket_recv_binary (fixture->sock, -1, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

/* What lies in the buffer counts as much as what comes just now. */
static void
recv_buffered (Fixture *fixture)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  GError *error = NULL;
  char memory[2];

  test_write (fixture->fd, "1234567890abcdefg", 17);
  test_wait_arrived (fixture->sock, 17);
  bytes = q_socket_recv_binary (fixture->sock, 2, ENOUGH, NULL, &error);
  g_assert_cmpint (q_socket_recv_i4 (fixture->sock, ENOUGH, NULL, &error), ==, 0x33343536);
  g_assert_cmpint (q_socket_recv_u1 (fixture->sock, ENOUGH, NULL, &error), ==, '7');
  g_assert_cmpint (q_socket_recv_into (fixture->sock, memory, 1, 2, ENOUGH, NULL, &error), ==, 2);
  g_assert_cmpint (q_socket_recv_into (fixture->sock, memory, 2, 2, ENOUGH, NULL, &error), ==, 2);
  text = q_socket_recv (fixture->sock, 0, ENOUGH, NULL, &error);
  g_assert_cmpstr (text, ==, "bcdefg");
  g_assert_no_error (error);
}

/* A step is told also if there is no second one; the next call begins anew. */
static void
recv_timeout (Fixture *fixture)
{
  GError *error = NULL;

  test_write (fixture->fd, "ab", 2);
  test_wait_arrived (fixture->sock, 2);
  g_assert_null (q_socket_recv_binary (fixture->sock, 4, 0, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  test_write (fixture->fd, "cd", 2);
  test_wait_arrived (fixture->sock, 2);
  q_socket_recv_i4 (fixture->sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

/* Looking is not reading, and the end of the stream is no close. */
static void
look (Fixture *fixture)
{
  GError *error = NULL;

  q_socket_recv_i1 (fixture->sock, 0, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  test_write (fixture->fd, "a", 1);
  g_assert_true (q_socket_is_data_available (fixture->sock, ENOUGH));
  g_assert_true (q_socket_is_write_finished (fixture->sock, ENOUGH));
  g_variant_unref (q_socket_get_socket_info (fixture->sock, &error));
  g_assert_no_error (error);
  q_socket_recv_u1 (fixture->sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  test_end_stream (fixture->fd);
  q_socket_recv_u1 (fixture->sock, ENOUGH, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_assert_true (q_socket_set_no_delay (fixture->sock, FALSE, &error));
  g_assert_true (q_socket_shutdown (fixture->sock, &error));
  g_assert_no_error (error);
}

static void
http (Fixture *fixture)
{
  g_autoptr (GVariant) header = NULL;
  g_autoptr (GVariant) text = NULL;
  GError *error = NULL;

  g_assert_true (q_socket_send_http_message (fixture->sock, "GET", "/", "1.1",
                                             g_variant_new_parsed ("{'Host': <'h'>}"), NULL,
                                             ENOUGH, NULL, &error));
  test_write_text (fixture->fd, "HTTP/1.1 204 \r\n\r\nno header\n\n");
  test_wait_arrived (fixture->sock, 28);
  header = q_socket_read_http_header (fixture->sock, ENOUGH, NULL, &error);
  text = q_socket_read_http_header (fixture->sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

static void
close_twice (Fixture *fixture)
{
  g_assert_true (q_socket_close (fixture->sock, NULL));
  g_assert_true (q_socket_close (fixture->sock, NULL));
}

static void
nothing (Fixture *fixture)
{
}

static const Operation operations[] = {
  { "connect/literal", FALSE, connect_literal, "" },
  { "connect/ipv6", FALSE, connect_ipv6, "" },
  { "connect/name", FALSE, connect_name, "" },
  { "connect/refused", FALSE, connect_refused, "" },
  { "connect/unknown", FALSE, connect_unknown, "" },
  { "connect/bad", TRUE, connect_bad, "" },
  { "connect/again", TRUE, connect_again, "" },
  { "connect/unix", FALSE, connect_unix, "" },
  { "bind", FALSE, bind_and_listen, "CHANNEL_CLOSED\nCHANNEL_CLOSED\nCHANNEL_CLOSED\n" },
  { "send", TRUE, send_all, SENT (2, 2, 2) SENT (3, 3, 3) SENT (1, 1, 1) SENT (8, 8, 8) },
  { "send/corked", TRUE, send_corked, SENT (7, 7, 7) },
  { "recv/pieces", TRUE, recv_pieces, READ_OF (2, 2, 5) READ_OF (2, 4, 5) READ_OF (1, 5, 5) },
  { "recv/text-pieces", TRUE, recv_text_pieces,
    READ_OF (2, 2, 5) READ_OF (2, 4, 5) READ_OF (1, 5, 5) },
  { "recv/to-end", TRUE, recv_to_end, READ (5, 5) },
  { "recv/buffered", TRUE, recv_buffered,
    READ_OF (2, 2, 2) READ_OF (4, 4, 4) READ_OF (1, 1, 1) READ (2, 2) READ_OF (2, 2, 2)
    READ (6, 6) },
  { "recv/timeout", TRUE, recv_timeout,
    READ_OF (2, 2, 4) READ_OF (2, 2, 4) READ_OF (2, 4, 4) },
  { "look", TRUE, look, READ_OF (1, 1, 1) },
  { "http", TRUE, http,
    "HTTP_SEND_MESSAGE {'message': <'GET / HTTP/1.1'>, 'headers': <{'Host': <'h'>}>}\n"
    SENT (27, 27, 27) READ (17, 17)
    "HTTP_MESSAGE_RECEIVED {'headers': <{'http_version': <'1.1'>, 'status_code': <204>}>}\n"
    READ (11, 11) },
  { "close", TRUE, close_twice, "CHANNEL_CLOSED\n" },
  { "nothing", FALSE, nothing, "" },
};

static void
fixture_init (Fixture         *fixture,
              const Operation *operation)
{
  GError *error = NULL;

  fixture->listener = q_socket_new ();
  q_socket_bind_port (fixture->listener, 0, FALSE, &error);
  q_socket_listen (fixture->listener, 0, &error);
  g_assert_no_error (error);
  fixture->port = q_socket_get_port (fixture->listener);
  fixture->dir = test_make_dir ();
  fixture->expected = g_string_new (NULL);
  fixture->fd = -1;
  if (operation->is_connected)
    fixture->sock = test_pair (TEST_TCP4, &fixture->fd);
  else
    fixture->sock = q_socket_new ();
}

static void
fixture_clear (Fixture *fixture)
{
  if (fixture->fd >= 0)
    close (fixture->fd);
  g_object_unref (fixture->listener);
  g_string_free (fixture->expected, TRUE);
  test_remove_dir (fixture->dir);
}

enum
{
  WAY_SIGNALS = 1,
  WAY_ASYNC_QUEUE = 2,
  WAY_EVENT_QUEUE = 4,
};

/* Both at once have to agree as well. */
static const int ways[] = {
  WAY_SIGNALS, WAY_ASYNC_QUEUE, WAY_EVENT_QUEUE, WAY_SIGNALS | WAY_ASYNC_QUEUE,
  WAY_SIGNALS | WAY_EVENT_QUEUE,
};

static void
test_operation (gconstpointer data)
{
  const Operation *operation = data;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (GAsyncQueue) async =
        g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
      g_autoptr (QEventQueue) queue = q_event_queue_new ();
      g_autoptr (GString) from_signals = g_string_new (NULL);
      g_autoptr (GString) from_queue = g_string_new (NULL);
      Fixture fixture;

      fixture_init (&fixture, operation);
      if ((ways[i] & WAY_SIGNALS) != 0)
        test_log_signals (fixture.sock, from_signals);
      if ((ways[i] & WAY_ASYNC_QUEUE) != 0)
        q_socket_set_event_queue (fixture.sock, async);
      if ((ways[i] & WAY_EVENT_QUEUE) != 0)
        q_socket_set_event_queue_object (fixture.sock, queue);

      operation->run (&fixture);
      g_string_append (fixture.expected, operation->expected);
      if (q_socket_is_open (fixture.sock))
        g_string_append (fixture.expected, "CHANNEL_CLOSED\n");
      g_string_append (fixture.expected, "DELETED");
      g_assert_finalize_object (fixture.sock);

      test_log_queue (from_queue, async);
      test_log_queue (from_queue, q_event_queue_get_async_queue (queue));
      if ((ways[i] & WAY_SIGNALS) != 0)
        test_assert_log (from_signals, "%s", fixture.expected->str);
      if (ways[i] != WAY_SIGNALS)
        test_assert_log (from_queue, "%s", fixture.expected->str);

      fixture_clear (&fixture);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/events/%s", operations[i].name);

      g_test_add_data_func (path, &operations[i], test_operation);
    }

  return g_test_run ();
}
