/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Sends the corked bytes and then those of the caller, which must live as long as the
 * operation. */
typedef struct
{
  QOp parent;
  struct iovec vectors[2];      /* those of the caller's bytes that are not sent yet */
  int n_vectors;
  gsize left;             /* how many bytes these are */
  gsize moved;            /* how many of the caller's bytes the transport took */
  gsize sent;             /* how many bytes it took, with corked ones; for events */
  gboolean is_partial;    /* done as soon as the transport took any of the caller's bytes */
  gboolean only_flush_left;     /* the transport took all; some may not have left it */
} QSendOp;

/* Sends @head and @body, as one message if the channel carries messages. An empty message is
 * sent as well; on a stream, with no corked bytes, the operation is then done at once. The caller
 * has the claim of a writer. */
void q_send_op_init (QSendOp     *self,
                     const char  *name,
                     QChannel    *channel,
                     const QSink *sink,
                     const void  *head,
                     gsize        head_length,
                     const void  *body,
                     gsize        body_length);

/* Sends corked bytes, and those that the transport has encrypted, as far as the kernel takes them
 * without waiting. Does nothing if another thread sends at this moment, since that sends them.
 * Needs no claim: it is for a reader before it waits for the peer, and for a close. The caller
 * has entered the channel, or is the one that closes it, so that the descriptor stays what it
 * is. Events go to @sink. An error is not reported; the next send meets it. Returns whether bytes
 * are left that the kernel may take later. */
gboolean q_send_flush (QChannel    *channel,
                       const QSink *sink);

/* The same for the bytes that the transport has encrypted alone, without events. */
gboolean q_send_flush_transport (QChannel *channel);

G_END_DECLS
