/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>
#include <poll.h>
#include <sys/uio.h>

#include "q-deadline-private.h"

G_BEGIN_DECLS

/* What moves the bytes of a connection. The operations use nothing else of it, so that
 * plain sockets, TLS and a test's script can take each other's place.
 *
 * read (), write () and flush () return a negative errno if they fail: -EAGAIN if nothing
 * can be moved now, -EINTR if it is worth trying again at once, and -EPROTO if it is the
 * protocol of the transport that failed and get_error () tells more.
 *
 * Trying, polling and trying again takes three system calls. @sleep_limit allows the
 * transport to replace them by one that sleeps in the kernel, if it can be sure that this
 * one ends before the deadline. It may return -EAGAIN all the same; the driver then polls.
 * With NULL the transport must not sleep. */
typedef struct _QTransport QTransport;

typedef struct
{
  /* Returns how many bytes were read. 0 is the end of the stream (an empty datagram on a
   * datagram socket). If @whole is set, the caller cannot use less than @length bytes, so
   * the transport may sleep until it has them all. */
  gssize (*read)  (QTransport         *transport,
                   void               *buffer,
                   gsize               length,
                   gboolean            whole,
                   QDeadline          *sleep_limit);

  /* Returns how many bytes were taken. */
  gssize (*write) (QTransport         *transport,
                   const struct iovec *vectors,
                   int                 n_vectors,
                   QDeadline          *sleep_limit);

  /* Says what to poll for before the next try to read (POLLIN) or to write (POLLOUT). */
  void   (*wait)  (QTransport         *transport,
                   short               direction,
                   struct pollfd      *pollfd);

  /* The following are for transports that keep bytes of their own. A plain one leaves them
   * NULL: its write () takes what the kernel takes, and errno says all about an error. */

  /* Sends what write () took and the kernel has not taken yet. Returns 0 when there is
   * nothing left to send. */
  gssize (*flush)     (QTransport *transport,
                       QDeadline  *sleep_limit);

  /* Whether there is something to flush. From any thread. */
  gboolean (*has_unsent) (QTransport *transport);

  /* Whether a read may return bytes although the descriptor is not readable, since they
   * have left the kernel already. For the thread that reads. */
  gboolean (*may_have_data) (QTransport *transport);

  /* Tells the peer that nothing more follows, as far as that needs no waiting. From any
   * thread. */
  void   (*send_close_notify) (QTransport *transport);

  /* Why read () or write () returned -EPROTO: an error of the domain Q_SOCKET_ERROR, which
   * stays the same. NULL if the errno was the kernel's. */
  const GError *(*get_error) (QTransport *transport,
                              gboolean    of_writing);

  void   (*free)      (QTransport *transport);

  /* Whether the bytes are encrypted on their way. */
  gboolean is_secure;

  /* Whether the transport is the first member of a QTlsSession. */
  gboolean is_tls_session;
} QTransportClass;

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

static inline void
q_transport_send_close_notify (QTransport *transport)
{
  if (transport->klass->send_close_notify != NULL)
    transport->klass->send_close_notify (transport);
}

static inline const GError *
q_transport_get_error (QTransport *transport,
                       gboolean    of_writing)
{
  return transport->klass->get_error != NULL
         ? transport->klass->get_error (transport, of_writing) : NULL;
}

G_END_DECLS
