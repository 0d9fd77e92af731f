/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines. Built in a fixed buffer on the stack and written with one write(2), so lines of
 * threads do not mix and logging never allocates; what is longer than the buffer is cut. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

static _Atomic int level_min = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&level_min, level, memory_order_relaxed);
}

int log_level_parse(const char *text, enum log_level *ret)
{
    for (unsigned i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (!strcasecmp(text, level_names[i])) {
            *ret = (enum log_level)i;
            return 0;
        }
    }
    return ERR_INVALID;
}

/* Copies text with control bytes as \xNN, so foreign data cannot forge a line. Returns the length.
 */
static size_t escape(const char *text, char *out, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;

    for (const char *p = text; *p && n + 4 < size; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x20 && c != 0x7f) {
            out[n++] = *p;
        } else {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = hex[c >> 4];
            out[n++] = hex[c & 15];
        }
    }
    return n;
}

void log_write(enum log_level level, const char *area, const char *fmt, ...)
{
    char text[LINE_MAX_BYTES];
    char line[LINE_MAX_BYTES + 64];
    va_list ap;

    if ((int)level < atomic_load_explicit(&level_min, memory_order_relaxed))
        return;
    va_start(ap, fmt);
    int ok = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (ok < 0)
        return;

    size_t n = (size_t)snprintf(line, 64, "%s %.40s ", level_names[level], area);
    n += escape(text, line + n, sizeof(line) - n - 1);
    line[n++] = '\n';
    /* Nothing useful can be done when standard error is closed. */
    ssize_t written = write(STDERR_FILENO, line, n);
    (void)written;
}
