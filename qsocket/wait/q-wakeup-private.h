/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* A descriptor that any thread can make readable, to end a poll () for it. Most wake-ups
 * are never waited for, so the descriptor (an eventfd) is made when it is first asked for.
 * That can fail; a caller that gets no descriptor has to wake from time to time and look
 * for itself.
 *
 * A signal is lost if there is no descriptor yet. So the signalling thread first sets a
 * flag of its own and then calls q_wakeup_signal (), and the waiting thread first calls
 * q_wakeup_open () and then looks at that flag. The flag and @fd are both accessed in
 * sequentially consistent order, so at least one of the two threads sees what the other
 * one did. */
typedef struct
{
  atomic_int fd;          /* -1: not made yet */
} QWakeup;

#define Q_WAKEUP_INIT { -1 }

/* Makes the descriptor if there is none yet. Returns it, or -1 with errno. */
int      q_wakeup_open   (QWakeup *self);

/* Returns the descriptor, or -1 if there is none yet. */
static inline int
q_wakeup_get_fd (QWakeup *self)
{
  return atomic_load (&self->fd);
}

/* Makes the descriptor readable until it is reset; does nothing without a descriptor. */
void     q_wakeup_signal (QWakeup *self);

/* Returns whether it had been signalled. */
gboolean q_wakeup_reset  (QWakeup *self);

void     q_wakeup_close  (QWakeup *self);

G_END_DECLS
