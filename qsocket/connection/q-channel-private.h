/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-address-private.h"
#include "q-gate-private.h"
#include "q-pending-clients-private.h"
#include "q-plain-transport-private.h"
#include "q-recv-buffer-private.h"
#include "q-send-buffer-private.h"
#include "q-text-decoder-private.h"
#include "q-text-encoder-private.h"
#include "q-wakeup-private.h"

G_BEGIN_DECLS

/* One open descriptor and all that belongs to the connection: what was read ahead, what is
 * gathered to be sent, who is at the other end. A socket that is opened again gets a new
 * channel; a call that still uses the old one keeps that alive. */

typedef enum
{
  Q_CHANNEL_BOUND,        /* has a local address, no peer */
  Q_CHANNEL_LISTENING,
  Q_CHANNEL_CLIENT,       /* this side connected */
  Q_CHANNEL_ACCEPTED,     /* the other side did */
} QChannelKind;

/* What is counted of a connection. It outlives the channel, since it is asked for after a
 * close as well. */
typedef struct
{
  _Atomic guint64 bytes_sent;
} QCounters;

typedef struct _QChannel QChannel;

struct _QChannel
{
  QGuarded guarded;
  gatomicrefcount ref_count;

  int fd;
  QChannelKind kind;
  GSocketFamily family;
  int socktype;           /* SOCK_STREAM ... */
  int fork_generation;

  /* Readable for good once the channel is closed. Sources wait for it, so that a close need
   * not know the main contexts that it has to wake. */
  QWakeup closed;

  QPlainTransport plain;
  QAddress peer;
  char *host;             /* what a client was told to connect to; NULL: no name */
  QCounters *counters;
  QPendingClients pending_clients;      /* of a listener */

  /* Calls that hold both claims may change the transport, with this lock and that of @out.
   * So a call with a claim reads it without a lock, all others need one of the two, until
   * @is_closing is set. The lock is for what follows up to the reader's part as well. */
  GMutex lock;
  QTransport *transport;  /* &plain.parent or one on top of it, which the channel owns */
  gboolean is_closing;    /* the transport stays what it is */
  char *hostnames[2];     /* of this and of the other end, once looked up */
  GIOStream *io_stream;
  GSocket *gsocket;       /* GIO's object for the same descriptor; it then closes that */

  /* of the reader */
  QRecvBuffer in;
  gboolean at_end;
  gboolean in_was_filled; /* all of its room, so that the kernel may have more */
  int pending_error;      /* an errno that a read ahead met */
  QTextDecoder *decoder;
  const char *decoder_charset;

  /* of the writer */
  atomic_int is_corked;
  QSendBuffer out;
  QTextEncoder *encoder;
  const char *encoder_charset;

  /* The UNIX file that a bind made. */
  char *unix_path;
  guint64 unix_device;
  guint64 unix_inode;

  GObject *keep_alive;    /* the stream that the descriptor was adopted from */
  int restore_flags;      /* the file status flags to give back, or -1; 0 if it is ours */
  int restore_fd_flags;   /* likewise the descriptor flags */
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

/* ---- using the descriptor ---- */

/* Before a call uses the descriptor; FALSE if the channel is closed. */
static inline gboolean
q_channel_enter (QChannel *channel)
{
  return q_guarded_enter (&channel->guarded);
}

static inline void
q_channel_leave (QChannel *channel)
{
  q_guarded_leave (&channel->guarded);
}

static inline gboolean
q_channel_is_closed (QChannel *channel)
{
  return q_guarded_is_closed (&channel->guarded);
}

/* Whether it is the copy that a fork made of the parent's. */
gboolean q_channel_is_inherited (const QChannel *channel);

/* Waits until the descriptor is ready for @direction (POLLIN, POLLOUT). Returns FALSE when the
 * time is up or the channel is closed. */
gboolean q_channel_poll (QChannel  *channel,
                         short      direction,
                         QDeadline *deadline);

/* Ends the channel from any thread: wakes the calls that use it, removes the UNIX file, closes
 * the descriptor at once or when the last call has left. Never waits. Returns FALSE if it
 * was closed already. */
gboolean q_channel_close (QChannel *channel);

/* A descriptor that becomes readable when the channel is closed; it lives as long as the
 * channel. -1 if there is none to be had. */
int q_channel_get_closed_fd (QChannel *channel);

/* Takes the descriptor out. Returns -1, and nothing has changed, if a call uses it or there is
 * no descriptor left where a copy is needed. */
int q_channel_steal_fd (QChannel *channel);

/* ---- what it is ---- */

/* Whether a read must not cross from one message to the next. */
static inline gboolean
q_channel_keeps_boundaries (const QChannel *channel)
{
  return channel->socktype != SOCK_STREAM;
}

/* After reading 0 bytes: whether that was the end, and not an empty message. */
gboolean q_channel_is_at_end (QChannel *channel);

/* The channel listens from now on: accept () must not block, whatever was done with the
 * descriptor before. */
void q_channel_become_listener (QChannel *channel);

/* The same if another part of the program has called listen () on the descriptor. */
void q_channel_check_listening (QChannel *channel);

/* Remembers the UNIX file that was bound as @path. */
void q_channel_own_unix_file (QChannel   *channel,
                              const char *path);

/* The peer for messages, or the local address of a channel without a peer. */
char *q_channel_describe (QChannel *channel);

gboolean q_channel_get_local_address (QChannel *channel,
                                      QAddress *address);

/* ---- the transport ---- */

/* Puts @transport, or the plain one if that is NULL, in the place of the present one, which is
 * freed; takes over @transport. The caller has both claims. Returns FALSE, with @transport
 * freed, if the channel is being closed. */
gboolean q_channel_set_transport (QChannel   *channel,
                                  QTransport *transport);

gboolean q_channel_is_secure (QChannel *channel);

/* Whether bytes that this side has sent, as far as it knows, are still here. From any thread. */
gboolean q_channel_has_unsent (QChannel *channel);

/* Says that the channel is about to be closed: its transport is not changed any more. Returns
 * the GIO stream, which is the caller's to drop. */
GIOStream *q_channel_begin_close (QChannel *channel);

/* ---- text ---- */

/* Whether text reads hold bytes of an incomplete character. */
static inline gboolean
q_channel_has_text (QChannel *channel)
{
  const guint8 *bytes;

  return channel->decoder != NULL && q_text_decoder_peek_pending (channel->decoder, &bytes) > 0;
}

/* Gives back to the receive buffer what text reads hold of an incomplete character. To be
 * called before any other kind of read; only by the reader. */
void q_channel_unread_text (QChannel *channel);

G_END_DECLS
