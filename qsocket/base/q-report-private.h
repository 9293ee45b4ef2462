/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-socket-event-type.h"

G_BEGIN_DECLS

/* What the layers below QSocket say about their work. It lives on the caller's
 * stack and borrows all it points to; whoever receives it copies what it keeps.
 * Absent numbers are -1, absent texts NULL. */
typedef struct
{
  QSocketEventType type;
  gint64 step;           /* bytes moved by this step */
  gint64 total;          /* bytes moved by this call so far */
  gint64 goal;           /* bytes this call is to move */
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

/* Where reports go. Whoever has to work for what a report says asks first. */
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
