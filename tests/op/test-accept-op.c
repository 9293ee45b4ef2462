/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "links.h"
#include "q-accept-op-private.h"

#include <sys/resource.h>

static void
test_accept (void)
{
  static const int timeouts[] = { 0, 30, 110, 110 };
  QAddress address;
  QChannel *channel = make_listener (&address);
  g_autoptr (GError) error = NULL;
  QAcceptOp op;

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      gint64 start = g_get_monotonic_time ();

      q_accept_op_init (&op, "accept", channel, &no_sink);
      g_assert_true (q_op_run (&op.parent, timeouts[i], NULL, &error));
      g_assert_cmpint (op.fd, ==, -1);
      check_not_early (start, timeouts[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

      g_assert_no_errno (connect (fd, &address.sa, address.length));
      q_accept_op_init (&op, "accept", channel, &no_sink);
      g_assert_true (q_op_run (&op.parent, timeouts[i] != 0 ? ENOUGH : 0, NULL, &error));
      g_assert_cmpint (op.fd, >=, 0);
      g_assert_cmpint (q_address_get_family (&op.peer), ==, G_SOCKET_FAMILY_IPV4);
      close (op.fd);
      close (fd);
    }

  q_channel_unref (channel);
}

static gpointer
close_listener_thread (gpointer data)
{
  test_wait_in_kernel (getpid ());
  q_channel_close (data);

  return NULL;
}

static void
test_accept_closed (void)
{
  QAddress address;
  QChannel *channel = make_listener (&address);
  GThread *thread = start_thread (close_listener_thread, channel);
  g_autoptr (GError) error = NULL;
  QAcceptOp op;

  g_assert_true (q_channel_enter (channel));
  q_accept_op_init (&op, "accept", channel, &no_sink);
  g_assert_false (q_op_run (&op.parent, -1, NULL, &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
  g_assert_cmpint (op.fd, ==, -1);
  g_thread_join (thread);
  q_channel_leave (channel);
  q_channel_unref (channel);
}

/* The call fails if a client waits and no descriptor is free. The next one accepts that client when
 * one is. */
static void
test_accept_without_descriptors (void)
{
  QAddress address;
  QChannel *channel = make_listener (&address);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (GError) error = NULL;
  struct rlimit old;
  struct rlimit low;
  QAcceptOp op;

  g_assert_no_errno (connect (fd, &address.sa, address.length));
  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &old));
  low = (struct rlimit) { 3, old.rlim_max };

  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &low));
  q_accept_op_init (&op, "accept", channel, &no_sink);
  g_assert_false (q_op_run (&op.parent, ENOUGH, NULL, &error));
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &old));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ACCEPT);
  g_assert_cmpint (op.fd, ==, -1);
  g_clear_error (&error);

  q_accept_op_init (&op, "accept", channel, &no_sink);
  g_assert_true (q_op_run (&op.parent, ENOUGH, NULL, &error));
  g_assert_cmpint (op.fd, >=, 0);

  close (op.fd);
  close (fd);
  q_channel_unref (channel);
}

/* If no client waits it is no error that no descriptor is free. As the cancellable gets none to
 * poll, the call has to ask it again and again. */
static void
test_quiet_without_descriptors (void)
{
  QAddress address;
  QChannel *channel = make_listener (&address);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  gint64 start;
  struct rlimit old;
  struct rlimit low;
  QAcceptOp op;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &old));
  low = (struct rlimit) { 3, old.rlim_max };

  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &low));
  start = g_get_monotonic_time ();
  q_accept_op_init (&op, "accept", channel, &no_sink);
  q_op_run (&op.parent, 100, cancellable, &error);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &old));
  g_assert_no_error (error);
  g_assert_cmpint (op.fd, ==, -1);
  check_not_early (start, 100);

  q_channel_unref (channel);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/op/accept-op/deadline", test_accept);
  g_test_add_func ("/op/accept-op/closed", test_accept_closed);
  g_test_add_func ("/op/accept-op/no-descriptors", test_accept_without_descriptors);
  g_test_add_func ("/op/accept-op/no-descriptors-quiet", test_quiet_without_descriptors);

  return g_test_run ();
}
