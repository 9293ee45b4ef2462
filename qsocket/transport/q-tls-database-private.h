/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A database that vouches for nobody, so that GIO leaves each certificate to us. With
 * none at all GIO would look through the peer's chain by itself, which has no end if
 * its certificates vouch for each other in a circle; and with the usual one it would
 * read the system's certificates anew for every connection.
 *
 * There is one for all; it belongs to the library. */
GTlsDatabase *q_tls_database_get (void);

G_END_DECLS
