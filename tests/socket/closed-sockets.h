/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-peer.h"

static inline void
assert_not_open (QSocket *sock)
{
  GError *error = NULL;

  g_assert_false (q_socket_is_open (sock));
  g_assert_cmpint (q_socket_get_socket (sock), ==, -1);
  g_assert_cmpint (q_socket_get_port (sock), ==, -1);
  g_assert_false (q_socket_is_data_available (sock, -1));
  g_assert_false (q_socket_is_write_finished (sock, -1));
  g_assert_null (q_socket_get_gsocket (sock));
  g_assert_null (q_socket_get_io_stream (sock));
  g_assert_null (q_socket_recv (sock, 0, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_false (q_socket_send (sock, "x", -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_null (q_socket_accept (sock, -1, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_cmpint (q_socket_recv_i8 (sock, -1, NULL, &error), ==, 0);
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_cmpint (q_socket_steal_fd (sock, &error), ==, -1);
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
}
