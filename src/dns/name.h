/* SPDX-License-Identifier: Apache-2.0 */
/* Domain names in wire form (RFC 1035 3.1).
 *
 * A *name* here is a pointer to an uncompressed, valid wire-form name: labels with length bytes,
 * ended by the root label, at most NAME_MAX bytes. Functions that take foreign bytes take a bound
 * and check; all others rely on validity. "Canonical" means ASCII letters in lower case (RFC
 * 4034 6.2). Pure: no malloc, no globals. Any thread. */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_MAX_WIRE 255   /* bytes in wire form (RFC 1035 2.3.4) */
#define NAME_MAX_LABEL 63   /* bytes of a label */
#define NAME_MAX_LABELS 128 /* labels, the root included */
#define NAME_MAX_TEXT 1024  /* bytes in presentation form, all escaped, NUL included */

/* Length of a valid name in bytes, root label included (1 for the root). */
size_t name_len(const uint8_t *name);

/* Number of labels without the root (0 for the root). */
unsigned name_labels(const uint8_t *name);

/* Checks that an uncompressed name starts at `wire` and ends before `end`; returns its length or
 * ERR_INVALID (compressed, too long, cut off). */
int name_check(const uint8_t *wire, const uint8_t *end);

/* Decompresses the name at offset `at` of a message of `len` bytes into out (NAME_MAX_WIRE).
 * Pointers must go strictly backwards, so it ends. Returns the bytes consumed at `at`, or
 * ERR_INVALID. *ret_len (may be NULL) gets the uncompressed length. */
int name_decompress(const uint8_t *msg, size_t len, size_t at, uint8_t *out, size_t *ret_len);

/* Copies a name; returns its length. `out` needs NAME_MAX_WIRE bytes or the name's own length. */
size_t name_copy(uint8_t *out, const uint8_t *name);

/* Copies a name in canonical form; returns its length. out may equal name. */
size_t name_canon(uint8_t *out, const uint8_t *name);

/* True if equal, ignoring ASCII case. */
bool name_equal(const uint8_t *a, const uint8_t *b);

/* True if `name` is `zone` or below it, ignoring case. Everything is within the root. */
bool name_within(const uint8_t *name, const uint8_t *zone);

/* The name without its first `n` labels: a pointer into `name`. n must not exceed name_labels. */
const uint8_t *name_parent(const uint8_t *name, unsigned n);

/* Canonical order (RFC 4034 6.1): <0, 0, >0. */
int name_compare(const uint8_t *a, const uint8_t *b);

/* Parses presentation form ("www.example.com", trailing dot optional, \ddd decimal escapes, \X)
 * into out (NAME_MAX_WIRE). Case is kept. Returns the length, or ERR_INVALID. */
int name_parse(const char *text, uint8_t *out);

/* Writes presentation form with a trailing dot into buf (NAME_MAX_TEXT); returns buf. */
const char *name_format(const uint8_t *name, char *buf, size_t size);

/* Writes `prefix` labels (a name, its root cut off) before `suffix` into out.
 * Returns the length or ERR_RANGE if over 255 bytes. Used for DNAME and wildcards. */
int name_concat(const uint8_t *prefix, unsigned prefix_labels, const uint8_t *suffix, uint8_t *out);

/* True if the leftmost label is exactly "*". */
static inline bool name_is_wildcard(const uint8_t *name)
{
    return name[0] == 1 && name[1] == '*';
}

#endif
