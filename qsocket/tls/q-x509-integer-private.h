/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The decimal digits of an integer of any size, as a serial number is one: its bytes are in two's
 * complement, the most significant one first. No bytes are 0. */
char *q_x509_integer_to_text (const guint8 *bytes,
                              gsize         size);

G_END_DECLS
