/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- tables ---- */

typedef struct
{
  const TestCase *the_case;
  TestKind kind;
} KindCase;

static void
run_kind_case (gconstpointer data)
{
  const KindCase *kind_case = data;

  if (test_kind_is_here (kind_case->kind))
    kind_case->the_case->run (kind_case->kind);
  else
    g_test_skip ("this machine lacks it");
}

/* Not allocated: a subprocess that runs one case would leak the others. */
static KindCase kind_cases[128];
static gsize n_kind_cases;

void
test_add_cases (const char     *subject,
                const TestCase *cases,
                gsize           n_cases)
{
  for (TestKind kind = 0; kind < TEST_N_KINDS; kind++)
    for (gsize i = 0; i < n_cases; i++)
      {
        g_autofree char *path = g_strdup_printf ("/socket/%s/%s/%s", subject,
                                                 test_kind_name (kind), cases[i].name);
        KindCase *kind_case = &kind_cases[n_kind_cases++];

        g_assert_cmpuint (n_kind_cases, <=, G_N_ELEMENTS (kind_cases));
        *kind_case = (KindCase) { &cases[i], kind };
        g_test_add_data_func (path, kind_case, run_kind_case);
      }
}

GThread *
test_thread (GThreadFunc function,
             gpointer    data)
{
  return g_thread_new ("peer", function, data);
}

typedef struct
{
  GThreadFunc function;
  gpointer data;
  int tid;                /* atomic; once it is there the thread reads this no more */
} BlockedThread;

static gpointer
blocked_thread (gpointer data)
{
  BlockedThread *self = data;
  GThreadFunc function = self->function;
  gpointer function_data = self->data;

  g_atomic_int_set (&self->tid, test_get_thread_id ());

  return function (function_data);
}

GThread *
test_thread_blocked (GThreadFunc function,
                     gpointer    data)
{
  BlockedThread self = { function, data, 0 };
  GThread *thread = test_thread (blocked_thread, &self);

  while (g_atomic_int_get (&self.tid) == 0)
    sched_yield ();
  test_wait_in_kernel (self.tid);

  return thread;
}

/* ---- conditions ---- */

static int
count_arrived (int fd)
{
  int n = 0;

  g_assert_no_errno (ioctl (fd, FIONREAD, &n));

  return n;
}

/* All that ever arrived at a TCP connection. With others, to write is to arrive. */
static gboolean
get_ever_arrived (int      fd,
                  guint64 *n)
{
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;

  if (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
    return FALSE;

  *n = info.tcpi_bytes_received;

  return TRUE;
}

void
test_wait_arrived (QSocket *sock,
                   gsize    length)
{
  while ((gsize) count_arrived (q_socket_get_socket (sock)) < length)
    sched_yield ();
}

void
test_wait_asleep (const int *tid)
{
  g_autofree char *path = NULL;
  char state = 'R';

  while (g_atomic_int_get (tid) == 0)
    sched_yield ();
  path = g_strdup_printf ("/proc/self/task/%d/stat", *tid);

  while (state != 'S')
    {
      g_autofree char *line = NULL;
      const char *end;

      sched_yield ();
      if (!g_file_get_contents (path, &line, NULL, NULL))
        return;
      end = strrchr (line, ')');
      g_assert_nonnull (end);
      state = end[2];
    }
}

gint64
test_thread_time_ms (void)
{
  struct timespec time;

  g_assert_no_errno (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time));

  return (gint64) time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* ---- reads ---- */

void
test_expect_bytes (QSocket    *sock,
                   gssize      size,
                   const void *bytes,
                   gsize       length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = q_socket_recv_binary (sock, size, ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), bytes, length);
}

void
test_expect_failure (QSocket      *sock,
                     gssize        size,
                     int           timeout_ms,
                     QSocketError  code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = q_socket_recv_binary (sock, size, timeout_ms, NULL, &error);

  g_assert_error (error, Q_SOCKET_ERROR, (int) code);
  g_assert_null (got);
}

/* ---- the peer that writes ---- */

static gboolean
has_arrived (const TestFeed *feed,
             gsize           length)
{
  guint64 n;

  return !get_ever_arrived (feed->reader_fd, &n) || n - feed->arrived_before >= length;
}

static gpointer
feed_thread (gpointer data)
{
  TestFeed *feed = data;
  gsize done = 0;

  while (done < feed->length && !g_atomic_int_get (&feed->stop))
    {
      gsize part = MIN (feed->piece, feed->length - done);

      test_write (feed->fd, feed->bytes + done, part);
      done += part;

      if (feed->interval_ms > 0)
        g_usleep ((gulong) feed->interval_ms * 1000);
      else
        while (done < feed->length &&
               (!has_arrived (feed, done) || count_arrived (feed->reader_fd) > 0))
          sched_yield ();
    }

  if (feed->end)
    test_end_stream (feed->fd);

  return GSIZE_TO_POINTER (done);
}

void
test_feed_start (TestFeed   *feed,
                 int         fd,
                 QSocket    *reader,
                 const void *bytes,
                 gsize       length,
                 gsize       piece,
                 gboolean    end)
{
  *feed = (TestFeed) {
    .fd = fd,
    .reader_fd = q_socket_get_socket (reader),
    .bytes = bytes,
    .length = length,
    .piece = piece,
    .end = end,
  };
  get_ever_arrived (feed->reader_fd, &feed->arrived_before);
  feed->thread = test_thread (feed_thread, feed);
}

void
test_drip_start (TestFeed   *feed,
                 int         fd,
                 const void *bytes,
                 gsize       length,
                 int         interval_ms)
{
  *feed = (TestFeed) {
    .fd = fd, .bytes = bytes, .length = length, .piece = 1, .interval_ms = interval_ms,
  };
  feed->thread = test_thread (feed_thread, feed);
}

void
test_feed_join (TestFeed *feed)
{
  gsize done = GPOINTER_TO_SIZE (g_thread_join (feed->thread));

  g_assert_cmpuint (done, ==, feed->length);
}

gsize
test_feed_stop (TestFeed *feed)
{
  g_atomic_int_set (&feed->stop, TRUE);

  return GPOINTER_TO_SIZE (g_thread_join (feed->thread));
}

/* ---- the peer that reads ---- */

static gpointer
drain_thread (gpointer data)
{
  TestDrain *drain = data;

  drain->bytes = test_read_to_end (drain->fd);

  return NULL;
}

void
test_drain_start (TestDrain *drain,
                  int        fd)
{
  *drain = (TestDrain) { .fd = fd };
  drain->thread = test_thread (drain_thread, drain);
}

GBytes *
test_drain_join (TestDrain *drain)
{
  g_thread_join (drain->thread);

  return g_steal_pointer (&drain->bytes);
}

/* ---- bytes and ends ---- */

guint8 *
test_pattern (gsize length)
{
  guint8 *bytes = g_malloc (length + 1);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (i * 7 + i / 251 + i / 65521);
  bytes[length] = 0;

  return bytes;
}

void
test_end_stream (int fd)
{
  g_assert_no_errno (shutdown (fd, SHUT_WR));
}

/* A UNIX socket resets if it is closed before it has read all. */
void
test_reset (TestKind  kind,
            int      *fd)
{
  struct linger linger = { 1, 0 };

  if (kind != TEST_UNIX)
    g_assert_no_errno (setsockopt (*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  else
    g_assert_cmpint (count_arrived (*fd), >, 0);

  close (*fd);
  *fd = -1;
}
