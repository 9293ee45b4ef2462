/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-feed.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the tests of corked sockets share. */

static inline void
send_bytes (QSocket    *sock,
            const void *bytes,
            gsize       length)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_send_data (sock, bytes, length, ENOUGH, NULL, &error));
  g_assert_no_error (error);
}

static inline void
uncork (QSocket *sock)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (q_socket_uncork (sock, ENOUGH, NULL, &error));
  g_assert_no_error (error);
}

static inline void
expect_nothing (int fd)
{
  struct pollfd pollfd = { fd, POLLIN, 0 };

  g_assert_cmpint (poll (&pollfd, 1, 0), ==, 0);
}

/* All that comes until the peer closes. */
static inline void
expect_to_end (int         fd,
               const void *bytes,
               gsize       length)
{
  g_autoptr (GBytes) got = test_read_to_end (fd);

  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), bytes, length);
}

static inline void
count_cb (QSocket      *sock,
          QSocketEvent *event,
          gpointer      data)
{
  ++*(guint *) data;
}
