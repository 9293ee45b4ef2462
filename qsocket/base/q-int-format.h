/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

/**
 * QIntFormat:
 * @Q_INT_FORMAT_I1: 1 byte, signed
 * @Q_INT_FORMAT_I2: 2 bytes, signed, most significant byte first
 * @Q_INT_FORMAT_I4: 4 bytes, signed, most significant byte first
 * @Q_INT_FORMAT_I8: 8 bytes, signed, most significant byte first
 * @Q_INT_FORMAT_I2_LSB: 2 bytes, signed, least significant byte first
 * @Q_INT_FORMAT_I4_LSB: 4 bytes, signed, least significant byte first
 * @Q_INT_FORMAT_I8_LSB: 8 bytes, signed, least significant byte first
 * @Q_INT_FORMAT_U1: 1 byte, unsigned
 * @Q_INT_FORMAT_U2: 2 bytes, unsigned, most significant byte first
 * @Q_INT_FORMAT_U4: 4 bytes, unsigned, most significant byte first
 * @Q_INT_FORMAT_U8: 8 bytes, unsigned, most significant byte first
 * @Q_INT_FORMAT_U2_LSB: 2 bytes, unsigned, least significant byte first
 * @Q_INT_FORMAT_U4_LSB: 4 bytes, unsigned, least significant byte first
 * @Q_INT_FORMAT_U8_LSB: 8 bytes, unsigned, least significant byte first
 *
 * How an integer is sent: its number of bytes, their order, and whether it has a sign.
 *
 * Since: 1.0
 */
typedef enum
{
  Q_INT_FORMAT_I1,
  Q_INT_FORMAT_I2,
  Q_INT_FORMAT_I4,
  Q_INT_FORMAT_I8,
  Q_INT_FORMAT_I2_LSB,
  Q_INT_FORMAT_I4_LSB,
  Q_INT_FORMAT_I8_LSB,
  Q_INT_FORMAT_U1,
  Q_INT_FORMAT_U2,
  Q_INT_FORMAT_U4,
  Q_INT_FORMAT_U8,
  Q_INT_FORMAT_U2_LSB,
  Q_INT_FORMAT_U4_LSB,
  Q_INT_FORMAT_U8_LSB,
} QIntFormat;

G_END_DECLS
