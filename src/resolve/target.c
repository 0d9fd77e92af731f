/* SPDX-License-Identifier: Apache-2.0 */
/* Targets and their history; see target.h. The estimators are those of TCP (RFC 6298). */
#include "resolve/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"

#define SETS 1024
#define WAYS 4
#define SCORE_BASE_US 2000 /* differences well below this are noise, not a reason to prefer */

struct targets {
    uint64_t secret[2];
    struct target entries[SETS][WAYS];
};

struct targets *targets_new(const uint64_t secret[2])
{
    struct targets *t = calloc(1, sizeof(*t));
    if (t)
        memcpy(t->secret, secret, sizeof(t->secret));
    return t;
}

void targets_free(struct targets *t)
{
    free(t);
}

bool target_is(const struct target *t, uint32_t endpoint, const struct sockname *peer)
{
    return t->endpoint == endpoint && t->peer.port == peer->port &&
           memcmp(&t->peer.addr, &peer->addr, sizeof(peer->addr)) == 0;
}

struct target *targets_get(struct targets *t, uint32_t endpoint, const struct sockname *peer,
                           uint64_t now)
{
    uint8_t key[sizeof(struct addr) + 6];
    memcpy(key, &peer->addr, sizeof(struct addr));
    memcpy(key + sizeof(struct addr), &peer->port, 2);
    memcpy(key + sizeof(struct addr) + 2, &endpoint, 4);
    struct target *set = t->entries[hash_sip(t->secret, key, sizeof(key)) % SETS];

    struct target *oldest = &set[0];
    for (int i = 0; i < WAYS; i++) {
        if (target_is(&set[i], endpoint, peer)) {
            set[i].used = now;
            return &set[i];
        }
        if (set[i].used < oldest->used)
            oldest = &set[i];
    }
    *oldest = (struct target){.endpoint = endpoint, .peer = *peer, .used = now};
    return oldest;
}

/* --- what happens ----------------------------------------------------------------------------- */

void target_asked(struct target *t, bool first, uint64_t now)
{
    t->asked = now;
    t->waiting++;
    if (!t->unheard)
        t->unheard = now;
    if (first && t->extra)
        t->extra--;
}

void target_answered(struct target *t, uint64_t rtt, bool probe)
{
    uint32_t us = rtt < 10 * NS_PER_S ? (uint32_t)(rtt / 1000) : 10000000;
    if (rtt && (!t->known || t->down)) {
        t->srtt_us = us;
        t->rttvar_us = us / 2;
    } else if (rtt) {
        uint32_t off = us > t->srtt_us ? us - t->srtt_us : t->srtt_us - us;
        t->rttvar_us = (3 * t->rttvar_us + off) / 4;
        t->srtt_us = probe ? (t->srtt_us + 3 * us) / 4 : (7 * t->srtt_us + us) / 8;
    }
    t->known |= rtt != 0;
    t->down = false;
    t->lost = 0;
    t->backoff = 0;
    t->foreign = 0;
    t->unheard = 0;
}

void target_judged(struct target *t, bool useful, bool probe)
{
    unsigned old = probe ? 1 : 7; /* of 2, of 8 */
    t->bad = (uint16_t)((old * t->bad + (useful ? 0 : 1024)) / (old + 1));
}

void target_lost(struct target *t, uint64_t now)
{
    if (t->lost < UINT8_MAX)
        t->lost++;
    if (t->lost < TARGET_LOST || (t->down && now < t->probe_at))
        return;
    uint64_t pause_ms = (uint64_t)TARGET_BACKOFF_MS << t->backoff;
    if (pause_ms < TARGET_BACKOFF_MAX_MS)
        t->backoff++;
    else
        pause_ms = TARGET_BACKOFF_MAX_MS;
    t->down = true;
    t->probe_at = now + pause_ms * NS_PER_MS;
}

bool target_repeat(struct target *t, uint64_t now)
{
    uint64_t back = (now - t->extra_at) * TARGET_EXTRA_PER_S / NS_PER_S;
    if (back || !t->extra_at) {
        t->extra = back < t->extra && t->extra_at ? t->extra - (uint32_t)back : 0;
        t->extra_at = now;
    }
    if (t->extra + TARGET_EXTRA > TARGET_EXTRA_MAX)
        return false;
    t->extra += TARGET_EXTRA;
    return true;
}

/* --- what follows from it --------------------------------------------------------------------- */

static uint64_t usual_us(const struct target *t)
{
    return t->known ? t->srtt_us + 4ull * t->rttvar_us : 0;
}

unsigned target_wait_ms(const struct target *t)
{
    uint64_t ms = t->known ? usual_us(t) / 1000 : LIMIT_TRY_MS;
    return ms < TARGET_WAIT_MIN_MS   ? TARGET_WAIT_MIN_MS
           : ms < TARGET_WAIT_MAX_MS ? (unsigned)ms
                                     : TARGET_WAIT_MAX_MS;
}

bool target_dead(const struct target *t, uint64_t now)
{
    return t->down && now < t->probe_at && t->unheard &&
           now >= t->unheard + TARGET_DEAD_MS * NS_PER_MS;
}

enum target_state target_state(const struct target *t)
{
    if (t->down)
        return t->foreign ? TARGET_WRONG : TARGET_SILENT;
    uint16_t limit = t->state == TARGET_USELESS ? TARGET_WORKING : TARGET_FAILING;
    return t->bad >= limit ? TARGET_USELESS : TARGET_UP;
}

#define REFRESH_CHANCE 16     /* of so many questions one probes, */
#define REFRESH_LATE_MS 10000 /* but none waits for longer than this */

/* Chance keeps rare questions from being sent twice each. */
bool target_probe_due(const struct target *t, struct rnd *rnd, uint64_t now)
{
    if (t->down)
        return now >= t->probe_at;
    uint64_t idle = now - t->asked;
    return (t->known || t->lost) && idle > TARGET_REFRESH_MS * NS_PER_MS &&
           (idle > REFRESH_LATE_MS * NS_PER_MS || rnd_below(rnd, REFRESH_CHANCE) == 0);
}

/* Useless answers and lost tries make a target look slower than it is. So does a try that is out
 * for longer than usual: that is seen before its wait is over, and long before it is counted. */
uint64_t target_score(const struct target *t, struct rnd *rnd, uint64_t now)
{
    uint64_t us = SCORE_BASE_US + (t->known ? t->srtt_us : 0);
    uint64_t out_us = t->unheard && now > t->unheard ? (now - t->unheard) / 1000 : 0;
    if (out_us > usual_us(t) + TARGET_SUSPECT_MS * 1000)
        us += out_us < 10000000 ? out_us : 10000000;
    us += us * t->bad / 128;
    us <<= t->lost < 3 ? t->lost : 3;
    return us * (512 + rnd_below(rnd, 512));
}
