/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
char *q_socket_recv (QSocket       *self,
                     gssize         size,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_recv_async (QSocket             *self,
                          gssize               size,
                          int                  timeout_ms,
                          int                  io_priority,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
char *q_socket_recv_finish (QSocket       *self,
                            GAsyncResult  *result,
                            GError       **error);

QSOCKET_AVAILABLE_IN_1_0
GBytes *q_socket_recv_binary (QSocket       *self,
                              gssize         size,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_recv_binary_async (QSocket             *self,
                                 gssize               size,
                                 int                  timeout_ms,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
GBytes *q_socket_recv_binary_finish (QSocket       *self,
                                     GAsyncResult  *result,
                                     GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gssize q_socket_recv_into (QSocket       *self,
                           void          *buffer,
                           gsize          minimum,
                           gsize          size,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_data_available (QSocket *self,
                                     int      timeout_ms);

G_END_DECLS
