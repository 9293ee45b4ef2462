/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-trust-private.h"

#include "q-ssl-certificate-private.h"
#include "q-tls-input-private.h"

/* The stores of large organisations have a few MiB. */
#define MAX_FILE (16 * 1024 * 1024)

struct _QTlsTrust
{
  gatomicrefcount ref_count;
  GMutex lock;                        /* one thread in the list at a time */
  gnutls_x509_trust_list_t list;      /* owns what it was given */
  GArray *crls;                       /* of gnutls_x509_crl_t, which belong to the list */
  char *key;                          /* in known_trusts, or NULL */
};

static GMutex system_lock;
static QTlsTrust *system_trust;       /* never freed once it is loaded */

/* Sockets that trust the same share it: with the system's store it takes megabytes, and
 * milliseconds to make. Only those are here that somebody has a reference to. */
static GMutex known_lock;
static GHashTable *known_trusts;

static QTlsTrust *
trust_new (void)
{
  QTlsTrust *self = g_new0 (QTlsTrust, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->crls = g_array_new (FALSE, FALSE, sizeof (gnutls_x509_crl_t));
  /* Fails only without memory; a NULL list trusts nobody. */
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

  /* Nobody is to find it once the last reference is gone. */
  if (self->key != NULL)
    locker = g_mutex_locker_new (&known_lock);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return FALSE;

  if (self->key != NULL)
    g_hash_table_remove (known_trusts, self->key);

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
                 "the system's trust store cannot be loaded: %s", gnutls_strerror (result));

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

static gnutls_datum_t
to_datum (GBytes *bytes)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  return (gnutls_datum_t) { (guint8 *) data, (guint) size };
}

/* On success the caller frees @certificate. */
static int
import_certificate (gnutls_x509_crt_t    *certificate,
                    const gnutls_datum_t *der)
{
  int result = gnutls_x509_crt_init (certificate);

  if (result < 0)
    return result;

  result = gnutls_x509_crt_import (*certificate, der, GNUTLS_X509_FMT_DER);
  if (result < 0)
    gnutls_x509_crt_deinit (*certificate);

  return result;
}

/* On success the caller frees @crl. */
static int
import_crl (gnutls_x509_crl_t    *crl,
            const gnutls_datum_t *der)
{
  int result = gnutls_x509_crl_init (crl);

  if (result < 0)
    return result;

  result = gnutls_x509_crl_import (*crl, der, GNUTLS_X509_FMT_DER);
  if (result < 0)
    gnutls_x509_crl_deinit (*crl);

  return result;
}

static void
add_authority (QTlsTrust            *self,
               const gnutls_datum_t *der)
{
  gnutls_x509_crt_t certificate;

  if (import_certificate (&certificate, der) < 0)
    return;

  if (gnutls_x509_trust_list_add_cas (self->list, &certificate, 1, 0) < 1)
    gnutls_x509_crt_deinit (certificate);
}

static void
add_leaf (QTlsTrust       *self,
          QSslCertificate *certificate)
{
  gnutls_datum_t der;
  guint n;
  gnutls_x509_crt_t *chain = q_ssl_certificate_peek_chain (certificate, &n);

  if (n == 0 || gnutls_x509_crt_export2 (chain[0], GNUTLS_X509_FMT_DER, &der) < 0)
    return;

  add_authority (self, &der);
  gnutls_free (der.data);
}

static void
add_crl (QTlsTrust            *self,
         const gnutls_datum_t *der)
{
  gnutls_x509_crl_t crl;

  if (import_crl (&crl, der) < 0)
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
    {
      gnutls_datum_t der = to_datum (authorities->pdata[i]);

      add_authority (self, &der);
    }

  for (guint i = 0; added != NULL && i < added->len; i++)
    add_leaf (self, added->pdata[i]);

  for (guint i = 0; crls != NULL && i < crls->len; i++)
    {
      gnutls_datum_t der = to_datum (crls->pdata[i]);

      add_crl (self, &der);
    }
}

static void
digest (GChecksum  *checksum,
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

/* The same for what trusts the same. */
static char *
make_key (GPtrArray *authorities,
          GPtrArray *added,
          GPtrArray *crls)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (authorities == NULL)
    g_checksum_update (checksum, (const guchar *) "system", -1);

  for (guint i = 0; authorities != NULL && i < authorities->len; i++)
    digest (checksum, "A", authorities->pdata[i]);

  for (guint i = 0; added != NULL && i < added->len; i++)
    {
      g_autoptr (GBytes) der = q_ssl_certificate_get_der (added->pdata[i]);

      digest (checksum, "L", der);
    }

  for (guint i = 0; crls != NULL && i < crls->len; i++)
    digest (checksum, "R", crls->pdata[i]);

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
  gboolean is_whole;

  if (authorities == NULL && n_added == 0 && n_crls == 0)
    return q_tls_trust_get_system (error);

  key = make_key (authorities, added, crls);
  locker = g_mutex_locker_new (&known_lock);
  if (known_trusts == NULL)
    known_trusts = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (known_trusts, key);
  if (self != NULL)
    return q_tls_trust_ref (g_steal_pointer (&self));

  self = trust_new ();

  /* A machine without a store can still trust what its programs add; the next one tries again. */
  is_whole = authorities != NULL || add_system (self, n_added == 0 ? error : NULL);
  if (!is_whole && n_added == 0)
    return NULL;

  add_all (self, authorities, added, crls);

  if (is_whole)
    {
      self->key = g_steal_pointer (&key);
      g_hash_table_insert (known_trusts, self->key, self);
    }

  return g_steal_pointer (&self);
}

static int
try_certificate (const gnutls_datum_t *der)
{
  gnutls_x509_crt_t certificate;
  int result = import_certificate (&certificate, der);

  if (result >= 0)
    gnutls_x509_crt_deinit (certificate);

  return result;
}

static int
try_crl (const gnutls_datum_t *der)
{
  gnutls_x509_crl_t crl;
  int result = import_crl (&crl, der);

  if (result >= 0)
    gnutls_x509_crl_deinit (crl);

  return result;
}

static GPtrArray *
read_list (const char  *path,
           QTlsKind     kind,
           int        (*try) (const gnutls_datum_t *der),
           const char  *where,
           GError     **error)
{
  g_autofree char *name = q_tls_name_file (where, path);
  const QTlsErrorContext context = { Q_SOCKET_ERROR_CERTIFICATE, name };
  g_autoptr (GBytes) content = q_tls_read_file (path, MAX_FILE, &context, error);
  g_autoptr (GPtrArray) list = NULL;
  gnutls_datum_t data;

  if (content == NULL)
    return NULL;

  data = to_datum (content);
  list = q_tls_split (data.data, data.size, kind, G_MAXUINT, &context, error);
  for (guint i = 0; list != NULL && i < list->len; i++)
    {
      gnutls_datum_t der = to_datum (list->pdata[i]);
      int result = try (&der);

      if (result < 0)
        {
          q_tls_set_error (error, &context, result, "item %u cannot be read", i + 1);
          return NULL;
        }
    }

  return g_steal_pointer (&list);
}

GPtrArray *
q_tls_trust_read_ca_file (const char  *path,
                          const char  *where,
                          GError     **error)
{
  return read_list (path, Q_TLS_CERTIFICATES, try_certificate, where, error);
}

GPtrArray *
q_tls_trust_read_crl_file (const char  *path,
                           const char  *where,
                           GError     **error)
{
  return read_list (path, Q_TLS_CRLS, try_crl, where, error);
}
