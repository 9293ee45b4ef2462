/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-enum-types.h"
#include "q-socket-private.h"
#include "q-socket-ssl-settings.h"

/* ---- the one way to change them ---- */

/* Sockets share what they inherited, and handshakes go on with what they began
 * with, so a change makes something new of it. */
static QTlsConfig *
begin_change (QSocket *self)
{
  QTlsConfig *config;

  g_mutex_lock (&self->lock);
  config = q_tls_config_copy (self->settings.tls);
  g_mutex_unlock (&self->lock);

  return config;
}

/* Takes over @config. */
static void
end_change (QSocket    *self,
            QTlsConfig *config,
            const char *property)
{
  QTlsConfig *before;

  g_mutex_lock (&self->lock);
  before = self->settings.tls;
  self->settings.tls = config;
  g_mutex_unlock (&self->lock);

  g_clear_pointer (&before, q_tls_config_unref);
  if (property != NULL)
    g_object_notify (G_OBJECT (self), property);
}

QTlsConfig *
q_socket_ref_tls_config (QSocket *self)
{
  QTlsConfig *config;

  g_mutex_lock (&self->lock);
  config = self->settings.tls != NULL ? q_tls_config_ref (self->settings.tls)
                                      : q_tls_config_copy (NULL);
  g_mutex_unlock (&self->lock);

  return config;
}

/* What is set is the caller's to read until it is set again, so the socket itself
 * has to hold it. */
static QTlsConfig *
get_config (QSocket *self)
{
  QTlsConfig *config;

  g_mutex_lock (&self->lock);
  if (self->settings.tls == NULL)
    self->settings.tls = q_tls_config_copy (NULL);
  config = self->settings.tls;
  g_mutex_unlock (&self->lock);

  return config;
}

/* ---- certificate and key ---- */

static gboolean
take_certificate (QSocket          *self,
                  const char       *name,
                  QSslCertificate  *certificate,
                  GError          **error)
{
  QTlsConfig *config = begin_change (self);

  g_set_object (&config->certificate, certificate);
  if (!q_tls_config_join (config, Q_SOCKET_ERROR_CERTIFICATE, error))
    {
      q_tls_config_unref (config);
      return q_socket_prefix_error (name, error);
    }
  end_change (self, config, NULL);

  return TRUE;
}

gboolean
q_socket_set_certificate (QSocket          *self,
                          QSslCertificate  *certificate,
                          GError          **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (certificate == NULL || Q_IS_SSL_CERTIFICATE (certificate), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return take_certificate (self, "set_certificate", certificate, error);
}

gboolean
q_socket_set_certificate_pem (QSocket     *self,
                              const char  *pem,
                              GError     **error)
{
  g_autoptr (QSslCertificate) certificate = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (pem != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  certificate = q_ssl_certificate_new_from_pem (pem, error);

  return certificate != NULL
         ? take_certificate (self, "set_certificate_pem", certificate, error)
         : q_socket_prefix_error ("set_certificate_pem", error);
}

gboolean
q_socket_set_certificate_der (QSocket  *self,
                              GBytes   *der,
                              GError  **error)
{
  g_autoptr (QSslCertificate) certificate = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (der != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  certificate = q_ssl_certificate_new_from_der (der, error);

  return certificate != NULL
         ? take_certificate (self, "set_certificate_der", certificate, error)
         : q_socket_prefix_error ("set_certificate_der", error);
}

static gboolean
take_private_key (QSocket         *self,
                  const char      *name,
                  QSslPrivateKey  *key,
                  GError         **error)
{
  QTlsConfig *config = begin_change (self);

  g_set_object (&config->key, key);
  if (!q_tls_config_join (config, Q_SOCKET_ERROR_PRIVATE_KEY, error))
    {
      q_tls_config_unref (config);
      return q_socket_prefix_error (name, error);
    }
  end_change (self, config, NULL);

  return TRUE;
}

gboolean
q_socket_set_private_key (QSocket         *self,
                          QSslPrivateKey  *key,
                          GError         **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (key == NULL || Q_IS_SSL_PRIVATE_KEY (key), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return take_private_key (self, "set_private_key", key, error);
}

gboolean
q_socket_set_private_key_pem (QSocket     *self,
                              const char  *pem,
                              const char  *password,
                              GError     **error)
{
  g_autoptr (QSslPrivateKey) key = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (pem != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  key = q_ssl_private_key_new_from_pem (pem, password, error);

  return key != NULL ? take_private_key (self, "set_private_key_pem", key, error)
                     : q_socket_prefix_error ("set_private_key_pem", error);
}

gboolean
q_socket_set_private_key_der (QSocket  *self,
                              GBytes   *der,
                              GError  **error)
{
  g_autoptr (QSslPrivateKey) key = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (der != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  key = q_ssl_private_key_new_from_der (der, error);

  return key != NULL ? take_private_key (self, "set_private_key_der", key, error)
                     : q_socket_prefix_error ("set_private_key_der", error);
}

/* ---- whom to trust ---- */

static void
take_array (GPtrArray **place,
            GPtrArray  *array)
{
  g_clear_pointer (place, g_ptr_array_unref);
  *place = array;
}

static gboolean
take_ca_file (QTlsConfig  *config,
              const char  *path,
              GError     **error)
{
  GPtrArray *authorities = NULL;

  if (path != NULL)
    {
      authorities = q_tls_trust_read_ca_file (path, "set_ssl_ca_file", error);
      if (authorities == NULL)
        return FALSE;
    }

  take_array (&config->authorities, authorities);
  g_free (config->ca_file);
  config->ca_file = g_strdup (path);

  return TRUE;
}

static gboolean
take_crl_file (QTlsConfig  *config,
               const char  *path,
               GError     **error)
{
  GPtrArray *crls = NULL;

  if (path != NULL)
    {
      crls = q_tls_trust_read_crl_file (path, "set_ssl_crl_file", error);
      if (crls == NULL)
        return FALSE;
    }

  take_array (&config->crls, crls);
  g_free (config->crl_file);
  config->crl_file = g_strdup (path);

  return TRUE;
}

typedef gboolean (*TakeFile) (QTlsConfig  *config,
                              const char  *path,
                              GError     **error);

/* The trust that was made of the old files is none of the new. */
static gboolean
set_trust_file (QSocket     *self,
                const char  *property,
                TakeFile     take,
                const char  *path,
                GError     **error)
{
  QTlsConfig *config = begin_change (self);

  if (!take (config, path, error))
    {
      q_tls_config_unref (config);
      return FALSE;
    }

  g_clear_pointer (&config->trust_error, g_free);
  g_clear_pointer (&config->trust, q_tls_trust_unref);
  end_change (self, config, property);

  return TRUE;
}

gboolean
q_socket_set_ssl_ca_file (QSocket     *self,
                          const char  *path,
                          GError     **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return set_trust_file (self, "ssl-ca-file", take_ca_file, path, error);
}

gboolean
q_socket_set_ssl_crl_file (QSocket     *self,
                           const char  *path,
                           GError     **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return set_trust_file (self, "ssl-crl-file", take_crl_file, path, error);
}

/* A property has nobody to tell that the file is of no use; so the next handshake
 * does, since it must not go on with less than was asked for. */
static void
set_trust_file_property (QSocket    *self,
                         const char *property,
                         TakeFile    take,
                         const char *path)
{
  g_autoptr (GError) error = NULL;
  QTlsConfig *config;

  if (set_trust_file (self, property, take, path, &error))
    return;

  config = begin_change (self);
  g_free (config->trust_error);
  config->trust_error = g_strdup (error->message);
  end_change (self, config, NULL);
}

const char *
q_socket_get_ssl_ca_file (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return get_config (self)->ca_file;
}

const char *
q_socket_get_ssl_crl_file (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return get_config (self)->crl_file;
}

void
q_socket_add_ssl_trust (QSocket         *self,
                        QSslCertificate *certificate)
{
  QTlsConfig *config;
  GPtrArray *added;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (Q_IS_SSL_CERTIFICATE (certificate));

  /* The array is shared with others. */
  config = begin_change (self);
  added = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; config->added != NULL && i < config->added->len; i++)
    g_ptr_array_add (added, g_object_ref (g_ptr_array_index (config->added, i)));
  g_ptr_array_add (added, g_object_ref (certificate));

  take_array (&config->added, added);
  g_clear_pointer (&config->trust, q_tls_trust_unref);
  end_change (self, config, NULL);
}

/* ---- the rest ---- */

QSslVerifyMode
q_socket_get_ssl_verify_mode (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), Q_SSL_VERIFY_MODE_PEER);

  return get_config (self)->verify_mode;
}

void
q_socket_set_ssl_verify_mode (QSocket        *self,
                              QSslVerifyMode  mode)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (mode <= Q_SSL_VERIFY_MODE_REQUIRE);

  config = begin_change (self);
  config->verify_mode = mode;
  end_change (self, config, "ssl-verify-mode");
}

const char *
q_socket_get_ssl_server_name (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return get_config (self)->server_name;
}

void
q_socket_set_ssl_server_name (QSocket    *self,
                              const char *name)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));

  /* No name is not the same as a name that nobody has. */
  config = begin_change (self);
  g_free (config->server_name);
  config->server_name = name != NULL && *name != '\0' ? g_hostname_to_ascii (name) : NULL;
  if (name != NULL && *name != '\0' && config->server_name == NULL)
    config->server_name = g_strdup (name);
  end_change (self, config, "ssl-server-name");
}

char **
q_socket_get_ssl_alpn_protocols (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return g_strdupv (get_config (self)->alpn);
}

void
q_socket_set_ssl_alpn (QSocket            *self,
                       const char * const *protocols)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));

  config = begin_change (self);
  g_strfreev (config->alpn);
  config->alpn = protocols != NULL && *protocols != NULL ? g_strdupv ((char **) protocols) : NULL;
  end_change (self, config, "ssl-alpn");
}

GTlsProtocolVersion
q_socket_get_ssl_minimum_version (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), G_TLS_PROTOCOL_VERSION_UNKNOWN);

  return get_config (self)->minimum_version;
}

void
q_socket_set_ssl_minimum_version (QSocket             *self,
                                  GTlsProtocolVersion  version)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (version <= G_TLS_PROTOCOL_VERSION_TLS_1_3);

  config = begin_change (self);
  config->minimum_version = version;
  end_change (self, config, "ssl-minimum-version");
}

/* ---- properties ---- */

gboolean
q_socket_get_ssl_property (QSocket *self,
                           guint    prop_id,
                           GValue  *value)
{
  switch (prop_id)
    {
    case Q_SOCKET_PROP_SSL_VERIFY_MODE:
      g_value_set_enum (value, (int) q_socket_get_ssl_verify_mode (self));
      return TRUE;
    case Q_SOCKET_PROP_SSL_CA_FILE:
      g_value_set_string (value, q_socket_get_ssl_ca_file (self));
      return TRUE;
    case Q_SOCKET_PROP_SSL_CRL_FILE:
      g_value_set_string (value, q_socket_get_ssl_crl_file (self));
      return TRUE;
    case Q_SOCKET_PROP_SSL_SERVER_NAME:
      g_value_set_string (value, q_socket_get_ssl_server_name (self));
      return TRUE;
    case Q_SOCKET_PROP_SSL_ALPN:
      g_value_take_boxed (value, q_socket_get_ssl_alpn_protocols (self));
      return TRUE;
    case Q_SOCKET_PROP_SSL_MINIMUM_VERSION:
      g_value_set_enum (value, (int) q_socket_get_ssl_minimum_version (self));
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
q_socket_set_ssl_property (QSocket      *self,
                           guint         prop_id,
                           const GValue *value)
{
  switch (prop_id)
    {
    case Q_SOCKET_PROP_SSL_VERIFY_MODE:
      q_socket_set_ssl_verify_mode (self, (QSslVerifyMode) g_value_get_enum (value));
      return TRUE;
    case Q_SOCKET_PROP_SSL_CA_FILE:
      set_trust_file_property (self, "ssl-ca-file", take_ca_file, g_value_get_string (value));
      return TRUE;
    case Q_SOCKET_PROP_SSL_CRL_FILE:
      set_trust_file_property (self, "ssl-crl-file", take_crl_file, g_value_get_string (value));
      return TRUE;
    case Q_SOCKET_PROP_SSL_SERVER_NAME:
      q_socket_set_ssl_server_name (self, g_value_get_string (value));
      return TRUE;
    case Q_SOCKET_PROP_SSL_ALPN:
      q_socket_set_ssl_alpn (self, g_value_get_boxed (value));
      return TRUE;
    case Q_SOCKET_PROP_SSL_MINIMUM_VERSION:
      q_socket_set_ssl_minimum_version (self, (GTlsProtocolVersion) g_value_get_enum (value));
      return TRUE;
    default:
      return FALSE;
    }
}

void
q_socket_install_ssl_properties (GObjectClass *object_class,
                                 GParamFlags   flags)
{
  g_object_class_install_property (
    object_class, Q_SOCKET_PROP_SSL_VERIFY_MODE,
    g_param_spec_enum ("ssl-verify-mode", NULL, NULL, Q_TYPE_SSL_VERIFY_MODE,
                       Q_SSL_VERIFY_MODE_PEER, flags));
  g_object_class_install_property (
    object_class, Q_SOCKET_PROP_SSL_CA_FILE,
    g_param_spec_string ("ssl-ca-file", NULL, NULL, NULL, flags));
  g_object_class_install_property (
    object_class, Q_SOCKET_PROP_SSL_CRL_FILE,
    g_param_spec_string ("ssl-crl-file", NULL, NULL, NULL, flags));
  g_object_class_install_property (
    object_class, Q_SOCKET_PROP_SSL_SERVER_NAME,
    g_param_spec_string ("ssl-server-name", NULL, NULL, NULL, flags));
  g_object_class_install_property (
    object_class, Q_SOCKET_PROP_SSL_ALPN,
    g_param_spec_boxed ("ssl-alpn", NULL, NULL, G_TYPE_STRV, flags));
  g_object_class_install_property (
    object_class, Q_SOCKET_PROP_SSL_MINIMUM_VERSION,
    g_param_spec_enum ("ssl-minimum-version", NULL, NULL, G_TYPE_TLS_PROTOCOL_VERSION,
                       G_TLS_PROTOCOL_VERSION_TLS_1_2, flags));
}
