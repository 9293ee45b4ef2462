/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define Q_DEADLINE_NEVER G_MAXINT64

/* The one place that knows what a timeout_ms of a call means: negative waits
 * forever, 0 never waits. A deadline is a point on the monotonic clock. The clock
 * is read when somebody first asks, which is before anything can wait: a call
 * that finds its bytes at hand need not know what time it is. */
typedef struct
{
  gint64 at;             /* monotonic microseconds, Q_DEADLINE_NEVER, or 0: not asked yet */
  int timeout_ms;        /* as the caller gave it */
} QDeadline;

static inline QDeadline
q_deadline_new (int timeout_ms)
{
  return (QDeadline) { timeout_ms < 0 ? Q_DEADLINE_NEVER : 0, timeout_ms };
}

static inline gint64
q_deadline_get (QDeadline *deadline)
{
  if (deadline->at == 0)
    deadline->at = g_get_monotonic_time () + (gint64) deadline->timeout_ms * 1000;

  return deadline->at;
}

/* Microseconds left, never negative; Q_DEADLINE_NEVER for ever. */
static inline gint64
q_deadline_left (QDeadline *deadline)
{
  if (deadline->at == Q_DEADLINE_NEVER)
    return Q_DEADLINE_NEVER;

  if (deadline->at == 0)
    {
      q_deadline_get (deadline);
      return (gint64) deadline->timeout_ms * 1000;
    }

  return MAX (deadline->at - g_get_monotonic_time (), 0);
}

/* An operation that only ever moves on must still not run past the deadline for
 * long; but bytes that are at hand are worth a moment, even with a timeout of 0. */
#define Q_DEADLINE_GRACE_US (20 * 1000)

static inline gboolean
q_deadline_is_overrun (QDeadline *deadline)
{
  gint64 at = q_deadline_get (deadline);

  return at != Q_DEADLINE_NEVER && g_get_monotonic_time () > at + Q_DEADLINE_GRACE_US;
}

G_END_DECLS
