/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <qsocket/qsocket.h>

#include "test-time.h"

G_BEGIN_DECLS

/* Connections whose other end is a plain descriptor in the hands of the test. */
typedef enum
{
  TEST_TCP4,
  TEST_TCP6,
  TEST_UNIX,
  TEST_N_KINDS,
} TestKind;

/* "tcp4" ... */
const char *test_kind_name (TestKind kind);

/* Whether this machine has it (IPv6 may be missing). */
gboolean test_kind_is_here (TestKind kind);

/* A connected QSocket; @fd is the other end. */
QSocket *test_pair (TestKind  kind,
                    int      *fd);

/* A connected pair of QSockets, the second one accepted. */
QSocket *test_socket_pair (TestKind   kind,
                           QSocket  **accepted);

/* A QSocket that listens on a free port of 127.0.0.1; @target is what to connect to. */
QSocket *test_listener (char **target);

/* All or an assertion. */
void test_write (int         fd,
                 const void *bytes,
                 gsize       length);
void test_write_text (int         fd,
                      const char *text);
void test_expect (int         fd,
                  const char *bytes,
                  gssize      length);
/* Everything until the end. */
GBytes *test_read_to_end (int fd);

/* A directory that goes away with test_remove_dir (). */
char *test_make_dir (void);
void  test_remove_dir (char *dir);

/* How many descriptors this process has open. */
guint test_count_fds (void);

/* The kernel's number for the calling thread. */
int test_get_thread_id (void);

/* Waits until that thread sleeps in a system call that moves bytes, connects,
 * accepts or polls. */
void test_wait_in_kernel (int thread_id);

/* Asserts that @error is QSocketError @code_ and clears it. */
#define test_assert_error(error, code_) G_STMT_START { \
    g_assert_error ((error), Q_SOCKET_ERROR, (code_)); \
    g_clear_error (&(error)); } G_STMT_END

G_END_DECLS
