/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-socket-event.h"
#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SOCKET (q_socket_get_type ())

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
QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QSocket, q_socket, Q, SOCKET, GObject)

/**
 * q_socket_new:
 *
 * Creates a closed socket.
 *
 * Returns: (transfer full): a new socket
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_new (void);

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
QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_copy (QSocket *self);

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

G_END_DECLS
