/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <stdatomic.h>

#include "q-channel-private.h"
#include "q-connect-op-private.h"
#include "q-event-queue-private.h"
#include "q-op-private.h"
#include "q-socket.h"
#include "q-tls-config-private.h"

G_BEGIN_DECLS

/* What a call is to a socket: at most one of each at a time. */
typedef enum
{
  Q_ROLE_READER,
  Q_ROLE_WRITER,
  Q_ROLE_OPENER,          /* connects or binds */
  Q_N_ROLES,
} QRole;

/* What is set once and handed on to accepted sockets. */
typedef struct
{
  const char *charset;    /* interned */
  gboolean no_delay;
  gboolean lookup_hostnames;
  guint max_header_size;
  guint max_header_count;
  guint64 max_receive_size;
  QTlsConfig *tls;        /* under the socket's lock; NULL: as usual */
} QSocketSettings;

/* The channel is the open descriptor. Who holds a role may use the channel that
 * was there when the role was taken: a role is taken first and the channel looked
 * at then, while a close takes the channel away first and looks at the roles
 * then, so that one of the two sees the other. A channel that was closed while a
 * role was held is retired, and freed when no role is held any more. */
struct _QSocket
{
  GObject parent_instance;

  /* The hot path touches no more than these. */
  atomic_int roles[Q_N_ROLES];
  _Atomic (QChannel *) channel;
  _Atomic (QEventQueue *) queue;
  atomic_int has_handlers;      /* as of the last arrival */
  atomic_int corked;

  guint64 id;
  guint64 bytes_sent;
  QSink sink;

  GMutex lock;                  /* for what follows, and for changing channel and queue */
  QSocketSettings settings;
  _Atomic (QChannel *) retired;
  GCond writer_left;
  atomic_int n_waiting;         /* for writer_left */
  _Atomic (GThread *) writer;   /* who has that role, unless for a moment only */
  QConnectOp *connecting;       /* what an opener waits for just now */
  QLookup *binding;
  QChannel *handshaking;        /* not the socket's own yet, or one it accepts */
  gboolean opening_aborted;     /* closed since an opener has begun */
  GIOStream *io_stream;
  char *hostname[2];            /* of this and of the other end, once looked up */
  atomic_int is_disposed;
  gboolean is_deleted;          /* and has told so */
};

/* ---- options (q-socket-options.c) ---- */

extern const QSocketSettings q_socket_default_settings;

void q_socket_install_properties (GObjectClass *object_class);

/* ---- roles (q-socket-roles.c) ---- */

/* Takes a role; fails with PENDING if it is taken and NOT_OPEN without an open
 * channel. The socket and the channel stay until q_socket_leave (). */
QChannel *q_socket_enter (QSocket     *self,
                          QRole        role,
                          const char  *name,
                          GError     **error);

void      q_socket_leave (QSocket     *self,
                          QRole        role,
                          QChannel    *channel);

/* What roles[] holds. */
enum
{
  Q_ROLE_FREE,
  Q_ROLE_TAKEN,
  Q_ROLE_LENT,            /* to a flush, which is no second writer to anybody */
  Q_ROLE_TELLING,         /* likewise, while its handlers run */
};

/* For the short ways that use neither descriptor nor handlers: the role keeps the
 * memory of the channel, and that is all they need. */
static inline gboolean
q_socket_take_role (QSocket *self,
                    QRole    role)
{
  int expected = Q_ROLE_FREE;

  return atomic_compare_exchange_strong (&self->roles[role], &expected, Q_ROLE_TAKEN);
}

static inline void
q_socket_give_role (QSocket *self,
                    QRole    role)
{
  atomic_store_explicit (&self->roles[role], Q_ROLE_FREE, memory_order_release);
}

/* Takes the writer's role for a flush. Whoever wants to send meanwhile waits until
 * it is over, since it never takes long. */
gboolean  q_socket_borrow_writer (QSocket *self);

void      q_socket_return_writer (QSocket *self);

/* Waits until nobody sends. Returns FALSE if that takes too long. */
gboolean  q_socket_wait_for_writer (QSocket   *self,
                                    QDeadline *deadline);

void      q_socket_set_pending_error (QRole        role,
                                      const char  *name,
                                      GError     **error);

void      q_socket_set_not_open_error (const char  *name,
                                       GError     **error);

/* Puts the name of the public function, which is @name without its preposition, in
 * front of an error. Returns FALSE. */
gboolean  q_socket_prefix_error (const char  *name,
                                 GError     **error);

/* For questions that do no I/O; NULL if not open. */
QChannel *q_socket_ref_channel (QSocket *self);

/* Makes @channel what the socket is open with; takes over the reference. */
void      q_socket_install_channel (QSocket  *self,
                                    QChannel *channel);

/* Takes the opener's role, keeps the socket alive, and closes what is open. */
gboolean  q_socket_begin_opening (QSocket     *self,
                                  const char  *name,
                                  GError     **error);

void      q_socket_end_opening (QSocket *self);

/* The same as q_socket_install_channel () for who opens the socket. Returns FALSE,
 * with the channel gone, if it was closed meanwhile. */
gboolean  q_socket_install_opened (QSocket  *self,
                                   QChannel *channel);

/* Says on which channel a handshake goes on, so that a close reaches it; NULL when it
 * is over. */
void      q_socket_set_handshaking (QSocket  *self,
                                    QChannel *channel);

/* Puts @transport, or the plain one if that is NULL, to work in @channel; the caller
 * has both roles. FALSE, with @transport freed, if the socket is not open with that
 * any more. */
gboolean  q_socket_set_transport (QSocket    *self,
                                  QChannel   *channel,
                                  QTransport *transport);

/* Whether there is a channel and it holds bytes that were sent. */
gboolean  q_socket_has_unsent (QSocket *self);

/* Makes a call that opens the socket just now fail soon, from any thread. */
void      q_socket_abort_opening (QSocket *self);

/* Frees channels that were closed while somebody was inside, if nobody is now. */
void      q_socket_reap (QSocket *self);

/* Puts away a channel that the socket is not open with any more. */
void      q_socket_retire (QSocket  *self,
                           QChannel *channel);

/* ---- opening and closing (q-socket.c) ---- */

/* Takes the descriptor out of @channel; the caller has both roles. */
int       q_socket_steal_channel (QSocket   *self,
                                  QChannel  *channel,
                                  GError   **error);

/* Closes what is open, with its event. Returns whether anything was. */
gboolean  q_socket_close_channel (QSocket *self);

/* A new socket with the settings and the queue of @self. */
QSocket  *q_socket_new_inheriting (QSocket *self);

/* ---- TLS (q-socket-ssl-settings.c) ---- */

/* Behind the properties of q-socket-options.c. */
enum
{
  Q_SOCKET_PROP_SSL_VERIFY_MODE = 100,
  Q_SOCKET_PROP_SSL_CA_FILE,
  Q_SOCKET_PROP_SSL_CRL_FILE,
  Q_SOCKET_PROP_SSL_SERVER_NAME,
  Q_SOCKET_PROP_SSL_ALPN,
  Q_SOCKET_PROP_SSL_MINIMUM_VERSION,
};

void        q_socket_install_ssl_properties (GObjectClass *object_class,
                                             GParamFlags   flags);

/* FALSE if it is none of these. */
gboolean    q_socket_get_ssl_property (QSocket *self,
                                       guint    prop_id,
                                       GValue  *value);

gboolean    q_socket_set_ssl_property (QSocket      *self,
                                       guint         prop_id,
                                       const GValue *value);

/* The settings for a handshake that begins now. */
QTlsConfig *q_socket_ref_tls_config (QSocket *self);

/* ---- TLS (q-socket-ssl.c) ---- */

/* Tells of the session that there is now. */
void        q_socket_emit_ssl_established (QSocket *self);

/* ---- arguments (q-socket-connecting.c) ---- */

gboolean q_socket_check_type (GSocketType   socktype,
                              int          *kernel_type,
                              GError      **error);

/* IPv4, IPv6, or INVALID for either. */
gboolean q_socket_check_inet_family (GSocketFamily   family,
                                     GError        **error);

/* ---- events (q-socket-events.c) ---- */

void     q_socket_install_signals (GObjectClass *klass);

gboolean q_socket_wants_event (gpointer          owner,
                               QSocketEventType  type);

void     q_socket_emit (gpointer       owner,
                        const QReport *report);

void     q_socket_emit_type (QSocket          *self,
                             QSocketEventType  type);

/* Whether somebody listens to packet-read, as far as that is known without asking
 * GObject. */
static inline gboolean
q_socket_may_report_reads (QSocket *self)
{
  return atomic_load_explicit (&self->queue, memory_order_relaxed) != NULL ||
         atomic_load_explicit (&self->has_handlers, memory_order_relaxed);
}

/* To be called when bytes have arrived. */
void     q_socket_check_read_handlers (QSocket *self);

/* The short way of a read: takes the reader's role if nobody has it and @size
 * bytes are in the buffer already. Ends with q_socket_finish_buffered (). */
static inline QChannel *
q_socket_begin_buffered (QSocket *self,
                         gsize    size)
{
  QChannel *channel;

  if (!q_socket_take_role (self, Q_ROLE_READER))
    return NULL;

  channel = atomic_load (&self->channel);
  if (channel != NULL && q_recv_buffer_length (&channel->in) >= size &&
      !q_channel_has_text (channel))
    return channel;

  q_socket_give_role (self, Q_ROLE_READER);

  return NULL;
}

/* The same with an event about it; handlers may do what they like. */
void     q_socket_finish_reported (QSocket  *self,
                                   QChannel *channel,
                                   gsize     size);

static inline void
q_socket_finish_buffered (QSocket  *self,
                          QChannel *channel,
                          gsize     size,
                          gboolean  report)
{
  if (G_UNLIKELY (report))
    {
      q_socket_finish_reported (self, channel, size);
      return;
    }

  q_recv_buffer_consume (&channel->in, size);
  q_socket_give_role (self, Q_ROLE_READER);
}

/* ---- sending (q-socket-write.c, q-socket-send.c) ---- */

gboolean q_socket_write (QSocket       *self,
                         const char    *name,
                         const void    *bytes,
                         gsize          length,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error);

/* The same, but less may be sent. Returns -1 on failure. */
gssize   q_socket_write_some (QSocket       *self,
                              const char    *name,
                              const void    *bytes,
                              gsize          length,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

/* What a read does about corked bytes before it waits: QRecvOp.flush. */
gboolean q_socket_flush_for_read (gpointer socket);

/* Gets out what an earlier call had encrypted, and ran out of time for; does not wait.
 * Returns whether it is worth waiting until the kernel takes more. */
gboolean q_socket_flush_transport (QSocket *self);

/* The last try to get corked bytes out; does not wait. */
void     q_socket_flush_for_close (QSocket  *self,
                                   QChannel *channel);

/* ---- receiving (q-socket-read.c, q-socket-recv.c) ---- */

/* Whether @channel, which is encrypted, has something to read without waiting, be it
 * that the kernel has something (@arrived) or that it was taken from there before.
 * While another call reads it is anybody's guess, and TRUE if something arrived. */
gboolean q_socket_has_data (QSocket  *self,
                            QChannel *channel,
                            gboolean  arrived);

/* Reads into memory of a few bytes: what the integers need. */
gboolean q_socket_read_small (QSocket       *self,
                              const char    *name,
                              void          *memory,
                              gsize          size,
                              int            timeout_ms,
                              GCancellable  *cancellable,
                              GError       **error);

G_END_DECLS
