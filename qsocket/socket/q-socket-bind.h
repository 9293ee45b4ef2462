/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind (QSocket     *self,
                        const char  *bind_to,
                        gboolean     reuseaddr,
                        GError     **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind_port (QSocket   *self,
                             int        port,
                             gboolean   reuseaddr,
                             GError   **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind_inet (QSocket        *self,
                             const char     *iface,
                             const char     *service,
                             gboolean        reuseaddr,
                             GSocketFamily   family,
                             GSocketType     socktype,
                             int             protocol,
                             GError        **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_bind_unix (QSocket      *self,
                             const char   *path,
                             GSocketType   socktype,
                             int           protocol,
                             GError      **error);

G_END_DECLS
