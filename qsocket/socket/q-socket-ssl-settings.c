/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-ssl-settings.h"

#include "q-socket-settings-private.h"
#include "q-socket-ssl-settings-private.h"

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
  QTlsConfig *config = q_socket_begin_tls_change (self);

  if (!take (config, path, error))
    {
      q_tls_config_unref (config);
      return FALSE;
    }

  g_clear_pointer (&config->trust_error, g_free);
  g_clear_pointer (&config->trust, q_tls_trust_unref);
  q_socket_end_tls_change (self, config, property);

  return TRUE;
}

/**
 * q_socket_set_ssl_ca_file:
 * @self: a socket
 * @path: (nullable) (type filename): the path of a file of certificates, 16 MiB at most; `NULL`
 *   for the system's trust store
 *
 * Sets [property@QSocket.Socket:ssl-ca-file], and reads the file at once.
 *
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if there is no certificate to be read from
 * it; nothing is changed then.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_ssl_ca_file (QSocket     *self,
                          const char  *path,
                          GError     **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return set_trust_file (self, "ssl-ca-file", take_ca_file, path, error);
}

/**
 * q_socket_set_ssl_crl_file:
 * @self: a socket
 * @path: (nullable) (type filename): the path of a file of revocation lists, 16 MiB at most;
 *   `NULL` for none
 *
 * Sets [property@QSocket.Socket:ssl-crl-file], and reads the file at once.
 *
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if there is no list to be read from it;
 * nothing is changed then.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
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

  config = q_socket_begin_tls_change (self);
  g_free (config->trust_error);
  config->trust_error = g_strdup (error->message);
  q_socket_end_tls_change (self, config, NULL);
}

void
q_socket_set_ssl_ca_file_property (QSocket    *self,
                                   const char *path)
{
  set_trust_file_property (self, "ssl-ca-file", take_ca_file, path);
}

void
q_socket_set_ssl_crl_file_property (QSocket    *self,
                                    const char *path)
{
  set_trust_file_property (self, "ssl-crl-file", take_crl_file, path);
}

/**
 * q_socket_get_ssl_ca_file:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-ca-file].
 *
 * Returns: (transfer none) (nullable) (type filename): the path, until it is changed
 *
 * Since: 1.0
 */
const char *
q_socket_get_ssl_ca_file (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return q_socket_get_tls_config (self)->ca_file;
}

/**
 * q_socket_get_ssl_crl_file:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-crl-file].
 *
 * Returns: (transfer none) (nullable) (type filename): the path, until it is changed
 *
 * Since: 1.0
 */
const char *
q_socket_get_ssl_crl_file (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return q_socket_get_tls_config (self)->crl_file;
}

/**
 * q_socket_add_ssl_trust:
 * @self: a socket
 * @certificate: a certificate, usually a self-signed one
 *
 * Trusts one more certificate, on top of the system's trust store or of what
 * [property@QSocket.Socket:ssl-ca-file] put in its place.
 *
 * Only the first of its chain is trusted. Nothing takes it away again but another object.
 *
 * May be called from any thread.
 *
 * Since: 1.0
 */
void
q_socket_add_ssl_trust (QSocket         *self,
                        QSslCertificate *certificate)
{
  QTlsConfig *config;
  GPtrArray *added;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (Q_IS_SSL_CERTIFICATE (certificate));

  /* The array is shared with others. */
  config = q_socket_begin_tls_change (self);
  added = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; config->added != NULL && i < config->added->len; i++)
    g_ptr_array_add (added, g_object_ref (g_ptr_array_index (config->added, i)));
  g_ptr_array_add (added, g_object_ref (certificate));

  take_array (&config->added, added);
  g_clear_pointer (&config->trust, q_tls_trust_unref);
  q_socket_end_tls_change (self, config, NULL);
}

/* ---- the rest ---- */

/**
 * q_socket_get_ssl_verify_mode:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-verify-mode].
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
QSslVerifyMode
q_socket_get_ssl_verify_mode (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), Q_SSL_VERIFY_MODE_PEER);

  return q_socket_get_tls_config (self)->verify_mode;
}

/**
 * q_socket_set_ssl_verify_mode:
 * @self: a socket
 * @mode: the mode
 *
 * Sets [property@QSocket.Socket:ssl-verify-mode].
 *
 * Since: 1.0
 */
void
q_socket_set_ssl_verify_mode (QSocket        *self,
                              QSslVerifyMode  mode)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (mode <= Q_SSL_VERIFY_MODE_REQUIRE);

  config = q_socket_begin_tls_change (self);
  config->verify_mode = mode;
  q_socket_end_tls_change (self, config, "ssl-verify-mode");
}

/**
 * q_socket_get_ssl_server_name:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-server-name], in its ASCII form.
 *
 * Returns: (transfer none) (nullable): the name, until it is changed
 *
 * Since: 1.0
 */
const char *
q_socket_get_ssl_server_name (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return q_socket_get_tls_config (self)->server_name;
}

/**
 * q_socket_set_ssl_server_name:
 * @self: a socket
 * @name: (nullable): a host name or an address, without brackets; `NULL` or `""`: the host that is
 *   connected to
 *
 * Sets [property@QSocket.Socket:ssl-server-name].
 *
 * Since: 1.0
 */
void
q_socket_set_ssl_server_name (QSocket    *self,
                              const char *name)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));

  /* No name is not the same as a name that nobody has. */
  config = q_socket_begin_tls_change (self);
  g_free (config->server_name);
  config->server_name = name != NULL && *name != '\0' ? g_hostname_to_ascii (name) : NULL;
  if (name != NULL && *name != '\0' && config->server_name == NULL)
    config->server_name = g_strdup (name);
  q_socket_end_tls_change (self, config, "ssl-server-name");
}

/**
 * q_socket_get_ssl_alpn_protocols:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-alpn].
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the protocols; `NULL` for none
 *
 * Since: 1.0
 */
char **
q_socket_get_ssl_alpn_protocols (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return g_strdupv (q_socket_get_tls_config (self)->alpn);
}

/**
 * q_socket_set_ssl_alpn:
 * @self: a socket
 * @protocols: (nullable) (array zero-terminated=1): the protocols, such as `http/1.1`; `NULL` for
 *   none
 *
 * Sets [property@QSocket.Socket:ssl-alpn].
 *
 * Since: 1.0
 */
void
q_socket_set_ssl_alpn (QSocket            *self,
                       const char * const *protocols)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));

  config = q_socket_begin_tls_change (self);
  g_strfreev (config->alpn);
  config->alpn = protocols != NULL && *protocols != NULL ? g_strdupv ((char **) protocols) : NULL;
  q_socket_end_tls_change (self, config, "ssl-alpn");
}

/**
 * q_socket_get_ssl_minimum_version:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-minimum-version].
 *
 * Returns: the version
 *
 * Since: 1.0
 */
GTlsProtocolVersion
q_socket_get_ssl_minimum_version (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), G_TLS_PROTOCOL_VERSION_UNKNOWN);

  return q_socket_get_tls_config (self)->minimum_version;
}

/**
 * q_socket_set_ssl_minimum_version:
 * @self: a socket
 * @version: the version, not one of DTLS
 *
 * Sets [property@QSocket.Socket:ssl-minimum-version].
 *
 * Since: 1.0
 */
void
q_socket_set_ssl_minimum_version (QSocket             *self,
                                  GTlsProtocolVersion  version)
{
  QTlsConfig *config;

  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (version <= G_TLS_PROTOCOL_VERSION_TLS_1_3);

  config = q_socket_begin_tls_change (self);
  config->minimum_version = version;
  q_socket_end_tls_change (self, config, "ssl-minimum-version");
}
