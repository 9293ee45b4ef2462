/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"
#include "test-ssl-pair.h"

#include <string.h>
#include <unistd.h>

/* What only asynchronous calls have: contexts, priorities, callbacks. What they share
 * with the blocking ones is tested with those. */

static TestCerts *certs;

static void
keep_result (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  GAsyncResult **kept = user_data;

  g_assert_null (*kept);
  *kept = g_object_ref (result);
}

static void
await (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

/* ---- cancelling ---- */

/* Reads of a stream, of which most are cancelled or run out of time at any moment: what
 * the others return is the stream. */
typedef struct
{
  QSocket *sock;
  const guint8 *pattern;
  gsize length;
  gsize done;
  GCancellable *cancellable;
  guint n_cancelled;
  guint n_timed_out;
} Reading;

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Reading *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = q_socket_recv_binary_finish (self->sock, result, &error);

  g_clear_object (&self->cancellable);
  if (bytes != NULL)
    {
      gsize n = g_bytes_get_size (bytes);

      g_assert_cmpuint (n, <=, self->length - self->done);
      g_assert_cmpint (memcmp (g_bytes_get_data (bytes, NULL), self->pattern + self->done, n), ==,
                       0);
      self->done += n;
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->n_cancelled++;
  else if (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT))
    self->n_timed_out++;
  else
    g_error ("unexpected: %s", error->message);
}

/* A call, and then something that ends it: at once, after some turns of the loop, or
 * because its time is up. It may ask for more than is there. */
static void
read_in_vain (Reading *self)
{
  int turns = g_test_rand_int_range (0, 4);
  int timeout_ms = g_test_rand_int_range (0, 10) == 0 ? 0 : -1;

  self->cancellable = g_cancellable_new ();
  q_socket_recv_binary_async (self->sock, g_test_rand_int_range (1, 80), timeout_ms,
                              G_PRIORITY_DEFAULT, self->cancellable, read_cb, self);
  for (int i = 0; i < turns && self->cancellable != NULL; i++)
    g_main_context_iteration (NULL, FALSE);

  if (self->cancellable != NULL && timeout_ms != 0)
    {
      g_autoptr (GCancellable) cancellable = g_object_ref (self->cancellable);

      g_cancellable_cancel (cancellable);
    }
  while (self->cancellable != NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_cancel (gconstpointer secure)
{
  const guint n_cancels = secure != NULL ? 20000 : 100000;
  gsize length = 16 * 1024 * 1024;
  g_autofree guint8 *pattern = test_pattern (length);
  Reading self = { .pattern = pattern, .length = length };
  QSocket *peer;
  gsize sent = 0;

  self.sock = secure != NULL ? test_ssl_pair (certs, &peer) : test_socket_pair (TEST_TCP4, &peer);

  while (self.n_cancelled < n_cancels)
    {
      /* Something to read now and then, never much. */
      if (sent - self.done < 200 && g_test_rand_bit ())
        {
          gsize n = (gsize) g_test_rand_int_range (1, 30);

          g_assert_true (q_socket_send_data (peer, pattern + sent, n, ENOUGH, NULL, NULL));
          sent += n;
        }
      read_in_vain (&self);
      g_assert_cmpuint (self.done, <=, sent);
      g_assert_cmpuint (sent, <, length - 1000);
    }

  g_test_message ("%u cancelled, %u out of time, %" G_GSIZE_FORMAT " bytes",
                  self.n_cancelled, self.n_timed_out, self.done);
  g_assert_cmpuint (self.n_timed_out, >, 0);
  g_assert_cmpuint (self.done, >, 0);
  test_expect_bytes (self.sock, (gssize) (sent - self.done), (const char *) pattern + self.done,
                     sent - self.done);
  g_object_unref (self.sock);
  g_object_unref (peer);
}

/* ---- order ---- */

static void
log_event (QSocket      *sock,
           QSocketEvent *event,
           GString      *log)
{
  g_string_append_printf (log, "%s ", q_socket_event_get_event_name (event) + strlen ("EVENT_"));
}

static void
log_end (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_string_append (user_data, "callback");
}

/* Nothing from inside the call; then what happens, in its order; then the callback. */
static void
test_order (void)
{
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (GString) log = g_string_new (NULL);

  for (int i = 0; i < 4; i++)
    {
      static const char * const signals[] = {
        "hostname-lookup", "hostname-resolved", "connecting", "connected",
      };

      g_signal_connect (sock, signals[i], G_CALLBACK (log_event), log);
    }

  q_socket_connect_to_async (sock, target, ENOUGH, G_PRIORITY_DEFAULT, NULL, log_end, log);
  g_assert_cmpstr (log->str, ==, "");
  while (strstr (log->str, "callback") == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (log->str, ==,
                   "HOSTNAME_LOOKUP HOSTNAME_RESOLVED CONNECTING CONNECTED callback");
}

static void
note_priority (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  int priority = g_task_get_priority (G_TASK (result));

  g_string_append_printf (user_data, "%d ", priority);
}

static void
test_priorities (void)
{
  static const int priorities[] = { 200, -100, 0, 100 };
  g_autoptr (GString) log = g_string_new (NULL);
  QSocket *socks[4];
  int fds[4];

  for (int i = 0; i < 4; i++)
    {
      socks[i] = test_pair (TEST_UNIX, &fds[i]);
      test_write_text (fds[i], "x");
      q_socket_recv_async (socks[i], 1, ENOUGH, priorities[i], NULL, note_priority, log);
    }
  while (g_strcmp0 (log->str, "-100 0 100 200 ") != 0)
    {
      g_assert_cmpuint (log->len, <, strlen ("-100 0 100 200 "));
      g_main_context_iteration (NULL, TRUE);
    }
  for (int i = 0; i < 4; i++)
    {
      g_object_unref (socks[i]);
      close (fds[i]);
    }
}

/* ---- references ---- */

static void
test_last_reference (void)
{
  GAsyncResult *result = NULL;
  QSocket *sock;
  gpointer gone;
  int fd;

  sock = test_pair (TEST_TCP4, &fd);
  gone = sock;
  g_object_add_weak_pointer (G_OBJECT (sock), &gone);
  q_socket_recv_async (sock, 5, ENOUGH, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
  g_object_unref (sock);
  g_assert_nonnull (gone);

  test_write_text (fd, "hello");
  await (&result);
  {
    g_autofree char *text = q_socket_recv_finish (gone, result, NULL);

    g_assert_cmpstr (text, ==, "hello");
  }
  g_object_unref (result);
  while (gone != NULL)
    g_assert_true (g_main_context_iteration (NULL, FALSE));
  close (fd);
}

/* A context that goes with a call under way takes it along. */
static void
test_context_goes (void)
{
  guint n_fds = test_count_fds ();
  GMainContext *context = g_main_context_new ();
  GAsyncResult *result = NULL;
  int fd;
  QSocket *sock = test_pair (TEST_TCP4, &fd);

  g_main_context_push_thread_default (context);
  q_socket_recv_async (sock, 5, ENOUGH, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
  for (int i = 0; i < 3; i++)
    g_main_context_iteration (context, FALSE);
  g_main_context_pop_thread_default (context);
  q_socket_close (sock, NULL);

  g_main_context_push_thread_default (context);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_assert_null (q_socket_recv_finish (sock, result, NULL));
  g_object_unref (result);
  g_object_unref (sock);
  g_main_context_unref (context);
  close (fd);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* ---- several loops ---- */

#define N_LOOPS 4
#define N_ECHOS 200

/* A loop in a thread of its own, with a server and a client in it. */
typedef struct
{
  GMainLoop *loop;
  GMainContext *context;
  QSocket *listener;
  QSocket *server;
  QSocket *client;
  guint n_left;
} Loop;

static void serve (Loop *self);
static void ask (Loop *self);

static void
answered_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Loop *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_send_int_finish (self->server, result, &error));
  g_assert_true (g_main_context_is_owner (self->context));
  serve (self);
}

static void
asked_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  Loop *self = user_data;
  g_autoptr (GError) error = NULL;
  gint64 value = q_socket_recv_int_finish (self->server, result, &error);

  if (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED))
    {
      g_main_loop_quit (self->loop);
      return;
    }
  g_assert_no_error (error);
  q_socket_send_int_async (self->server, Q_INT_FORMAT_I8, value + 1, ENOUGH, G_PRIORITY_DEFAULT,
                           NULL, answered_cb, self);
}

static void
serve (Loop *self)
{
  q_socket_recv_int_async (self->server, Q_INT_FORMAT_I4, ENOUGH, G_PRIORITY_DEFAULT, NULL,
                           asked_cb, self);
}

static void
heard_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  Loop *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (q_socket_recv_int_finish (self->client, result, &error), ==,
                   (gint64) self->n_left + 1);
  g_assert_no_error (error);
  if (--self->n_left > 0)
    ask (self);
  else
    q_socket_close (self->client, NULL);
}

static void
ask (Loop *self)
{
  g_assert_true (q_socket_send_i4 (self->client, self->n_left, ENOUGH, NULL, NULL));
  q_socket_recv_int_async (self->client, Q_INT_FORMAT_I8, ENOUGH, G_PRIORITY_DEFAULT, NULL,
                           heard_cb, self);
}

static void
accepted_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Loop *self = user_data;
  g_autoptr (GError) error = NULL;

  self->server = q_socket_accept_ssl_finish (self->listener, result, &error);
  g_assert_no_error (error);
  serve (self);
}

static void
connected_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  Loop *self = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_connect_ssl_finish (self->client, result, &error));
  ask (self);
}

static gpointer
loop_thread (gpointer data)
{
  Loop *self = data;
  g_autofree char *target = NULL;
  g_autofree char *url = NULL;

  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  self->loop = g_main_loop_new (self->context, FALSE);
  self->listener = test_listener (&target);
  self->client = q_socket_new ();
  self->n_left = N_ECHOS;
  test_ssl_identify (self->listener, certs, "server");
  test_ssl_trust (self->client, certs);
  url = g_strdup_printf ("localhost:%d", q_socket_get_port (self->listener));

  q_socket_accept_ssl_async (self->listener, ENOUGH, G_PRIORITY_DEFAULT, NULL, accepted_cb, self);
  q_socket_connect_ssl_async (self->client, url, ENOUGH, G_PRIORITY_DEFAULT, NULL, connected_cb,
                              self);
  g_main_loop_run (self->loop);

  g_object_unref (self->server);
  g_object_unref (self->client);
  g_object_unref (self->listener);
  g_main_loop_unref (self->loop);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);

  return NULL;
}

static void
test_loops (void)
{
  Loop loops[N_LOOPS] = { { NULL } };
  GThread *threads[N_LOOPS];

  test_certs_pem (certs, "server");
  for (int i = 0; i < N_LOOPS; i++)
    threads[i] = g_thread_new ("loop", loop_thread, &loops[i]);
  for (int i = 0; i < N_LOOPS; i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpuint (loops[i].n_left, ==, 0);
    }
}

/* ---- mistakes ---- */

/* Found before it begins, told as all else is. */
static void
test_mistakes (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  q_socket_connect_to_async (sock, "", ENOUGH, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
  g_assert_null (result);
  await (&result);
  g_assert_false (q_socket_connect_to_finish (sock, result, &error));
  g_assert_true (g_str_has_prefix (error->message, "connect_to: "));
  test_assert_error (error, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_clear_object (&result);

  q_socket_send_http_message_async (sock, "GET", "/ x", "1.1", NULL, NULL, ENOUGH,
                                    G_PRIORITY_DEFAULT, NULL, keep_result, &result);
  g_assert_null (result);
  await (&result);
  g_assert_false (q_socket_send_http_message_finish (sock, result, &error));
  test_assert_error (error, Q_SOCKET_ERROR_HTTP);
  g_clear_object (&result);

  q_socket_recv_async (sock, 1, ENOUGH, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
  g_assert_null (result);
  await (&result);
  g_assert_null (q_socket_recv_finish (sock, result, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_clear_object (&result);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  certs = test_certs_new ();
  g_test_add_data_func ("/socket/async/cancel", NULL, test_cancel);
  g_test_add_data_func ("/socket/async/cancel/ssl", "ssl", test_cancel);
  g_test_add_func ("/socket/async/order", test_order);
  g_test_add_func ("/socket/async/priorities", test_priorities);
  g_test_add_func ("/socket/async/last-reference", test_last_reference);
  g_test_add_func ("/socket/async/context-goes", test_context_goes);
  g_test_add_func ("/socket/async/loops", test_loops);
  g_test_add_func ("/socket/async/mistakes", test_mistakes);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
