/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-certs.h"
#include "test-peer.h"

G_BEGIN_DECLS

/* Gives @sock the certificate @name of the zoo, and its key. */
void test_ssl_identify (QSocket    *sock,
                        TestCerts  *certs,
                        const char *name);

/* Makes @sock trust the root of the zoo and nothing else. */
void test_ssl_trust (QSocket   *sock,
                     TestCerts *certs);

/* A call in another thread that is one half of a handshake. */
typedef struct
{
  QSocket *sock;
  QSocket *result;        /* of an accept */
  GError *error;
  gboolean ok;
  GThread *thread;
} TestSslHalf;

void     test_ssl_accept_start  (TestSslHalf *half,
                                 QSocket     *listener,
                                 int          timeout_ms);

/* The server's half of an upgrade. */
void     test_ssl_upgrade_start (TestSslHalf *half,
                                 QSocket     *sock,
                                 int          timeout_ms);

void     test_ssl_shutdown_start (TestSslHalf *half,
                                  QSocket     *sock,
                                  int          timeout_ms);

/* Waits for it; returns whether it succeeded. */
gboolean test_ssl_join (TestSslHalf *half);

/* A connected pair; the second one is accepted, with the certificate "server". The
 * first one trusts the root. Either may be set up before by others. */
void     test_ssl_connect (QSocket    *client,
                           QSocket    *listener,
                           QSocket   **accepted);

QSocket *test_ssl_pair (TestCerts  *certs,
                        QSocket   **accepted);

G_END_DECLS
