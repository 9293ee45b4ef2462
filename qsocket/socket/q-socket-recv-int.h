/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-int-format.h"
#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gint8 q_socket_recv_i1 (QSocket       *self,
                        int            timeout_ms,
                        GCancellable  *cancellable,
                        GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gint16 q_socket_recv_i2 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gint32 q_socket_recv_i4 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_recv_i8 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gint16 q_socket_recv_i2_lsb (QSocket       *self,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gint32 q_socket_recv_i4_lsb (QSocket       *self,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_recv_i8_lsb (QSocket       *self,
                             int            timeout_ms,
                             GCancellable  *cancellable,
                             GError       **error);

QSOCKET_AVAILABLE_IN_1_0
guint8 q_socket_recv_u1 (QSocket       *self,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

QSOCKET_AVAILABLE_IN_1_0
guint16 q_socket_recv_u2 (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

QSOCKET_AVAILABLE_IN_1_0
guint32 q_socket_recv_u4 (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_recv_u8 (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

QSOCKET_AVAILABLE_IN_1_0
guint16 q_socket_recv_u2_lsb (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

QSOCKET_AVAILABLE_IN_1_0
guint32 q_socket_recv_u4_lsb (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_recv_u8_lsb (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_recv_int_async (QSocket             *self,
                              QIntFormat           format,
                              int                  timeout_ms,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_recv_int_finish (QSocket       *self,
                                 GAsyncResult  *result,
                                 GError       **error);

G_END_DECLS
