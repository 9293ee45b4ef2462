/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Every method in every state of a socket, against one table. */

typedef enum
{
  STATE_NEW,              /* never opened */
  STATE_CLOSED,
  STATE_BOUND,            /* TCP */
  STATE_LISTENING,        /* TCP */
  STATE_BOUND_UNIX,
  STATE_CONNECTED,        /* nothing to read */
  STATE_PEER_CLOSED,
  STATE_RESET,            /* by the peer */
  STATE_SHUT_DOWN,        /* by this side */
  N_STATES,
} State;

static const char * const state_names[N_STATES] = {
  "new", "closed", "bound", "listening", "bound-unix", "connected", "peer-closed", "reset",
  "shut-down",
};

typedef struct
{
  QSocket *sock;
  int fd;                 /* the peer, or -1 */
  char *dir;
} Fixture;

static void
fixture_init (Fixture *fixture,
              State    state)
{
  g_autofree char *path = NULL;
  GError *error = NULL;

  fixture->fd = -1;
  fixture->dir = test_make_dir ();
  path = g_build_filename (fixture->dir, "socket", NULL);
  fixture->sock = state >= STATE_CONNECTED ? test_pair (TEST_TCP4, &fixture->fd)
                                           : q_socket_new ();
  switch (state)
    {
    case STATE_BOUND:
    case STATE_LISTENING:
    case STATE_CLOSED:
      g_assert_true (q_socket_bind (fixture->sock, "127.0.0.1:0", FALSE, &error));
      if (state == STATE_LISTENING)
        g_assert_true (q_socket_listen (fixture->sock, 0, &error));
      if (state == STATE_CLOSED)
        g_assert_true (q_socket_close (fixture->sock, &error));
      break;
    case STATE_BOUND_UNIX:
      g_assert_true (q_socket_bind (fixture->sock, path, FALSE, &error));
      break;
    case STATE_PEER_CLOSED:
      test_end_stream (fixture->fd);
      g_assert_true (q_socket_is_data_available (fixture->sock, ENOUGH));
      break;
    case STATE_RESET:
      test_reset (TEST_TCP4, &fixture->fd);
      g_assert_true (q_socket_is_data_available (fixture->sock, ENOUGH));
      break;
    case STATE_SHUT_DOWN:
      g_assert_true (q_socket_shutdown (fixture->sock, &error));
      break;
    case STATE_NEW:
    case STATE_CONNECTED:
    case N_STATES:
    default:
      break;
    }
  g_assert_no_error (error);
}

static void
fixture_clear (Fixture *fixture)
{
  g_clear_object (&fixture->sock);
  if (fixture->fd >= 0)
    close (fixture->fd);
  test_remove_dir (fixture->dir);
}

/* ---- the methods: each returns OK, NO, or a code ---- */

#define OK -1
#define NO -2

static int
get_code (GError *error)
{
  int code;

  if (error == NULL)
    return OK;

  g_assert_cmpuint (error->domain, ==, Q_SOCKET_ERROR);
  code = error->code;
  g_error_free (error);

  return code;
}

/* Calls @call, an expression of @sock and @error that is false if it failed. */
#define METHOD(name, call) \
  static int \
  call_ ## name (QSocket *sock) \
  { \
    GError *error = NULL; \
    gboolean ok = (call); \
    g_assert_cmpint (ok, ==, error == NULL); \
    return get_code (error); \
  }

/* The same without an error of its own. */
#define QUESTION(name, call) \
  static int \
  call_ ## name (QSocket *sock) \
  { \
    return (call) ? OK : NO; \
  }

static gboolean
take (gpointer       result,
      GDestroyNotify destroy)
{
  if (result != NULL)
    destroy (result);

  return result != NULL;
}

#define UNREF(variant) take ((variant), (GDestroyNotify) g_variant_unref)
#define BYTES(bytes) take ((bytes), (GDestroyNotify) g_bytes_unref)
#define TEXT(text) take ((text), g_free)

QUESTION (is_open, q_socket_is_open (sock))
QUESTION (get_socket, q_socket_get_socket (sock) >= 0)
QUESTION (get_port, q_socket_get_port (sock) > 0)
QUESTION (get_no_delay, q_socket_get_no_delay (sock))
QUESTION (is_data_available, q_socket_is_data_available (sock, 0))
QUESTION (is_write_finished, q_socket_is_write_finished (sock, 0))
QUESTION (get_gsocket, q_socket_get_gsocket (sock) != NULL)
QUESTION (get_io_stream, q_socket_get_io_stream (sock) != NULL)
QUESTION (get_bytes_sent, q_socket_get_bytes_sent (sock) == 0)

METHOD (get_socket_info, UNREF (q_socket_get_socket_info (sock, &error)))
METHOD (get_peer_info, UNREF (q_socket_get_peer_info (sock, &error)))
METHOD (set_no_delay, q_socket_set_no_delay (sock, TRUE, &error))
METHOD (set_charset, q_socket_set_charset (sock, "UTF-8", &error))
METHOD (send, q_socket_send (sock, "x", 0, NULL, &error))
METHOD (send_empty, q_socket_send (sock, "", 0, NULL, &error))
METHOD (send_data, q_socket_send_data (sock, (const guint8 *) "x", 1, 0, NULL, &error))
METHOD (send_i1, q_socket_send_i1 (sock, 1, 0, NULL, &error))
METHOD (send_i8_lsb, q_socket_send_i8_lsb (sock, 1, 0, NULL, &error))
METHOD (send_http, q_socket_send_http_message (sock, "GET", "/", "1.1", NULL, NULL, 0, NULL,
                                               &error))
METHOD (send_http_response, q_socket_send_http_response (sock, 200, "OK", "1.1", NULL, NULL, 0,
                                                         NULL, &error))
METHOD (recv, TEXT (q_socket_recv (sock, 0, 0, NULL, &error)))
METHOD (recv_exactly, TEXT (q_socket_recv (sock, 5, 0, NULL, &error)))
METHOD (recv_to_end, TEXT (q_socket_recv (sock, -1, 0, NULL, &error)))
METHOD (recv_binary, BYTES (q_socket_recv_binary (sock, 0, 0, NULL, &error)))
METHOD (recv_binary_to_end, BYTES (q_socket_recv_binary (sock, -1, 0, NULL, &error)))
METHOD (read_http_header, UNREF (q_socket_read_http_header (sock, 0, NULL, &error)))
METHOD (uncork, q_socket_uncork (sock, 0, NULL, &error))
METHOD (listen, q_socket_listen (sock, 0, &error))
METHOD (shutdown, q_socket_shutdown (sock, &error))
METHOD (close, q_socket_close (sock, &error))
METHOD (bind, q_socket_bind (sock, "127.0.0.1:0", FALSE, &error))

static int
call_recv_i2 (QSocket *sock)
{
  GError *error = NULL;

  g_assert_cmpint (q_socket_recv_i2 (sock, 0, NULL, &error), ==, 0);

  return get_code (error);
}

static int
call_recv_into (QSocket *sock)
{
  GError *error = NULL;
  char memory[4];

  g_assert_cmpint (q_socket_recv_into (sock, memory, 1, 4, 0, NULL, &error), ==,
                   error == NULL ? 0 : -1);

  return get_code (error);
}

/* No connection is no error. */
static int
call_accept (QSocket *sock)
{
  GError *error = NULL;

  g_assert_null (q_socket_accept (sock, 0, NULL, &error));

  return get_code (error);
}

static int
call_steal_fd (QSocket *sock)
{
  GError *error = NULL;
  int fd = q_socket_steal_fd (sock, &error);

  if (fd >= 0)
    close (fd);

  return get_code (error);
}

static int
call_connect (QSocket *sock)
{
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  GError *error = NULL;

  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_free (target);

  return get_code (error);
}

static int
call_cork (QSocket *sock)
{
  q_socket_cork (sock);

  return OK;
}

/* ---- the table ---- */

#define NOT_OPEN Q_SOCKET_ERROR_NOT_OPEN
#define CLOSED Q_SOCKET_ERROR_CLOSED
#define TIMEOUT Q_SOCKET_ERROR_TIMEOUT
#define RECV Q_SOCKET_ERROR_RECV
#define SEND Q_SOCKET_ERROR_SEND
#define LISTEN Q_SOCKET_ERROR_LISTEN
#define ACCEPT Q_SOCKET_ERROR_ACCEPT
#define PEER_INFO Q_SOCKET_ERROR_GET_PEER_INFO
#define SOCKET_INFO Q_SOCKET_ERROR_GET_SOCKET_INFO

typedef struct
{
  const char *name;
  int (*call) (QSocket *sock);
  int expected[N_STATES];
  gboolean opens_or_closes;     /* changes whether the socket is open */
} Method;

#define ROW(name) #name, call_ ## name

/* A reset is told once; from then on sending is over. */
static const Method methods[] = {
  /*                           new          closed       bound      listening  bound-unix connected
   *                           peer-closed  reset        shut-down */
  { ROW (is_open),           { NO,          NO,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (get_socket),        { NO,          NO,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (get_port),          { NO,          NO,          OK,        OK,        NO,        OK,
                               OK,          OK,          OK } },
  { ROW (get_no_delay),      { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (is_data_available), { NO,          NO,          OK,        NO,        OK,        NO,
                               OK,          OK,          OK } },
  { ROW (is_write_finished), { NO,          NO,          OK,        NO,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (get_gsocket),       { NO,          NO,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (get_io_stream),     { NO,          NO,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (get_bytes_sent),    { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (get_socket_info),   { SOCKET_INFO, SOCKET_INFO, OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (get_peer_info),     { PEER_INFO,   PEER_INFO,   PEER_INFO, PEER_INFO, PEER_INFO, OK,
                               OK,          OK,          OK } },
  { ROW (set_no_delay),      { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (set_charset),       { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
#define SENDING { NOT_OPEN, NOT_OPEN, SEND, SEND, SEND, OK, OK, SEND, SEND }
  { ROW (send), SENDING },
  { ROW (send_data), SENDING },
  { ROW (send_i1), SENDING },
  { ROW (send_i8_lsb), SENDING },
  { ROW (send_http), SENDING },
  { ROW (send_http_response), SENDING },
  { ROW (send_empty),        { NOT_OPEN,    NOT_OPEN,    OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
#define RECEIVING { NOT_OPEN, NOT_OPEN, RECV, RECV, RECV, TIMEOUT, CLOSED, RECV, CLOSED }
  { ROW (recv), RECEIVING },
  { ROW (recv_exactly), RECEIVING },
  { ROW (recv_binary), RECEIVING },
  { ROW (recv_i2), RECEIVING },
  { ROW (read_http_header), RECEIVING },
#define RECEIVING_TO_END { NOT_OPEN, NOT_OPEN, RECV, RECV, RECV, TIMEOUT, OK, RECV, OK }
  { ROW (recv_to_end), RECEIVING_TO_END },
  { ROW (recv_binary_to_end), RECEIVING_TO_END },
  { ROW (recv_into), RECEIVING_TO_END },
  { ROW (accept),            { NOT_OPEN,    NOT_OPEN,    ACCEPT,    OK,        ACCEPT,    ACCEPT,
                               ACCEPT,      ACCEPT,      ACCEPT } },
  { ROW (cork),              { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (uncork),            { NOT_OPEN,    NOT_OPEN,    OK,        OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (listen),            { NOT_OPEN,    NOT_OPEN,    OK,        OK,        OK,        LISTEN,
                               LISTEN,      LISTEN,      LISTEN } },
  { ROW (shutdown),          { OK,          OK,          NOT_OPEN,  OK,        OK,        OK,
                               OK,          OK,          OK } },
  { ROW (steal_fd),          { NOT_OPEN,    NOT_OPEN,    OK,        OK,        OK,        OK,
                               OK,          OK,          OK }, TRUE },
  { ROW (close),             { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK }, TRUE },
  { ROW (bind),              { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK }, TRUE },
  { ROW (connect),           { OK,          OK,          OK,        OK,        OK,        OK,
                               OK,          OK,          OK }, TRUE },
};

static void
test_state (gconstpointer data)
{
  State state = GPOINTER_TO_INT (data);

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      Fixture fixture;
      int fd;

      g_test_message ("state %s, method %s", state_names[state], methods[i].name);
      fixture_init (&fixture, state);
      fd = q_socket_get_socket (fixture.sock);
      g_assert_cmpint (methods[i].call (fixture.sock), ==, methods[i].expected[state]);

      /* Only what is to open or close the socket does. */
      if (!methods[i].opens_or_closes)
        g_assert_cmpint (q_socket_get_socket (fixture.sock), ==, fd);
      fixture_clear (&fixture);
    }
}

/* One after the other on the same socket: no call breaks the ones after it. */
static void
test_all_in_a_row (gconstpointer data)
{
  State state = GPOINTER_TO_INT (data);
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  Fixture fixture;
  GError *error = NULL;

  fixture_init (&fixture, state);
  for (int round = 0; round < 2; round++)
    for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
      if (!methods[i].opens_or_closes)
        methods[i].call (fixture.sock);

  g_assert_cmpint (q_socket_is_open (fixture.sock), ==, state > STATE_CLOSED);
  q_socket_connect (fixture.sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  q_socket_send_i1 (fixture.sock, 1, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  fixture_clear (&fixture);
  g_free (target);
}

/* ---- particular ways ---- */

/* What has arrived before the end, or before this side shut down, can be read. */
static void
test_rest (void)
{
  for (int shut_down = 0; shut_down < 2; shut_down++)
    {
      int fd;
      g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
      GError *error = NULL;

      test_write_text (fd, "abcd");
      test_wait_arrived (sock, 4);
      if (shut_down)
        g_assert_true (q_socket_shutdown (sock, &error));
      else
        test_end_stream (fd);

      g_assert_cmpint (q_socket_recv_i2 (sock, ENOUGH, NULL, &error), ==, 0x6162);
      g_assert_no_error (error);
      q_socket_recv_i4 (sock, ENOUGH, NULL, &error);
      test_assert_error (error, CLOSED);
      g_assert_cmpint (q_socket_recv_i2 (sock, ENOUGH, NULL, &error), ==, 0x6364);
      g_assert_no_error (error);
      for (int i = 0; i < 3; i++)
        {
          q_socket_recv_i1 (sock, ENOUGH, NULL, &error);
          test_assert_error (error, CLOSED);
        }
      g_assert_true (q_socket_is_open (sock));
      close (fd);
    }
}

/* The peer has ended its half only: this side may still send. */
static void
test_half_closed (void)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  GError *error = NULL;

  test_end_stream (fd);
  q_socket_recv_i1 (sock, ENOUGH, NULL, &error);
  test_assert_error (error, CLOSED);
  g_assert_true (q_socket_send (sock, "answer", ENOUGH, NULL, &error));
  test_expect (fd, "answer", 6);
  q_socket_recv_i1 (sock, ENOUGH, NULL, &error);
  test_assert_error (error, CLOSED);
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (int state = 0; state < N_STATES; state++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/states/%s", state_names[state]);
      g_autofree char *row_path = g_strconcat (path, "/all-in-a-row", NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (state), test_state);
      g_test_add_data_func (row_path, GINT_TO_POINTER (state), test_all_in_a_row);
    }
  g_test_add_func ("/socket/states/rest", test_rest);
  g_test_add_func ("/socket/states/half-closed", test_half_closed);

  return g_test_run ();
}
