/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-poller-heap-private.h"
#include "q-watch-set-private.h"

#include <sys/epoll.h>

/* Each context has a source that comes before all others and has nothing to dispatch: it
 * finds out, while the context asks its sources, whose descriptor is ready or whose time
 * has come, and moves those waiters into the ready_queues of their priorities. The ready_queues are
 * sources without descriptors, which are asked after it in the same round, and run them.
 *
 * The kernel reports a descriptor once (EPOLLONESHOT), and all that a waiter waits for
 * is taken back before it runs: no registration outlives a wait, whatever a step does
 * with the descriptors, and one that does after all (since somebody closed a descriptor
 * that has a duplicate) wakes the context once and not for ever. What cannot be
 * registered the context polls for itself. */
struct _QPoller
{
  GSource source;
  GMainContext *context;
  GMutex lock;            /* for all of this, its ready_queues, and its waiters */

  QWatchSet set;
  GQueue waiting;
  GPtrArray *deadlines;   /* of those who wait */
  GPtrArray *ready_queues;
};

struct _QReadyQueue
{
  GSource source;
  QPoller *poller;
  GQueue ready;
  guint n_entries;
};

/* Lanes that nobody uses, to be kept for the next. */
#define MAX_READY_QUEUES 8

#define EVENTS_AT_ONCE 128

static GMutex pollers_lock;
static GHashTable *pollers;     /* by their contexts */

/* ---- waiters ---- */

static void
take_back_watches (QPoller *self,
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

/* From waiting to ready. */
static void
make_ready (QPoller *self,
            QPollerEntry *entry)
{
  take_back_watches (self, entry);
  q_heap_remove (self->deadlines, entry);
  g_queue_unlink (&self->waiting, &entry->link);
  entry->state = Q_POLLER_ENTRY_READY;
  g_queue_push_tail_link (&entry->ready_queue->ready, &entry->link);
}

static void
make_due_ready (QPoller *self)
{
  QPollerEntry *entry;

  while ((entry = q_heap_first (self->deadlines)) != NULL &&
         entry->until <= g_source_get_time (&self->source))
    make_ready (self, entry);
}

/* @revents: what the kernel says of @fd. */
static void
report (QPoller *self,
        int      fd,
        guint    revents)
{
  QWatch *watch = g_hash_table_lookup (self->set.watches, GINT_TO_POINTER (fd));
  gboolean is_news = FALSE;

  while (watch != NULL)
    {
      QWatch *next = watch->next;
      QPollerEntry *entry = watch->entry;

      if ((revents & (watch->poll.events | EPOLLERR | EPOLLHUP)) != 0)
        {
          /* It may wait twice for the same. */
          while (next != NULL && next->entry == entry)
            next = next->next;
          make_ready (self, entry);
          is_news = TRUE;
        }
      watch = next;
    }

  watch = g_hash_table_lookup (self->set.watches, GINT_TO_POINTER (fd));
  if (!is_news && watch != NULL)
    q_watch_set_renew (&self->set, fd, watch);
}

static void
report_epoll (QPoller *self)
{
  struct epoll_event events[EVENTS_AT_ONCE];
  int n;

  do
    {
      n = epoll_wait (self->set.poll.fd, events, EVENTS_AT_ONCE, 0);
      for (int i = 0; i < n; i++)
        report (self, events[i].data.fd, events[i].events);
    }
  while (n == EVENTS_AT_ONCE);
}

static void
report_polled (QPoller *self)
{
  QWatch *watch = self->set.polled;

  while (watch != NULL)
    if (watch->poll.revents != 0)
      {
        make_ready (self, watch->entry);
        watch = self->set.polled;
      }
    else
      {
        watch = watch->next;
      }
}

/* ---- the source ---- */

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
  first = q_heap_first (self->deadlines);
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
    report_epoll (self);
  self->set.poll.revents = 0;
  report_polled (self);
  make_due_ready (self);
  g_mutex_unlock (&self->lock);

  return FALSE;
}

/* After another thread woke the context: the ready_queues come next. */
static gboolean
poller_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  g_source_set_ready_time (source, -1);

  return G_SOURCE_CONTINUE;
}

/* Takes the next out of @waiters to run, or to be dropped. */
static QPollerEntry *
take (QPoller *self,
      GQueue  *waiters)
{
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (waiters);
  if (link != NULL)
    {
      QPollerEntry *entry = link->data;

      take_back_watches (self, entry);
      q_heap_remove (self->deadlines, entry);
      entry->state = Q_POLLER_ENTRY_RUNS;
    }
  g_mutex_unlock (&self->lock);

  return link != NULL ? link->data : NULL;
}

static void
drop_all (QPoller *self,
          GQueue  *waiters)
{
  QPollerEntry *entry;

  while ((entry = take (self, waiters)) != NULL)
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

  /* Others may be about to wake one, and then it is in a lane. */
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

/* The context keeps it. */
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

  /* A context may have got the address of one whose sources are just going. */
  if (self == NULL || g_source_is_destroyed (&self->source))
    {
      self = poller_new (context);
      g_hash_table_insert (pollers, context, self);
    }
  g_mutex_unlock (&pollers_lock);

  return self;
}

/* ---- ready_queues ---- */

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

/* Those who are ready by now, and each once: then others get their turn. An inner main
 * loop may take some of them. */
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

  for (; n > 0 && (entry = take (poller, &ready_queue->ready)) != NULL; n--)
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
leave_ready_queue (QPoller *self,
            QReadyQueue   *ready_queue)
{
  if (--ready_queue->n_entries > 0 || self->ready_queues->len <= MAX_READY_QUEUES)
    return;

  g_source_destroy (&ready_queue->source);
  g_ptr_array_remove (self->ready_queues, ready_queue);
}

/* ---- what operations call ---- */

void
q_poller_entry_init (QPollerEntry *self,
               int      priority)
{
  QPoller *poller = get_poller ();

  g_mutex_lock (&poller->lock);
  self->poller = poller;
  self->ready_queue = get_ready_queue (poller, priority);
  self->ready_queue->n_entries++;
  self->link.data = self;
  self->state = Q_POLLER_ENTRY_RUNS;
  g_mutex_unlock (&poller->lock);
}

void
q_poller_entry_start (QPollerEntry *self)
{
  QPoller *poller = self->poller;

  /* From then on it may run, and go, in another thread. */
  g_mutex_lock (&poller->lock);
  self->state = Q_POLLER_ENTRY_READY;
  g_queue_push_tail_link (&self->ready_queue->ready, &self->link);
  g_mutex_unlock (&poller->lock);

  if (!g_main_context_is_owner (poller->context))
    g_main_context_wakeup (poller->context);
}

void
q_poller_entry_wait (QPollerEntry     *self,
               const QWait *wait,
               gint64       until)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  q_watch_set_renew_after_fork (&poller->set);
  self->state = Q_POLLER_ENTRY_WAITS;
  g_queue_push_tail_link (&poller->waiting, &self->link);

  self->until = until;
  if (until != Q_DEADLINE_NEVER)
    q_heap_add (poller->deadlines, self);

  self->n_watches = wait->n_fds;
  self->watches = wait->n_fds > 1 ? g_new (QWatch, wait->n_fds) : &self->one;
  for (guint i = 0; i < wait->n_fds; i++)
    {
      self->watches[i] = (QWatch) {
        .poll = { wait->fds[i].fd, (gushort) wait->fds[i].events, 0 },
        .entry = self,
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
  if (self->state == Q_POLLER_ENTRY_WAITS)
    {
      make_ready (poller, self);

      /* The context may be going: its sources know, the context itself is no more to
       * be touched. */
      g_source_set_ready_time (&poller->source, 0);
    }
  g_mutex_unlock (&poller->lock);
}

void
q_poller_entry_finish (QPollerEntry *self)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  leave_ready_queue (poller, self->ready_queue);
  g_mutex_unlock (&poller->lock);
}
