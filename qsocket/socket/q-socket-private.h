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

/* What is set once and handed on to accepted sockets. */
typedef struct
{
  const char *charset;    /* interned */
  gboolean no_delay;
  gboolean lookup_hostnames;
  guint max_header_size;
  guint max_header_count;
  guint64 max_receive_size;
  QTlsConfig *tls;        /* with the socket's lock; NULL: as usual */
} QSocketSettings;

/* What belongs to a connection is in its QChannel; what belongs to the object is here. */
struct _QSocket
{
  GObject parent_instance;

  QGate gate;             /* to the channel that the socket is open with */
  _Atomic (QEventQueue *) queue;        /* changed with the lock */
  atomic_int has_read_handlers;         /* of packet-read, as of the last arrival */

  guint64 id;
  QSink sink;

  GMutex lock;            /* for what follows */
  QSocketSettings settings;
  QCounters *counters;    /* of the last connection; NULL before the first */
  atomic_int is_disposed;
  gboolean is_deleted;    /* the signal was emitted */
};

G_END_DECLS
