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

typedef struct
{
  const char * const *addresses;
  int port;
  const char *name;
} Answer;

/* Returns 0 or the code to fail with. The answer is that of the moment when the lookup ends,
 * whatever the test asks for afterwards. */
static int
ask (Answer *answer)
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
  *answer = (Answer) { answers, service_port, answer_name };
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
  Answer answer;
  int code = ask (&answer);

  if (code != 0)
    return code;

  port = service == NULL || g_ascii_isdigit (*service)
         ? g_strdup (service)
         : g_strdup_printf ("%d", answer.port);
  numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
  *result = NULL;

  for (guint i = 0; answer.addresses[i] != NULL; i++)
    if (getaddrinfo (answer.addresses[i], port, &numeric, next) == 0)
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
  Answer answer;
  int code = ask (&answer);

  if (code == 0)
    g_strlcpy (host, answer.name, host_size);

  return code;
}

static void
install (gboolean            hang,
         int                 code,
         const char * const *addresses,
         int                 port,
         const char         *name)
{
  g_mutex_lock (&lock);
  n_asked = 0;
  hangs = hang;
  fail_code = code;
  answers = addresses;
  service_port = port;
  answer_name = name;
  g_mutex_unlock (&lock);

  q_resolver_set_functions (fake_get_addresses, freeaddrinfo);
  q_resolver_set_reverse_function (fake_get_name);
}

void
test_resolver_hang (void)
{
  install (TRUE, EAI_AGAIN, NULL, 0, NULL);
}

void
test_resolver_answer (const char * const *addresses,
                      int                 port)
{
  install (FALSE, 0, addresses, port, "name.example");
}

void
test_resolver_answer_name (const char *name)
{
  static const char * const none[] = { NULL };

  install (FALSE, 0, none, 0, name);
}

void
test_resolver_fail (int code)
{
  install (FALSE, code, NULL, 0, NULL);
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
