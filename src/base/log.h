/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: one event a line, `level area message key=value ...`, to standard error.
 *
 * The program that decides also logs, once; libraries do not. Any thread; one write(2) a line. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below `level` are not written. Default LOG_INFO. Call before threads start. */
void log_set_level(enum log_level level);

/* Reads "debug", "info", "warn" or "error". ERR_INVALID otherwise. */
int log_level_parse(const char *text, enum log_level *ret);

/* Writes one line. `area` is a folder or subject ("serve", "api"). Control bytes are escaped. */
void log_write(enum log_level level, const char *area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(area, ...) log_write(LOG_DEBUG, area, __VA_ARGS__)
#define log_info(area, ...) log_write(LOG_INFO, area, __VA_ARGS__)
#define log_warn(area, ...) log_write(LOG_WARN, area, __VA_ARGS__)
#define log_error(area, ...) log_write(LOG_ERROR, area, __VA_ARGS__)

#endif
