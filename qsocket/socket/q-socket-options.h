/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_charset (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_charset (QSocket     *self,
                               const char  *encoding,
                               GError     **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_get_no_delay (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_no_delay (QSocket   *self,
                                gboolean   nodelay,
                                GError   **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_get_lookup_hostnames (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_lookup_hostnames (QSocket  *self,
                                    gboolean  lookup_hostnames);

QSOCKET_AVAILABLE_IN_1_0
guint q_socket_get_max_header_size (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_max_header_size (QSocket *self,
                                   guint    max_header_size);

QSOCKET_AVAILABLE_IN_1_0
guint q_socket_get_max_header_count (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_max_header_count (QSocket *self,
                                    guint    max_header_count);

QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_get_max_receive_size (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_max_receive_size (QSocket *self,
                                    guint64  max_receive_size);

G_END_DECLS
