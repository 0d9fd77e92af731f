/* SPDX-License-Identifier: Apache-2.0 */
/* bridge53 check: prints what can't work in a design, for people or as JSON. */
#include <stdio.h>
#include <string.h>

#include "cmd/client.h"
#include "cmd/cmd.h"

const struct option_row options_check[] = {
    {"vpc", "ID", NULL, "only what concerns this VPC", false},
    {"json", NULL, NULL, "print JSON", false},
    OPTIONS_CLIENT,
    {0},
};

/* Exit statuses: they tell findings from a check that could not be made. */
enum { CHECK_CLEAN = 0, CHECK_FINDINGS = 1, CHECK_FAILED = 2 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static void print_finding(const json_t *f)
{
    const char *command = text_of(json_object_get(f, "Query"), "Command");
    json_t *object;
    size_t i;

    printf("%-8s %s\n", text_of(f, "Severity"), text_of(f, "Code"));
    json_array_foreach(json_object_get(f, "Objects"), i, object)
    {
        const char *name = text_of(object, "Name");

        printf("    %-18s %s%s%s%s\n", text_of(object, "Kind"), text_of(object, "Id"),
               *name ? " (" : "", name, *name ? ")" : "");
    }
    printf("    %s\n    %s\n", text_of(f, "Why"), text_of(f, "Advice"));
    if (*command)
        printf("    $ %s\n", command);
    putchar('\n');
}

static long long count_of(const json_t *out, const char *name)
{
    return (long long)json_integer_value(json_object_get(out, name));
}

/* "2 findings (1 ERROR, 1 NOTE) in 3 VPCs, ..." */
static void print_sum(const json_t *out)
{
    static const char *const severities[] = {"ERROR", "WARNING", "NOTE"};
    const json_t *findings = json_object_get(out, "Findings");
    const char *sep = " (";
    json_t *f;
    size_t i;

    printf("%zu finding%s", json_array_size(findings), json_array_size(findings) == 1 ? "" : "s");
    for (size_t s = 0; s < sizeof severities / sizeof *severities; s++) {
        size_t n = 0;

        json_array_foreach(findings, i, f) n += strcmp(text_of(f, "Severity"), severities[s]) == 0;
        if (n == 0)
            continue;
        printf("%s%zu %s", sep, n, severities[s]);
        sep = ", ";
    }
    printf("%s in %lld VPCs, %lld endpoints, %lld rules, %lld zones\n", *sep == ',' ? ")" : "",
           count_of(out, "VpcCount"), count_of(out, "EndpointCount"), count_of(out, "RuleCount"),
           count_of(out, "ZoneCount"));
}

static void print_all(const json_t *out)
{
    json_t *f;
    size_t i;

    json_array_foreach(json_object_get(out, "Findings"), i, f) print_finding(f);
    print_sum(out);
}

int cmd_check(const struct args *a)
{
    const char *vpc = args_get(a, "vpc");
    struct client_error error = {0};
    struct client client;
    json_t *in, *out = NULL;
    bool found;

    if (client_from_args(a, &client))
        return CHECK_FAILED;
    in = vpc ? json_pack("{ss}", "VpcId", vpc) : json_object();
    if (client_call(&client, "bridge53", "Check", in, &out, &error)) {
        fprintf(stderr, "bridge53 check: %s: %s\n", error.code, error.message);
        json_decref(in);
        return CHECK_FAILED;
    }
    if (args_has(a, "json")) {
        json_dumpf(out, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_all(out);
    }
    found = json_array_size(json_object_get(out, "Findings")) > 0;
    json_decref(in);
    json_decref(out);
    return found ? CHECK_FINDINGS : CHECK_CLEAN;
}
