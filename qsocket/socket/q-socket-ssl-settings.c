/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-ssl-settings.h"

#include "q-socket-settings-private.h"
#include "q-socket-ssl-settings-private.h"

/* ---- trusted certificates ---- */

/* One row for each kind of file that says which certificates are trusted. */
typedef struct
{
  const char *property;
  const char *setter;           /* for messages */
  GPtrArray *(*read) (const char  *path,
                      const char  *name,
                      GError     **error);

  /* The members of QTlsConfig for the path and for the content of the file. */
  gsize path_offset;
  gsize content_offset;
} TrustFile;

static const TrustFile ca_file = {
  "ssl-ca-file", "set_ssl_ca_file", q_tls_trust_read_ca_file,
  G_STRUCT_OFFSET (QTlsConfig, ca_file), G_STRUCT_OFFSET (QTlsConfig, authorities),
};

static const TrustFile crl_file = {
  "ssl-crl-file", "set_ssl_crl_file", q_tls_trust_read_crl_file,
  G_STRUCT_OFFSET (QTlsConfig, crl_file), G_STRUCT_OFFSET (QTlsConfig, crls),
};

static void
replace_array (GPtrArray **place,
               GPtrArray  *array)
{
  g_clear_pointer (place, g_ptr_array_unref);
  *place = array;
}

/* Reads the file and makes it the setting, or none if @path is NULL. On failure nothing changes. */
static gboolean
set_trust_file (QSocket          *self,
                const TrustFile  *file,
                const char       *path,
                GError          **error)
{
  GPtrArray *content = NULL;
  QTlsConfig *config;
  char **config_path;

  if (path != NULL)
    {
      content = file->read (path, file->setter, error);
      if (content == NULL)
        return FALSE;
    }

  config = q_socket_begin_tls_change (self);
  replace_array (&G_STRUCT_MEMBER (GPtrArray *, config, file->content_offset), content);
  config_path = &G_STRUCT_MEMBER (char *, config, file->path_offset);
  g_free (*config_path);
  *config_path = g_strdup (path);

  /* The trust was made from the old files. */
  g_clear_pointer (&config->trust_error, g_free);
  g_clear_pointer (&config->trust, q_tls_trust_unref);
  q_socket_end_tls_change (self, config, file->property);

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
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if the file cannot be read or has no
 * certificate; nothing is changed then. Emits `notify` on success.
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

  return set_trust_file (self, &ca_file, path, error);
}

/**
 * q_socket_set_ssl_crl_file:
 * @self: a socket
 * @path: (nullable) (type filename): the path of a file of revocation lists, 16 MiB at most;
 *   `NULL` for none
 *
 * Sets [property@QSocket.Socket:ssl-crl-file], and reads the file at once.
 *
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if the file cannot be read or has no list;
 * nothing is changed then. Emits `notify` on success.
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

  return set_trust_file (self, &crl_file, path, error);
}

/* Setting a property cannot return an error. So if the file cannot be read, the error is kept for
 * the next handshake, which must not succeed with another trust than the program has asked for. */
static void
set_trust_file_property (QSocket         *self,
                         const TrustFile *file,
                         const char      *path)
{
  g_autoptr (GError) error = NULL;
  QTlsConfig *config;

  if (set_trust_file (self, file, path, &error))
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
  set_trust_file_property (self, &ca_file, path);
}

void
q_socket_set_ssl_crl_file_property (QSocket    *self,
                                    const char *path)
{
  set_trust_file_property (self, &crl_file, path);
}

/**
 * q_socket_get_ssl_ca_file:
 * @self: a socket
 *
 * Gets [property@QSocket.Socket:ssl-ca-file].
 *
 * Returns: (transfer none) (nullable) (type filename): the path, which is valid until it is changed
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
 * Returns: (transfer none) (nullable) (type filename): the path, which is valid until it is changed
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
 * Trusts one more certificate, in addition to those of the system's trust store or of
 * [property@QSocket.Socket:ssl-ca-file].
 *
 * If @certificate has a chain, only its first certificate is trusted. There is no call that ends
 * this trust; for that a new object is needed.
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

  /* Other configs refer to the same array, so the certificate is added to a copy. */
  config = q_socket_begin_tls_change (self);
  added = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; config->added != NULL && i < config->added->len; i++)
    g_ptr_array_add (added, g_object_ref (g_ptr_array_index (config->added, i)));
  g_ptr_array_add (added, g_object_ref (certificate));

  replace_array (&config->added, added);
  g_clear_pointer (&config->trust, q_tls_trust_unref);
  q_socket_end_tls_change (self, config, NULL);
}

/* ---- other settings ---- */

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
 * Returns: (transfer none) (nullable): the name, which is valid until it is changed
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
 * @name: (nullable): a host name or an address, without brackets; `NULL` or `""` means the host
 *   that is connected to
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

  config = q_socket_begin_tls_change (self);
  g_free (config->server_name);
  config->server_name = name != NULL && *name != '\0' ? g_hostname_to_ascii (name) : NULL;

  /* A name without an ASCII form must not become NULL, which would check the certificate against
   * the host that is connected to. No certificate has such a name, so verification fails. */
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
