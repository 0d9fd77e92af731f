/* SPDX-License-Identifier: Apache-2.0 */
/* The two system clocks; both are read without a system call on Linux (vDSO). */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

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
