/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "links.h"
#include "q-op-async-private.h"
#include "q-send-op-private.h"

/* Operations while another thread cancels them, or moves bytes in the other direction. */

#define CANCEL_ROUNDS 2000

typedef struct
{
  GAsyncQueue *cancellables;
  int peer;
} Canceller;

/* Cancels one after the other, at a time that has nothing to do with the reads. */
static gpointer
canceller_thread (gpointer data)
{
  Canceller *canceller = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < CANCEL_ROUNDS; i++)
    {
      GCancellable *cancellable = g_async_queue_pop (canceller->cancellables);
      guint8 bytes[2] = { (guint8) (2 * i), (guint8) (2 * i + 1) };
      gint64 end = g_get_monotonic_time () + g_rand_int_range (rand, 0, 60);

      test_write (canceller->peer, bytes, 1);
      while (g_get_monotonic_time () < end)
        continue;
      if (g_rand_boolean (rand))
        {
          test_write (canceller->peer, bytes + 1, 1);
          g_cancellable_cancel (cancellable);
        }
      else
        {
          g_cancellable_cancel (cancellable);
          test_write (canceller->peer, bytes + 1, 1);
        }
      g_object_unref (cancellable);
    }

  return NULL;
}

typedef struct
{
  QRecvOp op;
  gboolean is_done;
  GError *error;
} Read;

static void
read_done (QOp      *op,
           GError   *error,
           gpointer  user_data)
{
  Read *read = user_data;

  read->error = error;
  read->is_done = TRUE;
}

/* Whichever reads are cancelled, each byte is received once and in its order. */
static void
test_cancel_race (gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gboolean is_async = GPOINTER_TO_INT (data);
  Canceller canceller = { g_async_queue_new (), -1 };
  guint n_cancelled = 0;
  GThread *thread;
  Link link;

  link_open (&link, TEST_UNIX);
  canceller.peer = link.peer;
  thread = start_thread (canceller_thread, &canceller);
  g_main_context_push_thread_default (context);

  for (guint i = 0; i < 2 * CANCEL_ROUNDS; )
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Read read = { .is_done = FALSE };

      if (n_cancelled < CANCEL_ROUNDS)
        g_async_queue_push (canceller.cancellables, g_object_ref (cancellable));
      q_recv_op_init (&read.op, "read from", link.channel, &no_sink, Q_RECV_TO_BYTES, 2, 0);
      if (is_async)
        q_op_start (&read.op.parent, -1, G_PRIORITY_DEFAULT, cancellable, read_done,
                    &read);
      else
        q_op_run (&read.op.parent, -1, cancellable, &read.error);
      while (is_async && !read.is_done)
        g_main_context_iteration (context, TRUE);

      n_cancelled++;
      if (read.error == NULL)
        {
          const guint8 *bytes = g_bytes_get_data (read.op.bytes, NULL);

          g_assert_cmpint (bytes[0], ==, (guint8) i);
          g_assert_cmpint (bytes[1], ==, (guint8) (i + 1));
          g_bytes_unref (read.op.bytes);
          i += 2;
        }
      else
        {
          g_assert_error (read.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_clear_error (&read.error);
        }
    }

  g_thread_join (thread);
  g_async_queue_unref (canceller.cancellables);
  g_main_context_pop_thread_default (context);
  link_close (&link);
}

/* ---- both directions, in several threads ---- */

#define EXCHANGE_SIZE (1024 * 1024)

static void
write_done (QOp      *op,
            GError   *error,
            gpointer  user_data)
{
  g_assert_no_error (error);
  (*(guint *) user_data)++;
}

/* The peer, which sends back what it receives. */
static gpointer
echo_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  char bytes[10000];
  gssize n;

  while ((n = recv (fd, bytes, sizeof bytes, 0)) > 0)
    test_write (fd, bytes, (gsize) n);

  return NULL;
}

static gpointer
exchange_thread (gpointer data)
{
  GMainContext *context = g_main_context_new ();
  g_autofree guint8 *out = g_malloc (EXCHANGE_SIZE);
  g_autofree guint8 *in = g_malloc (EXCHANGE_SIZE);
  GThread *echo;
  Link link;

  for (gsize i = 0; i < EXCHANGE_SIZE; i++)
    out[i] = (guint8) (i * 31 + i / 257);

  link_open (&link, TEST_TCP4);
  echo = start_thread (echo_thread, GINT_TO_POINTER (link.peer));
  g_main_context_push_thread_default (context);

  for (int round = 0; round < 5; round++)
    {
      guint n_done = 0;
      QSendOp write;
      QRecvOp read;

      memset (in, 0, EXCHANGE_SIZE);
      q_send_op_init (&write, "write to", link.channel, &no_sink, out, EXCHANGE_SIZE,
                       NULL, 0);
      q_recv_op_init_memory (&read, "read from", link.channel, &no_sink, in, EXCHANGE_SIZE,
                             EXCHANGE_SIZE);
      q_op_start (&write.parent, ENOUGH, G_PRIORITY_DEFAULT, NULL, write_done, &n_done);
      q_op_start (&read.parent, ENOUGH, G_PRIORITY_DEFAULT, NULL, write_done, &n_done);
      while (n_done < 2)
        g_main_context_iteration (context, TRUE);
      g_assert_true (memcmp (in, out, EXCHANGE_SIZE) == 0);
    }

  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  q_channel_unref (link.channel);
  g_thread_join (echo);
  close (link.peer);

  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("context", exchange_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/op/op-races/cancel", GINT_TO_POINTER (TRUE), test_cancel_race);
  g_test_add_data_func ("/op/op-races/cancel/blocking", GINT_TO_POINTER (FALSE), test_cancel_race);
  g_test_add_func ("/op/op-races/directions", test_threads);

  return g_test_run ();
}
