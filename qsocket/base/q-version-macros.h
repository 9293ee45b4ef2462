/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

/* Every public prototype carries QSOCKET_AVAILABLE_IN_<version>: the library is
 * built with hidden visibility and only what is marked leaves it. */
#ifndef QSOCKET_EXPORT
# define QSOCKET_EXPORT __attribute__ ((visibility ("default"))) extern
#endif

#define QSOCKET_AVAILABLE_IN_1_0 QSOCKET_EXPORT
