/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-silent-clients-private.h"

#include <string.h>
#include <unistd.h>

void
q_silent_clients_add (QSilentClients *self,
                      int             fd,
                      const QAddress *peer)
{
  self->clients = g_renew (QSilentClient, self->clients, self->n + 1);
  self->clients[self->n++] = (QSilentClient) { fd, *peer };
}

void
q_silent_clients_take (QSilentClients *self,
                       guint           index,
                       int            *fd,
                       QAddress       *peer)
{
  *fd = self->clients[index].fd;
  *peer = self->clients[index].peer;

  self->n--;
  memmove (self->clients + index, self->clients + index + 1,
           (self->n - index) * sizeof *self->clients);
}

void
q_silent_clients_drop (QSilentClients *self)
{
  QAddress peer;
  int fd;

  q_silent_clients_take (self, 0, &fd, &peer);
  close (fd);
}

void
q_silent_clients_clear (QSilentClients *self)
{
  while (self->n > 0)
    q_silent_clients_drop (self);

  g_clear_pointer (&self->clients, g_free);
}
