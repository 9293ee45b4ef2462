/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-resolver.h"

#include "q-resolver-private.h"

static GMutex lock;
static GCond changed;
static guint n_asked;
static guint n_hanging;
static gboolean hangs;
static int fail_code;
static int service_port;
static const char * const *answers;
static const char *answer_name;

/* Returns 0 or the code to fail with. */
static int
ask (void)
{
  int code;

  g_mutex_lock (&lock);
  n_asked++;
  n_hanging++;
  g_cond_broadcast (&changed);
  while (hangs)
    g_cond_wait (&changed, &lock);
  n_hanging--;
  code = fail_code;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);

  return code;
}

static int
fake_get_addresses (const char             *host,
                    const char             *service,
                    const struct addrinfo  *hints,
                    struct addrinfo       **result)
{
  struct addrinfo numeric = *hints;
  struct addrinfo **next = result;
  g_autofree char *port = NULL;
  int code = ask ();

  if (code != 0)
    return code;

  port = service == NULL || g_ascii_isdigit (*service)
         ? g_strdup (service)
         : g_strdup_printf ("%d", service_port);
  numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
  *result = NULL;

  for (guint i = 0; answers[i] != NULL; i++)
    if (getaddrinfo (answers[i], port, &numeric, next) == 0)
      while (*next != NULL)
        next = &(*next)->ai_next;

  return *result != NULL ? 0 : EAI_NONAME;
}

static int
fake_get_name (const struct sockaddr *address,
               socklen_t              length,
               char                  *host,
               socklen_t              host_size,
               char                  *service,
               socklen_t              service_size,
               int                    flags)
{
  int code = ask ();

  if (code == 0)
    g_strlcpy (host, answer_name, host_size);

  return code;
}

static void
install (gboolean            hang,
         int                 code,
         const char * const *addresses,
         const char         *name)
{
  g_mutex_lock (&lock);
  n_asked = 0;
  hangs = hang;
  fail_code = code;
  answers = addresses;
  answer_name = name;
  g_mutex_unlock (&lock);

  q_resolver_set_functions (fake_get_addresses, freeaddrinfo);
  q_resolver_set_reverse_function (fake_get_name);
}

void
test_resolver_hang (void)
{
  install (TRUE, EAI_AGAIN, NULL, NULL);
}

void
test_resolver_answer (const char * const *addresses,
                      int                 port)
{
  service_port = port;
  install (FALSE, 0, addresses, "name.example");
}

void
test_resolver_answer_name (const char *name)
{
  static const char * const none[] = { NULL };

  install (FALSE, 0, none, name);
}

void
test_resolver_fail (int code)
{
  install (FALSE, code, NULL, NULL);
}

void
test_resolver_wait_until_asked (guint n_lookups)
{
  g_mutex_lock (&lock);
  while (n_asked < n_lookups)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
}

guint
test_resolver_get_n_asked (void)
{
  guint n;

  g_mutex_lock (&lock);
  n = n_asked;
  g_mutex_unlock (&lock);

  return n;
}

void
test_resolver_restore (void)
{
  g_mutex_lock (&lock);
  hangs = FALSE;
  g_cond_broadcast (&changed);
  while (n_hanging > 0)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);

  q_resolver_set_functions (getaddrinfo, freeaddrinfo);
  q_resolver_set_reverse_function (getnameinfo);
}
