/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"
#include "test-resolver.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

/* The rarer calls that run handlers, and handlers that take the socket away from
 * under them: each call still ends, with a result that can be told in advance. */

/* Beside the codes of QSocketError. */
#define OK -1
#define CLOSED Q_SOCKET_ERROR_CLOSED
#define NOT_OPEN Q_SOCKET_ERROR_NOT_OPEN
#define PENDING Q_SOCKET_ERROR_PENDING

#define CHECKED(call) G_STMT_START { \
    g_autoptr (GError) error = NULL; \
    g_assert_true (call); \
    g_assert_no_error (error); } G_STMT_END

typedef enum
{
  DO_CLOSE,
  DO_DISPOSE,
  DO_RECONNECT,
  DO_STEAL,
  DO_UNREF,
  N_DEEDS,
} Deed;

typedef struct
{
  QSocket *sock;          /* NULL once the deed was to let go of it */
  char *target;
  int fd;                 /* the other end */
  const char *rest;       /* what the handler may write to it first */
  Deed deed;
  guint n_calls;
  int nested;             /* the result of what the handler did */
} Fixture;

static int
get_code (gboolean   ok,
          GError   **error)
{
  int code = OK;

  g_assert_cmpint (ok, ==, *error == NULL);
  if (!ok)
    {
      g_assert_true ((*error)->domain == Q_SOCKET_ERROR);
      code = (*error)->code;
      g_clear_error (error);
    }

  return code;
}

/* ---- the calls ---- */

static void
feed (Fixture    *f,
      const char *bytes)
{
  test_write_text (f->fd, bytes);
  test_wait_arrived (f->sock, strlen (bytes));
}

static int
recv_pieces (Fixture *f)
{
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  /* The rest comes after the first event. */
  feed (f, "ab");
  f->rest = "cd";
  bytes = q_socket_recv_binary (f->sock, 4, ENOUGH, NULL, &error);

  return get_code (bytes != NULL, &error);
}

static int
recv_what_is_there (Fixture *f)
{
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  feed (f, "abcd");
  bytes = q_socket_recv_binary (f->sock, 0, ENOUGH, NULL, &error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 4);

  return get_code (bytes != NULL, &error);
}

static int
recv_text (Fixture *f)
{
  g_autofree char *text = NULL;
  GError *error = NULL;

  feed (f, "äöü");
  text = q_socket_recv (f->sock, 4, ENOUGH, NULL, &error);
  g_assert_cmpstr (text, ==, "äö");

  return get_code (text != NULL, &error);
}

static int
recv_into (Fixture *f)
{
  GError *error = NULL;
  char bytes[2];
  gssize n;

  feed (f, "abcd");
  g_assert_true (q_socket_is_data_available (f->sock, ENOUGH));
  n = q_socket_recv_into (f->sock, bytes, 2, 2, ENOUGH, NULL, &error);
  g_assert_cmpmem (bytes, 2, "ab", 2);

  return get_code (n == 2, &error);
}

static void
keep_result (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static int
recv_async (Fixture *f)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (QSocket) sock = g_object_ref (f->sock);
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  feed (f, "abcd");
  q_socket_recv_binary_async (f->sock, 4, ENOUGH, 0, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  bytes = q_socket_recv_binary_finish (sock, result, &error);

  return get_code (bytes != NULL, &error);
}

static int
read_http (Fixture *f)
{
  g_autoptr (GVariant) header = NULL;
  GError *error = NULL;
  const char *value;

  feed (f, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
  header = q_socket_read_http_header (f->sock, ENOUGH, NULL, &error);
  g_assert_true (g_variant_lookup (header, "a", "&s", &value));
  g_assert_cmpstr (value, ==, "b");

  return get_code (header != NULL, &error);
}

static int
uncork (Fixture *f)
{
  GError *error = NULL;

  q_socket_cork (f->sock);
  g_assert_true (q_socket_send_i1 (f->sock, 1, ENOUGH, NULL, NULL));

  return get_code (q_socket_uncork (f->sock, ENOUGH, NULL, &error), &error);
}

static int
send_http (Fixture *f)
{
  GVariant *headers = g_variant_new_parsed ("{'A': 'b'}");
  GError *error = NULL;

  return get_code (q_socket_send_http_message (f->sock, "GET", "/", "1.1", headers, NULL,
                                               ENOUGH, NULL, &error), &error);
}

static int
connect_anew (Fixture *f)
{
  GError *error = NULL;

  return get_code (q_socket_connect (f->sock, f->target, ENOUGH, NULL, &error), &error);
}

static int
bind_name (Fixture *f)
{
  static const char * const answers[] = { "127.0.0.1", NULL };
  GError *error = NULL;
  gboolean ok;

  test_resolver_answer (answers, 0);
  ok = q_socket_bind (f->sock, "name.example:0", FALSE, &error);
  test_resolver_restore ();

  return get_code (ok, &error);
}

static int
close_it (Fixture *f)
{
  GError *error = NULL;

  return get_code (q_socket_close (f->sock, &error), &error);
}

static int
dispose_it (Fixture *f)
{
  g_object_run_dispose (G_OBJECT (f->sock));

  return OK;
}

/* What the call returns after a deed that takes away what it works with (it is OK
 * after all others), and what two of the deeds return. */
static const struct
{
  const char *name;
  const char *signal;
  int (*run) (Fixture *fixture);
  int after_close;
  int after_reconnect;
  int reconnect;
  int steal;
} rows[] = {
  { "recv", "packet-read", recv_pieces, CLOSED, CLOSED, OK, PENDING },
  { "recv-0", "packet-read", recv_what_is_there, OK, OK, OK, PENDING },
  { "recv-text", "packet-read", recv_text, OK, OK, OK, PENDING },
  { "recv-into", "packet-read", recv_into, OK, OK, OK, PENDING },
  { "recv-async", "packet-read", recv_async, OK, OK, OK, PENDING },
  { "read-http", "packet-read", read_http, OK, OK, OK, PENDING },
  { "read-http", "http-message-received", read_http, OK, OK, OK, PENDING },
  { "uncork", "packet-sent", uncork, OK, OK, OK, PENDING },
  { "send-http", "http-send-message", send_http, CLOSED, CLOSED, OK, PENDING },
  { "send-http", "packet-sent", send_http, OK, OK, OK, PENDING },
  { "connect", "channel-closed", connect_anew, OK, OK, PENDING, NOT_OPEN },
  { "connect", "hostname-lookup", connect_anew, CLOSED, OK, PENDING, NOT_OPEN },
  { "connect", "hostname-resolved", connect_anew, CLOSED, OK, PENDING, NOT_OPEN },
  { "connect", "connecting", connect_anew, CLOSED, OK, PENDING, NOT_OPEN },
  { "connect", "connected", connect_anew, OK, OK, OK, OK },
  { "bind", "hostname-lookup", bind_name, CLOSED, OK, PENDING, NOT_OPEN },
  { "bind", "hostname-resolved", bind_name, CLOSED, OK, PENDING, NOT_OPEN },
  { "close", "channel-closed", close_it, OK, OK, OK, NOT_OPEN },
  { "dispose", "channel-closed", dispose_it, OK, OK, CLOSED, NOT_OPEN },
  { "dispose", "deleted", dispose_it, OK, OK, CLOSED, NOT_OPEN },
};

static void
misbehave (QSocket      *sock,
           QSocketEvent *event,
           gpointer      data)
{
  Fixture *f = data;
  GError *error = NULL;
  int fd;

  /* Once is enough: what the deed tells is told to the same handler. */
  if (f->n_calls++ > 0)
    return;

  /* Nothing more comes if it is to be closed: the call must end without. */
  if (f->rest != NULL && f->deed > DO_RECONNECT)
    test_write_text (f->fd, f->rest);

  switch (f->deed)
    {
    case DO_CLOSE:
      f->nested = get_code (q_socket_close (sock, &error), &error);
      break;
    case DO_DISPOSE:
      g_object_run_dispose (G_OBJECT (sock));
      break;
    case DO_RECONNECT:
      f->nested = get_code (q_socket_connect (sock, f->target, ENOUGH, NULL, &error), &error);
      break;
    case DO_STEAL:
      fd = q_socket_steal_fd (sock, &error);
      f->nested = get_code (fd >= 0, &error);
      if (fd >= 0)
        close (fd);
      break;
    case DO_UNREF:
    case N_DEEDS:
    default:
      g_object_unref (g_steal_pointer (&f->sock));
      break;
    }
}

static void
log_name (QSocket      *sock,
          QSocketEvent *event,
          gpointer      data)
{
  g_string_append (data, q_socket_event_get_event_name (event) + strlen ("EVENT_"));
  g_string_append_c (data, '\n');
}

static void
check_results (gsize    row,
               Fixture *f,
               int      result)
{
  int nested = OK;
  int expected = OK;

  if (f->deed == DO_RECONNECT)
    nested = rows[row].reconnect;
  else if (f->deed == DO_STEAL)
    nested = rows[row].steal;
  g_assert_cmpint (f->nested, ==, nested);

  if (f->deed == DO_CLOSE || f->deed == DO_DISPOSE)
    expected = rows[row].after_close;
  else if (f->deed == DO_RECONNECT)
    expected = rows[row].after_reconnect;
  g_assert_cmpint (result, ==, expected);
}

static void
run_deed (gsize row,
          Deed  deed)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Fixture f = { .deed = deed, .nested = OK };
  QSocket *listener = test_listener (&f.target);
  gpointer weak;
  int result;

  f.sock = weak = test_pair (TEST_TCP4, &f.fd);
  g_object_add_weak_pointer (weak, &weak);
  g_signal_connect (f.sock, "channel-closed", G_CALLBACK (log_name), log);
  g_signal_connect (f.sock, "deleted", G_CALLBACK (log_name), log);
  g_signal_connect (f.sock, rows[row].signal, G_CALLBACK (misbehave), &f);

  result = rows[row].run (&f);
  g_test_message ("deed %d: %d, call: %d", deed, f.nested, result);
  g_assert_cmpuint (f.n_calls, >=, 1);
  check_results (row, &f, result);

  /* Nobody holds on to it; deleted came once, and last. */
  g_clear_object (&f.sock);
  g_assert_null (weak);
  g_assert_true (g_str_has_suffix (log->str, "DELETED\n"));
  g_assert_true (strstr (log->str, "DELETED") == log->str + log->len - strlen ("DELETED\n"));

  g_object_unref (listener);
  g_free (f.target);
  close (f.fd);
}

static void
test_row (gconstpointer data)
{
  gsize row = GPOINTER_TO_SIZE (data);
  guint n_fds;
  gint64 end;

  /* So that what GLib opens for ever is open already. */
  run_deed (row, DO_CLOSE);

  n_fds = test_count_fds ();
  for (Deed deed = 0; deed < N_DEEDS; deed++)
    if (deed != DO_UNREF || rows[row].run != dispose_it)
      run_deed (row, deed);

  /* The thread of a lookup may have to close its descriptor still. */
  end = g_get_monotonic_time () + ENOUGH * G_TIME_SPAN_MILLISECOND;
  while (test_count_fds () > n_fds && g_get_monotonic_time () < end)
    sched_yield ();
  g_assert_cmpuint (test_count_fds (), <=, n_fds);
}

/* ---- the end ---- */

static void
keep (QSocket      *sock,
      QSocketEvent *event,
      gpointer      data)
{
  QSocket **kept = data;

  if (*kept == NULL)
    *kept = g_object_ref (sock);
}

/* Who is brought back to life while it is disposed of stays as good as dead. */
static void
test_resurrect (gconstpointer signal)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  QSocket *listener = test_listener (&target);
  QSocket *kept = NULL;
  int fd;
  QSocket *sock = test_pair (TEST_TCP4, &fd);

  g_signal_connect (sock, "channel-closed", G_CALLBACK (log_name), log);
  g_signal_connect (sock, "deleted", G_CALLBACK (log_name), log);
  g_signal_connect (sock, signal, G_CALLBACK (keep), &kept);
  g_object_unref (sock);
  g_assert_true (kept == sock);
  g_assert_cmpstr (log->str, ==, "CHANNEL_CLOSED\nDELETED\n");

  g_assert_false (q_socket_is_open (sock));
  g_assert_false (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_assert_finalize_object (sock);
  g_assert_cmpstr (log->str, ==, "CHANNEL_CLOSED\nDELETED\n");
  g_object_unref (listener);
  close (fd);
}

/* A queue is told the end also if a handler disposes of what is just disposed of. */
static void
test_dispose_twice (void)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  int fd;
  QSocket *sock = test_pair (TEST_UNIX, &fd);

  q_socket_set_event_queue (sock, queue);
  g_signal_connect (sock, "channel-closed", G_CALLBACK (g_object_run_dispose), NULL);
  g_assert_finalize_object (sock);
  test_log_queue (log, queue);
  test_assert_log (log, "CHANNEL_CLOSED\nDELETED");
  close (fd);
}

/* ---- where handlers run ---- */

typedef struct
{
  GMainContext *context;
  GThread *thread;
  guint n_events;
  guint n_events_at_callback;
  gboolean is_done;
} Place;

static void
check_place (QSocket      *sock,
             QSocketEvent *event,
             gpointer      data)
{
  Place *place = data;

  g_assert_true (g_main_context_get_thread_default () == place->context);
  g_assert_true (g_thread_self () == place->thread);
  place->n_events++;
}

static void
be_done (GObject      *object,
         GAsyncResult *result,
         gpointer      data)
{
  Place *place = data;
  g_autoptr (GBytes) bytes = NULL;

  CHECKED ((bytes = q_socket_recv_binary_finish (Q_SOCKET (object), result, &error)) != NULL);
  g_assert_true (g_main_context_get_thread_default () == place->context);
  place->n_events_at_callback = place->n_events;
  place->is_done = TRUE;
}

/* A blocking call tells the thread that made it, an asynchronous one the context
 * in which it began, and before its callback; never the caller at once. */
static void
test_place (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Place place = { .thread = g_thread_self () };
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);

  g_signal_connect (sock, "packet-read", G_CALLBACK (check_place), &place);
  test_write_text (fd, "abcd");
  CHECKED (q_socket_recv_i1 (sock, ENOUGH, NULL, &error) == 'a');
  CHECKED (q_socket_recv_i1 (sock, ENOUGH, NULL, &error) == 'b');
  g_assert_cmpuint (place.n_events, ==, 2);

  place.context = context;
  g_main_context_push_thread_default (context);
  for (guint i = 0; i < 3; i++)
    {
      place.is_done = FALSE;
      q_socket_recv_binary_async (sock, 1, ENOUGH, 0, NULL, be_done, &place);
      g_assert_cmpuint (place.n_events, ==, 2 + i);

      /* The last one is not there yet. */
      if (i == 2)
        test_write_text (fd, "e");
      while (!place.is_done)
        g_main_context_iteration (context, TRUE);
      g_assert_cmpuint (place.n_events_at_callback, ==, 3 + i);
    }
  g_main_context_pop_thread_default (context);
  close (fd);
}

static void
ask_whether_finished (QSocket      *sock,
                      QSocketEvent *event,
                      guint        *n_calls)
{
  (*n_calls)++;
  g_assert_false (q_socket_is_write_finished (sock, -1));
}

/* Nobody can wait for the call he is called by. */
static void
test_is_write_finished (void)
{
  g_autoptr (GError) error = NULL;
  guint n_calls = 0;
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);

  g_signal_connect (sock, "packet-sent", G_CALLBACK (ask_whether_finished), &n_calls);
  q_socket_send (sock, "hello", ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_calls, ==, 1);
  g_assert_true (q_socket_is_write_finished (sock, 0));
  close (fd);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/handler-calls/%s/%s", rows[i].name,
                                               rows[i].signal);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_row);
    }

  g_test_add_data_func ("/socket/handler-calls/resurrect/channel-closed", "channel-closed",
                        test_resurrect);
  g_test_add_data_func ("/socket/handler-calls/resurrect/deleted", "deleted", test_resurrect);
  g_test_add_func ("/socket/handler-calls/dispose-twice", test_dispose_twice);
  g_test_add_func ("/socket/handler-calls/place", test_place);
  g_test_add_func ("/socket/handler-calls/is-write-finished", test_is_write_finished);

  return g_test_run ();
}
