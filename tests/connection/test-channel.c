/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-channel-private.h"
#include "test-peer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A stream over one end of a pair; @peer is the other end. */
static QChannel *
make_channel (int *peer)
{
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  *peer = fds[1];

  return q_channel_new (fds[0], Q_CHANNEL_CLIENT, G_SOCKET_FAMILY_UNIX, SOCK_STREAM, FALSE, TRUE);
}

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

/* ---- enter and close ---- */

static void
test_close (void)
{
  guint before = test_count_fds ();
  int peer;
  QChannel *channel = make_channel (&peer);

  g_assert_false (q_channel_is_closed (channel));
  g_assert_true (q_channel_close (channel));
  g_assert_true (q_channel_is_closed (channel));
  g_assert_false (is_open (channel->fd));
  g_assert_false (q_channel_close (channel));
  g_assert_false (q_channel_enter (channel));
  g_assert_cmpint (q_channel_steal_fd (channel), ==, -1);
  q_channel_unref (channel);

  close (peer);
  g_assert_cmpuint (test_count_fds (), ==, before);
}

static void
test_unref_closes (void)
{
  guint before = test_count_fds ();
  int peer;
  QChannel *channel = make_channel (&peer);

  q_channel_unref (q_channel_ref (channel));
  g_assert_true (is_open (channel->fd));
  q_channel_unref (channel);

  close (peer);
  g_assert_cmpuint (test_count_fds (), ==, before);
}

static void
test_last_unpin_closes (void)
{
  int peer;
  QChannel *channel = make_channel (&peer);

  g_assert_true (q_channel_enter (channel));
  g_assert_true (q_channel_enter (channel));
  g_assert_true (q_channel_close (channel));
  g_assert_true (is_open (channel->fd));
  g_assert_false (q_channel_enter (channel));
  g_assert_false (q_channel_close (channel));
  q_channel_leave (channel);
  g_assert_true (is_open (channel->fd));
  q_channel_leave (channel);
  g_assert_false (is_open (channel->fd));

  q_channel_unref (channel);
  close (peer);
}

/* After a close the number of the descriptor may be used again, and must not be touched. */
static void
test_number_is_forgotten (void)
{
  int peer;
  QChannel *channel = make_channel (&peer);
  int other;

  g_assert_true (q_channel_enter (channel));
  g_assert_true (q_channel_close (channel));
  q_channel_leave (channel);

  other = eventfd (0, EFD_CLOEXEC);
  g_assert_cmpint (other, ==, channel->fd);

  g_assert_false (q_channel_enter (channel));
  g_assert_false (q_channel_close (channel));
  g_assert_cmpint (q_channel_steal_fd (channel), ==, -1);
  q_channel_unref (channel);

  g_assert_true (is_open (other));
  close (other);
  close (peer);
}

typedef struct
{
  QChannel *channel;
  ino_t inode;
  int n_closed;
  int stop;
} Race;

/* Uses the descriptor as a call does. */
static gpointer
user_thread (gpointer data)
{
  Race *race = data;

  while (q_channel_enter (race->channel))
    {
      struct stat now;

      g_assert_no_errno (fstat (race->channel->fd, &now));
      g_assert_cmpuint (now.st_ino, ==, race->inode);
      q_channel_leave (race->channel);
    }

  return NULL;
}

static gpointer
closer_thread (gpointer data)
{
  Race *race = data;

  if (q_channel_close (race->channel))
    g_atomic_int_inc (&race->n_closed);

  return NULL;
}

/* Opens descriptors, which get the number that becomes free, and checks that no other thread closes
 * them. */
static gpointer
thief_thread (gpointer data)
{
  Race *race = data;

  while (!g_atomic_int_get (&race->stop))
    {
      int fd = eventfd (0, EFD_CLOEXEC);

      g_assert_cmpint (fd, >=, 0);
      g_thread_yield ();
      g_assert_no_errno (close (fd));
    }

  return NULL;
}

static void
test_close_race (void)
{
  guint before = test_count_fds ();

  for (int round = 0; round < 200; round++)
    {
      Race race = { NULL };
      GThread *threads[6];
      struct stat first;
      int peer;

      race.channel = make_channel (&peer);
      g_assert_no_errno (fstat (race.channel->fd, &first));
      race.inode = first.st_ino;

      threads[0] = g_thread_new ("thief", thief_thread, &race);
      for (guint i = 1; i < 4; i++)
        threads[i] = g_thread_new ("user", user_thread, &race);
      for (guint i = 4; i < 6; i++)
        threads[i] = g_thread_new ("closer", closer_thread, &race);
      for (guint i = 1; i < 6; i++)
        g_thread_join (threads[i]);

      g_assert_cmpint (race.n_closed, ==, 1);
      g_assert_cmpint (atomic_load (&race.channel->guarded.state), ==,
                       Q_GUARDED_CLOSED | Q_GUARDED_RELEASED);
      q_channel_unref (race.channel);
      g_atomic_int_set (&race.stop, TRUE);
      g_thread_join (threads[0]);
      close (peer);
    }

  g_assert_cmpuint (test_count_fds (), ==, before);
}

/* ---- close wakes calls that wait ---- */

typedef enum
{
  WAKE_RECV,
  WAKE_SEND,
  WAKE_POLL,
  WAKE_ACCEPT,
} WakeCall;

typedef struct
{
  const char *name;
  int family;
  int socktype;
  WakeCall call;
} WakeCase;

static const WakeCase wake_cases[] = {
  { "unix-recv", AF_UNIX, SOCK_STREAM, WAKE_RECV },
  { "unix-send", AF_UNIX, SOCK_STREAM, WAKE_SEND },
  { "unix-poll", AF_UNIX, SOCK_STREAM, WAKE_POLL },
  { "unix-accept", AF_UNIX, SOCK_STREAM, WAKE_ACCEPT },
  { "unix-datagram-recv", AF_UNIX, SOCK_DGRAM, WAKE_RECV },
  { "unix-datagram-poll", AF_UNIX, SOCK_DGRAM, WAKE_POLL },
  { "unix-seqpacket-recv", AF_UNIX, SOCK_SEQPACKET, WAKE_RECV },
  { "tcp-accept", AF_INET, SOCK_STREAM, WAKE_ACCEPT },
  { "tcp-accept-poll", AF_INET, SOCK_STREAM, WAKE_POLL },
  { "udp-recv", AF_INET, SOCK_DGRAM, WAKE_RECV },
  { "udp-poll", AF_INET, SOCK_DGRAM, WAKE_POLL },
};

typedef struct
{
  const WakeCase *the_case;
  QChannel *channel;
  int thread_id;
} Sleeper;

static gpointer
sleeper_thread (gpointer data)
{
  Sleeper *sleeper = data;
  int fd = sleeper->channel->fd;
  struct pollfd pollfd = { fd, POLLIN, 0 };
  static char bytes[1024 * 1024];

  g_assert_true (q_channel_enter (sleeper->channel));
  g_atomic_int_set (&sleeper->thread_id, test_get_thread_id ());

  switch (sleeper->the_case->call)
    {
    case WAKE_RECV:
      g_assert_cmpint (recv (fd, bytes, sizeof bytes, 0), <=, 0);
      break;
    case WAKE_SEND:
      while (send (fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0)
        continue;
      break;
    case WAKE_POLL:
      g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
      break;
    case WAKE_ACCEPT:
    default:
      g_assert_cmpint (accept4 (fd, NULL, NULL, SOCK_CLOEXEC), <, 0);
      break;
    }

  g_assert_true (q_channel_is_closed (sleeper->channel));
  g_assert_true (is_open (fd));
  q_channel_leave (sleeper->channel);

  return NULL;
}

static void
test_close_wakes (gconstpointer data)
{
  const WakeCase *the_case = data;
  Sleeper sleeper = { the_case };
  guint before = test_count_fds ();
  int fds[2] = { -1, -1 };
  GThread *thread;

  if (the_case->family == AF_UNIX && the_case->call != WAKE_ACCEPT)
    g_assert_no_errno (socketpair (AF_UNIX, the_case->socktype | SOCK_CLOEXEC, 0, fds));
  else
    fds[0] = socket (the_case->family, the_case->socktype | SOCK_CLOEXEC, 0);
  g_assert_cmpint (fds[0], >=, 0);

  if (fds[1] < 0)
    {
      struct sockaddr address = { .sa_family = (sa_family_t) the_case->family };
      socklen_t length = the_case->family == AF_UNIX ? sizeof (sa_family_t) : sizeof address;

      g_assert_no_errno (bind (fds[0], &address, length));
      if (the_case->socktype == SOCK_STREAM)
        g_assert_no_errno (listen (fds[0], 1));
    }

  sleeper.channel = q_channel_new (fds[0], Q_CHANNEL_BOUND, (GSocketFamily) the_case->family,
                                   the_case->socktype, FALSE, TRUE);
  thread = g_thread_new ("sleeper", sleeper_thread, &sleeper);
  while (g_atomic_int_get (&sleeper.thread_id) == 0)
    g_thread_yield ();
  test_wait_in_kernel (sleeper.thread_id);

  g_assert_true (q_channel_close (sleeper.channel));
  g_thread_join (thread);

  q_channel_unref (sleeper.channel);
  if (fds[1] >= 0)
    close (fds[1]);
  g_assert_cmpuint (test_count_fds (), ==, before);
}

/* ---- giving the descriptor away ---- */

static void
test_steal (void)
{
  int peer;
  QChannel *channel = make_channel (&peer);
  int fd;

  g_assert_true (q_channel_enter (channel));
  g_assert_cmpint (q_channel_steal_fd (channel), ==, -1);
  q_channel_leave (channel);

  fd = q_channel_steal_fd (channel);
  g_assert_cmpint (fd, ==, channel->fd);
  g_assert_true (q_channel_is_closed (channel));
  g_assert_false (q_channel_enter (channel));
  g_assert_false (q_channel_close (channel));
  g_assert_cmpint (q_channel_steal_fd (channel), ==, -1);
  q_channel_unref (channel);

  test_write_text (fd, "on");
  test_expect (peer, "on", 2);
  close (fd);
  close (peer);
}

static void
test_steal_restores (void)
{
  int peer;
  QChannel *channel = make_channel (&peer);
  struct timeval time = { 1, 0 };
  socklen_t length = sizeof time;
  int fd = channel->fd;

  channel->restore_flags = fcntl (fd, F_GETFL) | O_NONBLOCK;
  channel->restore_fd_flags = 0;
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  channel->plain.read_timeout_ms = channel->plain.write_timeout_ms = 1000;

  g_assert_cmpint (q_channel_steal_fd (channel), ==, fd);
  q_channel_unref (channel);

  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, 0);
  g_assert_no_errno (getsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &time, &length));
  g_assert_true (time.tv_sec == 0 && time.tv_usec == 0);
  g_assert_no_errno (getsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &time, &length));
  g_assert_true (time.tv_sec == 0 && time.tv_usec == 0);

  close (fd);
  close (peer);
}

static QChannel *
make_gio_channel (int *peer)
{
  QChannel *channel = make_channel (peer);
  g_autoptr (GError) error = NULL;

  channel->gsocket = g_socket_new_from_fd (channel->fd, &error);
  g_assert_no_error (error);

  return channel;
}

/* GIO's object closes its descriptor in any case, so a steal returns a copy. */
static void
test_steal_from_gio (void)
{
  guint before = test_count_fds ();
  int peer;
  QChannel *channel = make_gio_channel (&peer);
  int fd = q_channel_steal_fd (channel);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  q_channel_unref (channel);
  test_write_text (fd, "on");
  test_expect (peer, "on", 2);

  close (fd);
  close (peer);
  g_assert_cmpuint (test_count_fds (), ==, before);
}

/* A steal that fails changes nothing. */
static void
test_steal_without_descriptors (void)
{
  int peer;
  QChannel *channel = make_gio_channel (&peer);
  struct rlimit old;
  struct rlimit low;

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &old));
  low = (struct rlimit) { 3, old.rlim_max };
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &low));
  g_assert_cmpint (q_channel_steal_fd (channel), ==, -1);
  g_assert_no_errno (setrlimit (RLIMIT_NOFILE, &old));

  g_assert_false (q_channel_is_closed (channel));
  g_assert_true (q_channel_enter (channel));
  test_write_text (channel->fd, "on");
  test_expect (peer, "on", 2);
  q_channel_leave (channel);

  q_channel_unref (channel);
  close (peer);
}

/* ---- names ---- */

static void
test_describe (void)
{
  int peer;
  QChannel *channel = make_channel (&peer);
  g_autofree char *unnamed = q_channel_describe (channel);
  g_autofree char *named = NULL;
  g_autofree char *local = NULL;
  g_autofree char *closed = NULL;
  struct sockaddr_in address = { .sin_family = AF_INET };

  g_assert_cmpstr (unnamed, ==, "");

  g_assert_true (q_address_set_literal (&channel->peer, "::1", 80));
  named = q_channel_describe (channel);
  g_assert_cmpstr (named, ==, "[::1]:80");
  q_channel_unref (channel);
  close (peer);

  channel = q_channel_new (socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), Q_CHANNEL_BOUND,
                           G_SOCKET_FAMILY_IPV4, SOCK_STREAM, FALSE, TRUE);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_no_errno (bind (channel->fd, (struct sockaddr *) &address, sizeof address));
  local = q_channel_describe (channel);
  g_assert_true (g_str_has_prefix (local, "127.0.0.1:"));
  g_assert_cmpint (atoi (local + strlen ("127.0.0.1:")), >, 0);

  q_channel_close (channel);
  closed = q_channel_describe (channel);
  g_assert_cmpstr (closed, ==, "");
  q_channel_unref (channel);
}

/* ---- text that is not complete ---- */

static void
test_take_back_text (void)
{
  int peer;
  QChannel *channel = make_channel (&peer);
  g_autofree char *text = NULL;
  gsize length;
  GError *error = NULL;

  q_channel_unread_text (channel);
  g_assert_false (q_channel_has_text (channel));

  channel->decoder = q_text_decoder_new ("UTF-8");
  q_channel_unread_text (channel);
  g_assert_cmpuint (q_recv_buffer_length (&channel->in), ==, 0);

  text = q_text_decoder_convert (channel->decoder, (const guint8 *) "a\xe2\x82", 3, FALSE,
                                 &length, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "a");
  g_assert_true (q_channel_has_text (channel));
  q_recv_buffer_put_back (&channel->in, (const guint8 *) "\xacz", 2);

  q_channel_unread_text (channel);
  g_assert_false (q_channel_has_text (channel));
  g_assert_cmpmem (q_recv_buffer_bytes (&channel->in), q_recv_buffer_length (&channel->in),
                   "\xe2\x82\xacz", 4);

  q_channel_unread_text (channel);
  g_assert_cmpuint (q_recv_buffer_length (&channel->in), ==, 4);

  q_channel_unref (channel);
  close (peer);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/connection/channel/close", test_close);
  g_test_add_func ("/connection/channel/close/unref", test_unref_closes);
  g_test_add_func ("/connection/channel/close/last-unpin", test_last_unpin_closes);
  g_test_add_func ("/connection/channel/close/number-is-forgotten", test_number_is_forgotten);
  g_test_add_func ("/connection/channel/close/race", test_close_race);

  for (gsize i = 0; i < G_N_ELEMENTS (wake_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/channel/close/wakes/",
                                           wake_cases[i].name, NULL);

      g_test_add_data_func (path, &wake_cases[i], test_close_wakes);
    }

  g_test_add_func ("/connection/channel/steal", test_steal);
  g_test_add_func ("/connection/channel/steal/restores", test_steal_restores);
  g_test_add_func ("/connection/channel/steal/gio", test_steal_from_gio);
  g_test_add_func ("/connection/channel/steal/no-descriptors", test_steal_without_descriptors);
  g_test_add_func ("/connection/channel/describe", test_describe);
  g_test_add_func ("/connection/channel/take-back-text", test_take_back_text);

  return g_test_run ();
}
