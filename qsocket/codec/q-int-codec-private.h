/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <string.h>

#include "q-int-format.h"

G_BEGIN_DECLS

/* How each QIntFormat lays an integer out in bytes. */
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

/* A caller, or a language binding, may pass any number as a QIntFormat. */
static inline gboolean
q_int_format_is_valid (QIntFormat format)
{
  return (guint) format < G_N_ELEMENTS (q_int_layouts);
}

/* Decoding and encoding are inline: where the format is a constant, the compiler
 * reduces each of them to a few instructions. */
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

  /* Extends the sign. C leaves the result of shifting a negative number right to the
   * compiler; all compilers that GLib supports copy the sign bit. */
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
  guint64 ordered;

  if (layout->lsb_first)
    ordered = GUINT64_TO_LE ((guint64) value);
  else
    ordered = GUINT64_TO_BE ((guint64) value << (64 - 8 * layout->size));

  memcpy (bytes, &ordered, layout->size);
}

G_END_DECLS
