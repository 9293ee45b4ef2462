/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"
#include "test-resolver.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Every code that a socket without TLS can fail with: how it comes about, what its
 * message says, and what the socket is good for afterwards. */

typedef struct
{
  QSocket *sock;                /* connected, but see Case.is_closed */
  int fd;                       /* the other end */
  char *dir;
  GError *error;
} Fixture;

typedef struct
{
  const char *name;
  int code;
  gboolean begins_closed;
  void (*run) (Fixture *fixture);
  const char *message;          /* a regular expression */
  enum
  {
    LEAVES_CLOSED,
    LEAVES_OPEN,                /* open, but the connection is over */
    LEAVES_USEFUL,              /* bytes go both ways */
  } leaves;
} Case;

#define PEER "\"127\\.0\\.0\\.1:[0-9]+\""

/* ---- not open, closed, timeout ---- */

static void
not_open (Fixture *fixture)
{
  q_socket_send (fixture->sock, "x", ENOUGH, NULL, &fixture->error);
}

static void
not_open_recv (Fixture *fixture)
{
  q_socket_recv_i4_lsb (fixture->sock, ENOUGH, NULL, &fixture->error);
}

static void
not_open_steal (Fixture *fixture)
{
  q_socket_steal_fd (fixture->sock, &fixture->error);
}

static void
closed_by_peer (Fixture *fixture)
{
  test_end_stream (fixture->fd);
  g_assert_null (q_socket_recv_binary (fixture->sock, 0, ENOUGH, NULL, &fixture->error));
}

static void
closed_in_the_middle (Fixture *fixture)
{
  test_write_text (fixture->fd, "ab");
  test_end_stream (fixture->fd);
  q_socket_recv_i4 (fixture->sock, ENOUGH, NULL, &fixture->error);
}

static gpointer
recv_thread (gpointer data)
{
  Fixture *fixture = data;

  g_assert_null (q_socket_recv (fixture->sock, 0, -1, NULL, &fixture->error));

  return NULL;
}

static void
closed_here (Fixture *fixture)
{
  GThread *thread = test_thread_blocked (recv_thread, fixture);

  g_assert_true (q_socket_close (fixture->sock, NULL));
  g_thread_join (thread);
}

static void
timeout (Fixture *fixture)
{
  q_socket_recv_u2 (fixture->sock, 20, NULL, &fixture->error);
}

static void
timeout_send (Fixture *fixture)
{
  g_autofree guint8 *bytes = g_malloc0 (TEST_OVERFLOW);

  test_fix_buffers (q_socket_get_socket (fixture->sock));
  test_fix_buffers (fixture->fd);
  q_socket_send_data (fixture->sock, bytes, TEST_OVERFLOW, 20, NULL, &fixture->error);
}

/* ---- the system says no ---- */

static void
recv_reset (Fixture *fixture)
{
  test_reset (TEST_TCP4, &fixture->fd);
  g_assert_true (q_socket_is_data_available (fixture->sock, ENOUGH));
  g_assert_null (q_socket_recv_binary (fixture->sock, 1, ENOUGH, NULL, &fixture->error));
}

static void
send_after_reset (Fixture *fixture)
{
  test_reset (TEST_TCP4, &fixture->fd);
  g_assert_true (q_socket_is_data_available (fixture->sock, ENOUGH));
  q_socket_send_i1 (fixture->sock, 1, ENOUGH, NULL, &fixture->error);
}

static void
connect_refused (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->dir, "none", NULL);

  q_socket_connect_to (fixture->sock, path, ENOUGH, NULL, &fixture->error);
}

static void
connect_unknown (Fixture *fixture)
{
  test_resolver_fail (EAI_NONAME);
  q_socket_connect_inet (fixture->sock, "no-such.example", "80", G_SOCKET_FAMILY_INVALID,
                         G_SOCKET_TYPE_STREAM, ENOUGH, NULL, &fixture->error);
  test_resolver_restore ();
}

/* There is no "timeout" when connecting. */
static void
connect_timeout (Fixture *fixture)
{
  test_resolver_hang ();
  q_socket_connect_inet (fixture->sock, "hanging.example", "80", G_SOCKET_FAMILY_INVALID,
                         G_SOCKET_TYPE_STREAM, 20, NULL, &fixture->error);
  test_resolver_restore ();
}

static void
bind_foreign (Fixture *fixture)
{
  q_socket_bind (fixture->sock, "198.51.100.7:0", FALSE, &fixture->error);
}

static void
bind_nothing (Fixture *fixture)
{
  q_socket_bind_inet (fixture->sock, NULL, NULL, FALSE, G_SOCKET_FAMILY_INVALID,
                      G_SOCKET_TYPE_STREAM, 0, &fixture->error);
}

static void
bind_unknown (Fixture *fixture)
{
  test_resolver_fail (EAI_NONAME);
  q_socket_bind_inet (fixture->sock, "no-such.example", "80", FALSE, G_SOCKET_FAMILY_INVALID,
                      G_SOCKET_TYPE_STREAM, 0, &fixture->error);
  test_resolver_restore ();
}

static void
listen_connected (Fixture *fixture)
{
  q_socket_listen (fixture->sock, 0, &fixture->error);
}

static void
accept_connected (Fixture *fixture)
{
  g_assert_null (q_socket_accept (fixture->sock, ENOUGH, NULL, &fixture->error));
}

static void
shutdown_bound (Fixture *fixture)
{
  g_assert_true (q_socket_bind (fixture->sock, "127.0.0.1:0", FALSE, NULL));
  q_socket_shutdown (fixture->sock, &fixture->error);
}

/* ---- questions without an answer ---- */

static void
no_peer (Fixture *fixture)
{
  g_assert_true (q_socket_bind (fixture->sock, "127.0.0.1:0", FALSE, NULL));
  g_assert_null (q_socket_get_peer_info (fixture->sock, &fixture->error));
}

static void
no_socket (Fixture *fixture)
{
  g_assert_null (q_socket_get_socket_info (fixture->sock, &fixture->error));
}

/* ---- what cannot be said ---- */

static void
http_bad (Fixture *fixture)
{
  q_socket_send_http_message (fixture->sock, "GET", "/\r\n", "1.1", NULL, NULL, ENOUGH, NULL,
                              &fixture->error);
}

static void
encoding_send (Fixture *fixture)
{
  g_assert_true (q_socket_set_charset (fixture->sock, "latin1", NULL));
  q_socket_send (fixture->sock, "\xe2\x82\xac", ENOUGH, NULL, &fixture->error);
}

static void
encoding_recv (Fixture *fixture)
{
  test_write (fixture->fd, "\xff", 1);
  g_assert_null (q_socket_recv (fixture->sock, 1, ENOUGH, NULL, &fixture->error));
  /* The byte is still there, and no text; that is for other reads to see. */
  g_assert_cmpint (q_socket_recv_u1 (fixture->sock, ENOUGH, NULL, NULL), ==, 0xff);
}

static void
encoding_unknown (Fixture *fixture)
{
  q_socket_set_charset (fixture->sock, "no-such-charset", &fixture->error);
}

static void
invalid_target (Fixture *fixture)
{
  q_socket_connect (fixture->sock, "host:65536", ENOUGH, NULL, &fixture->error);
}

static void
invalid_port (Fixture *fixture)
{
  q_socket_bind_port (fixture->sock, 65536, FALSE, &fixture->error);
}

static void
invalid_fd (Fixture *fixture)
{
  int fds[2];

  g_assert_no_errno (pipe (fds));
  g_assert_null (q_socket_new_from_fd (fds[0], &fixture->error));
  close (fds[0]);
  close (fds[1]);
}

/* ---- too much ---- */

static void
too_large (Fixture *fixture)
{
  q_socket_set_max_receive_size (fixture->sock, 3);
  test_write_text (fixture->fd, "abcd");
  g_assert_null (q_socket_recv (fixture->sock, -1, ENOUGH, NULL, &fixture->error));
  g_assert_cmpint (q_socket_recv_i4 (fixture->sock, ENOUGH, NULL, NULL), ==, 0x61626364);
}

static void
too_large_header (Fixture *fixture)
{
  q_socket_set_max_header_size (fixture->sock, 4);
  test_write_text (fixture->fd, "GET ");
  g_assert_null (q_socket_read_http_header (fixture->sock, ENOUGH, NULL, &fixture->error));
  g_assert_cmpint (q_socket_recv_i4 (fixture->sock, ENOUGH, NULL, NULL), ==, 0x47455420);
}

static void
pending (Fixture *fixture)
{
  Fixture blocked = { .sock = fixture->sock };
  GThread *thread = test_thread_blocked (recv_thread, &blocked);
  GError *error = NULL;

  g_assert_null (q_socket_recv_binary (fixture->sock, 1, ENOUGH, NULL, &fixture->error));
  g_assert_null (q_socket_read_http_header (fixture->sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_cmpint (q_socket_recv_i4 (fixture->sock, ENOUGH, NULL, &error), ==, 0);
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_null (q_socket_accept (fixture->sock, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_cmpint (q_socket_steal_fd (fixture->sock, &error), ==, -1);
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);

  test_write (fixture->fd, "\xff", 1);
  g_thread_join (thread);
  test_assert_error (blocked.error, Q_SOCKET_ERROR_ENCODING);
  g_assert_cmpint (q_socket_recv_u1 (fixture->sock, ENOUGH, NULL, NULL), ==, 0xff);
}

static void
pending_steal (Fixture *fixture)
{
  test_write_text (fixture->fd, "ab");
  test_wait_arrived (fixture->sock, 2);
  g_assert_cmpint (q_socket_recv_i1 (fixture->sock, ENOUGH, NULL, NULL), ==, 'a');
  g_assert_cmpint (q_socket_steal_fd (fixture->sock, &fixture->error), ==, -1);
  g_assert_cmpint (q_socket_recv_i1 (fixture->sock, ENOUGH, NULL, NULL), ==, 'b');
}

static const Case cases[] = {
  { "not-open", Q_SOCKET_ERROR_NOT_OPEN, TRUE, not_open,
    "^send: the socket is not open$", LEAVES_CLOSED },
  { "not-open/recv", Q_SOCKET_ERROR_NOT_OPEN, TRUE, not_open_recv,
    "^recv_i4_lsb: the socket is not open$", LEAVES_CLOSED },
  { "not-open/steal-fd", Q_SOCKET_ERROR_NOT_OPEN, TRUE, not_open_steal,
    "^steal_fd: the socket is not open$", LEAVES_CLOSED },
  { "not-open/shutdown", Q_SOCKET_ERROR_NOT_OPEN, TRUE, shutdown_bound,
    "^shutdown: .+", LEAVES_OPEN },
  { "closed/by-peer", Q_SOCKET_ERROR_CLOSED, FALSE, closed_by_peer,
    "^recv_binary from " PEER ": .+", LEAVES_OPEN },
  { "closed/in-the-middle", Q_SOCKET_ERROR_CLOSED, FALSE, closed_in_the_middle,
    "^recv_i4 from " PEER ": .* 2 of 4 bytes$", LEAVES_OPEN },
  { "closed/here", Q_SOCKET_ERROR_CLOSED, FALSE, closed_here,
    "^recv from " PEER ": the socket was closed meanwhile$", LEAVES_CLOSED },
  { "timeout/recv", Q_SOCKET_ERROR_TIMEOUT, FALSE, timeout,
    "^recv_u2 from " PEER ": not done within 20 ms$", LEAVES_USEFUL },
  { "timeout/send", Q_SOCKET_ERROR_TIMEOUT, FALSE, timeout_send,
    "^send_data to " PEER ": not done within 20 ms$", LEAVES_OPEN },
  { "recv", Q_SOCKET_ERROR_RECV, FALSE, recv_reset,
    "^recv_binary from " PEER ": Connection reset by peer$", LEAVES_OPEN },
  { "send", Q_SOCKET_ERROR_SEND, FALSE, send_after_reset,
    "^send_i1 to " PEER ": (Connection reset by peer|Broken pipe)$", LEAVES_OPEN },
  { "connect", Q_SOCKET_ERROR_CONNECT, FALSE, connect_refused,
    "^connect_to \"/.*/none\": No such file or directory$", LEAVES_CLOSED },
  { "connect/unknown", Q_SOCKET_ERROR_CONNECT, FALSE, connect_unknown,
    "^connect_inet to \"no-such\\.example:80\": Name or service not known$", LEAVES_CLOSED },
  { "connect/timeout", Q_SOCKET_ERROR_CONNECT, FALSE, connect_timeout,
    "^connect_inet to \"hanging\\.example:80\": .* within 20 ms$", LEAVES_CLOSED },
  { "bind", Q_SOCKET_ERROR_BIND, FALSE, bind_foreign,
    "^bind to \"198\\.51\\.100\\.7:0\": Cannot assign requested address$", LEAVES_CLOSED },
  { "bind/nothing", Q_SOCKET_ERROR_BIND, FALSE, bind_nothing, "^bind_inet: .+", LEAVES_USEFUL },
  { "address-lookup", Q_SOCKET_ERROR_ADDRESS_LOOKUP, FALSE, bind_unknown,
    "^bind_inet to \"no-such\\.example:80\": Name or service not known$", LEAVES_CLOSED },
  { "listen", Q_SOCKET_ERROR_LISTEN, FALSE, listen_connected,
    "^listen on " PEER ": Invalid argument$", LEAVES_USEFUL },
  { "accept", Q_SOCKET_ERROR_ACCEPT, FALSE, accept_connected,
    "^accept on " PEER ": Invalid argument$", LEAVES_USEFUL },
  { "get-peer-info", Q_SOCKET_ERROR_GET_PEER_INFO, TRUE, no_peer,
    "^get_peer_info: Transport endpoint is not connected$", LEAVES_OPEN },
  { "get-socket-info", Q_SOCKET_ERROR_GET_SOCKET_INFO, TRUE, no_socket,
    "^get_socket_info: the socket is not open$", LEAVES_CLOSED },
  { "http", Q_SOCKET_ERROR_HTTP, FALSE, http_bad, "^send_http_message: .+", LEAVES_USEFUL },
  { "encoding/send", Q_SOCKET_ERROR_ENCODING, FALSE, encoding_send, "^send: .+", LEAVES_USEFUL },
  { "encoding/recv", Q_SOCKET_ERROR_ENCODING, FALSE, encoding_recv,
    "^recv from " PEER ": .+", LEAVES_USEFUL },
  { "encoding/unknown", Q_SOCKET_ERROR_ENCODING, FALSE, encoding_unknown,
    "^set_charset: .*no-such-charset.*", LEAVES_USEFUL },
  { "invalid-argument", Q_SOCKET_ERROR_INVALID_ARGUMENT, FALSE, invalid_target,
    "^connect: .*65536.*", LEAVES_USEFUL },
  { "invalid-argument/port", Q_SOCKET_ERROR_INVALID_ARGUMENT, FALSE, invalid_port,
    "^bind_port: .*65536.*", LEAVES_USEFUL },
  { "invalid-argument/fd", Q_SOCKET_ERROR_INVALID_ARGUMENT, FALSE, invalid_fd,
    "Socket operation on non-socket$", LEAVES_USEFUL },
  { "too-large", Q_SOCKET_ERROR_TOO_LARGE, FALSE, too_large,
    "^recv from " PEER ": more than 3 bytes.*", LEAVES_USEFUL },
  { "too-large/header", Q_SOCKET_ERROR_TOO_LARGE, FALSE, too_large_header,
    "^read_http_header from " PEER ": .* 4 bytes.*", LEAVES_USEFUL },
  { "pending", Q_SOCKET_ERROR_PENDING, FALSE, pending,
    "^recv_binary: another call already .+", LEAVES_USEFUL },
  { "pending/steal-fd", Q_SOCKET_ERROR_PENDING, FALSE, pending_steal, "^steal_fd: .+",
    LEAVES_USEFUL },
};

static void
assert_useful (Fixture *fixture)
{
  GError *error = NULL;

  g_assert_true (q_socket_send_i1 (fixture->sock, 1, ENOUGH, NULL, &error));
  test_expect (fixture->fd, "\1", 1);
  test_write (fixture->fd, "\2", 1);
  g_assert_cmpint (q_socket_recv_i1 (fixture->sock, ENOUGH, NULL, &error), ==, 2);
  g_assert_no_error (error);
}

static void
test_case (gconstpointer data)
{
  const Case *the_case = data;
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  Fixture fixture = { .fd = -1, .dir = test_make_dir () };
  GError *error = NULL;

  fixture.sock = test_pair (TEST_TCP4, &fixture.fd);
  if (the_case->begins_closed)
    q_socket_close (fixture.sock, NULL);

  the_case->run (&fixture);
  g_test_message ("%s", fixture.error->message);
  if (!g_regex_match_simple (the_case->message, fixture.error->message, 0, 0))
    g_error ("\"%s\" does not match %s", fixture.error->message, the_case->message);
  g_assert_true (g_utf8_validate (fixture.error->message, -1, NULL));
  test_assert_error (fixture.error, the_case->code);

  g_assert_cmpint (q_socket_is_open (fixture.sock), ==, the_case->leaves != LEAVES_CLOSED);
  if (the_case->leaves == LEAVES_USEFUL)
    assert_useful (&fixture);

  /* Whatever happened, it can be opened again. */
  q_socket_connect (fixture.sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  g_assert_finalize_object (fixture.sock);
  if (fixture.fd >= 0)
    close (fixture.fd);
  test_remove_dir (fixture.dir);
  g_free (target);
}

/* ---- the codes themselves ---- */

static void
test_names (void)
{
  static const struct
  {
    QSocketError code;
    const char *name;
    const char *nick;
  } names[] = {
    { Q_SOCKET_ERROR_NOT_OPEN, "SOCKET-NOT-OPEN", "not-open" },
    { Q_SOCKET_ERROR_CLOSED, "SOCKET-CLOSED", "closed" },
    { Q_SOCKET_ERROR_TIMEOUT, "SOCKET-TIMEOUT", "timeout" },
    { Q_SOCKET_ERROR_RECV, "SOCKET-RECV-ERROR", "recv" },
    { Q_SOCKET_ERROR_SEND, "SOCKET-SEND-ERROR", "send" },
    { Q_SOCKET_ERROR_CONNECT, "SOCKET-CONNECT-ERROR", "connect" },
    { Q_SOCKET_ERROR_BIND, "SOCKET-BIND-ERROR", "bind" },
    { Q_SOCKET_ERROR_LISTEN, "SOCKET-LISTEN-ERROR", "listen" },
    { Q_SOCKET_ERROR_ACCEPT, "SOCKET-ACCEPT-ERROR", "accept" },
    { Q_SOCKET_ERROR_ADDRESS_LOOKUP, "QOREADDRINFO-GETINFO-ERROR", "address-lookup" },
    { Q_SOCKET_ERROR_SSL, "SOCKET-SSL-ERROR", "ssl" },
    { Q_SOCKET_ERROR_TRUNCATED, "SOCKET-TRUNCATED", "truncated" },
    { Q_SOCKET_ERROR_GET_PEER_INFO, "SOCKET-GETPEERINFO-ERROR", "get-peer-info" },
    { Q_SOCKET_ERROR_GET_SOCKET_INFO, "SOCKET-GETSOCKETINFO-ERROR", "get-socket-info" },
    { Q_SOCKET_ERROR_HTTP, "SOCKET-HTTP-ERROR", "http" },
    { Q_SOCKET_ERROR_ENCODING, "ENCODING-CONVERSION-ERROR", "encoding" },
    { Q_SOCKET_ERROR_CERTIFICATE, "SSLCERTIFICATE-CONSTRUCTOR-ERROR", "certificate" },
    { Q_SOCKET_ERROR_PRIVATE_KEY, "SSLPRIVATEKEY-CONSTRUCTOR-ERROR", "private-key" },
    { Q_SOCKET_ERROR_INVALID_ARGUMENT, "SOCKET-INVALID-ARGUMENT", "invalid-argument" },
    { Q_SOCKET_ERROR_TOO_LARGE, "SOCKET-TOO-LARGE", "too-large" },
    { Q_SOCKET_ERROR_PENDING, "SOCKET-PENDING", "pending" },
  };
  g_autoptr (GEnumClass) enum_class = g_type_class_ref (Q_TYPE_SOCKET_ERROR);

  g_assert_cmpuint (enum_class->n_values, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GEnumValue *value = g_enum_get_value (enum_class, (int) names[i].code);

      g_assert_cmpstr (q_socket_error_get_name (names[i].code), ==, names[i].name);
      g_assert_nonnull (value);
      g_assert_cmpstr (value->value_nick, ==, names[i].nick);
    }

  g_assert_cmpstr (q_socket_error_get_name ((QSocketError) -1), ==, "SOCKET-ERROR");
  g_assert_cmpstr (q_socket_error_get_name ((QSocketError) G_N_ELEMENTS (names)), ==,
                   "SOCKET-ERROR");
  g_assert_cmpstr (q_socket_error_get_name ((QSocketError) G_MAXINT), ==, "SOCKET-ERROR");
  g_assert_cmpstr (g_quark_to_string (Q_SOCKET_ERROR), ==, "q-socket-error-quark");
}

/* Nobody need ask what went wrong. */
static void
test_no_error (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  char memory[1];

  g_assert_false (q_socket_connect (sock, "", 0, NULL, NULL));
  g_assert_false (q_socket_connect (sock, "/no-such-path", 0, NULL, NULL));
  g_assert_false (q_socket_bind (sock, "", FALSE, NULL));
  g_assert_false (q_socket_bind (sock, "/no-such-directory/x", FALSE, NULL));
  g_assert_false (q_socket_bind (sock, "127.0.0.1:no-such-service", FALSE, NULL));
  g_assert_false (q_socket_bind_port (sock, -1, FALSE, NULL));
  g_assert_false (q_socket_listen (sock, 0, NULL));
  g_assert_null (q_socket_accept (sock, 0, NULL, NULL));
  g_assert_false (q_socket_send (sock, "x", 0, NULL, NULL));
  g_assert_false (q_socket_send_i1 (sock, 1, 0, NULL, NULL));
  g_assert_null (q_socket_recv (sock, 0, 0, NULL, NULL));
  g_assert_cmpint (q_socket_recv_into (sock, memory, 1, 1, 0, NULL, NULL), ==, -1);
  g_assert_null (q_socket_read_http_header (sock, 0, NULL, NULL));
  g_assert_false (q_socket_send_http_response (sock, 1, "", "", NULL, NULL, 0, NULL, NULL));
  g_assert_null (q_socket_get_peer_info (sock, NULL));
  g_assert_null (q_socket_get_socket_info (sock, NULL));
  g_assert_false (q_socket_set_charset (sock, "", NULL));
  g_assert_false (q_socket_uncork (sock, 0, NULL, NULL));
  g_assert_cmpint (q_socket_steal_fd (sock, NULL), ==, -1);
  g_assert_null (q_socket_new_from_fd (-1, NULL));
  g_assert_true (q_socket_bind (sock, "127.0.0.1:0", FALSE, NULL));
  g_assert_null (q_socket_recv (sock, 0, 0, NULL, NULL));
  g_assert_false (q_socket_shutdown (sock, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/errors/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/socket/errors/names", test_names);
  g_test_add_func ("/socket/errors/no-error", test_no_error);

  return g_test_run ();
}
