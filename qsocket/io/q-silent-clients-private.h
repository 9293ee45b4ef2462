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
} QSilentClient;

/* Connections that a listener took and nobody has asked for yet, the oldest first. */
typedef struct
{
  QSilentClient *clients;
  guint n;
} QSilentClients;

/* Takes over @fd. */
void q_silent_clients_add  (QSilentClients *self,
                            int             fd,
                            const QAddress *peer);

/* Hands on the one at @index. */
void q_silent_clients_take (QSilentClients *self,
                            guint           index,
                            int            *fd,
                            QAddress       *peer);

/* Closes the oldest. */
void q_silent_clients_drop (QSilentClients *self);

/* Closes all. */
void q_silent_clients_clear (QSilentClients *self);

G_END_DECLS
