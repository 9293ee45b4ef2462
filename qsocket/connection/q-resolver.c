/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-resolver-private.h"

#include "q-i18n-private.h"
#include "q-socket-error.h"
#include "q-wait-private.h"
#include "q-wakeup-private.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

/* A lookup that was given up still has its thread until the system's resolver returns. If there
 * are more than this, no name server is in reach, and one more thread would not help. */
#define MAX_LOOKUPS 256

struct _QLookup
{
  gatomicrefcount ref_count;    /* one for the caller, one for the thread */
  QWakeup done;
  atomic_int is_cancelled;

  /* the question */
  char *host;
  char *service;
  struct addrinfo hints;
  QAddress reverse;             /* the address whose name is looked up; else of length 0 */

  /* The answer. The thread writes it before it sets @is_done, and others read it only after. */
  atomic_int is_done;
  int code;                     /* 0, or an EAI_ code */
  int system_error;             /* errno, for EAI_SYSTEM */
  QAddress *addresses;
  guint n_addresses;
  char name[NI_MAXHOST];
};

static QGetAddrInfoFunc get_addresses_func = getaddrinfo;
static QFreeAddrInfoFunc free_addresses_func = freeaddrinfo;
static QGetNameInfoFunc get_name_func = getnameinfo;
static atomic_int n_lookups;

void
q_resolver_set_functions (QGetAddrInfoFunc  get_addresses,
                          QFreeAddrInfoFunc free_addresses)
{
  get_addresses_func = get_addresses;
  free_addresses_func = free_addresses;
}

void
q_resolver_set_reverse_function (QGetNameInfoFunc get_name)
{
  get_name_func = get_name;
}

static void
lookup_unref (QLookup *lookup)
{
  if (!g_atomic_ref_count_dec (&lookup->ref_count))
    return;

  q_wakeup_close (&lookup->done);
  g_free (lookup->host);
  g_free (lookup->service);
  g_free (lookup->addresses);
  g_free (lookup);
}

static void
look_up_addresses (QLookup *lookup)
{
  struct addrinfo *result = NULL;
  guint n = 0;

  lookup->code = get_addresses_func (lookup->host, lookup->service, &lookup->hints, &result);
  lookup->system_error = errno;
  if (lookup->code != 0)
    return;

  for (struct addrinfo *info = result; info != NULL; info = info->ai_next)
    n++;

  lookup->addresses = g_new0 (QAddress, n);
  for (struct addrinfo *info = result; info != NULL; info = info->ai_next)
    if (info->ai_addrlen <= sizeof (struct sockaddr_un) &&
        (info->ai_family == AF_INET || info->ai_family == AF_INET6))
      {
        QAddress *address = &lookup->addresses[lookup->n_addresses++];

        memcpy (&address->sa, info->ai_addr, info->ai_addrlen);
        address->length = info->ai_addrlen;
      }

  free_addresses_func (result);
  if (lookup->n_addresses == 0)
    lookup->code = EAI_NONAME;
}

static gpointer
lookup_thread (gpointer data)
{
  QLookup *lookup = data;

  if (lookup->reverse.length > 0)
    lookup->code = get_name_func (&lookup->reverse.sa, lookup->reverse.length,
                                  lookup->name, sizeof lookup->name, NULL, 0, NI_NAMEREQD);
  else
    look_up_addresses (lookup);

  atomic_fetch_sub (&n_lookups, 1);
  atomic_store (&lookup->is_done, TRUE);
  q_wakeup_signal (&lookup->done);
  lookup_unref (lookup);

  return NULL;
}

/* The thread blocks all signals, so that the program's handlers run in none but its own threads. */
static GThread *
new_thread_without_signals (QLookup  *lookup,
                            GError  **error)
{
  sigset_t all = { 0 };
  sigset_t before = { 0 };
  GThread *thread;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  thread = g_thread_try_new ("qsocket-lookup", lookup_thread, lookup, error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  return thread;
}

static QLookup *
start (QLookup  *lookup,
       GError  **error)
{
  g_autoptr (GError) local = NULL;
  GThread *thread;

  if (q_wakeup_open (&lookup->done) < 0)
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ADDRESS_LOOKUP,
                   _("no name lookup possible: %s"), g_strerror (errno));
      lookup_unref (lookup);
      return NULL;
    }

  if (atomic_fetch_add (&n_lookups, 1) >= MAX_LOOKUPS)
    {
      atomic_fetch_sub (&n_lookups, 1);
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ADDRESS_LOOKUP,
                   _("%d name lookups are still waiting for the system's resolver"), MAX_LOOKUPS);
      lookup_unref (lookup);
      return NULL;
    }

  g_atomic_ref_count_inc (&lookup->ref_count);
  thread = new_thread_without_signals (lookup, &local);
  if (thread == NULL)
    {
      atomic_fetch_sub (&n_lookups, 1);
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ADDRESS_LOOKUP,
                   _("no name lookup possible: %s"), local->message);
      lookup_unref (lookup);
      lookup_unref (lookup);
      return NULL;
    }

  g_thread_unref (thread);

  return lookup;
}

QLookup *
q_lookup_new (const char     *host,
              const char     *service,
              GSocketFamily   family,
              int             socktype,
              int             flags,
              GError        **error)
{
  QLookup *lookup = g_new0 (QLookup, 1);

  g_atomic_ref_count_init (&lookup->ref_count);
  lookup->done = (QWakeup) Q_WAKEUP_INIT;
  lookup->host = g_strdup (host);
  lookup->service = g_strdup (service);
  lookup->hints.ai_family = family;
  lookup->hints.ai_socktype = socktype;
  lookup->hints.ai_flags = flags;

  return start (lookup, error);
}

QLookup *
q_lookup_new_reverse (const QAddress  *address,
                      GError         **error)
{
  QLookup *lookup = g_new0 (QLookup, 1);

  g_atomic_ref_count_init (&lookup->ref_count);
  lookup->done = (QWakeup) Q_WAKEUP_INIT;
  lookup->reverse = *address;

  return start (lookup, error);
}

int
q_lookup_get_fd (QLookup *lookup)
{
  return q_wakeup_get_fd (&lookup->done);
}

gboolean
q_lookup_wait (QLookup *lookup,
               gint64   until)
{
  return q_wait_poll_one (q_wakeup_get_fd (&lookup->done), POLLIN, until) != 0;
}

void
q_lookup_cancel (QLookup *lookup)
{
  atomic_store (&lookup->is_cancelled, TRUE);
  q_wakeup_signal (&lookup->done);
}

int
q_lookup_get_addresses (QLookup         *lookup,
                        const QAddress **addresses,
                        guint           *n_addresses)
{
  *addresses = NULL;
  *n_addresses = 0;

  /* After a cancel the thread may still write the answer. */
  if (atomic_load (&lookup->is_cancelled) || !atomic_load (&lookup->is_done))
    return EAI_CANCELED;

  *addresses = lookup->addresses;
  *n_addresses = lookup->n_addresses;

  /* EAI_SYSTEM refers to errno, which each thread has its own of. */
  errno = lookup->system_error;

  return lookup->code;
}

const char *
q_lookup_get_name (QLookup *lookup)
{
  return atomic_load (&lookup->is_done) && lookup->code == 0 ? lookup->name : NULL;
}

const char *
q_lookup_strerror (int code)
{
  return code == EAI_SYSTEM ? g_strerror (errno) : gai_strerror (code);
}

void
q_lookup_free (QLookup *lookup)
{
  lookup_unref (lookup);
}
