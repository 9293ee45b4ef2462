/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Whole pieces of one size in one direction: bulk data, and records that are already
 * there.
 */

#include "config.h"

#include "bench.h"

/* The limit: one call for a piece, which waits until it is whole. */
static void
raw_wait_for_all (BenchSubject *self)
{
  if (recv (self->fd, self->buffer, self->workload->size, MSG_WAITALL)
      != (ssize_t) self->workload->size)
    bench_fail ("recv", NULL);
}

static void
receive_bytes (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = q_socket_recv_binary (self->socket, self->workload->size,
                                                   BENCH_TIMEOUT_MS, NULL, &error);

  if (bytes == NULL)
    bench_fail ("q_socket_recv_binary", error);
}

/* Without a timeout, for what a timeout costs. */
static void
receive_waiting_forever (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  gsize size = self->workload->size;

  if (q_socket_recv_into (self->socket, self->buffer, size, size, -1, NULL, &error)
      != (gssize) size)
    bench_fail ("q_socket_recv_into", error);
}

static void
send_bytes (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;

  if (!q_socket_send_binary (self->socket, self->bytes, BENCH_TIMEOUT_MS, NULL, &error))
    bench_fail ("q_socket_send_binary", error);
}

static void
prepare_timeout (BenchSubject *self)
{
  g_socket_set_timeout (self->gsocket, BENCH_TIMEOUT_S);
}

static void
prepare_cancellable (BenchSubject *self)
{
  self->cancellable = g_cancellable_new ();
}

/* GSocket's way to a timeout for one call: its own property is per socket, in seconds. */
static void
wait_for_gsocket (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;

  if (!g_socket_condition_timed_wait (self->gsocket, G_IO_IN, BENCH_TIMEOUT_S * G_USEC_PER_SEC,
                                      self->cancellable, &error))
    bench_fail ("g_socket_condition_timed_wait", error);
}

static const BenchVariant receivers[] = {
  { "raw", BENCH_API_RAW, .steps = { bench_raw_receive } },
  { "raw, MSG_WAITALL", BENCH_API_RAW, .steps = { raw_wait_for_all } },
  { "gsocket", BENCH_API_GSOCKET, prepare_timeout, { bench_gsocket_receive } },
  { "gstream", BENCH_API_GSTREAM, prepare_timeout, { bench_gstream_receive } },
  { "libuv", BENCH_API_UV, .batch = bench_uv_receive },
  { "recv_into", BENCH_API_QSOCKET, .steps = { bench_qsocket_receive } },
  { "recv_into, -1", BENCH_API_QSOCKET, .steps = { receive_waiting_forever } },
  { "recv_binary", BENCH_API_QSOCKET, .steps = { receive_bytes } },
  { NULL }
};

static const BenchVariant senders[] = {
  { "raw", BENCH_API_RAW, .steps = { bench_raw_send } },
  { "gsocket", BENCH_API_GSOCKET, prepare_timeout, { bench_gsocket_send } },
  { "gstream", BENCH_API_GSTREAM, prepare_timeout, { bench_gstream_send } },
  { "libuv", BENCH_API_UV, .batch = bench_uv_send },
  { "send_data", BENCH_API_QSOCKET, .steps = { bench_qsocket_send } },
  { "send_binary", BENCH_API_QSOCKET, .steps = { send_bytes } },
  { NULL }
};

static const BenchVariant record_readers[] = {
  { "raw", BENCH_API_RAW, .steps = { bench_raw_receive } },
  { "gsocket", BENCH_API_GSOCKET, prepare_timeout, { bench_gsocket_receive } },
  { "gsocket, wait", BENCH_API_GSOCKET, .steps = { wait_for_gsocket, bench_gsocket_receive } },
  { "gsocket, cancellable", BENCH_API_GSOCKET, prepare_cancellable,
    { wait_for_gsocket, bench_gsocket_receive } },
  { "gstream", BENCH_API_GSTREAM, prepare_timeout, { bench_gstream_receive } },
  { "recv_into", BENCH_API_QSOCKET, .steps = { bench_qsocket_receive } },
  { "recv_into, cancellable", BENCH_API_QSOCKET, prepare_cancellable, { bench_qsocket_receive } },
  { "recv_binary", BENCH_API_QSOCKET, .steps = { receive_bytes } },
  { NULL }
};

static const BenchGoal receive_64k_goals[] = {
  { "recv_into", BENCH_GOAL_RATIO, 1.00, "raw" },
  { "recv_binary", BENCH_GOAL_RATIO, 0.95, "raw" },
  { NULL }
};

static const BenchGoal receive_1m_goals[] = {
  { "recv_into", BENCH_GOAL_RATIO, 1.20, "raw" },
  { "recv_binary", BENCH_GOAL_RATIO, 0.95, "raw" },
  { NULL }
};

static const BenchGoal send_goals[] = {
  { "send_data", BENCH_GOAL_RATIO, 0.98, "raw" },
  { "send_binary", BENCH_GOAL_RATIO, 0.98, "raw" },
  { NULL }
};

static const BenchGoal record_goals[] = {
  { "recv_into", BENCH_GOAL_RATIO, 25, "raw" },
  { "recv_into", BENCH_GOAL_ALLOCATIONS, 0 },
  { NULL }
};

#define KIB ((gsize) 1024)
#define MIB (1024 * KIB)

const BenchWorkload bench_bulk_workloads[] = {
  { "recv-tcp-64k", "bulk receive over TCP", "piece of 64 KiB", BENCH_TCP, FALSE, 64 * KIB,
    bench_peer_source, receivers, receive_64k_goals, "raw", 500 },
  { "recv-tcp-1m", "bulk receive over TCP", "piece of 1 MiB", BENCH_TCP, FALSE, MIB,
    bench_peer_source, receivers, receive_1m_goals, "raw", 100 },
  { "recv-unix-64k", "bulk receive over UNIX", "piece of 64 KiB", BENCH_UNIX, FALSE, 64 * KIB,
    bench_peer_source, receivers, receive_64k_goals, "raw", 500 },
  { "recv-unix-1m", "bulk receive over UNIX", "piece of 1 MiB", BENCH_UNIX, FALSE, MIB,
    bench_peer_source, receivers, receive_1m_goals, "raw", 100 },
  { "send-tcp-64k", "bulk send over TCP", "piece of 64 KiB", BENCH_TCP, FALSE, 64 * KIB,
    bench_peer_sink, senders, send_goals, "raw", 500 },
  { "send-tcp-1m", "bulk send over TCP", "piece of 1 MiB", BENCH_TCP, FALSE, MIB,
    bench_peer_sink, senders, send_goals, "raw", 100 },
  { "send-unix-64k", "bulk send over UNIX", "piece of 64 KiB", BENCH_UNIX, FALSE, 64 * KIB,
    bench_peer_sink, senders, send_goals, "raw", 500 },
  { "send-unix-1m", "bulk send over UNIX", "piece of 1 MiB", BENCH_UNIX, FALSE, MIB,
    bench_peer_sink, senders, send_goals, "raw", 100 },
  { "records", "records that are already there, over TCP", "record of 64 bytes", BENCH_TCP, FALSE,
    64, bench_peer_source, record_readers, record_goals, "raw", 8000 },
  { NULL }
};
