/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-int-format.h"
#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i1 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i2 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i4 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i8 (QSocket       *self,
                           gint64         value,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i2_lsb (QSocket       *self,
                               gint64         value,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i4_lsb (QSocket       *self,
                               gint64         value,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_i8_lsb (QSocket       *self,
                               gint64         value,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_int_async (QSocket             *self,
                              QIntFormat           format,
                              gint64               value,
                              int                  timeout_ms,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_int_finish (QSocket       *self,
                                   GAsyncResult  *result,
                                   GError       **error);

G_END_DECLS
