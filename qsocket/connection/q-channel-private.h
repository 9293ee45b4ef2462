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

/* One open descriptor and all that belongs to the connection: bytes that were read ahead, bytes
 * that are gathered to be sent, the address of the other end. A socket that is opened again gets
 * a new channel; a call that still uses the old one keeps that alive. */

typedef enum
{
  Q_CHANNEL_BOUND,        /* has a local address, no peer */
  Q_CHANNEL_LISTENING,
  Q_CHANNEL_CLIENT,       /* this side connected */
  Q_CHANNEL_ACCEPTED,     /* the other side did */
} QChannelKind;

/* What is counted of a connection. The socket has a reference as well, since the numbers can be
 * read after a close, when the channel is gone. */
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
  int fork_generation;    /* of the process that made the channel, see q_fork_get_generation () */

  /* Signalled when the channel is closed, and never reset. GSources poll it, so that a close need
   * not know the main contexts that it has to wake. */
  QWakeup closed;

  QPlainTransport plain;
  QAddress peer;
  char *host;             /* the host name that a client connected to, or NULL */
  QCounters *counters;
  QPendingClients pending_clients;      /* of a listener; only for the call that reads */

  /* The transport is changed only by a call that has the claims of the reader and the writer, and
   * only with this lock and that of @out. So a call with either claim loads it without a lock, and
   * any other with one of the two locks, until @is_closing is set. This lock also guards what
   * follows, up to @gsocket. */
  GMutex lock;
  QTransport *transport;  /* &plain.parent or one on top of it, which the channel owns */
  gboolean is_closing;    /* the transport is not changed any more, and no stream is made */
  char *hostnames[2];     /* of this and of the other end; NULL until they are looked up */
  GIOStream *io_stream;   /* the socket as a GIO stream, or NULL */
  GSocket *gsocket;       /* GIO's object for the same descriptor, which it then closes; or NULL */

  /* Only for the call that has the reader's claim. */
  QRecvBuffer in;
  gboolean at_end;        /* the end of the stream was read */
  gboolean in_was_filled; /* the last read filled all room in @in, so the kernel may have more */
  int pending_error;      /* the errno that a read ahead met, for the next read to report; or 0 */
  QTextDecoder *decoder;
  const char *decoder_charset;

  /* Only for the call that has the writer's claim, but see QSendBuffer for @out. */
  atomic_int is_corked;
  QSendBuffer out;
  QTextEncoder *encoder;
  const char *encoder_charset;

  /* The file that bind () made for a UNIX socket; NULL, or the absolute path. */
  char *unix_path;
  guint64 unix_device;
  guint64 unix_inode;

  GObject *keep_alive;    /* the GIO stream that the descriptor was adopted from, or NULL */

  /* The flags that a descriptor gets back when it is stolen, as F_SETFL and F_SETFD take them; -1:
   * it keeps those it has. An adopted one gets what it came with, one of ours becomes blocking. */
  int restore_flags;
  int restore_fd_flags;
};

/* Takes over @fd. @nonblocking says whether it has O_NONBLOCK; @is_ours whether no other part of
 * the program uses it, so that its flags and options may be changed. */
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

/* See q_guarded_enter (): to be called before a call uses the descriptor. */
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

/* Whether this process is a child that got the channel by fork (). */
gboolean q_channel_is_inherited (const QChannel *channel);

/* Waits until the descriptor is ready for @direction (POLLIN or POLLOUT). Returns FALSE if it is
 * not ready at @deadline, or if the channel is closed. */
gboolean q_channel_poll (QChannel  *channel,
                         short      direction,
                         QDeadline *deadline);

/* Closes the channel: wakes the calls that use it, removes the UNIX file, closes the descriptor at
 * once or when the last call has left. Never waits. From any thread. Returns FALSE if it was
 * closed already. */
gboolean q_channel_close (QChannel *channel);

/* A descriptor that becomes readable when the channel is closed. It belongs to the channel, and is
 * there until the channel is freed. -1 if the process can open no more. */
int q_channel_get_closed_fd (QChannel *channel);

/* Closes the channel, but not the descriptor, which is returned and is then the caller's. Returns
 * -1, and nothing has changed, if a call uses the descriptor, or if a copy has to be made of it
 * and the process can open no more. */
int q_channel_steal_fd (QChannel *channel);

/* ---- what it is ---- */

/* Whether the descriptor carries messages (SOCK_DGRAM, SOCK_SEQPACKET), so that a read must not
 * cross from one to the next. */
static inline gboolean
q_channel_keeps_boundaries (const QChannel *channel)
{
  return channel->socktype != SOCK_STREAM;
}

/* To be asked after a read of 0 bytes: whether that was the end, and not an empty message. */
gboolean q_channel_is_at_end (QChannel *channel);

/* To be called when the descriptor listens. Makes sure that accept () does not block. */
void q_channel_become_listener (QChannel *channel);

/* Calls q_channel_become_listener () if the descriptor listens because another part of the program
 * has called listen (). */
void q_channel_check_listening (QChannel *channel);

/* Remembers @path, to which the descriptor was bound, so that a close removes the file. */
void q_channel_own_unix_file (QChannel   *channel,
                              const char *path);

/* The name of the channel in error messages: the address of the peer, or the local one if there is
 * no peer; "" if there is neither. Free with g_free (). */
char *q_channel_describe (QChannel *channel);

/* FALSE, with an address of length 0, if the kernel gives none. The caller has entered. */
gboolean q_channel_get_local_address (QChannel *channel,
                                      QAddress *address);

/* ---- the transport ---- */

/* Replaces the transport, which is freed, by @transport, which is taken over, or by the plain one
 * if @transport is NULL. The caller has the claims of the reader and the writer. Returns FALSE,
 * with @transport freed, if q_channel_begin_close () was called. */
gboolean q_channel_set_transport (QChannel   *channel,
                                  QTransport *transport);

/* Whether the transport encrypts. From any thread. */
gboolean q_channel_is_secure (QChannel *channel);

/* Whether there are bytes that a send has taken and the kernel has not: corked ones, or encrypted
 * ones. From any thread. */
gboolean q_channel_has_unsent (QChannel *channel);

/* To be called before q_channel_close (): from then on the transport is not changed, and can be
 * used for the last bytes. Returns the GIO stream, with the channel's reference to it, or NULL. */
GIOStream *q_channel_begin_close (QChannel *channel);

/* ---- text ---- */

/* Whether the decoder holds the first bytes of a character, which a read of text took from the
 * receive buffer. For the call that has the reader's claim. */
static inline gboolean
q_channel_has_text (QChannel *channel)
{
  const guint8 *bytes;

  return channel->decoder != NULL && q_text_decoder_peek_pending (channel->decoder, &bytes) > 0;
}

/* Puts those bytes back into the receive buffer, since any other kind of read has to return them.
 * For the call that has the reader's claim. */
void q_channel_unread_text (QChannel *channel);

G_END_DECLS
