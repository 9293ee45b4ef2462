/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-pending-clients-private.h"

#include <string.h>
#include <unistd.h>

void
q_pending_clients_add (QPendingClients *self,
                       int              fd,
                       const QAddress  *peer)
{
  self->clients = g_renew (QPendingClient, self->clients, self->n + 1);
  self->clients[self->n++] = (QPendingClient) { fd, *peer };
}

void
q_pending_clients_take (QPendingClients *self,
                        guint            index,
                        int             *fd,
                        QAddress        *peer)
{
  *fd = self->clients[index].fd;
  *peer = self->clients[index].peer;

  self->n--;
  memmove (self->clients + index, self->clients + index + 1,
           (self->n - index) * sizeof *self->clients);
}

void
q_pending_clients_drop_oldest (QPendingClients *self)
{
  QAddress peer = { .length = 0 };
  int fd = -1;

  q_pending_clients_take (self, 0, &fd, &peer);
  close (fd);
}

void
q_pending_clients_clear (QPendingClients *self)
{
  while (self->n > 0)
    q_pending_clients_drop_oldest (self);

  g_clear_pointer (&self->clients, g_free);
}
