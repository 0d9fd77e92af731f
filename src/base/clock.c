/* SPDX-License-Identifier: Apache-2.0 */
/* The two system clocks; both are read without a system call on Linux (vDSO). */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

static uint64_t read_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_real_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

const char *clock_format(uint64_t ns, int digits, char *buf, size_t size)
{
    time_t s = (time_t)(ns / NS_PER_S);
    unsigned us = (unsigned)(ns % NS_PER_S / 1000);
    struct tm tm;
    char date[32];

    gmtime_r(&s, &tm);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    if (digits >= 6)
        snprintf(buf, size, "%s.%06uZ", date, us);
    else if (digits >= 3)
        snprintf(buf, size, "%s.%03uZ", date, us / 1000);
    else
        snprintf(buf, size, "%sZ", date);
    return buf;
}

/* Fraction digits behind a '.', as nanoseconds. Returns what follows them. */
static const char *fraction_parse(const char *text, uint64_t *ns)
{
    uint64_t unit = NS_PER_S;

    for (; *text >= '0' && *text <= '9' && unit > 1; text++) {
        unit /= 10;
        *ns += (uint64_t)(*text - '0') * unit;
    }
    return text;
}

int clock_parse(const char *text, uint64_t *ret_ns)
{
    struct tm tm = {0}, normal;
    uint64_t ns = 0;
    const char *at = strptime(text, "%Y-%m-%d", &tm);

    if (at && *at == 'T') {
        at = strptime(at, "T%H:%M:%S", &tm);
        if (at && *at == '.')
            at = fraction_parse(at + 1, &ns);
        if (!at || strcmp(at, "Z") != 0)
            return ERR_INVALID;
    } else if (!at || *at) {
        return ERR_INVALID;
    }
    normal = tm;
    time_t s = timegm(&normal);
    /* 30 February would become a day of March. */
    if (normal.tm_mday != tm.tm_mday || normal.tm_hour != tm.tm_hour || s < 0 ||
        tm.tm_year > 2500 - 1900)
        return ERR_INVALID;
    *ret_ns = (uint64_t)s * NS_PER_S + ns;
    return 0;
}
