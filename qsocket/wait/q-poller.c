/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-poller-heap-private.h"
#include "q-watch-set-private.h"

#include <sys/epoll.h>

/* The poller's own source has the highest priority and nothing to dispatch. While the
 * context asks its sources whether they are ready, it finds the entries whose descriptors
 * are ready or whose time has come, and moves them to the ready queues of their
 * priorities. Those queues are sources too, without descriptors. The context asks them
 * after the poller in the same iteration, and dispatches them.
 *
 * All watches of an entry are removed before it runs, so that no registration outlives a
 * wait, whatever the operation does with the descriptors when it runs. One can be left all
 * the same, if the descriptor was closed during the wait and has a duplicate. As epoll
 * reports each registration once (EPOLLONESHOT), that wakes the context once, and does
 * not keep it busy from then on. */
struct _QPoller
{
  GSource source;
  GMainContext *context;
  GMutex lock;            /* for all of this, for the ready queues and for the entries */

  QWatchSet set;
  GQueue waiting;         /* the entries that wait */
  GPtrArray *deadlines;   /* a heap of those among them that have one */
  GPtrArray *ready_queues;
};

/* The entries of one priority. */
struct _QReadyQueue
{
  GSource source;
  QPoller *poller;
  GQueue ready;
  guint n_entries;        /* in any state */
};

/* So many queues are kept although they have no entries, for the next that come. */
#define MAX_READY_QUEUES 8

#define EVENTS_AT_ONCE 128

static GMutex pollers_lock;
static GHashTable *pollers;     /* from a context to its poller */

/* ---- from waiting to ready ---- */

static void
remove_watches (QPoller      *self,
                QPollerEntry *entry)
{
  q_watch_set_renew_after_fork (&self->set);
  for (guint i = 0; i < entry->n_watches; i++)
    q_watch_set_remove (&self->set, &entry->watches[i]);

  if (entry->watches != &entry->one)
    g_free (entry->watches);
  entry->watches = NULL;
  entry->n_watches = 0;
}

static void
make_ready (QPoller      *self,
            QPollerEntry *entry)
{
  remove_watches (self, entry);
  q_poller_heap_remove (self->deadlines, entry);
  g_queue_unlink (&self->waiting, &entry->link);
  entry->state = Q_POLLER_ENTRY_READY;
  g_queue_push_tail_link (&entry->ready_queue->ready, &entry->link);
}

static void
make_due_ready (QPoller *self)
{
  QPollerEntry *entry;

  while ((entry = q_poller_heap_first (self->deadlines)) != NULL &&
         entry->until <= g_source_get_time (&self->source))
    make_ready (self, entry);
}

/* Makes the entries ready that wait for one of @revents, which epoll reported for @fd. */
static void
handle_epoll_event (QPoller *self,
                    int      fd,
                    guint    revents)
{
  QWatch *watch = g_hash_table_lookup (self->set.watches, GINT_TO_POINTER (fd));
  gboolean was_awaited = FALSE;

  while (watch != NULL)
    {
      QWatch *next = watch->next;
      QPollerEntry *entry = watch->owner;

      if ((revents & (watch->poll.events | EPOLLERR | EPOLLHUP)) != 0)
        {
          /* Its other watches for the same descriptor go as well. */
          while (next != NULL && next->owner == entry)
            next = next->next;
          make_ready (self, entry);
          was_awaited = TRUE;
        }
      watch = next;
    }

  /* No entry waits for it, so it was most likely reported for a registration that is left
   * from an earlier use of the number. In case it was the present one, which reports only
   * once, that is armed again. */
  watch = g_hash_table_lookup (self->set.watches, GINT_TO_POINTER (fd));
  if (!was_awaited && watch != NULL)
    q_watch_set_rearm (&self->set, fd, watch);
}

static void
collect_from_epoll (QPoller *self)
{
  struct epoll_event events[EVENTS_AT_ONCE];
  int n;

  do
    {
      n = epoll_wait (self->set.poll.fd, events, EVENTS_AT_ONCE, 0);
      for (int i = 0; i < n; i++)
        handle_epoll_event (self, events[i].data.fd, events[i].events);
    }
  while (n == EVENTS_AT_ONCE);
}

static void
collect_from_source (QPoller *self)
{
  QWatch *watch = self->set.polled;

  while (watch != NULL)
    if (watch->poll.revents != 0)
      {
        /* This may remove several watches from the list. */
        make_ready (self, watch->owner);
        watch = self->set.polled;
      }
    else
      {
        watch = watch->next;
      }
}

/* ---- the poller's source ---- */

static gboolean
poller_prepare (GSource *source,
                int     *timeout)
{
  QPoller *self = (QPoller *) source;
  QPollerEntry *first;

  *timeout = -1;
  g_mutex_lock (&self->lock);
  q_watch_set_renew_after_fork (&self->set);
  make_due_ready (self);
  first = q_poller_heap_first (self->deadlines);
  if (first != NULL)
    *timeout = (int) MIN ((first->until - g_source_get_time (source) + 999) / 1000, G_MAXINT);
  g_mutex_unlock (&self->lock);

  return FALSE;
}

static gboolean
poller_check (GSource *source)
{
  QPoller *self = (QPoller *) source;

  g_mutex_lock (&self->lock);
  if (self->set.poll.revents != 0)
    collect_from_epoll (self);
  self->set.poll.revents = 0;
  collect_from_source (self);
  make_due_ready (self);
  g_mutex_unlock (&self->lock);

  return FALSE;
}

/* The source is only ever ready because q_poller_entry_wake () made it so, to let the context
 * look at the ready queues. */
static gboolean
poller_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  g_source_set_ready_time (source, -1);

  return G_SOURCE_CONTINUE;
}

/* Returns the first entry of @queue, which is then idle, or NULL. */
static QPollerEntry *
pop_entry (QPoller *self,
           GQueue  *queue)
{
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (queue);
  if (link != NULL)
    {
      QPollerEntry *entry = link->data;

      remove_watches (self, entry);
      q_poller_heap_remove (self->deadlines, entry);
      entry->state = Q_POLLER_ENTRY_IDLE;
    }
  g_mutex_unlock (&self->lock);

  return link != NULL ? link->data : NULL;
}

static void
drop_all (QPoller *self,
          GQueue  *queue)
{
  QPollerEntry *entry;

  while ((entry = pop_entry (self, queue)) != NULL)
    entry->drop (entry);
}

static void
poller_finalize (GSource *source)
{
  QPoller *self = (QPoller *) source;

  g_mutex_lock (&pollers_lock);
  if (g_hash_table_lookup (pollers, self->context) == self)
    g_hash_table_remove (pollers, self->context);
  g_mutex_unlock (&pollers_lock);

  g_mutex_lock (&self->lock);
  q_watch_set_close (&self->set);
  g_mutex_unlock (&self->lock);

  /* In this order: until it is dropped, another thread may still wake an entry, which moves
   * it from the waiting ones to a ready queue. */
  drop_all (self, &self->waiting);
  for (guint i = 0; i < self->ready_queues->len; i++)
    drop_all (self, &((QReadyQueue *) g_ptr_array_index (self->ready_queues, i))->ready);

  g_ptr_array_unref (self->ready_queues);
  g_ptr_array_unref (self->deadlines);
  q_watch_set_clear (&self->set);
  g_mutex_clear (&self->lock);
}

static GSourceFuncs poller_funcs = {
  .prepare = poller_prepare,
  .check = poller_check,
  .dispatch = poller_dispatch,
  .finalize = poller_finalize,
};

/* Returns a poller that only @context has a reference to. */
static QPoller *
poller_new (GMainContext *context)
{
  GSource *source = g_source_new (&poller_funcs, sizeof (QPoller));
  QPoller *self = (QPoller *) source;

  self->context = context;
  g_mutex_init (&self->lock);
  q_watch_set_init (&self->set, source);
  self->deadlines = g_ptr_array_new ();
  self->ready_queues = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  g_queue_init (&self->waiting);

  g_source_set_static_name (source, "[qsocket] poller");
  g_source_set_priority (source, G_MININT);
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, context);
  g_source_unref (source);

  return self;
}

static QPoller *
get_poller (void)
{
  GMainContext *context = g_main_context_get_thread_default ();
  QPoller *self;

  if (context == NULL)
    context = g_main_context_default ();

  g_mutex_lock (&pollers_lock);
  if (pollers == NULL)
    pollers = g_hash_table_new (NULL, NULL);
  self = g_hash_table_lookup (pollers, context);

  /* A context that was freed destroys its sources, and frees them some time later. Its
   * address may be that of a new context already. */
  if (self == NULL || g_source_is_destroyed (&self->source))
    {
      self = poller_new (context);
      g_hash_table_insert (pollers, context, self);
    }
  g_mutex_unlock (&pollers_lock);

  return self;
}

/* ---- ready queues ---- */

static gboolean
ready_queue_is_ready (GSource *source)
{
  QReadyQueue *ready_queue = (QReadyQueue *) source;
  gboolean is_ready;

  g_mutex_lock (&ready_queue->poller->lock);
  is_ready = ready_queue->ready.length > 0;
  g_mutex_unlock (&ready_queue->poller->lock);

  return is_ready;
}

static gboolean
ready_queue_prepare (GSource *source,
                     int     *timeout)
{
  *timeout = -1;

  return ready_queue_is_ready (source);
}

/* Runs the entries that are ready by now; those that become ready meanwhile have to wait for
 * the context's other sources. A main loop inside an entry may run some of them first. */
static gboolean
ready_queue_dispatch (GSource     *source,
                      GSourceFunc  callback,
                      gpointer     user_data)
{
  QReadyQueue *ready_queue = (QReadyQueue *) source;
  QPoller *poller = ready_queue->poller;
  QPollerEntry *entry;
  guint n;

  g_mutex_lock (&poller->lock);
  n = ready_queue->ready.length;
  g_mutex_unlock (&poller->lock);

  for (; n > 0 && (entry = pop_entry (poller, &ready_queue->ready)) != NULL; n--)
    entry->run (entry);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs ready_queue_funcs = {
  .prepare = ready_queue_prepare,
  .check = ready_queue_is_ready,
  .dispatch = ready_queue_dispatch,
};

static QReadyQueue *
get_ready_queue (QPoller *self,
                 int      priority)
{
  GSource *source;

  for (guint i = 0; i < self->ready_queues->len; i++)
    {
      source = g_ptr_array_index (self->ready_queues, i);
      if (g_source_get_priority (source) == priority)
        return (QReadyQueue *) source;
    }

  source = g_source_new (&ready_queue_funcs, sizeof (QReadyQueue));
  ((QReadyQueue *) source)->poller = self;
  g_queue_init (&((QReadyQueue *) source)->ready);
  g_source_set_static_name (source, "[qsocket] operations");
  g_source_set_priority (source, priority);
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, self->context);
  g_ptr_array_add (self->ready_queues, source);

  return (QReadyQueue *) source;
}

static void
leave_ready_queue (QPoller     *self,
                   QReadyQueue *ready_queue)
{
  if (--ready_queue->n_entries > 0 || self->ready_queues->len <= MAX_READY_QUEUES)
    return;

  g_source_destroy (&ready_queue->source);
  g_ptr_array_remove (self->ready_queues, ready_queue);
}

/* ---- entries ---- */

void
q_poller_entry_init (QPollerEntry *self,
                     int           priority)
{
  QPoller *poller = get_poller ();

  g_mutex_lock (&poller->lock);
  self->poller = poller;
  self->ready_queue = get_ready_queue (poller, priority);
  self->ready_queue->n_entries++;
  self->link = (GList) { .data = self };
  self->state = Q_POLLER_ENTRY_IDLE;
  g_mutex_unlock (&poller->lock);
}

void
q_poller_entry_start (QPollerEntry *self)
{
  QPoller *poller = self->poller;

  /* From here on it may run in another thread, which may free it. */
  g_mutex_lock (&poller->lock);
  self->state = Q_POLLER_ENTRY_READY;
  g_queue_push_tail_link (&self->ready_queue->ready, &self->link);
  g_mutex_unlock (&poller->lock);

  if (!g_main_context_is_owner (poller->context))
    g_main_context_wakeup (poller->context);
}

void
q_poller_entry_wait (QPollerEntry *self,
                     const QWait  *wait,
                     gint64        until)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  q_watch_set_renew_after_fork (&poller->set);
  self->state = Q_POLLER_ENTRY_WAITING;
  g_queue_push_tail_link (&poller->waiting, &self->link);

  self->until = until;
  if (until != Q_DEADLINE_NEVER)
    q_poller_heap_add (poller->deadlines, self);

  self->n_watches = wait->n_fds;
  self->watches = wait->n_fds > 1 ? g_new (QWatch, wait->n_fds) : &self->one;
  for (guint i = 0; i < wait->n_fds; i++)
    {
      self->watches[i] = (QWatch) {
        .poll = { wait->fds[i].fd, (gushort) wait->fds[i].events, 0 },
        .owner = self,
      };
      q_watch_set_add (&poller->set, &self->watches[i]);
    }
  g_mutex_unlock (&poller->lock);
}

void
q_poller_entry_wake (QPollerEntry *self)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  if (self->state == Q_POLLER_ENTRY_WAITING)
    {
      make_ready (poller, self);

      /* Not through the context, which may be freed just now; the source knows when it is. */
      g_source_set_ready_time (&poller->source, 0);
    }
  g_mutex_unlock (&poller->lock);
}

void
q_poller_entry_clear (QPollerEntry *self)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  leave_ready_queue (poller, self->ready_queue);
  g_mutex_unlock (&poller->lock);
}
