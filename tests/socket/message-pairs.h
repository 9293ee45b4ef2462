/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-feed.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the tests of sockets that keep messages apart share. */

/* On either side of the largest that IP allows, and of the buffer. */
static const gsize sizes[] = { 1, 100, 1472, 4096, 4097, 16384, 65507 };

typedef enum
{
  PAIR_UDP4,
  PAIR_UDP6,
  PAIR_UNIX,
  PAIR_SEQPACKET,
  N_PAIRS,
} Pair;

static const char * const pair_names[] = { "udp4", "udp6", "unix", "seqpacket" };

typedef struct
{
  const char *name;
  void (*run) (Pair pair);
} PairCase;

typedef struct
{
  const PairCase *the_case;
  Pair pair;
} PairRun;

static inline QSocket *
udp_pair (GSocketFamily  family,
          int           *fd)
{
  const char *host = family == G_SOCKET_FAMILY_IPV4 ? "127.0.0.1" : "::1";
  g_autofree char *service = NULL;
  struct sockaddr_storage address = { .ss_family = (sa_family_t) family };
  socklen_t length = family == G_SOCKET_FAMILY_IPV4 ? sizeof (struct sockaddr_in)
                                                    : sizeof (struct sockaddr_in6);
  QSocket *sock = q_socket_new ();
  GError *error = NULL;

  *fd = socket (family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  inet_pton (family, host, family == G_SOCKET_FAMILY_IPV4
                           ? (void *) &((struct sockaddr_in *) &address)->sin_addr
                           : (void *) &((struct sockaddr_in6 *) &address)->sin6_addr);
  g_assert_no_errno (bind (*fd, (struct sockaddr *) &address, length));
  g_assert_no_errno (getsockname (*fd, (struct sockaddr *) &address, &length));

  /* The port is at the same place in both. */
  service = g_strdup_printf ("%d", ntohs (((struct sockaddr_in *) &address)->sin_port));
  q_socket_connect_inet (sock, host, service, family, G_SOCKET_TYPE_DATAGRAM, ENOUGH, NULL,
                         &error);
  g_assert_no_error (error);
  g_assert_no_errno (getsockname (q_socket_get_socket (sock), (struct sockaddr *) &address,
                                  &length));
  g_assert_no_errno (connect (*fd, (struct sockaddr *) &address, length));

  return sock;
}

static inline QSocket *
make_pair (Pair  pair,
           int  *fd)
{
  GError *error = NULL;
  QSocket *sock;
  int fds[2];

  if (pair == PAIR_UDP4 || pair == PAIR_UDP6)
    return udp_pair (pair == PAIR_UDP4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6, fd);

  g_assert_no_errno (socketpair (AF_UNIX, (pair == PAIR_UNIX ? SOCK_DGRAM : SOCK_SEQPACKET) |
                                          SOCK_CLOEXEC, 0, fds));
  sock = q_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  *fd = fds[1];

  return sock;
}

static inline void
run_pair_case (gconstpointer data)
{
  const PairRun *run = data;

  if (run->pair == PAIR_UDP6 && !test_kind_is_here (TEST_TCP6))
    g_test_skip ("this machine lacks it");
  else
    run->the_case->run (run->pair);
}

static inline void
send_message (int         fd,
              const void *bytes,
              gsize       length)
{
  g_assert_cmpint (send (fd, bytes, length, MSG_NOSIGNAL), ==, (gssize) length);
}

static inline void
expect_message (int         fd,
                const void *bytes,
                gsize       length)
{
  g_autofree guint8 *got = g_malloc (length + 1);

  g_assert_cmpint (recv (fd, got, length + 1, 0), ==, (gssize) length);
  g_assert_cmpmem (got, length, bytes, length);
}

/* Adds each case for each pair as /socket/SUBJECT/PAIR/NAME. */
static inline void
add_pair_cases (const char     *subject,
                const PairCase *cases,
                gsize           n_cases)
{
  for (Pair pair = 0; pair < N_PAIRS; pair++)
    for (gsize i = 0; i < n_cases; i++)
      {
        g_autofree char *path = g_strdup_printf ("/socket/%s/%s/%s", subject, pair_names[pair],
                                                 cases[i].name);
        PairRun *run = g_new (PairRun, 1);

        *run = (PairRun) { &cases[i], pair };
        g_test_add_data_func_full (path, run, run_pair_case, g_free);
      }
}
