/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send (QSocket       *self,
                        const char    *string,
                        int            timeout_ms,
                        GCancellable  *cancellable,
                        GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_async (QSocket             *self,
                          const char          *string,
                          int                  timeout_ms,
                          int                  io_priority,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_finish (QSocket       *self,
                               GAsyncResult  *result,
                               GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_binary (QSocket       *self,
                               GBytes        *data,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_binary_async (QSocket             *self,
                                 GBytes              *data,
                                 int                  timeout_ms,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_binary_finish (QSocket       *self,
                                      GAsyncResult  *result,
                                      GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_data (QSocket       *self,
                             const guint8  *data,
                             gsize          length,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_data_async (QSocket             *self,
                               const guint8        *data,
                               gsize                length,
                               int                  timeout_ms,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_data_finish (QSocket       *self,
                                    GAsyncResult  *result,
                                    GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_cork (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_uncork (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_write_finished (QSocket *self,
                                     int      timeout_ms);

QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_get_bytes_sent (QSocket *self);

G_END_DECLS
