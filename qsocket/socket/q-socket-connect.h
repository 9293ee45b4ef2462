/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_connect (QSocket       *self,
                           const char    *target,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_connect_to (QSocket       *self,
                              const char    *target,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_connect_to_async (QSocket             *self,
                                const char          *target,
                                int                  timeout_ms,
                                int                  io_priority,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_connect_to_finish (QSocket       *self,
                                     GAsyncResult  *result,
                                     GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_connect_inet (QSocket        *self,
                                const char     *host,
                                const char     *service,
                                GSocketFamily   family,
                                GSocketType     socktype,
                                int             timeout_ms,
                                GCancellable   *cancellable,
                                GError        **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_connect_inet_async (QSocket             *self,
                                  const char          *host,
                                  const char          *service,
                                  GSocketFamily        family,
                                  GSocketType          socktype,
                                  int                  timeout_ms,
                                  int                  io_priority,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_connect_inet_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_connect_unix (QSocket       *self,
                                const char    *path,
                                GSocketType    socktype,
                                int            protocol,
                                int            timeout_ms,
                                GCancellable  *cancellable,
                                GError       **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_connect_unix_async (QSocket             *self,
                                  const char          *path,
                                  GSocketType          socktype,
                                  int                  protocol,
                                  int                  timeout_ms,
                                  int                  io_priority,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_connect_unix_finish (QSocket       *self,
                                       GAsyncResult  *result,
                                       GError       **error);

G_END_DECLS
