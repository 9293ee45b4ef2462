/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-int-codec-private.h"

static const struct
{
  const char *name;
  QIntFormat format;
  gsize size;
  gboolean is_signed;
  gboolean lsb_first;
} formats[] = {
  { "i1", Q_INT_FORMAT_I1, 1, TRUE, FALSE },
  { "i2", Q_INT_FORMAT_I2, 2, TRUE, FALSE },
  { "i4", Q_INT_FORMAT_I4, 4, TRUE, FALSE },
  { "i8", Q_INT_FORMAT_I8, 8, TRUE, FALSE },
  { "i2-lsb", Q_INT_FORMAT_I2_LSB, 2, TRUE, TRUE },
  { "i4-lsb", Q_INT_FORMAT_I4_LSB, 4, TRUE, TRUE },
  { "i8-lsb", Q_INT_FORMAT_I8_LSB, 8, TRUE, TRUE },
  { "u1", Q_INT_FORMAT_U1, 1, FALSE, FALSE },
  { "u2", Q_INT_FORMAT_U2, 2, FALSE, FALSE },
  { "u4", Q_INT_FORMAT_U4, 4, FALSE, FALSE },
  { "u8", Q_INT_FORMAT_U8, 8, FALSE, FALSE },
  { "u2-lsb", Q_INT_FORMAT_U2_LSB, 2, FALSE, TRUE },
  { "u4-lsb", Q_INT_FORMAT_U4_LSB, 4, FALSE, TRUE },
  { "u8-lsb", Q_INT_FORMAT_U8_LSB, 8, FALSE, TRUE },
};

static const gint64 values[] = {
  0, 1, 2, -1, -2, 0x7f, 0x80, -0x80, -0x81, 0xff, 0x100, 300, 0x7fff, 0x8000, -0x8000, -0x8001,
  0xffff, 0x10000, 0x12345678, G_MAXINT32, G_MININT32, G_GINT64_CONSTANT (0x80000000), G_MAXUINT32,
  G_GINT64_CONSTANT (0x0123456789abcdef), G_MAXINT64, G_MININT64,
};

/* What the value is once it has been cut to the size; by arithmetic alone. */
static gint64
narrow (gint64   value,
        gsize    size,
        gboolean is_signed)
{
  guint64 modulus = size < 8 ? G_GUINT64_CONSTANT (1) << (8 * size) : 0;
  guint64 rest = size < 8 ? (guint64) value % modulus : (guint64) value;

  if (is_signed && size < 8 && rest >= modulus / 2)
    return (gint64) rest - (gint64) modulus;

  return (gint64) rest;
}

static void
test_format (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  gsize size = formats[i].size;

  g_assert_true (q_int_format_is_valid (formats[i].format));
  g_assert_cmpuint (q_int_layouts[formats[i].format].size, ==, size);

  for (guint k = 0; k < G_N_ELEMENTS (values); k++)
    {
      /* At an odd address, with guards on both sides. */
      guint8 wire[11];

      memset (wire, 0x5a, sizeof wire);
      q_int_encode (formats[i].format, values[k], wire + 1);

      for (gsize n = 0; n < size; n++)
        {
          gsize place = formats[i].lsb_first ? n : size - 1 - n;

          g_assert_cmphex (wire[1 + n], ==, ((guint64) values[k] >> (8 * place)) & 0xff);
        }

      g_assert_cmphex (wire[0], ==, 0x5a);
      for (gsize n = size + 1; n < sizeof wire; n++)
        g_assert_cmphex (wire[n], ==, 0x5a);

      g_assert_cmpint (q_int_decode (formats[i].format, wire + 1), ==,
                       narrow (values[k], size, formats[i].is_signed));
    }
}

static void
test_known_bytes (void)
{
  static const guint8 wire[] = { 0x81, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88 };
  static const struct
  {
    QIntFormat format;
    gint64 value;
  } known[] = {
    { Q_INT_FORMAT_I1, -127 },
    { Q_INT_FORMAT_U1, 129 },
    { Q_INT_FORMAT_I2, -32510 },
    { Q_INT_FORMAT_U2, 33026 },
    { Q_INT_FORMAT_I2_LSB, 641 },
    { Q_INT_FORMAT_U2_LSB, 641 },
    { Q_INT_FORMAT_I4, -2130574588 },
    { Q_INT_FORMAT_U4, 2164392708 },
    { Q_INT_FORMAT_I4_LSB, 67306113 },
    { Q_INT_FORMAT_I8, G_GINT64_CONSTANT (-9150748177064392824) },
    { Q_INT_FORMAT_I8_LSB, G_GINT64_CONSTANT (-8644934341102468479) },
    { Q_INT_FORMAT_U8, G_GINT64_CONSTANT (-9150748177064392824) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    {
      guint8 back[8] = { 0 };

      g_assert_cmpint (q_int_decode (known[i].format, wire), ==, known[i].value);
      q_int_encode (known[i].format, known[i].value, back);
      g_assert_cmpmem (back, q_int_layouts[known[i].format].size,
                       wire, q_int_layouts[known[i].format].size);
    }
}

static void
test_low_order_bytes (void)
{
  guint8 byte = 0;

  q_int_encode (Q_INT_FORMAT_I1, 300, &byte);
  g_assert_cmpint (byte, ==, 44);
  q_int_encode (Q_INT_FORMAT_U1, -1, &byte);
  g_assert_cmpint (byte, ==, 255);
}

static void
test_invalid_format (void)
{
  g_assert_false (q_int_format_is_valid ((QIntFormat) -1));
  g_assert_false (q_int_format_is_valid ((QIntFormat) G_N_ELEMENTS (formats)));
  g_assert_false (q_int_format_is_valid ((QIntFormat) G_MAXINT));
  g_assert_false (q_int_format_is_valid ((QIntFormat) G_MININT));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *path = g_strconcat ("/codec/int/format/", formats[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_format);
    }
  g_test_add_func ("/codec/int/known-bytes", test_known_bytes);
  g_test_add_func ("/codec/int/low-order-bytes", test_low_order_bytes);
  g_test_add_func ("/codec/int/invalid-format", test_invalid_format);

  return g_test_run ();
}
