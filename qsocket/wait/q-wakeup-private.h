/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* A descriptor that becomes readable when somebody signals it, from any thread. It is made
 * when it is first asked for, and it may be that there is none to be had: then its user has
 * to look for itself from time to time. */
typedef struct
{
  atomic_int fd;          /* -1: not made yet */
} QWakeup;

#define Q_WAKEUP_INIT { -1 }

/* Makes the descriptor if there is none yet. Returns it, or -1 with errno. */
int  q_wakeup_open   (QWakeup *self);

static inline int
q_wakeup_get_fd (QWakeup *self)
{
  return atomic_load (&self->fd);
}

/* Makes the descriptor readable until it is reset; does nothing without a descriptor. */
void q_wakeup_signal (QWakeup *self);

/* Returns whether it had been signalled. */
gboolean q_wakeup_reset (QWakeup *self);

void q_wakeup_close  (QWakeup *self);

G_END_DECLS
