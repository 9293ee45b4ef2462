/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Takes one connection from a listener. Done without one when the time is up. */
typedef struct
{
  QOp parent;
  int fd;                 /* the new connection, or -1 */
  QAddress peer;
} QAcceptOp;

void q_accept_op_init (QAcceptOp   *self,
                       const char  *name,
                       QChannel    *channel,
                       const QSink *sink);

G_END_DECLS
