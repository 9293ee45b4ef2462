/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-feed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELETED Q_SOCKET_EVENT_TYPE_DELETED
#define CHANNEL_CLOSED Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED
#define PACKET_SENT Q_SOCKET_EVENT_TYPE_PACKET_SENT

/* ---- allocations ---- */

#if defined (__has_feature)
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define HAS_OWN_MALLOC 1
#endif
#endif

#if !defined (__GLIBC__) || defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__) || \
    defined (HAS_OWN_MALLOC)
#define COUNTS_ALLOCATIONS 0
#else
#define COUNTS_ALLOCATIONS 1

/* The program's malloc comes before the C library's, for all libraries in it. */
extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n,
                            size_t size);
extern void *__libc_realloc (void   *block,
                             size_t  size);

static int n_allocations;

void *
malloc (size_t size)
{
  g_atomic_int_inc (&n_allocations);
  return __libc_malloc (size);
}

void *
calloc (size_t n,
        size_t size)
{
  g_atomic_int_inc (&n_allocations);
  return __libc_calloc (n, size);
}

void *
realloc (void   *block,
         size_t  size)
{
  g_atomic_int_inc (&n_allocations);
  return __libc_realloc (block, size);
}
static void
count (QSocket      *sock,
       QSocketEvent *event,
       gpointer      n)
{
  g_atomic_int_inc ((int *) n);
}
#endif

/* An event that nobody listens to is not made; handlers of others do not count. */
static void
test_no_listener (void)
{
#if COUNTS_ALLOCATIONS
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  char memory[8];
  GError *error = NULL;

  for (int listening = 0; listening < 3; listening++)
    {
      int n_events = 0;
      int before = 0;
      int n;

      if (listening == 1)
        g_signal_connect (sock, "connected", G_CALLBACK (count), &n_events);
      if (listening == 2)
        {
          g_signal_connect (sock, "packet-sent", G_CALLBACK (count), &n_events);
          g_signal_connect (sock, "packet-read", G_CALLBACK (count), &n_events);
        }

      for (int i = 0; i < 1100; i++)
        {
          /* Buffers and types are made by now. */
          if (i == 100)
            before = g_atomic_int_get (&n_allocations);

          g_assert_true (q_socket_send_i4 (sock, i, ENOUGH, NULL, &error));
          test_write (fd, "12345678", 8);
          g_assert_cmpint (q_socket_recv_i4 (sock, ENOUGH, NULL, &error), ==, 0x31323334);
          g_assert_cmpint (q_socket_recv_into (sock, memory, 4, 8, ENOUGH, NULL, &error), ==, 4);
          g_assert_no_error (error);
        }

      n = g_atomic_int_get (&n_allocations) - before;
      g_test_message ("%d: %d allocations in 1000 turns", listening, n);
      if (listening < 2)
        {
          g_assert_cmpint (n, <, 100);
          g_assert_cmpint (n_events, ==, 0);
        }
      else
        {
          g_assert_cmpint (n, >=, 3000);
          g_assert_cmpint (n_events, >=, 3300);
        }
      g_signal_handlers_disconnect_by_data (sock, &n_events);
    }

  close (fd);
#else
  g_test_skip ("allocations cannot be counted here");
#endif
}

/* ---- the signals ---- */

static void
test_signals (void)
{
  g_autofree guint *ids = NULL;
  guint n_ids;

  g_type_class_unref (g_type_class_ref (Q_TYPE_SOCKET));
  ids = g_signal_list_ids (Q_TYPE_SOCKET, &n_ids);
  g_assert_cmpuint (n_ids, ==, TEST_N_SIGNALS);

  for (guint i = 0; i < TEST_N_SIGNALS; i++)
    {
      GSignalQuery query;

      g_signal_query (g_signal_lookup (test_signal_names[i], Q_TYPE_SOCKET), &query);
      g_assert_cmpstr (query.signal_name, ==, test_signal_names[i]);
      g_assert_cmpuint (query.signal_flags, ==, G_SIGNAL_RUN_LAST);
      g_assert_cmpuint (query.return_type, ==, G_TYPE_NONE);
      g_assert_cmpuint (query.n_params, ==, 1);

      /* Bindings must be able to keep the event: no G_SIGNAL_TYPE_STATIC_SCOPE. */
      g_assert_cmpuint (query.param_types[0], ==, Q_TYPE_SOCKET_EVENT);
    }
}

/* ---- life ---- */

typedef struct
{
  int n[Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED + 1];
  int n_after_deleted;
  guint64 id;
  gint64 time;
} Counts;

static void
note (QSocket      *sock,
      QSocketEvent *event,
      gpointer      data)
{
  Counts *counts = data;

  if (counts->n[DELETED] > 0)
    counts->n_after_deleted++;
  counts->n[q_socket_event_get_event_type (event)]++;

  g_assert_cmpint (q_socket_event_get_source (event), ==, 1);
  g_assert_cmpuint (q_socket_event_get_id (event), >, 0);
  if (counts->id != 0)
    g_assert_cmpuint (q_socket_event_get_id (event), ==, counts->id);
  counts->id = q_socket_event_get_id (event);
  g_assert_cmpint (q_socket_event_get_time (event), >=, counts->time);
  g_assert_cmpint (q_socket_event_get_time (event), <=, g_get_monotonic_time ());
  counts->time = q_socket_event_get_time (event);
}

static void
note_signals (QSocket *sock,
              Counts  *counts)
{
  for (guint i = 0; i < TEST_N_SIGNALS; i++)
    g_signal_connect (sock, test_signal_names[i], G_CALLBACK (note), counts);
}

/* Every socket has an id of its own, which lasts; "deleted" comes once, and last. */
static void
test_life (void)
{
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);

  for (int i = 0; i < 50; i++)
    {
      Counts counts = { .time = 0 };
      Counts copy_counts = { .time = 0 };
      QSocket *sock = q_socket_new ();
      QSocket *copy;
      GError *error = NULL;
      guint64 *id;

      note_signals (sock, &counts);
      g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
      g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
      copy = q_socket_copy (sock);
      g_assert_false (q_socket_is_open (copy));
      note_signals (copy, &copy_counts);
      if (i % 2 == 0)
        g_assert_true (q_socket_close (sock, NULL));
      if (i % 3 == 0)
        g_object_run_dispose (G_OBJECT (sock));

      g_assert_finalize_object (sock);
      g_assert_finalize_object (copy);
      g_assert_cmpint (counts.n[CHANNEL_CLOSED], ==, 2);
      g_assert_cmpint (counts.n[DELETED], ==, 1);
      g_assert_cmpint (counts.n_after_deleted, ==, 0);
      g_assert_cmpint (copy_counts.n[CHANNEL_CLOSED], ==, 0);
      g_assert_cmpint (copy_counts.n[DELETED], ==, 1);

      id = g_new (guint64, 1);
      *id = counts.id;
      g_assert_true (g_hash_table_add (ids, id));
      id = g_new (guint64, 1);
      *id = copy_counts.id;
      g_assert_true (g_hash_table_add (ids, id));
    }

  g_free (target);
}

/* A copy has neither queue nor handlers; an accepted socket has the queue. */
static void
test_heirs (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (QSocketEvent) event = NULL;
  g_autoptr (QSocketEvent) last = NULL;
  Counts counts = { .time = 0 };
  QSocket *client = q_socket_new ();
  QSocket *server;
  QSocket *copy;
  GError *error = NULL;

  q_socket_set_event_queue_object (listener, queue);
  note_signals (listener, &counts);

  copy = q_socket_copy (listener);
  g_assert_true (q_socket_bind (copy, "127.0.0.1:0", FALSE, &error));
  g_assert_finalize_object (copy);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);

  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, &error));
  server = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_finalize_object (client);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);

  /* Its own from then on: the listener may give the queue up. */
  q_socket_set_event_queue_object (listener, NULL);
  g_assert_finalize_object (server);
  event = q_event_queue_try_pop (queue);
  g_assert_cmpint (q_socket_event_get_event_type (event), ==, CHANNEL_CLOSED);
  last = q_event_queue_try_pop (queue);
  g_assert_cmpint (q_socket_event_get_event_type (last), ==, DELETED);
  g_assert_cmpuint (q_socket_event_get_id (event), ==, q_socket_event_get_id (last));
  g_assert_null (q_event_queue_try_pop (queue));
  g_assert_cmpint (counts.n[CHANNEL_CLOSED], ==, 0);

  g_free (target);
}

/* ---- changing queues ---- */

static void
test_replace (void)
{
  int fd;
  QSocket *sock = test_pair (TEST_UNIX, &fd);
  g_autoptr (GAsyncQueue) first = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  g_autoptr (QEventQueue) second = q_event_queue_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  GError *error = NULL;

  q_socket_set_event_queue (sock, first);
  g_assert_true (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
  q_socket_set_event_queue_object (sock, second);
  g_assert_true (q_socket_send_i2 (sock, 1, ENOUGH, NULL, &error));
  q_socket_set_event_queue_object (sock, second);
  q_socket_set_event_queue_object (sock, NULL);
  g_assert_true (q_socket_send_i4 (sock, 1, ENOUGH, NULL, &error));
  q_socket_set_event_queue (sock, first);
  g_assert_true (q_socket_send_i8 (sock, 1, ENOUGH, NULL, &error));
  q_socket_set_event_queue (sock, NULL);
  g_assert_finalize_object (sock);

  test_log_queue (log, first);
  test_assert_log (log,
                   "PACKET_SENT {'sent': <int64 1>, 'total_sent': <int64 1>, "
                   "'total_to_send': <int64 1>}\n"
                   "PACKET_SENT {'sent': <int64 8>, 'total_sent': <int64 8>, "
                   "'total_to_send': <int64 8>}");
  test_log_queue (log, q_event_queue_get_async_queue (second));
  test_assert_log (log, "PACKET_SENT {'sent': <int64 2>, 'total_sent': <int64 2>, "
                        "'total_to_send': <int64 2>}");
  close (fd);
}

/* The socket keeps its queue alive, and lets go of it. */
static void
test_queue_goes_first (void)
{
  int fd;
  QSocket *sock = test_pair (TEST_UNIX, &fd);
  QEventQueue *queue = q_event_queue_new ();
  QEventQueue *gone = queue;
  GError *error = NULL;

  q_socket_set_event_queue_object (sock, queue);
  g_object_add_weak_pointer (G_OBJECT (queue), (gpointer *) &gone);
  g_object_unref (queue);
  g_assert_nonnull (gone);
  g_assert_true (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
  g_assert_finalize_object (sock);
  g_assert_null (gone);
  close (fd);
}

/* What an event says does not depend on what it came from. */
static void
test_socket_goes_first (void)
{
  int fd;
  QSocket *sock = test_pair (TEST_UNIX, &fd);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new_full ((GDestroyNotify) q_socket_event_unref);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GVariant) header = NULL;
  GError *error = NULL;

  q_socket_set_event_queue (sock, queue);
  test_write_text (fd, "GET /x HTTP/1.1\r\nA: b\r\n\r\n");
  test_wait_arrived (sock, 25);
  header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_clear_pointer (&header, g_variant_unref);
  g_assert_finalize_object (sock);
  close (fd);

  test_log_queue (log, queue);
  test_assert_log (log,
                   "PACKET_READ {'read': <int64 25>, 'total_read': <int64 25>}\n"
                   "HTTP_MESSAGE_RECEIVED {'headers': <{'http_version': <'1.1'>, "
                   "'method': <'GET'>, 'path': <'/x'>, 'a': <'b'>}>}\n"
                   "CHANNEL_CLOSED\n"
                   "DELETED");
}

/* A queue that is full keeps the newest, and says how much is missing. */
static void
test_bounded (void)
{
  int fd;
  QSocket *sock = test_pair (TEST_UNIX, &fd);
  g_autoptr (QEventQueue) queue = q_event_queue_new_bounded (3);
  g_autoptr (GString) log = g_string_new (NULL);
  GError *error = NULL;

  q_socket_set_event_queue_object (sock, queue);
  for (int i = 0; i < 5000; i++)
    {
      g_assert_true (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
      test_expect (fd, "\1", 1);
    }
  g_assert_finalize_object (sock);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 3);
  test_log_queue (log, q_event_queue_get_async_queue (queue));
  test_assert_log (log, "OVERFLOW {'lost': <int64 5000>}\nCHANNEL_CLOSED\nDELETED");
  close (fd);
}

/* ---- threads ---- */

#define N_THREADS 8
#define N_SENDS 300

static gpointer
send_counting (gpointer queue)
{
  int fd;
  QSocket *sock = test_pair (TEST_UNIX, &fd);
  guint8 bytes[N_SENDS] = { 0 };

  q_socket_set_event_queue_object (sock, queue);
  for (gsize i = 1; i <= N_SENDS; i++)
    {
      GError *error = NULL;

      q_socket_send_data (sock, bytes, i, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      test_expect (fd, (char *) bytes, (gssize) i);
    }

  g_object_unref (sock);
  close (fd);

  return NULL;
}

/* Many sockets, many threads, one queue: each socket's events stay in order. */
static void
test_threads (void)
{
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  g_autoptr (GHashTable) next = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                                       g_free);
  GThread *threads[N_THREADS];
  guint n_deleted = 0;

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("sender", send_counting, queue);

  while (n_deleted < N_THREADS)
    {
      g_autoptr (QSocketEvent) event = q_event_queue_pop (queue);
      guint64 id = q_socket_event_get_id (event);
      gint64 *expected = g_hash_table_lookup (next, &id);

      if (expected == NULL)
        {
          guint64 *key = g_new (guint64, 1);

          *key = id;
          expected = g_new0 (gint64, 1);
          g_hash_table_insert (next, key, expected);
        }

      ++*expected;
      if (*expected <= N_SENDS)
        g_assert_cmpint (q_socket_event_get_sent (event), ==, *expected);
      else if (*expected == N_SENDS + 1)
        g_assert_cmpint (q_socket_event_get_event_type (event), ==, CHANNEL_CLOSED);
      else
        g_assert_cmpint (q_socket_event_get_event_type (event), ==, DELETED);
      n_deleted += q_socket_event_get_event_type (event) == DELETED;
    }

  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (g_hash_table_size (next), ==, N_THREADS);
  g_assert_cmpuint (q_event_queue_get_length (queue), ==, 0);
}

typedef struct
{
  QSocket *sock;
  int stop;
} Changing;

static gpointer
change_queues (gpointer data)
{
  Changing *changing = data;

  while (!g_atomic_int_get (&changing->stop))
    {
      g_autoptr (QEventQueue) queue = q_event_queue_new ();

      q_socket_set_event_queue_object (changing->sock, queue);
      q_socket_set_event_queue (changing->sock, NULL);
    }

  return NULL;
}

/* Queues come and go while events are under way. */
static void
test_changing_queue (void)
{
  int fd;
  Changing changing = { .sock = test_pair (TEST_UNIX, &fd) };
  GThread *thread = g_thread_new ("changer", change_queues, &changing);

  for (int i = 0; i < 3000; i++)
    {
      GError *error = NULL;

      g_assert_true (q_socket_send_i1 (changing.sock, 1, ENOUGH, NULL, &error));
      test_expect (fd, "\1", 1);
      test_write (fd, "ab", 2);
      g_assert_cmpint (q_socket_recv_i1 (changing.sock, ENOUGH, NULL, &error), ==, 'a');
      g_assert_cmpint (q_socket_recv_i1 (changing.sock, ENOUGH, NULL, &error), ==, 'b');
      g_assert_no_error (error);
    }

  g_atomic_int_set (&changing.stop, TRUE);
  g_thread_join (thread);
  g_assert_finalize_object (changing.sock);
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/event-relay/no-listener", test_no_listener);
  g_test_add_func ("/socket/event-relay/signals", test_signals);
  g_test_add_func ("/socket/event-relay/life", test_life);
  g_test_add_func ("/socket/event-relay/heirs", test_heirs);
  g_test_add_func ("/socket/event-relay/replace", test_replace);
  g_test_add_func ("/socket/event-relay/queue-goes-first", test_queue_goes_first);
  g_test_add_func ("/socket/event-relay/socket-goes-first", test_socket_goes_first);
  g_test_add_func ("/socket/event-relay/bounded", test_bounded);
  g_test_add_func ("/socket/event-relay/threads", test_threads);
  g_test_add_func ("/socket/event-relay/changing-queue", test_changing_queue);

  return g_test_run ();
}
