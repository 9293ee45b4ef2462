/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-x509-integer-private.h"

/* The number is divided by this until nothing is left of it; each remainder gives nine digits. */
#define GROUP 1000000000

/* The absolute value as words, the most significant one first; @n_words is set, to 0 for no bytes.
 * A negative number is complemented bit by bit, and then 1 is added. */
static guint32 *
read_magnitude (const guint8 *bytes,
                gsize         size,
                gboolean      is_negative,
                gsize        *n_words)
{
  guint32 *words = g_new0 (guint32, (size + 3) / 4 + 1);
  guint64 carry = is_negative ? 1 : 0;
  gsize n = (size + 3) / 4;

  for (gsize i = 0; i < size; i++)
    {
      gsize place = size - 1 - i;   /* counted from the least significant byte */
      guint8 byte = is_negative ? (guint8) ~bytes[i] : bytes[i];

      words[n - 1 - place / 4] |= (guint32) byte << (place % 4 * 8);
    }

  for (gsize i = n; i-- > 0 && carry > 0; )
    {
      carry += words[i];
      words[i] = (guint32) carry;
      carry >>= 32;
    }

  *n_words = n;

  return words;
}

/* Divides the number by GROUP in place and returns the remainder. */
static guint32
divide (guint32 *words,
        gsize    n_words)
{
  guint64 rest = 0;

  for (gsize i = 0; i < n_words; i++)
    {
      rest = rest << 32 | words[i];
      words[i] = (guint32) (rest / GROUP);
      rest %= GROUP;
    }

  return (guint32) rest;
}

char *
q_x509_integer_to_text (const guint8 *bytes,
                        gsize         size)
{
  gboolean is_negative = size > 0 && (bytes[0] & 0x80) != 0;
  gsize n_words;
  g_autofree guint32 *words = read_magnitude (bytes, size, is_negative, &n_words);
  g_autoptr (GArray) groups = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GString) text = g_string_new (is_negative ? "-" : NULL);
  gsize first = 0;          /* the words before it are 0 */

  do
    {
      guint32 group = divide (words + first, n_words - first);

      g_array_append_val (groups, group);
      while (first < n_words && words[first] == 0)
        first++;
    }
  while (first < n_words);

  /* The remainders came with the least significant digits first. */
  g_string_append_printf (text, "%u", g_array_index (groups, guint32, groups->len - 1));
  for (guint i = groups->len - 1; i-- > 0; )
    g_string_append_printf (text, "%09u", g_array_index (groups, guint32, i));

  return g_string_free (g_steal_pointer (&text), FALSE);
}
