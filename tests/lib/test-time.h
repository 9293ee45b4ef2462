/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The timeout, in milliseconds, of a call that is meant to succeed or to fail for another reason:
 * no machine that works needs so long, and it is less than what the test harness allows a
 * program, so that a call that hangs is reported by its own error. */
#define ENOUGH 120000

/* Milliseconds of the monotonic clock since @start, which is in microseconds. */
#define test_elapsed_ms(start) ((g_get_monotonic_time () - (start)) / 1000)

G_END_DECLS
