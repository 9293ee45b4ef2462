/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"
#include "q-resolver-private.h"

G_BEGIN_DECLS

/* What to connect to: either @path, or @host and @service. The texts are the caller's, and must
 * live as long as the operation. */
typedef struct
{
  const char *path;       /* of a UNIX socket, or NULL */
  const char *host;       /* a name or an IP address */
  const char *service;    /* a name or a number */
  int port;               /* the number of the service, -1 if it is a name */
  GSocketFamily family;   /* only addresses of this; G_SOCKET_FAMILY_INVALID: IPv4 and IPv6 */
  int socktype;           /* SOCK_STREAM ... */
  int protocol;           /* as socket () takes it */
  gboolean no_delay;      /* sets TCP_NODELAY */
} QEndpoint;

/* Looks up the addresses of an endpoint and connects to the first one that answers, as RFC 8305
 * says: it tries IPv6 and IPv4 in turns, and begins the next attempt when the one before has
 * failed or is 250 ms old. */
typedef struct
{
  QOp parent;
  QEndpoint endpoint;
  char *ascii_host;       /* the host in the ASCII form of its name, for the lookup; or NULL */
  int phase;
  QLookup *lookup;        /* NULL if none is needed */
  QAddress *addresses;    /* in the order in which they are tried */
  guint n_addresses;
  guint next;             /* the index of the address to try next */
  gint64 next_at;         /* when, in monotonic microseconds, if an attempt is under way */
  QAddress single_address;      /* is @addresses if no lookup is needed */

  struct pollfd *fds;     /* of the attempts under way, or of the lookup; then that of @wakeup */
  guint *attempts;        /* of each attempt under way the index of its address */
  guint n_attempts;
  struct pollfd inline_fds[2];  /* are @fds for the lookup, or if there is one address */
  guint inline_attempt;         /* likewise for @attempts */
  int error;              /* the errno of the failure that says most, or 0 */
  guint error_address;    /* the index of its address */

  atomic_int is_aborted;
  QWakeup wakeup;         /* ends a wait when the operation is aborted */

  /* the result */
  int fd;                 /* the connection, for the caller to close; or -1 */
  QAddress address;       /* of the other end */
  gboolean nonblocking;   /* whether the descriptor has O_NONBLOCK */
  int send_timeout_ms;    /* the SO_SNDTIMEO that the descriptor has, 0 for none */
} QConnectOp;

/* @target is the other end for messages, and must live as long as the operation. */

void q_connect_op_init (QConnectOp      *self,
                        const char      *name,
                        const char      *target,
                        const QEndpoint *endpoint,
                        const QSink     *sink);

/* Closes the attempts that are left, but not @fd. */
void q_connect_op_clear (QConnectOp *self);

/* Makes the operation fail soon with Q_SOCKET_ERROR_CLOSED. From any thread. */
void q_connect_op_abort (QConnectOp *self);

G_END_DECLS
