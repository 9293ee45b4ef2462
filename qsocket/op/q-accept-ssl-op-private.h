/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-accept-op-private.h"

G_BEGIN_DECLS

/* Accepts connections from a listener until a client has sent something, which is how a TLS
 * handshake begins, and returns that connection. A client that sends nothing delays no other
 * one: it is kept in the channel's pending clients, for this call and later ones. When the time
 * is up it closes those and fails; if there are none it is done, without a connection. */
typedef struct
{
  QOp parent;
  QAcceptOp accept;       /* accepts one; then has the results of this operation */
  struct pollfd *fds;     /* the listener, then the pending clients in their order */
} QAcceptSslOp;

/* The caller has the claim of a reader. */

void q_accept_ssl_op_init  (QAcceptSslOp *self,
                            const char   *name,
                            QChannel     *channel,
                            const QSink  *sink);

/* Does not close @accept.fd. */
void q_accept_ssl_op_clear (QAcceptSslOp *self);

G_END_DECLS
