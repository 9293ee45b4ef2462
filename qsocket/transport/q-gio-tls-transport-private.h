/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-tls-session-private.h"

G_BEGIN_DECLS

/* A TLS session that somebody else began with GIO's classes, over a GSocket. GIO does
 * the input and output here; but no call into it waits. */
typedef struct
{
  QTlsSession session;

  QPlainTransport *plain;

  /* Taken from the caller and not by GIO yet. GnuTLS keeps what it could not send
   * and expects to be given the same bytes again. */
  guint8 *bytes;
  gsize start;
  gsize end;
  int has_unsent;            /* atomic */
} QGioTlsTransport;

/* @connection has a GSocketConnection below, and its handshake behind it. */
QGioTlsTransport *q_gio_tls_transport_new (QPlainTransport *plain,
                                           GTlsConnection  *connection,
                                           QTlsConfig      *config);

G_END_DECLS
