/* SPDX-License-Identifier: Apache-2.0 */
/* Finding for whom the others wait; see shed.h. */
#include "resolve/shed.h"

#include <string.h>

#include "base/clock.h"

#define EPOCH_NS (10 * NS_PER_MS)
#define STANDING_NS NS_PER_MS /* that batches must come full without a break */
#define NOISY_MIN 128         /* of a counter at least: 6,400 queries a second */
#define TIMES 4               /* more than the average of the others, to be noisy */
#define GONE_EPOCHS 50        /* after which a sender is none any more */
#define CALM_EPOCHS 50        /* until nobody is looked at any more */

struct census {
    uint64_t total;
    unsigned senders;
};

/* Ends the epoch of all senders and counts them. */
static struct census take_census(struct shed *s)
{
    struct census c = {0, 0};
    for (unsigned i = 0; i < SHED_CELLS; i++) {
        struct shed_cell *at = &s->cells[i];
        at->age = at->seen ? 0 : at->age + (at->age < GONE_EPOCHS);
        at->seen = at->noisy = false;
        c.total += at->n;
        c.senders += at->age < GONE_EPOCHS;
    }
    return c;
}

/* The largest sender that is noisy beside the rest of the census; NULL: there is none. */
static struct shed_cell *noisiest(struct shed *s, const struct census *c)
{
    struct shed_cell *most = NULL;
    for (unsigned i = 0; i < SHED_CELLS; i++)
        if (!s->cells[i].noisy && (!most || s->cells[i].n > most->n))
            most = &s->cells[i];
    uint64_t n = most->n;
    bool noisy = n >= NOISY_MIN && c->senders > 1 && n * (c->senders - 1) > TIMES * (c->total - n);
    return noisy ? most : NULL;
}

/* Finds who was noisy in the last epochs, the noisiest first. */
static void find_noisy(struct shed *s)
{
    struct census c = take_census(s);
    struct shed_cell *at;
    for (unsigned i = 0; i < SHED_NOISY && (at = noisiest(s, &c)); i++) {
        at->noisy = true;
        c.total -= at->n;
        c.senders--;
    }
    for (unsigned i = 0; i < SHED_CELLS; i++)
        s->cells[i].n /= 2;
}

static void epoch_ends(struct shed *s)
{
    find_noisy(s);
    s->calm = s->crowded ? 0 : s->calm + 1;
    s->crowded = false;
    if (s->calm >= CALM_EPOCHS)
        s->on = false;
}

/* Begins to look: whoever it is will be seen in this epoch. */
static void begin(struct shed *s, uint64_t now)
{
    memset(s->cells, 0, sizeof(s->cells));
    for (unsigned i = 0; i < SHED_CELLS; i++)
        s->cells[i].age = GONE_EPOCHS;
    s->on = true;
    s->crowded = true;
    s->calm = 0;
    s->begun = now;
}

void shed_batch(struct shed *s, bool full, uint64_t since, uint64_t now)
{
    s->full = full;
    if (!s->on) {
        if (since >= STANDING_NS)
            begin(s, now);
        return;
    }
    s->crowded |= full;
    uint64_t length = now - s->begun;
    if (length < EPOCH_NS)
        return;
    if (length < CALM_EPOCHS * EPOCH_NS)
        epoch_ends(s);
    else
        s->on = false; /* nobody came for long */
    s->begun = now;
}

bool shed_query(struct shed *s, uint32_t slot)
{
    struct shed_cell *at = &s->cells[slot * 0x9e3779b1u >> 23];
    _Static_assert(SHED_CELLS == 1u << (32 - 23), "the hash has the size of the table");
    if (at->slot != slot) {
        if (at->n) {
            at->n--; /* the larger one of two stays (Boyer and Moore) */
            return false;
        }
        *at = (struct shed_cell){.slot = slot};
    }
    at->n++;
    at->seen = true;
    return at->noisy;
}
