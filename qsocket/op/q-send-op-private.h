/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Sends all it is given, after what is corked. The bytes stay the caller's; they must live
 * as long as the operation. */
typedef struct
{
  QOp parent;
  struct iovec vectors[2];      /* what is left of the caller's bytes */
  int n_vectors;
  gsize left;             /* how many bytes that is */
  gsize moved;            /* how many of the caller's bytes the transport took */
  gsize sent;             /* the same with those that were corked; for events */
  gboolean is_partial;    /* done as soon as any byte of the caller's has left */
  gboolean is_taken;      /* the transport has all; what remains is to flush it */
} QSendOp;

/* The caller has the writer's claim. With nothing to send at all on a stream it is done at
 * once. @head and @body leave as one. */
void q_send_op_init (QSendOp     *self,
                     const char  *name,
                     QChannel    *channel,
                     const QSink *sink,
                     const void  *head,
                     gsize        head_length,
                     const void  *body,
                     gsize        body_length);

/* Sends what is corked or encrypted, as far as the kernel takes it without waiting, unless
 * another thread sends just now. Needs no claim: to be called before a reader waits for
 * the peer, and before a close. The caller has entered the channel, or is the one that
 * closes it, so that the descriptor stays what it is. Events go to @sink. An error is left
 * for the next send to meet. Returns whether something is left that the kernel may take
 * later. */
gboolean q_send_flush (QChannel    *channel,
                       const QSink *sink);

/* The same for what is encrypted alone. */
gboolean q_send_flush_transport (QChannel *channel);

G_END_DECLS
