/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-recv-buffer-private.h"

static void
add (QRecvBuffer *buffer,
     const void  *bytes,
     gsize        length)
{
  gsize available;
  guint8 *end;

  if (length == 0)
    return;

  end = q_recv_buffer_get_room (buffer, length, &available);
  g_assert_cmpuint (available, >=, length);
  memcpy (end, bytes, length);
  q_recv_buffer_added (buffer, length);
}

static void
assert_bytes (const QRecvBuffer *buffer,
              const void        *bytes,
              gsize              length)
{
  g_assert_cmpuint (buffer->start, <=, buffer->end);
  g_assert_cmpuint (buffer->end, <=, buffer->size);

  if (length == 0)
    g_assert_cmpuint (q_recv_buffer_length (buffer), ==, 0);
  else
    g_assert_cmpmem (q_recv_buffer_bytes (buffer), q_recv_buffer_length (buffer), bytes, length);
}

/* A read that fills all the room that the buffer has. Returns how many bytes that were. */
static gsize
fill (QRecvBuffer *buffer)
{
  gsize available;
  guint8 *end = q_recv_buffer_get_room (buffer, 1, &available);

  memset (end, 'x', available);
  q_recv_buffer_added (buffer, available);

  return available;
}

static void
test_empty (void)
{
  QRecvBuffer buffer = { NULL };

  g_assert_cmpuint (q_recv_buffer_length (&buffer), ==, 0);
  g_assert_nonnull (q_recv_buffer_bytes (&buffer));
  q_recv_buffer_put_back (&buffer, NULL, 0);
  q_recv_buffer_consume (&buffer, 0);
  g_assert_null (buffer.data);
  q_recv_buffer_clear (&buffer);
  g_assert_null (buffer.data);
}

/* An idle connection has a small buffer. */
static void
test_begins_small (void)
{
  QRecvBuffer buffer = { NULL };
  gsize available;

  q_recv_buffer_get_room (&buffer, 1, &available);
  g_assert_cmpuint (available, ==, Q_RECV_BUFFER_MIN);
  g_assert_cmpuint (buffer.size, ==, Q_RECV_BUFFER_MIN);

  /* It does not grow as long as reads do not fill it. */
  for (int i = 0; i < 100; i++)
    {
      q_recv_buffer_get_room (&buffer, 1, &available);
      q_recv_buffer_added (&buffer, available - 1);
      q_recv_buffer_consume (&buffer, available - 1);
    }
  g_assert_cmpuint (buffer.size, ==, Q_RECV_BUFFER_MIN);

  q_recv_buffer_clear (&buffer);
}

static void
test_grows_when_filled (void)
{
  QRecvBuffer buffer = { NULL };

  for (int i = 0; i < 100; i++)
    {
      gsize before = buffer.size;
      gsize length = fill (&buffer);

      if (before > 0 && before < Q_RECV_BUFFER_MAX)
        g_assert_cmpuint (buffer.size, >, before);
      q_recv_buffer_consume (&buffer, length);
    }

  g_assert_cmpuint (buffer.size, ==, Q_RECV_BUFFER_MAX);
  q_recv_buffer_clear (&buffer);
}

/* Also from a size that is due to a request for much room. */
static void
test_growth_ends (gconstpointer data)
{
  gsize room = GPOINTER_TO_SIZE (data);
  QRecvBuffer buffer = { NULL };
  gsize available;
  gsize size;

  q_recv_buffer_get_room (&buffer, room, &available);
  size = buffer.size;
  g_assert_cmpuint (size, >=, room);
  fill (&buffer);
  g_assert_cmpuint (buffer.size, <=, MAX (size, Q_RECV_BUFFER_MAX));
  g_assert_cmpuint (buffer.size, >=, MIN (size + 1, Q_RECV_BUFFER_MAX));

  q_recv_buffer_clear (&buffer);
}

/* A connection does not keep what one large read needed. */
static void
test_shrinks_when_emptied (void)
{
  g_autofree guint8 *bytes = g_malloc0 (8 * Q_RECV_BUFFER_MAX);
  QRecvBuffer buffer = { NULL };

  q_recv_buffer_put_back (&buffer, bytes, 8 * Q_RECV_BUFFER_MAX);
  q_recv_buffer_consume (&buffer, 8 * Q_RECV_BUFFER_MAX - 1);
  assert_bytes (&buffer, bytes, 1);
  q_recv_buffer_consume (&buffer, 1);
  g_assert_cmpuint (buffer.size, <=, Q_RECV_BUFFER_MAX);

  add (&buffer, "on", 2);
  assert_bytes (&buffer, "on", 2);

  q_recv_buffer_clear (&buffer);
}

/* A buffer that grows by itself keeps its bytes. */
static void
test_growth_keeps_bytes (void)
{
  QRecvBuffer buffer = { NULL };
  g_autoptr (GByteArray) model = g_byte_array_new ();

  add (&buffer, "head", 4);
  g_byte_array_append (model, (const guint8 *) "head", 4);

  while (model->len < 2 * Q_RECV_BUFFER_MAX)
    {
      gsize length = fill (&buffer);
      guint before = model->len;

      g_byte_array_set_size (model, before + (guint) length);
      memset (model->data + before, 'x', length);
      assert_bytes (&buffer, model->data, model->len);
    }

  q_recv_buffer_clear (&buffer);
}

/* Room in front is used before more memory is. */
static void
test_compaction (void)
{
  QRecvBuffer buffer = { NULL };
  g_autofree char *bytes = g_malloc (Q_RECV_BUFFER_MIN);
  gsize available;

  memset (bytes, 'a', Q_RECV_BUFFER_MIN - 1);
  bytes[Q_RECV_BUFFER_MIN - 2] = 'z';
  add (&buffer, bytes, Q_RECV_BUFFER_MIN - 1);
  q_recv_buffer_consume (&buffer, Q_RECV_BUFFER_MIN - 3);

  q_recv_buffer_get_room (&buffer, Q_RECV_BUFFER_MIN - 2, &available);
  g_assert_cmpuint (available, ==, Q_RECV_BUFFER_MIN - 2);
  g_assert_cmpuint (buffer.size, ==, Q_RECV_BUFFER_MIN);
  assert_bytes (&buffer, "az", 2);

  /* One byte more does not fit any more. */
  q_recv_buffer_get_room (&buffer, Q_RECV_BUFFER_MIN - 1, &available);
  g_assert_cmpuint (available, >=, Q_RECV_BUFFER_MIN - 1);
  assert_bytes (&buffer, "az", 2);

  q_recv_buffer_clear (&buffer);
}

static void
test_consume (void)
{
  QRecvBuffer buffer = { NULL };

  add (&buffer, "abcdef", 6);
  q_recv_buffer_consume (&buffer, 0);
  assert_bytes (&buffer, "abcdef", 6);
  q_recv_buffer_consume (&buffer, 2);
  assert_bytes (&buffer, "cdef", 4);
  add (&buffer, "gh", 2);
  assert_bytes (&buffer, "cdefgh", 6);

  /* Once empty all of the memory is free again. */
  q_recv_buffer_consume (&buffer, 6);
  g_assert_cmpuint (buffer.start, ==, 0);
  g_assert_cmpuint (buffer.end, ==, 0);

  q_recv_buffer_clear (&buffer);
}

typedef struct
{
  const char *name;
  gsize before;         /* bytes in the buffer */
  gsize consumed;       /* of these */
  gsize back;           /* bytes to put back */
} PutBackCase;

static const PutBackCase put_back_cases[] = {
  { "into-nothing", 0, 0, 3 },
  { "into-nothing-much", 0, 0, 3 * Q_RECV_BUFFER_MAX + 1 },
  { "into-emptied", 10, 10, 3 },
  { "before-bytes", 10, 0, 3 },
  { "where-they-were", 10, 3, 3 },
  { "one-more-than-left-space", 10, 3, 4 },
  { "less-than-left-space", 10, 5, 3 },
  { "into-full", Q_RECV_BUFFER_MIN - 1, 0, 1 },
  { "into-full-two", Q_RECV_BUFFER_MIN - 1, 0, 2 },
  { "exactly-full", 100, 0, Q_RECV_BUFFER_MIN - 100 },
  { "much-before-much", Q_RECV_BUFFER_MAX, 1, Q_RECV_BUFFER_MAX },
};

static void
test_put_back (gconstpointer data)
{
  const PutBackCase *the_case = data;
  gsize kept = the_case->before - the_case->consumed;
  g_autofree guint8 *before = g_malloc (the_case->before + 1);
  g_autofree guint8 *back = g_malloc (the_case->back);
  g_autofree guint8 *all = g_malloc (the_case->back + kept);
  QRecvBuffer buffer = { NULL };

  for (gsize i = 0; i < the_case->before; i++)
    before[i] = (guint8) (i * 7);
  for (gsize i = 0; i < the_case->back; i++)
    back[i] = (guint8) (i * 13 + 1);
  memcpy (all, back, the_case->back);
  memcpy (all + the_case->back, before + the_case->consumed, kept);

  add (&buffer, before, the_case->before);
  q_recv_buffer_consume (&buffer, the_case->consumed);
  q_recv_buffer_put_back (&buffer, back, the_case->back);
  assert_bytes (&buffer, all, the_case->back + kept);

  /* Bytes can be added behind them. */
  add (&buffer, "more", 4);
  q_recv_buffer_consume (&buffer, the_case->back + kept);
  assert_bytes (&buffer, "more", 4);

  q_recv_buffer_clear (&buffer);
}

static void
test_adopt (void)
{
  guint8 *bytes = g_malloc (2 * Q_RECV_BUFFER_MAX);
  QRecvBuffer buffer = { NULL };
  gsize available;

  add (&buffer, "x", 1);
  q_recv_buffer_consume (&buffer, 1);
  memcpy (bytes, "abc", 3);
  q_recv_buffer_adopt (&buffer, bytes, 3, 2 * Q_RECV_BUFFER_MAX);
  g_assert_true (q_recv_buffer_bytes (&buffer) == bytes);
  assert_bytes (&buffer, "abc", 3);

  q_recv_buffer_get_room (&buffer, 1, &available);
  g_assert_cmpuint (available, ==, 2 * Q_RECV_BUFFER_MAX - 3);
  q_recv_buffer_put_back (&buffer, (const guint8 *) "12", 2);
  add (&buffer, "de", 2);
  assert_bytes (&buffer, "12abcde", 7);

  q_recv_buffer_clear (&buffer);
}

/* Does the same to a buffer and to an array, many thousand times. */
static void
test_model (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20240229);
  g_autoptr (GByteArray) model = g_byte_array_new ();
  g_autofree guint8 *bytes = g_malloc (70000);
  QRecvBuffer buffer = { NULL };
  guint8 next = 0;

  for (int round = 0; round < 20000; round++)
    {
      /* Mostly small steps, now and then large ones. */
      guint limit = g_rand_int_range (rand, 0, 50) == 0 ? 70000 : 300;
      guint length = (guint) g_rand_int_range (rand, 0, (gint32) limit);
      gsize available;

      for (guint i = 0; i < length; i++)
        bytes[i] = next++;

      switch (g_rand_int_range (rand, 0, 8))
        {
        case 0:
          q_recv_buffer_put_back (&buffer, bytes, length);
          g_byte_array_prepend (model, bytes, length);
          break;
        case 1:
          /* Room that is not used. */
          q_recv_buffer_get_room (&buffer, length + 1, &available);
          g_assert_cmpuint (available, >, length);
          break;
        case 2:
        case 3:
        case 4:
          add (&buffer, bytes, length);
          g_byte_array_append (model, bytes, length);
          break;
        default:
          length = MIN (length, model->len);
          q_recv_buffer_consume (&buffer, length);
          g_byte_array_remove_range (model, 0, length);
          break;
        }

      assert_bytes (&buffer, model->data, model->len);
    }

  q_recv_buffer_clear (&buffer);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/connection/recv-buffer/empty", test_empty);
  g_test_add_func ("/connection/recv-buffer/begins-small", test_begins_small);
  g_test_add_func ("/connection/recv-buffer/grows-when-filled", test_grows_when_filled);
  g_test_add_data_func ("/connection/recv-buffer/growth-ends/3000", GSIZE_TO_POINTER (3000),
                        test_growth_ends);
  g_test_add_data_func ("/connection/recv-buffer/growth-ends/8000", GSIZE_TO_POINTER (8000),
                        test_growth_ends);
  g_test_add_data_func ("/connection/recv-buffer/growth-ends/100000", GSIZE_TO_POINTER (100000),
                        test_growth_ends);
  g_test_add_data_func ("/connection/recv-buffer/growth-ends/524288", GSIZE_TO_POINTER (524288),
                        test_growth_ends);
  g_test_add_func ("/connection/recv-buffer/shrinks-when-emptied", test_shrinks_when_emptied);
  g_test_add_func ("/connection/recv-buffer/growth-keeps-bytes", test_growth_keeps_bytes);
  g_test_add_func ("/connection/recv-buffer/compaction", test_compaction);
  g_test_add_func ("/connection/recv-buffer/consume", test_consume);

  for (gsize i = 0; i < G_N_ELEMENTS (put_back_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/recv-buffer/put-back/",
                                           put_back_cases[i].name, NULL);

      g_test_add_data_func (path, &put_back_cases[i], test_put_back);
    }

  g_test_add_func ("/connection/recv-buffer/adopt", test_adopt);
  g_test_add_func ("/connection/recv-buffer/model", test_model);

  return g_test_run ();
}
