/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A database in which no certificate is found to be trusted, so that GIO asks through the
 * signal "accept-certificate" about each of them, and QSocket decides. Without any database
 * GIO would walk through the peer's chain itself, without an end if its certificates have
 * signed each other in a circle; and with GIO's usual one it would read the certificates of
 * the system anew for every connection.
 *
 * Returns the one there is for the whole process, without a reference for the caller. */
GTlsDatabase *q_tls_database_get (void);

G_END_DECLS
