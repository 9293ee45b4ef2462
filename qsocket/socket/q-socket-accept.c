/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-accept-ssl-op-private.h"
#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-socket-listen.h"
#include "q-socket-private.h"

/* A socket for a connection that was taken from @channel. */
static QSocket *
new_accepted (QSocket   *self,
              QChannel  *channel,
              QAcceptOp *op)
{
  QSocket *accepted = q_socket_new_heir (self);
  QChannel *connection = q_channel_new (g_steal_fd (&op->fd), Q_CHANNEL_ACCEPTED,
                                        channel->family, channel->socktype, FALSE, TRUE);

  /* Now and then the peer is gone already, and has no address any more. */
  if (op->peer.length > sizeof (sa_family_t) || channel->family == G_SOCKET_FAMILY_UNIX)
    connection->peer = op->peer;
  q_socket_install_channel (accepted, connection);

  return accepted;
}

static QChannel *
enter_listener (QSocket     *self,
                const char  *name,
                GError     **error)
{
  QChannel *channel = q_socket_enter (self, Q_ROLE_READER, name, error);

  if (channel != NULL)
    q_channel_check_listening (channel);

  return channel;
}

QSocket *
q_socket_accept (QSocket       *self,
                 int            timeout_ms,
                 GCancellable  *cancellable,
                 GError       **error)
{
  QSocket *accepted = NULL;
  QChannel *channel;
  QAcceptOp op;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  channel = enter_listener (self, "accept", error);
  if (channel == NULL)
    return NULL;

  q_accept_op_init (&op, "accept on", channel, &self->sink);
  if (channel->silent.n > 0)
    q_silent_clients_take (&channel->silent, 0, &op.fd, &op.peer);

  if ((op.fd >= 0 || q_op_run (&op.parent, timeout_ms, cancellable, error)) && op.fd >= 0)
    accepted = new_accepted (self, channel, &op);

  q_socket_leave (self, Q_ROLE_READER, channel);

  return accepted;
}

/* ---- with TLS ---- */

typedef struct
{
  QSocket *listener;
  QChannel *channel;      /* of the listener */
  QTlsConfig *tls;
  QOpChain chain;
  QAcceptSslOp accept;
  QHandshakeOp handshake;
  QSocket *accepted;
  QChannel *connection;   /* of the accepted socket, pinned */
} SecureAccept;

static QOp *
accepted (QOpChain *chain,
          QOp      *done)
{
  SecureAccept *self = chain->data;

  if (done != &self->accept.parent || self->accept.accept.fd < 0)
    return NULL;

  self->accepted = new_accepted (self->listener, self->channel, &self->accept.accept);
  self->connection = q_socket_ref_channel (self->accepted);
  q_channel_pin (self->connection);
  q_socket_set_handshaking (self->listener, self->connection);

  q_handshake_op_init (&self->handshake, chain->parent.name, self->connection,
                       &self->accepted->sink, self->tls, NULL, TRUE);
  self->handshake.has_spoken = TRUE;

  return &self->handshake.parent;
}

static void
finish_handshake (SecureAccept *self,
                  gboolean      ok)
{
  q_socket_set_handshaking (self->listener, NULL);
  q_channel_unpin (self->connection);

  if (ok && q_socket_set_transport (self->accepted, self->connection,
                                    &g_steal_pointer (&self->handshake.transport)->session.parent))
    q_socket_emit_ssl_established (self->accepted);
  else
    g_clear_object (&self->accepted);

  g_clear_pointer (&self->connection, q_channel_unref);
}

QSocket *
q_socket_accept_ssl (QSocket       *self,
                     int            timeout_ms,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_autoptr (QTlsConfig) tls = NULL;
  SecureAccept accept = { .listener = self };
  gboolean ok;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  accept.channel = enter_listener (self, "accept_ssl", error);
  if (accept.channel == NULL)
    return NULL;

  accept.tls = tls = q_socket_ref_tls_config (self);
  if (!q_handshake_check (tls, NULL, TRUE, accept.channel->socktype, error))
    {
      q_socket_prefix_error ("accept_ssl", error);
      q_socket_leave (self, Q_ROLE_READER, accept.channel);
      return NULL;
    }

  q_accept_ssl_op_init (&accept.accept, "accept_ssl on", accept.channel, &self->sink);
  q_op_chain_init (&accept.chain, &accept.accept.parent, accepted, &accept);
  ok = q_op_run (&accept.chain.parent, timeout_ms, cancellable, error);
  q_accept_ssl_op_clear (&accept.accept);
  if (accept.accepted != NULL)
    finish_handshake (&accept, ok);

  q_socket_leave (self, Q_ROLE_READER, accept.channel);

  return accept.accepted;
}
