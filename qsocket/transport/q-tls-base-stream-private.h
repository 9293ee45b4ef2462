/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>
#include <stdatomic.h>

#include "q-tls-block-private.h"

G_BEGIN_DECLS

/* The stream below GIO's GTlsConnection, for which it is the network. GIO runs a handshake
 * in a thread of its own; until that is done the stream reads and writes the socket, and
 * waits. Afterwards it is two blocks of memory and never waits: received bytes are put
 * into @in before GIO is asked to decrypt, and what GIO encrypts is in @out, to be sent.
 *
 * On purpose this is no GSocketConnection: with one of those GIO resumes sessions, and
 * then does not check the certificate again. */
#define Q_TYPE_TLS_BASE_STREAM (q_tls_base_stream_get_type ())
G_DECLARE_FINAL_TYPE (QTlsBaseStream, q_tls_base_stream, Q, TLS_BASE_STREAM, GIOStream)

typedef enum
{
  Q_TLS_BASE_STREAM_HANDSHAKE,
  Q_TLS_BASE_STREAM_DATA,
  Q_TLS_BASE_STREAM_DEAD,       /* given up: reads find the end, what is written is dropped */
} QTlsBaseStreamPhase;

struct _QTlsBaseStream
{
  GIOStream parent_instance;

  GInputStream *input;
  GOutputStream *output;

  int fd;
  atomic_int phase;
  atomic_int is_started;        /* the thread of the handshake has used the stream */
  int system_error;             /* the errno that the handshake met at the socket, or 0 */

  QTlsBlock in;                 /* received, and not read by GIO yet */
  QTlsBlock out;                /* written by GIO, and not sent yet */
  gboolean at_eof;              /* nothing comes after what is in @in */

  /* After the handshake only the thread that is entered here may use the stream. Any other
   * one is GIO's own, about to run another handshake that the peer has asked for. Both
   * members are accessed in sequentially consistent order only because that costs nothing
   * beside encryption. */
  _Atomic (GThread *) caller;
  atomic_int has_refused;       /* another handshake was asked for; the socket is shut down */
};

QTlsBaseStream *q_tls_base_stream_new (int fd);

/* No more than this may wait to be sent. A peer can ask for answers, such as changes of
 * keys, and not read them. */
#define Q_TLS_BASE_STREAM_MAX_OUT (256 * 1024)

G_END_DECLS
