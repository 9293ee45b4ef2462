/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-trust-private.h"

#include "q-i18n-private.h"
#include "q-ssl-certificate-private.h"
#include "q-tls-input-private.h"
#include "q-x509-der-private.h"

/* The most bytes of a file of authorities or revocation lists: some lists have several MiB. */
#define MAX_FILE (16 * 1024 * 1024)

struct _QTlsTrust
{
  gatomicrefcount ref_count;
  GMutex lock;                        /* of @list, which only one thread at a time may use */
  gnutls_x509_trust_list_t list;      /* owns the certificates and lists that were added */
  GArray *crls;                       /* of gnutls_x509_crl_t, which belong to @list */
  char *key;                          /* in shared_trusts; NULL if it is not there */
};

static GMutex system_lock;
static QTlsTrust *system_trust;       /* never freed once it is loaded */

/* A trust with the system's store takes megabytes, and milliseconds to make, so sockets with the
 * same settings share one. The table maps the key of make_key () to a QTlsTrust and has no
 * references: the last unref removes the entry. */
static GMutex shared_lock;
static GHashTable *shared_trusts;

static QTlsTrust *
trust_new (void)
{
  QTlsTrust *self = g_new0 (QTlsTrust, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->crls = g_array_new (FALSE, FALSE, sizeof (gnutls_x509_crl_t));
  /* This fails only without memory. q_tls_verify () refuses every certificate then. */
  if (gnutls_x509_trust_list_init (&self->list, 0) < 0)
    self->list = NULL;

  return self;
}

QTlsTrust *
q_tls_trust_ref (QTlsTrust *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static gboolean
drop_reference (QTlsTrust *self)
{
  g_autoptr (GMutexLocker) locker = NULL;

  /* The lock covers both steps, so that no thread finds it in the table between them. */
  if (self->key != NULL)
    locker = g_mutex_locker_new (&shared_lock);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return FALSE;

  if (self->key != NULL)
    g_hash_table_remove (shared_trusts, self->key);

  return TRUE;
}

void
q_tls_trust_unref (QTlsTrust *self)
{
  if (!drop_reference (self))
    return;

  g_free (self->key);
  if (self->list != NULL)
    gnutls_x509_trust_list_deinit (self->list, 1);
  g_array_unref (self->crls);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gnutls_x509_trust_list_t
q_tls_trust_lock (QTlsTrust *self)
{
  g_mutex_lock (&self->lock);

  return self->list;
}

void
q_tls_trust_unlock (QTlsTrust *self)
{
  g_mutex_unlock (&self->lock);
}

const gnutls_x509_crl_t *
q_tls_trust_peek_crls (QTlsTrust *self,
                       guint     *n_crls)
{
  *n_crls = self->crls->len;

  return (const gnutls_x509_crl_t *) (void *) self->crls->data;
}

static gboolean
add_system (QTlsTrust  *self,
            GError    **error)
{
  int result = gnutls_x509_trust_list_add_system_trust (self->list, 0, 0);

  if (result < 0)
    g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                 _("the system's trust store cannot be loaded: %s"), gnutls_strerror (result));

  return result >= 0;
}

QTlsTrust *
q_tls_trust_get_system (GError **error)
{
  QTlsTrust *trust = NULL;

  g_mutex_lock (&system_lock);
  if (system_trust == NULL)
    {
      g_autoptr (QTlsTrust) loaded = trust_new ();

      if (add_system (loaded, error))
        system_trust = g_steal_pointer (&loaded);
    }
  if (system_trust != NULL)
    trust = q_tls_trust_ref (system_trust);
  g_mutex_unlock (&system_lock);

  return trust;
}

static void
add_authority (QTlsTrust *self,
               GBytes    *bytes)
{
  gnutls_datum_t der = q_x509_bytes_to_datum (bytes);
  gnutls_x509_crt_t certificate = NULL;

  if (q_x509_import_certificate (&certificate, &der) < 0)
    return;

  if (gnutls_x509_trust_list_add_cas (self->list, &certificate, 1, 0) < 1)
    gnutls_x509_crt_deinit (certificate);
}

static void
add_crl (QTlsTrust *self,
         GBytes    *bytes)
{
  gnutls_datum_t der = q_x509_bytes_to_datum (bytes);
  gnutls_x509_crl_t crl = NULL;

  if (q_x509_import_crl (&crl, &der) < 0)
    return;

  if (gnutls_x509_trust_list_add_crls (self->list, &crl, 1, 0, 0) < 1)
    gnutls_x509_crl_deinit (crl);
  else
    g_array_append_val (self->crls, crl);
}

static void
add_all (QTlsTrust *self,
         GPtrArray *authorities,
         GPtrArray *added,
         GPtrArray *crls)
{
  for (guint i = 0; authorities != NULL && i < authorities->len; i++)
    add_authority (self, authorities->pdata[i]);

  for (guint i = 0; added != NULL && i < added->len; i++)
    if (q_ssl_is_certificate (added->pdata[i]))
      {
        g_autoptr (GBytes) leaf = q_ssl_certificate_get_der (added->pdata[i]);

        add_authority (self, leaf);
      }

  for (guint i = 0; crls != NULL && i < crls->len; i++)
    add_crl (self, crls->pdata[i]);
}

static void
add_to_checksum (GChecksum  *checksum,
                 const char *kind,
                 GBytes     *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint64 length = size;

  g_checksum_update (checksum, (const guchar *) kind, 1);
  g_checksum_update (checksum, (const guchar *) &length, sizeof length);
  g_checksum_update (checksum, data, (gssize) size);
}

/* A checksum of the settings, by which an equal trust is found. */
static char *
make_key (GPtrArray *authorities,
          GPtrArray *added,
          GPtrArray *crls)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (authorities == NULL)
    g_checksum_update (checksum, (const guchar *) "system", -1);

  for (guint i = 0; authorities != NULL && i < authorities->len; i++)
    add_to_checksum (checksum, "A", authorities->pdata[i]);

  for (guint i = 0; added != NULL && i < added->len; i++)
    if (q_ssl_is_certificate (added->pdata[i]))
      {
        g_autoptr (GBytes) leaf = q_ssl_certificate_get_der (added->pdata[i]);

        add_to_checksum (checksum, "L", leaf);
      }

  for (guint i = 0; crls != NULL && i < crls->len; i++)
    add_to_checksum (checksum, "R", crls->pdata[i]);

  return g_strdup (g_checksum_get_string (checksum));
}

QTlsTrust *
q_tls_trust_new (GPtrArray  *authorities,
                 GPtrArray  *added,
                 GPtrArray  *crls,
                 GError    **error)
{
  guint n_added = added != NULL ? added->len : 0;
  guint n_crls = crls != NULL ? crls->len : 0;
  g_autoptr (QTlsTrust) self = NULL;
  g_autoptr (GMutexLocker) locker = NULL;
  g_autofree char *key = NULL;
  gboolean is_complete;

  if (authorities == NULL && n_added == 0 && n_crls == 0)
    return q_tls_trust_get_system (error);

  key = make_key (authorities, added, crls);
  locker = g_mutex_locker_new (&shared_lock);
  if (shared_trusts == NULL)
    shared_trusts = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (shared_trusts, key);
  if (self != NULL)
    return q_tls_trust_ref (g_steal_pointer (&self));

  self = trust_new ();

  /* Without the system's store the certificates in @added are still trusted. Such a trust is not
   * shared, since the store may be there when the next one is made. */
  is_complete = authorities != NULL || add_system (self, n_added == 0 ? error : NULL);
  if (!is_complete && n_added == 0)
    return NULL;

  add_all (self, authorities, added, crls);

  if (is_complete)
    {
      self->key = g_steal_pointer (&key);
      g_hash_table_insert (shared_trusts, self->key, self);
    }

  return g_steal_pointer (&self);
}

static int
check_certificate (const gnutls_datum_t *der)
{
  gnutls_x509_crt_t certificate = NULL;
  int result = q_x509_import_certificate (&certificate, der);

  if (result >= 0)
    gnutls_x509_crt_deinit (certificate);

  return result;
}

static int
check_crl (const gnutls_datum_t *der)
{
  gnutls_x509_crl_t crl = NULL;
  int result = q_x509_import_crl (&crl, der);

  if (result >= 0)
    gnutls_x509_crl_deinit (crl);

  return result;
}

static GPtrArray *
read_list (const char  *path,
           QTlsKind     kind,
           const char  *function,
           GError     **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_CERTIFICATE, function);
  g_autoptr (GPtrArray) list = NULL;

  if (!q_tls_input_read_file (&input, path, MAX_FILE, error))
    return NULL;

  list = q_tls_input_split (&input, kind, G_MAXUINT, error);
  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      gnutls_datum_t der = q_x509_bytes_to_datum (list->pdata[i]);
      int result = kind == Q_TLS_CRLS ? check_crl (&der) : check_certificate (&der);

      if (result < 0)
        {
          q_tls_input_set_error (&input, error, result, _("item %u cannot be read"), i + 1);
          return NULL;
        }
    }

  return g_steal_pointer (&list);
}

GPtrArray *
q_tls_trust_read_ca_file (const char  *path,
                          const char  *function,
                          GError     **error)
{
  return read_list (path, Q_TLS_CERTIFICATES, function, error);
}

GPtrArray *
q_tls_trust_read_crl_file (const char  *path,
                           const char  *function,
                           GError     **error)
{
  return read_list (path, Q_TLS_CRLS, function, error);
}
