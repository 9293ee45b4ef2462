/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <string.h>

#include "q-int-format.h"

G_BEGIN_DECLS

/* One row per wire format. */
typedef struct
{
  guint8 size;
  guint8 is_signed;
  guint8 lsb_first;
} QIntLayout;

static const QIntLayout q_int_layouts[] = {
  [Q_INT_FORMAT_I1] = { 1, TRUE, FALSE },
  [Q_INT_FORMAT_I2] = { 2, TRUE, FALSE },
  [Q_INT_FORMAT_I4] = { 4, TRUE, FALSE },
  [Q_INT_FORMAT_I8] = { 8, TRUE, FALSE },
  [Q_INT_FORMAT_I2_LSB] = { 2, TRUE, TRUE },
  [Q_INT_FORMAT_I4_LSB] = { 4, TRUE, TRUE },
  [Q_INT_FORMAT_I8_LSB] = { 8, TRUE, TRUE },
  [Q_INT_FORMAT_U1] = { 1, FALSE, FALSE },
  [Q_INT_FORMAT_U2] = { 2, FALSE, FALSE },
  [Q_INT_FORMAT_U4] = { 4, FALSE, FALSE },
  [Q_INT_FORMAT_U8] = { 8, FALSE, FALSE },
  [Q_INT_FORMAT_U2_LSB] = { 2, FALSE, TRUE },
  [Q_INT_FORMAT_U4_LSB] = { 4, FALSE, TRUE },
  [Q_INT_FORMAT_U8_LSB] = { 8, FALSE, TRUE },
};

/* Whether a number from a caller names a format at all. */
static inline gboolean
q_int_format_is_valid (QIntFormat format)
{
  return (guint) format < G_N_ELEMENTS (q_int_layouts);
}

/* Both are inline: with a constant format the compiler leaves one load, one
 * byte swap and one extension of them. */
static inline gint64
q_int_decode (QIntFormat    format,
              const guint8 *bytes)
{
  const QIntLayout *layout = &q_int_layouts[format];
  guint64 value = 0;
  guint shift = 64 - 8 * layout->size;

  memcpy (&value, bytes, layout->size);
  if (layout->lsb_first)
    value = GUINT64_FROM_LE (value);
  else
    value = GUINT64_FROM_BE (value) >> shift;

  /* Widening by shifting left, then right as a signed number, is what every
   * compiler that GLib knows does to the sign. */
  if (layout->is_signed)
    return (gint64) (value << shift) >> shift;

  return (gint64) value;
}

/* Writes the low-order bytes of @value. */
static inline void
q_int_encode (QIntFormat  format,
              gint64      value,
              guint8     *bytes)
{
  const QIntLayout *layout = &q_int_layouts[format];
  guint64 wire;

  if (layout->lsb_first)
    wire = GUINT64_TO_LE ((guint64) value);
  else
    wire = GUINT64_TO_BE ((guint64) value << (64 - 8 * layout->size));

  memcpy (bytes, &wire, layout->size);
}

G_END_DECLS
