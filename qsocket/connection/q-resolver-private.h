/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <netdb.h>

#include "q-address-private.h"

G_BEGIN_DECLS

/* A name lookup under way, in a thread of its own: one that is given up blocks
 * nobody else, whatever the system's resolver does with it. */
typedef struct _QLookup QLookup;

/* @host may be NULL with AI_PASSIVE in @flags, @service may be NULL. Fails only
 * if no lookup can be started (no thread, no descriptor, too many under way). */
QLookup *q_lookup_new (const char     *host,
                       const char     *service,
                       GSocketFamily   family,
                       int             socktype,
                       int             flags,
                       GError        **error);

/* The other way: an address to a name. */
QLookup *q_lookup_new_reverse (const QAddress  *address,
                               GError         **error);

/* A descriptor that becomes readable when the lookup is done. */
int q_lookup_get_fd (QLookup *lookup);

/* Waits until the lookup is done, or until a point on the monotonic clock (microseconds, or
 * Q_DEADLINE_NEVER). Returns whether the lookup is done or cancelled. */
gboolean q_lookup_wait (QLookup *lookup,
                        gint64   until);

/* From any thread, as long as the lookup is there: ends all waiting for it. */
void q_lookup_cancel (QLookup *lookup);

/* Once it is done: 0 and the addresses, in the system's order, or an EAI_ code;
 * EAI_CANCELED after a cancel. */
int q_lookup_get_addresses (QLookup         *lookup,
                            const QAddress **addresses,
                            guint           *n_addresses);

/* Once a reverse lookup is done: the name, or NULL. */
const char *q_lookup_get_name (QLookup *lookup);

/* The system's words for an EAI_ code. */
const char *q_lookup_strerror (int code);

/* Lets go of a lookup, whether it is done or not. */
void q_lookup_free (QLookup *lookup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QLookup, q_lookup_free)

/* What does the work, so that a test can put a slow or a lying one in its place. */
typedef int  (*QGetAddrInfoFunc)  (const char             *host,
                                   const char             *service,
                                   const struct addrinfo  *hints,
                                   struct addrinfo       **result);
typedef void (*QFreeAddrInfoFunc) (struct addrinfo        *result);

void q_resolver_set_functions (QGetAddrInfoFunc  get_addresses,
                               QFreeAddrInfoFunc free_addresses);

/* The same for the way from an address to a name. */
typedef int  (*QGetNameInfoFunc)  (const struct sockaddr *address,
                                   socklen_t              length,
                                   char                  *host,
                                   socklen_t              host_size,
                                   char                  *service,
                                   socklen_t              service_size,
                                   int                    flags);

void q_resolver_set_reverse_function (QGetNameInfoFunc get_name);

G_END_DECLS
