/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept (QSocket       *self,
                          int            timeout_ms,
                          GCancellable  *cancellable,
                          GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_accept_async (QSocket             *self,
                            int                  timeout_ms,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept_finish (QSocket       *self,
                                 GAsyncResult  *result,
                                 GError       **error);

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept_ssl (QSocket       *self,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_accept_ssl_async (QSocket             *self,
                                int                  timeout_ms,
                                int                  io_priority,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_accept_ssl_finish (QSocket       *self,
                                     GAsyncResult  *result,
                                     GError       **error);

G_END_DECLS
