/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-tls-block-private.h"
#include "q-tls-session-private.h"

G_BEGIN_DECLS

/* A TLS session that the application began with GIO's classes, over a GSocket, and whose
 * stream it then gave to a QSocket. GIO does the input and output here; but no call into it
 * waits. */
typedef struct
{
  QTlsSession session;

  QPlainTransport *plain;

  /* What write () took and GIO has not taken yet. GnuTLS keeps a record that it could not
   * send as a whole, and must be given the same bytes again. */
  QTlsBlock unsent;

  /* Whether there is something in @unsent, for threads without the session's lock. */
  atomic_int has_unsent;
} QGioTlsTransport;

/* @connection has a GSocketConnection below it and has done its handshake. */
QGioTlsTransport *q_gio_tls_transport_new (QPlainTransport *plain,
                                           GTlsConnection  *connection,
                                           QTlsConfig      *config);

G_END_DECLS
