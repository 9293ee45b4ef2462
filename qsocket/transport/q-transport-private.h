/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>
#include <poll.h>
#include <sys/uio.h>

#include "q-deadline-private.h"

G_BEGIN_DECLS

/* What moves bytes. The operations above know nothing else of a connection, so
 * that plain sockets, TLS and a test's script can take each other's place.
 *
 * Both functions return the number of bytes moved, or a negative errno: -EAGAIN
 * if nothing can be moved now, -EINTR if it is worth trying again at once.
 *
 * @sleep_limit says how long the try itself may sleep, where that is cheaper than
 * trying, polling and trying again; with NULL it must not sleep. It never says
 * that the try has to sleep: after -EAGAIN the driver polls until the deadline. */
typedef struct _QTransport QTransport;

typedef struct
{
  /* 0 is the end of the stream (an empty datagram on a datagram socket). With
   * @whole the caller has no use for less than @length bytes. */
  gssize (*read)  (QTransport         *transport,
                   void               *buffer,
                   gsize               length,
                   gboolean            whole,
                   QDeadline          *sleep_limit);

  gssize (*write) (QTransport         *transport,
                   const struct iovec *vectors,
                   int                 n_vectors,
                   QDeadline          *sleep_limit);

  /* What to poll for before the next try of reading (POLLIN) or writing (POLLOUT). */
  void   (*wait)  (QTransport         *transport,
                   short               direction,
                   struct pollfd      *pollfd);

  /* The rest is NULL where write () never takes more than the kernel does, and where
   * errno says all there is to say of an error. */

  /* Moves on what was taken and has not left yet; 0 when all of it has. */
  gssize (*flush)     (QTransport *transport,
                       QDeadline  *sleep_limit);

  /* Whether there is something to flush; from any thread. */
  gboolean (*has_unsent) (QTransport *transport);

  /* Whether a read may return something that has left the kernel; for the reader. */
  gboolean (*may_have_data) (QTransport *transport);

  /* Takes leave of the peer, if that needs no waiting; from any thread. */
  void   (*end)       (QTransport *transport);

  /* What -Q_TRANSPORT_ERROR stands for: of Q_SOCKET_ERROR, and the same for good. */
  const GError *(*get_error) (QTransport *transport,
                              gboolean    of_writing);

  void   (*free)      (QTransport *transport);

  /* Whether what goes over the wire is encrypted. */
  gboolean is_secure;
} QTransportClass;

/* In place of an errno: the transport has an error of its own. */
#define Q_TRANSPORT_ERROR 0x10000

struct _QTransport
{
  const QTransportClass *klass;
};

static inline gssize
q_transport_flush (QTransport *transport,
                   QDeadline  *sleep_limit)
{
  return transport->klass->flush != NULL ? transport->klass->flush (transport, sleep_limit) : 0;
}

static inline gboolean
q_transport_may_have_data (QTransport *transport)
{
  return transport->klass->may_have_data != NULL && transport->klass->may_have_data (transport);
}

static inline gboolean
q_transport_has_unsent (QTransport *transport)
{
  return transport->klass->has_unsent != NULL && transport->klass->has_unsent (transport);
}

G_END_DECLS
