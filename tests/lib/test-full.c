/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-full.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "test-peer.h"

/* Twice as large as the largest packet of the loopback device: with less, TCP waits for its own
 * timers between packets. */
#define BUFFER_SIZE (128 * 1024)

/* How long the kernel has to refuse. TCP asks an end without room again after 200 ms, and the
 * answer may be that there is room; that must have happened. With others, to write is to
 * arrive, and what is refused once is refused until somebody reads. */
#define REFUSED_US (300 * 1000)
#define ROUND_MS 20
#define MIN_REFUSALS 3

/* How long bytes may be under way without arriving until they count as refused: the receiving
 * kernel may drop what it has no room for, and then they arrive only when somebody reads. */
#define STALLED_US (5 * G_USEC_PER_SEC)

void
test_fix_buffers (int fd)
{
  int size = BUFFER_SIZE;

  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
}

/* Sends without waiting; returns how many bytes were taken. */
typedef gsize (*SendSome) (gpointer      target,
                           const guint8 *bytes,
                           gsize         length);

/* Whether the kernel that has refused for @refused_us may still take something. */
static gboolean
may_have_room (int    fd,
               gint64 refused_us)
{
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;

  if (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
    return FALSE;

  return refused_us < (info.tcpi_unacked > 0 ? STALLED_US : REFUSED_US);
}

static gsize
fill (int           fd,
      SendSome      send_some,
      gpointer      target,
      const guint8 *bytes,
      gsize         length)
{
  gint64 since = g_get_monotonic_time ();
  guint n_refusals = 0;
  gsize done = 0;

  do
    {
      struct pollfd pollfd = { .fd = fd, .events = POLLOUT };
      gsize n = send_some (target, bytes + done, length - done);

      done += n;
      g_assert_cmpuint (done, <, length);
      if (n > 0)
        {
          since = g_get_monotonic_time ();
          n_refusals = 0;
        }
      else
        {
          poll (&pollfd, 1, ROUND_MS);
          n_refusals++;
        }
    }
  while (n_refusals < MIN_REFUSALS || may_have_room (fd, g_get_monotonic_time () - since));

  return done;
}

static gsize
send_to_fd (gpointer      target,
            const guint8 *bytes,
            gsize         length)
{
  gssize n = send (GPOINTER_TO_INT (target), bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

  if (n < 0)
    g_assert_cmpint (errno, ==, EAGAIN);

  return (gsize) MAX (n, 0);
}

gsize
test_fill_fd (int           fd,
              const guint8 *bytes,
              gsize         length)
{
  return fill (fd, send_to_fd, GINT_TO_POINTER (fd), bytes, length);
}

static gsize
send_to_socket (gpointer      target,
                const guint8 *bytes,
                gsize         length)
{
  QSocket *sock = target;
  guint64 before = q_socket_get_bytes_sent (sock);
  GError *error = NULL;

  g_assert_false (q_socket_send_data (sock, bytes, length, 0, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);

  return (gsize) (q_socket_get_bytes_sent (sock) - before);
}

gsize
test_fill_kernel (QSocket      *sock,
                  const guint8 *bytes,
                  gsize         length)
{
  return fill (q_socket_get_socket (sock), send_to_socket, sock, bytes, length);
}
