/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-private.h"

#include <errno.h>
#include <netinet/tcp.h>

typedef enum
{
  PROP_LOOKUP_HOSTNAMES = 1,
  PROP_MAX_HEADER_SIZE,
  PROP_MAX_HEADER_COUNT,
  PROP_MAX_RECEIVE_SIZE,
  N_PROPS,
} QSocketProperty;

static GParamSpec *properties[N_PROPS];

const QSocketSettings q_socket_default_settings = {
  .charset = "UTF-8",
  .no_delay = TRUE,
  .lookup_hostnames = TRUE,
  .max_header_size = 65536,
  .max_header_count = 256,
  .max_receive_size = 64 * 1024 * 1024,
};

/* ---- charset ---- */

const char *
q_socket_get_charset (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return self->settings.charset;
}

gboolean
q_socket_set_charset (QSocket     *self,
                      const char  *encoding,
                      GError     **error)
{
  const char *charset;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (encoding != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  charset = q_charset_canonical_name (encoding, error);
  if (charset == NULL)
    return q_socket_prefix_error ("set_charset", error);

  /* The next text call sees that its converter is for another charset. */
  self->settings.charset = charset;

  return TRUE;
}

/* ---- TCP_NODELAY ---- */

static gboolean
has_no_delay (QChannel *channel)
{
  return channel->socktype == SOCK_STREAM && channel->family != G_SOCKET_FAMILY_UNIX;
}

gboolean
q_socket_get_no_delay (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;
  int value = 0;
  socklen_t length = sizeof value;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  channel = q_socket_ref_channel (self);
  if (channel == NULL || !has_no_delay (channel) || !q_channel_pin (channel))
    return self->settings.no_delay;

  if (getsockopt (channel->fd, IPPROTO_TCP, TCP_NODELAY, &value, &length) != 0)
    value = 0;
  q_channel_unpin (channel);

  return value != 0;
}

gboolean
q_socket_set_no_delay (QSocket   *self,
                       gboolean   nodelay,
                       GError   **error)
{
  g_autoptr (QChannel) channel = NULL;
  int value = !!nodelay;
  int system_error = 0;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  channel = q_socket_ref_channel (self);
  if (channel != NULL && has_no_delay (channel) && q_channel_pin (channel))
    {
      if (setsockopt (channel->fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value) != 0)
        system_error = errno;
      q_channel_unpin (channel);
    }

  if (system_error != 0)
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SEND,
                   "set_no_delay: %s", g_strerror (system_error));
      return FALSE;
    }

  self->settings.no_delay = value;

  return TRUE;
}

/* ---- limits ---- */

gboolean
q_socket_get_lookup_hostnames (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return self->settings.lookup_hostnames;
}

void
q_socket_set_lookup_hostnames (QSocket  *self,
                               gboolean  lookup_hostnames)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  lookup_hostnames = !!lookup_hostnames;
  if (self->settings.lookup_hostnames == lookup_hostnames)
    return;

  self->settings.lookup_hostnames = lookup_hostnames;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOOKUP_HOSTNAMES]);
}

guint
q_socket_get_max_header_size (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return self->settings.max_header_size;
}

void
q_socket_set_max_header_size (QSocket *self,
                              guint    max_header_size)
{
  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (max_header_size > 0);

  if (self->settings.max_header_size == max_header_size)
    return;

  self->settings.max_header_size = max_header_size;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_HEADER_SIZE]);
}

guint
q_socket_get_max_header_count (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return self->settings.max_header_count;
}

void
q_socket_set_max_header_count (QSocket *self,
                               guint    max_header_count)
{
  g_return_if_fail (Q_IS_SOCKET (self));
  g_return_if_fail (max_header_count > 0);

  if (self->settings.max_header_count == max_header_count)
    return;

  self->settings.max_header_count = max_header_count;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_HEADER_COUNT]);
}

guint64
q_socket_get_max_receive_size (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), 0);

  return self->settings.max_receive_size;
}

void
q_socket_set_max_receive_size (QSocket *self,
                               guint64  max_receive_size)
{
  g_return_if_fail (Q_IS_SOCKET (self));

  if (self->settings.max_receive_size == max_receive_size)
    return;

  self->settings.max_receive_size = max_receive_size;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_RECEIVE_SIZE]);
}

/* ---- properties ---- */

static void
q_socket_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  QSocket *self = Q_SOCKET (object);

  switch ((QSocketProperty) prop_id)
    {
    case PROP_LOOKUP_HOSTNAMES:
      g_value_set_boolean (value, q_socket_get_lookup_hostnames (self));
      break;
    case PROP_MAX_HEADER_SIZE:
      g_value_set_uint (value, q_socket_get_max_header_size (self));
      break;
    case PROP_MAX_HEADER_COUNT:
      g_value_set_uint (value, q_socket_get_max_header_count (self));
      break;
    case PROP_MAX_RECEIVE_SIZE:
      g_value_set_uint64 (value, q_socket_get_max_receive_size (self));
      break;
    case N_PROPS:
    default:
      if (!q_socket_get_ssl_property (self, prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
    }
}

static void
q_socket_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  QSocket *self = Q_SOCKET (object);

  switch ((QSocketProperty) prop_id)
    {
    case PROP_LOOKUP_HOSTNAMES:
      q_socket_set_lookup_hostnames (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_HEADER_SIZE:
      q_socket_set_max_header_size (self, g_value_get_uint (value));
      break;
    case PROP_MAX_HEADER_COUNT:
      q_socket_set_max_header_count (self, g_value_get_uint (value));
      break;
    case PROP_MAX_RECEIVE_SIZE:
      q_socket_set_max_receive_size (self, g_value_get_uint64 (value));
      break;
    case N_PROPS:
    default:
      if (!q_socket_set_ssl_property (self, prop_id, value))
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
    }
}

void
q_socket_install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = q_socket_get_property;
  object_class->set_property = q_socket_set_property;

  properties[PROP_LOOKUP_HOSTNAMES] =
    g_param_spec_boolean ("lookup-hostnames", NULL, NULL,
                          q_socket_default_settings.lookup_hostnames, flags);
  properties[PROP_MAX_HEADER_SIZE] =
    g_param_spec_uint ("max-header-size", NULL, NULL, 1, G_MAXUINT,
                       q_socket_default_settings.max_header_size, flags);
  properties[PROP_MAX_HEADER_COUNT] =
    g_param_spec_uint ("max-header-count", NULL, NULL, 1, G_MAXUINT,
                       q_socket_default_settings.max_header_count, flags);
  properties[PROP_MAX_RECEIVE_SIZE] =
    g_param_spec_uint64 ("max-receive-size", NULL, NULL, 0, G_MAXUINT64,
                         q_socket_default_settings.max_receive_size, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  q_socket_install_ssl_properties (object_class, flags);
}
