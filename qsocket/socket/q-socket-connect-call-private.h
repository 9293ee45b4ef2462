/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-connect-op-private.h"
#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-socket-call-private.h"

G_BEGIN_DECLS

/* A call that connects, and then makes the TLS handshake if it is one of the _ssl methods. */
typedef struct
{
  QSocketCall call;
  QEndpoint endpoint;
  char *target;           /* for messages */

  /* The texts that @endpoint points to. */
  char *path;
  char *host;
  char *service;

  gboolean is_secure;

  QOpChain chain;
  QConnectOp connect;
  QHandshakeOp handshake;
  QStopHook hook;         /* stops the present operation if the socket is closed */
  QTlsConfig *tls;        /* NULL: no handshake */
  const char *peer_name;  /* the ssl-server-name, which belongs to @tls, or NULL */
  QChannel *channel;      /* NULL until the connection is there */
} QConnectCall;

extern const QSocketCallClass q_connect_call_class;

/* The row of a method that connects. */
#define Q_CONNECT_METHOD(NAME, PREPOSITION) \
  Q_SOCKET_METHOD (NAME, PREPOSITION, &q_connect_call_class)

QConnectCall *q_connect_call_new (const QSocketMethod *method,
                                  QSocket             *self,
                                  gboolean             is_secure);

/* Set the endpoint of the call from the arguments of the public functions. They fail with
 * INVALID_ARGUMENT; the message then lacks the name of the method. */
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

/* The blocking form. @is_set is what the function that set the endpoint has returned, with @error
 * set if it is FALSE. */
gboolean q_connect_call_run   (QConnectCall  *self,
                               gboolean       is_set,
                               int            timeout_ms,
                               GCancellable  *cancellable,
                               GError       **error);

/* The asynchronous form; takes over @self and @error, which is not NULL if the endpoint could not
 * be set. */
void     q_connect_call_start (QConnectCall        *self,
                               GError              *error,
                               int                  timeout_ms,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);

G_END_DECLS
