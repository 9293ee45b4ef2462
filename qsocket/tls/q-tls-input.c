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

#include "q-i18n-private.h"
#include "q-pem-private.h"
#include "q-secret-private.h"
#include "q-x509-der-private.h"

void
q_tls_input_clear (QTlsInput *self)
{
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->content, g_bytes_unref);
}

void
q_tls_input_set_error (const QTlsInput  *self,
                       GError          **error,
                       int               result,
                       const char       *format,
                       ...)
{
  g_autoptr (GString) message = g_string_new (self->function);
  va_list args;

  if (self->path != NULL)
    g_string_append_printf (message, " \"%s\"", self->path);
  g_string_append (message, ": ");

  va_start (args, format);
  g_string_append_vprintf (message, format, args);
  va_end (args);

  if (result < 0)
    g_string_append_printf (message, ": %s", gnutls_strerror (result));

  g_set_error_literal (error, Q_SOCKET_ERROR, (int) self->code, message->str);
}

static gboolean
check_size (const QTlsInput  *self,
            guint64           size,
            gsize             max,
            GError          **error)
{
  if (size == 0)
    q_tls_input_set_error (self, error, 0, _("there is nothing to read"));
  else if (size > max)
    q_tls_input_set_error (self, error, 0, _("more than %zu bytes are too many"), max);

  return size > 0 && size <= max;
}

static gboolean
set_data (QTlsInput   *self,
          const void  *data,
          gsize        size,
          GError     **error)
{
  if (!check_size (self, size, Q_TLS_MAX_INPUT, error))
    return FALSE;

  self->data = (gnutls_datum_t) { (guint8 *) data, (guint) size };

  return TRUE;
}

gboolean
q_tls_input_set_text (QTlsInput   *self,
                      const char  *text,
                      GError     **error)
{
  return set_data (self, text, strnlen (text, Q_TLS_MAX_INPUT + 1), error);
}

gboolean
q_tls_input_set_bytes (QTlsInput   *self,
                       GBytes      *bytes,
                       GError     **error)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  return set_data (self, data, size, error);
}

/* Returns the number of bytes up to the end of the file or of @content; -1 with errno set if
 * reading fails. */
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

/* Whether @fd is a regular file within the limit; its size is set. */
static gboolean
check_file (const QTlsInput  *self,
            int               fd,
            gsize             max,
            gsize            *size,
            GError          **error)
{
  struct stat status = { 0 };

  if (fstat (fd, &status) < 0)
    q_tls_input_set_error (self, error, 0, _("cannot be read: %s"), g_strerror (errno));
  else if (S_ISDIR (status.st_mode))
    q_tls_input_set_error (self, error, 0, _("cannot be read: Is a directory"));
  else if (!S_ISREG (status.st_mode))
    q_tls_input_set_error (self, error, 0, _("cannot be read: Not a regular file"));
  else
    {
      *size = (gsize) status.st_size;
      return check_size (self, (guint64) status.st_size, max, error);
    }

  return FALSE;
}

static gboolean
read_content (QTlsInput  *self,
              int         fd,
              gsize       max,
              GError    **error)
{
  g_autoptr (QSecret) content = NULL;
  gsize expected = 0;
  gssize size;

  if (!check_file (self, fd, max, &expected, error))
    return FALSE;

  /* If the file grows meanwhile, the one byte more will be there. */
  content = q_secret_new (expected + 1);
  size = read_all (fd, content);
  if (size < 0)
    q_tls_input_set_error (self, error, 0, _("cannot be read: %s"), g_strerror (errno));
  else if ((gsize) size > expected)
    q_tls_input_set_error (self, error, 0, _("grew while it was read"));
  else if (size == 0)
    q_tls_input_set_error (self, error, 0, _("was emptied while it was read"));
  else
    {
      self->content = q_secret_to_bytes (g_steal_pointer (&content), (gsize) size);
      self->data = q_x509_bytes_to_datum (self->content);
      return TRUE;
    }

  return FALSE;
}

gboolean
q_tls_input_read_file (QTlsInput   *self,
                       const char  *path,
                       gsize        max,
                       GError     **error)
{
  /* Without O_NONBLOCK opening a FIFO would wait for its writer. */
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
  int open_errno = errno;
  gboolean is_read;

  self->path = g_filename_display_name (path);
  if (fd < 0)
    {
      q_tls_input_set_error (self, error, 0, _("cannot be read: %s"), g_strerror (open_errno));
      return FALSE;
    }

  is_read = read_content (self, fd, max, error);
  close (fd);

  return is_read;
}

/* The label of @kind that the block has, or NULL. */
static const char *
find_label (const QPemBlock *block,
            QTlsKind         kind)
{
  static const char * const labels[][2] = {
    [Q_TLS_CERTIFICATES] = { "CERTIFICATE", "X509 CERTIFICATE" },
    [Q_TLS_CRLS] = { "X509 CRL", "CRL" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (labels[kind]); i++)
    if (q_pem_has_label (block, labels[kind][i]))
      return labels[kind][i];

  return NULL;
}

static gboolean
split_pem (const QTlsInput  *self,
           GPtrArray        *list,
           QTlsKind          kind,
           guint             max,
           GError          **error)
{
  gboolean is_crl = kind == Q_TLS_CRLS;
  gnutls_datum_t text = self->data;
  QPemBlock block = { NULL };

  while (q_pem_next (&text, &block))
    {
      const char *label = find_label (&block, kind);
      gnutls_datum_t der = { NULL, 0 };
      int result;

      if (label == NULL)
        continue;

      if (list->len == max)
        {
          q_tls_input_set_error (self, error, 0, is_crl ?
                                 _("there are more than %u revocation lists") :
                                 _("there are more than %u certificates"), max);
          return FALSE;
        }

      result = gnutls_pem_base64_decode2 (label, &block.text, &der);
      if (result < 0)
        {
          q_tls_input_set_error (self, error, result, is_crl ?
                                 _("revocation list %u is damaged") :
                                 _("certificate %u is damaged"), list->len + 1);
          return FALSE;
        }

      g_ptr_array_add (list, q_x509_datum_to_bytes (&der));
    }

  return TRUE;
}

GPtrArray *
q_tls_input_split (const QTlsInput  *self,
                   QTlsKind          kind,
                   guint             max,
                   GError          **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gboolean is_crl = kind == Q_TLS_CRLS;

  if (q_x509_is_der (&self->data) || !q_pem_has_block (&self->data))
    g_ptr_array_add (list, g_bytes_new (self->data.data, self->data.size));
  else if (!split_pem (self, list, kind, max, error))
    return NULL;

  if (list->len == 0)
    {
      q_tls_input_set_error (self, error, 0, is_crl ? _("there is no revocation list") :
                             _("there is no certificate"));
      return NULL;
    }

  for (guint i = 0; i < list->len; i++)
    {
      gnutls_datum_t der = q_x509_bytes_to_datum (list->pdata[i]);

      if (!q_x509_is_der (&der))
        {
          q_tls_input_set_error (self, error, 0, is_crl ?
                                 _("revocation list %u is neither PEM nor exactly one in DER") :
                                 _("certificate %u is neither PEM nor exactly one in DER"), i + 1);
          return NULL;
        }
    }

  return g_steal_pointer (&list);
}
