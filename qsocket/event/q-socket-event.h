/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-socket-event-type.h"
#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SOCKET_EVENT (q_socket_event_get_type ())

typedef struct _QSocketEvent QSocketEvent;

QSOCKET_AVAILABLE_IN_1_0
GType q_socket_event_get_type (void);

QSOCKET_AVAILABLE_IN_1_0
QSocketEvent *q_socket_event_ref (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_event_unref (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
QSocketEventType q_socket_event_get_event_type (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_event_name (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
int q_socket_event_get_source (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
guint64 q_socket_event_get_id (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_time (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_read (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_read (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_to_read (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_sent (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_sent (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
gint64 q_socket_event_get_total_to_send (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_name (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_service (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_address (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
int q_socket_event_get_port (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
GSocketFamily q_socket_event_get_family (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_target (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_message (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_event_get_headers (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_cipher (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_event_get_cipher_version (QSocketEvent *self);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_socket_event_get_info (QSocketEvent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QSocketEvent, q_socket_event_unref)

G_END_DECLS
