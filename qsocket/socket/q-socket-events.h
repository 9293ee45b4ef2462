/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-event-queue.h"
#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_set_event_queue: (skip)
 * @self: a socket
 * @queue: (nullable) (transfer none): the queue that is to receive events, or `NULL` for none
 *
 * Makes the socket push a reference to each of its events onto a `GAsyncQueue`.
 *
 * The consumer releases what it pops with [method@QSocket.SocketEvent.unref]; a queue made by
 * [func@GLib.AsyncQueue.new_full] with that function frees what nobody pops. All else is as in
 * [method@QSocket.Socket.set_event_queue_object], which is what other languages have.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_event_queue (QSocket     *self,
                               GAsyncQueue *queue);

/**
 * q_socket_set_event_queue_object: (rename-to q_socket_set_event_queue)
 * @self: a socket
 * @queue: (nullable) (transfer none): the queue that is to receive events, or `NULL` for none
 *
 * Makes the socket push each of its events onto @queue.
 *
 * The socket keeps its own reference to @queue; a queue set earlier receives nothing more. One
 * queue may serve many sockets, whose events [method@QSocket.SocketEvent.get_id] tells apart.
 * Accepted sockets inherit the queue of their listener.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_event_queue_object (QSocket     *self,
                                      QEventQueue *queue);

G_END_DECLS
