/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A block of memory that is there only while it holds bytes; blocks are shared by
 * all connections, so that an idle one owns none. */
typedef struct
{
  guint8 *data;
  gsize start;
  gsize end;
  gsize size;
} QTlsBlock;

/* What one system call moves, with room for the records' own bytes. */
#define Q_TLS_BLOCK_SIZE (68 * 1024)
#define Q_TLS_BATCH_SIZE (64 * 1024)

static inline gsize
q_tls_block_length (const QTlsBlock *block)
{
  return block->end - block->start;
}

/* Makes room for @room bytes behind the end. */
guint8 *q_tls_block_get_room (QTlsBlock *block,
                              gsize      room);

/* Takes bytes from the start; the memory goes with the last of them. */
void    q_tls_block_consume  (QTlsBlock *block,
                              gsize      length);

void    q_tls_block_clear    (QTlsBlock *block);

/* What GIO's TLS takes for the network. During the handshake, which GIO runs in a
 * thread of its own, it is the socket, and waits. Afterwards it is two blocks of
 * memory and never waits: what the peer sent is put into @in before GIO is asked
 * to decrypt, and what GIO encrypts is in @out for somebody to send.
 *
 * It is no GSocketConnection on purpose: only for those does GIO resume sessions
 * without checking the certificate again. */
#define Q_TYPE_TLS_WIRE (q_tls_wire_get_type ())
G_DECLARE_FINAL_TYPE (QTlsWire, q_tls_wire, Q, TLS_WIRE, GIOStream)

typedef enum
{
  Q_TLS_WIRE_HANDSHAKE,
  Q_TLS_WIRE_DATA,
  Q_TLS_WIRE_DEAD,        /* swallows what is written, has nothing to read */
} QTlsWirePhase;

struct _QTlsWire
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

QTlsWire *q_tls_wire_new (int fd);

/* More than this must not be waiting to be sent: a peer that asks for answers and
 * does not read them. */
#define Q_TLS_WIRE_MAX_OUT (256 * 1024)

G_END_DECLS
