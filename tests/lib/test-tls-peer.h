/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gnutls/gnutls.h>

#include "test-certs.h"
#include "test-feed.h"

G_BEGIN_DECLS

/* The other end of a TLS connection as GnuTLS itself, which can be made to break the rules. It
 * waits where its descriptor waits. */

#define TEST_TLS_12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TEST_TLS_13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* What becomes of the byte at the offset, counted from the first of the connection. */
typedef enum
{
  TEST_FAULT_NONE,
  TEST_FAULT_END,       /* the stream ends in front of it */
  TEST_FAULT_RESET,     /* the connection is reset in front of it; TCP only */
  TEST_FAULT_SILENCE,   /* it is not sent, nor any after it */
  TEST_FAULT_FLIP,      /* one of its bits is another; a peer that then waits in vain ends the
                         * stream */
  TEST_FAULT_DRIP,      /* from here on there is one byte each few milliseconds */
} TestFaultKind;

typedef struct
{
  TestFaultKind kind;
  gboolean of_sent;     /* by this peer; else of what it receives */
  gsize offset;
} TestFault;

typedef struct
{
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  int fd;
  gboolean is_server;

  TestFault fault;
  gboolean is_broken;
  gboolean is_stalled;  /* it has waited in vain */
  int stop;             /* atomic: a peer that drips ends */
  gsize n_sent;
  gsize n_received;

  GByteArray *captured; /* what would be sent goes here */
  GThread *thread;
} TestTlsPeer;

/* The certificates of this program; root is the one to trust. */
TestCerts   *test_tls_certs          (void);
void         test_tls_certs_free     (void);

/* What the other end needs. */
void         test_tls_prepare        (QSocket     *sock,
                                      gboolean     is_server);

/* Owns @fd. A server shows the certificate "leaf". */
TestTlsPeer *test_tls_peer_new       (int          fd,
                                      gboolean     is_server,
                                      const char  *priority);
void         test_tls_peer_free      (TestTlsPeer *self);

/* Shows these in place of the usual ones, in this order; as many times over as is said. */
void         test_tls_peer_show      (TestTlsPeer *self,
                                      TestCert   **chain,
                                      guint        n_chain,
                                      guint        times);

/* What GnuTLS makes of it. */
int          test_tls_peer_handshake (TestTlsPeer *self);

/* The same in a thread. A peer that fails ends the connection. */
void         test_tls_peer_start     (TestTlsPeer *self);
int          test_tls_peer_join      (TestTlsPeer *self);

/* All, or an assertion. */
void         test_tls_peer_send      (TestTlsPeer *self,
                                      const void  *bytes,
                                      gsize        length);
void         test_tls_peer_expect    (TestTlsPeer *self,
                                      const void  *bytes,
                                      gsize        length);

/* Everything up to the end; whether that was a close_notify. */
GBytes      *test_tls_peer_read      (TestTlsPeer *self,
                                      gboolean    *is_clean);

/* Says that nothing follows. */
void         test_tls_peer_end       (TestTlsPeer *self);

/* From here on nothing is sent, until it is released. */
void         test_tls_peer_capture   (TestTlsPeer *self);
GByteArray  *test_tls_peer_release   (TestTlsPeer *self);

/* A connection over TCP with the handshake done, except that the peer's last message
 * of it may still be on its way. */
QSocket     *test_tls_pair           (gboolean      sock_is_server,
                                      const char   *priority,
                                      TestTlsPeer **peer);

/* Waits until no more descriptors are open than @before: GIO's threads let go of theirs a
 * moment after the call that they worked for. */
void         test_wait_fds           (guint         before);

/* Two ends of a stream without an address. */
QSocket     *test_adopted_pair       (int          *peer_fd);

/* A plain listener, and a plain connection to such a target. */
int          test_listen_fd          (char        **target);
int          test_accept_fd          (int           listener);
int          test_connect_fd         (const char   *target);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestTlsPeer, test_tls_peer_free)

G_END_DECLS
