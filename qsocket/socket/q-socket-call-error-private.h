/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-gate-private.h"
#include "q-socket-error.h"

G_BEGIN_DECLS

/* Errors that a call meets before it gets to its operation. @name is the one that messages
 * have, with a preposition ("recv from"), which is left out here. All return FALSE. */

gboolean q_socket_set_error (const char    *name,
                             QSocketError   code,
                             GError       **error,
                             const char    *text);

gboolean q_socket_set_pending_error (QClaim       claim,
                                     const char  *name,
                                     GError     **error);

gboolean q_socket_set_not_open_error (const char  *name,
                                      GError     **error);

/* Puts the name in front of an error. */
gboolean q_socket_prefix_error (const char  *name,
                                GError     **error);

G_END_DECLS
