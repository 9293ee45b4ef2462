/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_client_to_ssl (QSocket       *self,
                                         int            timeout_ms,
                                         GCancellable  *cancellable,
                                         GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_upgrade_client_to_ssl_async (QSocket             *self,
                                           int                  timeout_ms,
                                           int                  io_priority,
                                           GCancellable        *cancellable,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_client_to_ssl_finish (QSocket       *self,
                                                GAsyncResult  *result,
                                                GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_server_to_ssl (QSocket       *self,
                                         int            timeout_ms,
                                         GCancellable  *cancellable,
                                         GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_upgrade_server_to_ssl_async (QSocket             *self,
                                           int                  timeout_ms,
                                           int                  io_priority,
                                           GCancellable        *cancellable,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_upgrade_server_to_ssl_finish (QSocket       *self,
                                                GAsyncResult  *result,
                                                GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_shutdown_ssl (QSocket       *self,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_shutdown_ssl_async (QSocket             *self,
                                  int                  timeout_ms,
                                  int                  io_priority,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_shutdown_ssl_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error);

G_END_DECLS
