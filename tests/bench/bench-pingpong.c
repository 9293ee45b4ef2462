/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* A request and its answer, in turn: every receive waits. */

#include "config.h"

#include "bench.h"

/* Long enough for a traced subject to be waiting by then. */
#define SLOW_US 500

static void
peer_echo (int      fd,
           gboolean is_slow)
{
  guint8 buffer[4096];
  ssize_t n;

  do
    {
      n = recv (fd, buffer, sizeof buffer, 0);
      if (is_slow)
        g_usleep (SLOW_US);
    }
  while (n > 0 && send (fd, buffer, n, MSG_NOSIGNAL) == n);
}

static void
prepare_timeout (BenchSubject *self)
{
  g_socket_set_timeout (self->gsocket, BENCH_TIMEOUT_S);
}

/* The limit for one call with a timeout: the kernel's own, coarse, set once. */
static void
prepare_kernel_timeout (BenchSubject *self)
{
  struct timeval timeout = { BENCH_TIMEOUT_S, 0 };

  if (setsockopt (self->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) != 0)
    bench_fail ("setsockopt", NULL);
}

static const BenchVariant clients[] = {
  { "raw", BENCH_API_RAW, .steps = { bench_raw_send, bench_raw_receive } },
  { "raw, SO_RCVTIMEO", BENCH_API_RAW, prepare_kernel_timeout,
    { bench_raw_send, bench_raw_receive } },
  { "gsocket", BENCH_API_GSOCKET, prepare_timeout, { bench_gsocket_send, bench_gsocket_receive } },
  { "gstream", BENCH_API_GSTREAM, prepare_timeout, { bench_gstream_send, bench_gstream_receive } },
  { "libuv", BENCH_API_UV, .batch = bench_uv_pingpong },
  { "python", BENCH_API_PYTHON, .python = "pingpong" },
  { "send_data, recv_into", BENCH_API_QSOCKET,
    .steps = { bench_qsocket_send, bench_qsocket_receive } },
  { "the same, adopted", BENCH_API_ADOPTED,
    .steps = { bench_qsocket_send, bench_qsocket_receive } },
  { NULL }
};

static const BenchGoal goals[] = {
  { "send_data, recv_into", BENCH_GOAL_RATIO, 0.97, "raw" },
  { "send_data, recv_into", BENCH_GOAL_ALLOCATIONS, 0 },
  { NULL }
};

const BenchWorkload bench_pingpong_workloads[] = {
  { "pingpong", "ping-pong over TCP, a CPU each; timeouts but for raw and libuv",
    "64 bytes there and back", BENCH_TCP, FALSE, 64, peer_echo, clients, goals, "raw", 1000 },
  { "pingpong-1cpu", "ping-pong over TCP, both on one CPU; timeouts but for raw and libuv",
    "64 bytes there and back", BENCH_TCP, TRUE, 64, peer_echo, clients, goals, "raw", 1000 },
  { NULL }
};
