/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

G_BEGIN_DECLS

/* Memory for a key or a password. It is overwritten before it is freed, so that what gets the
 * memory next does not find it. */
typedef struct
{
  gsize size;
  guint8 data[];
} QSecret;

static inline QSecret *
q_secret_new (gsize size)
{
  QSecret *self = g_malloc (sizeof (QSecret) + size);

  self->size = size;

  return self;
}

static inline void
q_secret_free (QSecret *self)
{
  gnutls_memset (self->data, 0, self->size);
  g_free (self);
}

/* The first @size bytes, which now own @self. */
static inline GBytes *
q_secret_to_bytes (QSecret *self,
                   gsize    size)
{
  return g_bytes_new_with_free_func (self->data, size, (GDestroyNotify) q_secret_free, self);
}

/* Overwrites and frees memory that GnuTLS allocated. */
static inline void
q_secret_clear_datum (gnutls_datum_t *datum)
{
  if (datum->data != NULL)
    gnutls_memset (datum->data, 0, datum->size);
  gnutls_free (datum->data);
  datum->size = 0;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QSecret, q_secret_free)

G_END_DECLS
