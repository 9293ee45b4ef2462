/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"
#include "q-tls-config-private.h"
#include "q-tls-transport-private.h"

G_BEGIN_DECLS

/* What the two threads of a handshake share. */
typedef struct _QHandshake QHandshake;

/* A TLS handshake over the channel's plain transport, of which @transport is the
 * result; the caller takes it. A failed one leaves the connection of no use, and
 * for the caller to close. */
typedef struct
{
  QOp parent;

  QTlsConfig *config;
  const char *host;       /* of the peer, for a client; NULL: no name to check */
  gboolean is_server;
  gboolean has_spoken;    /* the client has sent something already */

  int phase;
  QHandshake *handshake;
  GPollFD fds[4];
  QTlsTransport *transport;
} QHandshakeOp;

/* Whether there is any point in beginning; fails with SSL or INVALID_ARGUMENT. @host
 * is as below. */
gboolean q_handshake_check (const QTlsConfig  *config,
                            const char        *host,
                            gboolean           is_server,
                            int                socktype,
                            GError           **error);

/* Only after such a check. */
void q_handshake_op_init (QHandshakeOp     *self,
                          const char       *name,
                          QChannel         *channel,
                          const QSink      *sink,
                          QTlsConfig       *config,
                          const char       *host,
                          gboolean          is_server);

G_END_DECLS
