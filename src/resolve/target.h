/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker knows of the servers that it asks: smoothed round trip time, failures, state.
 *
 * A target is named by the endpoint that asks and the address asked, because two tenants may have
 * different servers under one address. The table has a fixed size; what was not used for longest
 * makes room. What is lost or useless is counted here, over all questions, so that the first few
 * that meet a fault move the traffic away for all. A target that misses TARGET_LOST tries in a row
 * is down: traffic leaves it alone, and copies of real questions probe it beside the traffic. The
 * same probes keep the figures of a slow or useless target fresh. One thread. Private to
 * src/resolve. */
#ifndef RESOLVE_TARGET_H
#define RESOLVE_TARGET_H

#include "base/addr.h"
#include "base/rand.h"
#include "resolve/query.h"

#define TARGET_LOST 4              /* silent tries in a row that make a target down */
#define TARGET_WAIT_MIN_MS 40      /* shortest wait before another target is asked as well */
#define TARGET_FIRST_MS 80         /* the same for a target that we know nothing of */
#define TARGET_RESEND_MIN_MS 200   /* shortest wait before the same target is asked again */
#define TARGET_WAIT_MAX_MS 1600    /* longest */
#define TARGET_BACKOFF_MS 200      /* first pause before a down target is probed; doubles */
#define TARGET_BACKOFF_MAX_MS 2000 /* longest pause: it is to be back in use within 5 s */
#define TARGET_REFRESH_MS 1000     /* a target that nobody chose for so long is probed */
#define TARGET_DEAD_MS 1500        /* down and silent for so long: nobody waits for it any more */
#define TARGET_SUSPECT_MS 5        /* later than usual by so much: others are preferred already */
#define TARGET_FAILING 768         /* share of useless answers, of 1024, that is a fault */
#define TARGET_WORKING 256         /* and the share at which the fault is over */
#define TARGET_EXTRA_MAX 4096      /* budget of repeats: TARGET_EXTRA each, */
#define TARGET_EXTRA 8             /* and each first try gives one back */
#define TARGET_EXTRA_PER_S 400     /* so does time */

struct target {
    uint32_t endpoint; /* slot */
    struct sockname peer;
    bool known; /* an answer was seen: the times below mean something */
    bool down;
    bool plain;              /* it does not understand EDNS */
    uint8_t lost;            /* silent tries since the last sign of life */
    uint8_t backoff;         /* doublings of the pause */
    enum target_state state; /* as the world was told */
    uint32_t waiting;        /* tries under way */
    uint32_t foreign;        /* answers to other questions since the last sign of life */
    uint16_t bad;            /* share of useless answers (SERVFAIL, REFUSED), of 1024, smoothed */
    uint32_t srtt_us;        /* smoothed round trip time */
    uint32_t rttvar_us;      /* its mean deviation */
    uint32_t extra;          /* budget of repeats that is used up */
    uint64_t extra_at;       /* ns, when time gave back last */
    uint64_t unheard;        /* ns, first try since the last sign of life; 0: none */
    uint64_t asked;          /* ns, last try or probe */
    uint64_t probe_at;       /* ns, when a down target may be asked again */
    uint64_t used;           /* ns, for replacement */
};

struct targets;

/* An empty table with hash key `secret`. NULL on lack of memory. */
struct targets *targets_new(const uint64_t secret[2]);

/* Accepts NULL. */
void targets_free(struct targets *t);

/* The entry of a target, made if it is new. The memory stays; it may be another target's after the
 * next call, see target_is. */
struct target *targets_get(struct targets *t, uint32_t endpoint, const struct sockname *peer,
                           uint64_t now);

/* True if the entry is (still) about this target. */
bool target_is(const struct target *t, uint32_t endpoint, const struct sockname *peer);

/* A try begins; `first`: of its question, not a repeat. */
void target_asked(struct target *t, bool first, uint64_t now);

/* A sign of life after `rtt` nanoseconds (0: it says nothing of the time). A `probe` counts for
 * more: it comes alone, after a while. */
void target_answered(struct target *t, uint64_t rtt, bool probe);

/* What came was useful, or SERVFAIL, REFUSED and the like. */
void target_judged(struct target *t, bool useful, bool probe);

/* A try stayed silent, or could not be sent. */
void target_lost(struct target *t, uint64_t now);

/* Takes a repeat from the target's budget; false: it is used up. Questions that are asked again
 * may so never be more than a fraction of those asked for the first time, whatever broke. */
bool target_repeat(struct target *t, uint64_t now);

/* Milliseconds after which an answer is late for its own history. */
unsigned target_wait_ms(const struct target *t);

/* True if it has been down for so long that waiting for it is in vain; not while it is time to look
 * again, since what is known of it is old then. */
bool target_dead(const struct target *t, uint64_t now);

/* How it looks from outside, by all that was counted. */
enum target_state target_state(const struct target *t);

/* True if a probe beside the traffic is due; those of targets that are up are spread by chance. */
bool target_probe_due(const struct target *t, struct rnd *rnd, uint64_t now);

/* What a choice goes by; smaller is better. Near equals share by chance. */
uint64_t target_score(const struct target *t, struct rnd *rnd, uint64_t now);

#endif
