/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_shutdown (QSocket  *self,
                            GError  **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_close (QSocket  *self,
                         GError  **error);

G_END_DECLS
