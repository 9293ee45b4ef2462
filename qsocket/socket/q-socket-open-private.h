/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-private.h"

G_BEGIN_DECLS

/* ---- using the open channel ---- */

/* Takes the claim of the reader or the writer and enters the channel that the socket is open
 * with. Fails with PENDING if another call has the claim, and with NOT_OPEN if the socket is
 * closed. Until q_socket_leave () neither the socket nor the channel is freed. */
QChannel *q_socket_enter (QSocket     *self,
                          QClaim       claim,
                          const char  *name,
                          GError     **error);

void      q_socket_leave (QSocket  *self,
                          QClaim    claim,
                          QChannel *channel);

/* Returns a new reference to the open channel, or NULL if the socket is closed. For functions that
 * read or write nothing, and so need no claim. */
QChannel *q_socket_ref_channel (QSocket *self);

/* ---- opening ---- */

/* Takes the claim of the opener and a reference to the socket, and closes the connection that the
 * socket has. Fails with PENDING if another call opens the socket, and with CLOSED if the socket
 * is being disposed of; then there is nothing to end. */
gboolean  q_socket_begin_opening (QSocket     *self,
                                  const char  *name,
                                  GError     **error);

void      q_socket_end_opening (QSocket *self);

/* Makes @channel, a reference that it takes over, the channel that the socket is open with.
 * Returns FALSE, having dropped the reference, if the socket was closed or shut down since
 * q_socket_begin_opening (). */
gboolean  q_socket_open (QSocket  *self,
                         QChannel *channel);

/* ---- closing ---- */

/* Closes the open channel and emits channel-closed. If @only is not NULL, it closes that channel
 * and no other: nothing happens if the socket has been opened anew meanwhile. */
void      q_socket_close_channel (QSocket  *self,
                                  QChannel *only);

/* Closes the socket without closing the descriptor of @channel, and returns the descriptor, or -1
 * with @error set. The caller holds the claims of reader and writer. */
int       q_socket_steal_channel_fd (QSocket   *self,
                                     QChannel  *channel,
                                     GError   **error);

G_END_DECLS
