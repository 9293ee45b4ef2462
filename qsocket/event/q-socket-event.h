/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-socket-event-type.h"
#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SOCKET_EVENT (q_socket_event_get_type ())

/**
 * QSocketEvent:
 *
 * One thing that happened to a [class@QSocket.Socket].
 *
 * A signal of the socket passes an event to its handlers, and a [class@QSocket.EventQueue] hands
 * it out later, perhaps in another thread. An event never changes, holds all that it tells, and
 * outlives its socket; keep it with [method@QSocket.SocketEvent.ref] as long as you like. Its
 * methods may be called from any thread.
 *
 * What an event has to tell depends on its type. An accessor that has nothing to do with it
 * returns -1, `NULL` or `G_SOCKET_FAMILY_INVALID`. All texts are UTF-8: bytes of a name that are
 * not are replaced by U+FFFD. [method@QSocket.SocketEvent.get_info] gives the same as a
 * dictionary.
 *
 * Since: 1.0
 */
typedef struct _QSocketEvent QSocketEvent;

QSOCKET_AVAILABLE_IN_1_0
GType q_socket_event_get_type (void);

/**
 * q_socket_event_ref: (skip)
 * @self: an event
 *
 * Adds a reference to an event. Any thread may do so.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_socket_event_ref (QSocketEvent *self);

/**
 * q_socket_event_unref: (skip)
 * @self: (transfer full): an event
 *
 * Drops a reference to an event, which is freed with its last one. Any thread may do so.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_event_unref (QSocketEvent *self);

/**
 * q_socket_event_get_event_type:
 * @self: an event
 *
 * Gets what happened.
 *
 * Returns: the type of the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSocketEventType q_socket_event_get_event_type (QSocketEvent *self);

/**
 * q_socket_event_get_event_name:
 * @self: an event
 *
 * Gets the documented name of the type, such as `"EVENT_PACKET_READ"`.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_event_name (QSocketEvent *self);

/**
 * q_socket_event_get_source:
 * @self: an event
 *
 * Gets the kind of object that the event comes from.
 *
 * The documented numbers tell sockets from files and protocol clients. In this library it is
 * always a socket.
 *
 * Returns: 1
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_socket_event_get_source (QSocketEvent *self);

/**
 * q_socket_event_get_id:
 * @self: an event
 *
 * Gets the number of the socket that the event comes from.
 *
 * It tells apart the sockets that share a queue. Each [class@QSocket.Socket] has its own number,
 * also when it connects anew, and no other gets that number later in the same process.
 *
 * Returns: the number of the socket; 0 for `OVERFLOW`, which comes from a queue
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_event_get_id (QSocketEvent *self);

/**
 * q_socket_event_get_time:
 * @self: an event
 *
 * Gets when it happened, on the clock of [func@GLib.get_monotonic_time].
 *
 * The time of an `OVERFLOW` is that of the latest loss.
 *
 * Returns: the time in microseconds
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_time (QSocketEvent *self);

/**
 * q_socket_event_get_read:
 * @self: an event
 *
 * Gets the number of bytes that this step of a receiving call brought (`PACKET_READ`), or the
 * number of events that a full queue had to drop (`OVERFLOW`).
 *
 * Returns: the number, or -1 for other types
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_read (QSocketEvent *self);

/**
 * q_socket_event_get_total_read:
 * @self: an event
 *
 * Gets the number of bytes that the receiving call has by now (`PACKET_READ`).
 *
 * Returns: the number of bytes, this step included, or -1 for other types
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_read (QSocketEvent *self);

/**
 * q_socket_event_get_total_to_read:
 * @self: an event
 *
 * Gets the number of bytes that the receiving call wants (`PACKET_READ`).
 *
 * Returns: the number of bytes, or -1 if the call takes what comes and for other types
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_to_read (QSocketEvent *self);

/**
 * q_socket_event_get_sent:
 * @self: an event
 *
 * Gets the number of bytes that left with this write (`PACKET_SENT`).
 *
 * Returns: the number of bytes, or -1 for other types
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_sent (QSocketEvent *self);

/**
 * q_socket_event_get_total_sent:
 * @self: an event
 *
 * Gets the number of bytes of the sending call that have left by now (`PACKET_SENT`).
 *
 * Returns: the number of bytes, this write included, or -1 for other types
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_sent (QSocketEvent *self);

/**
 * q_socket_event_get_total_to_send:
 * @self: an event
 *
 * Gets the number of bytes that the sending call is to send (`PACKET_SENT`).
 *
 * Returns: the number of bytes, or -1 for other types
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_to_send (QSocketEvent *self);

/**
 * q_socket_event_get_name:
 * @self: an event
 *
 * Gets the name or literal address that is looked up (`HOSTNAME_LOOKUP`).
 *
 * Returns: (transfer none) (nullable): the name, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_name (QSocketEvent *self);

/**
 * q_socket_event_get_service:
 * @self: an event
 *
 * Gets the service or port as the caller gave it (`HOSTNAME_LOOKUP`, `CONNECTING`).
 *
 * Returns: (transfer none) (nullable): the service, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_service (QSocketEvent *self);

/**
 * q_socket_event_get_address:
 * @self: an event
 *
 * Gets the address that was found or is tried, as text: numbers, or the path of a UNIX socket
 * (`HOSTNAME_RESOLVED`, `CONNECTING`).
 *
 * Returns: (transfer none) (nullable): the address, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_address (QSocketEvent *self);

/**
 * q_socket_event_get_port:
 * @self: an event
 *
 * Gets the port of the address (`HOSTNAME_RESOLVED`, `CONNECTING`).
 *
 * Returns: the port in host byte order, or -1 if there is none
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_socket_event_get_port (QSocketEvent *self);

/**
 * q_socket_event_get_family:
 * @self: an event
 *
 * Gets the family of the address (`HOSTNAME_RESOLVED`, `CONNECTING`).
 *
 * Returns: the family, or `G_SOCKET_FAMILY_INVALID` if there is none
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GSocketFamily q_socket_event_get_family (QSocketEvent *self);

/**
 * q_socket_event_get_target:
 * @self: an event
 *
 * Gets what the caller wants to connect to (`CONNECTING`).
 *
 * Returns: (transfer none) (nullable): the target, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_target (QSocketEvent *self);

/**
 * q_socket_event_get_message:
 * @self: an event
 *
 * Gets the start line of the HTTP message, without its line end (`HTTP_SEND_MESSAGE`).
 *
 * Returns: (transfer none) (nullable): the line, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_message (QSocketEvent *self);

/**
 * q_socket_event_get_headers:
 * @self: an event
 *
 * Gets the HTTP header, of type `a{sv}`: as the caller gave it (`HTTP_SEND_MESSAGE`) or as it was
 * received and returned to the caller (`HTTP_MESSAGE_RECEIVED`).
 *
 * Returns: (transfer none) (nullable): the header, or `NULL`, also if the caller gave none; lives
 *   as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_event_get_headers (QSocketEvent *self);

/**
 * q_socket_event_get_cipher:
 * @self: an event
 *
 * Gets the name of the cipher that the handshake chose (`SSL_ESTABLISHED`).
 *
 * Returns: (transfer none) (nullable): the cipher, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_cipher (QSocketEvent *self);

/**
 * q_socket_event_get_cipher_version:
 * @self: an event
 *
 * Gets the protocol that the handshake chose, such as `"TLSv1.3"` (`SSL_ESTABLISHED`).
 *
 * Returns: (transfer none) (nullable): the protocol, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_cipher_version (QSocketEvent *self);

/**
 * q_socket_event_get_info:
 * @self: an event
 *
 * Gets all that the event tells as a dictionary, the documented event hash.
 *
 * Every event has `event` (its type) and `source`, both `i`, and `id`, a `t`. The
 * other keys depend on the type of the event and are left out when there is nothing to tell:
 *
 * | event | keys |
 * | --- | --- |
 * | `PACKET_READ` | `read`, `total_read`, `total_to_read` (`x`) |
 * | `PACKET_SENT` | `sent`, `total_sent`, `total_to_send` (`x`) |
 * | `HOSTNAME_LOOKUP` | `name`, `service` (`s`) |
 * | `HOSTNAME_RESOLVED` | `address` (`s`), `port` (`i`, if not 0), `type` (`i`), `typename` (`s`) |
 * | `CONNECTING` | `target`, `typename`, `address`, `service` (`s`), `type`, `port` (`i`) |
 * | `HTTP_SEND_MESSAGE` | `message` (`s`), `headers` (`a{sv}`, always there) |
 * | `HTTP_MESSAGE_RECEIVED` | `headers` (`a{sv}`, always there) |
 * | `SSL_ESTABLISHED` | `cipher`, `cipher_version` (`s`) |
 * | `OVERFLOW` | `lost` (`x`): the number of dropped events |
 *
 * `type` is the number that the system has for the address family, `typename` its name: `"ipv4"`,
 * `"ipv6"` or `"unix"`. `CONNECTING` to a UNIX socket has neither `service` nor `port`.
 *
 * The dictionary is built anew by each call.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_event_get_info (QSocketEvent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QSocketEvent, q_socket_event_unref)

G_END_DECLS
