/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many times this process or one of its ancestors has forked since the library was
 * first used. An object that remembers the number can tell that it is a copy in a child
 * process. */
int q_fork_get_generation (void);

G_END_DECLS
