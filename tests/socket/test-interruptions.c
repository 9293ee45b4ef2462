/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "child-cases.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Signals in the middle of system calls, and errors that the kernel was told to give. */

static void
ignore (int number)
{
}

static void
begin_storm (int flags)
{
  struct itimerval each_ms = { { 0, 1000 }, { 0, 1000 } };
  struct sigaction action = { .sa_handler = ignore, .sa_flags = flags };

  g_assert_no_errno (sigaction (SIGALRM, &action, NULL));
  g_assert_no_errno (setitimer (ITIMER_REAL, &each_ms, NULL));
}

static gpointer
talk_back (gpointer data)
{
  QSocket *sock = data;
  GError *error = NULL;
  GBytes *bytes;

  bytes = q_socket_recv_binary (sock, 3 << 20, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  q_socket_send_binary (sock, bytes, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_bytes_unref (bytes);

  return NULL;
}

static void
converse (TestKind      kind,
          GCancellable *cancellable)
{
  GError *error = NULL;
  QSocket *accepted;
  QSocket *sock = test_socket_pair (kind, &accepted);
  GThread *thread = g_thread_new ("peer", talk_back, accepted);
  g_autofree guint8 *sent = g_malloc (3 << 20);
  GBytes *bytes;
  gint64 start;

  for (guint i = 0; i < 3 << 20; i++)
    sent[i] = (guint8) (i * 2654435761u >> 24);
  g_assert_true (q_socket_send_data (sock, sent, 3 << 20, ENOUGH, cancellable, &error));
  g_assert_no_error (error);
  bytes = q_socket_recv_binary (sock, 3 << 20, ENOUGH, cancellable, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), sent, 3 << 20);
  g_bytes_unref (bytes);
  g_thread_join (thread);

  /* Twice, since the second one may sleep in another system call. */
  for (int i = 0; i < 2; i++)
    {
      start = g_get_monotonic_time ();
      g_assert_null (q_socket_recv (sock, 10, 110, cancellable, &error));
      test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
      assert_not_early (start, 110);
      start = g_get_monotonic_time ();
      g_assert_false (q_socket_is_data_available (sock, 60));
      assert_not_early (start, 60);
    }
  start = g_get_monotonic_time ();
  while (q_socket_send_data (sock, sent, 3 << 20, 110, cancellable, &error))
    start = g_get_monotonic_time ();
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  assert_not_early (start, 110);

  g_object_unref (sock);
  g_object_unref (accepted);
}

static void
storm (int flags)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  GError *error = NULL;
  gint64 start;

  begin_storm (flags);
  converse (TEST_TCP4, NULL);
  converse (TEST_TCP4, cancellable);
  converse (TEST_UNIX, NULL);
  start = g_get_monotonic_time ();
  g_assert_null (q_socket_accept (listener, 110, NULL, &error));
  g_assert_no_error (error);
  assert_not_early (start, 110);
}

static void
storm_that_interrupts (void)
{
  storm (0);
}

static void
storm_that_restarts (void)
{
  storm (SA_RESTART);
}

static void
no_sigpipe (void)
{
  struct sigaction action;
  GError *error = NULL;
  QSocket *sock;
  int fd;

  signal (SIGPIPE, SIG_DFL);
  for (TestKind kind = 0; kind < TEST_N_KINDS; kind++)
    {
      if (!test_kind_is_here (kind))
        continue;
      sock = test_pair (kind, &fd);
      close (fd);

      /* The first may still find no answer from the other side. */
      while (q_socket_send (sock, "hello?", ENOUGH, NULL, &error))
        continue;
      test_assert_error (error, Q_SOCKET_ERROR_SEND);
      g_assert_false (q_socket_send_i8 (sock, 1, -1, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_SEND);
      g_assert_false (q_socket_send_http_message (sock, "GET", "/", "1.1", NULL, NULL, -1, NULL,
                                                  &error));
      test_assert_error (error, Q_SOCKET_ERROR_SEND);
      g_assert_true (q_socket_is_open (sock));

      q_socket_cork (sock);
      g_assert_true (q_socket_send (sock, "gathered", -1, NULL, &error));
      g_assert_no_error (error);
      g_assert_false (q_socket_uncork (sock, -1, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_SEND);
      q_socket_cork (sock);
      q_socket_send (sock, "gathered", -1, NULL, NULL);
      g_assert_true (q_socket_close (sock, &error));
      g_object_unref (sock);
    }

  /* The process's own affair. */
  g_assert_no_errno (sigaction (SIGPIPE, NULL, &action));
  g_assert_true (action.sa_handler == SIG_DFL);
}

static void
large_numbers (void)
{
  struct rlimit limit;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  if (limit.rlim_max < 3000)
    return;
  recover ();
  for (int i = 0; i < 2000; i++)
    g_assert_cmpint (open ("/dev/null", O_RDONLY | O_CLOEXEC), >=, 0);

  converse (TEST_TCP4, NULL);
}

/* ---- errors that the kernel was told to give ---- */

static void
accept_one (void)
{
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) accepted = NULL;
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  GError *error = NULL;

  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, NULL));
  accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (accepted);
}

static void
accept_after_error (void)
{
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) accepted = NULL;
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  GError *error = NULL;

  g_assert_true (q_socket_connect (client, target, ENOUGH, NULL, NULL));
  g_assert_null (q_socket_accept (listener, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_ACCEPT);
  accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (accepted);
}

static void
read_and_write (void)
{
  converse (TEST_TCP4, NULL);
}

static const ChildCase children[] = {
  { "interruptions", "signals/interrupt", storm_that_interrupts, NULL },
  { "interruptions", "signals/restart", storm_that_restarts, NULL },
  { "interruptions", "signals/pipe", no_sigpipe, NULL },
  { "interruptions", "descriptors/large", large_numbers, NULL },
  { "interruptions", "inject/accept-aborted", accept_one, "accept4:error=ECONNABORTED:when=1..3" },
  { "interruptions", "inject/accept-interrupted", accept_one, "accept4:error=EINTR:when=1..3" },
  { "interruptions", "inject/accept-emfile", accept_after_error, "accept4:error=EMFILE:when=1..2" },
  { "interruptions", "inject/accept-enobufs", accept_after_error, "accept4:error=ENOBUFS:when=1" },
  { "interruptions", "inject/recv", read_and_write, "recvfrom:error=EINTR:when=1+2" },
  { "interruptions", "inject/send", read_and_write, "sendto:error=EINTR:when=1+2" },
  { "interruptions", "inject/poll", read_and_write, "ppoll:error=EINTR:when=1+2" },
};

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_children (children, G_N_ELEMENTS (children));

  return g_test_run ();
}
