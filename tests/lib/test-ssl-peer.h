/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-program.h"
#include "test-ssl-pair.h"

G_BEGIN_DECLS

/* Programs that speak TLS, and what a QSocket and they say to each other. */

/* `openssl s_server` with the certificate @name of the zoo and more options; @target is what to
 * connect to. What is said to it goes to the client, a line at a time. */
TestProgram *test_openssl_server (TestCerts   *certs,
                                  const char  *name,
                                  const char  *options,
                                  char       **target);

/* `openssl s_client` that connects to @listener, trusts the root of the zoo alone, and insists
 * that it is localhost. */
TestProgram *test_openssl_client (TestCerts   *certs,
                                  QSocket     *listener,
                                  const char  *options);

/* A listener that has the certificate @name of the zoo, and a client that trusts the root. */
QSocket     *test_peer_listener  (TestCerts   *certs,
                                  const char  *name);
QSocket     *test_peer_client    (TestCerts   *certs);

/* Both must succeed. */
void         test_peer_connect   (QSocket     *client,
                                  const char  *target);
QSocket     *test_peer_accept    (QSocket     *listener);

/* A line each way, between @sock and a program that shows what it gets and sends what it is
 * told. */
void         test_peer_talk      (QSocket     *sock,
                                  TestProgram *program);

void         test_peer_send      (QSocket     *sock,
                                  const char  *text);
void         test_peer_expect    (QSocket     *sock,
                                  const char  *text);

/* That the connection to @target fails with @code, and that this leaves nothing open. Returns
 * the message. */
char        *test_peer_refuse    (QSocket      *client,
                                  const char   *target,
                                  QSocketError  code);

/* The same for the next client of @listener. */
char        *test_peer_refuse_client (QSocket      *listener,
                                      QSocketError  code);

G_END_DECLS
