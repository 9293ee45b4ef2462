/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-ssl-info.h"

G_BEGIN_DECLS

/* Emits ssl-established, with cipher and version of the present session. */
void q_socket_emit_ssl_established (QSocket *self);

G_END_DECLS
