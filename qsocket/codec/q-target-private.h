/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The parts of a target, which is what to connect to or bind to, written as text.
 * Names are not looked up here. */
typedef struct
{
  char *path;             /* a UNIX path, or NULL */
  char *host;             /* without brackets; NULL for a UNIX path */
  char *service;          /* "" if nothing follows the last colon; NULL for a UNIX path */
  GSocketFamily family;   /* of an address literal, and IPv6 for "[host]"; else INVALID */
} QTarget;

#define Q_TARGET_INIT { NULL, NULL, NULL, G_SOCKET_FAMILY_INVALID }

void q_target_clear (QTarget *target);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QTarget, q_target_clear)

/* Splits "host:service" or "[host]:service" at the last colon; a text without a
 * colon is a path. On failure (INVALID_ARGUMENT) @target is empty. A bind allows an
 * empty service, and "*" for all addresses: then @service_optional is TRUE. */
gboolean q_target_parse (const char  *text,
                         gboolean     service_optional,
                         QTarget     *target,
                         GError     **error);

/* Checks a host name or address literal without brackets. "*" fails: a bind must
 * accept it before, as q_target_parse () does. */
gboolean q_target_check_host (const char  *host,
                              GError     **error);

/* Checks a service. @port becomes its number, or -1 for a name to be looked up. */
gboolean q_target_check_service (const char  *service,
                                 int         *port,
                                 GError     **error);

/* Checks that a UNIX path is not empty and fits into a sockaddr_un. */
gboolean q_target_check_path (const char  *path,
                              GError     **error);

G_END_DECLS
