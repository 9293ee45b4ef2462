/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-tls-config-private.h"
#include "q-tls-wire-private.h"
#include "q-transport-private.h"

G_BEGIN_DECLS

/* A TLS session over a plain socket, after its handshake. It does the socket's
 * input and output itself and asks GIO's GTlsConnection only to encrypt and
 * decrypt what is in memory, so that nobody waits inside GIO and no lock is held
 * while anybody waits. */
typedef struct
{
  QTransport parent;

  QPlainTransport *plain;
  QTlsWire *wire;
  GTlsConnection *connection;
  GPollableInputStream *input;
  GPollableOutputStream *output;

  /* One call into GIO at a time: GnuTLS cannot bear two when the keys change. */
  GMutex lock;
  GError *errors[2];      /* of reading and of writing, for good; under the lock */
  gboolean is_ended;      /* this side has said that nothing more follows */

  /* of the reader */
  gboolean may_have_more; /* there may be something to decrypt */

  /* Sending what is encrypted: the sender takes the wire's block and sends it
   * without the other lock. */
  GMutex send_lock;
  QTlsBlock sending;
  int is_held;            /* atomic: something is encrypted that has not left */

  /* How the peer is judged. */
  QTlsConfig *config;
  char *host;
  gboolean is_server;     /* this side */
  const char *verdict;    /* as of q_tls_verify (), or NULL; under the lock */

  /* What the handshake settled; never changes. */
  char *cipher;
  const char *version;
} QTlsTransport;

/* Takes over @wire and @connection. The handshake is still to come. */
QTlsTransport *q_tls_transport_new  (QPlainTransport *plain,
                                     QTlsWire        *wire,
                                     GTlsConnection  *connection,
                                     QTlsConfig      *config,
                                     const char      *host,
                                     gboolean         is_server);

void           q_tls_transport_free (QTlsTransport   *self);

/* Whether the handshake may go on with this certificate of the peer. */
gboolean       q_tls_transport_accepts     (QTlsTransport   *self,
                                            GTlsCertificate *certificate);

/* The handshake is done: from here on the wire is memory. Returns what there is to
 * object to its result, or NULL. */
char          *q_tls_transport_open        (QTlsTransport   *self);

/* The verdict on the peer's certificate; NULL if it has none. */
const char    *q_tls_transport_get_verdict (QTlsTransport   *self);

/* Says that nothing more follows (close_notify), as far as that needs no waiting;
 * there may be something left to flush. */
void           q_tls_transport_end  (QTlsTransport   *self);

/* Whether @transport is one of these. */
gboolean       q_transport_is_tls   (QTransport      *transport);

G_END_DECLS
