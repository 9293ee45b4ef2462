/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"
#include "q-resolver-private.h"

G_BEGIN_DECLS

/* What to connect to. A UNIX path, or a host with a service, or a host that is a
 * literal with a port. The texts are borrowed. */
typedef struct
{
  const char *path;
  const char *host;
  const char *service;
  int port;               /* -1 if the service is a name */
  GSocketFamily family;
  int socktype;
  int protocol;
  gboolean no_delay;
} QEndpoint;

/* Looks up and tries addresses the way of RFC 8305 until one answers: IPv6 and
 * IPv4 in turns, the next one when one failed or 250 ms after it was begun. */
typedef struct
{
  QOp parent;
  QEndpoint endpoint;
  char *ascii_host;
  int phase;
  QLookup *lookup;
  QAddress *addresses;
  guint n_addresses;
  guint next;             /* the address to try next */
  gint64 next_at;         /* when, unless all others have failed before */
  QAddress one;           /* where a lookup is not needed */

  struct pollfd *fds;     /* attempts under way, and the wake-up behind them */
  guint *attempts;        /* the address of each */
  guint n_attempts;
  struct pollfd own_fds[2];   /* enough for a lookup or one address */
  guint own_attempt;
  int error;              /* the most telling one so far */
  guint error_address;

  atomic_int is_aborted;
  QWakeup wakeup;

  /* the result */
  int fd;
  QAddress address;
  gboolean nonblocking;
  int send_timeout_ms;    /* left set on the descriptor */
} QConnectOp;

void q_connect_op_init (QConnectOp      *self,
                        const char      *name,
                        const char      *target,
                        const QEndpoint *endpoint,
                        const QSink     *sink);

void q_connect_op_clear (QConnectOp *self);

/* From any thread: the operation ends soon with Q_SOCKET_ERROR_CLOSED. */
void q_connect_op_abort (QConnectOp *self);

G_END_DECLS
