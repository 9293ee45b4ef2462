/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-http-parser-private.h"
#include "q-op-private.h"

G_BEGIN_DECLS

/* Receives the head of an HTTP message. */
typedef struct
{
  QOp parent;
  gsize reported;
  GVariant *header;
  QHttpParser parser;
} QRecvHttpOp;

void q_recv_http_op_init (QRecvHttpOp *self,
                          const char  *name,
                          QChannel    *channel,
                          const QSink *sink,
                          gsize        max_size,
                          guint        max_fields);

void q_recv_http_op_clear (QRecvHttpOp *self);

G_END_DECLS
