/* SPDX-License-Identifier: Apache-2.0 */
/* Two grades of assertion, both compiled in always.
 *
 * must(c):   the program cannot go on if `c` is false: prints file, line and text, then aborts.
 * should(c): a bug, but this query or call can be failed alone: logs the first time per place,
 * counts every time, and yields the truth of `c`, so: if (!should(x)) return ERR_INVALID; Plain
 * assert() is not used in this tree (tools/check-style proves it). */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stdbool.h>

#define must(c) ((c) ? (void)0 : check_abort(__FILE__, __LINE__, #c))
#define should(c) ((c) ? true : check_report(__FILE__, __LINE__, #c))

/* Prints the failed condition to standard error and aborts. Any thread. */
_Noreturn void check_abort(const char *file, int line, const char *text);

/* Reports a failed should(): logs it once per file and line, counts it. Returns false. Any thread.
 */
bool check_report(const char *file, int line, const char *text);

#endif
