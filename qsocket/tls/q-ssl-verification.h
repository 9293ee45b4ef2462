/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
const char *q_ssl_verification_reason (const char *code);

G_END_DECLS
