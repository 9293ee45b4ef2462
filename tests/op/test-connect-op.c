/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "connects.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Attempts at addresses, in what order and at what time. */

#define DELAY_MS 250

typedef struct
{
  const char *name;
  struct
  {
    SpotKind kind;
    int family;
  } spots[8];
  int timeout_ms;

  /* The numbers of the addresses that are tried. Where the time runs out, how many of them are
   * depends on the machine, but not more than these. */
  const char *order;
  int winner;             /* or -1 and ... */
  const char *error;      /* ... how its message ends */
  int takes_ms;           /* at least */
} ConnectCase;

#define O SPOT_OPEN
#define R SPOT_REFUSED
#define B SPOT_BLACK
#define U SPOT_UNREACHABLE
#define V6 AF_INET6

static const ConnectCase cases[] = {
  { "open", { { O, 0 } }, ENOUGH, "0", 0, NULL, 0 },
  { "open/v6", { { O, V6 } }, ENOUGH, "0", 0, NULL, 0 },
  { "refused", { { R, 0 } }, ENOUGH, "0", -1, "Connection refused", 0 },
  { "refused-then-open", { { R, 0 }, { O, 0 } }, ENOUGH, "01", 1, NULL, 0 },
  { "unreachable-then-open", { { U, 0 }, { O, 0 } }, ENOUGH, "01", 1, NULL, 0 },
  { "second-not-needed", { { O, 0 }, { O, 0 } }, ENOUGH, "0", 0, NULL, 0 },
  { "all-refused", { { R, 0 }, { R, 0 }, { R, 0 } }, ENOUGH, "012", -1, "Connection refused", 0 },

  /* families in turns, IPv6 first, each in its order */
  { "turns", { { R, 0 }, { R, 0 }, { R, V6 }, { R, 0 }, { R, V6 } }, ENOUGH, "20413", -1,
    "Connection refused", 0 },
  { "turns/v6-first", { { O, 0 }, { O, V6 } }, ENOUGH, "1", 1, NULL, 0 },
  { "turns/v6-refused", { { O, 0 }, { R, V6 } }, ENOUGH, "10", 0, NULL, 0 },
  { "turns/v6-unreachable", { { U, V6 }, { O, 0 } }, ENOUGH, "01", 1, NULL, 0 },
  { "turns/v6-black", { { B, V6 }, { O, 0 } }, ENOUGH, "01", 1, NULL, DELAY_MS },

  /* the next one after a while, or when one has failed */
  { "black-then-open", { { B, 0 }, { O, 0 } }, ENOUGH, "01", 1, NULL, DELAY_MS },
  { "black-refused-open", { { B, 0 }, { R, 0 }, { O, 0 } }, ENOUGH, "012", 2, NULL, DELAY_MS },
  { "refused-black-open", { { R, 0 }, { B, 0 }, { O, 0 } }, ENOUGH, "012", 2, NULL, DELAY_MS },
  { "black-black-open", { { B, 0 }, { B, 0 }, { O, 0 } }, ENOUGH, "012", 2, NULL, 2 * DELAY_MS },
  { "black-unreachable-open", { { B, 0 }, { U, 0 }, { O, 0 } }, ENOUGH, "012", 2, NULL, DELAY_MS },

  /* one deadline */
  { "black", { { B, 0 } }, 60, "0", -1, "no answer within 60 ms", 60 },
  { "black/longer", { { B, 0 } }, 150, "0", -1, "no answer within 150 ms", 150 },
  { "black/no-time", { { B, 0 } }, 0, "0", -1, "no answer within 0 ms", 0 },
  { "black/v6", { { B, V6 } }, 120, "0", -1, "no answer within 120 ms", 120 },
  { "blacks", { { B, 0 }, { B, 0 }, { B, 0 } }, 300, "01", -1, "no answer within 300 ms", 300 },
  { "refused-then-black", { { R, 0 }, { B, 0 } }, 120, "01", -1, "no answer within 120 ms", 120 },

  /* the failure that says most */
  { "best/refused-unreachable", { { R, 0 }, { U, 0 } }, ENOUGH, "01", -1, "Connection refused", 0 },
  { "best/unreachable-refused", { { U, V6 }, { R, 0 } }, ENOUGH, "01", -1, "Connection refused",
    0 },
  { "best/unreachable", { { U, V6 }, { U, 0 } }, ENOUGH, "01", -1, "Network is unreachable", 0 },
};

#undef O
#undef R
#undef B
#undef U

/* The events that are due: those of the lookup, with the addresses in the order in which they are
 * tried, or (@is_attempt) those of the attempts. */
static char *
make_reports (const ConnectCase *the_case,
              const Spot        *spots,
              guint              n_spots,
              gboolean           is_attempt)
{
  GString *all = g_string_new (is_attempt ? "" : "lookup:name,80");
  char text[Q_ADDRESS_TEXT_SIZE];
  guint n_attempts = is_attempt ? (guint) strlen (the_case->order) : n_spots;
  gboolean used[G_N_ELEMENTS (the_case->spots)] = { FALSE };
  int turn = AF_INET6;

  for (guint i = 0; i < n_attempts; )
    {
      for (guint j = 0; j < n_spots; j++)
        if (!used[j] && spots[j].family == turn)
          {
            const QAddress *address = &spots[j].address;

            used[j] = TRUE;
            q_address_to_text (address, text);
            if (is_attempt)
              g_assert_cmpint (the_case->order[i], ==, (char) ('0' + j));
            g_string_append_printf (all, is_attempt ? " connecting:name,80,%s,%d"
                                                    : " resolved:%s,%d",
                                    text, q_address_get_port (address));
            i++;
            break;
          }
      turn = turn == AF_INET6 ? AF_INET : AF_INET6;
    }

  return g_string_free (all, FALSE);
}

static void
check_socket (const QConnectOp *op)
{
  int flags = fcntl (op->fd, F_GETFL);
  struct timeval time;
  socklen_t length = sizeof time;
  int on = 0;

  g_assert_cmpint (fcntl (op->fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  g_assert_cmpint ((flags & O_NONBLOCK) != 0, ==, op->nonblocking);
  g_assert_no_errno (getsockopt (op->fd, SOL_SOCKET, SO_SNDTIMEO, &time, &length));
  g_assert_cmpint (time.tv_sec * 1000 + time.tv_usec / 1000, ==, op->send_timeout_ms);
  length = sizeof on;
  g_assert_no_errno (getsockopt (op->fd, IPPROTO_TCP, TCP_NODELAY, &on, &length));
  g_assert_cmpint (on != 0, ==, op->endpoint.no_delay);
  length = sizeof on;
  g_assert_no_errno (getsockopt (op->fd, SOL_SOCKET, SO_ERROR, &on, &length));
  g_assert_cmpint (on, ==, 0);
}

/* A case as one driver of the three runs it. */
typedef struct
{
  const ConnectCase *the_case;
  DriverKind driver;
  const Spot *spots;
  const char *reports;
} CaseRun;

static gpointer
run_case (gpointer data)
{
  const CaseRun *run = data;
  const ConnectCase *the_case = run->the_case;
  QEndpoint endpoint = endpoint_for_name ("name");
  gboolean times_out = the_case->takes_ms == the_case->timeout_ms;
  gint64 start;
  Connect attempt;

  connect_init (&attempt, &endpoint);
  start = g_get_monotonic_time ();
  connect_drive (&attempt, run->driver, the_case->timeout_ms, NULL);
  check_not_early (start, the_case->takes_ms);

  if (!times_out)
    g_assert_cmpstr (attempt.reports, ==, run->reports);
  else
    g_assert_true (g_str_has_prefix (run->reports, attempt.reports));
  if (the_case->winner >= 0)
    {
      const QAddress *winner = &run->spots[the_case->winner].address;

      g_assert_no_error (attempt.error);
      g_assert_cmpmem (&attempt.op.address.sa, attempt.op.address.length,
                       &winner->sa, winner->length);
      check_socket (&attempt.op);
    }
  else
    {
      /* The lookup runs in a thread of its own, for which the time may be too short. */
      gboolean was_tried = strstr (attempt.reports, "connecting:") != NULL;

      g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
      g_assert_true (was_tried || times_out);
      if (was_tried)
        g_assert_true (g_str_has_suffix (attempt.error->message, the_case->error));
      else
        g_assert_nonnull (strstr (attempt.error->message, "the name was not resolved within"));
    }

  connect_clear (&attempt);

  return NULL;
}

static void
test_case (gconstpointer data)
{
  const ConnectCase *the_case = data;
  g_autofree char *resolved = NULL;
  g_autofree char *attempts = NULL;
  g_autofree char *all = NULL;
  guint before = test_count_fds ();
  Spot spots[G_N_ELEMENTS (the_case->spots)];
  CaseRun runs[N_DRIVERS];
  GThread *threads[N_DRIVERS];
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (the_case->spots); i++)
    if (the_case->spots[i].family == AF_INET6 && !test_kind_is_here (TEST_TCP6))
      {
        g_test_skip ("this machine lacks IPv6");
        return;
      }

  for (; n < G_N_ELEMENTS (spots) && the_case->spots[n].kind != SPOT_END; n++)
    spot_open (&spots[n], the_case->spots[n].kind, the_case->spots[n].family);
  resolver_set_up (spots, n, 0);
  resolved = make_reports (the_case, spots, n, FALSE);
  attempts = make_reports (the_case, spots, n, TRUE);
  all = g_strconcat (resolved, attempts, NULL);

  /* All at the same time, since they sleep most of the time. */
  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      runs[driver] = (CaseRun) { the_case, driver, spots, all };
      threads[driver] = start_thread (run_case, &runs[driver]);
    }
  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    g_thread_join (threads[driver]);

  for (guint i = 0; i < n; i++)
    spot_close (&spots[i]);
  while (test_count_fds () > before)
    g_thread_yield ();
}

/* ---- many addresses ---- */

/* To wait after each of those that refuse would take 12 s. */
static void
test_many (gconstpointer data)
{
  SpotKind kind = GPOINTER_TO_INT (data);
  int timeout_ms = kind == SPOT_BLACK ? 300 : 48 * DELAY_MS;

  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      QEndpoint endpoint = endpoint_for_name ("name");
      guint before = test_count_fds ();
      gint64 start;
      Connect attempt;
      Spot spots[50];

      for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
        spot_open (&spots[i], i < 49 ? kind : SPOT_OPEN, AF_INET);
      resolver_set_up (spots, G_N_ELEMENTS (spots), 0);
      connect_init (&attempt, &endpoint);
      start = g_get_monotonic_time ();
      connect_drive (&attempt, driver, timeout_ms, NULL);

      if (kind == SPOT_BLACK)
        {
          g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
          check_not_early (start, timeout_ms);
        }
      else
        {
          g_assert_no_error (attempt.error);
        }

      connect_clear (&attempt);
      for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
        spot_close (&spots[i]);
      while (test_count_fds () > before)
        g_thread_yield ();
    }
}

/* ---- one that answers late wins all the same ---- */

static gpointer
make_room_thread (gpointer data)
{
  Spot *spot = data;

  test_wait_in_kernel (getpid ());
  close (accept4 (spot->fd, NULL, NULL, SOCK_CLOEXEC));

  return NULL;
}

static void
test_late_answer (void)
{
  QEndpoint endpoint = endpoint_for_name ("name");
  Spot spots[3];
  GThread *thread;
  Connect attempt;

  for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
    spot_open (&spots[i], SPOT_BLACK, AF_INET);
  resolver_set_up (spots, G_N_ELEMENTS (spots), 0);
  connect_init (&attempt, &endpoint);
  thread = start_thread (make_room_thread, &spots[0]);
  connect_drive (&attempt, DRIVE_BLOCKING, ENOUGH, NULL);
  g_assert_no_error (attempt.error);
  g_assert_cmpint (q_address_get_port (&attempt.op.address), ==,
                   q_address_get_port (&spots[0].address));
  g_thread_join (thread);

  connect_clear (&attempt);
  for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
    spot_close (&spots[i]);
}

/* ---- ended by an abort or a cancel ---- */

typedef struct
{
  Connect *attempt;
  GCancellable *cancellable;
} Ender;

static gpointer
ender_thread (gpointer data)
{
  Ender *ender = data;

  test_wait_in_kernel (getpid ());
  if (ender->cancellable != NULL)
    g_cancellable_cancel (ender->cancellable);
  else
    q_connect_op_abort (&ender->attempt->op);

  return NULL;
}

static void
test_ended (gconstpointer data)
{
  gboolean cancels = GPOINTER_TO_INT (data);

  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      g_autoptr (GCancellable) cancellable = cancels ? g_cancellable_new () : NULL;
      QEndpoint endpoint = endpoint_for_name ("name");
      Connect attempt;
      Ender ender = { &attempt, cancellable };
      GThread *thread;
      Spot spot;

      spot_open (&spot, SPOT_BLACK, AF_INET);
      resolver_set_up (&spot, 1, 0);
      connect_init (&attempt, &endpoint);
      thread = start_thread (ender_thread, &ender);
      connect_drive (&attempt, driver, driver == DRIVE_BLOCKING ? -1 : ENOUGH, cancellable);
      g_thread_join (thread);

      if (cancels)
        g_assert_error (attempt.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
      connect_clear (&attempt);
      spot_close (&spot);
    }
}

static void
test_aborted_before (void)
{
  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      QEndpoint endpoint = endpoint_for_name ("name");
      Connect attempt;

      resolver_set_up (NULL, 0, 0);
      connect_init (&attempt, &endpoint);
      q_connect_op_abort (&attempt.op);
      connect_drive (&attempt, driver, -1, NULL);
      g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
      g_assert_cmpstr (attempt.reports, ==, "");
      connect_clear (&attempt);
    }
}

/* ---- without descriptors ---- */

/* With more and more free descriptors the call fails, with a reason, until there are enough. */
static void
test_few_descriptors (void)
{
  QEndpoint endpoint = endpoint_for_name ("name");
  guint before = test_count_fds ();
  const rlim_t plenty = 9;
  gboolean worked = FALSE;
  struct rlimit old;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &old));

  for (rlim_t more = 0; !worked; more++)
    {
      Spot spots[3];
      Connect attempt;
      struct rlimit low;
      int lowest;

      g_assert_cmpuint (more, <=, plenty);
      spot_open (&spots[0], SPOT_BLACK, AF_INET);
      spot_open (&spots[1], SPOT_REFUSED, AF_INET);
      spot_open (&spots[2], SPOT_OPEN, AF_INET);
      resolver_set_up (spots, G_N_ELEMENTS (spots), 0);
      connect_init (&attempt, &endpoint);

      lowest = dup (0);
      close (lowest);
      low = (struct rlimit) { (rlim_t) lowest + more, old.rlim_max };
      g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &low));
      attempt.is_done = q_op_run (&attempt.op.parent, more < plenty ? 2 * DELAY_MS : ENOUGH, NULL,
                                  &attempt.error);
      g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &old));

      worked = attempt.is_done;
      if (worked)
        g_assert_cmpuint (more, >, 1);
      else
        g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
      if (!worked)
        g_test_message ("%s", attempt.error->message);

      connect_clear (&attempt);
      for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
        spot_close (&spots[i]);
      while (test_count_fds () > before)
        g_thread_yield ();
    }
}

/* ---- a connection to itself ---- */

#define NO_NAMESPACE 77

static void
set_up_namespace (void)
{
  static const char range[] = "40000 40001";
  struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
  int fd;

  if (unshare (CLONE_NEWNET) != 0 && unshare (CLONE_NEWUSER | CLONE_NEWNET) != 0)
    _exit (NO_NAMESPACE);

  fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (ioctl (fd, SIOCSIFFLAGS, &request) != 0)
    _exit (NO_NAMESPACE);
  close (fd);

  fd = open ("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
  if (write (fd, range, strlen (range)) != (gssize) strlen (range))
    _exit (NO_NAMESPACE);
  close (fd);
}

/* Makes sure that the kernel does connect such a socket to itself; else the test would prove
 * nothing. */
static gboolean
kernel_connects_to_itself (const char *host)
{
  static const struct linger at_once = { 1, 0 };
  QAddress address;

  q_address_set_literal (&address, host, 40000);
  for (int i = 0; i < 50; i++)
    {
      int fd = socket (address.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      gboolean is_connected = connect (fd, &address.sa, address.length) == 0;

      /* Else the port would be taken for a while. */
      setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      close (fd);
      if (is_connected)
        return TRUE;
    }

  return FALSE;
}

static int
connect_to_self (const char *host)
{
  QEndpoint endpoint = {
    .host = host, .service = "40000", .port = 40000, .socktype = SOCK_STREAM,
  };

  set_up_namespace ();
  if (!kernel_connects_to_itself (host))
    return NO_NAMESPACE;

  for (int i = 0; i < 60; i++)
    {
      Connect attempt;

      connect_init (&attempt, &endpoint);
      connect_drive (&attempt, i % N_DRIVERS, ENOUGH, NULL);
      if (!g_error_matches (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT) ||
          !g_str_has_suffix (attempt.error->message, g_strerror (ECONNREFUSED)))
        return 1;
      connect_clear (&attempt);
    }

  return 0;
}

static void
test_self_connect (gconstpointer data)
{
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    _exit (connect_to_self (data));

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == NO_NAMESPACE)
    g_test_skip ("needs a network namespace of its own");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* ---- */

int
main (int    argc,
      char **argv)
{
  static const char * const selves[] = { "127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1" };

  g_test_init (&argc, &argv, NULL);

  /* The default context keeps descriptors, which must not be counted as leaks. */
  g_main_context_default ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/op/connect-op/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (selves); i++)
    {
      g_autofree char *path = g_strconcat ("/op/connect-op/self-connect/", selves[i], NULL);

      g_test_add_data_func (path, selves[i], test_self_connect);
    }

  g_test_add_data_func ("/op/connect-op/many/refused", GINT_TO_POINTER (SPOT_REFUSED), test_many);
  g_test_add_data_func ("/op/connect-op/many/black", GINT_TO_POINTER (SPOT_BLACK), test_many);
  g_test_add_func ("/op/connect-op/late-answer", test_late_answer);
  g_test_add_data_func ("/op/connect-op/aborted", GINT_TO_POINTER (FALSE), test_ended);
  g_test_add_data_func ("/op/connect-op/cancelled", GINT_TO_POINTER (TRUE), test_ended);
  g_test_add_func ("/op/connect-op/aborted-before", test_aborted_before);
  g_test_add_func ("/op/connect-op/few-descriptors", test_few_descriptors);

  return g_test_run ();
}
