/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/**
 * q_socket_recv:
 * @self: a socket
 * @size: the number of bytes to read; 0: what is there, negative: up to the end of the stream
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives text in the charset of the socket and returns it as UTF-8.
 *
 * @size counts bytes of the wire, not characters; [class@QSocket.Socket] has the rules. No
 * character is ever split: if the bytes end inside one, its first part is kept and becomes
 * complete with the next text. So a positive @size may give an empty string, while a @size of 0
 * waits until there is at least one whole character. A binary, integer or HTTP read that follows
 * gets the kept part first. Each datagram is a text of its own.
 *
 * Fails with [error@QSocket.SocketError] `ENCODING` if the bytes are no text in the charset (an
 * unfinished character at the end of the stream or of a datagram is none) or hold a NUL character,
 * which a C string cannot; they stay readable as bytes, and an encoding with shift states starts
 * again in its initial one. Fails with `TOO_LARGE` if @size is negative and more than
 * [property@QSocket.Socket:max-receive-size] came; with `RECV` if the system cannot receive.
 *
 * Emits [signal@QSocket.Socket::packet-read] for each step.
 *
 * Returns: (transfer full): the text, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_socket_recv (QSocket       *self,
                     gssize         size,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error);

/**
 * q_socket_recv_async:
 * @self: a socket
 * @size: the number of bytes to read; 0: what is there, negative: up to the end of the stream
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.recv] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_recv_async (QSocket             *self,
                          gssize               size,
                          int                  timeout_ms,
                          int                  io_priority,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data);

/**
 * q_socket_recv_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.recv_async].
 *
 * Fails as [method@QSocket.Socket.recv] does.
 *
 * Returns: (transfer full): the text, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_socket_recv_finish (QSocket       *self,
                            GAsyncResult  *result,
                            GError       **error);

/**
 * q_socket_recv_binary:
 * @self: a socket
 * @size: the number of bytes to read; 0: what is there, negative: up to the end of the stream
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives bytes as they are.
 *
 * [class@QSocket.Socket] has the rules for @size, and for datagrams.
 *
 * Fails with [error@QSocket.SocketError] `TOO_LARGE` if @size is negative and more than
 * [property@QSocket.Socket:max-receive-size] came; with `RECV` if the system cannot receive.
 * Everything that came stays readable.
 *
 * Emits [signal@QSocket.Socket::packet-read] for each step.
 *
 * Returns: (transfer full): the bytes, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GBytes *q_socket_recv_binary (QSocket       *self,
                              gssize         size,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

/**
 * q_socket_recv_binary_async:
 * @self: a socket
 * @size: the number of bytes to read; 0: what is there, negative: up to the end of the stream
 * @timeout_ms: milliseconds for the whole operation, from this call on; negative: no limit, 0: no
 *   waiting
 * @io_priority: the priority of the operation's sources, such as `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): what may cancel the operation
 * @callback: (scope async) (nullable): what to call at the end
 * @user_data: (closure): data for @callback
 *
 * Begins [method@QSocket.Socket.recv_binary] without blocking.
 *
 * [class@QSocket.Socket] tells what asynchronous calls have in common.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
void q_socket_recv_binary_async (QSocket             *self,
                                 gssize               size,
                                 int                  timeout_ms,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data);

/**
 * q_socket_recv_binary_finish:
 * @self: a socket
 * @result: what the callback was given
 *
 * Ends [method@QSocket.Socket.recv_binary_async].
 *
 * Every error of the operation comes from here; they are those of
 * [method@QSocket.Socket.recv_binary].
 *
 * Returns: (transfer full): the bytes, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GBytes *q_socket_recv_binary_finish (QSocket       *self,
                                     GAsyncResult  *result,
                                     GError       **error);

/**
 * q_socket_recv_into: (skip)
 * @self: a socket
 * @buffer: room for @size bytes
 * @minimum: how many bytes to wait for, at most @size; 0 is the same as 1, unless @size is 0
 * @size: how many bytes to read at most
 * @timeout_ms: milliseconds for the whole call; negative: no limit, 0: no waiting
 * @cancellable: (nullable): what may cancel the call
 *
 * Receives bytes into the caller's memory.
 *
 * It returns when @minimum bytes are there, with as many of those behind them as there are and
 * fit. The end of the stream is no error: the result is then what came, 0 if nothing did. A
 * datagram may be shorter than @minimum, too. It is a programmer's error if @minimum is greater
 * than @size.
 *
 * If it fails, all that came stays readable, also what @buffer holds already. Fails with
 * [error@QSocket.SocketError] `RECV` if the system cannot receive.
 *
 * Emits [signal@QSocket.Socket::packet-read] for each step.
 *
 * Returns: the number of bytes in @buffer, or -1 with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gssize q_socket_recv_into (QSocket       *self,
                           void          *buffer,
                           gsize          minimum,
                           gsize          size,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

/**
 * q_socket_is_data_available:
 * @self: a socket
 * @timeout_ms: milliseconds to wait for it; negative: no limit, 0: no waiting
 *
 * Tells whether a read, or on a listener accepting, would not block.
 *
 * That is so if there are bytes in the buffer or in the kernel, if the stream has ended, or if a
 * connection waits to be accepted. Nothing is consumed.
 *
 * Returns: `TRUE` if so; `FALSE` if the time is up or the socket is closed
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_data_available (QSocket *self,
                                     int      timeout_ms);

G_END_DECLS
