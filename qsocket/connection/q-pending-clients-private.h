/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-address-private.h"

G_BEGIN_DECLS

/* A connection that was accepted and not returned to the program. */
typedef struct
{
  int fd;
  QAddress peer;
} QPendingClient;

/* Accepting with TLS returns the first client that sends something. Clients that were accepted
 * before and have sent nothing are kept here, the oldest first, for this call or a later one. */
typedef struct
{
  QPendingClient *clients;
  guint n;                /* how many clients there are */
} QPendingClients;

/* Adds a client as the youngest one; takes over @fd. */
void q_pending_clients_add  (QPendingClients *self,
                             int              fd,
                             const QAddress  *peer);

/* Removes the client at @index (below @n) and returns it; @fd is the caller's. */
void q_pending_clients_take (QPendingClients *self,
                             guint            index,
                             int             *fd,
                             QAddress        *peer);

/* Closes and removes the oldest client, of which there must be one. */
void q_pending_clients_drop_oldest (QPendingClients *self);

/* Closes and removes all clients. */
void q_pending_clients_clear (QPendingClients *self);

G_END_DECLS
