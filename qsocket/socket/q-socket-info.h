/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_open (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_is_secure (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
int q_socket_get_socket (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_get_peer_info (QSocket  *self,
                                  GError  **error);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_get_socket_info (QSocket  *self,
                                    GError  **error);

QSOCKET_AVAILABLE_IN_1_0
int q_socket_get_port (QSocket *self);

G_END_DECLS
