/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Checks of arguments that connecting and binding have in common; all fail with
 * INVALID_ARGUMENT. */

/* Accepts STREAM, DATAGRAM and SEQPACKET; sets @kernel_type to SOCK_STREAM and so on. */
gboolean q_socket_check_type        (GSocketType   socktype,
                                     int          *kernel_type,
                                     GError      **error);

/* Accepts IPV4, IPV6, and INVALID, which means either of them. */
gboolean q_socket_check_inet_family (GSocketFamily   family,
                                     GError        **error);

/* Refuses port 0, which lets the system choose when binding but names no port to connect to. */
gboolean q_socket_check_remote_port (int      port,
                                     GError **error);

G_END_DECLS
