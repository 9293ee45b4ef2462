/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-poller-heap-private.h"
#include "q-watch-set-private.h"

#include <sys/epoll.h>

/* Each context has a source that comes before all others and has nothing to dispatch: it
 * finds out, while the context asks its sources, whose descriptor is ready or whose time
 * has come, and moves those waiters into the lanes of their priorities. The lanes are
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
  GMutex lock;            /* for all of this, its lanes, and its waiters */

  QWatchSet set;
  GQueue waiting;
  GPtrArray *deadlines;   /* of those who wait */
  GPtrArray *lanes;
};

struct _QLane
{
  GSource source;
  QPoller *poller;
  GQueue ready;
  guint n_waiters;
};

/* Lanes that nobody uses, to be kept for the next. */
#define MAX_LANES 8

#define EVENTS_AT_ONCE 128

static GMutex pollers_lock;
static GHashTable *pollers;     /* by their contexts */

/* ---- waiters ---- */

static void
take_back_watches (QPoller *self,
                   QWaiter *waiter)
{
  q_watch_set_leave_parent (&self->set);
  for (guint i = 0; i < waiter->n_watches; i++)
    q_watch_set_remove (&self->set, &waiter->watches[i]);

  if (waiter->watches != &waiter->one)
    g_free (waiter->watches);
  waiter->watches = NULL;
  waiter->n_watches = 0;
}

/* From waiting to ready. */
static void
make_ready (QPoller *self,
            QWaiter *waiter)
{
  take_back_watches (self, waiter);
  q_heap_remove (self->deadlines, waiter);
  g_queue_unlink (&self->waiting, &waiter->link);
  waiter->state = Q_WAITER_READY;
  g_queue_push_tail_link (&waiter->lane->ready, &waiter->link);
}

static void
make_due_ready (QPoller *self)
{
  QWaiter *waiter;

  while ((waiter = q_heap_first (self->deadlines)) != NULL &&
         waiter->until <= g_source_get_time (&self->source))
    make_ready (self, waiter);
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
      QWaiter *waiter = watch->waiter;

      if ((revents & (watch->poll.events | EPOLLERR | EPOLLHUP)) != 0)
        {
          /* It may wait twice for the same. */
          while (next != NULL && next->waiter == waiter)
            next = next->next;
          make_ready (self, waiter);
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
        make_ready (self, watch->waiter);
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
  QWaiter *first;

  *timeout = -1;
  g_mutex_lock (&self->lock);
  q_watch_set_leave_parent (&self->set);
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

/* After another thread woke the context: the lanes come next. */
static gboolean
poller_dispatch (GSource     *source,
                 GSourceFunc  callback,
                 gpointer     user_data)
{
  g_source_set_ready_time (source, -1);

  return G_SOURCE_CONTINUE;
}

/* Takes the next out of @waiters to run, or to be dropped. */
static QWaiter *
take (QPoller *self,
      GQueue  *waiters)
{
  GList *link;

  g_mutex_lock (&self->lock);
  link = g_queue_pop_head_link (waiters);
  if (link != NULL)
    {
      QWaiter *waiter = link->data;

      take_back_watches (self, waiter);
      q_heap_remove (self->deadlines, waiter);
      waiter->state = Q_WAITER_RUNS;
    }
  g_mutex_unlock (&self->lock);

  return link != NULL ? link->data : NULL;
}

static void
drop_all (QPoller *self,
          GQueue  *waiters)
{
  QWaiter *waiter;

  while ((waiter = take (self, waiters)) != NULL)
    waiter->drop (waiter);
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
  for (guint i = 0; i < self->lanes->len; i++)
    drop_all (self, &((QLane *) g_ptr_array_index (self->lanes, i))->ready);

  g_ptr_array_unref (self->lanes);
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
  self->lanes = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
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

/* ---- lanes ---- */

static gboolean
lane_is_ready (GSource *source)
{
  QLane *lane = (QLane *) source;
  gboolean is_ready;

  g_mutex_lock (&lane->poller->lock);
  is_ready = lane->ready.length > 0;
  g_mutex_unlock (&lane->poller->lock);

  return is_ready;
}

static gboolean
lane_prepare (GSource *source,
              int     *timeout)
{
  *timeout = -1;

  return lane_is_ready (source);
}

/* Those who are ready by now, and each once: then others get their turn. An inner main
 * loop may take some of them. */
static gboolean
lane_dispatch (GSource     *source,
               GSourceFunc  callback,
               gpointer     user_data)
{
  QLane *lane = (QLane *) source;
  QPoller *poller = lane->poller;
  QWaiter *waiter;
  guint n;

  g_mutex_lock (&poller->lock);
  n = lane->ready.length;
  g_mutex_unlock (&poller->lock);

  for (; n > 0 && (waiter = take (poller, &lane->ready)) != NULL; n--)
    waiter->run (waiter);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs lane_funcs = {
  .prepare = lane_prepare,
  .check = lane_is_ready,
  .dispatch = lane_dispatch,
};

static QLane *
get_lane (QPoller *self,
          int      priority)
{
  GSource *source;

  for (guint i = 0; i < self->lanes->len; i++)
    {
      source = g_ptr_array_index (self->lanes, i);
      if (g_source_get_priority (source) == priority)
        return (QLane *) source;
    }

  source = g_source_new (&lane_funcs, sizeof (QLane));
  ((QLane *) source)->poller = self;
  g_queue_init (&((QLane *) source)->ready);
  g_source_set_static_name (source, "[qsocket] operations");
  g_source_set_priority (source, priority);
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, self->context);
  g_ptr_array_add (self->lanes, source);

  return (QLane *) source;
}

static void
leave_lane (QPoller *self,
            QLane   *lane)
{
  if (--lane->n_waiters > 0 || self->lanes->len <= MAX_LANES)
    return;

  g_source_destroy (&lane->source);
  g_ptr_array_remove (self->lanes, lane);
}

/* ---- what operations call ---- */

void
q_waiter_init (QWaiter *self,
               int      priority)
{
  QPoller *poller = get_poller ();

  g_mutex_lock (&poller->lock);
  self->poller = poller;
  self->lane = get_lane (poller, priority);
  self->lane->n_waiters++;
  self->link.data = self;
  self->state = Q_WAITER_RUNS;
  g_mutex_unlock (&poller->lock);
}

void
q_waiter_start (QWaiter *self)
{
  QPoller *poller = self->poller;

  /* From then on it may run, and go, in another thread. */
  g_mutex_lock (&poller->lock);
  self->state = Q_WAITER_READY;
  g_queue_push_tail_link (&self->lane->ready, &self->link);
  g_mutex_unlock (&poller->lock);

  if (!g_main_context_is_owner (poller->context))
    g_main_context_wakeup (poller->context);
}

void
q_waiter_wait (QWaiter     *self,
               const QWait *wait,
               gint64       until)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  q_watch_set_leave_parent (&poller->set);
  self->state = Q_WAITER_WAITS;
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
        .waiter = self,
      };
      q_watch_set_add (&poller->set, &self->watches[i]);
    }
  g_mutex_unlock (&poller->lock);
}

void
q_waiter_wake (QWaiter *self)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  if (self->state == Q_WAITER_WAITS)
    {
      make_ready (poller, self);

      /* The context may be going: its sources know, the context itself is no more to
       * be touched. */
      g_source_set_ready_time (&poller->source, 0);
    }
  g_mutex_unlock (&poller->lock);
}

void
q_waiter_finish (QWaiter *self)
{
  QPoller *poller = self->poller;

  g_mutex_lock (&poller->lock);
  leave_lane (poller, self->lane);
  g_mutex_unlock (&poller->lock);
}
