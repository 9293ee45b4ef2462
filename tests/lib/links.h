/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <netinet/tcp.h>
#include <signal.h>
#include <unistd.h>

#include "q-op-run-private.h"
#include "q-recv-op-private.h"
#include "test-peer.h"

/* Channels over connections of the kernel, whose other end the test holds. */

static const QSink no_sink = { NULL };

/* ---- connections ---- */

typedef struct
{
  QChannel *channel;
  int peer;
} Link;

static inline void
make_tcp_pair (int fds[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_no_errno (bind (listener, (struct sockaddr *) &address, length));
  g_assert_no_errno (listen (listener, 1));
  g_assert_no_errno (getsockname (listener, (struct sockaddr *) &address, &length));
  fds[0] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_no_errno (connect (fds[0], (struct sockaddr *) &address, length));
  fds[1] = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  g_assert_cmpint (fds[1], >=, 0);
  g_assert_no_errno (setsockopt (fds[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  close (listener);
}

static inline void
link_open (Link     *self,
           TestKind  kind)
{
  int fds[2];

  if (kind == TEST_UNIX)
    g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  else
    make_tcp_pair (fds);

  self->channel = q_channel_new (fds[0], Q_CHANNEL_CLIENT,
                                 kind == TEST_UNIX ? G_SOCKET_FAMILY_UNIX : G_SOCKET_FAMILY_IPV4,
                                 SOCK_STREAM, FALSE, TRUE);
  self->peer = fds[1];
}

static inline void
link_close (Link *self)
{
  q_channel_unref (self->channel);
  close (self->peer);
}

/* Reads @size bytes into nowhere, and keeps what came in the buffer if it fails. */
static inline gboolean
run_read (Link          *self,
          gssize         size,
          int            timeout_ms,
          GCancellable  *cancellable,
          GError       **error)
{
  gboolean ok;
  QRecvOp op;

  q_recv_op_init (&op, "read from", self->channel, &no_sink, Q_RECV_TO_BYTES, size, 0);
  ok = q_op_run (&op.parent, timeout_ms, cancellable, error);
  g_clear_pointer (&op.bytes, g_bytes_unref);

  return ok;
}

static inline QChannel *
make_listener (QAddress *address)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  QChannel *channel = q_channel_new (fd, Q_CHANNEL_LISTENING, G_SOCKET_FAMILY_IPV4, SOCK_STREAM,
                                     TRUE, TRUE);

  q_address_set_literal (address, "127.0.0.1", 0);
  g_assert_no_errno (bind (fd, &address->sa, address->length));
  g_assert_no_errno (listen (fd, 8));
  g_assert_true (q_channel_get_local_address (channel, address));

  return channel;
}

/* Asserts that what began at @start took @timeout_ms at least. How much longer it may take is for
 * the suite "timing" to say. */
static inline void
check_not_early (gint64 start,
                 int    timeout_ms)
{
  g_assert_cmpint (g_get_monotonic_time () - start, >=, (gint64) timeout_ms * 1000);
}

/* A thread that none of this program's signals reach. */
static inline GThread *
start_thread (GThreadFunc function,
              gpointer    data)
{
  sigset_t all;
  sigset_t before;
  GThread *thread;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  thread = g_thread_new ("peer", function, data);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  return thread;
}
