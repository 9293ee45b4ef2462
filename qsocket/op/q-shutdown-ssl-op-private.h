/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Ends the TLS session of a channel, and not the connection: takes leave, and waits
 * for the peer to do the same. What the peer sent before that goes into the read
 * buffer, and so do the clear bytes behind it. When it is done the channel's
 * transport is for the caller to replace. */
typedef struct
{
  QOp parent;
  gsize limit;            /* what the peer may still send; 0: as much as it likes */
} QShutdownSslOp;

/* The caller has both roles. */
void q_shutdown_ssl_op_init (QShutdownSslOp *self,
                             const char     *name,
                             QChannel       *channel,
                             const QSink    *sink,
                             gsize           limit);

G_END_DECLS
