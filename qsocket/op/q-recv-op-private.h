/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"

G_BEGIN_DECLS

/* Receiving, in all its forms. Bytes come into the channel's receive buffer first
 * and are taken from it only when the operation succeeds. A large read is direct:
 * its bytes go straight to their destination, and into the buffer if it fails. */

/* A read of a stream for at least so many bytes is direct. */
#define Q_RECV_DIRECT_SIZE (64 * 1024)

typedef enum
{
  Q_RECV_TO_BYTES,        /* result: bytes */
  Q_RECV_TO_MEMORY,       /* result: memory, length */
  Q_RECV_TO_TEXT,         /* result: text */
  Q_RECV_PEEK,            /* no result: waits for bytes, the end or an error, and takes none */
} QRecvResult;

typedef struct
{
  QOp parent;

  QRecvResult result;
  gsize minimum;          /* the read is done when so many bytes are there */
  gsize maximum;          /* it never returns more bytes than these */
  guint8 completes_at_end;        /* the read is done at the end of the stream as well */
  guint8 takes_available;         /* it returns all that has arrived, up to Q_RECV_BUFFER_MAX */
  guint8 refuses_short_message;   /* a message of less than @minimum bytes is an error */
  guint8 is_direct;       /* the bytes go to @memory, no longer to the receive buffer */
  guint8 owns_memory;     /* @memory is from g_malloc (), and not the caller's */
  guint8 text_ends;       /* no further byte can complete a character */
  gint64 expected;        /* how many bytes events say there will be, or -1 */
  gsize limit;            /* with more bytes the read fails, TOO_LARGE; 0: no limit */

  guint8 *memory;         /* where a direct read or Q_RECV_TO_MEMORY puts bytes */
  gsize memory_size;
  void *destination;      /* the caller's memory, to which @memory is copied at the end, or NULL */
  gsize length;           /* how many bytes of a direct read are there; at the end the length of
                           * the result */

  gsize converted;        /* bytes that the decoder has taken without completing a character */
  gsize reported_bytes;   /* bytes for which there was an event */

  GBytes *bytes;          /* a result is the caller's to take */
  char *text;
} QRecvOp;

/* The caller has the claim of a reader, and q_channel_unread_text () was called or there is a
 * decoder for Q_RECV_TO_TEXT. @size is that of the public functions: exactly so many bytes, 0 for
 * what has arrived, negative for all until the end, but at most @limit (0: no limit). */
void q_recv_op_init (QRecvOp     *self,
                     const char  *name,
                     QChannel    *channel,
                     const QSink *sink,
                     QRecvResult  result,
                     gssize       size,
                     gsize        limit);

/* Receives between @minimum and @size bytes into @memory, which must live as long as the
 * operation. Otherwise as q_recv_op_init (). */
void q_recv_op_init_memory (QRecvOp     *self,
                            const char  *name,
                            QChannel    *channel,
                            const QSink *sink,
                            void        *memory,
                            gsize        minimum,
                            gsize        size);

/* Reads once into the receive buffer, in which it first makes room for at least @room bytes.
 * Returns how many bytes were read, 0 at the end of the stream and for an empty message, or a
 * negative errno. */
gssize q_recv_fill_buffer (QOp   *op,
                           gsize  room);

/* Returns the step that follows if q_recv_fill_buffer () returned @result, which is negative, or
 * 0 of a channel that is closed. */
QStep q_recv_handle_no_bytes (QOp    *op,
                              gssize  result);

/* Reads once into the receive buffer of a stream, without waiting. Returns whether a read would
 * find something without waiting: bytes, the end, or an error, which is kept for that read. The
 * caller has the claim of a reader. */
gboolean q_recv_probe (QChannel *channel);

G_END_DECLS
