/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-gate-private.h"
#include "q-socket-error.h"

G_BEGIN_DECLS

/* Errors that a call meets before there is an operation, so that messages name no peer. @name is
 * that of a QSocketMethod: if it has a preposition ("recv from"), the message is without that.
 * @text is translated already. All functions return FALSE. */

gboolean q_socket_set_error (const char    *name,
                             QSocketError   code,
                             GError       **error,
                             const char    *text);

gboolean q_socket_set_pending_error (QClaim       claim,
                                     const char  *name,
                                     GError     **error);

gboolean q_socket_set_not_open_error (const char  *name,
                                      GError     **error);

/* Puts the name in front of the message of *@error. */
gboolean q_socket_prefix_error (const char  *name,
                                GError     **error);

G_END_DECLS
