/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker knows of the servers that it asks: smoothed round trip time, failures, state.
 *
 * A target is named by the endpoint that asks and the address asked, because two tenants may have
 * different servers under one address. The table has a fixed size; what was not used for longest
 * makes room. A target that misses TARGET_LOST tries in a row is down: traffic leaves it alone, and
 * copies of real questions probe it beside the traffic, more and more rarely. The same probes keep
 * the figures of a slow target fresh. One thread. Private to src/resolve. */
#ifndef RESOLVE_TARGET_H
#define RESOLVE_TARGET_H

#include "base/addr.h"
#include "base/rand.h"

#define TARGET_LOST 4               /* silent tries in a row that make a target down */
#define TARGET_WAIT_MIN_MS 40       /* shortest wait before another target is asked as well */
#define TARGET_RESEND_MIN_MS 200    /* shortest wait before the same target is asked again */
#define TARGET_WAIT_MAX_MS 1600     /* longest */
#define TARGET_BACKOFF_MS 200       /* first pause before a down target is probed; doubles */
#define TARGET_BACKOFF_MAX_MS 10000 /* longest pause */
#define TARGET_REFRESH_MS 2000      /* a target that nobody chose for so long is probed */

struct target {
    uint32_t endpoint; /* slot */
    struct sockname peer;
    bool known; /* an answer was seen: the times below mean something */
    bool down;
    bool plain;         /* it does not understand EDNS */
    uint8_t lost;       /* silent tries since the last sign of life */
    uint8_t backoff;    /* doublings of the pause */
    uint16_t waiting;   /* tries under way */
    uint16_t bad;       /* share of useless answers (SERVFAIL, REFUSED), of 1024, smoothed */
    uint32_t srtt_us;   /* smoothed round trip time */
    uint32_t rttvar_us; /* its mean deviation */
    uint64_t asked;     /* ns, last try or probe */
    uint64_t probe_at;  /* ns, when a down target may be asked again */
    uint64_t used;      /* ns, for replacement */
};

struct targets;

/* An empty table with hash key `secret`. NULL on lack of memory. */
struct targets *targets_new(const uint64_t secret[2]);

/* Accepts NULL. */
void targets_free(struct targets *t);

/* The entry of a target, made if it is new. Valid until the next call. */
struct target *targets_get(struct targets *t, uint32_t endpoint, const struct sockname *peer,
                           uint64_t now);

/* An answer came after `rtt` nanoseconds; `useful` unless it was SERVFAIL, REFUSED or the like. */
void target_answered(struct target *t, uint64_t rtt, bool useful);

/* A try stayed silent, or could not be sent. */
void target_lost(struct target *t, uint64_t now);

/* Milliseconds to wait for it before another one is asked as well. */
unsigned target_wait_ms(const struct target *t);

/* True if a probe beside the traffic is due. */
bool target_probe_due(const struct target *t, uint64_t now);

/* What a choice goes by; smaller is better. Near equals share by chance. */
uint64_t target_score(const struct target *t, struct rnd *rnd);

#endif
