/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A target or a bind address as text, taken apart. Nothing is looked up here. */
typedef struct
{
  char *path;             /* a UNIX path, or NULL */
  char *host;             /* without brackets; NULL for a UNIX path */
  char *service;          /* "" if there was nothing behind the last colon */
  GSocketFamily family;   /* what the spelling fixes: IPv6 for "[host]" and for literals */
} QTarget;

#define Q_TARGET_INIT { NULL, NULL, NULL, G_SOCKET_FAMILY_INVALID }

void q_target_clear (QTarget *target);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QTarget, q_target_clear)

/* Splits "host:service", "[host]:service" or a path, at the last colon. Fails
 * with INVALID_ARGUMENT and leaves @target empty. A service may be empty only
 * where @service_optional says so (in a bind). */
gboolean q_target_parse (const char  *text,
                         gboolean     service_optional,
                         QTarget     *target,
                         GError     **error);

/* Checks a host name or literal as a caller gave it (no brackets). "*" is none:
 * a bind has to treat it before, as q_target_parse () does. */
gboolean q_target_check_host (const char  *host,
                              GError     **error);

/* Checks a service. Sets @port for a number and -1 for a name that is to be looked up. */
gboolean q_target_check_service (const char  *service,
                                 int         *port,
                                 GError     **error);

/* Checks a UNIX path: not empty, short enough for a sockaddr_un. */
gboolean q_target_check_path (const char  *path,
                              GError     **error);

G_END_DECLS
