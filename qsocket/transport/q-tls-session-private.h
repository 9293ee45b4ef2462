/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-tls-config-private.h"
#include "q-plain-transport-private.h"

G_BEGIN_DECLS

/* What all transports have that encrypt with a GTlsConnection: the connection, what
 * is known of the peer, and what went wrong. */
typedef struct
{
  QTransport parent;

  GTlsConnection *connection;
  GPollableInputStream *input;
  GPollableOutputStream *output;

  /* One call into GIO at a time: GnuTLS cannot bear two when the keys change. */
  GMutex lock;
  GError *errors[2];      /* of reading and of writing, for good; under the lock */
  gboolean is_ended;      /* this side has said that nothing more follows */

  /* of the reader */
  gboolean may_have_data; /* there may be something to decrypt */

  /* How the peer is judged. */
  QTlsConfig *config;
  char *host;
  gboolean is_server;     /* this side */
  const char *verification;    /* as of q_tls_verify (), or NULL; under the lock */

  /* What the handshake settled; never changes. */
  char *cipher;
  const char *version;
} QTlsSession;

enum
{
  Q_TLS_READING,
  Q_TLS_WRITING,
};

/* Takes over @connection. */
void          q_tls_session_init  (QTlsSession           *self,
                                   const QTransportClass *klass,
                                   GTlsConnection        *connection,
                                   QTlsConfig            *config,
                                   const char            *host,
                                   gboolean               is_server);

void          q_tls_session_clear (QTlsSession *self);

/* The session that @transport is, or NULL. */
QTlsSession  *q_tls_session_of (QTransport *transport);

/* Keeps the first error for good, in our words; takes over @from. To be called under
 * the lock. Returns -Q_TRANSPORT_ERROR. */
gssize        q_tls_session_keep_error (QTlsSession *self,
                                        int          direction,
                                        GError      *from);

/* QTransportClass.get_error. */
const GError *q_tls_session_get_error (QTransport *transport,
                                       gboolean    of_writing);

/* QTransportClass.may_have_data. */
gboolean      q_tls_session_may_have_data (QTransport *transport);

/* Whether the handshake may go on with this certificate of the peer. */
gboolean      q_tls_session_accepts (QTlsSession     *self,
                                     GTlsCertificate *certificate);

/* The handshake is done. Returns what there is to object to its result, or NULL. */
char         *q_tls_session_complete (QTlsSession *self);

/* The verdict on the peer's certificate; NULL if it has none. */
const char   *q_tls_session_get_verification (QTlsSession *self);

G_END_DECLS
