/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: any bytes as a policy template. What is complained of must allow nothing. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/access.h"
#include "control/policy_eval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const values[] = {"aws.example100.internal", "250", "arn:aws:s:r:1:t/i"};
    static const struct access_key keys[] = {
        {"route53profiles:HostedZoneDomains", values, 3},
        {"route53profiles:FirewallRuleGroupPriority", values + 1, 1},
        {"route53profiles:ResourceArns", values + 2, 1},
    };
    const struct policy_request request = {"route53profiles:AssociateResourceToProfile", keys, 3};
    char *text = malloc(size + 1);
    bool allowed;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    allowed = policy_allows(text, &request);
    if (allowed && policy_complain(text))
        abort();
    free(text);
    return 0;
}
