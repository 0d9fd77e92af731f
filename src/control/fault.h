/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: the errors of the services, by their own codes. control/fault.def has the rows:
 * FAULT(Code, http status). How a fault looks on the wire is decided in api/codec, once. */
#ifndef CONTROL_FAULT_H
#define CONTROL_FAULT_H

enum fault_code {
    FAULT_NONE,
#define FAULT(id, code, status) FAULT_##id,
#include "control/fault.def"
#undef FAULT
    FAULTS_N
};

/* The code as clients know it ("InvalidVpcID.NotFound"). Static. */
const char *fault_name(enum fault_code code);

/* Its HTTP status. */
int fault_status(enum fault_code code);

#endif
