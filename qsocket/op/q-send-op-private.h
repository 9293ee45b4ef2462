/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Sending everything it is given, after what is corked. The bytes stay the
 * caller's; they must live as long as the operation. */
typedef struct
{
  QOp parent;
  struct iovec vectors[3];
  int first;
  int n_vectors;
  gsize corked;           /* how many of the bytes come from the channel's cork */
  gsize total;
  gsize sent;
  gboolean some;          /* done as soon as any byte of the caller's was taken and has left */
  gboolean is_taken;      /* the transport has all; what remains is to flush it */
  guint64 *counter;       /* counts what left; may be NULL */
} QSendOp;

/* The caller has the writer's role. With nothing to send at all on a stream it
 * is done at once. */
void q_send_op_init (QSendOp    *self,
                      const char  *name,
                      QChannel    *channel,
                      const QSink *sink,
                      guint64     *counter,
                      const void  *head,
                      gsize        head_length,
                      const void  *body,
                      gsize        body_length);

/* Takes out of the cork what left; to be called at the end, whatever came of it. */
void q_send_op_finish (QSendOp *self);

/* Gathers bytes in the cork; FALSE if they do not fit. */
gboolean q_channel_gather (QChannel   *channel,
                           const void *bytes,
                           gsize       length);

G_END_DECLS
