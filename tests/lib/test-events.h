/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <qsocket/qsocket.h>

G_BEGIN_DECLS

/* Events as lines of text: the name without "EVENT_", then what get_info () has
 * beside event, source and id, as in "PACKET_READ {'read': <int64 1>, …}". */

#define TEST_N_SIGNALS 12

/* In the order of their numbers. */
extern const char * const test_signal_names[TEST_N_SIGNALS];

/* Adds the line of @event to @log. */
void test_log_event (GString      *log,
                     QSocketEvent *event);

/* Adds a line for every signal of @sock, until @sock or the caller ends it. */
void test_log_signals (QSocket *sock,
                       GString *log);

/* Empties a queue into lines. */
void test_log_queue (GString     *log,
                     GAsyncQueue *queue);

/* Asserts the lines, the last without a line end, and empties @log. */
#define test_assert_log(log, ...) G_STMT_START { \
    g_autofree char *expected_ = g_strdup_printf (__VA_ARGS__); \
    if ((log)->len > 0) \
      g_string_truncate ((log), (log)->len - 1); \
    g_assert_cmpstr ((log)->str, ==, expected_); \
    g_string_truncate ((log), 0); } G_STMT_END

G_END_DECLS
