/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-call-private.h"
#include "q-send-op-private.h"

G_BEGIN_DECLS

/* A call that sends a head and, behind it, a body, each of which may be empty. Both leave in one
 * write where that is possible. If the socket is corked they are copied into the send buffer
 * instead, which is called gathering. */
typedef struct
{
  QSocketCall call;
  const void *head;
  gsize head_length;
  const void *body;
  gsize body_length;
  gboolean is_partial;    /* done as soon as any byte was sent, as QSendOp.is_partial has it */

  /* The memory of head or body if the call has to free it; NULL if it belongs to the caller. */
  gpointer owned;
  GDestroyNotify free_owned;

  QChannel *channel;
  gboolean is_gathered;   /* all is in the send buffer, and @op is not used */
  QSendOp op;
} QSendCall;

/* The functions of the classes of such calls. */
gboolean q_send_call_finish (QSocketCall  *call,
                             gboolean      ok,
                             GError      **error);

void     q_send_call_clear  (QSocketCall  *call);

/* The parts of begin () and finish (), for calls that have more to do between them. */

/* Takes the claim of the writer. Fails if it is held, the socket is closed, or the call was
 * cancelled; then no claim is held. */
gboolean q_send_call_enter (QSendCall  *self,
                            GError    **error);

/* Gathers head and body if the socket is corked and they fit; else initialises @op. */
void     q_send_call_gather_or_prepare (QSendCall *self);

/* Drops the claim of the writer. */
void     q_send_call_leave (QSendCall *self);

/* How many bytes of head and body were sent or gathered. */
gsize    q_send_call_get_accepted (QSendCall *self);

extern const QSocketCallClass q_send_call_class;

/* A blocking call that sends bytes as they are. */
gboolean q_send_call_run_bytes (const QSocketMethod  *method,
                                QSocket              *socket,
                                const void           *bytes,
                                gsize                 length,
                                int                   timeout_ms,
                                GCancellable         *cancellable,
                                GError              **error);

G_END_DECLS
