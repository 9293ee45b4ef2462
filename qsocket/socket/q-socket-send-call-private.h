/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-call-private.h"
#include "q-send-op-private.h"

G_BEGIN_DECLS

/* The one way out: what all calls that send have in common. Head and body leave as
 * one, or are gathered if the socket is corked. */
typedef struct
{
  QSocketCall call;
  const void *head;
  gsize head_length;
  const void *body;
  gsize body_length;
  gboolean some;          /* see QSendOp */

  /* What the call has to free; NULL where a blocking caller has it. */
  gpointer owned;
  GDestroyNotify free_owned;

  QChannel *channel;
  gboolean has_op;        /* else all was gathered, or it did not come to that */
  QSendOp op;
  gsize moved;            /* how many bytes of head and body left or were gathered */
} QSendCall;

gboolean q_send_call_begin  (QSocketCall  *call,
                              GError      **error);

gboolean q_send_call_finish (QSocketCall  *call,
                              gboolean      ok,
                              GError      **error);

void     q_send_call_clear  (QSocketCall  *call);

/* The halves of both, for who has something to do in between. The beginning takes the
 * role, and then gathers, or makes the operation ready. */
gboolean q_send_call_enter  (QSendCall   *self,
                              GError      **error);

void     q_send_call_prepare (QSendCall *self);

/* The end counts what left, and then gives the role back. */
void     q_send_call_count (QSendCall   *self);

void     q_send_call_leave  (QSendCall   *self);

extern const QSocketCallClass q_send_call_class;

G_END_DECLS
