/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"
#include "test-resolver.h"

#include <string.h>
#include <unistd.h>

/* What handlers may do to the socket that calls them: each action inside each
 * signal, with the result of the action and of the call around it. */

#define OK -1
#define CLOSED Q_SOCKET_ERROR_CLOSED
#define NOT_OPEN Q_SOCKET_ERROR_NOT_OPEN
#define PENDING Q_SOCKET_ERROR_PENDING

/* ---- what leads to each signal ---- */

typedef enum
{
  CALL_RECV,              /* one byte of those that are there */
  CALL_RECV_BUFFERED,     /* another one */
  CALL_SEND,
  CALL_CLOSE,
  CALL_UNREF,
  CALL_CONNECT,           /* to a name */
  CALL_BIND,              /* to a name */
  CALL_SEND_HTTP,
  CALL_READ_HTTP,
} Call;

typedef enum
{
  DO_CLOSE,
  DO_UNREF,
  DO_DISCONNECT,
  DO_RECONNECT,
  DO_BIND,
  DO_READ,
  DO_SEND,
  DO_SHUTDOWN,
  DO_ASK,
  N_ACTIONS,
} Action;

static const char * const action_names[N_ACTIONS] = {
  "close", "unref", "disconnect", "reconnect", "bind", "read", "send", "shutdown", "ask",
};

/* For each action: its own result, that of the call around it, and whether the
 * socket is open in the end. */
typedef struct
{
  int inner;
  int outer;
  gboolean is_open;
} Result;

typedef struct
{
  const char *path;
  const char *signal;
  Call call;
  Result results[N_ACTIONS];
} Case;

static const Case cases[] = {
  { "packet-read", "packet-read", CALL_RECV, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, TRUE },
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { OK, OK, TRUE },
    [DO_BIND] = { OK, OK, TRUE }, [DO_READ] = { PENDING, OK, TRUE },
    [DO_SEND] = { OK, OK, TRUE }, [DO_SHUTDOWN] = { OK, OK, TRUE },
    [DO_ASK] = { OK, OK, TRUE } } },
  { "packet-read/buffered", "packet-read", CALL_RECV_BUFFERED, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, TRUE },
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { OK, OK, TRUE },
    [DO_BIND] = { OK, OK, TRUE }, [DO_READ] = { PENDING, OK, TRUE },
    [DO_SEND] = { OK, OK, TRUE }, [DO_SHUTDOWN] = { OK, OK, TRUE },
    [DO_ASK] = { OK, OK, TRUE } } },
  { "packet-sent", "packet-sent", CALL_SEND, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, TRUE },
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { OK, OK, TRUE },
    [DO_BIND] = { OK, OK, TRUE }, [DO_READ] = { OK, OK, TRUE },
    [DO_SEND] = { PENDING, OK, TRUE }, [DO_SHUTDOWN] = { OK, OK, TRUE },
    [DO_ASK] = { OK, OK, TRUE } } },
  { "channel-closed", "channel-closed", CALL_CLOSE, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, FALSE },
    [DO_DISCONNECT] = { OK, OK, FALSE }, [DO_RECONNECT] = { OK, OK, TRUE },
    [DO_BIND] = { OK, OK, TRUE }, [DO_READ] = { NOT_OPEN, OK, FALSE },
    [DO_SEND] = { NOT_OPEN, OK, FALSE }, [DO_SHUTDOWN] = { OK, OK, FALSE },
    [DO_ASK] = { OK, OK, FALSE } } },
  { "channel-closed/unref", "channel-closed", CALL_UNREF, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, FALSE },
    [DO_DISCONNECT] = { OK, OK, FALSE }, [DO_RECONNECT] = { CLOSED, OK, FALSE },
    [DO_BIND] = { CLOSED, OK, FALSE }, [DO_READ] = { NOT_OPEN, OK, FALSE },
    [DO_SEND] = { NOT_OPEN, OK, FALSE }, [DO_SHUTDOWN] = { OK, OK, FALSE },
    [DO_ASK] = { OK, OK, FALSE } } },
  { "channel-closed/connect", "channel-closed", CALL_CONNECT, {
    [DO_CLOSE] = { OK, OK, TRUE }, [DO_UNREF] = { OK, OK, TRUE },
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { PENDING, OK, TRUE },
    [DO_BIND] = { PENDING, OK, TRUE }, [DO_READ] = { NOT_OPEN, OK, TRUE },
    [DO_SEND] = { NOT_OPEN, OK, TRUE }, [DO_SHUTDOWN] = { OK, OK, TRUE },
    [DO_ASK] = { OK, OK, TRUE } } },
  { "deleted", "deleted", CALL_UNREF, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, FALSE },
    [DO_DISCONNECT] = { OK, OK, FALSE }, [DO_RECONNECT] = { CLOSED, OK, FALSE },
    [DO_BIND] = { CLOSED, OK, FALSE }, [DO_READ] = { NOT_OPEN, OK, FALSE },
    [DO_SEND] = { NOT_OPEN, OK, FALSE }, [DO_SHUTDOWN] = { OK, OK, FALSE },
    [DO_ASK] = { OK, OK, FALSE } } },
#define WHILE_OPENING(path, signal, call) \
  { path, signal, call, { \
    [DO_CLOSE] = { OK, CLOSED, FALSE }, [DO_UNREF] = { OK, OK, TRUE }, \
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { PENDING, OK, TRUE }, \
    [DO_BIND] = { PENDING, OK, TRUE }, [DO_READ] = { NOT_OPEN, OK, TRUE }, \
    [DO_SEND] = { NOT_OPEN, OK, TRUE }, [DO_SHUTDOWN] = { OK, CLOSED, FALSE }, \
    [DO_ASK] = { OK, OK, TRUE } } }
  WHILE_OPENING ("hostname-lookup", "hostname-lookup", CALL_CONNECT),
  WHILE_OPENING ("hostname-lookup/bind", "hostname-lookup", CALL_BIND),
  WHILE_OPENING ("hostname-resolved", "hostname-resolved", CALL_CONNECT),
  WHILE_OPENING ("hostname-resolved/bind", "hostname-resolved", CALL_BIND),
  WHILE_OPENING ("connecting", "connecting", CALL_CONNECT),
  { "connected", "connected", CALL_CONNECT, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, TRUE },
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { OK, OK, TRUE },
    [DO_BIND] = { OK, OK, TRUE }, [DO_READ] = { Q_SOCKET_ERROR_TIMEOUT, OK, TRUE },
    [DO_SEND] = { OK, OK, TRUE }, [DO_SHUTDOWN] = { OK, OK, TRUE },
    [DO_ASK] = { OK, OK, TRUE } } },
  { "http-send-message", "http-send-message", CALL_SEND_HTTP, {
    [DO_CLOSE] = { OK, CLOSED, FALSE }, [DO_UNREF] = { OK, OK, TRUE },
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { OK, CLOSED, TRUE },
    [DO_BIND] = { OK, CLOSED, TRUE }, [DO_READ] = { OK, OK, TRUE },
    [DO_SEND] = { PENDING, OK, TRUE },
    [DO_SHUTDOWN] = { OK, Q_SOCKET_ERROR_SEND, TRUE }, [DO_ASK] = { OK, OK, TRUE } } },
  { "http-message-received", "http-message-received", CALL_READ_HTTP, {
    [DO_CLOSE] = { OK, OK, FALSE }, [DO_UNREF] = { OK, OK, TRUE },
    [DO_DISCONNECT] = { OK, OK, TRUE }, [DO_RECONNECT] = { OK, OK, TRUE },
    [DO_BIND] = { OK, OK, TRUE }, [DO_READ] = { PENDING, OK, TRUE },
    [DO_SEND] = { OK, OK, TRUE }, [DO_SHUTDOWN] = { OK, OK, TRUE },
    [DO_ASK] = { OK, OK, TRUE } } },
};

/* ---- the actions ---- */

typedef struct
{
  const Case *the_case;
  Action action;
  QSocket *sock;
  int fd;
  char *target;
  GThread *thread;        /* that makes the call */
  int n_calls;
} Fixture;

static int
get_code (gboolean   ok,
          GError   **error)
{
  int code;

  g_assert_cmpint (ok, ==, *error == NULL);
  if (ok)
    return OK;

  g_assert_cmpuint ((*error)->domain, ==, Q_SOCKET_ERROR);
  code = (*error)->code;
  g_clear_error (error);

  return code;
}

static void
ask (QSocket *sock)
{
  GVariant *info;

  q_socket_set_lookup_hostnames (sock, FALSE);
  info = q_socket_get_peer_info (sock, NULL);
  g_clear_pointer (&info, g_variant_unref);
  info = q_socket_get_socket_info (sock, NULL);
  g_clear_pointer (&info, g_variant_unref);
  q_socket_is_open (sock);
  q_socket_is_data_available (sock, 0);
  q_socket_is_write_finished (sock, 0);
  q_socket_get_port (sock);
  q_socket_set_no_delay (sock, TRUE, NULL);
  q_socket_set_charset (sock, "latin1", NULL);
  q_socket_set_event_queue (sock, NULL);
}

static void handler (QSocket      *sock,
                     QSocketEvent *event,
                     Fixture      *fixture);

static int
act (Fixture *fixture)
{
  QSocket *sock = fixture->sock;
  GError *error = NULL;

  switch (fixture->action)
    {
    case DO_CLOSE:
      return get_code (q_socket_close (sock, &error), &error);
    case DO_UNREF:
      /* While the last reference goes there is no other one to drop. */
      if (fixture->the_case->call != CALL_UNREF)
        g_object_unref (sock);
      return OK;
    case DO_DISCONNECT:
      g_assert_cmpuint (g_signal_handlers_disconnect_by_func (sock, handler, fixture), ==, 1);
      return OK;
    case DO_RECONNECT:
      return get_code (q_socket_connect (sock, fixture->target, ENOUGH, NULL, &error), &error);
    case DO_BIND:
      return get_code (q_socket_bind (sock, "127.0.0.1:0", FALSE, &error), &error);
    case DO_READ:
      q_socket_recv_i1 (sock, 0, NULL, &error);
      return get_code (error == NULL, &error);
    case DO_SEND:
      return get_code (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error), &error);
    case DO_SHUTDOWN:
      return get_code (q_socket_shutdown (sock, &error), &error);
    case DO_ASK:
    case N_ACTIONS:
    default:
      ask (sock);
      return OK;
    }
}

/* Acts at the first call only: what the action leads to may call again. */
static void
handler (QSocket      *sock,
         QSocketEvent *event,
         Fixture      *fixture)
{
  g_assert_true (sock == fixture->sock);
  g_assert_true (g_thread_self () == fixture->thread);
  if (fixture->n_calls++ == 0)
    g_assert_cmpint (act (fixture), ==, fixture->the_case->results[fixture->action].inner);

  /* The event is whole whatever happened to the socket. */
  g_assert_true (g_str_has_prefix (q_socket_event_get_event_name (event), "EVENT_"));
}

/* ---- the calls ---- */

static int
call (Fixture *fixture)
{
  QSocket *sock = fixture->sock;
  GError *error = NULL;
  GVariant *header;
  char byte;

  switch (fixture->the_case->call)
    {
    case CALL_RECV:
      g_assert_cmpint (q_socket_recv_i1 (sock, ENOUGH, NULL, &error), ==, 'G');
      return get_code (error == NULL, &error);
    case CALL_RECV_BUFFERED:
      g_assert_cmpint (q_socket_recv_into (sock, &byte, 1, 1, ENOUGH, NULL, &error), ==, 1);
      g_assert_cmpint (byte, ==, 'G');
      return get_code (error == NULL, &error);
    case CALL_SEND:
      return get_code (q_socket_send_i2 (sock, 1, ENOUGH, NULL, &error), &error);
    case CALL_CLOSE:
      return get_code (q_socket_close (sock, &error), &error);
    case CALL_UNREF:
      g_object_unref (sock);
      return OK;
    case CALL_CONNECT:
      return get_code (q_socket_connect (sock, "name.example:service", ENOUGH, NULL, &error),
                       &error);
    case CALL_BIND:
      return get_code (q_socket_bind (sock, "name.example:0", FALSE, &error), &error);
    case CALL_SEND_HTTP:
      return get_code (q_socket_send_http_message (sock, "GET", "/", "1.1", NULL, NULL, ENOUGH,
                                                   NULL, &error), &error);
    case CALL_READ_HTTP:
    default:
      header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
      g_clear_pointer (&header, g_variant_unref);
      return get_code (error == NULL, &error);
    }
}

static void
run (const Case *the_case,
     Action      action)
{
  static const char * const addresses[] = { "127.0.0.1", NULL };
  static const char wire[] = "GGET / HTTP/1.1\r\n\r\nrest";
  const Result *result = &the_case->results[action];
  Fixture fixture = { .the_case = the_case, .action = action, .thread = g_thread_self () };
  g_autoptr (QSocket) listener = test_listener (&fixture.target);
  gboolean is_lost = the_case->call == CALL_UNREF;
  QSocket *gone;
  gsize skipped;

  fixture.sock = gone = test_pair (TEST_TCP4, &fixture.fd);
  g_object_add_weak_pointer (G_OBJECT (fixture.sock), (gpointer *) &gone);
  test_resolver_answer (addresses, q_socket_get_port (listener));

  skipped = the_case->call == CALL_READ_HTTP ? 1 : 0;
  test_write (fixture.fd, wire + skipped, sizeof wire - 1 - skipped);
  test_wait_arrived (fixture.sock, sizeof wire - 1 - skipped);
  if (the_case->call == CALL_RECV_BUFFERED)
    g_assert_cmpint (q_socket_recv_i1 (fixture.sock, ENOUGH, NULL, NULL), ==, 'G');

  g_signal_connect (fixture.sock, the_case->signal, G_CALLBACK (handler), &fixture);
  g_assert_cmpint (call (&fixture), ==, result->outer);
  g_assert_cmpint (fixture.n_calls, >=, 1);
  if (action == DO_DISCONNECT)
    g_assert_cmpint (fixture.n_calls, ==, 1);

  if (!is_lost && action != DO_UNREF)
    {
      g_assert_cmpint (q_socket_is_open (fixture.sock), ==, result->is_open);
      /* What was meant for one connection never goes to the next one. */
      if (action == DO_RECONNECT && the_case->call == CALL_SEND_HTTP)
        g_assert_cmpuint (q_socket_get_bytes_sent (fixture.sock), ==, 0);
      g_signal_handlers_disconnect_by_data (fixture.sock, &fixture);
      g_object_unref (fixture.sock);
    }
  g_assert_null (gone);

  test_resolver_restore ();
  close (fixture.fd);
  g_free (fixture.target);
}

static void
test_case (gconstpointer data)
{
  for (Action action = 0; action < N_ACTIONS; action++)
    {
      g_test_message ("action: %s", action_names[action]);
      run (data, action);
    }
}

/* ---- more than one handler ---- */

static void
connect_again (QSocket      *sock,
               QSocketEvent *event,
               gpointer      target)
{
  GError *error = NULL;

  /* What a program does that never wants to be without a connection. */
  if (!q_socket_connect (sock, target, ENOUGH, NULL, &error))
    test_assert_error (error, CLOSED);
}

static void
test_always_reconnects (void)
{
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  QSocket *sock = q_socket_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  GError *error = NULL;

  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  g_signal_connect (sock, "channel-closed", G_CALLBACK (connect_again), target);
  g_signal_connect (sock, "deleted", G_CALLBACK (connect_again), target);
  g_assert_true (q_socket_close (sock, &error));
  g_assert_true (q_socket_is_open (sock));
  test_log_signals (sock, log);
  g_assert_finalize_object (sock);
  test_assert_log (log, "CHANNEL_CLOSED\nDELETED");
  g_free (target);
}

static void
stop (QSocket      *sock,
      QSocketEvent *event,
      gpointer      n)
{
  ++*(int *) n;
  g_signal_stop_emission_by_name (sock, "packet-sent");
}

/* A handler may keep others from being called, but not the queue. */
static void
test_stopped (void)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  GError *error = NULL;
  int n = 0;

  q_socket_set_event_queue_object (sock, queue);
  g_signal_connect (sock, "packet-sent", G_CALLBACK (stop), &n);
  g_signal_connect (sock, "packet-sent", G_CALLBACK (stop), &n);
  g_assert_true (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 1);
  close (fd);
}

/* A handler that takes its time does not move the deadline: what was not done
 * before it is not done after it. */
static void
dawdle (QSocket      *sock,
        QSocketEvent *event,
        gpointer      until)
{
  while (g_get_monotonic_time () < *(gint64 *) until)
    g_thread_yield ();
}

static void
test_slow (void)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
  gint64 start = g_get_monotonic_time ();
  gint64 until = start + 100 * 1000;
  GError *error = NULL;

  g_signal_connect (sock, "packet-read", G_CALLBACK (dawdle), &until);
  test_write (fd, "a", 1);
  q_socket_recv_i2 (sock, 50, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_cmpint (test_elapsed_ms (start), >=, 100);
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/handlers/%s", cases[i].path);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/socket/handlers/always-reconnects", test_always_reconnects);
  g_test_add_func ("/socket/handlers/stopped", test_stopped);
  g_test_add_func ("/socket/handlers/slow", test_slow);

  return g_test_run ();
}
