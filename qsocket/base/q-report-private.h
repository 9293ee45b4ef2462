/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-socket-event-type.h"

G_BEGIN_DECLS

/* An event as the operations of a socket report it. The pointers are valid only
 * during the call that passes the report: a receiver copies what it keeps. Which
 * members are set depends on the type; the others are -1 or NULL. */
typedef struct
{
  QSocketEventType type;
  gint64 step;           /* bytes moved by this step */
  gint64 total;          /* bytes moved by this call so far */
  gint64 goal;           /* bytes this call has to move */
  const char *name;
  const char *service;
  const char *address;
  const char *target;
  const char *message;
  int port;
  GSocketFamily family;
  GVariant *headers;
  const char *cipher;
  const char *cipher_version;
} QReport;

#define Q_REPORT_INIT(event_type) \
  { .type = (event_type), .step = -1, .total = -1, .goal = -1, .port = -1, \
    .family = G_SOCKET_FAMILY_INVALID }

/* Where an operation sends its reports. Before it makes a report whose content has
 * to be computed, it asks whether the sink wants one of that type. */
typedef struct
{
  gboolean (*wants)  (gpointer          owner,
                      QSocketEventType  type);
  void     (*report) (gpointer          owner,
                      const QReport    *report);
  gpointer owner;
} QSink;

static inline gboolean
q_sink_wants (const QSink      *sink,
              QSocketEventType  type)
{
  return sink->wants != NULL && sink->wants (sink->owner, type);
}

static inline void
q_sink_report (const QSink   *sink,
               const QReport *report)
{
  if (sink->report != NULL)
    sink->report (sink->owner, report);
}

G_END_DECLS
