/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

typedef struct _QOpChain QOpChain;

/* @done has succeeded: what is to be done next? NULL ends the chain, as a failure if
 * self->parent.error is set. */
typedef QOp *(*QOpNextFunc) (QOpChain *self,
                             QOp      *done);

/* One operation after the other, to the driver one operation with one deadline. */
struct _QOpChain
{
  QOp parent;
  QOp *current;
  QOpNextFunc next;
  gpointer data;          /* for @next */
};

void q_op_chain_init (QOpChain    *self,
                      QOp         *first,
                      QOpNextFunc  next,
                      gpointer     data);

G_END_DECLS
