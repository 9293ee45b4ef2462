/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Checks of arguments that several families of functions take; all fail with
 * INVALID_ARGUMENT. */

gboolean q_socket_check_type        (GSocketType   socktype,
                                     int          *kernel_type,
                                     GError      **error);

/* IPv4, IPv6, or INVALID for either. */
gboolean q_socket_check_inet_family (GSocketFamily   family,
                                     GError        **error);

/* Binding may leave the port to the system; connecting cannot. */
gboolean q_socket_check_remote_port (int      port,
                                     GError **error);

G_END_DECLS
