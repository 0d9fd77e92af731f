/* SPDX-License-Identifier: Apache-2.0 */
/* Domain names as Route 53 writes them (spec: profiles-ram-zones-ec2.md 3.7).
 *
 * Its text differs from the master-file form in dns/name.h: escapes are three octal digits, the
 * normal form is lower case, and every octet outside a-z 0-9 - _ is escaped in it
 * ("\052.example.com."). Control code keeps zone and record names in this normal form; the wire
 * form is what the data plane needs. */
#ifndef CONTROL_ZONE_NAME_H
#define CONTROL_ZONE_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

#define ZONE_NAME_TEXT NAME_MAX_TEXT /* bytes of the longest normal form, NUL included */

/* Parses a name as clients write it (any case, trailing dot optional, \ooo escapes; "." is the
 * root) into out (NAME_MAX_WIRE bytes), in lower case. Returns the length, or ERR_INVALID; then
 * *ret_why (may be NULL) is a static "Problem (text)" as the service words it, for example
 * "DomainLabelEmpty (Domain label is empty)". Any thread. */
int zone_name_parse(const char *text, uint8_t *out, const char **ret_why);

/* As zone_name_parse, but keeps the case: for names inside record values. */
int zone_name_parse_case(const char *text, uint8_t *out, const char **ret_why);

/* Writes the normal form of a valid wire name into buf (ZONE_NAME_TEXT bytes suffice); returns buf.
 */
const char *zone_name_format(const uint8_t *name, char *buf, size_t size);

/* The normal form of a client's text, straight: parse and format. 0 or ERR_INVALID, as
 * zone_name_parse. */
int zone_name_normal(const char *text, char *buf, size_t size, const char **ret_why);

#endif
