/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "links.h"
#include "q-connect-op-private.h"
#include "q-op-async-private.h"
#include "scripted-transport.h"

/* What tests of connecting share: addresses on the loopback that accept, refuse or never answer, a
 * resolver that returns them, and both drivers. */

typedef enum
{
  SPOT_END,               /* of a list */
  SPOT_OPEN,              /* accepts */
  SPOT_REFUSED,           /* no socket listens */
  SPOT_BLACK,             /* never answers, since its backlog is full */
  SPOT_UNREACHABLE,       /* there is no route */
} SpotKind;

typedef struct
{
  SpotKind kind;
  int family;             /* 0: AF_INET */
  int fd;
  int filler;
  QAddress address;
} Spot;

#define MAX_SPOTS 60

static inline void
spot_open (Spot     *spot,
           SpotKind  kind,
           int       family)
{
  gboolean is_v6 = family == AF_INET6;
  const char *host = kind == SPOT_UNREACHABLE ? is_v6 ? "ff02::1" : "224.0.0.1"
                                              : is_v6 ? "::1" : "127.0.0.1";

  *spot = (Spot) { .kind = kind, .family = is_v6 ? AF_INET6 : AF_INET, .fd = -1, .filler = -1 };
  g_assert_true (q_address_set_literal (&spot->address, host,
                                        kind == SPOT_UNREACHABLE ? 9 : 0));
  if (kind == SPOT_UNREACHABLE)
    return;

  /* A port that is bound, but does not listen, refuses, and no other program can take it. */
  spot->fd = socket (spot->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (spot->fd, >=, 0);
  g_assert_no_errno (bind (spot->fd, &spot->address.sa, spot->address.length));
  g_assert_no_errno (getsockname (spot->fd, &spot->address.sa, &spot->address.length));

  if (kind == SPOT_OPEN)
    g_assert_no_errno (listen (spot->fd, 64));

  if (kind == SPOT_BLACK)
    {
      struct pollfd pollfd = { spot->fd, POLLIN, 0 };

      g_assert_no_errno (listen (spot->fd, 0));
      spot->filler = socket (spot->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      g_assert_no_errno (connect (spot->filler, &spot->address.sa, spot->address.length));

      /* The backlog is full when the listener knows of the connection, not when its client does. */
      g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);
    }
}

static inline void
spot_close (Spot *spot)
{
  if (spot->fd >= 0)
    close (spot->fd);
  if (spot->filler >= 0)
    close (spot->filler);
}

/* ---- a resolver that returns these ---- */

/* Copies, since a lookup that was given up may use them when its test is over. */
typedef struct
{
  Spot spots[MAX_SPOTS];
  guint n_spots;
  int code;               /* what it fails with, unless 0 */
  int n_asked;
  int family;             /* the family of the last lookup */
  GMutex lock;            /* as long as the test holds it, lookups hang */
  GMutex spots_lock;
} FakeResolver;

static FakeResolver resolver;

static inline int
fake_get_addresses (const char             *host,
                    const char             *service,
                    const struct addrinfo  *hints,
                    struct addrinfo       **result)
{
  struct addrinfo **next = result;
  int code;

  g_atomic_int_inc (&resolver.n_asked);

  if (g_str_has_prefix (host, "hang"))
    {
      g_mutex_lock (&resolver.lock);
      g_mutex_unlock (&resolver.lock);
      return EAI_AGAIN;
    }

  g_mutex_lock (&resolver.spots_lock);
  resolver.family = hints->ai_family;
  code = resolver.code;
  *next = NULL;
  for (guint i = 0; code == 0 && i < resolver.n_spots; i++)
    {
      const Spot *spot = &resolver.spots[i];
      struct addrinfo *info = g_new0 (struct addrinfo, 1);

      info->ai_family = spot->family;
      info->ai_addr = g_memdup2 (&spot->address.sa, spot->address.length);
      info->ai_addrlen = spot->address.length;
      *next = info;
      next = &info->ai_next;
    }
  g_mutex_unlock (&resolver.spots_lock);
  errno = ENOTTY;

  return code;
}

static inline void
fake_free_addresses (struct addrinfo *result)
{
  while (result != NULL)
    {
      struct addrinfo *next = result->ai_next;

      g_free (result->ai_addr);
      g_free (result);
      result = next;
    }
}

static inline void
resolver_set_up (const Spot *spots,
                 guint       n_spots,
                 int         code)
{
  g_assert_cmpuint (n_spots, <=, MAX_SPOTS);

  g_mutex_lock (&resolver.spots_lock);
  for (guint i = 0; i < n_spots; i++)
    resolver.spots[i] = spots[i];
  resolver.n_spots = n_spots;
  resolver.code = code;
  resolver.n_asked = 0;
  g_mutex_unlock (&resolver.spots_lock);
  q_resolver_set_functions (fake_get_addresses, fake_free_addresses);
}

/* ---- a connect, by either driver ---- */

typedef enum
{
  DRIVE_BLOCKING,
  DRIVE_CANCELLABLE,      /* blocking, with a cancellable, so that no step sleeps in the kernel */
  DRIVE_ASYNC,
  N_DRIVERS,
} DriverKind;

typedef struct
{
  QConnectOp op;
  ReportLog log;
  char *reports;
  GError *error;
  gboolean is_done;
} Connect;

static inline void
connect_init (Connect         *self,
              const QEndpoint *endpoint)
{
  *self = (Connect) { .reports = NULL };
  report_log_init (&self->log);
  q_connect_op_init (&self->op, "connect to", "the target", endpoint, &self->log.sink);
}

static inline void
connect_done_cb (QOp      *op,
                 GError   *error,
                 gpointer  user_data)
{
  Connect *self = user_data;

  self->error = error;
  self->is_done = TRUE;
}

static inline void
connect_drive (Connect      *self,
               DriverKind    driver,
               int           timeout_ms,
               GCancellable *cancellable)
{
  g_autoptr (GCancellable) own = cancellable != NULL ? g_object_ref (cancellable)
                                                     : g_cancellable_new ();

  if (driver == DRIVE_ASYNC)
    {
      g_autoptr (GMainContext) context = g_main_context_new ();

      g_main_context_push_thread_default (context);
      q_op_start (&self->op.parent, timeout_ms, G_PRIORITY_DEFAULT, own, connect_done_cb,
                  self);
      while (!self->is_done)
        g_main_context_iteration (context, TRUE);
      g_main_context_pop_thread_default (context);
    }
  else
    {
      self->is_done = q_op_run (&self->op.parent, timeout_ms,
                                driver == DRIVE_CANCELLABLE ? own : cancellable, &self->error);
      g_assert_true (self->is_done == (self->error == NULL));
    }

  g_assert_cmpint (self->op.fd < 0, ==, self->error != NULL);
  self->reports = report_log_take (&self->log);
}

static inline void
connect_clear (Connect *self)
{
  if (self->op.fd >= 0)
    close (self->op.fd);
  q_connect_op_clear (&self->op);
  report_log_clear (&self->log);
  g_clear_error (&self->error);
  g_free (self->reports);
}

static inline QEndpoint
endpoint_for_name (const char *name)
{
  return (QEndpoint) {
    .host = name, .service = "80", .port = 80, .socktype = SOCK_STREAM, .no_delay = TRUE,
  };
}
