/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-open-private.h"
#include "test-peer.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define SLOW TRUE
#else
#define SLOW FALSE
#endif

static gboolean
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_CONTINUE;
}

#define LAST_TURN -1

/* A number that one thread sets and another one waits for. The latter sleeps: to yield the
 * processor over and over takes for ever where other programs want it too. */
typedef struct
{
  GMutex lock;
  GCond changed;
  int number;
} Turn;

static void
turn_set (Turn *self,
          int   number)
{
  g_mutex_lock (&self->lock);
  self->number = number;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* Until it is not 0. */
static void
turn_wait_for_change (Turn *self)
{
  g_mutex_lock (&self->lock);
  while (self->number == 0)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

/* FALSE if the number is LAST_TURN instead. */
static gboolean
turn_wait (Turn *self,
           int   number)
{
  gboolean is_there;

  g_mutex_lock (&self->lock);
  while (self->number != number && self->number != LAST_TURN)
    g_cond_wait (&self->changed, &self->lock);
  is_there = self->number == number;
  g_mutex_unlock (&self->lock);

  return is_there;
}

/* ---- descriptor numbers ---- */

typedef struct
{
  QSocket *sock;
  Turn tid;
  gboolean asks_first;          /* with a cancellable the call polls and then reads */
} Reader;

static gpointer
reader_thread (gpointer data)
{
  Reader *reader = data;
  g_autoptr (GCancellable) cancellable = reader->asks_first ? g_cancellable_new () : NULL;
  GError *error = NULL;
  GBytes *bytes;

  turn_set (&reader->tid, test_get_thread_id ());
  bytes = q_socket_recv_binary (reader->sock, 0, -1, cancellable, &error);
  g_assert_null (bytes);
  g_assert_true (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED) ||
                 g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_NOT_OPEN));
  g_clear_error (&error);

  return NULL;
}

/* Whatever number becomes free in a close is given to a socket that holds bytes,
 * at once; the reader must see none of them. Half of the readers have just begun. */
static void
test_numbers (void)
{
  enum { N = 16 };
  int rounds = SLOW ? 300 : 3000;

  for (int i = 0; i < rounds; i++)
    {
      int pair[2];
      int bait[N][2];
      Reader reader = { .asks_first = i % 2 != 0 };
      GThread *thread;

      g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
      reader.sock = q_socket_new_from_fd (pair[0], NULL);
      thread = g_thread_new ("reader", reader_thread, &reader);
      turn_wait_for_change (&reader.tid);
      if (i % 4 < 2)
        test_wait_in_kernel (reader.tid.number);

      q_socket_close (reader.sock, NULL);
      for (int j = 0; j < N; j++)
        {
          g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bait[j]));
          test_write (bait[j][0], "bait", 4);
          test_write (bait[j][1], "bait", 4);
        }

      g_thread_join (thread);
      for (int j = 0; j < N; j++)
        {
          test_expect (bait[j][0], "bait", 4);
          test_expect (bait[j][1], "bait", 4);
          close (bait[j][0]);
          close (bait[j][1]);
        }
      g_object_unref (reader.sock);
      close (pair[1]);
    }
}

/* ---- calls that begin while another thread closes ---- */

typedef void (*Call) (QSocket  *sock,
                      GError  **error);

static void
race_recv (QSocket  *sock,
           GError  **error)
{
  g_free (q_socket_recv (sock, 0, -1, NULL, error));
}

static void
race_recv_binary (QSocket  *sock,
                  GError  **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GBytes *bytes = q_socket_recv_binary (sock, 70000, -1, cancellable, error);

  g_clear_pointer (&bytes, g_bytes_unref);
}

static void
race_recv_i4 (QSocket  *sock,
              GError  **error)
{
  for (int i = 0; i < 4 && *error == NULL; i++)
    q_socket_recv_i4 (sock, ENOUGH, NULL, error);
}

static void
race_recv_into (QSocket  *sock,
                GError  **error)
{
  guint8 buffer[8];

  if (q_socket_recv_into (sock, buffer, 1, 1, -1, NULL, error) == 1)
    q_socket_recv_into (sock, buffer, 8, 8, -1, NULL, error);
}

static void
race_send (QSocket  *sock,
           GError  **error)
{
  while (q_socket_send (sock, "some words that fill the peer's buffer", -1, NULL, error))
    continue;
}

static void
race_send_corked (QSocket  *sock,
                  GError  **error)
{
  q_socket_cork (sock);
  for (int i = 0; i < 20 && *error == NULL; i++)
    q_socket_send_i8 (sock, i, -1, NULL, error);
  if (*error == NULL)
    q_socket_uncork (sock, -1, NULL, error);
}

static void
race_cork_and_recv (QSocket  *sock,
                    GError  **error)
{
  q_socket_cork (sock);
  q_socket_send_i8 (sock, 1, -1, NULL, NULL);
  g_free (q_socket_recv (sock, 100, -1, NULL, error));
}

static void
race_steal (QSocket  *sock,
            GError  **error)
{
  int fd = q_socket_steal_fd (sock, error);

  if (fd >= 0)
    g_assert_no_errno (close (fd));
}

static void
race_shutdown (QSocket  *sock,
               GError  **error)
{
  q_socket_shutdown (sock, error);
}

static void
race_close (QSocket  *sock,
            GError  **error)
{
  q_socket_close (sock, error);
}

static void
race_questions (QSocket  *sock,
                GError  **error)
{
  GVariant *info = q_socket_get_socket_info (sock, NULL);

  g_clear_pointer (&info, g_variant_unref);
  q_socket_get_port (sock);
  q_socket_get_socket (sock);
  q_socket_get_no_delay (sock);
  q_socket_set_no_delay (sock, TRUE, NULL);
  q_socket_is_data_available (sock, 0);
  q_socket_is_data_available (sock, -1);
  q_socket_is_write_finished (sock, 0);
}

static void
race_write_finished (QSocket  *sock,
                     GError  **error)
{
  q_socket_cork (sock);
  q_socket_send_i8 (sock, 1, 0, NULL, NULL);
  q_socket_is_write_finished (sock, ENOUGH);
}

static void
race_source (QSocket  *sock,
             GError  **error)
{
  GMainContext *context = g_main_context_new ();
  GSource *source = q_socket_create_source (sock, G_IO_IN, NULL);
  gboolean *done = g_new0 (gboolean, 1);

  g_source_set_callback (source, set_true, done, g_free);
  g_source_attach (source, context);
  while (q_socket_is_open (sock))
    {
      /* What is readable is so all the time; sources come and go meanwhile. */
      GSource *second = q_socket_create_source (sock, G_IO_IN | G_IO_OUT, NULL);

      g_main_context_iteration (context, FALSE);
      g_source_unref (second);
    }
  while (!*done)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (source);
  g_source_unref (source);
  g_main_context_unref (context);
}

static void
race_stream (QSocket  *sock,
             GError  **error)
{
  q_socket_get_io_stream (sock);
}

static const struct
{
  const char *name;
  Call call;
} calls[] = {
  { "recv", race_recv },
  { "recv-binary", race_recv_binary },
  { "recv-i4", race_recv_i4 },
  { "recv-into", race_recv_into },
  { "send", race_send },
  { "send-corked", race_send_corked },
  { "cork-and-recv", race_cork_and_recv },
  { "steal", race_steal },
  { "shutdown", race_shutdown },
  { "close", race_close },
  { "questions", race_questions },
  { "write-finished", race_write_finished },
  { "source", race_source },
  { "stream", race_stream },
};

typedef struct
{
  QSocket *sock;
  Turn round;                   /* which one both threads may run */
  Turn done;
  atomic_int stops;
  Call call;
  const char *name;
} Race;

static void
spin (guint n)
{
  static atomic_int nothing;

  while (n-- > 0)
    atomic_fetch_add_explicit (&nothing, 1, memory_order_relaxed);
}

static gpointer
racer_thread (gpointer data)
{
  Race *race = data;
  GRand *rand = g_rand_new_with_seed (7);

  for (int round = 1; turn_wait (&race->round, round); round++)
    {
      GError *error = NULL;

      spin ((guint) g_rand_int_range (rand, 0, 500));
      race->call (race->sock, &error);
      if (error != NULL &&
          !g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_NOT_OPEN) &&
          !g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED) &&
          !(race->call == race_steal &&
            g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_PENDING)))
        g_error ("%s: %s", race->name, error->message);
      g_clear_error (&error);
      turn_set (&race->done, round);
    }

  g_rand_free (rand);

  return NULL;
}

static void
test_close_race (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  int rounds = SLOW ? 1000 : 10000;
  guint n_fds = test_count_fds ();
  GRand *rand = g_rand_new_with_seed (8);
  Race race = { .call = calls[i].call, .name = calls[i].name };
  GThread *thread = g_thread_new ("racer", racer_thread, &race);

  for (int round = 1; round <= rounds; round++)
    {
      int pair[2];

      g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
      race.sock = q_socket_new_from_fd (pair[0], NULL);
      test_write (pair[1], "12345678", 8);

      turn_set (&race.round, round);
      spin ((guint) g_rand_int_range (rand, 0, 3000));
      g_assert_true (q_socket_close (race.sock, NULL));
      turn_wait (&race.done, round);

      g_assert_false (q_socket_is_open (race.sock));
      g_object_unref (race.sock);
      g_assert_cmpint (fcntl (pair[0], F_GETFD), ==, -1);
      close (pair[1]);
    }

  turn_set (&race.round, LAST_TURN);
  g_thread_join (thread);
  g_rand_free (rand);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* ---- everything at once ---- */

typedef struct
{
  QSocket *sock;
  const char *target;
  atomic_int stops;
  guint32 seed;
} Chaos;

/* No call may do more than fail, and none may hang: each has a limit. */
static void
do_anything (QSocket    *sock,
             const char *target,
             GRand      *rand)
{
  guint8 buffer[64];

  switch (g_rand_int_range (rand, 0, 16))
    {
    case 0:
    case 1:
      q_socket_connect (sock, target, ENOUGH, NULL, NULL);
      break;
    case 2:
      q_socket_close (sock, NULL);
      break;
    case 3:
      q_socket_shutdown (sock, NULL);
      break;
    case 4:
      q_socket_recv_into (sock, buffer, 1, sizeof buffer, 1, NULL, NULL);
      break;
    case 5:
      q_socket_send (sock, "abc", 1, NULL, NULL);
      break;
    case 6:
      q_socket_cork (sock);
      q_socket_send_i8 (sock, 1, 1, NULL, NULL);
      break;
    case 7:
      q_socket_uncork (sock, 1, NULL, NULL);
      break;
    case 8:
      q_socket_bind (sock, "127.0.0.1:0", FALSE, NULL);
      break;
    case 9:
      q_socket_recv_i2 (sock, 1, NULL, NULL);
      break;
    case 10:
      q_socket_get_port (sock);
      q_socket_is_write_finished (sock, 1);
      break;
    case 11:
      q_socket_is_data_available (sock, 1);
      break;
    case 12:
      {
        int fd = q_socket_steal_fd (sock, NULL);

        if (fd >= 0)
          g_assert_no_errno (close (fd));
      }
      break;
    case 13:
      g_source_unref (q_socket_create_source (sock, G_IO_IN, NULL));
      break;
    case 14:
      g_free (q_socket_recv (sock, 0, 0, NULL, NULL));
      break;
    default:
      {
        GVariant *info = q_socket_get_peer_info (sock, NULL);

        g_clear_pointer (&info, g_variant_unref);
      }
      break;
    }
}

static gpointer
chaos_thread (gpointer data)
{
  Chaos *chaos = data;
  GRand *rand = g_rand_new_with_seed ((guint32) __atomic_add_fetch (&chaos->seed, 1,
                                                                    __ATOMIC_RELAXED));

  for (int i = 0; i < (SLOW ? 2000 : 20000); i++)
    do_anything (chaos->sock, chaos->target, rand);
  g_rand_free (rand);

  return NULL;
}

/* Greets each connection and leaves. */
static gpointer
greeter_thread (gpointer data)
{
  QSocket *listener = data;
  QSocket *peer;

  while ((peer = q_socket_accept (listener, -1, NULL, NULL)) != NULL)
    {
      q_socket_send (peer, "hello there", 1, NULL, NULL);
      g_object_unref (peer);
    }

  return NULL;
}

static void
test_chaos (void)
{
  QSocket *listener = q_socket_new ();
  char *dir = test_make_dir ();
  g_autofree char *target = g_build_filename (dir, "socket", NULL);
  guint n_fds = test_count_fds ();
  Chaos chaos = { .target = target };
  GThread *threads[4];
  GThread *greeter;

  q_socket_bind (listener, target, FALSE, NULL);
  q_socket_listen (listener, 0, NULL);
  greeter = g_thread_new ("greeter", greeter_thread, listener);
  chaos.sock = q_socket_new ();
  q_socket_set_lookup_hostnames (chaos.sock, FALSE);

  for (int i = 0; i < 4; i++)
    threads[i] = g_thread_new ("chaos", chaos_thread, &chaos);
  for (int i = 0; i < 4; i++)
    g_thread_join (threads[i]);

  g_object_unref (chaos.sock);
  q_socket_close (listener, NULL);
  g_thread_join (greeter);
  g_object_unref (listener);
  test_remove_dir (dir);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* ---- a reader that flushes for a writer ---- */

enum { N_INTS = SLOW ? 4000 : 40000 };

static gpointer
collect_thread (gpointer data)
{
  QSocket *peer = data;

  for (int i = 0; i < N_INTS; i++)
    {
      GError *error = NULL;

      g_assert_cmpint (q_socket_recv_i4 (peer, ENOUGH, NULL, &error), ==, i);
      g_assert_no_error (error);
    }

  return NULL;
}

static gpointer
flush_thread (gpointer data)
{
  Race *race = data;
  GError *error = NULL;

  while (!atomic_load (&race->stops))
    {
      g_assert_null (q_socket_recv (race->sock, 1, 0, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
    }

  return NULL;
}

/* The corked bytes that a read sends before it waits make no second writer of it. */
static void
test_flush_for_read (void)
{
  Race race = { NULL };
  QSocket *peer;
  GThread *threads[2];
  GError *error = NULL;

  race.sock = test_socket_pair (TEST_UNIX, &peer);
  threads[0] = g_thread_new ("collect", collect_thread, peer);
  threads[1] = g_thread_new ("flush", flush_thread, &race);

  for (int i = 0; i < N_INTS; i++)
    {
      if (i % 8 == 0)
        q_socket_cork (race.sock);
      q_socket_send_i4 (race.sock, i, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      if (i % 8 == 7)
        q_socket_uncork (race.sock, ENOUGH, NULL, &error);
      g_assert_no_error (error);
    }

  g_thread_join (threads[0]);
  atomic_store (&race.stops, TRUE);
  g_thread_join (threads[1]);
  g_object_unref (race.sock);
  g_object_unref (peer);
}

/* ---- a close in the middle of a flush ---- */

/* A transport whose flush closes the socket, as another thread could at that moment. */
typedef struct
{
  QTransport parent;
  QSocket *sock;
  int fd;
  gboolean was_flushed;
} ClosingTransport;

static gssize
flush_and_close (QTransport *transport,
                 QDeadline  *sleep_limit)
{
  ClosingTransport *self = (ClosingTransport *) transport;

  self->was_flushed = TRUE;
  q_socket_close (self->sock, NULL);

  /* Until the flush is over the number must not come to mean another file. */
  g_assert_no_errno (fcntl (self->fd, F_GETFD));

  return 0;
}

static gboolean
has_unsent (QTransport *transport)
{
  return TRUE;
}

static void
test_close_in_flush (void)
{
  static const QTransportClass closing_class = {
    .flush = flush_and_close, .has_unsent = has_unsent,
  };
  ClosingTransport transport = { .parent = { &closing_class } };
  QChannel *channel;
  int peer;

  transport.sock = test_pair (TEST_UNIX, &peer);
  transport.fd = q_socket_get_socket (transport.sock);
  channel = q_socket_ref_channel (transport.sock);
  g_assert_true (q_channel_set_transport (channel, &transport.parent));
  g_assert_false (q_socket_is_write_finished (transport.sock, 0));
  g_assert_true (transport.was_flushed);
  g_assert_cmpint (fcntl (transport.fd, F_GETFD), ==, -1);

  channel->transport = &channel->plain.parent;
  q_channel_unref (channel);
  g_object_unref (transport.sock);
  close (peer);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/races/numbers", test_numbers);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/races/close/%s", calls[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_close_race);
    }
  g_test_add_func ("/socket/races/chaos", test_chaos);
  g_test_add_func ("/socket/races/flush-for-read", test_flush_for_read);
  g_test_add_func ("/socket/races/close-in-flush", test_close_in_flush);

  return g_test_run ();
}
