/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-ssl-certificate-private.h"
#include "q-ssl-private-key.h"

G_BEGIN_DECLS

/* Lives as long as @self. NULL if GnuTLS does not know the kind of key. */
const guint8 *q_ssl_private_key_peek_id (QSslPrivateKey *self);

G_END_DECLS
