/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_message (QSocket       *self,
                                     const char    *method,
                                     const char    *path,
                                     const char    *http_version,
                                     GVariant      *headers,
                                     GBytes        *body,
                                     int            timeout_ms,
                                     GCancellable  *cancellable,
                                     GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_http_message_async (QSocket             *self,
                                       const char          *method,
                                       const char          *path,
                                       const char          *http_version,
                                       GVariant            *headers,
                                       GBytes              *body,
                                       int                  timeout_ms,
                                       int                  io_priority,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_message_finish (QSocket       *self,
                                            GAsyncResult  *result,
                                            GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_response (QSocket       *self,
                                      guint          status_code,
                                      const char    *desc,
                                      const char    *http_version,
                                      GVariant      *headers,
                                      GBytes        *body,
                                      int            timeout_ms,
                                      GCancellable  *cancellable,
                                      GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_send_http_response_async (QSocket             *self,
                                        guint                status_code,
                                        const char          *desc,
                                        const char          *http_version,
                                        GVariant            *headers,
                                        GBytes              *body,
                                        int                  timeout_ms,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_send_http_response_finish (QSocket       *self,
                                             GAsyncResult  *result,
                                             GError       **error);

G_END_DECLS
