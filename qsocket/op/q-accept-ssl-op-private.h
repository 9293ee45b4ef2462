/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-accept-op-private.h"

G_BEGIN_DECLS

/* Takes from a listener the first connection on which the client has said something,
 * which is what a TLS handshake begins with. Those who say nothing are kept, for
 * this call and the next ones, and keep nobody waiting. Done without a connection
 * when the time is up and nobody came. */
typedef struct
{
  QOp parent;
  QAcceptOp accept;       /* its results are this operation's */
  struct pollfd *fds;
} QAcceptSslOp;

void q_accept_ssl_op_init  (QAcceptSslOp *self,
                            const char   *name,
                            QChannel     *channel,
                            const QSink  *sink);

void q_accept_ssl_op_clear (QAcceptSslOp *self);

G_END_DECLS
