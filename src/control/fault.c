/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of fault.def as a table. */
#include "control/fault.h"

#include "base/check.h"

static const struct {
    const char *name;
    int status;
} faults[FAULTS_N] = {
    [FAULT_NONE] = {"", 200},
#define FAULT(id, code, status) [FAULT_##id] = {code, status},
#include "control/fault.def"
#undef FAULT
};

const char *fault_name(enum fault_code code)
{
    must((unsigned)code < FAULTS_N);
    return faults[code].name;
}

int fault_status(enum fault_code code)
{
    must((unsigned)code < FAULTS_N);
    return faults[code].status;
}
