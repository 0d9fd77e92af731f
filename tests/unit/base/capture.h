/* SPDX-License-Identifier: Apache-2.0 */
/* What a test writes to standard error, which is a pipe meanwhile: at most what a pipe holds. */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <unistd.h>

static int saved, ends[2];

/* Begins to keep lines. */
static inline void capture_begin(void)
{
    assert_int_equal(pipe(ends), 0);
    saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
}

/* Ends it; the lines are in buf. */
static inline void capture_end(char *buf, size_t size)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(ends[0], buf, size - 1);
    buf[n > 0 ? n : 0] = '\0';
    close(ends[0]);
}

#endif
