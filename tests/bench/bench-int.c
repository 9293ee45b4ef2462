/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Integers of four bytes, one in a call. */

#include "config.h"

#include "bench.h"

/* What buffers the rivals get: as much as QSocket may use. */
#define BUFFER_SIZE (64 * 1024)

/* Keeps the compiler from leaving the reads out. */
static volatile gint32 last;

static void
receive_ints (BenchSubject *self,
              guint64       n)
{
  GError *error = NULL;

  for (; n > 0; n--)
    {
      last = q_socket_recv_i4 (self->socket, BENCH_TIMEOUT_MS, NULL, &error);
      if (G_UNLIKELY (error != NULL))
        bench_fail ("q_socket_recv_i4", error);
    }
}

static void
prepare_data_input (BenchSubject *self)
{
  g_autoptr (GInputStream) plain = g_steal_pointer (&self->input);

  self->input = G_INPUT_STREAM (g_data_input_stream_new (plain));
  g_buffered_input_stream_set_buffer_size (G_BUFFERED_INPUT_STREAM (self->input), BUFFER_SIZE);
}

static void
read_data_ints (BenchSubject *self,
                guint64       n)
{
  GError *error = NULL;

  for (; n > 0; n--)
    {
      last = g_data_input_stream_read_int32 (G_DATA_INPUT_STREAM (self->input), NULL, &error);
      if (G_UNLIKELY (error != NULL))
        bench_fail ("g_data_input_stream_read_int32", error);
    }
}

/* GDataInputStream asks for four bytes when it needs four; who wants its buffer used
 * fills it himself. */
static void
read_filled_data_ints (BenchSubject *self,
                       guint64       n)
{
  GBufferedInputStream *buffered = G_BUFFERED_INPUT_STREAM (self->input);
  GError *error = NULL;

  for (; n > 0; n--)
    {
      if (g_buffered_input_stream_get_available (buffered) < sizeof (gint32)
          && g_buffered_input_stream_fill (buffered, -1, NULL, &error) <= 0)
        bench_fail ("g_buffered_input_stream_fill", error);
      read_data_ints (self, 1);
    }
}

static void
send_ints (BenchSubject *self,
           guint64       n)
{
  g_autoptr (GError) error = NULL;

  for (; n > 0; n--)
    if (!q_socket_send_i4 (self->socket, (gint64) n, BENCH_TIMEOUT_MS, NULL, &error))
      bench_fail ("q_socket_send_i4", error);
}

static void
send_ints_corked (BenchSubject *self,
                  guint64       n)
{
  g_autoptr (GError) error = NULL;

  q_socket_cork (self->socket);
  send_ints (self, n);
  if (!q_socket_uncork (self->socket, BENCH_TIMEOUT_MS, NULL, &error))
    bench_fail ("q_socket_uncork", error);
}

static void
prepare_data_output (BenchSubject *self)
{
  g_autoptr (GOutputStream) plain = g_steal_pointer (&self->output);

  self->output = G_OUTPUT_STREAM (g_data_output_stream_new (plain));
}

static void
prepare_buffered_data_output (BenchSubject *self)
{
  g_autoptr (GOutputStream) plain = g_steal_pointer (&self->output);

  self->output = g_buffered_output_stream_new_sized (plain, BUFFER_SIZE);
  prepare_data_output (self);
}

static void
put_data_ints (BenchSubject *self,
               guint64       n)
{
  g_autoptr (GError) error = NULL;

  for (; n > 0; n--)
    if (!g_data_output_stream_put_int32 (G_DATA_OUTPUT_STREAM (self->output), (gint32) n, NULL,
                                         &error))
      bench_fail ("g_data_output_stream_put_int32", error);
}

static void
put_buffered_data_ints (BenchSubject *self,
                        guint64       n)
{
  g_autoptr (GError) error = NULL;

  put_data_ints (self, n);
  if (!g_output_stream_flush (self->output, NULL, &error))
    bench_fail ("g_output_stream_flush", error);
}

static const BenchVariant readers[] = {
  { "raw", BENCH_API_RAW, .steps = { bench_raw_receive } },
  { "gdatainput", BENCH_API_GSTREAM, prepare_data_input, .batch = read_data_ints },
  { "gdatainput, filled", BENCH_API_GSTREAM, prepare_data_input, .batch = read_filled_data_ints },
  { "recv_i4", BENCH_API_QSOCKET, .batch = receive_ints },
  { NULL }
};

static const BenchVariant writers[] = {
  { "raw", BENCH_API_RAW, .steps = { bench_raw_send } },
  { "gdataoutput", BENCH_API_GSTREAM, prepare_data_output, .batch = put_data_ints },
  { "gdataoutput, buffered", BENCH_API_GSTREAM, prepare_buffered_data_output,
    .batch = put_buffered_data_ints },
  { "send_i4", BENCH_API_QSOCKET, .batch = send_ints },
  { "send_i4, corked", BENCH_API_QSOCKET, .batch = send_ints_corked },
  { NULL }
};

static const BenchGoal reader_goals[] = {
  { "recv_i4", BENCH_GOAL_RATIO, 100, "raw" },
  { "recv_i4", BENCH_GOAL_RATIO, 3.5, "gdatainput, filled" },
  { "recv_i4", BENCH_GOAL_NS, 12 },
  { "recv_i4", BENCH_GOAL_ALLOCATIONS, 0 },
  { NULL }
};

static const BenchGoal writer_goals[] = {
  { "send_i4", BENCH_GOAL_RATIO, 0.95, "raw" },
  { "send_i4", BENCH_GOAL_ALLOCATIONS, 0 },
  { "send_i4, corked", BENCH_GOAL_RATIO, 150, "raw" },
  { "send_i4, corked", BENCH_GOAL_ALLOCATIONS, 0 },
  { NULL }
};

const BenchWorkload bench_int_workloads[] = {
  { "recv-int", "integers received over TCP, one in a call", "integer of 4 bytes", BENCH_TCP,
    FALSE, sizeof (gint32), bench_peer_source, readers, reader_goals, "raw", 32768 },
  { "send-int", "integers sent over TCP, one in a call", "integer of 4 bytes", BENCH_TCP, FALSE,
    sizeof (gint32), bench_peer_sink, writers, writer_goals, "raw", 32768 },
  { NULL }
};
