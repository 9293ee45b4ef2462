/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "q-plain-transport-private.h"

/* A transport at one end of a pair of sockets, with nothing to read; calls that are asked
 * to sleep must not need to, since there is nothing that would wake them. */
typedef struct
{
  QPlainTransport plain;
  QTransport *transport;
  int peer;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
  q_plain_transport_init (&fixture->plain, fds[0], TRUE, TRUE);
  fixture->transport = &fixture->plain.parent;
  fixture->peer = fds[1];
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  close (fixture->plain.fd);
  if (fixture->peer >= 0)
    close (fixture->peer);
}

static gssize
read_some (Fixture   *fixture,
           char      *buffer,
           gsize      length,
           gboolean   whole,
           QDeadline *sleep_limit)
{
  return fixture->transport->klass->read (fixture->transport, buffer, length, whole, sleep_limit);
}

static gssize
write_text (Fixture    *fixture,
            const char *text,
            QDeadline  *sleep_limit)
{
  const struct iovec vectors[] = { { (char *) text, 1 }, { (char *) text + 1, strlen (text) - 1 } };

  return fixture->transport->klass->write (fixture->transport, vectors, 2, sleep_limit);
}

static void
send_text (Fixture    *fixture,
           const char *text)
{
  g_assert_cmpint (send (fixture->peer, text, strlen (text), MSG_NOSIGNAL), ==, strlen (text));
}

static gboolean
is_nonblocking (Fixture *fixture)
{
  return (fcntl (fixture->plain.fd, F_GETFL) & O_NONBLOCK) != 0;
}

/* The timeout that the kernel has for @option, in milliseconds. */
static int
get_kernel_timeout (Fixture *fixture,
                    int      option)
{
  struct timeval time = { 0, 0 };
  socklen_t size = sizeof time;

  g_assert_no_errno (getsockopt (fixture->plain.fd, SOL_SOCKET, option, &time, &size));

  return (int) (time.tv_sec * 1000 + time.tv_usec / 1000);
}

static void
test_results (Fixture       *fixture,
              gconstpointer  data)
{
  char buffer[8];

  g_assert_cmpint (read_some (fixture, buffer, sizeof buffer, FALSE, NULL), ==, -EAGAIN);
  send_text (fixture, "abc");
  g_assert_cmpint (read_some (fixture, buffer, 2, FALSE, NULL), ==, 2);
  g_assert_cmpint (read_some (fixture, buffer + 2, sizeof buffer - 2, TRUE, NULL), ==, 1);
  g_assert_cmpmem (buffer, 3, "abc", 3);

  g_assert_cmpint (write_text (fixture, "defg", NULL), ==, 4);
  g_assert_cmpint (recv (fixture->peer, buffer, sizeof buffer, 0), ==, 4);
  g_assert_cmpmem (buffer, 4, "defg", 4);

  close (fixture->peer);
  fixture->peer = -1;
  g_assert_cmpint (read_some (fixture, buffer, sizeof buffer, FALSE, NULL), ==, 0);
  g_assert_cmpint (write_text (fixture, "xy", NULL), ==, -EPIPE);
}

/* It has no more than a kernel's socket has. */
static void
test_defaults (Fixture       *fixture,
               gconstpointer  data)
{
  g_assert_cmpint (q_transport_flush (fixture->transport, NULL), ==, 0);
  g_assert_false (q_transport_has_unsent (fixture->transport));
  g_assert_false (q_transport_may_have_data (fixture->transport));
  g_assert_null (q_transport_get_error (fixture->transport, FALSE));
  g_assert_null (q_transport_get_error (fixture->transport, TRUE));
  q_transport_send_close_notify (fixture->transport);
  g_assert_cmpint (write_text (fixture, "xy", NULL), ==, 2);
  g_assert_false (fixture->transport->klass->is_secure);
  g_assert_false (fixture->transport->klass->is_tls_session);
}

static void
test_wait (Fixture       *fixture,
           gconstpointer  data)
{
  struct pollfd pollfd;

  fixture->transport->klass->wait (fixture->transport, POLLIN, &pollfd);
  g_assert_cmpint (pollfd.fd, ==, fixture->plain.fd);
  g_assert_cmpint (pollfd.events, ==, POLLIN);
  g_assert_true (fixture->plain.read_waited);
  g_assert_false (fixture->plain.write_waited);
  fixture->transport->klass->wait (fixture->transport, POLLOUT, &pollfd);
  g_assert_cmpint (pollfd.events, ==, POLLOUT);
  g_assert_true (fixture->plain.write_waited);
}

/* Without an end in sight a call sleeps, so the descriptor must block; but only our own may
 * be made so. */
static void
test_blocking (Fixture       *fixture,
               gconstpointer  data)
{
  QDeadline never = q_deadline_new (-1);
  char buffer[8];

  g_assert_cmpint (read_some (fixture, buffer, sizeof buffer, FALSE, NULL), ==, -EAGAIN);
  g_assert_true (is_nonblocking (fixture));

  fixture->plain.is_ours = FALSE;
  g_assert_cmpint (read_some (fixture, buffer, sizeof buffer, FALSE, &never), ==, -EAGAIN);
  g_assert_true (is_nonblocking (fixture));

  fixture->plain.is_ours = TRUE;
  send_text (fixture, "abc");
  g_assert_cmpint (read_some (fixture, buffer, 3, TRUE, &never), ==, 3);
  g_assert_false (is_nonblocking (fixture));
  g_assert_false (fixture->plain.nonblocking);

  /* A call that must not sleep does not, whatever the descriptor does. */
  g_assert_cmpint (read_some (fixture, buffer, sizeof buffer, FALSE, NULL), ==, -EAGAIN);
}

static void
test_kernel_timeout (Fixture       *fixture,
                     gconstpointer  data)
{
  QDeadline hour = q_deadline_new (3600 * 1000);
  QDeadline soon = q_deadline_new (99);
  QDeadline never = q_deadline_new (-1);
  struct pollfd pollfd;
  char buffer[8];
  int timeout_ms;

  /* Nothing waited before, so it is not worth a system call. */
  send_text (fixture, "abcdefgh");
  g_assert_cmpint (read_some (fixture, buffer, 1, FALSE, &hour), ==, 1);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_RCVTIMEO), ==, 0);

  /* Of a socket that others may share the timeout is not set. */
  fixture->transport->klass->wait (fixture->transport, POLLIN, &pollfd);
  fixture->plain.is_ours = FALSE;
  g_assert_cmpint (read_some (fixture, buffer, 1, FALSE, &hour), ==, 1);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_RCVTIMEO), ==, 0);
  fixture->plain.is_ours = TRUE;

  /* Nor one that is too short. */
  g_assert_cmpint (read_some (fixture, buffer, 1, FALSE, &soon), ==, 1);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_RCVTIMEO), ==, 0);

  /* An eighth later than its timeout, the kernel is still early enough. */
  g_assert_cmpint (read_some (fixture, buffer, 1, FALSE, &hour), ==, 1);
  timeout_ms = get_kernel_timeout (fixture, SO_RCVTIMEO);
  g_assert_cmpint (timeout_ms, >, 1800 * 1000);
  g_assert_cmpint (timeout_ms / 8 * 9, <, 3600 * 1000);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_SNDTIMEO), ==, 0);

  fixture->transport->klass->wait (fixture->transport, POLLOUT, &pollfd);
  g_assert_cmpint (write_text (fixture, "xy", &hour), ==, 2);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_SNDTIMEO), ==, timeout_ms);

  /* It goes again with a call that has no timeout, and with a new owner. */
  g_assert_cmpint (read_some (fixture, buffer, 1, FALSE, &never), ==, 1);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_RCVTIMEO), ==, 0);
  q_plain_transport_restore (&fixture->plain);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_SNDTIMEO), ==, 0);
}

/* Where the kernel's timeout for writing is none for the whole write it is not used. */
static void
test_by_piece (Fixture       *fixture,
               gconstpointer  data)
{
  QDeadline hour = q_deadline_new (3600 * 1000);
  struct pollfd pollfd;

  fixture->plain.writes_by_piece = TRUE;
  fixture->transport->klass->wait (fixture->transport, POLLOUT, &pollfd);
  g_assert_cmpint (write_text (fixture, "xy", &hour), ==, 2);
  g_assert_cmpint (get_kernel_timeout (fixture, SO_SNDTIMEO), ==, 0);
  g_assert_true (is_nonblocking (fixture));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) \
  g_test_add ("/transport/plain/" name, Fixture, NULL, set_up, function, tear_down)

  ADD ("results", test_results);
  ADD ("defaults", test_defaults);
  ADD ("wait", test_wait);
  ADD ("blocking", test_blocking);
  ADD ("kernel-timeout", test_kernel_timeout);
  ADD ("by-piece", test_by_piece);

  return g_test_run ();
}
