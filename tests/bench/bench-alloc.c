/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Counts allocations of the whole process: the program's malloc comes before the C
 * library's, for every library in it. Also tells the size of the heap.
 */

#include "config.h"

#include "bench.h"

#include <malloc.h>
#include <stdlib.h>

#if defined (HAVE_LIBC_MALLOC) && !defined (__SANITIZE_ADDRESS__)

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n,
                            size_t size);
extern void *__libc_realloc (void   *block,
                             size_t  size);

static gint64 n_allocations;

void *
malloc (size_t size)
{
  __atomic_store_n (&n_allocations, n_allocations + 1, __ATOMIC_RELAXED);
  return __libc_malloc (size);
}

void *
calloc (size_t n,
        size_t size)
{
  __atomic_store_n (&n_allocations, n_allocations + 1, __ATOMIC_RELAXED);
  return __libc_calloc (n, size);
}

void *
realloc (void   *block,
         size_t  size)
{
  __atomic_store_n (&n_allocations, n_allocations + 1, __ATOMIC_RELAXED);
  return __libc_realloc (block, size);
}

gint64
bench_allocations (void)
{
  return __atomic_load_n (&n_allocations, __ATOMIC_RELAXED);
}

#else

gint64
bench_allocations (void)
{
  return -1;
}

#endif

/* Before there are threads: they share one heap from now on. */
void
bench_heap_share (void)
{
#ifdef HAVE_MALLINFO2
  mallopt (M_ARENA_MAX, 1);
#endif
}

/* What is in use of the shared heap. */
gint64
bench_heap_bytes (void)
{
#ifdef HAVE_MALLINFO2
  struct mallinfo2 heap = mallinfo2 ();

  return (gint64) (heap.uordblks + heap.hblkhd);
#else
  return -1;
#endif
}
