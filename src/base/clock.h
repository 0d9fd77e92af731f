/* SPDX-License-Identifier: Apache-2.0 */
/* Time, as plain integers. Libraries take `now` as a parameter; only drivers read a clock. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

/* Monotonic time in nanoseconds. Any thread. */
uint64_t clock_mono_ns(void);

/* Wall-clock time in nanoseconds since 1970-01-01 UTC. Any thread. */
uint64_t clock_real_ns(void);

#define CLOCK_TEXT_MAX 40

/* Formats wall-clock `ns` as RFC 3339 UTC with `digits` (0, 3 or 6) fraction digits,
 * "2026-01-02T03:04:05.678Z"; returns buf (CLOCK_TEXT_MAX bytes suffice). */
const char *clock_format(uint64_t ns, int digits, char *buf, size_t size);

/* Reads RFC 3339 UTC back: "2026-01-02T03:04:05Z", with up to nine fraction digits, or the date
 * alone. ERR_INVALID, also before 1970 and after 2500. */
int clock_parse(const char *text, uint64_t *ret_ns);

#endif
