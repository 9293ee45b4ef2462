/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-watch-set-private.h"

#include "q-fork-private.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

/* The same numbers go to epoll_ctl () and to poll (). */
G_STATIC_ASSERT (EPOLLIN == POLLIN && EPOLLPRI == POLLPRI && EPOLLOUT == POLLOUT);
G_STATIC_ASSERT (EPOLLERR == POLLERR && EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP);

/* Registers a descriptor for the events of all its watches, a list that begins at @first. */
static gboolean
register_watches (QWatchSet *self,
                  QWatch    *first)
{
  int fd = first->poll.fd;
  struct epoll_event event = { .events = EPOLLONESHOT, .data.fd = fd };

  for (QWatch *watch = first; watch != NULL; watch = watch->next)
    event.events |= watch->poll.events;

  /* What the hash table says may be wrong, since closing a descriptor removes it from epoll
   * and closing one that has a duplicate does not: so what fails is tried the other way. */
  return (first->next != NULL && epoll_ctl (self->poll.fd, EPOLL_CTL_MOD, fd, &event) == 0) ||
         epoll_ctl (self->poll.fd, EPOLL_CTL_ADD, fd, &event) == 0 ||
         epoll_ctl (self->poll.fd, EPOLL_CTL_MOD, fd, &event) == 0;
}

static void
let_source_poll (QWatchSet *self,
                 QWatch    *watch)
{
  watch->is_polled = TRUE;
  watch->next = self->polled;
  self->polled = watch;
  g_source_add_poll (self->source, &watch->poll);
}

void
q_watch_set_rearm (QWatchSet *self,
                   int        fd,
                   QWatch    *first)
{
  /* A destroyed source polls nothing, so its watches are only kept to be removed. */
  if (g_source_is_destroyed (self->source) ||
      (self->poll.fd >= 0 && register_watches (self, first)))
    {
      g_hash_table_insert (self->watches, GINT_TO_POINTER (fd), first);
      return;
    }

  g_hash_table_remove (self->watches, GINT_TO_POINTER (fd));
  for (QWatch *watch = first, *next; watch != NULL; watch = next)
    {
      next = watch->next;
      let_source_poll (self, watch);
    }
}

void
q_watch_set_close (QWatchSet *self)
{
  if (self->poll.fd < 0)
    return;

  if (!g_source_is_destroyed (self->source))
    g_source_remove_poll (self->source, &self->poll);
  close (self->poll.fd);
  self->poll.fd = -1;
}

static void
open_epoll (QWatchSet *self)
{
  self->generation = q_fork_get_generation ();
  self->poll = (GPollFD) { epoll_create1 (EPOLL_CLOEXEC), G_IO_IN, 0 };
  if (self->poll.fd >= 0)
    g_source_add_poll (self->source, &self->poll);
}

/* After a fork the child's epoll descriptor stands for the same object of the kernel as the
 * parent's. What the child registered there would be reported to the parent. */
void
q_watch_set_renew_after_fork (QWatchSet *self)
{
  g_autoptr (GList) lists = NULL;

  if (self->poll.fd < 0 || self->generation == q_fork_get_generation ())
    return;

  q_watch_set_close (self);
  open_epoll (self);
  lists = g_hash_table_get_values (self->watches);
  for (GList *l = lists; l != NULL; l = l->next)
    q_watch_set_rearm (self, ((QWatch *) l->data)->poll.fd, l->data);
}

void
q_watch_set_add (QWatchSet *self,
                 QWatch    *watch)
{
  gpointer fd = GINT_TO_POINTER (watch->poll.fd);

  if (self->poll.fd < 0)
    open_epoll (self);

  watch->is_polled = FALSE;
  watch->next = g_hash_table_lookup (self->watches, fd);
  if (self->poll.fd >= 0 && register_watches (self, watch))
    g_hash_table_insert (self->watches, fd, watch);
  else
    let_source_poll (self, watch);
}

/* Returns the list that begins at @first without @watch. */
static QWatch *
unlink_watch (QWatch *first,
              QWatch *watch)
{
  QWatch **link = &first;

  while (*link != watch)
    link = &(*link)->next;
  *link = watch->next;

  return first;
}

void
q_watch_set_remove (QWatchSet *self,
                    QWatch    *watch)
{
  gpointer fd = GINT_TO_POINTER (watch->poll.fd);
  QWatch *first;

  if (watch->is_polled)
    {
      self->polled = unlink_watch (self->polled, watch);
      if (!g_source_is_destroyed (self->source))
        g_source_remove_poll (self->source, &watch->poll);
      return;
    }

  first = unlink_watch (g_hash_table_lookup (self->watches, fd), watch);
  if (first == NULL)
    {
      g_hash_table_remove (self->watches, fd);
      epoll_ctl (self->poll.fd, EPOLL_CTL_DEL, watch->poll.fd, NULL);
      return;
    }

  /* The descriptor is still watched, perhaps for fewer events. */
  q_watch_set_rearm (self, watch->poll.fd, first);
}

void
q_watch_set_init (QWatchSet *self,
                  GSource   *source)
{
  *self = (QWatchSet) {
    .source = source,
    .poll = { .fd = -1 },
    .watches = g_hash_table_new (NULL, NULL),
  };
}

void
q_watch_set_clear (QWatchSet *self)
{
  q_watch_set_close (self);
  g_hash_table_unref (self->watches);
}
