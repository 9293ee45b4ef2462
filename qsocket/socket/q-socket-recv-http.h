/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_read_http_header (QSocket       *self,
                                     int            timeout_ms,
                                     GCancellable  *cancellable,
                                     GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_read_http_header_async (QSocket             *self,
                                      int                  timeout_ms,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_read_http_header_finish (QSocket       *self,
                                            GAsyncResult  *result,
                                            GError       **error);

G_END_DECLS
