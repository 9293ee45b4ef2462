/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-utf8-private.h"

#include <string.h>

#define WORD_SIZE (sizeof (guint64))
#define BLOCK_SIZE (4 * WORD_SIZE)
#define ONES G_GUINT64_CONSTANT (0x0101010101010101)
#define HIGH_BITS (ONES << 7)

/* Whether @n_words words are ASCII without a NUL. Taking one off every byte sets
 * a high bit where a NUL is; it may also do so beside one, so nothing is missed,
 * and it leaves all other ASCII as it is. With one branch for all of the words,
 * a compiler makes vectors of them. */
static inline gboolean
words_are_ascii (const guint8 *data,
                 gsize         n_words)
{
  guint64 seen = 0;

  for (gsize i = 0; i < n_words; i++)
    {
      guint64 word;

      memcpy (&word, data + i * WORD_SIZE, WORD_SIZE);
      seen |= word | (word - ONES);
    }

  return (seen & HIGH_BITS) == 0;
}

static inline gboolean
is_ascii (guint8 byte)
{
  return byte >= 0x01 && byte <= 0x7f;
}

gsize
q_text_ascii_span (const guint8 *data,
                   gsize         length)
{
  gsize n = 0;

  /* In a mixed text even a block is too much to look at in vain. */
  while (length - n >= WORD_SIZE && words_are_ascii (data + n, 1))
    {
      n += WORD_SIZE;
      while (length - n >= BLOCK_SIZE && words_are_ascii (data + n, BLOCK_SIZE / WORD_SIZE))
        n += BLOCK_SIZE;
    }

  while (n < length && is_ascii (data[n]))
    n++;

  return n;
}

static inline gboolean
is_tail (guint8 byte)
{
  return (byte & 0xc0) == 0x80;
}

/* What the second byte says about a character of three or four bytes: overlong
 * forms, surrogates and all behind U+10FFFF show there. */
static inline gboolean
second_fits (guint8 lead,
             guint8 second)
{
  switch (lead)
    {
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf;
    case 0xed:
      return second >= 0x80 && second <= 0x9f;
    case 0xf0:
      return second >= 0x90 && second <= 0xbf;
    case 0xf4:
      return second >= 0x80 && second <= 0x8f;
    default:
      return is_tail (second);
    }
}

/* The length of the character beyond ASCII at @p; 0 if there is none. */
static inline gsize
character_length (const guint8 *p,
                  gsize         left)
{
  guint8 lead = p[0];

  if (lead < 0xe0)
    return lead >= 0xc2 && left >= 2 && is_tail (p[1]) ? 2 : 0;

  if (lead < 0xf0)
    return left >= 3 && second_fits (lead, p[1]) && is_tail (p[2]) ? 3 : 0;

  return lead <= 0xf4 && left >= 4 && second_fits (lead, p[1]) && is_tail (p[2])
         && is_tail (p[3]) ? 4 : 0;
}

/* Whether the last bytes of a text begin a character and lack its end. */
static gboolean
character_is_cut (const guint8 *p,
                  gsize         left)
{
  guint8 lead = p[0];
  gsize length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

  if (lead < 0xc2 || lead > 0xf4 || left >= length)
    return FALSE;

  return (left < 2 || second_fits (lead, p[1])) && (left < 3 || is_tail (p[2]));
}

gsize
q_text_utf8_span (const guint8 *data,
                  gsize         length,
                  gboolean     *incomplete)
{
  gsize n = 0;

  *incomplete = FALSE;

  while (n < length)
    {
      gsize step;

      if (is_ascii (data[n]))
        {
          n++;
          if (length - n >= WORD_SIZE && words_are_ascii (data + n, 1))
            n += q_text_ascii_span (data + n, length - n);
          continue;
        }

      step = character_length (data + n, length - n);
      if (step == 0)
        {
          *incomplete = character_is_cut (data + n, length - n);
          return n;
        }

      n += step;
    }

  return n;
}
