/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "connects.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/time.h>

/* Where addresses to connect to come from: the resolver, literals, UNIX paths. */

/* ---- lookups that fail ---- */

typedef struct
{
  const char *name;
  int code;
  int system_error;       /* the errno of the resolver's thread */
} FailCase;

static const FailCase fail_cases[] = {
  { "no-name", EAI_NONAME, 0 },
  { "again", EAI_AGAIN, 0 },
  { "fail", EAI_FAIL, 0 },
  { "service", EAI_SERVICE, 0 },
  { "memory", EAI_MEMORY, 0 },
  { "system", EAI_SYSTEM, ENOTTY },
  { "unknown-code", -12345, 0 },
};

static void
test_fails (gconstpointer data)
{
  const FailCase *the_case = data;
  const char *text = the_case->code == EAI_SYSTEM ? g_strerror (the_case->system_error)
                                                  : gai_strerror (the_case->code);

  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      QEndpoint endpoint = endpoint_for_name ("name");
      g_autofree char *message = g_strdup_printf ("connect to \"the target\": %s", text);
      Connect attempt;

      resolver_set_up (NULL, 0, the_case->code);
      connect_init (&attempt, &endpoint);
      connect_drive (&attempt, driver, ENOUGH, NULL);
      g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
      g_assert_cmpstr (attempt.error->message, ==, message);
      g_assert_cmpstr (attempt.reports, ==, "lookup:name,80");
      connect_clear (&attempt);
    }
}

/* The resolver finds no address, or none that can be connected to. */
static void
test_no_addresses (void)
{
  Spot spots[2] = { { .family = AF_UNIX }, { .family = AF_UNIX } };

  for (guint n = 0; n <= G_N_ELEMENTS (spots); n++)
    {
      QEndpoint endpoint = endpoint_for_name ("name");
      Connect attempt;

      q_address_set_path (&spots[0].address, "/tmp/x");
      q_address_set_path (&spots[1].address, "/tmp/y");
      resolver_set_up (spots, n, 0);
      connect_init (&attempt, &endpoint);
      connect_drive (&attempt, DRIVE_BLOCKING, ENOUGH, NULL);
      g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
      g_assert_true (g_str_has_suffix (attempt.error->message, gai_strerror (EAI_NONAME)));
      connect_clear (&attempt);
    }
}

/* ---- lookups that hang ---- */

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

/* A lookup that hangs is ended by the deadline, by another thread, or by a cancellable. Meanwhile
 * other lookups end with a result. */
static void
test_hangs (gconstpointer data)
{
  DriverKind driver = GPOINTER_TO_INT (data);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  QEndpoint hanging = endpoint_for_name ("hang.example");
  QEndpoint endpoint = endpoint_for_name ("name");
  guint before = test_count_fds ();
  Connect attempt;
  Ender ender = { &attempt, NULL };
  GThread *thread;
  gint64 start;
  Spot spot;

  spot_open (&spot, SPOT_OPEN, AF_INET);
  resolver_set_up (&spot, 1, 0);
  g_mutex_lock (&resolver.lock);

  for (int timeout_ms = 0; timeout_ms <= 60; timeout_ms += 60)
    {
      connect_init (&attempt, &hanging);
      start = g_get_monotonic_time ();
      connect_drive (&attempt, driver, timeout_ms, NULL);
      check_not_early (start, timeout_ms);
      g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
      g_assert_nonnull (strstr (attempt.error->message, "not resolved within"));
      g_assert_cmpstr (attempt.reports, ==, "lookup:hang.example,80");
      connect_clear (&attempt);
    }

  for (int cancels = 0; cancels < 2; cancels++)
    {
      ender.cancellable = cancels ? cancellable : NULL;
      connect_init (&attempt, &hanging);
      thread = start_thread (ender_thread, &ender);
      connect_drive (&attempt, driver, -1, ender.cancellable);
      g_thread_join (thread);
      if (cancels)
        g_assert_error (attempt.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
      connect_clear (&attempt);
    }

  connect_init (&attempt, &endpoint);
  connect_drive (&attempt, driver, ENOUGH, NULL);
  g_assert_no_error (attempt.error);
  connect_clear (&attempt);

  /* The threads of the lookups end when the resolver returns. */
  g_mutex_unlock (&resolver.lock);
  spot_close (&spot);
  while (test_count_fds () > before)
    g_thread_yield ();
}

/* ---- literals ---- */

typedef struct
{
  const char *host;
  const char *service;
  int port;               /* -1: the service is a name */
  int family;
  const char *resolved;   /* NULL: the resolver is called */
} LiteralCase;

static const LiteralCase literal_cases[] = {
  { "127.0.0.1", "80", 80, 0, "127.0.0.1,80" },
  { "127.0.0.1", "0080", 80, 0, "127.0.0.1,80" },
  { "127.0.0.1", "65535", 65535, AF_INET, "127.0.0.1,65535" },
  { "::1", "80", 80, 0, "::1,80" },
  { "::1%lo", "80", 80, 0, "::1%lo,80" },
  { "::1%1", "80", 80, AF_INET6, "::1%lo,80" },
  { "0:0:0:0:0:0:0:1", "80", 80, 0, "::1,80" },
  { "::ffff:127.0.0.1", "80", 80, 0, "::ffff:127.0.0.1,80" },
  { "127.0.0.1", "http", -1, 0, NULL },
  { "127.0.0.1", "80", 80, AF_INET6, NULL },
  { "::1", "80", 80, AF_INET, NULL },
  { "fe80::1%nope", "80", 80, 0, NULL },
  { "fe80::1%", "80", 80, 0, NULL },
  { "fe80::1%0", "80", 80, 0, NULL },
  { "fe80::1%99999999999", "80", 80, 0, NULL },
  { "::1%lo%lo", "80", 80, 0, NULL },
  { "127.0.0.1%lo", "80", 80, 0, NULL },
  { "[::1]", "80", 80, 0, NULL },
  { "127.0.0", "80", 80, 0, NULL },
  { "127.0.0.1.", "80", 80, 0, NULL },
  { "0x7f.1", "80", 80, 0, NULL },
  { " 127.0.0.1", "80", 80, 0, NULL },
  { "localhost", "80", 80, 0, NULL },
};

/* The events of a literal are those of a name, but the resolver is not called. */
static void
test_literal (gconstpointer data)
{
  const LiteralCase *the_case = data;
  QEndpoint endpoint = endpoint_for_name (the_case->host);
  g_autofree char *begin = g_strdup_printf ("lookup:%s,%s", the_case->host, the_case->service);
  g_autofree char *all = NULL;
  Connect attempt;

  endpoint.service = the_case->service;
  endpoint.port = the_case->port;
  endpoint.family = (GSocketFamily) the_case->family;
  resolver_set_up (NULL, 0, EAI_NONAME);
  connect_init (&attempt, &endpoint);
  connect_drive (&attempt, DRIVE_BLOCKING, ENOUGH, NULL);

  if (the_case->resolved != NULL)
    {
      all = g_strdup_printf ("%s resolved:%s connecting:%s,%s,%s", begin, the_case->resolved,
                             the_case->host, the_case->service, the_case->resolved);
      if (attempt.error == NULL || !g_error_matches (attempt.error, Q_SOCKET_ERROR,
                                                     Q_SOCKET_ERROR_CONNECT))
        g_assert_no_error (attempt.error);
      g_assert_cmpstr (attempt.reports, ==, all);
      g_assert_cmpint (resolver.n_asked, ==, 0);
    }
  else
    {
      g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
      g_assert_cmpstr (attempt.reports, ==, begin);
      g_assert_cmpint (resolver.n_asked, ==, 1);
    }

  connect_clear (&attempt);
}

/* A host name in another script is looked up in its ASCII form; events have it as it was given. */
static int
assert_ascii_host (const char             *host,
                   const char             *service,
                   const struct addrinfo  *hints,
                   struct addrinfo       **result)
{
  g_assert_cmpstr (host, ==, "xn--bcher-kva.example");
  g_assert_cmpstr (service, ==, "80");
  g_assert_cmpint (hints->ai_socktype, ==, SOCK_STREAM);
  g_assert_cmpint (hints->ai_family, ==, AF_INET6);

  return EAI_NONAME;
}

static void
test_idn (void)
{
  QEndpoint endpoint = endpoint_for_name ("b\303\274cher.example");
  Connect attempt;

  endpoint.family = G_SOCKET_FAMILY_IPV6;
  q_resolver_set_functions (assert_ascii_host, fake_free_addresses);
  connect_init (&attempt, &endpoint);
  connect_drive (&attempt, DRIVE_BLOCKING, ENOUGH, NULL);
  g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
  g_assert_cmpstr (attempt.reports, ==, "lookup:b\303\274cher.example,80");
  connect_clear (&attempt);
}

/* A datagram socket is "connected" without a packet to the peer. */
static void
test_udp (void)
{
  QEndpoint endpoint = endpoint_for_name ("127.0.0.1");
  socklen_t length = sizeof (int);
  Connect attempt;
  int type;

  endpoint.socktype = SOCK_DGRAM;
  connect_init (&attempt, &endpoint);
  connect_drive (&attempt, DRIVE_BLOCKING, 0, NULL);
  g_assert_no_error (attempt.error);
  g_assert_no_errno (getsockopt (attempt.op.fd, SOL_SOCKET, SO_TYPE, &type, &length));
  g_assert_cmpint (type, ==, SOCK_DGRAM);
  connect_clear (&attempt);
}

/* ---- signals ---- */

static void
on_alarm (int number)
{
}

static void
test_signals (gconstpointer data)
{
  struct sigaction action = { .sa_handler = on_alarm, .sa_flags = GPOINTER_TO_INT (data) };
  struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } };
  struct itimerval never = { { 0, 0 }, { 0, 0 } };
  Spot spots[3];

  spot_open (&spots[0], SPOT_BLACK, AF_INET);
  spot_open (&spots[1], SPOT_REFUSED, AF_INET);
  spot_open (&spots[2], SPOT_OPEN, AF_INET);
  g_assert_no_errno (sigaction (SIGALRM, &action, NULL));
  g_assert_no_errno (setitimer (ITIMER_REAL, &every_ms, NULL));

  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    for (guint n = 1; n <= 3; n += 2)
      {
        QEndpoint endpoint = endpoint_for_name ("name");
        gint64 start = g_get_monotonic_time ();
        Connect attempt;

        resolver_set_up (spots, n, 0);
        connect_init (&attempt, &endpoint);
        connect_drive (&attempt, driver, n == 1 ? 110 : ENOUGH, NULL);
        if (n == 1)
          g_assert_error (attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
        else
          g_assert_no_error (attempt.error);
        check_not_early (start, n == 1 ? 110 : 250);
        connect_clear (&attempt);
      }

  g_assert_no_errno (setitimer (ITIMER_REAL, &never, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
    spot_close (&spots[i]);
}

int
main (int    argc,
      char **argv)
{
  static const char * const driver_names[] = { "blocking", "cancellable", "async" };

  g_test_init (&argc, &argv, NULL);

  /* The default context keeps descriptors, which must not be counted as leaks. */
  g_main_context_default ();

  for (gsize i = 0; i < G_N_ELEMENTS (fail_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/op/connect-lookup/fails/", fail_cases[i].name, NULL);

      g_test_add_data_func (path, &fail_cases[i], test_fails);
    }
  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      g_autofree char *path = g_strconcat ("/op/connect-lookup/hangs/", driver_names[driver], NULL);

      g_test_add_data_func (path, GINT_TO_POINTER (driver), test_hangs);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (literal_cases); i++)
    {
      g_autofree char *path =
        g_strdup_printf ("/op/connect-lookup/literals/%02u:%s", (guint) i, literal_cases[i].host);

      g_test_add_data_func (path, &literal_cases[i], test_literal);
    }

  g_test_add_func ("/op/connect-lookup/no-addresses", test_no_addresses);
  g_test_add_func ("/op/connect-lookup/idn", test_idn);
  g_test_add_func ("/op/connect-lookup/udp", test_udp);
  g_test_add_data_func ("/op/connect-lookup/signals", GINT_TO_POINTER (0), test_signals);
  g_test_add_data_func ("/op/connect-lookup/signals/restart", GINT_TO_POINTER (SA_RESTART),
                        test_signals);

  return g_test_run ();
}
