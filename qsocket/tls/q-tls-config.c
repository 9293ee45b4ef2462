/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-config-private.h"

#include "q-i18n-private.h"
#include "q-tls-identity-private.h"

static gpointer
ref_if_any (gpointer object)
{
  return object != NULL ? g_object_ref (object) : NULL;
}

static GPtrArray *
ref_array_if_any (GPtrArray *array)
{
  return array != NULL ? g_ptr_array_ref (array) : NULL;
}

QTlsConfig *
q_tls_config_copy (const QTlsConfig *config)
{
  QTlsConfig *copy = g_new0 (QTlsConfig, 1);

  g_atomic_ref_count_init (&copy->ref_count);
  g_mutex_init (&copy->lock);
  copy->minimum_version = G_TLS_PROTOCOL_VERSION_TLS_1_2;
  if (config == NULL)
    return copy;

  copy->trust_error = g_strdup (config->trust_error);
  copy->verify_mode = config->verify_mode;
  copy->minimum_version = config->minimum_version;
  copy->server_name = g_strdup (config->server_name);
  copy->alpn = g_strdupv (config->alpn);
  copy->certificate = ref_if_any (config->certificate);
  copy->key = ref_if_any (config->key);
  copy->identity = ref_if_any (config->identity);
  copy->ca_file = g_strdup (config->ca_file);
  copy->crl_file = g_strdup (config->crl_file);
  copy->authorities = ref_array_if_any (config->authorities);
  copy->added = ref_array_if_any (config->added);
  copy->crls = ref_array_if_any (config->crls);
  copy->trust = config->trust != NULL ? q_tls_trust_ref (config->trust) : NULL;

  return copy;
}

QTlsConfig *
q_tls_config_ref (QTlsConfig *config)
{
  g_atomic_ref_count_inc (&config->ref_count);

  return config;
}

void
q_tls_config_unref (QTlsConfig *config)
{
  if (!g_atomic_ref_count_dec (&config->ref_count))
    return;

  g_free (config->trust_error);
  g_free (config->server_name);
  g_strfreev (config->alpn);
  g_clear_object (&config->certificate);
  g_clear_object (&config->key);
  g_clear_object (&config->identity);
  g_free (config->ca_file);
  g_free (config->crl_file);
  g_clear_pointer (&config->authorities, g_ptr_array_unref);
  g_clear_pointer (&config->added, g_ptr_array_unref);
  g_clear_pointer (&config->crls, g_ptr_array_unref);
  g_clear_pointer (&config->trust, q_tls_trust_unref);
  g_mutex_clear (&config->lock);
  g_free (config);
}

gboolean
q_tls_config_join (QTlsConfig    *config,
                   QSocketError   code,
                   GError       **error)
{
  g_clear_object (&config->identity);
  if (config->certificate == NULL || config->key == NULL)
    return TRUE;

  if (!q_tls_identity_matches (config->certificate, config->key))
    {
      g_set_error_literal (error, Q_SOCKET_ERROR, code,
                           _("the certificate and the private key do not belong together"));
      return FALSE;
    }

  config->identity = q_tls_identity_new (config->certificate, config->key, error);

  return config->identity != NULL;
}

QTlsTrust *
q_tls_config_get_trust (QTlsConfig  *config,
                        GError     **error)
{
  g_mutex_lock (&config->lock);
  if (config->trust == NULL)
    config->trust = q_tls_trust_new (config->authorities, config->added, config->crls, error);
  g_mutex_unlock (&config->lock);

  return config->trust;
}
