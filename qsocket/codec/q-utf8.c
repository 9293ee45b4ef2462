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

/* How many bytes GLib validates before the next look for a run of ASCII. A
 * smaller window finds runs earlier, a larger one costs other text less. */
#define WINDOW_SIZE 64

#define MAX_CHARACTER_SIZE 4

/* Whether @n_words words are ASCII without a NUL. Subtracting one from every byte
 * sets the high bit of a byte that is NUL. The borrow may set it in the byte
 * beside a NUL as well, which does no harm; without a NUL there is no borrow, and
 * ASCII keeps its high bits clear. As there is one branch for all of the words, a
 * compiler can turn the loop into vector instructions. */
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

gsize
q_text_ascii_span (const guint8 *data,
                   gsize         length)
{
  gsize n = 0;

  /* Whole blocks are tried only behind a word that is ASCII: in text where ASCII
   * comes in short runs, reading a block would mostly be wasted. */
  while (length - n >= WORD_SIZE && words_are_ascii (data + n, 1))
    {
      n += WORD_SIZE;
      while (length - n >= BLOCK_SIZE && words_are_ascii (data + n, BLOCK_SIZE / WORD_SIZE))
        n += BLOCK_SIZE;
    }

  while (n < length && data[n] >= 0x01 && data[n] <= 0x7f)
    n++;

  return n;
}

/* Whether @data is the beginning of a character that lacks its end: then there
 * are bytes that complete it. Among the bytes that may follow in a character,
 * every range that the first byte allows for the second one includes 0x80 or
 * 0xbf, so it is enough to try these two. */
static gboolean
is_incomplete_character (const guint8 *data,
                         gsize         length)
{
  static const guint8 fillers[] = { 0x80, 0xbf };
  gsize size = data[0] < 0xe0 ? 2 : data[0] < 0xf0 ? 3 : MAX_CHARACTER_SIZE;

  if (length >= size)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (fillers); i++)
    {
      char character[MAX_CHARACTER_SIZE];

      memset (character, fillers[i], sizeof character);
      memcpy (character, data, length);
      if (g_utf8_validate_len (character, size, NULL))
        return TRUE;
    }

  return FALSE;
}

/* GLib 2.74 looks at each byte by itself, which for ASCII takes over ten times
 * as long as looking at words. So runs of ASCII are skipped here, and GLib gets
 * the text from where such a run ends, up to a window's length at a time. A
 * character that the end of the window cuts is the first one of the next. */
gsize
q_text_utf8_span (const guint8 *data,
                  gsize         length,
                  gboolean     *incomplete)
{
  gsize n = 0;

  *incomplete = FALSE;

  while (TRUE)
    {
      const char *start;
      const char *end;

      n += q_text_ascii_span (data + n, length - n);
      if (n == length)
        return n;

      start = (const char *) data + n;
      g_utf8_validate_len (start, MIN (length - n, WINDOW_SIZE), &end);
      if (end == start)
        {
          *incomplete = is_incomplete_character (data + n, length - n);
          return n;
        }

      n += (gsize) (end - start);
    }
}
