/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Receiving, in all its shapes. Bytes come into the channel's read buffer first
 * and are taken from it only when the operation succeeds; those of a large read
 * go straight to their destination, and back into the buffer if it fails. */

/* From here on a read goes to its destination without the buffer. */
#define Q_RECV_DIRECT_SIZE (64 * 1024)

typedef enum
{
  Q_RECV_TO_BYTES,        /* result: bytes */
  Q_RECV_TO_MEMORY,       /* result: memory, length */
  Q_RECV_TO_TEXT,         /* result: text */
  Q_RECV_PEEK,            /* no result, nothing is taken */
} QRecvResult;

typedef struct
{
  QOp parent;

  QRecvResult result;
  gsize minimum;          /* done when so many are there */
  gsize maximum;          /* never more than these */
  guint8 end_is_fine;     /* the end of the stream completes the read */
  guint8 drain;           /* takes all that the kernel has already */
  guint8 exact;           /* a message that is too short is an error */
  guint8 is_direct;
  guint8 owns_memory;
  guint8 text_at_end;
  gint64 goal;            /* how many there will be, for events, or -1 */
  gsize limit;            /* more than these are Q_SOCKET_ERROR_TOO_LARGE */

  guint8 *memory;         /* where a direct read goes */
  gsize memory_size;
  void *destination;      /* where it is copied at the end, or NULL */
  gsize length;           /* how many are there; finally the length of the result */

  gsize taken;            /* bytes that text conversion took before */
  gsize reported;

  GBytes *bytes;
  char *text;
} QRecvOp;

/* @size as the public functions have it: exactly so many, 0 for what is there,
 * negative for all until the end, but at most @limit (0: no limit). */
void q_recv_op_init (QRecvOp     *self,
                     const char  *name,
                     QChannel    *channel,
                     const QSink *sink,
                     QRecvResult  result,
                     gssize       size,
                     gsize        limit);

/* Into @memory: at least @minimum, at most @size. */
void q_recv_op_init_memory (QRecvOp     *self,
                            const char  *name,
                            QChannel    *channel,
                            const QSink *sink,
                            void        *memory,
                            gsize        minimum,
                            gsize        size);

/* Adds to the read buffer once, at least with room for @room bytes. Returns bytes
 * read, 0 at the end of the stream (or for an empty message), or a negative errno. */
gssize q_recv_fill (QOp   *op,
                    gsize  room);

/* What reading returned if it was no bytes: the step that follows from it. */
QStep q_recv_no_bytes (QOp    *op,
                       gssize  result);

/* Reads ahead once without waiting, on a stream; the caller has the reader's claim. Returns
 * whether a read would not wait: for bytes, the end, or an error, which is left for it. */
gboolean q_recv_probe (QChannel *channel);

G_END_DECLS
