/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: any bytes as a template, through parsing, ordering and evaluation. */
#include <stddef.h>
#include <stdint.h>

#include "cmd/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct template_resource unknown(void *ctx, const char *logical)
{
    (void)ctx;
    (void)logical;
    return (struct template_resource){0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[TEMPLATE_WHY_MAX];
    struct template_context t = {
        .account = "111122223333", .region = "us-east-1", .stack = "s", .resource = unknown};
    json_t *root = template_parse((const char *)data, size, why, sizeof why);
    json_t *value;

    if (!root)
        return 0;
    t.root = root;
    t.zones = json_pack("[sss]", "a", "b", "c");
    t.parameters = template_parameters(root, NULL, 0, why, sizeof why);
    if (t.parameters) {
        json_decref(template_order(&t));
        t.why[0] = '\0';
        value = template_eval(&t, json_object_get(root, "Resources"));
        json_decref(value);
    }
    json_decref(t.parameters);
    json_decref((json_t *)t.zones);
    json_decref(root);
    return 0;
}
