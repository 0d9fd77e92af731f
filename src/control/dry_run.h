/* SPDX-License-Identifier: Apache-2.0 */
/* Dry runs: what calls would change in DNS, before anything is written.
 *
 * A dry run owns a copy of the store in memory. Calls in it go through the same operations and
 * commit to the copy, so later calls see earlier ones, and nothing else does. Comparing compiles
 * the store as it is, lays the dry run's writes over it, and compares the two snapshots
 * (model/diff.h): all in the calling thread, with a publisher that no worker reads.
 *
 * A dry run is found by its id, which is random and as good as a key: whoever has it may call in
 * it, as himself. So one dry run can hold the calls of several accounts. */
#ifndef CONTROL_DRY_RUN_H
#define CONTROL_DRY_RUN_H

#include "control/ctl.h"
#include "rows/b53.h"

struct dry_runs; /* those of a server */
struct dry_run;

/* An empty table for dry runs of `store`, which must outlive it. NULL on lack of memory. */
struct dry_runs *dry_runs_new(struct store *store);

/* Frees the table with its dry runs; none is entered. Accepts NULL. */
void dry_runs_free(struct dry_runs *t);

#define DRY_RUN_ID 33 /* bytes of an id, NUL included */

/* Copies the store and puts the id into `id`. ERR_BUSY: there are LIMIT_DRY_RUNS in use; ERR_NOMEM,
 * ERR_IO. Any thread. */
int dry_run_new(struct dry_runs *t, char id[DRY_RUN_ID]);

/* Enters a dry run; others who want the same one wait until dry_run_leave. ERR_NOT_FOUND: there is
 * none of that id, or it was idle for LIMIT_DRY_RUN_S. Any thread. */
int dry_run_enter(struct dry_runs *t, const char *id, struct dry_run **ret);
void dry_run_leave(struct dry_run *d);

/* The store of an entered dry run: for struct ctl. */
struct store *dry_run_store(const struct dry_run *d);

/* Fills *out with what the calls so far change, as c->account may see it: all VPCs are counted, the
 * caller's own are told in detail. Memory from c->arena. ERR_NOMEM, ERR_IO. */
int dry_run_compare(struct dry_run *d, struct ctl *c, struct b53_describe_dry_run_response *out);

/* Ends a dry run. ERR_NOT_FOUND. Any thread that is not in it. */
int dry_run_delete(struct dry_runs *t, const char *id);

#endif
