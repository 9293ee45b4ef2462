/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "links.h"
#include "q-resolver-private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/time.h>

/* Waits for the lookup and returns its code. */
static int
finish (QLookup         *lookup,
        const QAddress **addresses,
        guint           *n_addresses)
{
  g_assert_nonnull (lookup);
  g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
  g_assert_true (q_lookup_wait (lookup, 0));

  return q_lookup_get_addresses (lookup, addresses, n_addresses);
}

/* ---- the system's own resolver ---- */

typedef struct
{
  const char *name;
  const char *host;
  const char *service;
  int family;
  int socktype;
  int flags;
  int code;
  int port;
} RealCase;

static const RealCase real_cases[] = {
  { "localhost", "localhost", "80", AF_UNSPEC, SOCK_STREAM, 0, 0, 80 },
  { "localhost-v4", "localhost", "80", AF_INET, SOCK_STREAM, 0, 0, 80 },
  { "no-service", "localhost", NULL, AF_INET, SOCK_STREAM, 0, 0, 0 },
  { "service-name", "127.0.0.1", "http", AF_UNSPEC, SOCK_STREAM, 0, 0, 80 },
  { "service-name-udp", "127.0.0.1", "domain", AF_UNSPEC, SOCK_DGRAM, 0, 0, 53 },
  { "numeric-v4", "127.0.0.1", "65535", AF_UNSPEC, SOCK_STREAM, 0, 0, 65535 },
  { "numeric-v6", "::1", "1", AF_UNSPEC, SOCK_STREAM, 0, 0, 1 },
  { "short", "127.1", "1", AF_UNSPEC, SOCK_STREAM, 0, 0, 1 },
  { "passive", NULL, "80", AF_INET, SOCK_STREAM, AI_PASSIVE, 0, 80 },
  { "unknown", "localhost", "80", AF_UNSPEC, SOCK_STREAM, AI_NUMERICHOST, EAI_NONAME, 0 },
  { "unknown-service", "127.0.0.1", "no-such-service", AF_UNSPEC, SOCK_STREAM, 0, EAI_SERVICE, 0 },
  { "other-family", "127.0.0.1", "80", AF_INET6, SOCK_STREAM, 0, EAI_ADDRFAMILY, 0 },
  { "bad-family", "127.0.0.1", "80", 12345, SOCK_STREAM, 0, EAI_FAMILY, 0 },
};

static void
test_real (gconstpointer data)
{
  const RealCase *the_case = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (QLookup) lookup = NULL;
  const QAddress *addresses;
  guint n_addresses;
  int code;

  if (the_case->service != NULL && g_ascii_isalpha (*the_case->service) && the_case->code == 0 &&
      getservbyname (the_case->service, NULL) == NULL)
    {
      g_test_skip ("this machine knows no services");
      return;
    }

  lookup = q_lookup_new (the_case->host, the_case->service, (GSocketFamily) the_case->family,
                         the_case->socktype, the_case->flags, &error);
  g_assert_no_error (error);
  code = finish (lookup, &addresses, &n_addresses);
  g_assert_cmpint (code, ==, the_case->code);

  if (code != 0)
    {
      g_assert_cmpuint (n_addresses, ==, 0);
      g_assert_cmpstr (q_lookup_strerror (code), ==, gai_strerror (code));
      return;
    }

  g_assert_cmpuint (n_addresses, >, 0);
  for (guint i = 0; i < n_addresses; i++)
    {
      g_assert_cmpint (q_address_get_port (&addresses[i]), ==, the_case->port);
      if (the_case->family != AF_UNSPEC)
        g_assert_cmpint (addresses[i].sa.sa_family, ==, the_case->family);
    }
}

static void
test_real_reverse (void)
{
  char expected[NI_MAXHOST] = "";
  g_autoptr (QLookup) lookup = NULL;
  QAddress address;

  q_address_set_literal (&address, "127.0.0.1", 80);
  if (getnameinfo (&address.sa, address.length, expected, sizeof expected, NULL, 0,
                   NI_NAMEREQD) != 0)
    {
      g_test_skip ("127.0.0.1 has no name here");
      return;
    }

  lookup = q_lookup_new_reverse (&address, NULL);
  g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
  g_assert_cmpstr (q_lookup_get_name (lookup), ==, expected);
}

static gpointer
many_thread (gpointer data)
{
  for (int i = 0; i < 50; i++)
    {
      g_autoptr (QLookup) lookup = q_lookup_new ("localhost", "80", G_SOCKET_FAMILY_IPV4,
                                                 SOCK_STREAM, 0, NULL);
      const QAddress *addresses;
      guint n_addresses;

      /* A third of the lookups is given up at once. */
      if (i % 3 != 0)
        g_assert_cmpint (finish (lookup, &addresses, &n_addresses), ==, 0);
    }

  return NULL;
}

static void
test_many (void)
{
  guint before = test_count_fds ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("many", many_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  while (test_count_fds () > before)
    g_thread_yield ();
}

/* ---- a resolver of the test's own ---- */

static GMutex lock;
static sigset_t thread_signals;

static int
hang (const char             *host,
      const char             *service,
      const struct addrinfo  *hints,
      struct addrinfo       **result)
{
  pthread_sigmask (SIG_SETMASK, NULL, &thread_signals);
  g_mutex_lock (&lock);
  g_mutex_unlock (&lock);
  errno = EMLINK;

  return EAI_SYSTEM;
}

static int
hang_reverse (const struct sockaddr *address,
              socklen_t              length,
              char                  *host,
              socklen_t              host_size,
              char                  *service,
              socklen_t              service_size,
              int                    flags)
{
  g_mutex_lock (&lock);
  g_mutex_unlock (&lock);

  return EAI_NONAME;
}

typedef struct
{
  guint n_fds;
} Fixture;

/* Lookups hang until the lock is released. */
static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->n_fds = test_count_fds ();
  g_mutex_lock (&lock);
  q_resolver_set_functions (hang, freeaddrinfo);
  q_resolver_set_reverse_function (hang_reverse);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  while (test_count_fds () > fixture->n_fds)
    g_thread_yield ();
  q_resolver_set_functions (getaddrinfo, freeaddrinfo);
  q_resolver_set_reverse_function (getnameinfo);
}

static QLookup *
look_up (void)
{
  g_autoptr (GError) error = NULL;
  QLookup *lookup = q_lookup_new ("name", "80", G_SOCKET_FAMILY_INVALID, SOCK_STREAM, 0, &error);

  g_assert_no_error (error);

  return lookup;
}

static void
test_wait (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr (QLookup) lookup = look_up ();
  struct pollfd pollfd = { q_lookup_get_fd (lookup), POLLIN, 0 };
  const QAddress *addresses;
  guint n_addresses;
  gint64 start;

  g_assert_cmpint (fcntl (pollfd.fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);

  for (int timeout_ms = 0; timeout_ms <= 60; timeout_ms += 30)
    {
      start = g_get_monotonic_time ();
      g_assert_false (q_lookup_wait (lookup, g_get_monotonic_time () + timeout_ms * 1000));
      check_not_early (start, timeout_ms);
      g_assert_cmpint (poll (&pollfd, 1, 0), ==, 0);
    }

  g_mutex_unlock (&lock);
  g_assert_true (q_lookup_wait (lookup, G_MAXINT64));
  g_assert_cmpint (poll (&pollfd, 1, 0), ==, 1);

  /* The text is that of errno in the thread of the lookup. */
  errno = 0;
  g_assert_cmpint (q_lookup_get_addresses (lookup, &addresses, &n_addresses), ==, EAI_SYSTEM);
  g_assert_cmpstr (q_lookup_strerror (EAI_SYSTEM), ==, g_strerror (EMLINK));
  g_assert_cmpuint (n_addresses, ==, 0);
}

static void
on_alarm (int number)
{
}

/* Signals neither end a wait early nor make it late, and never reach the thread. */
static void
test_signals (Fixture       *fixture,
              gconstpointer  data)
{
  struct sigaction action = { .sa_handler = on_alarm };
  struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } };
  struct itimerval never = { { 0, 0 }, { 0, 0 } };
  g_autoptr (QLookup) lookup = NULL;
  sigset_t before;
  sigset_t after;
  gint64 start;

  pthread_sigmask (SIG_SETMASK, NULL, &before);
  lookup = look_up ();
  pthread_sigmask (SIG_SETMASK, NULL, &after);

  g_assert_no_errno (sigaction (SIGALRM, &action, NULL));
  g_assert_no_errno (setitimer (ITIMER_REAL, &every_ms, NULL));
  start = g_get_monotonic_time ();
  g_assert_false (q_lookup_wait (lookup, g_get_monotonic_time () + 100 * 1000));
  check_not_early (start, 100);
  g_assert_no_errno (setitimer (ITIMER_REAL, &never, NULL));

  g_mutex_unlock (&lock);
  g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
  for (int i = 1; i <= SIGSYS; i++)
    {
      g_assert_cmpint (sigismember (&before, i), ==, sigismember (&after, i));
      if (i != SIGKILL && i != SIGSTOP)
        g_assert_cmpint (sigismember (&thread_signals, i), ==, 1);
    }
}

static void
test_given_up (Fixture       *fixture,
               gconstpointer  data)
{
  QAddress address;

  q_address_set_literal (&address, "192.0.2.1", 0);
  for (int i = 0; i < 20; i++)
    {
      q_lookup_free (look_up ());
      q_lookup_free (q_lookup_new_reverse (&address, NULL));
    }
  g_mutex_unlock (&lock);
}

/* A cancel wakes the thread that waits, which may ask for the result at once. */
static gpointer
cancel_thread (gpointer data)
{
  test_wait_in_kernel (getpid ());
  q_lookup_cancel (data);

  return NULL;
}

static void
test_cancel (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr (QLookup) lookup = look_up ();
  g_autoptr (QLookup) reverse = NULL;
  const QAddress *addresses;
  guint n_addresses;
  QAddress address;
  GThread *thread;

  thread = start_thread (cancel_thread, lookup);
  g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
  g_assert_cmpint (q_lookup_get_addresses (lookup, &addresses, &n_addresses), ==, EAI_CANCELED);
  g_assert_cmpuint (n_addresses, ==, 0);
  g_thread_join (thread);

  q_address_set_literal (&address, "192.0.2.1", 0);
  reverse = q_lookup_new_reverse (&address, NULL);
  q_lookup_cancel (reverse);
  g_assert_true (q_lookup_wait (reverse, 0));
  g_assert_null (q_lookup_get_name (reverse));

  /* An answer that comes afterwards does not change the result. */
  g_mutex_unlock (&lock);
  g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
  g_assert_cmpint (q_lookup_get_addresses (lookup, &addresses, &n_addresses), ==, EAI_CANCELED);
}

static void
test_reverse (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr (QLookup) lookup = NULL;
  QAddress address;

  q_address_set_literal (&address, "192.0.2.1", 0);
  lookup = q_lookup_new_reverse (&address, NULL);
  g_assert_false (q_lookup_wait (lookup, 1000));
  g_mutex_unlock (&lock);
  g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
  g_assert_null (q_lookup_get_name (lookup));
}

/* The number of threads of lookups that were given up has a bound; when some end there is room. */
static void
test_too_many (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr (GPtrArray) lookups = g_ptr_array_new_with_free_func ((GDestroyNotify) q_lookup_free);
  GError *error = NULL;
  QLookup *lookup;
  QAddress address;

  for (;;)
    {
      lookup = q_lookup_new ("name", NULL, G_SOCKET_FAMILY_INVALID, SOCK_STREAM, 0, &error);
      if (lookup == NULL)
        break;
      g_ptr_array_add (lookups, lookup);
      g_assert_cmpuint (lookups->len, <, 1000);
    }
  test_assert_error (error, Q_SOCKET_ERROR_ADDRESS_LOOKUP);
  g_assert_cmpuint (lookups->len, >=, 64);

  /* A lookup that is given up keeps its thread. */
  g_ptr_array_set_size (lookups, 0);
  q_address_set_literal (&address, "192.0.2.1", 0);
  g_assert_null (q_lookup_new_reverse (&address, &error));
  test_assert_error (error, Q_SOCKET_ERROR_ADDRESS_LOOKUP);

  g_mutex_unlock (&lock);
  while (test_count_fds () > fixture->n_fds)
    g_thread_yield ();
  lookup = look_up ();
  g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
  q_lookup_free (lookup);
}

static void
test_no_descriptors (Fixture       *fixture,
                     gconstpointer  data)
{
  GError *error = NULL;
  QAddress address;
  struct rlimit old;
  struct rlimit low;

  q_address_set_literal (&address, "192.0.2.1", 0);
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &old));
  low = (struct rlimit) { 3, old.rlim_max };
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &low));
  g_assert_null (q_lookup_new ("name", NULL, G_SOCKET_FAMILY_INVALID, SOCK_STREAM, 0, &error));
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &old));
  g_assert_nonnull (strstr (error->message, g_strerror (EMFILE)));
  test_assert_error (error, Q_SOCKET_ERROR_ADDRESS_LOOKUP);

  /* The lookup that failed does not count as one under way. */
  g_mutex_unlock (&lock);
  for (int i = 0; i < 600; i++)
    {
      QLookup *lookup = look_up ();

      g_assert_true (q_lookup_wait (lookup, Q_DEADLINE_NEVER));
      q_lookup_free (lookup);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (real_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/resolver/system/",
                                           real_cases[i].name, NULL);

      g_test_add_data_func (path, &real_cases[i], test_real);
    }
  g_test_add_func ("/connection/resolver/system/reverse", test_real_reverse);
  g_test_add_func ("/connection/resolver/system/many", test_many);

#define ADD(name, function) \
  g_test_add ("/connection/resolver/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("wait", test_wait);
  ADD ("signals", test_signals);
  ADD ("given-up", test_given_up);
  ADD ("cancel", test_cancel);
  ADD ("reverse", test_reverse);
  ADD ("too-many", test_too_many);
  ADD ("no-descriptors", test_no_descriptors);

  return g_test_run ();
}
