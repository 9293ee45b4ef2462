/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-http-parser-private.h"
#include "q-op-private.h"

G_BEGIN_DECLS

/* Receives the head of an HTTP message: its start line and header fields. If the peer sends
 * something else, receives that text. */
typedef struct
{
  QOp parent;
  gsize reported_bytes;   /* bytes for which there was an event */
  GVariant *header;       /* the result, for the caller to take: a dictionary, or a string */
  QHttpParser parser;
} QRecvHttpOp;

/* The caller has the claim of a reader. More than @max_size bytes or @max_fields header fields are
 * Q_SOCKET_ERROR_TOO_LARGE. */
void q_recv_http_op_init (QRecvHttpOp *self,
                          const char  *name,
                          QChannel    *channel,
                          const QSink *sink,
                          gsize        max_size,
                          guint        max_fields);

/* Does not free the result. */
void q_recv_http_op_clear (QRecvHttpOp *self);

G_END_DECLS
