/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-input-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "q-secret-private.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

/* No label that means something is longer. */
#define MAX_LABEL 64

static const struct
{
  const char *labels[2];
  const char *noun;
} kinds[] = {
  [Q_TLS_CERTIFICATES] = { { "CERTIFICATE", "X509 CERTIFICATE" }, "certificate" },
  [Q_TLS_CRLS] = { { "X509 CRL", "CRL" }, "revocation list" },
};

void
q_tls_set_error (GError          **error,
                 const QTlsErrorContext  *context,
                 int               result,
                 const char       *format,
                 ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, Q_SOCKET_ERROR, context->code, "%s: %s%s%s", context->where, what,
               result < 0 ? ": " : "", result < 0 ? gnutls_strerror (result) : "");
}

char *
q_tls_name_file (const char *name,
                 const char *path)
{
  g_autofree char *shown = g_filename_display_name (path);

  return g_strdup_printf ("%s \"%s\"", name, shown);
}

gboolean
q_tls_check_size (gsize             size,
                  gsize             max,
                  const QTlsErrorContext  *context,
                  GError          **error)
{
  if (size == 0)
    q_tls_set_error (error, context, 0, "there is nothing to read");
  else if (size > max)
    q_tls_set_error (error, context, 0, "more than %" G_GSIZE_FORMAT " bytes are too many", max);

  return size > 0 && size <= max;
}

/* -1 with errno, or the number of bytes up to the end of the file or of the memory. */
static gssize
read_all (int      fd,
          QSecret *content)
{
  gsize done = 0;

  while (done < content->size)
    {
      gssize n = read (fd, content->data + done, content->size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      done += (gsize) n;
    }

  return (gssize) done;
}

static GBytes *
read_regular (int               fd,
              gsize             max,
              const QTlsErrorContext  *context,
              GError          **error)
{
  g_autoptr (QSecret) content = NULL;
  struct stat status;
  gssize size;

  if (fd < 0 || fstat (fd, &status) < 0)
    {
      q_tls_set_error (error, context, 0, "cannot be read: %s", g_strerror (errno));
      return NULL;
    }

  if (!S_ISREG (status.st_mode))
    {
      q_tls_set_error (error, context, 0, "cannot be read: %s",
                       S_ISDIR (status.st_mode) ? g_strerror (EISDIR) : "Not a regular file");
      return NULL;
    }

  if (status.st_size == 0 || (guint64) status.st_size > max)
    {
      q_tls_check_size ((gsize) status.st_size, max, context, error);
      return NULL;
    }

  /* One byte more tells that it has grown meanwhile. */
  content = q_secret_new ((gsize) status.st_size + 1);
  size = read_all (fd, content);
  if (size < 0)
    q_tls_set_error (error, context, 0, "cannot be read: %s", g_strerror (errno));
  else if (size > status.st_size)
    q_tls_set_error (error, context, 0, "grew while it was read");
  else if (size == 0)
    q_tls_set_error (error, context, 0, "was emptied while it was read");
  else
    return q_secret_to_bytes (g_steal_pointer (&content), (gsize) size);

  return NULL;
}

GBytes *
q_tls_read_file (const char       *path,
                 gsize             max,
                 const QTlsErrorContext  *context,
                 GError          **error)
{
  /* Opening a FIFO that has no writer, or a terminal, must not wait. */
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
  GBytes *bytes = read_regular (fd, max, context, error);

  if (fd >= 0)
    close (fd);

  return bytes;
}

gboolean
q_der_is_one (const guint8 *data,
              gsize         size)
{
  gsize length;
  guint n_bytes;

  if (size < 2 || data[0] != 0x30)
    return FALSE;

  if (data[1] < 0x80)
    return size == 2u + data[1];

  n_bytes = data[1] & 0x7f;
  if (n_bytes == 0 || n_bytes > 4 || size < 2 + n_bytes)
    return FALSE;

  length = 0;
  for (guint i = 0; i < n_bytes; i++)
    length = length << 8 | data[2 + i];

  return size - 2 - n_bytes == length;
}

gboolean
q_tls_is_pem (const guint8 *data,
              gsize         size)
{
  return !q_der_is_one (data, size) && memmem (data, size, BEGIN, strlen (BEGIN)) != NULL;
}

/* The bytes from @from on in which @needle begins, or those at the end where it is not found. */
static const guint8 *
find (const guint8 *from,
      const guint8 *end,
      const char   *needle)
{
  const guint8 *found = memmem (from, (gsize) (end - from), needle, strlen (needle));

  return found != NULL ? found : end;
}

/* Sets the label if one begins at @from. */
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

  while (start < end && !read_label (start + strlen (BEGIN), end, block))
    start = find (start + strlen (BEGIN), end, BEGIN);

  if (start < end)
    {
      const guint8 *stop = find (start, end, END);

      /* Whether this is the right end is for whoever decodes the block to say. */
      if (stop < end)
        stop = find (stop + strlen (END), end, DASHES);
      if (stop < end)
        stop += strlen (DASHES);

      block->text.data = (guint8 *) start;
      block->text.size = (guint) (stop - start);
      text->data = (guint8 *) stop;
      text->size = (guint) (end - stop);
    }

  return start < end;
}

static int
refuse_to_ask (void       *user_data,
               int         attempt,
               const char *token_url,
               const char *token_label,
               unsigned    flags,
               char       *pin,
               size_t      pin_max)
{
  /* GnuTLS passes this on as the result of reading the key. */
  return GNUTLS_E_DECRYPTION_FAILED;
}

void
q_tls_forbid_to_ask (gnutls_x509_privkey_t key)
{
  gnutls_x509_privkey_set_pin_function (key, refuse_to_ask, NULL);
}

/* The label of the kind that the block has, or NULL. */
static const char *
match_label (const QPemBlock *block,
             QTlsKind         kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds[kind].labels); i++)
    {
      const char *label = kinds[kind].labels[i];

      if (strlen (label) == block->label_length &&
          memcmp (label, block->label, block->label_length) == 0)
        return label;
    }

  return NULL;
}

static gboolean
split_pem (GPtrArray        *list,
           gnutls_datum_t    text,
           QTlsKind          kind,
           guint             max,
           const QTlsErrorContext  *context,
           GError          **error)
{
  QPemBlock block;

  while (q_pem_next (&text, &block))
    {
      const char *label = match_label (&block, kind);
      gnutls_datum_t der;
      int result;

      if (label == NULL)
        continue;

      if (list->len == max)
        {
          q_tls_set_error (error, context, 0, "there are more than %u %ss", max, kinds[kind].noun);
          return FALSE;
        }

      result = gnutls_pem_base64_decode2 (label, &block.text, &der);
      if (result < 0)
        {
          q_tls_set_error (error, context, result, "%s %u is damaged", kinds[kind].noun,
                           list->len + 1);
          return FALSE;
        }

      g_ptr_array_add (list, g_bytes_new (der.data, der.size));
      gnutls_free (der.data);
    }

  return TRUE;
}

GPtrArray *
q_tls_split (const guint8     *data,
             gsize             size,
             QTlsKind          kind,
             guint             max,
             const QTlsErrorContext  *context,
             GError          **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  if (!q_tls_is_pem (data, size))
    g_ptr_array_add (list, g_bytes_new (data, size));
  else if (!split_pem (list, (gnutls_datum_t) { (guint8 *) data, (guint) size }, kind, max, context,
                       error))
    return NULL;

  if (list->len == 0)
    {
      q_tls_set_error (error, context, 0, "there is no %s", kinds[kind].noun);
      return NULL;
    }

  for (guint i = 0; i < list->len; i++)
    {
      gsize length;
      const guint8 *bytes = g_bytes_get_data (list->pdata[i], &length);

      if (!q_der_is_one (bytes, length))
        {
          q_tls_set_error (error, context, 0, "%s %u is neither PEM nor exactly one in DER",
                           kinds[kind].noun, i + 1);
          return NULL;
        }
    }

  return g_steal_pointer (&list);
}
