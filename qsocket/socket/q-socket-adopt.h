/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_new_from_fd (int      fd,
                               GError **error);

QSOCKET_AVAILABLE_IN_1_0
int q_socket_steal_fd (QSocket  *self,
                       GError  **error);

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_new_from_connection (GIOStream  *stream,
                                       GError    **error);

G_END_DECLS
