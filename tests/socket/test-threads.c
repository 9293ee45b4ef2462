/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define SLOW TRUE
#else
#define SLOW FALSE
#endif

/* ---- bytes that tell their place ---- */

/* No power of two, so that a lost or doubled buffer shows. */
#define PERIOD 65521

static const guint8 *
get_pattern (void)
{
  static guint8 *pattern;

  if (g_once_init_enter (&pattern))
    {
      guint8 *made = g_malloc (2 * PERIOD);

      for (gsize i = 0; i < 2 * PERIOD; i++)
        made[i] = (guint8) ((i % PERIOD) * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15) >> 56);
      g_once_init_leave (&pattern, made);
    }

  return pattern;
}

/* What the stream has at @offset; good for PERIOD bytes. */
static const guint8 *
pattern_at (guint64 offset)
{
  return get_pattern () + offset % PERIOD;
}

static void
check_pattern (guint64     offset,
               const void *bytes,
               gsize       length)
{
  const guint8 *position = bytes;

  while (length > 0)
    {
      gsize part = MIN (length, PERIOD);

      g_assert_cmpint (memcmp (position, pattern_at (offset), part), ==, 0);
      position += part;
      offset += part;
      length -= part;
    }
}

/* Only the sender's: with a receive buffer smaller than a packet of the loopback
 * device TCP itself goes at a crawl. */
static void
set_buffer (int fd,
            int size)
{
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
}

/* ---- both directions at once ---- */

typedef struct
{
  QSocket *sock;
  guint64 length;
} Half;

static gpointer
send_all (gpointer data)
{
  Half *half = data;
  GRand *rand = g_rand_new_with_seed (1);
  guint64 offset = 0;
  GError *error = NULL;

  while (offset < half->length)
    {
      gsize n = (gsize) g_rand_int_range (rand, 1, 60000);

      n = (gsize) MIN (n, half->length - offset);
      q_socket_send_data (half->sock, pattern_at (offset), n, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      offset += n;
    }

  g_assert_cmpuint (q_socket_get_bytes_sent (half->sock), ==, half->length);
  g_rand_free (rand);

  return NULL;
}

static gpointer
receive_all (gpointer data)
{
  Half *half = data;
  GRand *rand = g_rand_new_with_seed (2);
  g_autofree guint8 *buffer = g_malloc (PERIOD);
  guint64 offset = 0;
  GError *error = NULL;

  while (offset < half->length)
    {
      gsize size = (gsize) g_rand_int_range (rand, 1, PERIOD);
      gssize n = q_socket_recv_into (half->sock, buffer, 1, size, ENOUGH, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpint (n, >, 0);
      check_pattern (offset, buffer, (gsize) n);
      offset += (guint64) n;
    }

  g_assert_cmpuint (offset, ==, half->length);
  g_rand_free (rand);

  return NULL;
}

static void
test_full_duplex (gconstpointer data)
{
  TestKind kind = GPOINTER_TO_INT (data);
  Half halves[2] = { { NULL, (SLOW ? 64 : 256) << 20 }, { NULL, (SLOW ? 64 : 256) << 20 } };
  GThread *threads[4];

  halves[0].sock = test_socket_pair (kind, &halves[1].sock);
  set_buffer (q_socket_get_socket (halves[0].sock), 16384);
  set_buffer (q_socket_get_socket (halves[1].sock), 16384);

  for (int i = 0; i < 4; i++)
    threads[i] = g_thread_new (NULL, i < 2 ? send_all : receive_all, &halves[i % 2]);
  for (int i = 0; i < 4; i++)
    g_thread_join (threads[i]);

  g_object_unref (halves[0].sock);
  g_object_unref (halves[1].sock);
}

/* ---- cancelling at any moment ---- */

/* The cancellable of the call that is under way, and how many there were. */
static GMutex slot_lock;
static GCond slot_changed;
static GCancellable *slot;
static atomic_uint slot_number;
static gboolean slot_stops;

/* The next one after @number, or NULL when there will be none. It is looked for without sleep for a
 * moment, so that it may be cancelled before its call has begun. */
static GCancellable *
wait_for_slot (guint number)
{
  GCancellable *cancellable = NULL;

  for (int n = 0; n < 2000 && atomic_load (&slot_number) == number; n++)
    continue;

  g_mutex_lock (&slot_lock);
  while ((slot == NULL || atomic_load (&slot_number) == number) && !slot_stops)
    g_cond_wait (&slot_changed, &slot_lock);
  if (!slot_stops)
    cancellable = g_object_ref (slot);
  g_mutex_unlock (&slot_lock);

  return cancellable;
}

static gpointer
canceller_thread (gpointer data)
{
  GRand *rand = g_rand_new_with_seed (3);
  GCancellable *cancellable;
  guint number = 0;

  while ((cancellable = wait_for_slot (number)) != NULL)
    {
      number = atomic_load (&slot_number);
      for (int n = g_rand_int_range (rand, 0, 3000); n > 0; n--)
        atomic_thread_fence (memory_order_seq_cst);
      g_cancellable_cancel (cancellable);
      g_object_unref (cancellable);
    }

  g_rand_free (rand);

  return NULL;
}

static void
set_slot (GCancellable *cancellable,
          gboolean      stops)
{
  GCancellable *before;

  g_mutex_lock (&slot_lock);
  before = slot;
  slot = cancellable;
  slot_stops = stops;
  atomic_fetch_add (&slot_number, 1);
  g_cond_signal (&slot_changed);
  g_mutex_unlock (&slot_lock);
  g_clear_object (&before);
}

static GCancellable *
next_cancellable (gboolean want)
{
  GCancellable *made = want ? g_cancellable_new () : NULL;

  set_slot (made, FALSE);

  return made;
}

typedef struct
{
  int fd;
  guint64 sent;
  atomic_int stops;
} Source;

/* Sends and sends, in pieces of any size, but rests after each, so that the reader has to wait. */
static gpointer
source_thread (gpointer data)
{
  Source *source = data;
  GRand *rand = g_rand_new_with_seed (4);

  while (!atomic_load (&source->stops))
    {
      gsize length = (gsize) g_rand_int_range (rand, 1, 2000);
      gssize n = send (source->fd, pattern_at (source->sent), length, MSG_NOSIGNAL | MSG_DONTWAIT);

      if (n > 0)
        source->sent += (guint64) n;
      g_usleep (1);
    }

  g_assert_no_errno (shutdown (source->fd, SHUT_WR));
  g_rand_free (rand);

  return NULL;
}

static void
got_bytes (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GBytes *
recv_async (QSocket       *sock,
            gssize         size,
            int            timeout_ms,
            GCancellable  *cancellable,
            GError       **error)
{
  GAsyncResult *result = NULL;
  GBytes *bytes;

  q_socket_recv_binary_async (sock, size, timeout_ms, G_PRIORITY_DEFAULT, cancellable, got_bytes,
                              &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  bytes = q_socket_recv_binary_finish (sock, result, error);
  g_object_unref (result);

  return bytes;
}

/* One read of a random kind; returns how many bytes it got. */
static gsize
read_somehow (QSocket       *sock,
              GRand         *rand,
              gboolean       asynchronously,
              guint64        offset,
              GError       **error)
{
  gboolean cancels = g_rand_int_range (rand, 0, 4) > 0;
  int timeout_ms = g_rand_int_range (rand, 0, 3);
  gssize size = g_rand_int_range (rand, 0, 5) == 0 ? 0 : g_rand_int_range (rand, 1, 3000);
  GCancellable *cancellable = next_cancellable (cancels);
  GBytes *bytes = NULL;
  guint8 buffer[4096];
  gssize n = 0;

  if (cancels && g_rand_boolean (rand))
    timeout_ms = -1;

  switch (asynchronously ? 3 : g_rand_int_range (rand, 0, 3))
    {
    case 0:
      n = q_socket_recv_into (sock, buffer, (gsize) size / 2, (gsize) size + 1, timeout_ms,
                              cancellable, error);
      n = MAX (n, 0);
      check_pattern (offset, buffer, (gsize) n);
      break;
    case 1:
      {
        guint32 value = q_socket_recv_u4 (sock, timeout_ms, cancellable, error);

        value = GUINT32_TO_BE (value);
        n = *error == NULL ? 4 : 0;
        check_pattern (offset, &value, (gsize) n);
      }
      break;
    case 2:
      bytes = q_socket_recv_binary (sock, size, timeout_ms, cancellable, error);
      break;
    default:
      bytes = recv_async (sock, size, timeout_ms, cancellable, error);
      break;
    }

  if (bytes != NULL)
    {
      n = (gssize) g_bytes_get_size (bytes);
      check_pattern (offset, g_bytes_get_data (bytes, NULL), (gsize) n);
      g_bytes_unref (bytes);
    }

  return (gsize) n;
}

static void
test_cancelled_reads (gconstpointer data)
{
  gboolean asynchronously = GPOINTER_TO_INT (data);
  int rounds = (SLOW ? 8000 : 40000) / (asynchronously ? 4 : 1);
  GRand *rand = g_rand_new_with_seed (5);
  Source source = { .sent = 0 };
  QSocket *sock = test_pair (TEST_UNIX, &source.fd);
  guint64 received = 0;
  guint outcomes[3] = { 0, 0, 0 };
  GThread *threads[2];
  GBytes *rest;
  GError *error = NULL;

  set_buffer (source.fd, 4096);
  threads[0] = g_thread_new ("source", source_thread, &source);
  set_slot (NULL, FALSE);
  threads[1] = g_thread_new ("canceller", canceller_thread, NULL);

  for (int i = 0; i < rounds; i++)
    {
      received += read_somehow (sock, rand, asynchronously, received, &error);
      if (error == NULL)
        {
          outcomes[0]++;
          continue;
        }
      if (error->domain == Q_SOCKET_ERROR)
        {
          outcomes[1]++;
          test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
        }
      else
        {
          outcomes[2]++;
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_clear_error (&error);
        }
    }

  set_slot (NULL, TRUE);
  atomic_store (&source.stops, TRUE);
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);

  rest = q_socket_recv_binary (sock, -1, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  check_pattern (received, g_bytes_get_data (rest, NULL), g_bytes_get_size (rest));
  received += g_bytes_get_size (rest);
  g_assert_cmpuint (received, ==, source.sent);
  g_test_message ("%u done, %u timed out, %u cancelled, %" G_GUINT64_FORMAT " bytes",
                  outcomes[0], outcomes[1], outcomes[2], received);
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    g_assert_cmpuint (outcomes[i], >, 0);

  g_bytes_unref (rest);
  g_rand_free (rand);
  g_object_unref (sock);
  close (source.fd);
}

typedef struct
{
  int fd;
  guint64 received;
} Sink;

static gpointer
sink_thread (gpointer data)
{
  Sink *sink = data;
  guint8 buffer[2000];
  gssize n;

  while ((n = recv (sink->fd, buffer, sizeof buffer, 0)) > 0)
    {
      check_pattern (sink->received, buffer, (gsize) n);
      sink->received += (guint64) n;
    }

  return NULL;
}

/* A send that is cut short says how far it came, and the next goes on there. */
static void
test_cancelled_sends (void)
{
  int rounds = SLOW ? 4000 : 20000;
  GRand *rand = g_rand_new_with_seed (6);
  Sink sink = { .received = 0 };
  QSocket *sock = test_pair (TEST_UNIX, &sink.fd);
  GThread *threads[2];
  guint n_cut = 0;
  guint64 sent;

  set_buffer (q_socket_get_socket (sock), 4096);
  threads[0] = g_thread_new ("sink", sink_thread, &sink);
  set_slot (NULL, FALSE);
  threads[1] = g_thread_new ("canceller", canceller_thread, NULL);

  for (int i = 0; i < rounds; i++)
    {
      gsize length = (gsize) g_rand_int_range (rand, 1, 40000);
      gboolean cancels = g_rand_boolean (rand);
      int timeout_ms = cancels ? -1 : g_rand_int_range (rand, 0, 3);
      GError *error = NULL;
      gboolean ok;

      sent = q_socket_get_bytes_sent (sock);
      ok = q_socket_send_data (sock, pattern_at (sent), length, timeout_ms,
                               next_cancellable (cancels), &error);
      if (ok)
        {
          g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, sent + length);
          continue;
        }
      n_cut++;
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), <=, sent + length);
      g_assert_true (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT) ||
                     g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
      g_clear_error (&error);
    }

  set_slot (NULL, TRUE);
  sent = q_socket_get_bytes_sent (sock);
  q_socket_close (sock, NULL);
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);
  g_assert_cmpuint (sink.received, ==, sent);
  g_test_message ("%u of %d cut short", n_cut, rounds);
  g_assert_cmpuint (n_cut, >, 0);

  g_rand_free (rand);
  g_object_unref (sock);
  close (sink.fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/socket/threads/full-duplex/tcp", GINT_TO_POINTER (TEST_TCP4),
                        test_full_duplex);
  g_test_add_data_func ("/socket/threads/full-duplex/unix", GINT_TO_POINTER (TEST_UNIX),
                        test_full_duplex);
  g_test_add_data_func ("/socket/threads/cancel/reads", GINT_TO_POINTER (FALSE),
                        test_cancelled_reads);
  g_test_add_data_func ("/socket/threads/cancel/async-reads", GINT_TO_POINTER (TRUE),
                        test_cancelled_reads);
  g_test_add_func ("/socket/threads/cancel/sends", test_cancelled_sends);

  return g_test_run ();
}
