/* SPDX-License-Identifier: Apache-2.0 */
/* Finding who uses up the processor; see shed.h. */
#include "resolve/shed.h"

#include <string.h>

#include "base/clock.h"

#define EPOCH_NS (10 * NS_PER_MS)
#define FULL 20     /* an epoch with less than one part in so many to sleep has no time to spare */
#define SAMPLE 4    /* one query of so many is counted */
#define SEEN_MIN 16 /* counted ones that make a sender noisy at least: 6,400 queries a second */
#define TIMES 4     /* more than the average of the others, to be noisy */
#define KEEP_ALL 1024
#define KEEP_MIN 4     /* of KEEP_ALL; the noisiest tenant gets something, too */
#define CALM_EPOCHS 50 /* until nobody is looked at any more */

struct census {
    uint64_t total;
    unsigned senders;
};

static struct census take_census(const struct shed *s)
{
    struct census c = {0, 0};
    for (unsigned i = 0; i < SHED_CELLS; i++) {
        c.total += s->cells[i].n;
        c.senders += s->cells[i].n != 0;
    }
    return c;
}

/* The largest sender that is noisy beside the rest of the census, or -1. */
static int noisiest(const struct shed *s, const struct census *c)
{
    unsigned at = 0;
    for (unsigned i = 1; i < SHED_CELLS; i++)
        if (s->cells[i].n > s->cells[at].n)
            at = i;
    uint64_t n = s->cells[at].n;
    bool noisy = n >= SEEN_MIN && c->senders > 1 && n * (c->senders - 1) > TIMES * (c->total - n);
    return noisy ? (int)at : -1;
}

/* Finds who was noisy in the epoch, the noisiest first. The counters are used up by this. */
static void find_noisy(struct shed *s)
{
    struct census c = take_census(s);
    s->noisy_n = 0;
    for (int at; s->noisy_n < SHED_NOISY && (at = noisiest(s, &c)) >= 0;) {
        s->noisy[s->noisy_n++] = s->cells[at].slot;
        c.total -= s->cells[at].n;
        c.senders--;
        s->cells[at].n = 0;
    }
    memset(s->cells, 0, sizeof(s->cells));
}

static void epoch_ends(struct shed *s, uint64_t length)
{
    bool full = s->idle < length / FULL;
    if (!s->on) {
        s->on = full; /* whoever it is will be seen in the next one */
        s->calm = 0;
        s->noisy_n = 0;
        s->keep = KEEP_ALL;
        return;
    }
    find_noisy(s);
    s->calm = full ? 0 : s->calm + 1;
    if (full && s->noisy_n)
        s->keep = s->keep / 2 > KEEP_MIN ? s->keep / 2 : KEEP_MIN;
    else if (s->keep < KEEP_ALL)
        s->keep += s->keep / 8 + 1;
    if (s->calm >= CALM_EPOCHS && s->keep >= KEEP_ALL)
        s->on = false;
}

void shed_idled(struct shed *s, uint64_t ns, uint64_t now)
{
    s->idle += ns;
    uint64_t length = now - s->begun;
    if (length < EPOCH_NS)
        return;
    if (s->begun && length < 100 * EPOCH_NS) /* else it slept for long, or began just now */
        epoch_ends(s, length);
    else
        s->on = false;
    s->idle = 0;
    s->begun = now;
}

static void see(struct shed *s, uint32_t slot)
{
    unsigned at = slot * 0x9e3779b1u >> 23;
    _Static_assert(SHED_CELLS == 1u << (32 - 23), "the hash has the size of the table");
    if (s->cells[at].slot == slot || !s->cells[at].n)
        s->cells[at].slot = slot, s->cells[at].n++;
    else
        s->cells[at].n--; /* the larger one of two stays (Boyer and Moore) */
}

bool shed_query(struct shed *s, uint32_t slot)
{
    s->dice = s->dice * 1664525 + 1013904223; /* Numerical Recipes; nobody gains by guessing it */
    if (s->dice >> 16 < 65536 / SAMPLE)
        see(s, slot);
    for (unsigned i = 0; i < s->noisy_n; i++) {
        if (s->noisy[i] != slot)
            continue;
        s->credit += s->keep;
        if (s->credit < KEEP_ALL)
            return true;
        s->credit -= KEEP_ALL;
    }
    return false;
}
