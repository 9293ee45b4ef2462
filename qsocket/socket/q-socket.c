/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket.h"

#include "q-enum-types.h"
#include "q-socket-close.h"
#include "q-socket-events-private.h"
#include "q-socket-events.h"
#include "q-socket-options.h"
#include "q-socket-property-private.h"
#include "q-socket-settings-private.h"
#include "q-socket-ssl-settings-private.h"

/**
 * QSocket:
 *
 * One socket, TCP, UDP or UNIX, as client or server, for text, bytes, integers and HTTP headers.
 *
 * A new object is closed. [method@QSocket.Socket.connect_to] and its relatives open it as a
 * client. [method@QSocket.Socket.bind] and its relatives, then
 * [method@QSocket.Socket.listen], make it a listener, whose [method@QSocket.Socket.accept]
 * returns a new object for each connection. Opening an open socket closes it first. Charset,
 * options, limits, settings of TLS and event queue outlive a close; buffered bytes do not.
 *
 * ```c
 * g_autoptr (GError) error = NULL;
 * g_autoptr (QSocket) socket = q_socket_new ();
 * g_autofree char *answer = NULL;
 *
 * if (q_socket_connect (socket, "example.org:7", 5000, NULL, &error) &&
 *     q_socket_send (socket, "hello", 5000, NULL, &error))
 *   answer = q_socket_recv (socket, 5, 5000, NULL, &error);
 * ```
 *
 * ## Time
 *
 * `timeout_ms` is the time for a call as a whole, in milliseconds of the monotonic clock: name
 * lookup, every address tried and every partial transfer come out of it. A negative value sets
 * no limit. With 0 the call never waits: it tries once with what is there. No call returns
 * later than 50 ms after its time is up.
 *
 * A timeout loses nothing, nor does a cancellation, an end of stream or a text error: bytes that
 * had arrived stay readable, and [method@QSocket.Socket.get_bytes_sent] tells how many had left.
 *
 * ## Reading
 *
 * All receiving calls share one buffer, so they can be mixed freely. Where a call takes a `size`
 * in bytes, it reads
 *
 * - exactly that many if it is positive, or fails and consumes nothing;
 * - what is there if it is 0, after waiting for the first bytes;
 * - everything up to the end of the stream if it is negative. That end is no error then, and
 *   [property@QSocket.Socket:max-receive-size] limits the number of bytes.
 *
 * For all other reads the end of the stream is `CLOSED`, before the first byte as well as in the
 * middle; in the middle the bytes that came stay readable.
 *
 * A read from a datagram socket returns at most one datagram. So a positive `size` may give
 * fewer bytes, and a negative one gives a single datagram as well. What does not fit stays for
 * the next read.
 *
 * ## TLS
 *
 * [method@QSocket.Socket.connect_ssl] and [method@QSocket.Socket.accept_ssl] encrypt from the
 * beginning, [method@QSocket.Socket.upgrade_client_to_ssl] and
 * [method@QSocket.Socket.upgrade_server_to_ssl] from some point on. A client refuses a server
 * whose certificate it cannot verify. No other call differs, but that a stream that ends without
 * the peer's leave is `TRUNCATED`, not `CLOSED`, and a broken one is `SSL`. See the
 * [guide](tls.html).
 *
 * ## Errors
 *
 * The names of errors in capitals are codes of [error@QSocket.SocketError]; in C, `TIMEOUT` is
 * `Q_SOCKET_ERROR_TIMEOUT`. Every call that takes a `timeout_ms` and an error may fail with
 *
 * - `NOT_OPEN`: the socket is not open, or not open for this;
 * - `CLOSED`: the peer ended the stream, or another thread closed the socket;
 * - `TIMEOUT`: the time is up;
 * - `PENDING`: another call is doing the same already (see below);
 * - `G_IO_ERROR_CANCELLED`: the `GCancellable` was cancelled.
 *
 * The methods name only what comes on top of these or differs. A failed call leaves the socket
 * as useful as it was; only connecting and binding leave nothing open when they fail.
 *
 * ## Threads
 *
 * One thread may read (or accept) while another one writes. A second reader or a second writer
 * gets `PENDING` at once, and so does a second thread that connects or binds. Any thread may
 * close the socket, shut it down or cancel a call: blocked calls return within 50 ms.
 *
 * ## Asynchronous calls
 *
 * Connecting, accepting, sending, receiving and changing to TLS or back have a pair that does not
 * block: `NAME_async` begins the call and returns at once, its callback ends it with
 * `NAME_finish`. The two forms differ in nothing else: results, errors, events, `timeout_ms`,
 * which counts from the beginning.
 *
 * The work is done in the `GMainContext` that is the thread's default at the beginning, by sources
 * of the given priority and without a thread of its own (only TLS handshakes are computed in
 * threads of GIO's). The callback is called in a later iteration, never from inside `NAME_async`.
 * Until then the call counts as the socket's reader, writer or opener, and keeps the socket alive.
 * A call that was cancelled or ran out of time has consumed nothing.
 *
 * ## Events
 *
 * The signals tell step by step what happens; each passes a [struct@QSocket.SocketEvent].
 * [method@QSocket.Socket.set_event_queue] collects the same events in a queue.
 *
 * | call | events, in order |
 * | --- | --- |
 * | connecting | hostname-lookup, hostname-resolved (each), connecting (each attempt), connected |
 * | the same, UNIX | connecting, connected |
 * | binding | hostname-lookup and hostname-resolved, only if a name is looked up |
 * | TLS | start-ssl, ssl-established |
 * | sending | packet-sent after each write that moved bytes |
 * | receiving | packet-read for each step that brought bytes to the call |
 * | HTTP | http-send-message before the first byte; http-message-received after the last |
 * | closing | channel-closed, once |
 * | disposing | channel-closed if the socket is open, then deleted |
 *
 * A blocking call emits in the thread that made it. An asynchronous one emits in the
 * `GMainContext` that was the thread's default when it began, before its callback. A handler may
 * close, reopen or unref the socket, which stays alive until the call returns. An event that
 * nobody listens to costs nothing.
 *
 * ## The process
 *
 * Descriptors are close-on-exec, sending raises no `SIGPIPE`, and nothing a peer does prints a
 * message. The file of a UNIX socket is removed when the socket is closed or disposed of, but
 * only by the object and the process that bound it, and only if it is still the same file.
 *
 * Since: 1.0
 */

/**
 * QSocket:lookup-hostnames:
 *
 * Whether address information contains host names; it does by default.
 *
 * If so, [method@QSocket.Socket.get_peer_info] and [method@QSocket.Socket.get_socket_info] look
 * the address up in reverse, once per connection and for at most 200 ms. If not, they leave the
 * host name keys out and ask nobody. It applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:max-header-size:
 *
 * How many bytes an HTTP header may have, with its start line and its blank line.
 *
 * At least 1, by default 65536. Beyond it [method@QSocket.Socket.read_http_header] fails with
 * [error@QSocket.SocketError] `TOO_LARGE`. It applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:max-header-count:
 *
 * How many field lines an HTTP header may have, the start line not counted.
 *
 * At least 1, by default 256. Beyond it [method@QSocket.Socket.read_http_header] fails with
 * [error@QSocket.SocketError] `TOO_LARGE`. It applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:max-receive-size:
 *
 * How many bytes a read up to the end of the stream may bring; 0 means no limit.
 *
 * By default 64 MiB. Beyond it a read of negative size fails with
 * [error@QSocket.SocketError] `TOO_LARGE`, and what came stays readable. Other reads know no
 * limit. It applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-verify-mode:
 *
 * What the next handshake demands of the peer's certificate.
 *
 * By default a client refuses a server that it cannot verify, and a server asks for nothing.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-ca-file:
 *
 * The path of a file of certificates (PEM, or one in DER): what the peer's has to chain to.
 *
 * `NULL`, the default, is the system's trust store. The file is read when the property is set. If
 * it cannot be, the property keeps its value, and handshakes fail with
 * [error@QSocket.SocketError] `SSL` until it is set to something that can;
 * [method@QSocket.Socket.set_ssl_ca_file] tells at once.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-crl-file:
 *
 * The path of a file of revocation lists (PEM, or one in DER): certificates that are not accepted
 * although they chain to what is trusted.
 *
 * `NULL`, the default, is none. For the rest see [property@QSocket.Socket:ssl-ca-file].
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-server-name:
 *
 * The name that a client tells the server it wants (SNI) and that the server's certificate must
 * have.
 *
 * `NULL`, the default, is the host that is connected to. UNIX sockets, and sockets made from a
 * descriptor, have none. It may be an address, which is checked and never sent. Names in other
 * scripts are used in their ASCII form.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-alpn: (getter get_ssl_alpn_protocols) (setter set_ssl_alpn)
 *
 * The application protocols (ALPN) that this side offers or accepts, the best first.
 *
 * `NULL` or none, the default, leaves the matter out. [method@QSocket.Socket.get_ssl_alpn] tells
 * what came of it.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-minimum-version:
 *
 * The oldest version of TLS that is accepted, by default 1.2.
 *
 * A handshake that agrees on an older one fails with [error@QSocket.SocketError] `SSL` before any
 * data is sent.
 *
 * Since: 1.0
 */

/**
 * QSocket::packet-read:
 * @self: the socket
 * @event: the event
 *
 * Emitted for each step in which a call received bytes, wherever they were buffered.
 *
 * The event tells the bytes of this step ([method@QSocket.SocketEvent.get_read]), of the call so
 * far ([method@QSocket.SocketEvent.get_total_read]) and, if known, of the call as a whole
 * ([method@QSocket.SocketEvent.get_total_to_read]).
 *
 * For an integer served from the buffer, whether a handler is connected may have been asked as
 * long ago as bytes last arrived; an event queue is always seen.
 *
 * Since: 1.0
 */

/**
 * QSocket::packet-sent:
 * @self: the socket
 * @event: the event
 *
 * Emitted after each write in which the kernel took bytes.
 *
 * The event tells the bytes of this write ([method@QSocket.SocketEvent.get_sent]), of the call so
 * far ([method@QSocket.SocketEvent.get_total_sent]) and of the call as a whole
 * ([method@QSocket.SocketEvent.get_total_to_send]). Corked bytes count when they really leave.
 *
 * Since: 1.0
 */

/**
 * QSocket::channel-closed:
 * @self: the socket
 * @event: the event
 *
 * Emitted once when an open socket is closed: by a call, by reopening or by disposing of it.
 *
 * An end of stream alone does not emit it.
 *
 * Since: 1.0
 */

/**
 * QSocket::deleted:
 * @self: the socket
 * @event: the event
 *
 * Emitted when the object is disposed of; no other event follows.
 *
 * Since: 1.0
 */

/**
 * QSocket::hostname-lookup:
 * @self: the socket
 * @event: the event
 *
 * Emitted before a host is resolved; when connecting, also for an address given as a literal.
 *
 * The event tells the host ([method@QSocket.SocketEvent.get_name]) and the service
 * ([method@QSocket.SocketEvent.get_service]).
 *
 * Since: 1.0
 */

/**
 * QSocket::hostname-resolved:
 * @self: the socket
 * @event: the event
 *
 * Emitted for each address to which a host resolved.
 *
 * The event tells the address ([method@QSocket.SocketEvent.get_address]), the port
 * ([method@QSocket.SocketEvent.get_port]) and the family
 * ([method@QSocket.SocketEvent.get_family]).
 *
 * Since: 1.0
 */

/**
 * QSocket::http-send-message:
 * @self: the socket
 * @event: the event
 *
 * Emitted before the first byte of an HTTP request or response is sent.
 *
 * The event tells the start line without its line end
 * ([method@QSocket.SocketEvent.get_message]) and the headers as the caller gave them
 * ([method@QSocket.SocketEvent.get_headers]).
 *
 * Since: 1.0
 */

/**
 * QSocket::http-message-received:
 * @self: the socket
 * @event: the event
 *
 * Emitted when an HTTP header has been read and understood.
 *
 * [method@QSocket.SocketEvent.get_headers] is what the call returns.
 *
 * Since: 1.0
 */

/**
 * QSocket::connecting:
 * @self: the socket
 * @event: the event
 *
 * Emitted before each attempt to connect to an address.
 *
 * The event tells the target ([method@QSocket.SocketEvent.get_target]), address and family as in
 * [signal@QSocket.Socket::hostname-resolved], and for a host also service and port.
 *
 * Since: 1.0
 */

/**
 * QSocket::connected:
 * @self: the socket
 * @event: the event
 *
 * Emitted when the socket is connected.
 *
 * Since: 1.0
 */

/**
 * QSocket::start-ssl:
 * @self: the socket
 * @event: the event
 *
 * Emitted when a TLS handshake begins.
 *
 * Since: 1.0
 */

/**
 * QSocket::ssl-established:
 * @self: the socket
 * @event: the event
 *
 * Emitted when a TLS handshake is done.
 *
 * The event tells the cipher ([method@QSocket.SocketEvent.get_cipher]) and the protocol
 * ([method@QSocket.SocketEvent.get_cipher_version]). After a handshake that failed, the socket is
 * closed, and [signal@QSocket.Socket::channel-closed] comes instead.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (QSocket, q_socket, G_TYPE_OBJECT)

/* ---- properties ---- */

/* The public functions have the type of their enum in the prototype, the rows have int. */
static int
get_verify_mode (QSocket *self)
{
  return (int) q_socket_get_ssl_verify_mode (self);
}

static void
set_verify_mode (QSocket *self,
                 int      mode)
{
  q_socket_set_ssl_verify_mode (self, (QSslVerifyMode) mode);
}

static int
get_minimum_version (QSocket *self)
{
  return (int) q_socket_get_ssl_minimum_version (self);
}

static void
set_minimum_version (QSocket *self,
                     int      version)
{
  q_socket_set_ssl_minimum_version (self, (GTlsProtocolVersion) version);
}

static const QPropertyRow properties[] = {
  { "lookup-hostnames", Q_PROPERTY_BOOLEAN,
    .get_boolean = q_socket_get_lookup_hostnames, .set_boolean = q_socket_set_lookup_hostnames,
    .default_value = Q_SOCKET_DEFAULT_LOOKUP_HOSTNAMES },
  { "max-header-size", Q_PROPERTY_UINT,
    .get_uint = q_socket_get_max_header_size, .set_uint = q_socket_set_max_header_size,
    .minimum = 1, .default_value = Q_SOCKET_DEFAULT_MAX_HEADER_SIZE },
  { "max-header-count", Q_PROPERTY_UINT,
    .get_uint = q_socket_get_max_header_count, .set_uint = q_socket_set_max_header_count,
    .minimum = 1, .default_value = Q_SOCKET_DEFAULT_MAX_HEADER_COUNT },
  { "max-receive-size", Q_PROPERTY_UINT64,
    .get_uint64 = q_socket_get_max_receive_size, .set_uint64 = q_socket_set_max_receive_size,
    .default_value = Q_SOCKET_DEFAULT_MAX_RECEIVE_SIZE },
  { "ssl-verify-mode", Q_PROPERTY_ENUM, .get_enum_type = q_ssl_verify_mode_get_type,
    .get_enum = get_verify_mode, .set_enum = set_verify_mode,
    .default_value = Q_SSL_VERIFY_MODE_PEER },
  { "ssl-ca-file", Q_PROPERTY_STRING,
    .get_string = q_socket_get_ssl_ca_file, .set_string = q_socket_set_ssl_ca_file_property },
  { "ssl-crl-file", Q_PROPERTY_STRING,
    .get_string = q_socket_get_ssl_crl_file, .set_string = q_socket_set_ssl_crl_file_property },
  { "ssl-server-name", Q_PROPERTY_STRING,
    .get_string = q_socket_get_ssl_server_name, .set_string = q_socket_set_ssl_server_name },
  { "ssl-alpn", Q_PROPERTY_STRV,
    .get_strv = q_socket_get_ssl_alpn_protocols, .set_strv = q_socket_set_ssl_alpn },
  { "ssl-minimum-version", Q_PROPERTY_ENUM, .get_enum_type = g_tls_protocol_version_get_type,
    .get_enum = get_minimum_version, .set_enum = set_minimum_version,
    .default_value = G_TLS_PROTOCOL_VERSION_TLS_1_2 },
};

/* GObject numbers the properties from 1, here in the order of the rows. */
static const QPropertyRow *
get_row (guint prop_id)
{
  return prop_id >= 1 && prop_id <= G_N_ELEMENTS (properties) ? &properties[prop_id - 1] : NULL;
}

static void
q_socket_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  const QPropertyRow *row = get_row (prop_id);

  if (row != NULL)
    q_property_row_get (row, Q_SOCKET (object), value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
q_socket_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  const QPropertyRow *row = get_row (prop_id);

  if (row != NULL)
    q_property_row_set (row, Q_SOCKET (object), value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

/* ---- life ---- */

static void
q_socket_dispose (GObject *object)
{
  QSocket *self = Q_SOCKET (object);

  atomic_store (&self->is_disposed, TRUE);
  q_socket_close (self, NULL);

  /* A handler of channel-closed may have run this function to its end already. */
  if (!self->is_deleted)
    {
      self->is_deleted = TRUE;
      q_socket_emit_type (self, Q_SOCKET_EVENT_TYPE_DELETED);
    }

  q_socket_set_event_queue_object (self, NULL);

  G_OBJECT_CLASS (q_socket_parent_class)->dispose (object);
}

static void
q_socket_finalize (GObject *object)
{
  QSocket *self = Q_SOCKET (object);

  q_gate_clear (&self->gate);
  g_clear_pointer (&self->counters, g_atomic_rc_box_release);
  g_clear_pointer (&self->settings.tls, q_tls_config_unref);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (q_socket_parent_class)->finalize (object);
}

static void
q_socket_class_init (QSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = q_socket_dispose;
  object_class->finalize = q_socket_finalize;
  object_class->get_property = q_socket_get_property;
  object_class->set_property = q_socket_set_property;

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    g_object_class_install_property (object_class, i + 1, q_property_row_new_spec (&properties[i]));
  q_socket_install_signals (object_class);
}

static void
q_socket_init (QSocket *self)
{
  static _Atomic guint64 last_id;

  self->id = atomic_fetch_add_explicit (&last_id, 1, memory_order_relaxed) + 1;
  self->settings = q_socket_default_settings;
  self->sink = (QSink) { q_socket_wants_event, q_socket_emit, self };
  q_gate_init (&self->gate);
  g_mutex_init (&self->lock);
}

/**
 * q_socket_new:
 *
 * Creates a closed socket.
 *
 * Returns: (transfer full): a new socket
 *
 * Since: 1.0
 */
QSocket *
q_socket_new (void)
{
  return g_object_new (Q_TYPE_SOCKET, NULL);
}

/**
 * q_socket_copy:
 * @self: a socket
 *
 * Creates a closed socket that has nothing to do with @self.
 *
 * It has the default settings, neither the connection nor the charset, options or queue of @self;
 * the call is the same as [ctor@QSocket.Socket.new].
 *
 * Returns: (transfer full): a new socket
 *
 * Since: 1.0
 */
QSocket *
q_socket_copy (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return q_socket_new ();
}
