/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many forks lie between the process that first called this function and the calling
 * one, which is it or a descendant. An object that remembers the number can tell that it
 * is the copy that a child process got. */
int q_fork_get_generation (void);

G_END_DECLS
