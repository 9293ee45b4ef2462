/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

G_BEGIN_DECLS

/* A socket address as the kernel takes it, which needs neither an object nor an allocation. */
typedef struct
{
  union
  {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
  };
  socklen_t length;             /* 0: no address */
} QAddress;

/* Sets @address to an IPv4 or IPv6 literal, with a scope ("fe80::1%lo") or without. Returns FALSE
 * if @host is a name, which would have to be looked up. */
gboolean q_address_set_literal (QAddress   *address,
                                const char *host,
                                int         port);

/* Sets @address to a UNIX path, which must fit (see q_target_check_path ()). */
void q_address_set_path (QAddress   *address,
                         const char *path);

/* Sets @address to that of every interface, for IPv4 or IPv6. */
void q_address_set_any (QAddress      *address,
                        GSocketFamily  family,
                        int            port);

/* G_SOCKET_FAMILY_INVALID if there is no address. */
GSocketFamily q_address_get_family (const QAddress *address);

/* -1 for a UNIX address and for none. */
int q_address_get_port (const QAddress *address);

/* "ipv4", "ipv6", "unix" or "unknown". */
const char *q_address_get_family_name (const QAddress *address);

/* Enough for any address as text, with the NUL at its end. */
#define Q_ADDRESS_TEXT_SIZE 128

/* Writes the address, without its port, to @text and returns that: digits, a path, or "" for an
 * unnamed UNIX socket. */
const char *q_address_to_text (const QAddress *address,
                               char            text[Q_ADDRESS_TEXT_SIZE]);

/* The address for messages: "127.0.0.1:80", "[::1]:80", "/run/socket". Free with g_free (). */
char *q_address_describe (const QAddress *address);

G_END_DECLS
