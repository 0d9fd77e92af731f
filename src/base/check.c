/* SPDX-License-Identifier: Apache-2.0 */
/* Failed assertions. The table of places is fixed and lock-free: a bug may be met by any worker at
 * any rate, and reporting it must not become the bigger problem. */
#include "base/check.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/metrics.h"

#define PLACES 256 /* more failing places than this are counted, but not logged */

static _Atomic uint64_t places[PLACES];
static struct metrics bugs;
static atomic_bool bugs_registered;

_Noreturn void check_abort(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s:%d: must(%s) failed\n", file, line, text);
    abort();
}

/* True the first time that this place is seen. __FILE__ literals live for ever, so the pointer
 * serves as identity; two copies of one literal only log twice. */
static bool place_is_new(const char *file, int line)
{
    uint64_t id = hash_mix((uint64_t)(uintptr_t)file ^ (uint64_t)line << 48) | 1;

    for (unsigned i = 0; i < PLACES; i++) {
        _Atomic uint64_t *slot = &places[(id + i) % PLACES];
        uint64_t seen = 0;
        if (atomic_compare_exchange_strong(slot, &seen, id))
            return true;
        if (seen == id)
            return false;
    }
    return false;
}

bool check_report(const char *file, int line, const char *text)
{
    if (!atomic_exchange(&bugs_registered, true))
        metrics_register(&bugs);
    /* Many writers share this block, so it needs the atomic add that metric_add avoids. */
    atomic_fetch_add_explicit(&bugs.c[METRIC_BUGS], 1, memory_order_relaxed);
    if (place_is_new(file, line))
        log_error("bug", "internal check failed at=%s:%d check=\"%s\"", file, line, text);
    return false;
}
