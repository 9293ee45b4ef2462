/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A main context that belongs to the calling thread and that the library iterates itself.
 *
 * A call into GIO may begin a task, whose result is delivered to the thread-default main
 * context. That of the application may be one that is never iterated; the result would
 * stay there, and keep alive what it refers to. So such calls are made between these two,
 * which may not be nested. */
void q_thread_context_push (void);

/* @expects_results: a task has been begun. Delivers what results there are, now and, since
 * some may come later, whenever the thread calls this again. */
void q_thread_context_pop  (gboolean expects_results);

G_END_DECLS
