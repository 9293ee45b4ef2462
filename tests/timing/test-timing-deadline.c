/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "blocked-calls.h"
#include "deadline-calls.h"
#include "test-lateness.h"

#include <arpa/inet.h>

/* A call whose time is up returns within 50 ms. All calls of a table run at the same time, each in
 * a thread of its own, since they sleep for most of it. */

/* The last one is so long that a call may sleep in the kernel. */
static const int timeouts[] = { 0, 30, 130 };

/* ---- reading and sending ---- */

typedef struct
{
  const Call *call;
  TestKind kind;
  gboolean drips;
  gboolean with_storm;

  QSocket *sock;
  int timeout_ms;
} Job;

static void
run_call (gpointer data)
{
  const Job *job = data;
  GError *error = NULL;

  job->call->run (job->sock, job->timeout_ms, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
}

/* A peer that drips moves no deadline. It begins anew each time, and ends what it has begun. */
static void
add_read (TestLateness *lateness,
          Job          *job)
{
  gsize n_drops = job->call->n_drops != 0 ? job->call->n_drops : N_DROPS;
  TestFeed feed;
  int fd;
  g_autoptr (QSocket) sock = test_pair (job->kind, &fd);

  job->sock = sock;
  if (job->drips)
    test_drip_start (&feed, fd, drops, n_drops, DRIP_MS);
  test_lateness_add_deadline (lateness, job->timeout_ms, run_call, job);
  if (job->drips)
    test_feed_stop (&feed);
  close (fd);
}

static gpointer
read_thread (gpointer data)
{
  Job *job = data;
  timer_t timer = NULL;

  if (job->with_storm)
    timer = begin_storm (0);

  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      TestLateness lateness = { .n_tries = 0 };

      job->timeout_ms = timeouts[i];
      while (lateness.n_tries < TEST_N_TRIES)
        add_read (&lateness, job);
      test_lateness_check (&lateness, job->call->name);
    }

  if (job->with_storm)
    timer_delete (timer);

  return NULL;
}

static gpointer
send_thread (gpointer data)
{
  Job *job = data;
  int fd;
  g_autoptr (QSocket) sock = test_pair (job->kind, &fd);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers (fd);
  job->sock = sock;
  test_fill_kernel (sock, pattern, TEST_OVERFLOW);
  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      TestLateness lateness = { .n_tries = 0 };

      job->timeout_ms = timeouts[i];
      while (lateness.n_tries < TEST_N_TRIES)
        test_lateness_add_deadline (&lateness, job->timeout_ms, run_call, job);
      test_lateness_check (&lateness, job->call->name);
    }
  close (fd);

  return NULL;
}

static void
run_jobs (const Call  *calls,
          gsize        n_calls,
          GThreadFunc  thread,
          Job          like)
{
  g_autofree Job *jobs = g_new (Job, n_calls);
  g_autofree GThread **threads = g_new (GThread *, n_calls);

  for (gsize i = 0; i < n_calls; i++)
    {
      jobs[i] = like;
      jobs[i].call = &calls[i];
      threads[i] = test_thread (thread, &jobs[i]);
    }
  for (gsize i = 0; i < n_calls; i++)
    g_thread_join (threads[i]);
}

static void
test_read (gconstpointer kind)
{
  run_jobs (reads, G_N_ELEMENTS (reads), read_thread, (Job) { .kind = GPOINTER_TO_INT (kind) });
}

static void
test_read_drops (gconstpointer kind)
{
  run_jobs (reads, G_N_ELEMENTS (reads), read_thread,
            (Job) { .kind = GPOINTER_TO_INT (kind), .drips = TRUE });
}

static void
test_read_signals (gconstpointer kind)
{
  run_jobs (reads, G_N_ELEMENTS (reads), read_thread,
            (Job) { .kind = GPOINTER_TO_INT (kind), .with_storm = TRUE });
}

static void
test_send (gconstpointer kind)
{
  run_jobs (sends, G_N_ELEMENTS (sends), send_thread, (Job) { .kind = GPOINTER_TO_INT (kind) });
}

/* ---- connecting and accepting ---- */

typedef struct
{
  const char *name;
  void (*open) (Victim *v);
  void (*call) (Victim *v);
} Opening;

static const Opening openings[] = {
  { "accept", open_listener, call_accept },
  { "accept-unix", open_unix_listener, call_accept },
  { "connect-lookup", open_hanging_lookup, call_connect },
  { "connect-backlog", open_full_backlog, call_connect },
  { "connect-unix-backlog", open_full_unix_backlog, call_connect },
};

static void
make_call (gpointer data)
{
  Victim *v = data;

  g_clear_error (&v->error);
  v->call (v);
}

static void
test_open (gconstpointer data)
{
  const Opening *opening = data;
  Victim v = { .peer_fd = -1, .call = opening->call };

  opening->open (&v);
  for (gsize i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      TestLateness lateness = { .n_tries = 0 };

      v.timeout_ms = timeouts[i];
      while (lateness.n_tries < TEST_N_TRIES)
        test_lateness_add_deadline (&lateness, v.timeout_ms, make_call, &v);
      test_lateness_check (&lateness, opening->name);
    }
  victim_clear (&v);
}

static void
connect_well (gpointer data)
{
  Victim *v = data;

  q_socket_connect (v->sock, v->target, v->timeout_ms, NULL, &v->error);
  g_assert_no_error (v->error);
}

/* The second address, which answers, gets its turn 250 ms after the first, which does not. */
static void
test_next_address (void)
{
  static const char * const addresses[] = { "127.0.0.1", "127.0.0.2", NULL };
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Victim v = { .peer_fd = -1, .timeout_ms = ENOUGH };
  TestLateness lateness = { .n_tries = 0 };

  open_full_backlog (&v);
  g_assert_no_errno (getsockname (v.peer_fd, (struct sockaddr *) &address, &length));
  address.sin_addr.s_addr = inet_addr (addresses[1]);
  if (bind (listener, (struct sockaddr *) &address, length) != 0)
    {
      g_test_skip ("the port is taken");
      close (listener);
      victim_clear (&v);
      return;
    }
  g_assert_no_errno (listen (listener, TEST_N_TRIES));
  test_resolver_answer (addresses, 0);
  g_free (v.target);
  v.target = g_strdup_printf ("name.example:%d", ntohs (address.sin_port));

  while (lateness.n_tries < TEST_N_TRIES)
    {
      test_lateness_add_deadline (&lateness, 250, connect_well, &v);
      q_socket_close (v.sock, NULL);
    }
  test_lateness_check (&lateness, "the next address");
  close (listener);
  victim_clear (&v);
}

/* ---- what has no timeout of its own ---- */

static void
ask_for_peer (gpointer data)
{
  g_autoptr (GVariant) info = q_socket_get_peer_info (data, NULL);

  g_assert_nonnull (info);
}

/* A resolver that does not answer costs 200 ms, once. */
static void
test_reverse_lookup (void)
{
  TestLateness first = { .n_tries = 0 };
  TestLateness second = { .n_tries = 0 };

  while (first.n_tries < TEST_N_TRIES)
    {
      g_autoptr (QSocket) server = NULL;
      g_autoptr (QSocket) client = test_socket_pair (TEST_TCP4, &server);

      test_resolver_hang ();
      test_lateness_add_deadline (&first, 200, ask_for_peer, client);
      test_lateness_add_deadline (&second, 0, ask_for_peer, client);
      test_resolver_restore ();
    }
  test_lateness_check (&first, "get_peer_info");
  test_lateness_check (&second, "get_peer_info again");
}

static void
close_socket (gpointer data)
{
  q_socket_close (data, NULL);
}

/* What is corked when the kernel takes nothing does not hold up a close. */
static void
test_close_corked (gconstpointer kind)
{
  TestLateness lateness = { .n_tries = 0 };

  while (lateness.n_tries < TEST_N_TRIES)
    {
      int fd;
      g_autoptr (QSocket) sock = test_pair (GPOINTER_TO_INT (kind), &fd);

      test_fix_buffers (q_socket_get_socket (sock));
      test_fix_buffers (fd);
      test_fill_kernel (sock, pattern, TEST_OVERFLOW);
      q_socket_cork (sock);
      g_assert_true (q_socket_send_data (sock, pattern, 60000, ENOUGH, NULL, NULL));
      test_lateness_add_deadline (&lateness, 0, close_socket, sock);
      close (fd);
    }
  test_lateness_check (&lateness, "close");
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    GTestDataFunc function;
  } tests[] = {
    { "read", test_read },
    { "read-drops", test_read_drops },
    { "read-signals", test_read_signals },
    { "send", test_send },
    { "close-corked", test_close_corked },
  };
  static const TestKind kinds[] = { TEST_TCP4, TEST_UNIX };
  int status;

  g_test_init (&argc, &argv, NULL);

  deadline_calls_set_up ();
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    for (guint j = 0; j < G_N_ELEMENTS (kinds); j++)
      {
        g_autofree char *path = g_strdup_printf ("/timing/deadline/%s/%s", tests[i].name,
                                                 test_kind_name (kinds[j]));

        g_test_add_data_func (path, GINT_TO_POINTER (kinds[j]), tests[i].function);
      }
  for (guint i = 0; i < G_N_ELEMENTS (openings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/timing/deadline/%s", openings[i].name);

      g_test_add_data_func (path, &openings[i], test_open);
    }
  g_test_add_func ("/timing/deadline/next-address", test_next_address);
  g_test_add_func ("/timing/deadline/reverse-lookup", test_reverse_lookup);
  status = g_test_run ();
  g_free (pattern);

  return status;
}
