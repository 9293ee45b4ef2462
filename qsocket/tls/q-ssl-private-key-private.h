/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-ssl-private-key.h"
#include "q-x509-key-private.h"

G_BEGIN_DECLS

/* The id belongs to @self. */
const QX509KeyId *q_ssl_private_key_peek_id (QSslPrivateKey *self);

G_END_DECLS
