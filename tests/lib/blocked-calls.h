/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-feed.h"
#include "test-resolver.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A call that is blocked in a thread of its own, as the argument of what ends it: what it is made
 * on, which call it is, and what becomes of it. */

typedef struct _Victim Victim;

struct _Victim
{
  QSocket *sock;
  int peer_fd;
  char *target;
  char *dir;
  int timeout_ms;
  GCancellable *cancellable;
  void (*call) (Victim *victim);

  gboolean is_async;
  GError *error;
};

static inline GBytes *
megabytes (void)
{
  return g_bytes_new_take (g_malloc0 (TEST_OVERFLOW), TEST_OVERFLOW);
}

static inline void
call_recv (Victim *v)
{
  g_assert_null (q_socket_recv (v->sock, 0, v->timeout_ms, v->cancellable, &v->error));
}

static inline void
call_recv_exact (Victim *v)
{
  g_assert_null (q_socket_recv_binary (v->sock, 100, v->timeout_ms, v->cancellable, &v->error));
}

static inline void
call_recv_large (Victim *v)
{
  g_assert_null (q_socket_recv_binary (v->sock, 1 << 20, v->timeout_ms, v->cancellable,
                                       &v->error));
}

/* The end of the stream is no error for these, but a close of this side is. */
static inline void
call_recv_to_end (Victim *v)
{
  GBytes *bytes = q_socket_recv_binary (v->sock, -1, v->timeout_ms, v->cancellable, &v->error);

  g_clear_pointer (&bytes, g_bytes_unref);
}

static inline void
call_recv_into (Victim *v)
{
  guint8 buffer[16];

  q_socket_recv_into (v->sock, buffer, 1, sizeof buffer, v->timeout_ms, v->cancellable,
                      &v->error);
}

static inline void
call_recv_i4 (Victim *v)
{
  g_assert_cmpint (q_socket_recv_i4 (v->sock, v->timeout_ms, v->cancellable, &v->error), ==, 0);
}

static inline void
call_read_http_header (Victim *v)
{
  g_assert_null (q_socket_read_http_header (v->sock, v->timeout_ms, v->cancellable, &v->error));
}

static inline void
call_is_data_available (Victim *v)
{
  q_socket_is_data_available (v->sock, v->timeout_ms);
}

static inline void
call_is_write_finished (Victim *v)
{
  g_assert_false (q_socket_is_write_finished (v->sock, v->timeout_ms));
}

static inline void
call_send (Victim *v)
{
  g_autoptr (GBytes) bytes = megabytes ();

  g_assert_false (q_socket_send_binary (v->sock, bytes, v->timeout_ms, v->cancellable,
                                        &v->error));
}

/* Message by message until the peer's queue is full. */
static inline void
call_send_messages (Victim *v)
{
  while (q_socket_send (v->sock, "message", v->timeout_ms, v->cancellable, &v->error))
    continue;
}

static inline void
call_accept (Victim *v)
{
  g_assert_null (q_socket_accept (v->sock, v->timeout_ms, v->cancellable, &v->error));
}

static inline void
call_connect (Victim *v)
{
  g_assert_false (q_socket_connect (v->sock, v->target, v->timeout_ms, v->cancellable,
                                    &v->error));
}

static inline void
recv_async_done (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  Victim *v = user_data;

  g_assert_null (q_socket_recv_binary_finish (v->sock, result, &v->error));
  v->is_async = FALSE;
}

static inline void
call_recv_async (Victim *v)
{
  GMainContext *context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  v->is_async = TRUE;
  q_socket_recv_binary_async (v->sock, 100, v->timeout_ms, G_PRIORITY_DEFAULT, v->cancellable,
                              recv_async_done, v);
  while (v->is_async)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

/* What the kernel takes of these has a limit that does not grow. */
static inline void
open_kind (Victim   *v,
           TestKind  kind)
{
  v->sock = test_pair (kind, &v->peer_fd);
  test_fix_buffers (q_socket_get_socket (v->sock));
  test_fix_buffers (v->peer_fd);
}

static inline void
open_pair (Victim *v)
{
  open_kind (v, TEST_TCP4);
}

static inline void
open_unix_pair (Victim *v)
{
  open_kind (v, TEST_UNIX);
}

/* So that the next call finds that the one before had to wait. */
static inline void
open_waited_pair (Victim *v)
{
  GError *error = NULL;
  g_autoptr (GBytes) bytes = megabytes ();

  open_pair (v);
  g_assert_null (q_socket_recv (v->sock, 1, 1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  if (v->call != call_send)
    return;
  q_socket_send_binary (v->sock, bytes, 1, NULL, &error);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
}

static inline void
open_full_pair (Victim *v)
{
  g_autoptr (GBytes) bytes = megabytes ();

  open_pair (v);
  test_fill_kernel (v->sock, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static inline void
open_type (Victim *v,
           int     type)
{
  GError *error = NULL;
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, type | SOCK_CLOEXEC, 0, fds));
  v->sock = q_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  v->peer_fd = fds[1];
}

static inline void
open_unix_datagram (Victim *v)
{
  open_type (v, SOCK_DGRAM);
}

/* The peer is a socket with a path, which never reads. */
static inline void
open_unix_datagram_client (Victim *v)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  v->dir = test_make_dir ();
  v->target = g_build_filename (v->dir, "socket", NULL);
  v->peer_fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_strlcpy (address.sun_path, v->target, sizeof address.sun_path);
  g_assert_no_errno (bind (v->peer_fd, (struct sockaddr *) &address, sizeof address));
  v->sock = q_socket_new ();
  g_assert_true (q_socket_connect_unix (v->sock, v->target, G_SOCKET_TYPE_DATAGRAM, 0, ENOUGH, NULL,
                                        NULL));
}

static inline void
open_unix_seqpacket (Victim *v)
{
  open_type (v, SOCK_SEQPACKET);
}

static inline void
open_udp (Victim *v)
{
  v->sock = q_socket_new ();
  g_assert_true (q_socket_bind_inet (v->sock, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, NULL));
}

static inline void
open_udp_connected (Victim *v)
{
  v->sock = q_socket_new ();
  g_assert_true (q_socket_connect_inet (v->sock, "127.0.0.1", "9", G_SOCKET_FAMILY_IPV4,
                                        G_SOCKET_TYPE_DATAGRAM, ENOUGH, NULL, NULL));
}

static inline void
open_listener (Victim *v)
{
  v->sock = test_listener (&v->target);
}

static inline void
open_unix_listener (Victim *v)
{
  v->dir = test_make_dir ();
  v->target = g_build_filename (v->dir, "socket", NULL);
  v->sock = q_socket_new ();
  g_assert_true (q_socket_bind (v->sock, v->target, FALSE, NULL));
  g_assert_true (q_socket_listen (v->sock, 0, NULL));
}

static inline void
open_hanging_lookup (Victim *v)
{
  test_resolver_hang ();
  v->sock = q_socket_new ();
  v->target = g_strdup ("nowhere.example:80");
}

/* A listener whose backlog is full lets every further connect wait. One connection fills it, once
 * the listener knows of it. */
static inline void
open_full_backlog (Victim *v)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  QSocket *listener = test_listener (&v->target);
  struct pollfd pollfd = { .fd = q_socket_get_socket (listener), .events = POLLIN };
  int extra = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_no_errno (listen (pollfd.fd, 0));
  g_assert_no_errno (getsockname (q_socket_get_socket (listener), (struct sockaddr *) &address,
                                  &length));
  v->peer_fd = q_socket_steal_fd (listener, NULL);
  g_object_unref (listener);
  v->sock = q_socket_new ();

  /* The kernel keeps the connection when its client is gone. */
  g_assert_no_errno (connect (extra, (struct sockaddr *) &address, length));
  g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
  close (extra);
}

static inline void
open_full_unix_backlog (Victim *v)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int extra;

  v->dir = test_make_dir ();
  v->target = g_build_filename (v->dir, "socket", NULL);
  v->sock = q_socket_new ();
  v->peer_fd = fd;
  g_strlcpy (address.sun_path, v->target, sizeof address.sun_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  g_assert_no_errno (listen (fd, 0));

  do
    extra = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  while (connect (extra, (struct sockaddr *) &address, sizeof address) == 0);
}

/* ---- what ends it ---- */

typedef enum { END_CLOSE, END_SHUTDOWN, END_CANCEL, END_DISPOSE, N_ENDS } End;

static inline void
end_call (Victim *v,
          End     end)
{
  switch (end)
    {
    case END_CLOSE:
      g_assert_true (q_socket_close (v->sock, NULL));
      g_assert_false (q_socket_is_open (v->sock));
      break;
    case END_SHUTDOWN:
      g_assert_true (q_socket_shutdown (v->sock, NULL));
      break;
    case END_CANCEL:
      g_cancellable_cancel (v->cancellable);
      break;
    case END_DISPOSE:
    case N_ENDS:
    default:
      g_object_run_dispose (G_OBJECT (v->sock));
      break;
    }
}

/* Frees what open () and the call have made. */
static inline void
victim_clear (Victim *v)
{
  g_clear_error (&v->error);
  g_clear_object (&v->sock);
  g_clear_object (&v->cancellable);
  g_clear_pointer (&v->target, g_free);
  if (v->peer_fd >= 0)
    close (v->peer_fd);
  g_clear_pointer (&v->dir, test_remove_dir);
  test_resolver_restore ();
}
