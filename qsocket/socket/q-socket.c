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
 * A new object is closed. [method@QSocket.Socket.connect_to] and the similar methods open it as
 * a client. [method@QSocket.Socket.bind] or a similar method, and then
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
 * no limit. With 0 the call never waits: it does what is possible at once, or fails. No call
 * returns later than 50 ms after its time is up.
 *
 * No bytes are lost when a call times out, is cancelled, meets the end of the stream, or fails
 * because bytes are no text: those that had arrived stay readable, and
 * [method@QSocket.Socket.get_bytes_sent] tells how many had left.
 *
 * ## Reading
 *
 * All receiving calls share one buffer, so they can be mixed freely. Where a call takes a `size`
 * in bytes, it reads
 *
 * - exactly that many if it is positive, or fails and consumes nothing;
 * - the bytes that have arrived if it is 0, after waiting for the first ones;
 * - everything up to the end of the stream if it is negative. That end is no error then, and
 *   [property@QSocket.Socket:max-receive-size] limits the number of bytes.
 *
 * All other reads fail with `CLOSED` at the end of the stream. If some of the bytes that a call
 * waited for had arrived before, they stay readable.
 *
 * A read from a datagram socket returns at most one datagram. So a positive `size` may give
 * fewer bytes, and a negative one gives a single datagram as well. The rest of a datagram that is
 * longer than a positive `size` stays for the next read.
 *
 * ## TLS
 *
 * [method@QSocket.Socket.connect_ssl] and [method@QSocket.Socket.accept_ssl] encrypt from the
 * beginning, [method@QSocket.Socket.upgrade_client_to_ssl] and
 * [method@QSocket.Socket.upgrade_server_to_ssl] from some point on. A client refuses a server
 * whose certificate it cannot verify. All other calls are the same with TLS and without, but for
 * two errors: a stream that the peer ends without a close_notify is `TRUNCATED` instead of
 * `CLOSED`, and a violation of the TLS protocol is `SSL`. See the [guide](tls.html).
 *
 * ## Errors
 *
 * The names of errors in capitals are codes of [error@QSocket.SocketError]; in C, `TIMEOUT` is
 * `Q_SOCKET_ERROR_TIMEOUT`. Every call that takes a `timeout_ms` and an error may fail with
 *
 * - `NOT_OPEN`: the socket is not open, or not open for this;
 * - `CLOSED`: the peer ended the stream, or another thread closed the socket;
 * - `TIMEOUT`: the time is up;
 * - `PENDING`: another call already reads, writes or opens this socket (see below);
 * - `G_IO_ERROR_CANCELLED`: the `GCancellable` was cancelled.
 *
 * The descriptions of the methods name only other errors, or differences. A failed call leaves the
 * socket open and usable, with two exceptions: the socket is closed after connecting or binding
 * has failed, unless an argument was invalid, and after a TLS handshake has failed.
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
 * `NAME_finish`. All else is the same in both forms: results, errors, events, and `timeout_ms`,
 * which counts from the call of `NAME_async`.
 *
 * The work is done in the `GMainContext` that is the thread's default when `NAME_async` is called,
 * by sources of the given priority and without a thread of its own (only TLS handshakes are
 * computed in threads of GIO). The callback is called there in a later iteration, never from inside
 * `NAME_async`. Until then the call counts as the socket's reader, writer or opener, and keeps the
 * socket alive. A call that was cancelled or ran out of time has consumed nothing.
 *
 * ## Events
 *
 * Each step of a call emits a signal, which passes a [struct@QSocket.SocketEvent].
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
 * | HTTP | http-send-message before the first byte; http-message-received after the header |
 * | closing | channel-closed, once |
 * | disposing | channel-closed if the socket is open, then deleted |
 *
 * A blocking call emits in the thread that made it. An asynchronous one emits in the
 * `GMainContext` that was the thread's default when it began, before its callback. A handler may
 * close, reopen or unref the socket, which stays alive until the call returns. If an event has
 * neither a handler nor a queue, it is not created at all.
 *
 * ## The process
 *
 * Descriptors are close-on-exec, sending raises no `SIGPIPE`, and whatever a peer sends, the
 * library prints no message. The file of a UNIX socket is removed when the socket is closed or
 * disposed of, but only by the object and the process that bound it, and only if it is still the
 * same file.
 *
 * Since: 1.0
 */

/**
 * QSocket:lookup-hostnames:
 *
 * Whether address information contains host names; it does by default.
 *
 * If so, [method@QSocket.Socket.get_peer_info] and [method@QSocket.Socket.get_socket_info] look
 * the address up in reverse, once per connection and for at most 200 ms. If not, they look nothing
 * up and leave out the keys of host names. A change applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:max-header-size:
 *
 * How many bytes an HTTP header may have, its start line and its blank line included.
 *
 * At least 1, by default 65536. If a header has more, [method@QSocket.Socket.read_http_header]
 * fails with [error@QSocket.SocketError] `TOO_LARGE`. A change applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:max-header-count:
 *
 * How many field lines an HTTP header may have, the start line not counted.
 *
 * At least 1, by default 256. If a header has more, [method@QSocket.Socket.read_http_header] fails
 * with [error@QSocket.SocketError] `TOO_LARGE`. A change applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:max-receive-size:
 *
 * How many bytes a read up to the end of the stream may return; 0 means no limit.
 *
 * By default 64 MiB. If more bytes arrive, a read of negative size fails with
 * [error@QSocket.SocketError] `TOO_LARGE`, and the bytes that have arrived stay readable. Reads of
 * another size have no limit. A change applies from the next call on.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-verify-mode:
 *
 * What the next handshake demands of the peer's certificate.
 *
 * By default a client refuses a server whose certificate it cannot verify, and a server does not
 * ask clients for a certificate.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-ca-file:
 *
 * The path of a file of trusted certificates, to one of which the certificate of the peer has to
 * chain.
 *
 * The file has any number of certificates in PEM, or one in DER. `NULL`, the default, means the
 * trust store of the system. The file is read when the property is set. If it cannot be read, the
 * property keeps its value, and handshakes fail with [error@QSocket.SocketError] `SSL` until the
 * property is set to a file that can be read. [method@QSocket.Socket.set_ssl_ca_file] reports such
 * an error at once instead.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-crl-file:
 *
 * The path of a file of revocation lists: the certificates in them are not accepted, although they
 * chain to a trusted one.
 *
 * The file has any number of lists in PEM, or one in DER. `NULL`, the default, means none. All else
 * is as in [property@QSocket.Socket:ssl-ca-file].
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-server-name:
 *
 * The host name that a client sends to the server (SNI) and that the server's certificate must
 * have.
 *
 * `NULL`, the default, means the host that is connected to; UNIX sockets, and sockets made from a
 * descriptor, have no such host. An IP address is compared with the certificate but not sent. Names
 * with characters beyond ASCII are used in their ASCII form.
 *
 * Since: 1.0
 */

/**
 * QSocket:ssl-alpn: (getter get_ssl_alpn_protocols) (setter set_ssl_alpn)
 *
 * The application protocols (ALPN) that this side offers or accepts, the best first.
 *
 * With `NULL`, the default, or an empty array ALPN is not used.
 * [method@QSocket.Socket.get_ssl_alpn] returns the protocol that the two sides agreed on.
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
 * Emitted for each step in which a call received bytes, from the network or from the buffer.
 *
 * The event has the numbers of bytes of this step ([method@QSocket.SocketEvent.get_read]), of the
 * call so far ([method@QSocket.SocketEvent.get_total_read]) and, if it is known, of the call as a
 * whole ([method@QSocket.SocketEvent.get_total_to_read]).
 *
 * A handler that is connected while bytes are in the buffer may miss integers that are read from
 * these bytes; once more bytes have arrived, it is called for every step. An event queue gets all
 * events.
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
 * The event has the numbers of bytes of this write ([method@QSocket.SocketEvent.get_sent]), of the
 * call so far ([method@QSocket.SocketEvent.get_total_sent]) and of the call as a whole
 * ([method@QSocket.SocketEvent.get_total_to_send]). Corked bytes are counted when the kernel takes
 * them.
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
 * It is not emitted when only the peer ends the stream.
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
 * The event has the host ([method@QSocket.SocketEvent.get_name]) and the service
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
 * The event has the address ([method@QSocket.SocketEvent.get_address]), the port
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
 * The event has the start line without its line end
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
 * Emitted when an HTTP header has been read and its grammar is right.
 *
 * [method@QSocket.SocketEvent.get_headers] returns the same `a{sv}` as the call.
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
 * The event has the target ([method@QSocket.SocketEvent.get_target]), address and family as in
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
 * The event has the cipher ([method@QSocket.SocketEvent.get_cipher]) and the protocol
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
 * Creates a closed socket that shares nothing with @self.
 *
 * It has the default settings, and neither the connection of @self nor its charset, options or
 * queue. The call does the same as [ctor@QSocket.Socket.new].
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
