/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-peer.h"
#include "test-resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What takes a network of a certain shape. Each case has one of its own, in a
 * subprocess, with nothing in it but a loopback device. */

static void
write_setting (const char *path,
               const char *value)
{
  FILE *file = fopen (path, "w");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (value, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
raise_loopback (void)
{
  struct ifreq lo = { .ifr_name = "lo" };
  int fd = socket (AF_INET, SOCK_DGRAM, 0);

  g_assert_no_errno (ioctl (fd, SIOCGIFFLAGS, &lo));
  lo.ifr_flags |= IFF_UP;
  g_assert_no_errno (ioctl (fd, SIOCSIFFLAGS, &lo));
  close (fd);
}

/* The kernel first makes sure that nobody else has a new address. */
static gboolean
can_be_used (const char *digits)
{
  g_autofree char *list = NULL;
  const char *line;
  guint flags;

  g_assert_true (g_file_get_contents ("/proc/thread-self/net/if_inet6", &list, NULL, NULL));
  line = strstr (list, digits);
  if (line == NULL || sscanf (line, "%*s %*s %*s %*s %x", &flags) != 1)
    return FALSE;

  return (flags & IFA_F_TENTATIVE) == 0;
}

static void
add_link_local (void)
{
  struct
  {
    struct in6_addr address;
    guint32 prefix;
    int index;
  } request = { .prefix = 64 };
  int fd = socket (AF_INET6, SOCK_DGRAM, 0);

  inet_pton (AF_INET6, "fe80::1", &request.address);
  request.index = (int) if_nametoindex ("lo");
  g_assert_no_errno (ioctl (fd, SIOCSIFADDR, &request));
  close (fd);

  while (!can_be_used ("fe800000000000000000000000000001"))
    g_thread_yield ();
}

static char *
make_target (const char *host,
             QSocket    *listener)
{
  return g_strdup_printf ("%s:%d", host, q_socket_get_port (listener));
}

static void
assert_connects (const char *target)
{
  g_autoptr (QSocket) client = q_socket_new ();
  GError *error = NULL;

  q_socket_connect (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}

static void
assert_connect_fails (const char *target,
                      int         system_error)
{
  g_autoptr (QSocket) client = q_socket_new ();
  GError *error = NULL;

  g_assert_false (q_socket_connect (client, target, ENOUGH, NULL, &error));
  g_assert_true (g_str_has_suffix (error->message, g_strerror (system_error)));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
  g_assert_false (q_socket_is_open (client));
}

/* ---- cases ---- */

/* An address that counts on one device only; the documented texts leave that out. */
static void
scope (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (GVariant) info = NULL;
  g_autofree char *target = NULL;
  g_autofree char *wrong = NULL;
  const char *address;
  const char *desc;
  GError *error = NULL;

  add_link_local ();
  g_assert_true (q_socket_bind (listener, "[fe80::1%lo]:0", FALSE, &error));
  g_assert_true (q_socket_listen (listener, 0, &error));
  target = make_target ("[fe80::1%lo]", listener);
  wrong = make_target ("[fe80::1%no-such]", listener);
  q_socket_connect (client, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  q_socket_set_lookup_hostnames (client, FALSE);
  info = q_socket_get_peer_info (client, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (info, "address", "&s", &address));
  g_assert_cmpstr (address, ==, "fe80::1");
  g_assert_true (g_variant_lookup (info, "address_desc", "&s", &desc));
  g_assert_cmpstr (desc, ==, "ipv6[fe80::1]");

  g_assert_false (q_socket_connect (client, wrong, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
}

static void
unreachable (void)
{
  static const char * const both[] = { "2001:db8::1", "192.0.2.1", NULL };
  static const char * const one_refuses[] = { "127.0.0.1", "192.0.2.1", "2001:db8::1", NULL };
  g_autoptr (QSocket) bound = q_socket_new ();
  g_autofree char *name = NULL;

  assert_connect_fails ("192.0.2.1:80", ENETUNREACH);
  assert_connect_fails ("[2001:db8::1]:80", ENETUNREACH);
  test_resolver_answer (both, 0);
  assert_connect_fails ("name.example:80", ENETUNREACH);

  /* That somebody refused says more than that there was no way to others. */
  g_assert_true (q_socket_bind (bound, "127.0.0.1:0", FALSE, NULL));
  name = make_target ("name.example", bound);
  test_resolver_answer (one_refuses, 0);
  assert_connect_fails (name, ECONNREFUSED);
  test_resolver_restore ();
}

/* With two ports to choose from the kernel connects a socket to itself soon. */
static void
self_connect (void)
{
  write_setting ("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001");
  for (int i = 0; i < 50; i++)
    {
      assert_connect_fails ("127.0.0.1:40000", ECONNREFUSED);
      assert_connect_fails ("127.0.0.1:40001", ECONNREFUSED);
      assert_connect_fails ("[::1]:40000", ECONNREFUSED);
      assert_connect_fails ("localhost:40001", ECONNREFUSED);
    }
}

/* No port is left for this side. */
static void
no_port (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) first = q_socket_new ();
  g_autoptr (QSocket) second = q_socket_new ();
  GError *error = NULL;

  g_assert_true (q_socket_bind_port (listener, 30000, FALSE, &error));
  g_assert_true (q_socket_listen (listener, 0, &error));
  write_setting ("/proc/sys/net/ipv4/ip_local_port_range", "40000 40001");
  g_assert_true (q_socket_bind_port (first, 40000, FALSE, &error));
  g_assert_true (q_socket_bind_port (second, 40001, FALSE, &error));
  g_assert_no_error (error);
  assert_connect_fails ("127.0.0.1:30000", EADDRNOTAVAIL);

  q_socket_close (listener, NULL);
  g_assert_false (q_socket_bind_port (listener, 0, FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  g_assert_false (q_socket_bind (listener, "127.0.0.1:0", TRUE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
}

/* The kernel knows IPv6, but no device has it. */
static void
no_ipv6 (void)
{
  static const char * const addresses[] = { "::1", "127.0.0.1", NULL };
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) unused = q_socket_new ();
  g_autofree char *literal = NULL;
  g_autofree char *name = NULL;
  GError *error = NULL;

  write_setting ("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
  q_socket_bind_port (listener, 0, FALSE, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_listen (listener, 0, &error));
  literal = make_target ("127.0.0.1", listener);
  name = make_target ("name.example", listener);
  assert_connects (literal);

  test_resolver_answer (addresses, 0);
  assert_connects (name);
  q_socket_bind (unused, "name.example:0", FALSE, &error);
  g_assert_no_error (error);
  test_resolver_restore ();

  g_assert_false (q_socket_bind (unused, "[::1]:0", FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_BIND);
  g_assert_false (q_socket_is_open (unused));
}

/* Where a wildcard is for one family unless the program says otherwise. */
static void
bindv6only (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autofree char *v4 = NULL;
  g_autofree char *v6 = NULL;
  GError *error = NULL;

  write_setting ("/proc/sys/net/ipv6/bindv6only", "1");
  g_assert_true (q_socket_bind_port (listener, 0, FALSE, &error));
  g_assert_true (q_socket_listen (listener, 0, &error));
  v4 = make_target ("127.0.0.1", listener);
  v6 = make_target ("[::1]", listener);
  assert_connects (v4);
  assert_connects (v6);
}

/* Not even a loopback device that is up. */
static void
nothing (void)
{
  g_autoptr (QSocket) listener = q_socket_new ();

  g_assert_true (q_socket_bind_port (listener, 0, FALSE, NULL));
  assert_connect_fails ("127.0.0.1:80", ENETUNREACH);
}

static const struct
{
  const char *name;
  void (*run) (void);
  gboolean has_nothing;
} cases[] = {
  { "scope", scope },
  { "unreachable", unreachable },
  { "self-connect", self_connect },
  { "no-port", no_port },
  { "no-ipv6", no_ipv6 },
  { "bindv6only", bindv6only },
  { "nothing", nothing, TRUE },
};

static void
test_case (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  if (g_test_subprocess ())
    {
      g_assert_no_errno (unshare (CLONE_NEWNET));
      if (!cases[i].has_nothing)
        raise_loopback ();
      cases[i].run ();
      return;
    }

  if (!test_kind_is_here (TEST_TCP6))
    {
      g_test_skip ("no IPv6");
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* Whether this process may have networks of its own at all. */
static gboolean
may_unshare (void)
{
  int status;
  pid_t child = fork ();

  if (child == 0)
    _exit (unshare (CLONE_NEWNET) == 0 ? 0 : 1);

  return child > 0 && waitpid (child, &status, 0) == child && status == 0;
}

static void
test_skipped (void)
{
  g_test_skip ("needs networks of its own");
}

int
main (int    argc,
      char **argv)
{
  gboolean may;

  g_test_init (&argc, &argv, NULL);
  may = may_unshare ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/network/%s", cases[i].name);

      if (may)
        g_test_add_data_func (path, GUINT_TO_POINTER (i), test_case);
      else
        g_test_add_func (path, test_skipped);
    }

  return g_test_run ();
}
