/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <stdatomic.h>

#include "q-address-private.h"
#include "q-recv-buffer-private.h"
#include "q-pending-clients-private.h"
#include "q-plain-transport-private.h"
#include "q-text-decoder-private.h"
#include "q-text-encoder-private.h"
#include "q-wakeup-private.h"

G_BEGIN_DECLS

/* One open descriptor and all that belongs to it: what was read ahead, what is
 * still gathered, who is at the other end. A socket that is opened again gets a
 * new channel; a call that is still inside the old one keeps that alive. */

typedef enum
{
  Q_CHANNEL_BOUND,        /* has a local address, no peer */
  Q_CHANNEL_LISTENING,
  Q_CHANNEL_CLIENT,       /* this side connected */
  Q_CHANNEL_ACCEPTED,     /* the other side did */
} QChannelKind;

/* Marks in QChannel.pins: closed, and the descriptor is gone. */
#define Q_CHANNEL_CLOSED 0x40000000
#define Q_CHANNEL_RELEASED 0x20000000

/* What corked sends gather before they must leave. */
#define Q_CHANNEL_CORK_SIZE (64 * 1024)

typedef struct _QChannel QChannel;

struct _QChannel
{
  gatomicrefcount ref_count;

  int fd;
  QChannelKind kind;
  GSocketFamily family;
  int socktype;           /* SOCK_STREAM ... */

  /* How many calls use the descriptor just now. The last one to leave a closed
   * channel closes the descriptor, so that its number cannot come to mean
   * something else while a system call still has it. */
  atomic_int pins;
  int fork_generation;

  /* Readable for good once the channel is closed; -1 until somebody waits for that
   * in a main context. Nobody has to know those contexts to wake them. */
  QWakeup closed;

  QTransport *transport;  /* &plain.parent or one on top of it, which the channel owns */
  QPlainTransport plain;
  QAddress peer;
  char *host;             /* what a client was told to connect to; NULL: no name */

  QPendingClients pending_clients;  /* of a listener */

  /* of the reader */
  QRecvBuffer in;
  gboolean at_end;
  gboolean in_was_filled; /* all of its room, so that the kernel may have more */
  int pending_error;      /* an errno that a read ahead met */
  QTextDecoder *decoder;
  const char *decoder_charset;

  /* of the writer */
  guint8 *out;
  atomic_size_t out_length;     /* the reader looks whether there is anything */
  gsize out_size;
  QTextEncoder *encoder;
  const char *encoder_charset;

  /* The UNIX file that a bind made. */
  char *unix_path;
  guint64 unix_device;
  guint64 unix_inode;

  /* GIO's object for the same descriptor; it then closes the descriptor. */
  GSocket *gsocket;
  GObject *keep_alive;
  int restore_flags;      /* the file status flags to give back, or -1; 0 if it is ours */
  int restore_fd_flags;   /* likewise the descriptor flags */

  QChannel *next_retired;
};

/* Takes over @fd. */
QChannel *q_channel_new (int           fd,
                         QChannelKind  kind,
                         GSocketFamily family,
                         int           socktype,
                         gboolean      nonblocking,
                         gboolean      is_ours);

QChannel *q_channel_ref   (QChannel *channel);
void      q_channel_unref (QChannel *channel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QChannel, q_channel_unref)

/* Whether a read must not cross from one message to the next. */
static inline gboolean
q_channel_keeps_boundaries (const QChannel *channel)
{
  return channel->socktype != SOCK_STREAM;
}

/* After reading 0 bytes: whether that was the end, and not an empty message. */
gboolean q_channel_is_at_end (QChannel *channel);

/* Before a call uses the descriptor; FALSE if the channel is closed. */
gboolean q_channel_pin   (QChannel *channel);
void     q_channel_unpin (QChannel *channel);

static inline gboolean
q_channel_is_closed (QChannel *channel)
{
  return (atomic_load (&channel->pins) & Q_CHANNEL_CLOSED) != 0;
}

/* Whether it is the copy that a fork made of the parent's. */
gboolean q_channel_is_inherited (const QChannel *channel);

/* Puts @transport in the place of the one there is, and returns that if it has to be
 * freed. */
QTransport *q_channel_swap_transport (QChannel   *channel,
                                      QTransport *transport);

/* Whether bytes that this side has sent, as far as it knows, are still here. */
static inline gboolean
q_channel_has_unsent (QChannel *channel)
{
  return atomic_load_explicit (&channel->out_length, memory_order_relaxed) > 0 ||
         q_transport_has_unsent (channel->transport);
}

/* Ends the channel from any thread: wakes the calls inside, removes the UNIX
 * file, closes the descriptor at once or when the last call has left. Never
 * waits. Returns FALSE if it was closed already. */
gboolean q_channel_close (QChannel *channel);

/* A descriptor that becomes readable when the channel is closed; it lives as long
 * as the channel. -1 if there is none to be had. */
int q_channel_get_closed_fd (QChannel *channel);

/* Takes the descriptor out. Returns -1, and nothing has changed, if a call is
 * inside or there is no descriptor left where a copy is needed. */
int q_channel_steal_fd (QChannel *channel);

/* Remembers the UNIX file that was bound as @path. */
void q_channel_own_unix_file (QChannel   *channel,
                              const char *path);

/* The peer for messages, or the local address of a channel without a peer. */
char *q_channel_describe (QChannel *channel);

gboolean q_channel_get_local_address (QChannel *channel,
                                      QAddress *address);

/* Whether text reads hold bytes of an incomplete character. */
static inline gboolean
q_channel_has_text (QChannel *channel)
{
  const guint8 *bytes;

  return channel->decoder != NULL && q_text_decoder_peek_pending (channel->decoder, &bytes) > 0;
}

/* Gives back to the read buffer what text reads hold of an incomplete character.
 * To be called before any other kind of read; only by the reader. */
void q_channel_unread_text (QChannel *channel);

G_END_DECLS
