/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

typedef struct _QOpChain QOpChain;

/* Called when @done has succeeded. Returns the operation that comes next. NULL ends the chain,
 * which has then failed if self->parent.error is set. */
typedef QOp *(*QOpNextFunc) (QOpChain *self,
                             QOp      *done);

/* Several operations, one after the other, which a driver runs as one, with one deadline. They
 * belong to the caller. */
struct _QOpChain
{
  QOp parent;
  QOp *current;           /* NULL at the end */
  QOpNextFunc next;
  gpointer data;          /* for @next */
};

/* Begins with @first, whose name and target are those of the chain. */
void q_op_chain_init (QOpChain    *self,
                      QOp         *first,
                      QOpNextFunc  next,
                      gpointer     data);

G_END_DECLS
