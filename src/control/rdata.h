/* SPDX-License-Identifier: Apache-2.0 */
/* Record values: from the text of the Route 53 API to wire-form rdata (spec:
 * profiles-ram-zones-ec2.md 3.8).
 *
 * The syntax is that of master files with the service's own rules: octal escapes in names and
 * strings, strings of TXT and SPF only in quotation marks, names always absolute, numbers checked
 * for their range. */
#ifndef CONTROL_RDATA_H
#define CONTROL_RDATA_H

#include <stddef.h>
#include <stdint.h>

/* Most bytes of rdata that one value (at most 4,000 characters) makes. */
#define RDATA_VALUE_MAX 4096

/* Converts one value of one of the service's 17 types to uncompressed rdata. Returns its length, or
 * ERR_INVALID: then *ret_why (may be NULL) is a static text, "Problem (text)", made to stand in the
 * service's message "Invalid Resource Record: 'FATAL problem: <why> encountered with '<value>''".
 * ERR_UNSUPPORTED: not a type of the service. ERR_NOMEM. Any thread. */
int rdata_from_text(uint16_t type, const char *value, uint8_t *out, size_t size,
                    const char **ret_why);

#endif
