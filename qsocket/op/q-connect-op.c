/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-connect-op-private.h"

#include "q-i18n-private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <unistd.h>

/* RFC 8305's Connection Attempt Delay. */
#define ATTEMPT_DELAY_US (250 * 1000)

/* How long to wait before a further attempt at a UNIX listener whose backlog is full: there is
 * nothing to poll for. */
#define UNIX_RETRY_US (4 * 1000)

/* How long a lone attempt sleeps in connect () before it is polled. Sleeping saves system calls if
 * the peer is near. An abort cannot end it, so it must be short. */
#define CONNECT_SLEEP_MS 24

enum
{
  PHASE_START,
  PHASE_LOOKUP,
  PHASE_CONNECT,
};

/* ---- the wake-up ---- */

void
q_connect_op_abort (QConnectOp *self)
{
  atomic_store (&self->is_aborted, TRUE);
  q_wakeup_signal (&self->wakeup);
}

/* Waits for the first @n_fds of self->fds, for the wake-up, and until a point on the monotonic
 * clock. The descriptor of the wake-up is made here, since most operations never wait. */
static QStep
wait_for (QConnectOp *self,
          guint       n_fds,
          gint64      until)
{
  QWait *wait = &self->parent.wait;
  int wake_fd = q_wakeup_open (&self->wakeup);

  /* The wake-up may be signalled without an abort here: a child process that closes its copy of
   * the socket shares the descriptor. An abort that came before the reset is seen below. */
  q_wakeup_reset (&self->wakeup);

  self->fds[n_fds] = (struct pollfd) { wake_fd, POLLIN, 0 };
  wait->fds = self->fds;
  wait->n_fds = n_fds + (wake_fd >= 0);
  wait->until = atomic_load (&self->is_aborted) ? 0 : until;

  /* If the process can open no descriptor for the wake-up, an abort is noticed after this time. */
  if (wake_fd < 0)
    wait->until = MIN (until, g_get_monotonic_time () + CONNECT_SLEEP_MS * 1000);

  return Q_STEP_WAIT;
}

/* ---- looking up ---- */

static void
report_resolved (QConnectOp *self)
{
  char text[Q_ADDRESS_TEXT_SIZE];

  if (!q_sink_wants (self->parent.sink, Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED))
    return;

  for (guint i = 0; i < self->n_addresses; i++)
    {
      QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED);

      report.address = q_address_to_text (&self->addresses[i], text);
      report.port = q_address_get_port (&self->addresses[i]);
      report.family = q_address_get_family (&self->addresses[i]);
      q_sink_report (self->parent.sink, &report);
    }
}

/* Sorts the addresses: families in turns, IPv6 first, each in the order that the resolver gave. */
static void
interleave (QConnectOp     *self,
            const QAddress *found,
            guint           n_found)
{
  guint position[2] = { 0, 0 };
  int turn = 0;

  self->addresses = g_new (QAddress, n_found);

  while (self->n_addresses < n_found)
    {
      GSocketFamily family = turn == 0 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4;
      guint *i = &position[turn];

      while (*i < n_found && q_address_get_family (&found[*i]) != family)
        (*i)++;
      if (*i < n_found)
        self->addresses[self->n_addresses++] = found[(*i)++];
      turn = !turn;
    }
}

static void
begin_attempts (QConnectOp *self)
{
  if (self->n_addresses > 1)
    {
      self->fds = g_new (struct pollfd, self->n_addresses + 1);
      self->attempts = g_new (guint, self->n_addresses);
    }
  self->phase = PHASE_CONNECT;
}

static QStep
start (QConnectOp *self)
{
  const QEndpoint *endpoint = &self->endpoint;
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP);
  g_autoptr (GError) error = NULL;

  self->addresses = &self->single_address;
  self->n_addresses = 1;

  if (endpoint->path != NULL)
    {
      q_address_set_path (&self->single_address, endpoint->path);
      begin_attempts (self);
      return Q_STEP_AGAIN;
    }

  report.name = endpoint->host;
  report.service = endpoint->service;
  q_sink_report (self->parent.sink, &report);

  if (endpoint->port >= 0 &&
      q_address_set_literal (&self->single_address, endpoint->host, endpoint->port) &&
      (endpoint->family == G_SOCKET_FAMILY_INVALID ||
       endpoint->family == q_address_get_family (&self->single_address)))
    {
      report_resolved (self);
      begin_attempts (self);
      return Q_STEP_AGAIN;
    }

  self->addresses = NULL;
  self->n_addresses = 0;
  self->ascii_host = g_hostname_to_ascii (endpoint->host);
  self->lookup = q_lookup_new (self->ascii_host != NULL ? self->ascii_host : endpoint->host,
                               endpoint->service, endpoint->family, endpoint->socktype, 0,
                               &error);
  if (self->lookup == NULL)
    return q_op_fail (&self->parent, Q_SOCKET_ERROR_CONNECT, "%s", error->message);

  self->fds[0] = (struct pollfd) { q_lookup_get_fd (self->lookup), POLLIN, 0 };
  self->phase = PHASE_LOOKUP;

  return wait_for (self, 1, Q_DEADLINE_NEVER);
}

static QStep
finish_lookup (QConnectOp *self)
{
  const QAddress *found;
  guint n_found;
  int code;

  if (!q_lookup_wait (self->lookup, 0))
    return wait_for (self, 1, Q_DEADLINE_NEVER);

  code = q_lookup_get_addresses (self->lookup, &found, &n_found);
  if (code != 0)
    return q_op_fail (&self->parent, Q_SOCKET_ERROR_CONNECT, "%s", q_lookup_strerror (code));

  interleave (self, found, n_found);
  report_resolved (self);
  begin_attempts (self);

  return Q_STEP_AGAIN;
}

/* ---- connecting ---- */

/* The failure of the highest rank is reported: that one address refused the connection says more
 * than that there is no route to another. */
static int
error_rank (int error)
{
  switch (error)
    {
    case 0:
      return 0;
    case EAFNOSUPPORT:
    case EADDRNOTAVAIL:
    case ENETUNREACH:
    case EHOSTUNREACH:
      return 1;
    default:
      return 2;
    }
}

/* @address is an index, @error an errno. */
static void
note_error (QConnectOp *self,
            guint       address,
            int         error)
{
  if (error_rank (error) > error_rank (self->error))
    {
      self->error = error;
      self->error_address = address;
    }
}

static void
report_connecting (QConnectOp *self,
                   guint       index)
{
  const QAddress *address = &self->addresses[index];
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_CONNECTING);
  char text[Q_ADDRESS_TEXT_SIZE];

  if (!q_sink_wants (self->parent.sink, Q_SOCKET_EVENT_TYPE_CONNECTING))
    return;

  report.target = self->endpoint.path != NULL ? self->endpoint.path : self->endpoint.host;
  report.service = self->endpoint.service;
  report.address = q_address_to_text (address, text);
  report.port = q_address_get_port (address);
  report.family = q_address_get_family (address);
  q_sink_report (self->parent.sink, &report);
}

/* A TCP socket that connects to a local ephemeral port on which no socket listens may be given
 * that very port by the kernel, and is then connected to itself. */
static gboolean
is_connected_to_itself (QConnectOp *self,
                        int         fd,
                        guint       index)
{
  QAddress local = { .length = sizeof local.un };
  QAddress peer = { .length = sizeof peer.un };

  if (self->endpoint.path != NULL || self->endpoint.socktype != SOCK_STREAM ||
      getsockname (fd, &local.sa, &local.length) != 0 ||
      q_address_get_port (&local) != q_address_get_port (&self->addresses[index]))
    return FALSE;

  /* The kernel may have connected to another address than was asked for, as with 0.0.0.0. */
  return getpeername (fd, &peer.sa, &peer.length) == 0 &&
         local.length == peer.length && memcmp (&local.sa, &peer.sa, local.length) == 0;
}

/* The attempt has a connection, @fd, to the address at @index. */
static QStep
succeed (QConnectOp *self,
         int         fd,
         guint       index,
         gboolean    nonblocking)
{
  if (is_connected_to_itself (self, fd, index))
    {
      /* What the kernel says if no socket listens and it has chosen another port. */
      close (fd);
      note_error (self, index, ECONNREFUSED);
      self->next_at = 0;
      return Q_STEP_AGAIN;
    }

  self->fd = fd;
  self->address = self->addresses[index];
  self->nonblocking = nonblocking;

  return Q_STEP_DONE;
}

/* With @sleeps the socket is blocking, and connect () returns after CONNECT_SLEEP_MS. Returns -1
 * with errno. */
static int
open_socket (QConnectOp *self,
             guint       index,
             gboolean    sleeps)
{
  const QEndpoint *endpoint = &self->endpoint;
  GSocketFamily family = q_address_get_family (&self->addresses[index]);
  int flags = SOCK_CLOEXEC | (sleeps ? 0 : SOCK_NONBLOCK);
  int fd = socket (family, endpoint->socktype | flags, endpoint->protocol);
  int on = TRUE;

  if (fd < 0)
    return -1;

  if (endpoint->no_delay && endpoint->socktype == SOCK_STREAM &&
      family != G_SOCKET_FAMILY_UNIX)
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  if (sleeps)
    {
      struct timeval time = { 0, CONNECT_SLEEP_MS * 1000 };

      setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
      self->send_timeout_ms = CONNECT_SLEEP_MS;
    }

  return fd;
}

/* Only the last attempt may sleep in connect (), and only if it is the only one under way, since
 * the others could not be noticed meanwhile. It leaves time to poll before the deadline. */
static QStep
begin_attempt (QConnectOp *self)
{
  guint index = self->next++;
  const QAddress *address = &self->addresses[index];
  gboolean sleeps = self->parent.sleep_limit != NULL && self->n_attempts == 0 &&
                    self->next == self->n_addresses &&
                    self->endpoint.path == NULL &&
                    q_deadline_left (self->parent.sleep_limit) > 4 * CONNECT_SLEEP_MS * 1000;
  int fd = open_socket (self, index, sleeps);

  if (fd < 0)
    {
      note_error (self, index, errno);
      return Q_STEP_AGAIN;
    }

  report_connecting (self, index);

  if (connect (fd, &address->sa, address->length) == 0)
    return succeed (self, fd, index, !sleeps);

  if (errno != EINPROGRESS && errno != EINTR && errno != EAGAIN)
    {
      note_error (self, index, errno);
      close (fd);
      return Q_STEP_AGAIN;
    }

  /* The kernel goes on with the attempt; from now on the operation polls. */
  if (sleeps)
    fcntl (fd, F_SETFL, O_RDWR | O_NONBLOCK);

  self->fds[self->n_attempts] = (struct pollfd) { fd, POLLOUT, 0 };
  self->attempts[self->n_attempts++] = index;
  self->next_at = g_get_monotonic_time () + ATTEMPT_DELAY_US;

  return Q_STEP_AGAIN;
}

static void
remove_attempt (QConnectOp *self,
                guint       i)
{
  self->n_attempts--;
  memmove (self->fds + i, self->fds + i + 1, (self->n_attempts - i) * sizeof *self->fds);
  memmove (self->attempts + i, self->attempts + i + 1,
           (self->n_attempts - i) * sizeof *self->attempts);
}

/* A further connect () for the same socket returns how its attempt stands. Returns Q_STEP_WAIT if
 * none has succeeded. */
static QStep
check_attempts (QConnectOp *self)
{
  for (guint i = 0; i < self->n_attempts; )
    {
      guint index = self->attempts[i];
      const QAddress *address = &self->addresses[index];
      int fd = self->fds[i].fd;
      int error = connect (fd, &address->sa, address->length) == 0 ? 0 : errno;

      if (error == EALREADY || error == EINPROGRESS || error == EAGAIN || error == EINTR)
        {
          i++;
          continue;
        }

      remove_attempt (self, i);
      if (error == 0 || error == EISCONN)
        return succeed (self, fd, index, TRUE);

      close (fd);
      note_error (self, index, error);
      self->next_at = 0;
    }

  return Q_STEP_WAIT;
}

static QStep
fail_with_error (QConnectOp *self)
{
  g_autofree char *address = NULL;

  if (self->lookup == NULL)
    return q_op_fail_errno (&self->parent, Q_SOCKET_ERROR_CONNECT, self->error);

  address = q_address_describe (&self->addresses[self->error_address]);

  return q_op_fail (&self->parent, Q_SOCKET_ERROR_CONNECT, "%s: %s",
                    address, g_strerror (self->error));
}

static QStep
continue_connecting (QConnectOp *self)
{
  QStep step = check_attempts (self);
  gboolean more = self->next < self->n_addresses;

  if (step != Q_STEP_WAIT)
    return step;

  if (more && (self->n_attempts == 0 || g_get_monotonic_time () >= self->next_at))
    return begin_attempt (self);

  if (self->n_attempts == 0)
    return fail_with_error (self);

  if (self->endpoint.path != NULL)
    {
      /* The socket of the attempt cannot be polled, so only the wake-up behind it is. */
      step = wait_for (self, self->n_attempts, g_get_monotonic_time () + UNIX_RETRY_US);
      self->parent.wait.fds += self->n_attempts;
      self->parent.wait.n_fds -= self->n_attempts;
      return step;
    }

  return wait_for (self, self->n_attempts, more ? self->next_at : Q_DEADLINE_NEVER);
}

static QStep
connect_step (QOp *op)
{
  QConnectOp *self = (QConnectOp *) op;

  if (atomic_load (&self->is_aborted))
    return q_op_fail_closed_here (op);

  switch (self->phase)
    {
    case PHASE_START:
      return start (self);
    case PHASE_LOOKUP:
      return finish_lookup (self);
    case PHASE_CONNECT:
    default:
      return continue_connecting (self);
    }
}

static QStep
connect_time_out (QOp *op)
{
  QConnectOp *self = (QConnectOp *) op;

  return q_op_fail (op, Q_SOCKET_ERROR_CONNECT,
                    self->phase == PHASE_LOOKUP ? _("the name was not resolved within %d ms")
                                                : _("no answer within %d ms"),
                    op->timeout_ms);
}

static void
connect_abandon (QOp *op)
{
  QConnectOp *self = (QConnectOp *) op;

  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

static const QOpClass connect_class = { connect_step, connect_time_out, connect_abandon };

void
q_connect_op_init (QConnectOp      *self,
                   const char      *name,
                   const char      *target,
                   const QEndpoint *endpoint,
                   const QSink     *sink)
{
  *self = (QConnectOp) {
    .parent = { .klass = &connect_class, .name = name, .target = target, .sink = sink },
    .endpoint = *endpoint,
    .wakeup = Q_WAKEUP_INIT,
    .fd = -1,
  };
  self->fds = self->inline_fds;
  self->attempts = &self->inline_attempt;
}

void
q_connect_op_clear (QConnectOp *self)
{
  for (guint i = 0; i < self->n_attempts; i++)
    close (self->fds[i].fd);
  q_wakeup_close (&self->wakeup);
  g_clear_pointer (&self->lookup, q_lookup_free);
  if (self->addresses != &self->single_address)
    g_free (self->addresses);
  g_free (self->ascii_host);
  if (self->fds != self->inline_fds)
    {
      g_free (self->fds);
      g_free (self->attempts);
    }
}
