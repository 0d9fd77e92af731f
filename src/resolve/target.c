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

static bool target_is(const struct target *t, uint32_t endpoint, const struct sockname *peer)
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

void target_answered(struct target *t, uint64_t rtt, bool useful)
{
    uint32_t us = rtt < 10 * NS_PER_S ? (uint32_t)(rtt / 1000) : 10000000;
    if (!t->known || t->down) {
        t->srtt_us = us;
        t->rttvar_us = us / 2;
    } else {
        uint32_t off = us > t->srtt_us ? us - t->srtt_us : t->srtt_us - us;
        t->rttvar_us = (3 * t->rttvar_us + off) / 4;
        t->srtt_us = (7 * t->srtt_us + us) / 8;
    }
    t->known = true;
    t->down = false;
    t->lost = 0;
    t->backoff = 0;
    t->bad = (uint16_t)((7u * t->bad + (useful ? 0 : 1024)) / 8);
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

unsigned target_wait_ms(const struct target *t)
{
    unsigned ms = t->known ? (t->srtt_us + 4 * t->rttvar_us) / 1000 : LIMIT_TRY_MS;
    if (ms < TARGET_WAIT_MIN_MS)
        ms = TARGET_WAIT_MIN_MS;
    ms <<= t->lost < 3 ? t->lost : 3;
    return ms < TARGET_WAIT_MAX_MS ? ms : TARGET_WAIT_MAX_MS;
}

bool target_probe_due(const struct target *t, uint64_t now)
{
    if (t->down)
        return now >= t->probe_at;
    return (t->known || t->lost) && now > t->asked + TARGET_REFRESH_MS * NS_PER_MS;
}

uint64_t target_score(const struct target *t, struct rnd *rnd)
{
    uint64_t us = SCORE_BASE_US + (t->known ? t->srtt_us : 0);
    us += us * t->bad / 128;
    us <<= t->lost < 3 ? t->lost : 3;
    return us * (512 + rnd_below(rnd, 512));
}
