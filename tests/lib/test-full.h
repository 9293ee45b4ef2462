/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <qsocket/qsocket.h>

G_BEGIN_DECLS

/* Connections whose kernel takes no more bytes, because the other end does not read. */

/* More bytes than the kernel holds for a connection. */
#define TEST_TOO_MUCH (48 * 1024 * 1024)

/* The same for a connection whose ends have both been given to test_fix_buffers (). */
#define TEST_OVERFLOW (8 * 1024 * 1024)

/* Gives the end @fd of a connection a send buffer and a receive buffer of a small size that the
 * kernel does not change any more, as it otherwise does while bytes flow. Call it for both ends
 * before the first byte is sent. */
void  test_fix_buffers (int           fd);

/* Both send from @bytes, without waiting, until the kernel has refused for a while, so that it
 * refuses the next send too. They return how many bytes were taken; @length must be more than
 * that. TEST_TOO_MUCH is. */
gsize test_fill_fd     (int           fd,
                        const guint8 *bytes,
                        gsize         length);

gsize test_fill_kernel (QSocket      *sock,
                        const guint8 *bytes,
                        gsize         length);

G_END_DECLS
