/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"
#include "q-tls-config-private.h"
#include "q-tls-transport-private.h"

G_BEGIN_DECLS

/* A handshake that GIO runs. */
typedef struct _QHandshake QHandshake;

/* A TLS handshake over the channel's plain transport, which no other call uses meanwhile. After a
 * failed handshake the connection is of no use, and the caller closes it. */
typedef struct
{
  QOp parent;

  QTlsConfig *config;     /* the caller's */
  const char *host;       /* of a client: the name or address of the server; NULL: not checked */
  gboolean is_server;
  gboolean client_has_sent;     /* of a server: so it need not wait for the first bytes */

  int phase;
  QHandshake *handshake;  /* NULL unless GIO is at work */
  GPollFD fds[4];         /* those of the handshake's main context */
  QTlsTransport *transport;     /* the result, for the caller to take over; or NULL */
} QHandshakeOp;

/* Returns FALSE, with Q_SOCKET_ERROR_SSL or Q_SOCKET_ERROR_INVALID_ARGUMENT, if no handshake can
 * succeed, so that a call need not connect first. @host is as in QHandshakeOp. */
gboolean q_handshake_check (const QTlsConfig  *config,
                            const char        *host,
                            gboolean           is_server,
                            int                socktype,
                            GError           **error);

/* To be called only if q_handshake_check () has returned TRUE. */
void q_handshake_op_init (QHandshakeOp     *self,
                          const char       *name,
                          QChannel         *channel,
                          const QSink      *sink,
                          QTlsConfig       *config,
                          const char       *host,
                          gboolean          is_server);

G_END_DECLS
