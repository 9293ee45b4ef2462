/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-socket-event.h"
#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SOCKET (q_socket_get_type ())

QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QSocket, q_socket, Q, SOCKET, GObject)

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_new (void);

QSOCKET_AVAILABLE_IN_1_0
QSocket *q_socket_copy (QSocket *self);

G_END_DECLS
