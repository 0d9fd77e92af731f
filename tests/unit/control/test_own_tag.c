/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge53: tags: refused where they are written, read where they count. */
#include "control/own_tag.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ec2_fixture.h"

OP(ec2_create_vpc)
OP(ec2_create_subnet)
OP(ec2_create_tags)

static int tag(struct fixture *f, const char *id, const char *key, const char *value)
{
    struct ec2_tag t = {key, value};
    struct ec2_create_tags_request in = {
        .resources = &id, .resources_n = 1, .tags = &t, .tags_n = 1};
    struct ec2_done out;
    return RUN(f, ec2_create_tags, &in, &out);
}

static void test_values(void **state)
{
    static const struct {
        const char *key, *value, *why; /* why NULL: accepted */
    } cases[] = {
        {TAG_DNS64_PREFIX, "64:ff9b::/96", NULL},
        {TAG_DNS64_PREFIX, "2001:db8::/32", NULL},
        {TAG_DNS64_PREFIX, "2001:db8:100::/40", NULL},
        {TAG_DNS64_PREFIX, "2001:db8:122::/48", NULL},
        {TAG_DNS64_PREFIX, "2001:db8:122:300::/56", NULL},
        {TAG_DNS64_PREFIX, " 2001:db8:122:344::/64 ", NULL},
        {TAG_DNS64_PREFIX, "2001:db8:122:344:ff::/96", NULL}, /* bits 64 to 71 are zero */
        {TAG_DNS64_PREFIX, "2001:db8:122:344:100::/96", "Bits 64 to 71"},
        {TAG_DNS64_PREFIX, "2001:db8::/33", "32, 40, 48, 56, 64 or 96"},
        {TAG_DNS64_PREFIX, "2001:db8::/72", "32, 40, 48, 56, 64 or 96"},
        {TAG_DNS64_PREFIX, "2001:d00::/24", "32, 40, 48, 56, 64 or 96"},
        {TAG_DNS64_PREFIX, "64:ff9b::1/96", "bits behind its length"},
        {TAG_DNS64_PREFIX, "64:ff9b::", "must be an IPv6 prefix"},
        {TAG_DNS64_PREFIX, "10.0.0.0/32", "must be an IPv6 prefix"},
        {TAG_DNS64_PREFIX, "64:ff9b::/96 2001:db8::/32", "a single prefix"},
        {TAG_DNS64_PREFIX, "", "must have a prefix"},
        {TAG_DNS64_PREFIX, "64:ff9b::/129", "must be an IPv6 prefix"},
        {TAG_DNS64_EXCLUDE, "::ffff:0:0/96 2001:db8::/127", NULL},
        {TAG_DNS64_EXCLUDE, "::/0", NULL},
        {TAG_DNS64_EXCLUDE, "::ffff:0:0/96,2001:db8::/32", "must be an IPv6 prefix"},
        {TAG_DNS64_EXCLUDE, "10.0.0.0/8", "must be an IPv6 prefix"},
        {TAG_DNS64_EXCLUDE, "  ", "must have a prefix"},
        {TAG_DNS64_EXCLUDE,
         "1::/16 2::/16 3::/16 4::/16 5::/16 6::/16 7::/16 8::/16 9::/16 a::/16 b::/16 c::/16 "
         "d::/16 e::/16 f::/16 10::/16 11::/16",
         "too many prefixes"},
        {TAG_NAT64, "64:ff9b::/96 2001:db8:122::/48", NULL},
        {TAG_NAT64, "64:ff9b::/97", "32, 40, 48, 56, 64 or 96"},
        {TAG_NETNS, "..", "must be a name"},
        {TAG_DEVICE, "veth-0", NULL},
        {TAG_PRIVATE_NAME, "api.example.com", NULL},
        {TAG_PRIVATE_NAME, "a..b", "DomainLabelEmpty"},
        {TAG_PRIVATE_NAME, ".", "must be a domain name"},
        {"bridge53:stack", "any text", NULL}, /* not one that we read */
        {"dns64-prefix", "any text", NULL},
    };
    struct fixture f;
    (void)state;
    ec2_begin(&f);
    const char *vpc = ec2_vpc_make(&f, "10.0.0.0/16");
    const char *subnet = ec2_subnet_make(&f, vpc, "10.0.0.0/24");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *ids[] = {vpc, subnet};
        for (int k = 0; k < 2; k++) {
            int err = tag(&f, ids[k], cases[i].key, cases[i].value);
            if (cases[i].why)
                fixture_fault(&f, err, FAULT_InvalidParameterValue, cases[i].why);
            else if (err)
                fail_msg("%s=%s: %s", cases[i].key, cases[i].value, f.c.fault.message);
        }
    }
    fixture_end(&f);
}

/* TagSpecifications of a creation are read by the same rules. */
static void test_at_creation(void **state)
{
    struct fixture f;
    struct ec2_tag t = {TAG_DNS64_PREFIX, "2001:db8::/65"};
    struct ec2_tag_specification spec = {"vpc", &t, 1};
    struct ec2_create_vpc_request vpc = {
        .cidr_block = "10.0.0.0/16", .tag_specifications = &spec, .tag_specifications_n = 1};
    struct ec2_create_vpc_response vpc_out;
    (void)state;
    ec2_begin(&f);
    fixture_fault(&f, RUN(&f, ec2_create_vpc, &vpc, &vpc_out), FAULT_InvalidParameterValue,
                  "Value (2001:db8::/65) for the tag bridge53:dns64-prefix is invalid. The length");
    t.value = "2001:db8::/64";
    assert_int_equal(RUN(&f, ec2_create_vpc, &vpc, &vpc_out), 0);
    struct ec2_create_subnet_request subnet = {.vpc_id = vpc_out.vpc->vpc_id,
                                               .cidr_block = "10.0.0.0/24",
                                               .tag_specifications = &spec,
                                               .tag_specifications_n = 1};
    struct ec2_create_subnet_response subnet_out;
    spec.resource_type = "subnet";
    t = (struct ec2_tag){TAG_DNS64_EXCLUDE, "nonsense"};
    fixture_fault(&f, RUN(&f, ec2_create_subnet, &subnet, &subnet_out), FAULT_InvalidParameterValue,
                  "bridge53:dns64-exclude");
    t.value = "2001:db8::/64";
    assert_int_equal(RUN(&f, ec2_create_subnet, &subnet, &subnet_out), 0);
    fixture_end(&f);
}

static void read_dns64(struct arena *arena, const char *prefix, const char *exclude,
                       struct dns64_desc *ret)
{
    struct obj_tag tags[3] = {{"Name", "x"}};
    size_t n = 1;
    if (prefix)
        tags[n++] = (struct obj_tag){TAG_DNS64_PREFIX, prefix};
    if (exclude)
        tags[n++] = (struct obj_tag){TAG_DNS64_EXCLUDE, exclude};
    assert_int_equal(own_tag_dns64(arena, tags, n, ret), 0);
}

static void test_read(void **state)
{
    struct arena arena;
    struct dns64_desc d;
    char buf[ADDR_TEXT_MAX];
    struct obj_tag bad = {TAG_DNS64_PREFIX, "64:ff9b::/95"};
    (void)state;
    arena_new(&arena, 1u << 20);
    read_dns64(&arena, NULL, NULL, &d);
    assert_int_equal(d.prefix.addr.family, 0);
    assert_null(d.exclude);
    read_dns64(&arena, "2001:db8:122::/48", NULL, &d);
    assert_string_equal(prefix_format(&d.prefix, buf, sizeof buf), "2001:db8:122::/48");
    assert_null(d.exclude);
    read_dns64(&arena, "2001:db8::/32", "::ffff:0:0/96  2001:db8:1::/48", &d);
    assert_string_equal(prefix_format(&d.prefix, buf, sizeof buf), "2001:db8::/32");
    assert_int_equal(d.exclude_n, 2);
    assert_int_equal(d.exclude[0].bits, 96);
    assert_string_equal(prefix_format(&d.exclude[1], buf, sizeof buf), "2001:db8:1::/48");
    assert_int_equal(own_tag_dns64(&arena, &bad, 1, &d), ERR_INVALID);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_at_creation),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
