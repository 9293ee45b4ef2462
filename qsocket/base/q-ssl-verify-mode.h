/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

/**
 * QSslVerifyMode:
 * @Q_SSL_VERIFY_MODE_PEER: the default. A client refuses a server whose certificate it cannot
 *   verify; a server asks for no certificate
 * @Q_SSL_VERIFY_MODE_NONE: any certificate is accepted;
 *   [method@QSocket.Socket.verify_peer_certificate] tells afterwards what is wrong with it
 * @Q_SSL_VERIFY_MODE_REQUIRE: the peer must have a certificate that can be verified; a server
 *   demands one from its clients
 *
 * What a TLS handshake demands of the peer.
 *
 * Since: 1.0
 */
typedef enum
{
  Q_SSL_VERIFY_MODE_PEER,
  Q_SSL_VERIFY_MODE_NONE,
  Q_SSL_VERIFY_MODE_REQUIRE,
} QSslVerifyMode;

G_END_DECLS
