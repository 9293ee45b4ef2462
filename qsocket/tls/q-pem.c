/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-pem-private.h"

#include <string.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

/* More than any label of a key, certificate or revocation list has. The limit keeps the search for
 * the end of a label from reading the whole text for each BEGIN. */
#define MAX_LABEL 64

/* Where @needle begins; @end if it is not found. */
static const guint8 *
find (const guint8 *from,
      const guint8 *end,
      const char   *needle)
{
  const guint8 *found = memmem (from, (gsize) (end - from), needle, strlen (needle));

  return found != NULL ? found : end;
}

gboolean
q_pem_has_block (const gnutls_datum_t *text)
{
  const guint8 *end = text->data + text->size;

  return find (text->data, end, BEGIN) < end;
}

/* Sets the label of @block if the text at @from is a label and the dashes behind it. */
static gboolean
read_label (const guint8 *from,
            const guint8 *end,
            QPemBlock    *block)
{
  const guint8 *dashes = find (from, end - from > MAX_LABEL ? from + MAX_LABEL : end, DASHES);

  if (end - dashes < (gssize) strlen (DASHES) || memcmp (dashes, DASHES, strlen (DASHES)) != 0)
    return FALSE;

  block->label = (const char *) from;
  block->label_length = (gsize) (dashes - from);

  return TRUE;
}

gboolean
q_pem_next (gnutls_datum_t *text,
            QPemBlock      *block)
{
  const guint8 *end = text->data + text->size;
  const guint8 *start = find (text->data, end, BEGIN);
  const guint8 *stop;

  while (start < end && !read_label (start + strlen (BEGIN), end, block))
    start = find (start + strlen (BEGIN), end, BEGIN);

  if (start == end)
    return FALSE;

  /* The label behind END is not compared here: GnuTLS does that when it decodes the block. */
  stop = find (start, end, END);
  if (stop < end)
    stop = find (stop + strlen (END), end, DASHES);
  if (stop < end)
    stop += strlen (DASHES);

  block->text.data = (guint8 *) start;
  block->text.size = (guint) (stop - start);
  text->data = (guint8 *) stop;
  text->size = (guint) (end - stop);

  return TRUE;
}

gboolean
q_pem_has_label (const QPemBlock *block,
                 const char      *label)
{
  return strlen (label) == block->label_length &&
         memcmp (label, block->label, block->label_length) == 0;
}
