/* SPDX-License-Identifier: Apache-2.0 */
/* Where events are: for audit*.c. */
#ifndef CONTROL_AUDIT_PRIV_H
#define CONTROL_AUDIT_PRIV_H

#define AUDIT_PREFIX "z/audit/"
#define AUDIT_DIGITS 16 /* hexadecimal digits of the revision and of the time */

#endif
