/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <qsocket/qsocket.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

G_BEGIN_DECLS

/* A timeout that never passes here: what counts is the price of having one. */
#define BENCH_TIMEOUT_MS 30000
#define BENCH_TIMEOUT_S 30

#define BENCH_BACKLOG 128
#define BENCH_MAX_ROUNDS 99
#define BENCH_MANY_DESCRIPTORS 12100

typedef struct _BenchGoal BenchGoal;
typedef struct _BenchSubject BenchSubject;
typedef struct _BenchTlsLibrary BenchTlsLibrary;
typedef struct _BenchUv BenchUv;
typedef struct _BenchVariant BenchVariant;
typedef struct _BenchWorkload BenchWorkload;

/* One step of an operation, such as sending one piece. */
typedef void (*BenchStep) (BenchSubject *self);

/* @n operations, for what is too short to be called through a pointer each time. */
typedef void (*BenchBatch) (BenchSubject *self,
                            guint64       n);

/* The other end of the connection, in a process of its own, until the stream ends.
 * A traced subject is slow; to make it wait as it does otherwise, so must its peer be. */
typedef void (*BenchPeer) (int      fd,
                           gboolean is_slow);

/* What a subject has when its steps begin. */
typedef enum
{
  BENCH_API_RAW,
  BENCH_API_GSOCKET,
  BENCH_API_GSTREAM,
  BENCH_API_UV,
  BENCH_API_QSOCKET,
  /* QSocket with a descriptor that was opened elsewhere. */
  BENCH_API_ADOPTED,
  BENCH_API_PYTHON,
} BenchApi;

typedef enum
{
  BENCH_TCP,
  BENCH_UNIX,
} BenchTransport;

typedef struct
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in tcp;
    struct sockaddr_un local;
  };
  socklen_t length;
} BenchAddress;

/* Sentinel of the arrays: no name. */
struct _BenchVariant
{
  const char *name;
  BenchApi api;
  void (*prepare) (BenchSubject *self);
  BenchStep steps[2];
  BenchBatch batch;
  /* The mode of bench-python.py. */
  const char *python;
  const BenchTlsLibrary *tls;
};

/* What counts as reached. A goal in nanoseconds is shown beside the result like
 * any other, but a machine decides it as much as the library does. */
typedef enum
{
  BENCH_GOAL_RATIO,       /* at least so many times as cheap as @base */
  BENCH_GOAL_NS,          /* at most so many nanoseconds of CPU */
  BENCH_GOAL_MORE_NS,     /* at most so many nanoseconds more than @base */
  BENCH_GOAL_ALLOCATIONS, /* at most so many allocations */
  BENCH_GOAL_HEAP_KIB,    /* at most so much heap */
} BenchGoalKind;

struct _BenchGoal
{
  const char *variant;
  BenchGoalKind kind;
  double limit;
  const char *base;
};

struct _BenchWorkload
{
  const char *name;
  const char *title;
  /* What one operation is, for the heading. */
  const char *unit;
  BenchTransport transport;
  /* Both sides on one CPU, instead of one each. */
  gboolean one_cpu;
  /* Bytes in a piece. */
  gsize size;
  /* NULL: the subject is both sides, and has no connection to begin with. */
  BenchPeer peer;
  const BenchVariant *variants;
  const BenchGoal *goals;
  /* The variant that the ratios refer to. */
  const char *base;
  /* Operations to count system calls over; 0: none are counted. */
  guint traced;
  /* Runs once, before the processes of the samples are made from this one. */
  void (*set_up) (void);
  /* Not 0: what counts is the heap that so many operations leave in use. */
  guint n_kept;
  /* How many a process needs, if they are many. */
  guint n_descriptors;
};

/* The measured side. */
struct _BenchSubject
{
  const BenchWorkload *workload;
  const BenchVariant *variant;
  /* Where the peer listens. */
  const BenchAddress *address;
  /* The connection, for who has it as a descriptor. */
  int fd;
  guint8 *buffer;
  GBytes *bytes;

  GSocket *gsocket;
  GIOStream *stream;
  GInputStream *input;
  GOutputStream *output;
  GCancellable *cancellable;
  BenchUv *uv;
  QSocket *socket;

  /* Where the workload keeps what else it needs. */
  gpointer data;
  /* A path for a UNIX socket. */
  const char *path;
  /* Time to leave out: what only cleaned up after the operations. */
  gint64 excluded_ns;
};

/* One measurement of one variant; negative: not known. */
typedef struct
{
  double cpu_ns;
  double wall_ns;
  double allocations;
  double heap_kib;
} BenchSample;

typedef struct
{
  const BenchVariant *variant;
  BenchSample samples[BENCH_MAX_ROUNDS];
  double syscalls;
  /* Why there is no result, or NULL. */
  const char *missing;
} BenchResult;

typedef struct
{
  const BenchWorkload *workload;
  guint rounds;
  guint n_results;
  BenchResult *results;
} BenchReport;

/* Of all reports. */
typedef struct
{
  guint n_failed;
  guint n_goals;
  guint n_missed;
  GString *missed;
} BenchSummary;

typedef struct
{
  guint rounds;
  guint slice_ms;
  gboolean syscalls;
  /* What to measure, NULL for all. */
  const char *const *variants;
  /* A directory for UNIX sockets. */
  const char *directory;
} BenchSettings;

/* bench-bulk.c, bench-pingpong.c and so on; each ends with a workload without a name. */
extern const BenchWorkload bench_bulk_workloads[];
extern const BenchWorkload bench_pingpong_workloads[];
extern const BenchWorkload bench_int_workloads[];
extern const BenchWorkload bench_http_workloads[];
extern const BenchWorkload bench_connect_workloads[];
extern const BenchWorkload bench_event_workloads[];
extern const BenchWorkload bench_many_workloads[];
extern const BenchWorkload bench_tls_workloads[];

/* bench-run.c */
gint64  bench_clock_ns    (clockid_t            clock);
void    bench_allow_cpus  (void);
guint   bench_n_cpus      (void);
void    bench_run         (const BenchSettings *settings,
                           BenchReport         *report);

/* bench-trace.c */
gboolean bench_trace_stop_here (void);
void     bench_trace_mark      (void);
gint64   bench_trace_count     (GPid pid);

/* bench-alloc.c */
gint64  bench_allocations (void);
void    bench_heap_share  (void);
gint64  bench_heap_bytes  (void);

/* bench-many.c */
gboolean bench_many_is_possible (const BenchWorkload *workload);

/* bench-tls.c */
gboolean bench_tls_is_there (const BenchTlsLibrary *library);

/* bench-report.c */
void    bench_report_print     (const BenchReport *report,
                                BenchSummary      *summary);
void    bench_report_to_json   (const BenchReport *report,
                                GString           *json);

/* bench-subject.c */
int     bench_listen            (BenchTransport       transport,
                                 const char          *path,
                                 BenchAddress        *address);
int     bench_connect           (const BenchAddress  *address);
int     bench_accept            (int                  listener,
                                 const BenchAddress  *address);
char   *bench_address_to_target (const BenchAddress  *address);
void    bench_subject_open      (BenchSubject        *self,
                                 const BenchVariant  *variant);
void    bench_subject_close     (BenchSubject        *self);
void    bench_fail              (const char          *what,
                                 const GError        *error) G_GNUC_NORETURN;

/* Whole pieces of workload->size bytes. */
void    bench_raw_send         (BenchSubject *self);
void    bench_raw_receive      (BenchSubject *self);
void    bench_gsocket_send     (BenchSubject *self);
void    bench_gsocket_receive  (BenchSubject *self);
void    bench_gstream_send     (BenchSubject *self);
void    bench_gstream_receive  (BenchSubject *self);
void    bench_qsocket_send     (BenchSubject *self);
void    bench_qsocket_receive  (BenchSubject *self);

/* Peers: send pieces without end; take what comes. */
void    bench_peer_source      (int           fd,
                                gboolean      is_slow);
void    bench_peer_sink        (int           fd,
                                gboolean      is_slow);

/* bench-uv.c; without libuv the variants are there and say that they are not measured. */
#ifdef HAVE_LIBUV
BenchUv *bench_uv_open     (BenchSubject *self);
void     bench_uv_close    (BenchUv      *uv);
void     bench_uv_receive  (BenchSubject *self,
                            guint64       n);
void     bench_uv_send     (BenchSubject *self,
                            guint64       n);
void     bench_uv_pingpong (BenchSubject *self,
                            guint64       n);
#else
#define bench_uv_open(self) NULL
#define bench_uv_close(uv)
#define bench_uv_receive NULL
#define bench_uv_send NULL
#define bench_uv_pingpong NULL
#endif

G_END_DECLS
