/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-int-format.h"
#include "q-recv-op-private.h"
#include "q-socket-call-private.h"

G_BEGIN_DECLS

/* The one way in: what all calls that receive have in common. */
typedef struct
{
  QSocketCall call;
  QRecvResult result;
  gssize size;            /* as the public functions have it; or of @memory */
  gsize minimum;          /* of @memory */
  void *memory;
  gboolean exact;
  gboolean end_is_fine;
  QIntFormat format;      /* of an integer */
  guint8 bytes[8];        /* and memory for it */

  QChannel *channel;
  QRecvOp op;
} QRecvCall;

gboolean q_recv_call_begin  (QSocketCall  *call,
                             GError      **error);

/* Leaves bytes or text in call->pointer. */
gboolean q_recv_call_finish (QSocketCall  *call,
                             gboolean      ok,
                             GError      **error);

/* For Q_RECV_TO_MEMORY. */
extern const QSocketCallClass q_recv_call_memory_class;

G_END_DECLS
