/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

/**
 * QSocketEventType:
 * @Q_SOCKET_EVENT_TYPE_PACKET_READ: a call received bytes
 * @Q_SOCKET_EVENT_TYPE_PACKET_SENT: the kernel took bytes to send
 * @Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED: the socket was closed
 * @Q_SOCKET_EVENT_TYPE_DELETED: the object is disposed of; always its last event
 * @Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP: a name lookup begins
 * @Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED: a name lookup found an address
 * @Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE: an HTTP message is about to be sent
 * @Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED: an HTTP header was received
 * @Q_SOCKET_EVENT_TYPE_CONNECTING: a connection attempt begins
 * @Q_SOCKET_EVENT_TYPE_CONNECTED: the socket is connected
 * @Q_SOCKET_EVENT_TYPE_START_SSL: a TLS handshake begins
 * @Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED: the TLS handshake is done
 * @Q_SOCKET_EVENT_TYPE_OVERFLOW: a bounded [class@QSocket.EventQueue] had to drop events; it
 *   comes from such a queue, never from a socket
 *
 * What a [struct@QSocket.SocketEvent] tells of. The numbers never change.
 *
 * Since: 1.0
 */
typedef enum
{
  Q_SOCKET_EVENT_TYPE_PACKET_READ = 1,
  Q_SOCKET_EVENT_TYPE_PACKET_SENT = 2,
  Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED = 7,
  Q_SOCKET_EVENT_TYPE_DELETED = 8,
  Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP = 11,
  Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED = 12,
  Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE = 13,
  Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED = 14,
  Q_SOCKET_EVENT_TYPE_CONNECTING = 18,
  Q_SOCKET_EVENT_TYPE_CONNECTED = 19,
  Q_SOCKET_EVENT_TYPE_START_SSL = 20,
  Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED = 21,
  Q_SOCKET_EVENT_TYPE_OVERFLOW = 1000,
} QSocketEventType;

G_END_DECLS
