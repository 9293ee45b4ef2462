/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-connect-op-private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <unistd.h>

/* RFC 8305's Connection Attempt Delay. */
#define ATTEMPT_DELAY_US (250 * 1000)

/* A UNIX listener with a full backlog gives nothing to poll for. */
#define UNIX_RETRY_US (4 * 1000)

/* How long a lone attempt sleeps in connect () before it is polled for. That
 * saves system calls wherever the peer is near, and is short enough for a close
 * from another thread to be noticed in time. */
#define SLEEP_MS 24

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

/* Only an operation that really waits needs a descriptor to be woken by. */
static QStep
wait_for (QConnectOp *self,
          guint       n_fds,
          gint64      until)
{
  QWait *wait = &self->parent.wait;
  int wake_fd = q_wakeup_open (&self->wakeup);

  /* A forked child that closes its copy of the socket signals the descriptor that both
   * processes have. An abort of this process that came before the reset is seen below. */
  q_wakeup_reset (&self->wakeup);

  self->fds[n_fds] = (struct pollfd) { wake_fd, POLLIN, 0 };
  wait->fds = self->fds;
  wait->n_fds = n_fds + (wake_fd >= 0);
  wait->until = atomic_load (&self->is_aborted) ? 0 : until;

  /* Without a descriptor the operation looks from time to time. */
  if (wake_fd < 0)
    wait->until = MIN (until, g_get_monotonic_time () + SLEEP_MS * 1000);

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

/* Families in turns, IPv6 first, each in the order the resolver gave. */
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

  self->addresses = &self->one;
  self->n_addresses = 1;

  if (endpoint->path != NULL)
    {
      q_address_set_path (&self->one, endpoint->path);
      begin_attempts (self);
      return Q_STEP_AGAIN;
    }

  report.name = endpoint->host;
  report.service = endpoint->service;
  q_sink_report (self->parent.sink, &report);

  if (endpoint->port >= 0 &&
      q_address_set_literal (&self->one, endpoint->host, endpoint->port) &&
      (endpoint->family == G_SOCKET_FAMILY_INVALID ||
       endpoint->family == q_address_get_family (&self->one)))
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

  /* The wake-up stands behind the lookup's descriptor. */
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

/* Which of several failures tells the caller most: that a host refused says more
 * than that there was no way to another. */
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

/* A connection from an ephemeral port to itself comes about when nobody listens
 * on a local port of that range, and the kernel happens to choose it. */
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

  /* Not the address that was asked for: 0.0.0.0 stands for others. */
  return getpeername (fd, &peer.sa, &peer.length) == 0 &&
         local.length == peer.length && memcmp (&local.sa, &peer.sa, local.length) == 0;
}

static QStep
succeed (QConnectOp *self,
         int         fd,
         guint       index,
         gboolean    nonblocking)
{
  if (is_connected_to_itself (self, fd, index))
    {
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
      struct timeval time = { 0, SLEEP_MS * 1000 };

      setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
      self->send_timeout_ms = SLEEP_MS;
    }

  return fd;
}

static QStep
begin_attempt (QConnectOp *self)
{
  guint index = self->next++;
  const QAddress *address = &self->addresses[index];
  gboolean sleeps = self->parent.sleep_limit != NULL && self->n_attempts == 0 &&
                    self->next == self->n_addresses &&
                    self->endpoint.path == NULL &&
                    q_deadline_left (self->parent.sleep_limit) > 4 * SLEEP_MS * 1000;
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

  /* It goes on in the kernel; from now on it is only asked about. */
  if (sleeps)
    fcntl (fd, F_SETFL, O_RDWR | O_NONBLOCK);

  self->fds[self->n_attempts] = (struct pollfd) { fd, POLLOUT, 0 };
  self->attempts[self->n_attempts++] = index;
  self->next_at = g_get_monotonic_time () + ATTEMPT_DELAY_US;

  return Q_STEP_AGAIN;
}

static void
drop_attempt (QConnectOp *self,
              guint       i)
{
  self->n_attempts--;
  memmove (self->fds + i, self->fds + i + 1, (self->n_attempts - i) * sizeof *self->fds);
  memmove (self->attempts + i, self->attempts + i + 1,
           (self->n_attempts - i) * sizeof *self->attempts);
}

/* Asks the attempts how they are doing: a second connect () tells. */
static QStep
look_at_attempts (QConnectOp *self)
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

      drop_attempt (self, i);
      if (error == 0 || error == EISCONN)
        return succeed (self, fd, index, TRUE);

      close (fd);
      note_error (self, index, error);
      self->next_at = 0;
    }

  return Q_STEP_WAIT;
}

static QStep
fail_all (QConnectOp *self)
{
  g_autofree char *address = NULL;

  if (self->lookup == NULL)
    return q_op_fail_errno (&self->parent, Q_SOCKET_ERROR_CONNECT, self->error);

  address = q_address_describe (&self->addresses[self->error_address]);

  return q_op_fail (&self->parent, Q_SOCKET_ERROR_CONNECT, "%s: %s",
                    address, g_strerror (self->error));
}

static QStep
go_on_connecting (QConnectOp *self)
{
  QStep step = look_at_attempts (self);
  gboolean more = self->next < self->n_addresses;

  if (step != Q_STEP_WAIT)
    return step;

  if (more && (self->n_attempts == 0 || g_get_monotonic_time () >= self->next_at))
    return begin_attempt (self);

  if (self->n_attempts == 0)
    return fail_all (self);

  if (self->endpoint.path != NULL)
    {
      /* The attempts keep their place, but only the wake-up is polled for. */
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
      return go_on_connecting (self);
    }
}

static QStep
connect_time_out (QOp *op)
{
  QConnectOp *self = (QConnectOp *) op;

  return q_op_fail (op, Q_SOCKET_ERROR_CONNECT,
                    self->phase == PHASE_LOOKUP ? "the name was not resolved within %d ms"
                                                : "no answer within %d ms",
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
  self->fds = self->own_fds;
  self->attempts = &self->own_attempt;
}

void
q_connect_op_clear (QConnectOp *self)
{
  for (guint i = 0; i < self->n_attempts; i++)
    close (self->fds[i].fd);
  q_wakeup_close (&self->wakeup);
  g_clear_pointer (&self->lookup, q_lookup_free);
  if (self->addresses != &self->one)
    g_free (self->addresses);
  g_free (self->ascii_host);
  if (self->fds != self->own_fds)
    {
      g_free (self->fds);
      g_free (self->attempts);
    }
}
