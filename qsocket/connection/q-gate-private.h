/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* Calls use an object with a descriptor, and another thread may close that object at any
 * moment. A gate decides which calls may use the object, when its descriptor is released, and
 * when its memory is freed.
 *
 * It has two halves. A QGuarded is embedded in the object (a channel). It counts the calls that
 * use the descriptor, and releases the descriptor when the object is closed and the last of
 * those calls has left. A QGate belongs to the owner of such objects (a socket), which
 * has no more than one of them open at a time: the present object. The gate gives the claims,
 * to one reader, one writer and one opener at a time. An object that was taken away may still
 * be in the hands of a reader or a writer, so its memory is freed when neither has a claim.
 *
 * How a call and a close see each other
 *
 * A call first takes its claim and then loads the present object. A close first stores NULL as
 * the present object and then loads the claims. All four are sequentially consistent, so at
 * least one of the two sees what the other has stored: either the call finds no object, or the
 * close finds the claim and leaves the object to be freed later. The end of a claim is a
 * release, and q_gate_collect () acquires it when it finds the claim free, so all that the call
 * did with the memory comes before that is freed.
 *
 * The same holds for the descriptor: a call adds itself to the count and sees the mark "closed"
 * in the value that the addition returns; a close sets the mark and sees the count in the value
 * that this returns. Both change one word, so one of them is first. Whichever change leaves the
 * word at "closed, no calls" is followed by an exchange of that for "closed, released". The
 * exchange succeeds only once, and is followed by the release of the descriptor.
 *
 * A claim is brief or lasting. A brief one ends with a mere store, which makes it cheap. It
 * neither wakes a thread, which is not needed since q_gate_wait_for_writer () waits for lasting
 * claims alone, nor frees an object: one that stayed because of it is freed at the end of the
 * next lasting claim, at the next close or by q_gate_clear (). A lasting claim ends with a
 * sequentially consistent store and then a load of the number of waiting threads; a waiting
 * thread adds itself to that number before it looks at the claim. So either it sees that the
 * claim is free, or it is seen and woken. */

/* ---- the object ---- */

typedef struct _QGuarded QGuarded;

typedef struct
{
  /* Gives the descriptor back to the system. Called once at most, in any thread. */
  void (*release) (QGuarded *self);

  /* For the reference count of the object. */
  void (*ref)     (QGuarded *self);
  void (*unref)   (QGuarded *self);
} QGuardedClass;

struct _QGuarded
{
  const QGuardedClass *klass;
  atomic_int state;       /* the number of calls that use the descriptor, and the marks below */
  QGuarded *next;         /* in the gate's list @put_off */
};

#define Q_GUARDED_CLOSED 0x40000000
#define Q_GUARDED_RELEASED 0x20000000

void     q_guarded_init  (QGuarded            *self,
                          const QGuardedClass *klass);

/* Adds a call to those that use the descriptor. Returns FALSE, without adding it, if the
 * object is closed. From any thread. */
gboolean q_guarded_enter (QGuarded *self);

/* The opposite of q_guarded_enter (); after a close the last one releases the descriptor. */
void     q_guarded_leave (QGuarded *self);

static inline gboolean
q_guarded_is_closed (QGuarded *self)
{
  return (atomic_load (&self->state) & Q_GUARDED_CLOSED) != 0;
}

/* Closes the object, so that no more calls enter, and enters for the caller: the descriptor is
 * there until the caller leaves. Returns FALSE, without entering, if the object was closed
 * before; else @is_used says whether other calls use the descriptor. From any thread. */
gboolean q_guarded_close (QGuarded *self,
                          gboolean *is_used);

/* For a caller that has entered: marks the object as closed and released, but does not call
 * release (), since the descriptor is the caller's from then on. The caller does not leave
 * then. Returns FALSE, and changes nothing, if other calls use the descriptor or it is closed. */
gboolean q_guarded_steal (QGuarded *self);

/* For a child process, after q_guarded_close (), in place of leaving: releases the descriptor
 * whatever the count says. The calls that were counted run in threads of the parent, and the
 * descriptor is a copy of which they know nothing. */
void     q_guarded_release_copy (QGuarded *self);

/* ---- the gate ---- */

typedef enum
{
  Q_CLAIM_READER,
  Q_CLAIM_WRITER,
  Q_CLAIM_OPENER,         /* of a call that makes the next object and opens it */
  Q_N_CLAIMS,
} QClaim;

/* What a claim is at a given moment. */
enum
{
  Q_CLAIM_FREE,
  Q_CLAIM_BRIEF,          /* taken by a call that neither waits nor calls anything */
  Q_CLAIM_LASTING,        /* taken by any other call */
};

/* A close ends the calls that wait for the descriptor. A call that waits for something else,
 * such as a name lookup, adds a hook, so that a close ends it as well. The hook is part of that
 * call's memory. */
typedef struct _QStopHook QStopHook;

struct _QStopHook
{
  void (*stop) (gpointer data);
  gpointer data;
  QStopHook *next;        /* in the gate's list @hooks */
};

typedef struct
{
  atomic_int claims[Q_N_CLAIMS];
  _Atomic (QGuarded *) present;
  _Atomic (QGuarded *) put_off;         /* the objects to be freed later */
  _Atomic (GThread *) writer;           /* the thread that took the lasting claim, or NULL */

  GMutex lock;            /* for changes of @present and @put_off, and for what follows */
  GCond writer_left;
  atomic_int n_waiting;   /* threads that wait for @writer_left */
  QStopHook *hooks;
  gboolean is_stopped;    /* q_gate_stop () was called since the last opener began */
} QGate;

void q_gate_init  (QGate *self);

/* To be called when no claim is held. */
void q_gate_clear (QGate *self);

/* ---- claims ---- */

/* Returns FALSE if another call has the claim. @kind is Q_CLAIM_BRIEF or Q_CLAIM_LASTING. From
 * any thread. */
static inline gboolean
q_gate_take_claim (QGate  *self,
                   QClaim  claim,
                   int     kind)
{
  int expected = Q_CLAIM_FREE;

  return atomic_compare_exchange_strong (&self->claims[claim], &expected, kind);
}

/* Ends a lasting claim, in any thread. */
void q_gate_drop_claim (QGate  *self,
                        QClaim  claim);

/* Takes a lasting claim, of a reader or a writer, and enters the present object. Returns NULL,
 * without the claim, if another call has it, and then sets @is_busy, or if no object is open. */
QGuarded *q_gate_enter (QGate    *self,
                        QClaim    claim,
                        gboolean *is_busy);

/* Leaves what q_gate_enter () returned and ends the claim, in any thread. */
void      q_gate_leave (QGate    *self,
                        QClaim    claim,
                        QGuarded *guarded);

/* Takes a brief claim, for a call that uses the memory of the present object and not its
 * descriptor: no system call, no callback, no waiting. Returns NULL, without the claim, if
 * another call has it or no object is open. */
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
 * (microseconds, or Q_DEADLINE_NEVER). Returns FALSE if a writer still has it, and does so at
 * once if the calling thread is the one that took it. */
gboolean  q_gate_wait_for_writer (QGate  *self,
                                  gint64  until);

/* ---- the present object ---- */

/* A new reference to the present object, for a caller without a claim. NULL if none is open. */
QGuarded *q_gate_ref_present (QGate *self);

/* The present object, for a caller with a claim of a reader or a writer: its memory stays as
 * long as the claim. Without a claim the pointer can be compared, and no more. NULL if none is
 * open. */
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

/* Makes @guarded the present object and takes over the reference to it. The caller has the
 * claim of an opener, and no other object is open. Returns FALSE, and the reference stays the
 * caller's, if the opener was stopped. */
gboolean  q_gate_open (QGate    *self,
                       QGuarded *guarded);

/* Takes the present object away and calls all hooks; if @only is not NULL, only if that is the
 * present object. Returns the object with the gate's reference to it, which
 * q_gate_put_off_free () takes over; or NULL if there was nothing to take. From any thread. */
QGuarded *q_gate_take (QGate    *self,
                       QGuarded *only);

/* Drops the reference to an object that q_gate_take () returned: at once, or when neither a
 * reader nor a writer has a claim. */
void      q_gate_put_off_free (QGate    *self,
                               QGuarded *guarded);

/* Frees what q_gate_put_off_free () left, if neither a reader nor a writer has a claim. */
void      q_gate_collect (QGate *self);

/* ---- stopping ---- */

/* To be called when an opener begins: an earlier q_gate_stop () was for earlier openers. */
void q_gate_begin_opening (QGate *self);

/* Calls all hooks, and makes the call that opens fail soon. From any thread. */
void q_gate_stop (QGate *self);

/* Adds a hook for the caller's call; if the opener was stopped already, calls it instead. It is
 * called with the gate's lock held, at most once, in any thread. */
void q_gate_add_hook (QGate      *self,
                      QStopHook  *hook,
                      void      (*stop) (gpointer data),
                      gpointer    data);

/* When this returns the hook is not running and will not be called. Does nothing if the hook was
 * not added. */
void q_gate_remove_hook (QGate     *self,
                         QStopHook *hook);

G_END_DECLS
