/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* @error is NULL if @op is done; else it belongs to the callee. */
typedef void (*QOpDoneFunc) (QOp      *op,
                             GError   *error,
                             gpointer  user_data);

/* Runs @op in the caller's thread-default main context, and calls @done there when it is done
 * or has failed, never from inside q_op_start (). Until then @op must stay where it is; if the
 * context is freed before, @done is not called. @timeout_ms is negative for no limit, and 0 for
 * no waiting. */
void q_op_start (QOp          *op,
                 int           timeout_ms,
                 int           io_priority,
                 GCancellable *cancellable,
                 QOpDoneFunc   done,
                 gpointer      user_data);

G_END_DECLS
