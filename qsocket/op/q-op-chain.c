/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-chain-private.h"

/* Makes the error of the current operation that of the chain. */
static QStep
take_failure (QOpChain *self)
{
  self->parent.error = g_steal_pointer (&self->current->error);

  return Q_STEP_FAILED;
}

static QStep
chain_step (QOp *op)
{
  QOpChain *self = (QOpChain *) op;
  QOp *current = self->current;
  QStep step;

  current->sleep_limit = op->sleep_limit;
  current->timeout_ms = op->timeout_ms;
  current->is_blocking = op->is_blocking;
  step = current->klass->step (current);
  op->wait = current->wait;

  /* Where a QWait points into itself its copy has to do the same. */
  if (op->wait.fds == &current->wait.one)
    op->wait.fds = &op->wait.one;

  if (step == Q_STEP_FAILED)
    return take_failure (self);
  if (step != Q_STEP_DONE)
    return step;

  self->current = self->next (self, current);
  if (self->current != NULL)
    return Q_STEP_AGAIN;

  return op->error == NULL ? Q_STEP_DONE : Q_STEP_FAILED;
}

static QStep
chain_time_out (QOp *op)
{
  QOpChain *self = (QOpChain *) op;
  QStep step;

  self->current->timeout_ms = op->timeout_ms;
  step = q_op_time_out (self->current);

  return step == Q_STEP_FAILED ? take_failure (self) : step;
}

static void
chain_abandon (QOp *op)
{
  QOp *current = ((QOpChain *) op)->current;

  if (current != NULL && current->klass->abandon != NULL)
    current->klass->abandon (current);
}

static const QOpClass chain_class = { chain_step, chain_time_out, chain_abandon };

void
q_op_chain_init (QOpChain    *self,
                 QOp         *first,
                 QOpNextFunc  next,
                 gpointer     data)
{
  *self = (QOpChain) {
    .parent = { .klass = &chain_class, .name = first->name, .target = first->target },
    .current = first,
    .next = next,
    .data = data,
  };
}
