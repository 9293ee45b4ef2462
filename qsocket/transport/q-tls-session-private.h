/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-tls-config-private.h"
#include "q-plain-transport-private.h"

G_BEGIN_DECLS

/* What all transports have in common that encrypt with a GTlsConnection: the connection,
 * what is known of the peer, and what went wrong. */
typedef struct
{
  QTransport parent;

  GTlsConnection *connection;
  GPollableInputStream *input;
  GPollableOutputStream *output;

  /* Held during every call into GIO: GnuTLS does not allow one thread to read and another
   * to write while the keys change. */
  GMutex lock;
  GError *errors[2];      /* by direction, never replaced; under the lock */
  gboolean has_sent_close_notify;

  /* Only for the thread that reads: whether @connection may return bytes without the
   * network. */
  gboolean may_have_data;

  /* How the peer's certificate is verified. */
  QTlsConfig *config;
  char *host;
  gboolean is_server;     /* this side is */

  /* What q_tls_verify () returned, or NULL. Under the lock once the handshake is done. */
  const char *verification;

  /* What the handshake has agreed on. */
  char *cipher;
  const char *version;
} QTlsSession;

enum
{
  Q_TLS_READING,
  Q_TLS_WRITING,
};

/* Initialises a structure of zeros. Takes over @connection. */
void          q_tls_session_init  (QTlsSession           *self,
                                   const QTransportClass *klass,
                                   GTlsConnection        *connection,
                                   QTlsConfig            *config,
                                   const char            *host,
                                   gboolean               is_server);

void          q_tls_session_clear (QTlsSession *self);

/* Returns the session that @transport is, or NULL if it is none. */
QTlsSession  *q_tls_session_of    (QTransport *transport);

/* Makes @from, which it takes over, the error of @direction, with QSocket's code and in its
 * words; an error that came before stays. To be called under the lock. Returns -EPROTO. */
gssize        q_tls_session_set_error (QTlsSession *self,
                                       int          direction,
                                       GError      *from);

/* QTransportClass.get_error. */
const GError *q_tls_session_get_error (QTransport *transport,
                                       gboolean    of_writing);

/* QTransportClass.may_have_data. */
gboolean      q_tls_session_may_have_data (QTransport *transport);

/* Whether the handshake may go on with this certificate of the peer. */
gboolean      q_tls_session_accepts  (QTlsSession     *self,
                                      GTlsCertificate *certificate);

/* To be called after the handshake. Returns what is wrong with what it has agreed on, or
 * NULL. */
char         *q_tls_session_complete (QTlsSession *self);

/* Returns what is to be said of the peer's certificate, or NULL if it has none. */
const char   *q_tls_session_get_verification (QTlsSession *self);

G_END_DECLS
