/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-bind.h"

#include "q-i18n-private.h"
#include "q-resolver-private.h"
#include "q-socket-arguments-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-events-private.h"
#include "q-socket-open-private.h"
#include "q-target-private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- binding an address ---- */

typedef struct
{
  const char *name;             /* of the public function, for messages */
  gboolean reuse_address;
  gboolean dual_stack;          /* the IPv6 socket is to accept IPv4 connections, too */
  int socktype;
  int protocol;
} BindOptions;

static gboolean
set_bind_error (const BindOptions  *options,
                QSocketError        code,
                const QAddress     *address,
                const char         *problem,
                GError            **error)
{
  g_autofree char *text = q_address_describe (address);
  g_autofree char *escaped = g_strescape (text, NULL);

  g_set_error (error, Q_SOCKET_ERROR, code, "%s to \"%s\": %s", options->name, escaped, problem);

  return FALSE;
}

/* Returns a new channel, or NULL with @system_error set to an errno. All but a datagram socket may
 * become a listener, where accept () must not block, so they are made non-blocking. */
static QChannel *
try_bind (const BindOptions *options,
          const QAddress    *address,
          gboolean           no_delay,
          int               *system_error)
{
  GSocketFamily family = q_address_get_family (address);
  gboolean is_stream = options->socktype != SOCK_DGRAM;
  int fd = socket (family, options->socktype | SOCK_CLOEXEC | (is_stream ? SOCK_NONBLOCK : 0),
                   options->protocol);
  int on = TRUE;
  int off = FALSE;

  if (fd < 0)
    {
      *system_error = errno;
      return NULL;
    }

  if (options->reuse_address && family != G_SOCKET_FAMILY_UNIX)
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (options->dual_stack)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);

  /* The kernel hands TCP_NODELAY on to the connections that the listener accepts. */
  if (no_delay && options->socktype == SOCK_STREAM && family != G_SOCKET_FAMILY_UNIX)
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  if (bind (fd, &address->sa, address->length) == 0)
    return q_channel_new (fd, Q_CHANNEL_BOUND, family, options->socktype, is_stream, TRUE);

  *system_error = errno;
  close (fd);

  return NULL;
}

/* Opens the socket with @channel, a reference that this function takes over. */
static gboolean
install_bound (QSocket            *self,
               const BindOptions  *options,
               const QAddress     *address,
               QChannel           *channel,
               GError            **error)
{
  if (q_socket_open (self, channel))
    return TRUE;

  return set_bind_error (options, Q_SOCKET_ERROR_CLOSED, address,
                         _("the socket was closed meanwhile"), error);
}

/* Binds the first of the addresses that can be bound. If none can, the error is that of the first
 * one, which is the one the resolver prefers. */
static gboolean
bind_addresses (QSocket            *self,
                const BindOptions  *options,
                const QAddress     *addresses,
                guint               n_addresses,
                GError            **error)
{
  int first_error = 0;

  for (guint i = 0; i < n_addresses; i++)
    {
      int system_error = 0;
      QChannel *channel = try_bind (options, &addresses[i], self->settings.no_delay,
                                    &system_error);

      if (channel != NULL)
        return install_bound (self, options, &addresses[i], channel, error);
      if (i == 0)
        first_error = system_error;
    }

  return set_bind_error (options, Q_SOCKET_ERROR_BIND, &addresses[0], g_strerror (first_error),
                         error);
}

/* Binds a port on every address of the machine: with one IPv6 socket that serves IPv4 as well, or,
 * on a machine without IPv6, with an IPv4 socket. Any other error of the IPv6 socket is final: if
 * the port is in use there, a socket for IPv4 alone would be half of what was asked for. */
static gboolean
bind_any (QSocket        *self,
          BindOptions    *options,
          GSocketFamily   family,
          int             port,
          GError        **error)
{
  QChannel *channel = NULL;
  QAddress address = { .length = 0 };
  gboolean use_ipv4 = family == G_SOCKET_FAMILY_IPV4;
  int system_error = 0;

  options->dual_stack = family == G_SOCKET_FAMILY_INVALID;

  if (!use_ipv4)
    {
      q_address_set_any (&address, G_SOCKET_FAMILY_IPV6, port);
      channel = try_bind (options, &address, self->settings.no_delay, &system_error);
      use_ipv4 = channel == NULL && family == G_SOCKET_FAMILY_INVALID &&
                 (system_error == EAFNOSUPPORT || system_error == EADDRNOTAVAIL);
    }

  if (use_ipv4)
    {
      options->dual_stack = FALSE;
      q_address_set_any (&address, G_SOCKET_FAMILY_IPV4, port);
      channel = try_bind (options, &address, self->settings.no_delay, &system_error);
    }

  if (channel == NULL)
    return set_bind_error (options, Q_SOCKET_ERROR_BIND, &address, g_strerror (system_error),
                           error);

  return install_bound (self, options, &address, channel, error);
}

/* ---- binding a name ---- */

static void
emit_resolved (QSocket        *self,
               const QAddress *addresses,
               guint           n_addresses)
{
  char text[Q_ADDRESS_TEXT_SIZE];

  for (guint i = 0; i < n_addresses; i++)
    {
      QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED);

      report.address = q_address_to_text (&addresses[i], text);
      report.port = q_address_get_port (&addresses[i]);
      report.family = q_address_get_family (&addresses[i]);
      q_socket_emit (self, &report);
    }
}

static gboolean
set_lookup_error (const BindOptions  *options,
                  const char         *host,
                  const char         *service,
                  QSocketError        code,
                  const char         *problem,
                  GError            **error)
{
  g_set_error (error, Q_SOCKET_ERROR, code, "%s to \"%s:%s\": %s", options->name,
               host != NULL ? host : "*", service, problem);

  return FALSE;
}

static void
stop_lookup (gpointer lookup)
{
  q_lookup_cancel (lookup);
}

/* Waits for the lookup, which a close in another thread cancels. Returns 0, or a code of
 * getaddrinfo (), which then is EAI_CANCELED. */
static int
look_up (QSocket         *self,
         QLookup         *lookup,
         const QAddress **addresses,
         guint           *n_addresses)
{
  QStopHook hook = { NULL };

  q_gate_add_hook (&self->gate, &hook, stop_lookup, lookup);
  q_lookup_wait (lookup, Q_DEADLINE_NEVER);
  q_gate_remove_hook (&self->gate, &hook);

  return q_lookup_get_addresses (lookup, addresses, n_addresses);
}

static gboolean
bind_name (QSocket        *self,
           BindOptions    *options,
           const char     *host,
           const char     *service,
           GSocketFamily   family,
           GError        **error)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP);
  g_autofree char *ascii = host != NULL ? g_hostname_to_ascii (host) : NULL;
  g_autoptr (QLookup) lookup = NULL;
  g_autoptr (GError) local = NULL;
  const QAddress *addresses = NULL;
  guint n_addresses = 0;
  int code;

  report.name = host;
  report.service = service;
  q_socket_emit (self, &report);

  lookup = q_lookup_new (ascii != NULL ? ascii : host, *service != '\0' ? service : "0", family,
                         options->socktype, AI_PASSIVE, &local);
  if (lookup == NULL)
    return set_lookup_error (options, host, service, Q_SOCKET_ERROR_ADDRESS_LOOKUP,
                             local->message, error);

  code = look_up (self, lookup, &addresses, &n_addresses);
  if (code == EAI_CANCELED)
    return set_lookup_error (options, host, service, Q_SOCKET_ERROR_CLOSED,
                             _("the socket was closed meanwhile"), error);
  if (code != 0)
    return set_lookup_error (options, host, service, Q_SOCKET_ERROR_ADDRESS_LOOKUP,
                             q_lookup_strerror (code), error);

  emit_resolved (self, addresses, n_addresses);

  /* The lookup was needed for the name of the service alone. */
  if (host == NULL)
    return bind_any (self, options, family, q_address_get_port (&addresses[0]), error);

  return bind_addresses (self, options, addresses, n_addresses, error);
}

/* Binds a host and a service, each of which may be a name or a number. A @host of NULL means every
 * address of the machine, an empty @service any free port. */
static gboolean
bind_host (QSocket        *self,
           BindOptions    *options,
           const char     *host,
           const char     *service,
           GSocketFamily   family,
           GError        **error)
{
  QAddress literal = { .length = 0 };
  int port = 0;         /* becomes -1 if the service is a name */
  gboolean ok;

  if (*service != '\0' && !q_target_check_service (service, &port, error))
    return q_socket_prefix_error (options->name, error);

  if (!q_socket_begin_opening (self, options->name, error))
    return FALSE;

  if (host == NULL && port >= 0)
    ok = bind_any (self, options, family, port, error);
  else if (host != NULL && port >= 0 && q_address_set_literal (&literal, host, port) &&
           (family == G_SOCKET_FAMILY_INVALID || family == q_address_get_family (&literal)))
    ok = bind_addresses (self, options, &literal, 1, error);
  else
    ok = bind_name (self, options, host, service, family, error);

  q_socket_end_opening (self);

  return ok;
}

/* ---- binding a path ---- */

/* Whether @path is a socket file that no socket is bound to any more. To find out, this function
 * connects to it. A datagram socket gets ECONNREFUSED only if there is no socket at all: one of
 * another type gives another error, even if it does not listen yet, and is not disturbed. */
static gboolean
is_stale_socket (const char     *path,
                 const QAddress *address)
{
  struct stat file;
  gboolean is_stale;
  int fd;

  if (lstat (path, &file) != 0 || !S_ISSOCK (file.st_mode))
    return FALSE;

  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;

  is_stale = connect (fd, &address->sa, address->length) != 0 && errno == ECONNREFUSED;
  close (fd);

  return is_stale;
}

static gboolean
bind_path (QSocket      *self,
           BindOptions  *options,
           const char   *path,
           GError      **error)
{
  QChannel *channel;
  QAddress address = { .length = 0 };
  int system_error = 0;
  gboolean ok;

  if (!q_socket_begin_opening (self, options->name, error))
    return FALSE;

  q_address_set_path (&address, path);
  if (options->reuse_address && is_stale_socket (path, &address))
    unlink (path);

  channel = try_bind (options, &address, FALSE, &system_error);
  if (channel != NULL)
    {
      q_channel_own_unix_file (channel, path);
      ok = install_bound (self, options, &address, channel, error);
    }
  else
    {
      ok = set_bind_error (options, Q_SOCKET_ERROR_BIND, &address, g_strerror (system_error),
                           error);
    }

  q_socket_end_opening (self);

  return ok;
}

/* ---- public ---- */

/**
 * q_socket_bind:
 * @self: a socket
 * @bind_to: a host and service of this machine, or the path of a UNIX socket to create
 * @reuseaddr: whether to bind an address that an earlier socket has left behind
 *
 * Opens a stream socket and gives it a local address.
 *
 * A @bind_to with a colon is a host and a service, separated by its last colon: `"127.0.0.1:8080"`,
 * `"[::1]:http"`. In square brackets the host means IPv6 only. A service of 0, or an empty one
 * (`"localhost:"`), picks a free port, which [method@QSocket.Socket.get_port] returns. A @bind_to
 * without a colon is the path of a UNIX socket. A host of `*` means every address, as in
 * [method@QSocket.Socket.bind_port].
 *
 * An open socket is closed first, with [signal@QSocket.Socket::channel-closed], even if binding
 * then fails; after a failure nothing is open.
 *
 * With @reuseaddr, a port can be bound although the system still remembers earlier connections to
 * it (`SO_REUSEADDR`), and a socket file to which no socket is bound any more is replaced. A port
 * or file that another socket is using is never taken over. Without @reuseaddr, an existing path is
 * an error and is not touched. The file is removed with the socket, see [class@QSocket.Socket].
 *
 * Fails with [error@QSocket.SocketError] `BIND` if the address cannot be bound; with
 * `ADDRESS_LOOKUP` if the host or service is unknown; with `INVALID_ARGUMENT` if @bind_to cannot
 * be an address, which leaves the socket as it was; with `PENDING` if another call is connecting
 * or binding the socket; with `CLOSED` if another thread closes it meanwhile.
 *
 * With addresses and port numbers the call does not wait. A name is looked up, for as long as the
 * system takes; the call then emits [signal@QSocket.Socket::hostname-lookup] and
 * [signal@QSocket.Socket::hostname-resolved].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_bind (QSocket     *self,
               const char  *bind_to,
               gboolean     reuseaddr,
               GError     **error)
{
  BindOptions options = {
    .name = "bind", .reuse_address = reuseaddr, .socktype = SOCK_STREAM,
  };
  g_auto (QTarget) target = Q_TARGET_INIT;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (bind_to != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!q_target_parse (bind_to, TRUE, &target, error))
    return q_socket_prefix_error (options.name, error);

  if (target.path != NULL)
    return bind_path (self, &options, target.path, error);

  return bind_host (self, &options, g_str_equal (target.host, "*") ? NULL : target.host,
                    target.service, target.family, error);
}

/**
 * q_socket_bind_port:
 * @self: a socket
 * @port: a TCP port from 1 to 65535; 0 picks a free one
 * @reuseaddr: whether to bind a port although the system still remembers earlier connections to it
 *
 * Binds a TCP port on every address of this machine.
 *
 * Where the machine has IPv6, one socket serves both IPv6 and IPv4, and the addresses of IPv4 peers
 * are mapped ones, such as `::ffff:192.0.2.1`. A @port outside 0 to 65535 is
 * [error@QSocket.SocketError] `INVALID_ARGUMENT`. All else is as in [method@QSocket.Socket.bind].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_bind_port (QSocket   *self,
                    int        port,
                    gboolean   reuseaddr,
                    GError   **error)
{
  BindOptions options = {
    .name = "bind_port", .reuse_address = reuseaddr, .socktype = SOCK_STREAM,
  };
  gboolean ok;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (port < 0 || port > G_MAXUINT16)
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
                   _("%d is not a port number"), port);
      return q_socket_prefix_error (options.name, error);
    }

  if (!q_socket_begin_opening (self, options.name, error))
    return FALSE;

  ok = bind_any (self, &options, G_SOCKET_FAMILY_INVALID, port, error);
  q_socket_end_opening (self);

  return ok;
}

/**
 * q_socket_bind_inet:
 * @self: a socket
 * @iface: (nullable): a host name or address of this machine, without brackets; `NULL` for every
 *   address
 * @service: (nullable): a port number or the name of a service; `NULL` or `""` picks a free port
 * @reuseaddr: whether to bind a port although the system still remembers earlier connections to it
 * @family: `G_SOCKET_FAMILY_IPV4`, `G_SOCKET_FAMILY_IPV6`, or `G_SOCKET_FAMILY_INVALID` for both
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @protocol: the number of the protocol; 0 for the default
 *
 * Binds a local address and port of a given family and type.
 *
 * If both @iface and @service are `NULL` or `""`, it fails with [error@QSocket.SocketError]
 * `BIND`. With @reuseaddr, several datagram sockets can be bound to one port, and the last one gets
 * the datagrams.
 * All else is as in [method@QSocket.Socket.bind].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_bind_inet (QSocket        *self,
                    const char     *iface,
                    const char     *service,
                    gboolean        reuseaddr,
                    GSocketFamily   family,
                    GSocketType     socktype,
                    int             protocol,
                    GError        **error)
{
  BindOptions options = {
    .name = "bind_inet", .reuse_address = reuseaddr, .protocol = protocol,
  };
  gboolean has_iface = iface != NULL && *iface != '\0';
  gboolean has_service = service != NULL && *service != '\0';

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!has_iface && !has_service)
    return q_socket_set_error (options.name, Q_SOCKET_ERROR_BIND, error,
                               _("neither an interface nor a service is given"));

  if ((has_iface && !q_target_check_host (iface, error)) ||
      !q_socket_check_inet_family (family, error) ||
      !q_socket_check_type (socktype, &options.socktype, error))
    return q_socket_prefix_error (options.name, error);

  return bind_host (self, &options, has_iface ? iface : NULL, has_service ? service : "",
                    family, error);
}

/**
 * q_socket_bind_unix:
 * @self: a socket
 * @path: (type filename): the path of the socket file to create, 1 to 107 bytes long
 * @socktype: `G_SOCKET_TYPE_STREAM`, `G_SOCKET_TYPE_DATAGRAM` or `G_SOCKET_TYPE_SEQPACKET`
 * @protocol: the number of the protocol; 0 for the default
 *
 * Binds a UNIX socket of a given type.
 *
 * An existing path is [error@QSocket.SocketError] `BIND` and is not touched. All else is as in
 * [method@QSocket.Socket.bind].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_bind_unix (QSocket      *self,
                    const char   *path,
                    GSocketType   socktype,
                    int           protocol,
                    GError      **error)
{
  BindOptions options = { .name = "bind_unix", .protocol = protocol };

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!q_target_check_path (path, error) ||
      !q_socket_check_type (socktype, &options.socktype, error))
    return q_socket_prefix_error (options.name, error);

  return bind_path (self, &options, path, error);
}
