/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-ssl-settings.h"

G_BEGIN_DECLS

/* Setters of the properties of the same name. A property has no error to return, so a file
 * that cannot be read makes the next handshakes fail. */

void q_socket_set_ssl_ca_file_property  (QSocket    *self,
                                         const char *path);

void q_socket_set_ssl_crl_file_property (QSocket    *self,
                                         const char *path);

G_END_DECLS
