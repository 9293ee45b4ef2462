/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-tls-session-private.h"
#include "q-tls-base-stream-private.h"

G_BEGIN_DECLS

/* A TLS session over a plain socket, after its handshake. It does the socket's
 * input and output itself and asks GIO's GTlsConnection only to encrypt and
 * decrypt what is in memory, so that nobody waits inside GIO and no lock is held
 * while anybody waits. */
typedef struct
{
  QTlsSession session;

  QPlainTransport *plain;
  QTlsBaseStream *base;
  gboolean may_be_asked;  /* by the peer, for another handshake */

  /* Sending what is encrypted: the sender takes the wire's block and sends it
   * without the other lock. */
  GMutex send_lock;
  QTlsBlock sending;
  int has_unsent;            /* atomic: something is encrypted that has not left */
} QTlsTransport;

/* Takes over @wire and @connection. The handshake is still to come. */
QTlsTransport *q_tls_transport_new  (QPlainTransport *plain,
                                     QTlsBaseStream        *base,
                                     GTlsConnection  *connection,
                                     QTlsConfig      *config,
                                     const char      *host,
                                     gboolean         is_server);

void           q_tls_transport_free (QTlsTransport   *self);

/* The handshake is done: from here on the wire is memory. */
void           q_tls_transport_open (QTlsTransport   *self);

/* Says that nothing more follows (close_notify), as far as that needs no waiting;
 * there may be something left to flush. */
void           q_tls_transport_end  (QTlsTransport   *self);

/* Whether @transport is one of these. */
gboolean       q_transport_is_tls   (QTransport      *transport);

G_END_DECLS
