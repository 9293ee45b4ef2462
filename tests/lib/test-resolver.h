/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes the place of the system's resolver, in both directions. */

/* Every lookup hangs, in its thread, until test_resolver_restore (). */
void test_resolver_hang (void);

/* Every name has these addresses, a NULL-terminated array that must stay. A service
 * that is a name means @port. */
void test_resolver_answer (const char * const *addresses,
                           int                 port);

/* Every address has this name, which must stay. */
void test_resolver_answer_name (const char *name);

/* Every lookup fails with this EAI_ code. */
void test_resolver_fail (int code);

/* Waits until so many lookups have begun since the last of the functions above. */
void test_resolver_wait_until_asked (guint n_lookups);

guint test_resolver_get_n_asked (void);

/* Lookups that hang end, and the system's resolver is back. */
void test_resolver_restore (void);

G_END_DECLS
