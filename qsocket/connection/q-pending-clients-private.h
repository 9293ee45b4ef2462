/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-address-private.h"

G_BEGIN_DECLS

typedef struct
{
  int fd;
  QAddress peer;
} QPendingClient;

/* Connections that a listener took and nobody has asked for yet, the oldest first. */
typedef struct
{
  QPendingClient *clients;
  guint n;
} QPendingClients;

/* Takes over @fd. */
void q_pending_clients_add  (QPendingClients *self,
                             int              fd,
                             const QAddress  *peer);

/* Hands on the one at @index. */
void q_pending_clients_take (QPendingClients *self,
                             guint            index,
                             int             *fd,
                             QAddress        *peer);

/* Closes the oldest. */
void q_pending_clients_drop (QPendingClients *self);

/* Closes all. */
void q_pending_clients_clear (QPendingClients *self);

G_END_DECLS
