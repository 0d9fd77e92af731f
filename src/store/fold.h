/* SPDX-License-Identifier: Apache-2.0 */
/* Folds SQLite's log into its file beside the commits. Left to itself SQLite does it within one
 * commit of each fifty or so, which then waits for two syncs and a thousand scattered pages. */
#ifndef STORE_FOLD_H
#define STORE_FOLD_H

struct fold;

/* Starts a thread with a connection of its own to the file `path`; NULL when it can't. Owned by the
 * caller. */
struct fold *fold_new(const char *path);

/* Tells the thread that there is something to fold. Any thread; never waits for the disk. */
void fold_due(struct fold *f);

/* Ends the thread, after what it is folding. NULL does nothing. */
void fold_close(struct fold *f);

#endif
