/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-info.h"

#include "q-i18n-private.h"
#include "q-resolver-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-open-private.h"

#include <errno.h>
#include <string.h>

/* How long getting information may wait for the host name of an address. The functions have no
 * timeout of their own. */
#define REVERSE_LOOKUP_US (200 * 1000)

enum
{
  LOCAL_END,
  PEER_END,
};

/* Returns the host name of one end. It is looked up once for each connection; if that takes too
 * long or finds nothing, @text, the address itself, is the name for the rest of the connection. */
static char *
get_hostname (QChannel       *channel,
              int             end,
              const QAddress *address,
              const char     *text)
{
  g_autofree char *name = NULL;
  QLookup *lookup;

  g_mutex_lock (&channel->lock);
  name = g_strdup (channel->hostnames[end]);
  g_mutex_unlock (&channel->lock);
  if (name != NULL)
    return g_steal_pointer (&name);

  lookup = q_lookup_new_reverse (address, NULL);
  if (lookup != NULL && q_lookup_wait (lookup, g_get_monotonic_time () + REVERSE_LOOKUP_US))
    name = g_strdup (q_lookup_get_name (lookup));
  g_clear_pointer (&lookup, q_lookup_free);

  if (name == NULL || !g_utf8_validate (name, -1, NULL))
    {
      g_free (name);
      name = g_strdup (text);
    }

  g_mutex_lock (&channel->lock);
  if (channel->hostnames[end] == NULL)
    channel->hostnames[end] = g_strdup (name);
  g_mutex_unlock (&channel->lock);

  return g_steal_pointer (&name);
}

static void
add_text (GVariantBuilder *builder,
          const char      *key,
          const char      *text)
{
  g_variant_builder_add (builder, "{sv}", key,
                         g_variant_new_take_string (g_utf8_make_valid (text, -1)));
}

/* Adds a text such as "ipv4(127.0.0.1)", "ipv6[::1]" or "unix:/run/socket". */
static void
add_description (GVariantBuilder *builder,
                 const char      *key,
                 const QAddress  *address,
                 const char      *text)
{
  GSocketFamily family = q_address_get_family (address);
  g_autoptr (GString) description = g_string_new (q_address_get_family_name (address));

  if (family == G_SOCKET_FAMILY_IPV4)
    g_string_append_printf (description, "(%s)", text);
  else if (family == G_SOCKET_FAMILY_IPV6)
    g_string_append_printf (description, "[%s]", text);
  else
    g_string_append_printf (description, ":%s", text);

  add_text (builder, key, description->str);
}

static void
add_credentials (GVariantBuilder *builder,
                 QChannel        *channel)
{
  struct ucred credentials = { .pid = 0, .uid = (uid_t) -1, .gid = (gid_t) -1 };
  socklen_t length = sizeof credentials;

  if (getsockopt (channel->fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
    return;

  /* The kernel gives 0 or -1 for what it does not know, such as the process id of a peer in
   * another PID namespace. Each of the three is left out by itself. */
  if (credentials.pid > 0)
    g_variant_builder_add (builder, "{sv}", "pid", g_variant_new_int32 (credentials.pid));
  if (credentials.uid != (uid_t) -1)
    g_variant_builder_add (builder, "{sv}", "uid",
                           g_variant_new_int32 ((gint32) credentials.uid));
  if (credentials.gid != (gid_t) -1)
    g_variant_builder_add (builder, "{sv}", "gid",
                           g_variant_new_int32 ((gint32) credentials.gid));
}

/* Describes the address of one end. The caller has entered the channel. */
static GVariant *
build_info (QSocket        *self,
            QChannel       *channel,
            int             end,
            const QAddress *address)
{
  GSocketFamily family = q_address_get_family (address);
  char text[Q_ADDRESS_TEXT_SIZE];
  GVariantBuilder builder;

  /* The texts that are documented are without a scope: "fe80::1", not "fe80::1%eth0". */
  q_address_to_text (address, text);
  if (family == G_SOCKET_FAMILY_IPV6)
    text[strcspn (text, "%")] = '\0';

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);

  if (family != G_SOCKET_FAMILY_UNIX && self->settings.lookup_hostnames)
    {
      g_autofree char *hostname = get_hostname (channel, end, address, text);

      add_text (&builder, "hostname", hostname);
      add_description (&builder, "hostname_desc", address, hostname);
    }

  add_text (&builder, "address", text);
  add_description (&builder, "address_desc", address, text);
  if (family != G_SOCKET_FAMILY_UNIX)
    g_variant_builder_add (&builder, "{sv}", "port",
                           g_variant_new_int32 (q_address_get_port (address)));
  g_variant_builder_add (&builder, "{sv}", "family", g_variant_new_int32 ((gint32) family));
  add_text (&builder, "familystr", q_address_get_family_name (address));
  if (family == G_SOCKET_FAMILY_UNIX && end == PEER_END)
    add_credentials (&builder, channel);

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* The body of both functions: the two ends differ in the system call and the code of errors. */
static GVariant *
get_info (QSocket       *self,
          int            end,
          QSocketError   code,
          const char    *name,
          GError       **error)
{
  g_autoptr (QChannel) channel = q_socket_ref_channel (self);
  GVariant *info = NULL;
  QAddress address = { .length = sizeof address.un };
  int system_error = 0;

  if (channel == NULL || !q_channel_enter (channel))
    {
      q_socket_set_error (name, code, error, _("the socket is not open"));
      return NULL;
    }

  if ((end == LOCAL_END ? getsockname (channel->fd, &address.sa, &address.length)
                        : getpeername (channel->fd, &address.sa, &address.length)) != 0)
    system_error = errno;

  /* After a reset the kernel no longer knows the address of the peer, but the channel does. */
  if (system_error != 0 && end == PEER_END && channel->peer.length > 0)
    {
      address = channel->peer;
      system_error = 0;
    }

  if (system_error == 0)
    info = build_info (self, channel, end, &address);
  else
    q_socket_set_error (name, code, error, g_strerror (system_error));

  q_channel_leave (channel);

  return info;
}

/**
 * q_socket_get_peer_info:
 * @self: a connected socket
 *
 * Describes the address of the peer.
 *
 * The keys of the `a{sv}` and the types of their values, with examples:
 *
 * | key | type | host | UNIX |
 * | --- | --- | --- | --- |
 * | `address` | `s` | `192.0.2.1`, `2001:db8::1` | the path, or `""` |
 * | `address_desc` | `s` | `ipv4(192.0.2.1)`, `ipv6[2001:db8::1]` | `unix:` and the path |
 * | `port` | `i` | 80 | |
 * | `family` | `i` | the system's number: `AF_INET`, `AF_INET6` | `AF_UNIX` |
 * | `familystr` | `s` | `ipv4`, `ipv6` | `unix` |
 * | `hostname` | `s` | `www.example.org` | |
 * | `hostname_desc` | `s` | `ipv4(www.example.org)` | |
 * | `pid`, `uid`, `gid` | `i` | | of the peer, where the kernel knows them |
 *
 * For `hostname` the address is looked up in reverse, once per connection and for at most 200 ms.
 * If that finds nothing in time, `hostname` is the address. Without
 * [property@QSocket.Socket:lookup-hostnames] nothing is looked up, and both hostname keys are
 * missing.
 *
 * Fails with [error@QSocket.SocketError] `GET_PEER_INFO` if the socket is closed or has no peer.
 *
 * Returns: (transfer full): an `a{sv}`, or `NULL` with @error set
 *
 * Since: 1.0
 */
GVariant *
q_socket_get_peer_info (QSocket  *self,
                        GError  **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return get_info (self, PEER_END, Q_SOCKET_ERROR_GET_PEER_INFO, "get_peer_info", error);
}

/**
 * q_socket_get_socket_info:
 * @self: an open socket
 *
 * Describes the local address.
 *
 * The keys are those of [method@QSocket.Socket.get_peer_info], without `pid`, `uid` and `gid`, and
 * so are the rules for the host name.
 *
 * Fails with [error@QSocket.SocketError] `GET_SOCKET_INFO` if the socket is closed.
 *
 * Returns: (transfer full): an `a{sv}`, or `NULL` with @error set
 *
 * Since: 1.0
 */
GVariant *
q_socket_get_socket_info (QSocket  *self,
                          GError  **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return get_info (self, LOCAL_END, Q_SOCKET_ERROR_GET_SOCKET_INFO, "get_socket_info", error);
}

/**
 * q_socket_get_port:
 * @self: a socket
 *
 * Gets the port of the server.
 *
 * For a bound, listening or accepted socket that is the local port, for a connected client that of
 * the peer.
 *
 * Returns: the port, or -1 if the socket is closed, a UNIX socket, or not bound yet
 *
 * Since: 1.0
 */
int
q_socket_get_port (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;
  QAddress address = { .length = 0 };
  int port;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);

  channel = q_socket_ref_channel (self);
  if (channel == NULL)
    return -1;

  if (channel->kind == Q_CHANNEL_CLIENT)
    return q_address_get_port (&channel->peer);

  if (!q_channel_enter (channel))
    return -1;
  q_channel_get_local_address (channel, &address);
  q_channel_leave (channel);
  port = q_address_get_port (&address);

  /* The kernel says 0 as long as no port is bound. */
  return port > 0 ? port : -1;
}

/**
 * q_socket_is_open:
 * @self: a socket
 *
 * Tells whether the socket has a descriptor: connected, bound or listening.
 *
 * It stays open when the peer ends the connection, until this side closes it.
 *
 * Returns: `TRUE` if the socket is open
 *
 * Since: 1.0
 */
gboolean
q_socket_is_open (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return q_gate_is_open (&self->gate);
}

/**
 * q_socket_is_secure:
 * @self: a socket
 *
 * Tells whether what the socket sends and receives is encrypted.
 *
 * May be called from any thread.
 *
 * Returns: `TRUE` if the connection uses TLS; `FALSE` also if it is not open
 *
 * Since: 1.0
 */
gboolean
q_socket_is_secure (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  channel = q_socket_ref_channel (self);

  return channel != NULL && q_channel_is_secure (channel);
}

/**
 * q_socket_get_socket:
 * @self: a socket
 *
 * Gets the file descriptor.
 *
 * It still belongs to the socket and must not be closed. Reading from it directly does not see the
 * bytes in the buffer of the socket. [method@QSocket.Socket.steal_fd] gives the descriptor away.
 *
 * Returns: the descriptor, or -1 if the socket is closed
 *
 * Since: 1.0
 */
int
q_socket_get_socket (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);

  channel = q_socket_ref_channel (self);

  return channel != NULL ? channel->fd : -1;
}
