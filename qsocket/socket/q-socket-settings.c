/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-settings-private.h"

const QSocketSettings q_socket_default_settings = {
  .charset = "UTF-8",
  .no_delay = TRUE,
  .lookup_hostnames = Q_SOCKET_DEFAULT_LOOKUP_HOSTNAMES,
  .max_header_size = Q_SOCKET_DEFAULT_MAX_HEADER_SIZE,
  .max_header_count = Q_SOCKET_DEFAULT_MAX_HEADER_COUNT,
  .max_receive_size = Q_SOCKET_DEFAULT_MAX_RECEIVE_SIZE,
};

QSocket *
q_socket_new_inheriting (QSocket *self)
{
  QSocket *inheriting = g_object_new (Q_TYPE_SOCKET, NULL);

  g_mutex_lock (&self->lock);
  inheriting->settings = self->settings;
  if (inheriting->settings.tls != NULL)
    q_tls_config_ref (inheriting->settings.tls);
  if (atomic_load (&self->queue) != NULL)
    atomic_store (&inheriting->queue, g_object_ref (atomic_load (&self->queue)));
  g_mutex_unlock (&self->lock);

  return inheriting;
}

/* ---- TLS ---- */

/* Accepted sockets and running handshakes refer to the same config, so a change is made in a
 * copy. */
QTlsConfig *
q_socket_begin_tls_change (QSocket *self)
{
  QTlsConfig *config;

  g_mutex_lock (&self->lock);
  config = q_tls_config_copy (self->settings.tls);
  g_mutex_unlock (&self->lock);

  return config;
}

void
q_socket_end_tls_change (QSocket    *self,
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

/* Getters return pointers into the config, such as a file name, which have to stay valid until the
 * setting is changed. So the socket keeps even a config of defaults, once it was asked for. */
QTlsConfig *
q_socket_get_tls_config (QSocket *self)
{
  QTlsConfig *config;

  g_mutex_lock (&self->lock);
  if (self->settings.tls == NULL)
    self->settings.tls = q_tls_config_copy (NULL);
  config = self->settings.tls;
  g_mutex_unlock (&self->lock);

  return config;
}
