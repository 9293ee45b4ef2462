/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* One event among many idle connections, all in one thread: each end waits for a byte,
 * and an operation sends one to one of them, always the same, so that what fits into the
 * processor's cache does not count, and runs the loop until it was read.
 */

#include "config.h"

#include "bench.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef HAVE_LIBUV
#include <uv.h>
#endif

/* Pairs that one process makes before it gives their other ends away. */
#define AT_ONCE 2000

typedef struct
{
  guint n;
  int *fds;
  /* The other end of one of them. */
  int peer;
  /* Bytes that were read, by whoever does it. */
  guint64 n_read;
  int epoll_fd;
#ifdef HAVE_LIBUV
  uv_loop_t loop;
#endif
} Many;

/* Of the process; there is one subject in each. */
static Many many;

static void
raise_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= BENCH_MANY_DESCRIPTORS)
    return;
  limit.rlim_cur = BENCH_MANY_DESCRIPTORS;
  limit.rlim_max = MAX (limit.rlim_max, limit.rlim_cur);
  setrlimit (RLIMIT_NOFILE, &limit);
}

gboolean
bench_many_is_possible (const BenchWorkload *workload)
{
  struct rlimit limit;

  return workload->n_descriptors == 0
         || (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= workload->n_descriptors);
}

static void
open_pair (int fds[2])
{
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
    bench_fail ("socketpair", NULL);
}

/* The other ends of idle connections count as well for the limit of open files, unless
 * another process has them. */
static void
give_away (const int *peers,
           guint      n)
{
  pid_t pid = fork ();

  if (pid < 0)
    bench_fail ("fork", NULL);
  if (pid == 0)
    {
      alarm (0);
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      while (TRUE)
        pause ();
    }
  for (guint i = 0; i < n; i++)
    close (peers[i]);
}

static void
open_many (BenchSubject *self)
{
  int peers[AT_ONCE];
  guint n_peers = 0;

  many.n = (guint) self->workload->size;
  many.fds = g_new (int, many.n);
  for (guint i = 0; i < many.n; i++)
    {
      int fds[2];

      if (n_peers == AT_ONCE)
        {
          give_away (peers, n_peers);
          n_peers = 0;
        }
      open_pair (fds);
      many.fds[i] = fds[0];
      many.peer = peers[n_peers++] = fds[1];
    }
}

static void
send_byte (void)
{
  if (write (many.peer, "*", 1) != 1)
    bench_fail ("write", NULL);
}

static void
read_raw (int fd)
{
  char byte;

  if (recv (fd, &byte, 1, 0) != 1)
    bench_fail ("recv", NULL);
  many.n_read++;
}

/* ---- epoll ---- */

static void
prepare_raw (BenchSubject *self)
{
  open_many (self);
  many.epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  for (guint i = 0; i < many.n; i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.fd = many.fds[i] };

      if (epoll_ctl (many.epoll_fd, EPOLL_CTL_ADD, many.fds[i], &event) != 0)
        bench_fail ("epoll_ctl", NULL);
    }
}

static void
raw_event (BenchSubject *self)
{
  struct epoll_event event;

  send_byte ();
  if (epoll_wait (many.epoll_fd, &event, 1, -1) != 1)
    bench_fail ("epoll_wait", NULL);
  read_raw (event.data.fd);
}

/* ---- GIO ---- */

static gboolean
gsocket_cb (GSocket      *socket,
            GIOCondition  condition,
            gpointer      user_data)
{
  char byte;

  if (g_socket_receive (socket, &byte, 1, NULL, NULL) != 1)
    bench_fail ("g_socket_receive", NULL);
  many.n_read++;

  return G_SOURCE_CONTINUE;
}

static void
prepare_gsocket (BenchSubject *self)
{
  open_many (self);
  for (guint i = 0; i < many.n; i++)
    {
      GSocket *socket = g_socket_new_from_fd (many.fds[i], NULL);
      GSource *source = g_socket_create_source (socket, G_IO_IN, NULL);

      g_source_set_callback (source, G_SOURCE_FUNC (gsocket_cb), NULL, NULL);
      g_source_attach (source, NULL);
      g_source_unref (source);
    }
}

static void
context_event (BenchSubject *self)
{
  guint64 goal = many.n_read + 1;

  send_byte ();
  while (many.n_read < goal)
    g_main_context_iteration (NULL, TRUE);
}

/* ---- libuv ---- */

#ifdef HAVE_LIBUV
static void
pipe_alloc_cb (uv_handle_t *handle,
               size_t       suggested,
               uv_buf_t    *buffer)
{
  static char byte;

  *buffer = uv_buf_init (&byte, 1);
}

static void
pipe_read_cb (uv_stream_t    *stream,
              ssize_t         n,
              const uv_buf_t *buffer)
{
  if (n == 1)
    many.n_read++;
}

static void
prepare_uv (BenchSubject *self)
{
  uv_pipe_t *pipes;

  open_many (self);
  pipes = g_new0 (uv_pipe_t, many.n);
  if (uv_loop_init (&many.loop) != 0)
    bench_fail ("uv_loop_init", NULL);
  for (guint i = 0; i < many.n; i++)
    if (uv_pipe_init (&many.loop, &pipes[i], 0) != 0
        || uv_pipe_open (&pipes[i], many.fds[i]) != 0
        || uv_read_start ((uv_stream_t *) &pipes[i], pipe_alloc_cb, pipe_read_cb) != 0)
      bench_fail ("uv_read_start", NULL);
}

static void
uv_event (BenchSubject *self)
{
  guint64 goal = many.n_read + 1;

  send_byte ();
  while (many.n_read < goal)
    uv_run (&many.loop, UV_RUN_ONCE);
}
#else
#define prepare_uv NULL
#define uv_event NULL
#endif

/* ---- QSocket ---- */

static void
received_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = q_socket_recv_binary_finish (Q_SOCKET (object), result, &error);

  if (bytes == NULL)
    bench_fail ("q_socket_recv_binary_async", error);
  many.n_read++;
  q_socket_recv_binary_async (Q_SOCKET (object), 1, -1, G_PRIORITY_DEFAULT, NULL, received_cb,
                              NULL);
}

static void
add_qsocket (int fd)
{
  g_autoptr (GError) error = NULL;
  QSocket *socket = q_socket_new_from_fd (fd, &error);

  if (socket == NULL)
    bench_fail ("q_socket_new_from_fd", error);
  q_socket_recv_binary_async (socket, 1, -1, G_PRIORITY_DEFAULT, NULL, received_cb, NULL);
}

static void
prepare_qsocket (BenchSubject *self)
{
  open_many (self);
  for (guint i = 0; i < many.n; i++)
    add_qsocket (many.fds[i]);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

/* ---- what a connection that waits keeps ---- */

static void
keep_qsocket (BenchSubject *self)
{
  int fds[2];

  open_pair (fds);
  add_qsocket (fds[0]);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
keep_gsocket (BenchSubject *self)
{
  int fds[2];
  GSource *source;

  open_pair (fds);
  source = g_socket_create_source (g_socket_new_from_fd (fds[0], NULL), G_IO_IN, NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (gsocket_cb), NULL, NULL);
  g_source_attach (source, NULL);
  g_source_unref (source);
}

/* ---- the table ---- */

static const BenchVariant variants[] = {
  { "raw", BENCH_API_RAW, prepare_raw, { raw_event } },
  { "libuv", BENCH_API_UV, prepare_uv, { uv_event } },
  { "gsocket", BENCH_API_GSOCKET, prepare_gsocket, { context_event } },
  { "recv_async", BENCH_API_QSOCKET, prepare_qsocket, { context_event } },
  { NULL }
};

static const BenchVariant idle_variants[] = {
  { "gsocket", BENCH_API_GSOCKET, .steps = { keep_gsocket } },
  { "recv_async", BENCH_API_QSOCKET, .steps = { keep_qsocket } },
  { NULL }
};

static const BenchGoal idle_goals[] = {
  { "recv_async", BENCH_GOAL_HEAP_KIB, 4 },
  { NULL }
};

#define MANY(name, n, ...) \
  { name, "one event among " #n " connections, both sides", "byte sent and received", BENCH_UNIX, \
    TRUE, n, NULL, variants, __VA_ARGS__, "raw", 500, raise_limit, 0, n + AT_ONCE + 100 }

/* A ratio to raw at each number, since what costs more among more would be missed. */
static const BenchGoal goals[] = {
  { "recv_async", BENCH_GOAL_RATIO, 0.3, "raw" },
  { NULL }
};

const BenchWorkload bench_many_workloads[] = {
  MANY ("many-10", 10, goals),
  MANY ("many-1k", 1000, goals),
  MANY ("many-10k", 10000, goals),
  { "many-idle", "heap of connections that wait for a byte", "connection", BENCH_UNIX, TRUE, 1,
    NULL, idle_variants, idle_goals, "gsocket", 0, raise_limit, 1000, 2 * 1000 + 100 },
  { NULL }
};
