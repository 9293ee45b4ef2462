/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-tls-session-private.h"
#include "q-tls-base-stream-private.h"

G_BEGIN_DECLS

/* TLS over a plain socket. Once the handshake is done, it does the socket's input and
 * output itself and has GIO's GTlsConnection only encrypt and decrypt what is in memory,
 * so that no thread waits inside GIO, and none waits while it holds the session's lock. */
typedef struct
{
  QTlsSession session;

  QPlainTransport *plain;
  QTlsBaseStream *base;
  gboolean allows_rehandshake;  /* the version lets the peer ask for another handshake */

  /* A thread that sends moves what is encrypted from base->out to @sending, and then sends
   * it without the session's lock. It may sleep in the kernel with the send lock, so a call
   * that must not sleep only tries that. */
  GMutex send_lock;
  QTlsBlock sending;

  /* Whether there is something in base->out or @sending. It changes under the session's
   * lock; other threads look at it without. */
  atomic_int has_unsent;
} QTlsTransport;

/* Takes over @base and @connection. The handshake is still to come. */
QTlsTransport *q_tls_transport_new  (QPlainTransport *plain,
                                     QTlsBaseStream  *base,
                                     GTlsConnection  *connection,
                                     QTlsConfig      *config,
                                     const char      *host,
                                     gboolean         is_server);

void           q_tls_transport_free (QTlsTransport   *self);

/* To be called when the handshake is done: from here on the base stream is memory. */
void           q_tls_transport_open (QTlsTransport   *self);

/* Returns the QTlsTransport that @transport is, or NULL if it is none. */
QTlsTransport *q_tls_transport_of   (QTransport      *transport);

G_END_DECLS
