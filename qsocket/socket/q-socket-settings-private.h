/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-private.h"

G_BEGIN_DECLS

#define Q_SOCKET_DEFAULT_LOOKUP_HOSTNAMES TRUE
#define Q_SOCKET_DEFAULT_MAX_HEADER_SIZE (64 * 1024)
#define Q_SOCKET_DEFAULT_MAX_HEADER_COUNT 256
#define Q_SOCKET_DEFAULT_MAX_RECEIVE_SIZE (64 * 1024 * 1024)

extern const QSocketSettings q_socket_default_settings;

/* A new socket with the settings and the queue of @self. */
QSocket    *q_socket_new_inheriting (QSocket *self);

/* ---- TLS ---- */

/* The settings for a handshake that begins now; a new reference. */
QTlsConfig *q_socket_ref_tls_config (QSocket *self);

/* Borrowed, for getters. */
QTlsConfig *q_socket_get_tls_config (QSocket *self);

/* A copy to change, which becomes the socket's with the end of the change. */
QTlsConfig *q_socket_begin_tls_change (QSocket *self);

/* Takes over @config. Notifies of @property, if that is not NULL. */
void        q_socket_end_tls_change (QSocket    *self,
                                     QTlsConfig *config,
                                     const char *property);

G_END_DECLS
