/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-tls-block-private.h"

G_BEGIN_DECLS

/* What GIO's TLS takes for the network. During the handshake, which GIO runs in a
 * thread of its own, it is the socket, and waits. Afterwards it is two blocks of
 * memory and never waits: what the peer sent is put into @in before GIO is asked
 * to decrypt, and what GIO encrypts is in @out for somebody to send.
 *
 * It is no GSocketConnection on purpose: only for those does GIO resume sessions
 * without checking the certificate again. */
#define Q_TYPE_TLS_BASE_STREAM (q_tls_base_stream_get_type ())
G_DECLARE_FINAL_TYPE (QTlsBaseStream, q_tls_base_stream, Q, TLS_BASE_STREAM, GIOStream)

typedef enum
{
  Q_TLS_BASE_STREAM_HANDSHAKE,
  Q_TLS_BASE_STREAM_DATA,
  Q_TLS_BASE_STREAM_DEAD,        /* swallows what is written, has nothing to read */
} QTlsBaseStreamPhase;

struct _QTlsBaseStream
{
  GIOStream parent_instance;

  GInputStream *input;
  GOutputStream *output;

  int fd;
  int phase;              /* atomic */
  int is_started;         /* atomic: the handshake's thread is at work */

  /* Of the handshake: why the socket failed. */
  int system_error;
  gboolean is_ended;

  /* Of the data phase. Whoever calls GIO puts himself here before: anybody else who
   * comes is GIO's own thread, about to begin another handshake. */
  GThread *user;          /* atomic */
  int is_refused;         /* atomic: that happened */
  QTlsBlock in;
  QTlsBlock out;
  gboolean at_end;        /* nothing comes after what is in @in */
};

QTlsBaseStream *q_tls_base_stream_new (int fd);

/* More than this must not be waiting to be sent: a peer that asks for answers and
 * does not read them. */
#define Q_TLS_BASE_STREAM_MAX_OUT (256 * 1024)

G_END_DECLS
