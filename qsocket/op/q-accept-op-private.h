/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Accepts one connection from a listener. When the time is up it is done, with @fd -1. */
typedef struct
{
  QOp parent;
  int fd;                 /* the new connection, for the caller to close; or -1 */
  QAddress peer;
} QAcceptOp;

/* The caller has the claim of a reader. */
void q_accept_op_init (QAcceptOp   *self,
                       const char  *name,
                       QChannel    *channel,
                       const QSink *sink);

G_END_DECLS
