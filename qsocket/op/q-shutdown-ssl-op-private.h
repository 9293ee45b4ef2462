/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Ends the TLS session of a channel, and not the connection: sends a close_notify and
 * waits for that of the peer. Bytes that the peer sends before it go into the receive
 * buffer, and so do those that came after it, which are not encrypted. When the
 * operation is done the caller replaces the channel's transport. */
typedef struct
{
  QOp parent;
  gsize limit;            /* how many bytes the peer may send before its end; 0: no limit */
} QShutdownSslOp;

/* The caller has the claims of the reader and the writer, and the channel's transport is a
 * QTlsTransport. */
void q_shutdown_ssl_op_init (QShutdownSslOp *self,
                             const char     *name,
                             QChannel       *channel,
                             const QSink    *sink,
                             gsize           limit);

G_END_DECLS
