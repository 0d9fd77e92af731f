/* SPDX-License-Identifier: Apache-2.0 */
/* The table of taken prefixes, against a plain comparison of all pairs. */
#include <string.h>

#include "base/error.h"
#include "base/rand.h"
#include "control/cidr.h"
#include "service_fixture.h"

static struct prefix prefix(const char *text)
{
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    prefix_mask(&p);
    return p;
}

static void test_take(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct ctl *c = &f.c;
    struct prefix a = prefix("10.0.0.0/20"), inside = prefix("10.0.1.0/24"),
                  around = prefix("10.0.0.0/16"), beside = prefix("10.0.16.0/20"),
                  six = prefix("fd00::/56"), six_inside = prefix("fd00:0:0:8::/64"),
                  wide = prefix("10.0.0.0/15");
    const char *who = NULL;
    bool taken;
    assert_int_equal(cidr_take(c, "s", &a, "A", &who), 0);
    assert_int_equal(cidr_take(c, "s", &inside, "B", &who), ERR_EXISTS);
    assert_string_equal(who, "A");
    assert_int_equal(cidr_take(c, "s", &around, "B", &who), ERR_EXISTS);
    assert_int_equal(cidr_take(c, "s", &a, "B", &who), ERR_EXISTS);
    assert_int_equal(cidr_take(c, "s", &beside, "B", &who), 0);
    assert_int_equal(cidr_take(c, "t", &inside, "B", &who), 0); /* another scope */
    assert_int_equal(cidr_take(c, "s", &six, "B", &who), 0);
    assert_int_equal(cidr_take(c, "s", &six_inside, "C", &who), ERR_EXISTS);
    assert_string_equal(who, "B");
    assert_int_equal(cidr_take(c, "s", &wide, "C", &who), ERR_RANGE);
    assert_int_equal(cidr_taken(c, "s", &inside, &taken), 0);
    assert_true(taken);
    assert_int_equal(cidr_free(c, "s", &a), 0);
    assert_int_equal(cidr_taken(c, "s", &inside, &taken), 0);
    assert_false(taken);
    assert_int_equal(cidr_take(c, "s", &inside, "B", &who), 0);
    fixture_end(&f);
}

static void test_all_pairs(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f);
    struct prefix have[64];
    size_t n = 0;
    struct rnd r;
    rnd_init_seed(&r, 53);
    for (int i = 0; i < 300; i++) {
        struct prefix p = prefix("10.0.0.0/16");
        p.bits = (uint8_t)(16 + rnd_below(&r, 13));
        p.addr = addr_add(&p.addr, rnd_below(&r, 1 << 17));
        prefix_mask(&p);
        bool overlap = false;
        for (size_t j = 0; j < n; j++)
            overlap |= prefix_overlaps(&have[j], &p);
        const char *who;
        int err = cidr_take(&f.c, "s", &p, "x", &who);
        assert_int_equal(err, overlap ? ERR_EXISTS : 0);
        if (!err && n < N(have))
            have[n++] = p;
        if (n == N(have) || (n && rnd_below(&r, 4) == 0)) {
            assert_int_equal(cidr_free(&f.c, "s", &have[--n]), 0);
        }
    }
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_all_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
