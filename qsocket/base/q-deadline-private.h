/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define Q_DEADLINE_NEVER G_MAXINT64

/* The point on the monotonic clock at which the time of a call is up, made of its
 * timeout_ms: a negative one sets no limit, with 0 the call never waits.
 *
 * The clock is read by the first of the functions below, not at the beginning of
 * the call: many calls find their bytes in a buffer and need no time at all. As a
 * call asks for its deadline before it waits, this makes it no longer. */
typedef struct
{
  gint64 at;             /* in microseconds; Q_DEADLINE_NEVER; 0: the clock was not read yet */
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

/* The microseconds that are left, at least 0; Q_DEADLINE_NEVER without a limit. */
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

/* An operation looks at its deadline when it has to wait. One that never has to,
 * because its peer is fast, must look here too, or it could go on for ever. The
 * grace lets an operation with a timeout of 0 move the bytes that are there. */
#define Q_DEADLINE_GRACE_US (20 * 1000)

static inline gboolean
q_deadline_is_overrun (QDeadline *deadline)
{
  gint64 at = q_deadline_get (deadline);

  return at != Q_DEADLINE_NEVER && g_get_monotonic_time () > at + Q_DEADLINE_GRACE_US;
}

G_END_DECLS
