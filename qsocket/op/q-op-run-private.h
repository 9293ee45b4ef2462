/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Runs @op in the calling thread, which sleeps where the operation has to wait. Returns TRUE if
 * @op is done; else FALSE, with @error set. @timeout_ms is negative for no limit, and 0 for no
 * waiting. Neither needs nor runs a main context. */
gboolean q_op_run (QOp           *op,
                   int            timeout_ms,
                   GCancellable  *cancellable,
                   GError       **error);

G_END_DECLS
