/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-send-buffer-private.h"

#define FIRST_SIZE 4096

/* ---- a stream that is known everywhere ---- */

/* The byte at a place of the stream; no part of it looks like another one nearby. */
static guint8
stream_byte (gsize place)
{
  return (guint8) ((place * 31) ^ (place >> 8) ^ (place >> 16));
}

/* A buffer, and which part of the stream has passed. */
typedef struct
{
  QSendBuffer buffer;
  gsize n_added;
  gsize n_taken;
} Stream;

static void
stream_init (Stream *stream)
{
  *stream = (Stream) { .n_added = 0 };
  q_send_buffer_init (&stream->buffer);
}

static void
stream_clear (Stream *stream)
{
  q_send_buffer_clear (&stream->buffer);
}

static gboolean
stream_add (Stream   *stream,
            gsize     length,
            gboolean  small)
{
  g_autofree guint8 *bytes = g_malloc (length + 1);
  gboolean added;

  for (gsize i = 0; i < length; i++)
    bytes[i] = stream_byte (stream->n_added + i);
  added = small ? q_send_buffer_add_small (&stream->buffer, bytes, length)
                : q_send_buffer_add (&stream->buffer, bytes, length);
  if (added)
    stream->n_added += length;

  return added;
}

/* What is in the buffer is the part of the stream that was added and not yet taken. */
static void
assert_stream (Stream *stream)
{
  gsize place = stream->n_taken;
  struct iovec vectors[2];
  int n = q_send_buffer_peek (&stream->buffer, vectors);

  g_assert_cmpint (n, >=, 0);
  g_assert_cmpint (n, <=, 2);
  g_assert_cmpuint (q_send_buffer_length (&stream->buffer), ==,
                    stream->n_added - stream->n_taken);
  for (int i = 0; i < n; i++)
    {
      const guint8 *bytes = vectors[i].iov_base;

      g_assert_cmpuint (vectors[i].iov_len, >, 0);
      for (gsize j = 0; j < vectors[i].iov_len; j++)
        g_assert_cmpuint (bytes[j], ==, stream_byte (place++));
    }
  g_assert_cmpuint (place, ==, stream->n_added);
}

static void
stream_take (Stream *stream,
             gsize   length)
{
  q_send_buffer_consume (&stream->buffer, length);
  stream->n_taken += length;
}

static gsize
stream_length (Stream *stream)
{
  return stream->n_added - stream->n_taken;
}

/* Moves the beginning of an empty buffer of the first size to @start. */
static void
stream_begin_at (Stream *stream,
                 gsize   start)
{
  stream_init (stream);
  g_assert_true (stream_add (stream, FIRST_SIZE, FALSE));
  stream_take (stream, FIRST_SIZE);
  g_assert_true (stream_add (stream, start, FALSE));
  stream_take (stream, start);
  g_assert_cmpuint (stream->buffer.size, ==, FIRST_SIZE);
}

/* ---- one thread ---- */

/* What was never used needs no memory, and what is empty adds nothing. */
static void
test_empty (void)
{
  struct iovec vectors[2];
  Stream stream;

  stream_init (&stream);
  g_assert_cmpuint (q_send_buffer_length (&stream.buffer), ==, 0);
  g_assert_cmpint (q_send_buffer_peek (&stream.buffer, vectors), ==, 0);
  g_assert_true (q_send_buffer_add (&stream.buffer, NULL, 0));
  g_assert_true (q_send_buffer_add (&stream.buffer, "", 0));
  g_assert_false (stream_add (&stream, 1, TRUE));
  q_send_buffer_consume (&stream.buffer, 0);
  g_assert_null (stream.buffer.data);
  assert_stream (&stream);

  g_assert_true (stream_add (&stream, 10, FALSE));
  g_assert_true (q_send_buffer_add (&stream.buffer, NULL, 0));
  assert_stream (&stream);
  stream_take (&stream, 10);
  assert_stream (&stream);
  g_assert_cmpint (q_send_buffer_peek (&stream.buffer, vectors), ==, 0);
  stream_clear (&stream);
}

/* From each beginning, lengths that end before, at and behind the end of the ring. */
static void
test_wraps (void)
{
  Stream stream;

  stream_begin_at (&stream, 0);
  for (gsize start = 0; start < FIRST_SIZE; start++)
    {
      const gsize before_end = FIRST_SIZE - start;
      const gsize lengths[] = { 1, before_end - 1, before_end, before_end + 1, FIRST_SIZE };

      for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
        {
          struct iovec vectors[2];
          gsize length = MIN (lengths[i], FIRST_SIZE);

          g_assert_true (stream_add (&stream, length / 2, FALSE));
          g_assert_true (stream_add (&stream, length - length / 2, FALSE));
          assert_stream (&stream);
          g_assert_cmpint (q_send_buffer_peek (&stream.buffer, vectors), ==,
                           (length > 0) + (length > before_end));

          /* In two parts, and then on to the same beginning. */
          stream_take (&stream, length / 3);
          assert_stream (&stream);
          stream_take (&stream, stream_length (&stream));
          g_assert_true (stream_add (&stream, FIRST_SIZE - length, FALSE));
          stream_take (&stream, stream_length (&stream));
        }

      g_assert_true (stream_add (&stream, 1, FALSE));
      stream_take (&stream, 1);
    }

  g_assert_cmpuint (stream.buffer.size, ==, FIRST_SIZE);
  stream_clear (&stream);
}

/* While the bytes are wrapped, to each size that follows. */
static void
test_growth (void)
{
  static const gsize starts[] = { 0, 1, 1000, FIRST_SIZE / 2, FIRST_SIZE - 1 };
  static const gsize useds[] = { 0, 1, 100, FIRST_SIZE / 2, FIRST_SIZE - 1, FIRST_SIZE };
  static const gsize totals[] = {
    FIRST_SIZE + 1, 4 * FIRST_SIZE, 4 * FIRST_SIZE + 1, Q_SEND_BUFFER_MAX - 1, Q_SEND_BUFFER_MAX,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (useds); j++)
      for (gsize k = 0; k < G_N_ELEMENTS (totals); k++)
        {
          Stream stream;

          stream_begin_at (&stream, starts[i]);
          g_assert_true (stream_add (&stream, useds[j], FALSE));
          g_assert_true (stream_add (&stream, totals[k] - useds[j], FALSE));
          g_assert_cmpuint (stream.buffer.size, >=, totals[k]);
          g_assert_cmpuint (stream.buffer.size, <=, Q_SEND_BUFFER_MAX);
          assert_stream (&stream);

          stream_take (&stream, useds[j]);
          assert_stream (&stream);
          stream_take (&stream, stream_length (&stream));
          assert_stream (&stream);
          stream_clear (&stream);
        }
}

/* A size that fits stays. */
static void
test_no_growth (void)
{
  Stream stream;

  stream_begin_at (&stream, 100);
  for (int i = 0; i < 10; i++)
    {
      guint8 *data = stream.buffer.data;

      g_assert_true (stream_add (&stream, FIRST_SIZE - 7, FALSE));
      g_assert_true (stream_add (&stream, 7, FALSE));
      g_assert_true (stream.buffer.data == data);
      stream_take (&stream, FIRST_SIZE);
    }
  g_assert_cmpuint (stream.buffer.size, ==, FIRST_SIZE);
  stream_clear (&stream);
}

/* Of too much nothing is taken. */
static void
test_full (gconstpointer data)
{
  gsize piece = GPOINTER_TO_SIZE (data);
  Stream stream;

  stream_init (&stream);
  g_assert_false (stream_add (&stream, Q_SEND_BUFFER_MAX + 1, FALSE));
  assert_stream (&stream);

  /* The second time around the bytes wrap. */
  for (int i = 0; i < 2; i++)
    {
      while (stream_length (&stream) < Q_SEND_BUFFER_MAX)
        g_assert_true (stream_add (&stream, piece, FALSE));
      assert_stream (&stream);

      g_assert_false (stream_add (&stream, 1, FALSE));
      g_assert_false (stream_add (&stream, 1, TRUE));
      g_assert_false (q_send_buffer_add (&stream.buffer, "", G_MAXSIZE));
      g_assert_false (q_send_buffer_add (&stream.buffer, "", G_MAXSSIZE));
      g_assert_true (q_send_buffer_add (&stream.buffer, NULL, 0));
      assert_stream (&stream);

      stream_take (&stream, 1);
      g_assert_false (stream_add (&stream, 2, FALSE));
      g_assert_true (stream_add (&stream, 1, FALSE));
      assert_stream (&stream);
      stream_take (&stream, Q_SEND_BUFFER_MAX);
      g_assert_true (stream_add (&stream, piece / 2, FALSE));
      stream_take (&stream, piece / 2);
    }

  g_assert_cmpuint (stream.buffer.size, ==, Q_SEND_BUFFER_MAX);
  stream_clear (&stream);
}

/* The quick way puts bytes in as one piece or not at all. */
static void
test_small (void)
{
  for (gsize length = 1; length <= 8; length++)
    for (gsize before_end = 0; before_end <= 10; before_end++)
      {
        gboolean fits = before_end >= length || before_end == 0;
        Stream stream;

        stream_begin_at (&stream, FIRST_SIZE - before_end);
        g_assert_cmpint (stream_add (&stream, length, TRUE), ==, fits);
        assert_stream (&stream);

        /* The other way does not mind, and after it the ring begins anew. */
        if (!fits)
          g_assert_true (stream_add (&stream, length, FALSE));
        assert_stream (&stream);
        while (stream_length (&stream) < before_end)
          g_assert_true (stream_add (&stream, 1, TRUE));
        g_assert_true (stream_add (&stream, length, TRUE));
        assert_stream (&stream);
        stream_clear (&stream);
      }
}

/* It does not grow, nor overwrite what is not taken yet. */
static void
test_small_full (void)
{
  for (gsize room = 0; room <= 8; room++)
    for (gsize length = 1; length <= 8; length++)
      {
        Stream stream;

        stream_begin_at (&stream, 100);
        g_assert_true (stream_add (&stream, FIRST_SIZE - room, FALSE));
        g_assert_cmpint (stream_add (&stream, length, TRUE), ==, length <= room);
        assert_stream (&stream);
        g_assert_cmpuint (stream.buffer.size, ==, FIRST_SIZE);
        stream_clear (&stream);
      }
}

/* The counts of all bytes that ever passed may go beyond what they can count. */
static void
test_counts_overflow (void)
{
  static const gsize befores[] = { 1, 100, FIRST_SIZE - 1, FIRST_SIZE, FIRST_SIZE + 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (befores); i++)
    {
      Stream stream;

      stream_init (&stream);
      stream.n_added = stream.n_taken = 0 - befores[i];
      atomic_store (&stream.buffer.head, stream.n_taken);
      atomic_store (&stream.buffer.tail, stream.n_added);

      g_assert_true (stream_add (&stream, 99, FALSE));
      assert_stream (&stream);
      g_assert_true (stream_add (&stream, FIRST_SIZE - 99, FALSE));
      assert_stream (&stream);
      g_assert_true (stream_add (&stream, FIRST_SIZE, FALSE));
      assert_stream (&stream);
      stream_take (&stream, 99);
      assert_stream (&stream);
      g_assert_false (stream_add (&stream, Q_SEND_BUFFER_MAX, FALSE));
      stream_take (&stream, stream_length (&stream));
      assert_stream (&stream);
      stream_clear (&stream);
    }
}

static void
test_random (void)
{
  Stream stream;

  stream_init (&stream);
  for (int i = 0; i < 3000; i++)
    {
      gsize room = Q_SEND_BUFFER_MAX - stream_length (&stream);
      gsize length = (gsize) g_test_rand_int_range (0, i % 20 == 0 ? 30000 : 300);

      switch (g_test_rand_int_range (0, 4))
        {
        case 0:
          stream_add (&stream, length % 8 + 1, TRUE);
          break;
        case 1:
        case 2:
          g_assert_cmpint (stream_add (&stream, length, FALSE), ==, length <= room);
          break;
        default:
          stream_take (&stream, MIN (2 * length, stream_length (&stream)));
          break;
        }
      if (i % 10 == 0)
        assert_stream (&stream);
    }
  assert_stream (&stream);
  stream_clear (&stream);
}

/* ---- one writer, others that send ---- */

#define N_FLUSHERS 2
#define N_BYTES (256 * 1024)
#define N_RACES 64

typedef struct
{
  QSendBuffer buffer;
  atomic_int is_over;
  guint8 *bytes;          /* what was taken; under the lock of the buffer, like the following */
  gsize n_taken;
  int n_flushes;
} Race;

/* With the lock held: copies all that is there, and takes a part of it. */
static gsize
flush_locked (Race  *race,
              GRand *random)
{
  struct iovec vectors[2];
  int n = q_send_buffer_peek (&race->buffer, vectors);
  gsize taken = 0;

  for (int i = 0; i < n; i++)
    {
      g_assert_cmpuint (vectors[i].iov_len, <=, N_BYTES - race->n_taken - taken);
      memcpy (race->bytes + race->n_taken + taken, vectors[i].iov_base, vectors[i].iov_len);
      taken += vectors[i].iov_len;
    }

  if (taken > 1 && g_rand_boolean (random))
    taken = (gsize) g_rand_int_range (random, 1, (gint32) taken);
  q_send_buffer_consume (&race->buffer, taken);
  race->n_taken += taken;
  race->n_flushes += taken > 0;

  return taken;
}

/* As one that does not wait for another that sends already. */
static gsize
flush_if_free (Race  *race,
               GRand *random)
{
  gsize taken;

  if (!g_mutex_trylock (&race->buffer.lock))
    return 0;

  taken = flush_locked (race, random);
  g_mutex_unlock (&race->buffer.lock);

  return taken;
}

static gpointer
flush_in_thread (gpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  Race *race = data;

  while (!atomic_load (&race->is_over))
    if (flush_if_free (race, random) == 0)
      g_thread_yield ();

  return NULL;
}

/* The writer itself makes room when there is none. */
static void
write_stream (Race  *race,
              GRand *random)
{
  guint8 bytes[3000];
  gsize place = 0;

  while (place < N_BYTES)
    {
      gboolean is_small = g_rand_int_range (random, 0, 8) != 0;
      gsize length = (gsize) g_rand_int_range (random, 1, is_small ? 9 : sizeof bytes);

      length = MIN (length, N_BYTES - place);
      for (gsize i = 0; i < length; i++)
        bytes[i] = stream_byte (place + i);

      while (!(is_small && q_send_buffer_add_small (&race->buffer, bytes, length)) &&
             !q_send_buffer_add (&race->buffer, bytes, length))
        {
          g_mutex_lock (&race->buffer.lock);
          flush_locked (race, random);
          g_mutex_unlock (&race->buffer.lock);
        }

      g_assert_cmpuint (q_send_buffer_length (&race->buffer), <=, Q_SEND_BUFFER_MAX);
      place += length;
    }
}

static int
run_race (GRand *random)
{
  GThread *threads[N_FLUSHERS];
  Race race = { .bytes = g_malloc (N_BYTES) };

  q_send_buffer_init (&race.buffer);
  for (int i = 0; i < N_FLUSHERS; i++)
    threads[i] = g_thread_new ("flush", flush_in_thread, &race);

  write_stream (&race, random);
  atomic_store (&race.is_over, TRUE);
  for (int i = 0; i < N_FLUSHERS; i++)
    g_thread_join (threads[i]);

  while (flush_if_free (&race, random) > 0)
    ;
  g_assert_cmpuint (race.n_taken, ==, N_BYTES);
  g_assert_cmpuint (q_send_buffer_length (&race.buffer), ==, 0);
  for (gsize i = 0; i < N_BYTES; i++)
    g_assert_cmpuint (race.bytes[i], ==, stream_byte (i));
  q_send_buffer_clear (&race.buffer);
  g_free (race.bytes);

  return race.n_flushes;
}

/* Every byte leaves once and in order, whichever thread sends it. Each race begins with a new
 * buffer, so that it also grows while others send from it. */
static void
test_stress (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  int n_flushes = 0;

  for (int i = 0; i < N_RACES; i++)
    n_flushes += run_race (random);
  g_test_message ("%d flushes", n_flushes);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/connection/send-buffer/empty", test_empty);
  g_test_add_func ("/connection/send-buffer/wraps", test_wraps);
  g_test_add_func ("/connection/send-buffer/growth", test_growth);
  g_test_add_func ("/connection/send-buffer/no-growth", test_no_growth);
  g_test_add_data_func ("/connection/send-buffer/full/at-once",
                        GSIZE_TO_POINTER (Q_SEND_BUFFER_MAX), test_full);
  g_test_add_data_func ("/connection/send-buffer/full/in-pieces", GSIZE_TO_POINTER (256),
                        test_full);
  g_test_add_func ("/connection/send-buffer/small", test_small);
  g_test_add_func ("/connection/send-buffer/small-full", test_small_full);
  g_test_add_func ("/connection/send-buffer/counts-overflow", test_counts_overflow);
  g_test_add_func ("/connection/send-buffer/random", test_random);
  g_test_add_func ("/connection/send-buffer/stress", test_stress);

  return g_test_run ();
}
