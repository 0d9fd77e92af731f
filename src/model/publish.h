/* SPDX-License-Identifier: Apache-2.0 */
/* Publication: the one place where a snapshot becomes current and an old one is freed.
 *
 * A reader thread takes the pointer once per batch (reader_snapshot), says so when it holds no
 * reference (reader_quiescent, between batches), and goes offline while it sleeps
 * (reader_sleep/reader_wake). A query that is parked keeps the snapshot that it began with:
 * reader_pin/reader_unpin count it. Memory that only snapshots up to sequence n can reach is freed
 * when every reader has passed a quiescent state after the swap and pins none of <= n. liburcu
 * (QSBR) gives the grace period; readers write only to their own cache line. */
#ifndef MODEL_PUBLISH_H
#define MODEL_PUBLISH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct snapshot;
struct publisher;

/* Snapshots that one reader counts apart; pins of still more are counted with an older one, which
 * then lives longer than it must. */
#define READER_PINS 64

/* A reader thread's registration; embedded in the reader, private to publish.c but for wake_fd. */
struct reader {
    _Alignas(64) _Atomic uint64_t oldest; /* oldest pinned sequence, UINT64_MAX: none */
    struct publisher *publisher;
    struct reader *next;
    int wake_fd;     /* eventfd, readable when a snapshot with changed listeners was published */
    uint64_t merged; /* newest sequence that is counted with an older one */
    unsigned pins_n;
    struct {
        uint64_t seq;
        uint64_t count;
    } pins[READER_PINS]; /* oldest first */
};

/* NULL on lack of memory. Starts the thread that frees old memory. */
struct publisher *publisher_new(void);

/* Stops it; all readers must be removed. Accepts NULL. */
void publisher_free(struct publisher *p);

/* Registers the calling thread; it starts online. 0, ERR_NOMEM, ERR_IO. */
int reader_add(struct publisher *p, struct reader *r);

/* Removes the calling thread's registration; it must pin nothing. */
void reader_remove(struct reader *r);

/* The current snapshot, valid until the next reader_quiescent or reader_sleep of this thread; NULL
 * before the first one. */
const struct snapshot *reader_snapshot(struct reader *r);

/* This thread holds no snapshot but pinned ones. Cheap; call once per batch. */
void reader_quiescent(struct reader *r);

/* Around a blocking wait. */
void reader_sleep(struct reader *r);
void reader_wake(struct reader *r);

/* Keeps `s` for a parked query; every pin needs an unpin. false: it can't be kept: fail the query.
 */
bool reader_pin(struct reader *r, const struct snapshot *s);
void reader_unpin(struct reader *r, const struct snapshot *s);

/* Makes `s` current; `garbage` blocks are freed when no reader can see them (publish takes the
 * list). NULL takes the last snapshot away. Does not wait for readers. Only the compiler calls
 * this.
 */
struct garbage;
void publish_swap(struct publisher *p, struct snapshot *s, struct garbage *garbage);

/* The revision of the current snapshot; 0 before the first. Any thread. */
uint64_t publish_revision(struct publisher *p);

/* Waits until publish_revision() >= revision. 0 or ERR_TIMEOUT. Any thread that is no reader. */
int publish_wait(struct publisher *p, uint64_t revision, int timeout_ms);

/* The status board of this process (model/status.h); lives as long as the publisher. */
struct status_board;
struct status_board *publisher_board(struct publisher *p);

#endif
