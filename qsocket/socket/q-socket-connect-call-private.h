/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-connect-op-private.h"
#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-socket-call-private.h"

G_BEGIN_DECLS

/* A connect, and behind it a handshake if there is to be one. */
typedef struct
{
  QSocketCall call;
  QEndpoint endpoint;
  char *target;           /* for messages */
  char *path;             /* what the endpoint points to */
  char *host;
  char *service;
  gboolean is_secure;

  QOpChain chain;
  QConnectOp connect;
  QHandshakeOp handshake;
  QStopHook hook;         /* stops the one of them that is at work */
  QTlsConfig *tls;        /* NULL: no handshake */
  const char *peer_name;  /* whose certificate it has to be */
  QChannel *channel;      /* once it is connected */
} QConnectCall;

extern const QSocketCallClass q_connect_call_class;

/* The methods of the whole family have the same call. */
#define Q_CONNECT_METHOD(NAME, PREPOSITION) \
  Q_SOCKET_METHOD (NAME, PREPOSITION, &q_connect_call_class)

QConnectCall *q_connect_call_new (const QSocketMethod *method,
                                  QSocket             *self,
                                  gboolean             is_secure);

/* Three ways to say where to; each fills in the call, or fails. */
gboolean q_connect_call_set_target (QConnectCall  *self,
                                    const char    *text,
                                    GError       **error);

gboolean q_connect_call_set_host   (QConnectCall   *self,
                                    const char     *host,
                                    const char     *service,
                                    GSocketFamily   family,
                                    GSocketType     socktype,
                                    GError        **error);

gboolean q_connect_call_set_path   (QConnectCall  *self,
                                    const char    *path,
                                    GSocketType    socktype,
                                    int            protocol,
                                    GError       **error);

/* Blocking: runs what one of the three has filled in, if it has. */
gboolean q_connect_call_run   (QConnectCall  *self,
                               gboolean       is_set,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

/* Asynchronous: likewise; takes over @self and @error. */
void     q_connect_call_start (QConnectCall        *self,
                               GError              *error,
                               int                  timeout_ms,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);

G_END_DECLS
