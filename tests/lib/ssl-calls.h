/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <unistd.h>

#include "test-tls-peer.h"

/* Calls of TLS that wait, each in a state of the connection that nothing ends but a deadline, a
 * close or a cancellation. This is a header so that a test's asynchronous form makes its calls
 * asynchronously. */

typedef enum
{
  SSL_IN_CONNECT,           /* the server says nothing */
  SSL_IN_UPGRADE,           /* the client has begun and goes on no more */
  SSL_IN_FIRST_BYTE,        /* of a client to an upgraded server */
  SSL_IN_ACCEPT,            /* nobody comes */
  SSL_IN_SILENT_ACCEPT,     /* somebody came */
  SSL_IN_SLOW_ACCEPT,       /* and began */
  SSL_IN_READ,
  SSL_IN_WRITE,
  SSL_IN_SHUTDOWN,
  SSL_N_PHASES,
} SslPhase;

static const char * const ssl_phase_names[] = {
  "connect", "upgrade", "first-byte", "accept", "silent-accept", "slow-accept", "read", "write",
  "shutdown-ssl",
};

typedef struct
{
  SslPhase phase;
  QSocket *sock;
  TestTlsPeer *peer;
  char *target;
  int listener;
  guint8 *bytes;
  GCancellable *cancellable;
  int timeout_ms;
  GError *error;
} SslCall;

static inline void
ssl_call_init (SslCall  *self,
               SslPhase  phase)
{
  int fd = -1;

  *self = (SslCall) { .phase = phase, .listener = -1, .timeout_ms = -1 };
  switch (phase)
    {
    case SSL_IN_CONNECT:
      self->listener = test_listen_fd (&self->target);
      self->sock = q_socket_new ();
      test_tls_prepare (self->sock, FALSE);
      return;
    case SSL_IN_UPGRADE:
    case SSL_IN_FIRST_BYTE:
      self->sock = test_pair (TEST_TCP4, &fd);
      test_tls_prepare (self->sock, TRUE);
      break;
    case SSL_IN_ACCEPT:
    case SSL_IN_SILENT_ACCEPT:
    case SSL_IN_SLOW_ACCEPT:
      self->sock = test_listener (&self->target);
      test_tls_prepare (self->sock, TRUE);
      if (phase != SSL_IN_ACCEPT)
        fd = test_connect_fd (self->target);
      break;
    case SSL_IN_READ:
    case SSL_IN_WRITE:
    case SSL_IN_SHUTDOWN:
    case SSL_N_PHASES:
    default:
      self->sock = test_tls_pair (FALSE, TEST_TLS_13, &self->peer);
      if (phase == SSL_IN_WRITE)
        {
          self->bytes = g_malloc0 (TEST_TOO_MUCH);
          test_fix_buffers (q_socket_get_socket (self->sock));
          test_fix_buffers (self->peer->fd);
        }
      return;
    }

  if (fd < 0)
    return;
  self->peer = test_tls_peer_new (fd, FALSE, NULL);
  self->peer->fault = (TestFault) { TEST_FAULT_SILENCE, TRUE, 40 };
  if (phase == SSL_IN_UPGRADE || phase == SSL_IN_SLOW_ACCEPT)
    test_tls_peer_handshake (self->peer);
}

static inline void
ssl_call_clear (SslCall *self)
{
  g_object_unref (self->sock);
  g_clear_pointer (&self->peer, test_tls_peer_free);
  g_free (self->target);
  g_free (self->bytes);
  if (self->listener >= 0)
    close (self->listener);
  g_clear_object (&self->cancellable);
}

/* From a thread, too. */
static inline gpointer
ssl_call_make (gpointer data)
{
  SslCall *self = data;
  GCancellable *cancellable = self->cancellable;
  QSocket *accepted;
  GBytes *got;

  switch (self->phase)
    {
    case SSL_IN_CONNECT:
      q_socket_connect_ssl (self->sock, self->target, self->timeout_ms, cancellable, &self->error);
      break;
    case SSL_IN_UPGRADE:
    case SSL_IN_FIRST_BYTE:
      q_socket_upgrade_server_to_ssl (self->sock, self->timeout_ms, cancellable, &self->error);
      break;
    case SSL_IN_ACCEPT:
    case SSL_IN_SILENT_ACCEPT:
    case SSL_IN_SLOW_ACCEPT:
      accepted = q_socket_accept_ssl (self->sock, self->timeout_ms, cancellable, &self->error);
      g_assert_null (accepted);
      break;
    case SSL_IN_READ:
      got = q_socket_recv_binary (self->sock, 1, self->timeout_ms, cancellable, &self->error);
      g_assert_null (got);
      break;
    case SSL_IN_WRITE:
      q_socket_send_data (self->sock, self->bytes, TEST_TOO_MUCH, self->timeout_ms, cancellable,
                          &self->error);
      break;
    case SSL_IN_SHUTDOWN:
    case SSL_N_PHASES:
    default:
      q_socket_shutdown_ssl (self->sock, self->timeout_ms, cancellable, &self->error);
      break;
    }

  return NULL;
}
