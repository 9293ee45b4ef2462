/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-private.h"

G_BEGIN_DECLS

/* ---- using what is open ---- */

/* Takes the claim of a reader or a writer; fails with PENDING if another call has it, and with
 * NOT_OPEN without an open channel. The socket and the channel stay until
 * q_socket_leave (). */
QChannel *q_socket_enter (QSocket     *self,
                          QClaim       claim,
                          const char  *name,
                          GError     **error);

void      q_socket_leave (QSocket  *self,
                          QClaim    claim,
                          QChannel *channel);

/* For questions that do no input or output; NULL if not open. */
QChannel *q_socket_ref_channel (QSocket *self);


/* ---- opening ---- */

/* Takes the claim of the opener, keeps the socket alive, and closes what is open. */
gboolean  q_socket_begin_opening (QSocket     *self,
                                  const char  *name,
                                  GError     **error);

void      q_socket_end_opening (QSocket *self);

/* Makes @channel what the socket is open with; takes over the reference. Returns FALSE, with
 * the channel gone, if the socket was closed since an opener began. */
gboolean  q_socket_open (QSocket  *self,
                         QChannel *channel);

/* ---- closing ---- */

/* Closes what is open, with its event. With @only it does so only if the socket is open with
 * that. */
void      q_socket_close_channel (QSocket  *self,
                                  QChannel *only);

/* Takes the descriptor out of @channel; the caller has both claims. */
int       q_socket_steal_channel_fd (QSocket   *self,
                                     QChannel  *channel,
                                     GError   **error);

G_END_DECLS
