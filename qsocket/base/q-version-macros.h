/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

/* Every public prototype has a macro QSOCKET_AVAILABLE_IN_<version> before it. The
 * library is built with hidden visibility, so that only those are exported. */
#ifndef QSOCKET_EXPORT
# define QSOCKET_EXPORT __attribute__ ((visibility ("default"))) extern
#endif

#define QSOCKET_AVAILABLE_IN_1_0 QSOCKET_EXPORT
