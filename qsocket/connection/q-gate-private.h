/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* A gate answers which calls may use a thing that any thread may take away at any moment.
 *
 * It has two halves. A QGuarded is part of the thing itself, which owns a descriptor. It
 * counts the calls that use the descriptor and releases the descriptor when the thing is
 * closed and the last of those calls has left. A QGate belongs to the owner of the thing. It
 * knows which thing is the present one, allows one reader, one writer and one opener at a
 * time (these are the claims), and frees a thing that was taken away only when no claim is
 * held that could still use its memory.
 *
 * How the two sides of a race see each other
 *
 * A call first takes its claim and then loads the present thing. A thread that takes the
 * thing away first stores NULL as the present thing and then loads the claims. All four are
 * sequentially consistent, so at least one side sees what the other has stored: either the
 * call finds no thing, or the claim is seen and freeing is put off. The end of a claim is a
 * release; the collector's load of the free claim acquires it, so all that the call did with
 * the memory comes before it is freed.
 *
 * The same holds for a descriptor: a call adds itself to the count and sees the closed mark
 * in the value that the addition returns; the closer sets the mark and sees the count in the
 * value that this returns. Both change one word, so one of them is first. The one that
 * brings the word to "closed and unused" exchanges it for "released", which succeeds once.
 *
 * A brief claim ends with a store that wakes nobody, which is what makes it cheap. Nobody
 * has to be woken: q_gate_wait_for_writer () waits for lasting claims alone. A lasting claim
 * ends with a sequentially consistent store and a load of the number of waiters; a waiter adds
 * itself to that number before it looks at the claim. */

/* ---- the thing ---- */

typedef struct _QGuarded QGuarded;

typedef struct
{
  /* Gives the descriptor back to the system; called once. */
  void (*release) (QGuarded *self);

  void (*ref)     (QGuarded *self);
  void (*unref)   (QGuarded *self);
} QGuardedClass;

struct _QGuarded
{
  const QGuardedClass *klass;
  atomic_int state;       /* the number of calls, and the marks below */
  QGuarded *next;         /* in the list of those whose freeing is put off */
};

#define Q_GUARDED_CLOSED 0x40000000
#define Q_GUARDED_RELEASED 0x20000000

void     q_guarded_init  (QGuarded            *self,
                          const QGuardedClass *klass);

/* Before a call uses the descriptor. Returns FALSE if it is closed. */
gboolean q_guarded_enter (QGuarded *self);

void     q_guarded_leave (QGuarded *self);

static inline gboolean
q_guarded_is_closed (QGuarded *self)
{
  return (atomic_load (&self->state) & Q_GUARDED_CLOSED) != 0;
}

/* Marks it as closed and enters it, so that the descriptor stays what it is until the
 * caller leaves. Returns FALSE, without entering, if it was closed before; else
 * @is_used says whether other calls use it. */
gboolean q_guarded_close (QGuarded *self,
                          gboolean *is_used);

/* Marks it as closed and released, without a call of release (): the descriptor is the
 * caller's. Fails unless the caller, who has entered, is the only one. */
gboolean q_guarded_steal (QGuarded *self);

/* Releases it whatever the count says: in a child process, the calls that were counted are
 * threads of the parent. The caller has closed it. */
void     q_guarded_release_copy (QGuarded *self);

/* ---- the gate ---- */

typedef enum
{
  Q_CLAIM_READER,
  Q_CLAIM_WRITER,
  Q_CLAIM_OPENER,         /* makes the next thing */
  Q_N_CLAIMS,
} QClaim;

/* What stops a call that waits for something else than the thing's descriptor. It lies in
 * the memory of that call, and is in the gate's list while the call waits. */
typedef struct _QStopHook QStopHook;

struct _QStopHook
{
  void (*stop) (gpointer data);
  gpointer data;
  QStopHook *next;
};

typedef struct
{
  atomic_int claims[Q_N_CLAIMS];
  _Atomic (QGuarded *) present;
  _Atomic (QGuarded *) put_off;         /* what is to be freed later */
  _Atomic (GThread *) writer;           /* that has the lasting claim */

  GMutex lock;            /* for changes of the above, and for what follows */
  GCond writer_left;
  atomic_int n_waiting;   /* for writer_left */
  QStopHook *hooks;
  gboolean is_stopped;    /* since the last opener began */
} QGate;

enum
{
  Q_CLAIM_FREE,
  Q_CLAIM_BRIEF,          /* neither waits nor calls anything */
  Q_CLAIM_LASTING,
};

void q_gate_init  (QGate *self);

/* No claim may be held. */
void q_gate_clear (QGate *self);

/* ---- claims ---- */

static inline gboolean
q_gate_take_claim (QGate  *self,
                   QClaim  claim,
                   int     kind)
{
  int expected = Q_CLAIM_FREE;

  return atomic_compare_exchange_strong (&self->claims[claim], &expected, kind);
}

/* Ends a lasting claim. */
void q_gate_drop_claim (QGate  *self,
                        QClaim  claim);

/* Takes the claim of a reader or a writer and enters the present thing. Returns NULL if
 * the claim is held by another call, and then sets @is_busy, or if there is nothing open. */
QGuarded *q_gate_enter (QGate    *self,
                        QClaim    claim,
                        gboolean *is_busy);

void      q_gate_leave (QGate    *self,
                        QClaim    claim,
                        QGuarded *guarded);

/* For what needs the memory of the thing alone, for a moment: no system call, no callback,
 * no waiting. Returns NULL if the claim is held or there is nothing open. */
static inline QGuarded *
q_gate_enter_briefly (QGate  *self,
                      QClaim  claim)
{
  QGuarded *present;

  if (!q_gate_take_claim (self, claim, Q_CLAIM_BRIEF))
    return NULL;

  present = atomic_load (&self->present);
  if (G_UNLIKELY (present == NULL))
    atomic_store_explicit (&self->claims[claim], Q_CLAIM_FREE, memory_order_release);

  return present;
}

static inline void
q_gate_leave_briefly (QGate  *self,
                      QClaim  claim)
{
  atomic_store_explicit (&self->claims[claim], Q_CLAIM_FREE, memory_order_release);
}

/* Makes a brief claim a lasting one, which q_gate_drop_claim () ends. */
static inline void
q_gate_make_lasting (QGate  *self,
                     QClaim  claim)
{
  atomic_store (&self->claims[claim], Q_CLAIM_LASTING);
}

/* Waits until no writer has a lasting claim, or until a point on the monotonic clock
 * (microseconds, or Q_DEADLINE_NEVER). Returns FALSE if there still is one, at once if it
 * is the calling thread itself. */
gboolean  q_gate_wait_for_writer (QGate  *self,
                                  gint64  until);

/* ---- the present thing ---- */

/* A new reference, for questions that need no claim. NULL if there is nothing open. */
QGuarded *q_gate_ref_present (QGate *self);

/* For a caller with a claim, which keeps its memory. NULL if there is nothing open. */
static inline QGuarded *
q_gate_get_present (QGate *self)
{
  return atomic_load (&self->present);
}

static inline gboolean
q_gate_is_open (QGate *self)
{
  return atomic_load (&self->present) != NULL;
}

/* Makes @guarded the present thing; takes over the reference. Returns FALSE, and the
 * reference stays the caller's, if the opener was stopped. */
gboolean  q_gate_open (QGate    *self,
                       QGuarded *guarded);

/* Takes the present thing away and stops all calls that have a hook. With @only it does so
 * only if that is the present one. Returns it, or NULL. */
QGuarded *q_gate_take (QGate    *self,
                       QGuarded *only);

/* Drops the reference to what was taken away, at once or when no claim is held. */
void      q_gate_put_off_free (QGate    *self,
                               QGuarded *guarded);

/* Frees what was put off, if no claim is held. */
void      q_gate_collect (QGate *self);

/* ---- stopping ---- */

/* An opener begins: what stopped an earlier one does not count any more. */
void q_gate_begin_opening (QGate *self);

/* Makes the call of an opener fail soon, from any thread. */
void q_gate_stop (QGate *self);

/* Adds a hook for the caller's call. If the opener is stopped already the hook is called at
 * once. It is called with the gate's lock held, at most once, in any thread. */
void q_gate_add_hook (QGate      *self,
                      QStopHook  *hook,
                      void      (*stop) (gpointer data),
                      gpointer    data);

/* From then on the hook is not called. Does nothing if it was not added. */
void q_gate_remove_hook (QGate     *self,
                         QStopHook *hook);

G_END_DECLS
