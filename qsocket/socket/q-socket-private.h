/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-channel-private.h"
#include "q-event-queue-private.h"
#include "q-report-private.h"
#include "q-socket.h"
#include "q-tls-config-private.h"

G_BEGIN_DECLS

/* The settings of a socket. They outlive its connections, and accepted sockets get a copy. */
typedef struct
{
  const char *charset;    /* the canonical name, which is never freed */
  gboolean no_delay;
  gboolean lookup_hostnames;
  guint max_header_size;
  guint max_header_count;
  guint64 max_receive_size;
  QTlsConfig *tls;        /* under the socket's lock; NULL: the default settings */
} QSocketSettings;

/* Here is what belongs to the object for all its life. What belongs to one connection is in its
 * QChannel, so that a call which still uses an old connection never sees the next one. */
struct _QSocket
{
  GObject parent_instance;

  QGate gate;             /* guards the channel of the present connection */
  _Atomic (QEventQueue *) queue;        /* changed under the lock */

  /* Whether packet-read had a handler when bytes last arrived. To ask GObject takes longer than
   * to read an integer from the buffer. */
  atomic_int has_read_handlers;

  guint64 id;
  QSink sink;

  GMutex lock;            /* of @queue, @settings.tls and @counters */
  QSocketSettings settings;
  QCounters *counters;    /* of the present or last connection; NULL before the first */
  atomic_int is_disposed; /* dispose () has begun: the socket cannot be opened any more */
  gboolean is_deleted;    /* the signal "deleted" was emitted, which happens once */
};

G_END_DECLS
