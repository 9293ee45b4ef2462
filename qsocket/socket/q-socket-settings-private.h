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

/* Creates a closed socket with the settings and the event queue of @self. */
QSocket    *q_socket_new_inheriting (QSocket *self);

/* ---- TLS ---- */

/* Returns a new reference to the settings for a handshake that begins now. They do not change
 * while the handshake runs, since a setter replaces the config of the socket by another one. */
QTlsConfig *q_socket_ref_tls_config (QSocket *self);

/* For getters: the config belongs to the socket and stays valid until the next change. */
QTlsConfig *q_socket_get_tls_config (QSocket *self);

/* Returns a copy of the config for a setter to change. The setter then hands it to
 * q_socket_end_tls_change (), or frees it to change nothing. */
QTlsConfig *q_socket_begin_tls_change (QSocket *self);

/* Makes @config, which it takes over, the config of the socket. Emits notify for @property unless
 * that is NULL. */
void        q_socket_end_tls_change (QSocket    *self,
                                     QTlsConfig *config,
                                     const char *property);

G_END_DECLS
