/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-call-private.h"
#include "q-send-op-private.h"

G_BEGIN_DECLS

/* What all calls that send have in common. Head and body leave as one, or are gathered if
 * the socket is corked. */
typedef struct
{
  QSocketCall call;
  const void *head;
  gsize head_length;
  const void *body;
  gsize body_length;
  gboolean is_partial;    /* see QSendOp */

  /* What the call has to free; NULL where a blocking caller has it. */
  gpointer owned;
  GDestroyNotify free_owned;

  QChannel *channel;
  gboolean is_gathered;   /* in the send buffer; there is no operation then */
  QSendOp op;
} QSendCall;

gboolean q_send_call_begin  (QSocketCall  *call,
                             GError      **error);

gboolean q_send_call_finish (QSocketCall  *call,
                             gboolean      ok,
                             GError      **error);

void     q_send_call_clear  (QSocketCall  *call);

/* The halves of both, for calls that have something to do in between. The beginning takes the
 * claim, and then gathers, or makes the operation ready. */
gboolean q_send_call_enter (QSendCall  *self,
                            GError    **error);

void     q_send_call_gather_or_prepare (QSendCall *self);

/* The end drops the claim. */
void     q_send_call_leave (QSendCall *self);

/* How many bytes of head and body left or were gathered. */
gsize    q_send_call_get_accepted (QSendCall *self);

extern const QSocketCallClass q_send_call_class;

/* A blocking call that sends plain bytes. */
gboolean q_send_call_run_bytes (const QSocketMethod  *method,
                                QSocket              *socket,
                                const void           *bytes,
                                gsize                 length,
                                int                   timeout_ms,
                                GCancellable         *cancellable,
                                GError              **error);

G_END_DECLS
