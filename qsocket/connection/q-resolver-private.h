/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <netdb.h>

#include "q-address-private.h"

G_BEGIN_DECLS

/* A name lookup under way. The system's resolver cannot be stopped and may take minutes, so each
 * lookup has a thread of its own: one that is given up delays no other. */
typedef struct _QLookup QLookup;

/* Starts a lookup of the addresses of @host, with the port of @service. @host may be NULL with
 * AI_PASSIVE in @flags, @service may be NULL; the other arguments are the hints of getaddrinfo ().
 * Fails only if no lookup can be started: no thread or descriptor can be made, or too many lookups
 * are under way. Free with q_lookup_free (). */
QLookup *q_lookup_new (const char     *host,
                       const char     *service,
                       GSocketFamily   family,
                       int             socktype,
                       int             flags,
                       GError        **error);

/* Starts a lookup of the name of @address. Fails as q_lookup_new () does. */
QLookup *q_lookup_new_reverse (const QAddress  *address,
                               GError         **error);

/* A descriptor that becomes readable when the lookup is done or cancelled. It belongs to the
 * lookup. */
int q_lookup_get_fd (QLookup *lookup);

/* Waits until the lookup is done, or until a point on the monotonic clock (microseconds, or
 * Q_DEADLINE_NEVER). Returns whether the lookup is done or cancelled. */
gboolean q_lookup_wait (QLookup *lookup,
                        gint64   until);

/* Ends all waiting for the lookup. From any thread; the caller makes sure that the lookup is not
 * freed meanwhile. */
void q_lookup_cancel (QLookup *lookup);

/* Returns 0, with the addresses in the order of the system, which belong to the lookup; or an EAI_
 * code, with errno set if that is EAI_SYSTEM. EAI_CANCELED if the lookup was cancelled or is not
 * done. */
int q_lookup_get_addresses (QLookup         *lookup,
                            const QAddress **addresses,
                            guint           *n_addresses);

/* The name that a reverse lookup found, which belongs to the lookup; NULL if it found none or is
 * not done. */
const char *q_lookup_get_name (QLookup *lookup);

/* The system's text for an EAI_ code; for EAI_SYSTEM, that for errno. */
const char *q_lookup_strerror (int code);

/* To be called whether the lookup is done or not. Does not wait for its thread. */
void q_lookup_free (QLookup *lookup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QLookup, q_lookup_free)

/* The functions of the system that lookups call. A test replaces them by slow or failing ones,
 * while no lookup is under way. */
typedef int  (*QGetAddrInfoFunc)  (const char             *host,
                                   const char             *service,
                                   const struct addrinfo  *hints,
                                   struct addrinfo       **result);
typedef void (*QFreeAddrInfoFunc) (struct addrinfo        *result);

void q_resolver_set_functions (QGetAddrInfoFunc  get_addresses,
                               QFreeAddrInfoFunc free_addresses);

/* The same for reverse lookups. */
typedef int  (*QGetNameInfoFunc)  (const struct sockaddr *address,
                                   socklen_t              length,
                                   char                  *host,
                                   socklen_t              host_size,
                                   char                  *service,
                                   socklen_t              service_size,
                                   int                    flags);

void q_resolver_set_reverse_function (QGetNameInfoFunc get_name);

G_END_DECLS
