/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

G_BEGIN_DECLS

/* A socket address as the kernel takes it: no object, no allocation. */
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

/* An IPv4 or IPv6 literal, with a scope ("fe80::1%lo") or without. FALSE for
 * anything that would have to be looked up. */
gboolean q_address_set_literal (QAddress   *address,
                                const char *host,
                                int         port);

/* @path must fit (see q_target_check_path ()). */
void q_address_set_path (QAddress   *address,
                         const char *path);

/* The address of every interface, for IPv4 or IPv6. */
void q_address_set_any (QAddress      *address,
                        GSocketFamily  family,
                        int            port);

GSocketFamily q_address_get_family (const QAddress *address);

/* -1 where there are no ports. */
int q_address_get_port (const QAddress *address);

/* "ipv4", "ipv6" or "unix". */
const char *q_address_get_family_name (const QAddress *address);

/* Enough for any address as text. */
#define Q_ADDRESS_TEXT_SIZE 128

/* The address alone: digits, a path, "" for an unnamed UNIX socket. */
const char *q_address_to_text (const QAddress *address,
                               char            text[Q_ADDRESS_TEXT_SIZE]);

/* For people: "127.0.0.1:80", "[::1]:80", "/run/socket". */
char *q_address_describe (const QAddress *address);

G_END_DECLS
