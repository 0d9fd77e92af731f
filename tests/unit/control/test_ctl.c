/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions of calls: what a call sees of its own writes, what guards a commit, faults, texts
 * and tokens. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "control/object.h"

struct fix {
    struct arena arena;
    struct ctl c;
};

static int fix_open(void **state)
{
    struct fix *f = calloc(1, sizeof *f);
    arena_new(&f->arena, LIMIT_REQUEST_ARENA);
    f->c = (struct ctl){.arena = &f->arena,
                        .account = "111111111111",
                        .region = "eu-west-1",
                        .caller_arn = "arn:aws:iam::111111111111:root",
                        .request_id = "r",
                        .now_ns = 1700000000123456789ull};
    assert_int_equal(store_open("mem:", &f->arena, &f->c.store, NULL), 0);
    *state = f;
    return 0;
}

static int fix_close(void **state)
{
    struct fix *f = *state;
    store_close(f->c.store);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static struct store_bytes text(const char *s)
{
    return (struct store_bytes){s, strlen(s)};
}

/* Runs an operation without input and output. */
static int run(struct fix *f, ctl_op *op)
{
    char none;
    return ctl_run(&f->c, op, NULL, &none, sizeof none);
}

static struct obj_vpc vpc_of(const char *id)
{
    return (struct obj_vpc){.id = id, .enable_dns_support = TRI_TRUE};
}

static int put_vpc(struct ctl *c, const char *id)
{
    struct obj_vpc vpc = vpc_of(id);
    return ctl_put(c, &kind_vpc, id, &vpc);
}

static int op_put_three(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    int err = put_vpc(c, "vpc-2");
    if (err == 0)
        err = put_vpc(c, "vpc-1");
    return err != 0 ? err : put_vpc(c, "vpc-3");
}

static int op_own_writes(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    struct obj_vpc vpc;
    assert_int_equal(ctl_get(c, &kind_vpc, "vpc-9", &vpc), ERR_NOT_FOUND);
    assert_int_equal(put_vpc(c, "vpc-9"), 0);
    assert_int_equal(ctl_get_own(c, &kind_vpc, "vpc-9", &vpc), 0);
    assert_string_equal(vpc.id, "vpc-9");
    assert_string_equal(vpc.owner_account, "111111111111");
    assert_string_equal(vpc.owner_region, "eu-west-1");
    assert_int_equal(vpc.enable_dns_support, TRI_TRUE);
    assert_int_equal(ctl_del(c, &kind_vpc, "vpc-9", &vpc), 0);
    assert_int_equal(ctl_get(c, &kind_vpc, "vpc-9", &vpc), ERR_NOT_FOUND);
    assert_int_equal(put_vpc(c, "vpc-9"), 0);
    return 0;
}

static int op_read(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    struct obj_vpc vpc;
    return ctl_get(c, &kind_vpc, "vpc-9", &vpc);
}

static void test_own_writes(void **state)
{
    struct fix *f = *state;
    assert_int_equal(run(f, op_own_writes), 0);
    assert_int_equal(f->c.committed, 1);
    assert_int_equal(store_revision(f->c.store), 1); /* one commit for all of it */
    assert_int_equal(run(f, op_read), 0);
    assert_int_equal(f->c.committed, 0); /* nothing written, nothing committed */
    assert_int_equal(store_revision(f->c.store), 1);
}

static void test_owner(void **state)
{
    struct fix *f = *state;
    struct obj_vpc vpc = {.id = "untouched"};
    size_t n = 9;
    assert_int_equal(run(f, op_put_three), 0);
    f->c.account = "222222222222";
    assert_int_equal(ctl_get_own(&f->c, &kind_vpc, "vpc-1", &vpc), ERR_NOT_FOUND);
    assert_string_equal(vpc.id, "untouched");
    assert_int_equal(ctl_count(&f->c, &kind_vpc, &n), 0);
    assert_int_equal(n, 0);
    f->c.account = "111111111111";
    f->c.region = "eu-west-2";
    assert_int_equal(ctl_get_own(&f->c, &kind_vpc, "vpc-1", &vpc), ERR_NOT_FOUND);
    assert_int_equal(ctl_get(&f->c, &kind_vpc, "vpc-1", &vpc), 0); /* whoever owns it */
    f->c.region = "eu-west-1";
    assert_int_equal(ctl_count(&f->c, &kind_vpc, &n), 0);
    assert_int_equal(n, 3);
}

static int op_put_zone(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    struct obj_zone zone = {.id = "Z1", .name = "a."};
    return ctl_put(c, &kind_zone, "Z1", &zone);
}

/* Kinds without a region are the same from every region. */
static void test_global_kind(void **state)
{
    struct fix *f = *state;
    struct obj_zone zone;
    assert_int_equal(run(f, op_put_zone), 0);
    f->c.region = "us-east-1";
    assert_int_equal(ctl_get_own(&f->c, &kind_zone, "Z1", &zone), 0);
    assert_string_equal(zone.owner_region, "aws-global");
}

/* Ids as a listing gave them. */
struct listed {
    struct ctl *c;
    char text[65536];
    int stop; /* result at the second item */
    bool delete;
    int n;
};

static int list_id(void *ctx, const char *id, void *obj)
{
    struct listed *l = ctx;
    struct obj_vpc *vpc = obj;
    assert_string_equal(vpc->id, id);
    snprintf(l->text + strlen(l->text), sizeof l->text - strlen(l->text), "%s ", id);
    l->n++;
    if (l->delete)
        assert_int_equal(ctl_del(l->c, &kind_vpc, id, obj), 0);
    return l->n == 2 ? l->stop : 0;
}

static int op_list_pending(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    struct listed l = {.c = c};
    struct obj_vpc vpc;
    assert_int_equal(put_vpc(c, "vpc-0"), 0);
    assert_int_equal(put_vpc(c, "vpc-15"), 0);
    assert_int_equal(put_vpc(c, "vpc-2"), 0); /* over a stored one */
    assert_int_equal(put_vpc(c, "vpc-4"), 0);
    assert_int_equal(ctl_get(c, &kind_vpc, "vpc-1", &vpc), 0);
    assert_int_equal(ctl_del(c, &kind_vpc, "vpc-1", &vpc), 0);
    assert_int_equal(ctl_list(c, &kind_vpc, NULL, list_id, &l), 0);
    assert_string_equal(l.text, "vpc-0 vpc-15 vpc-2 vpc-3 vpc-4 ");
    l = (struct listed){.c = c};
    assert_int_equal(ctl_list(c, &kind_vpc, "vpc-15", list_id, &l), 0);
    assert_string_equal(l.text, "vpc-2 vpc-3 vpc-4 ");
    l = (struct listed){.c = c};
    assert_int_equal(ctl_list(c, &kind_vpc, "vpc-1", list_id, &l), 0); /* behind one that is gone */
    assert_string_equal(l.text, "vpc-15 vpc-2 vpc-3 vpc-4 ");
    l = (struct listed){.c = c, .stop = CTL_STOP};
    assert_int_equal(ctl_list(c, &kind_vpc, NULL, list_id, &l), 0);
    assert_string_equal(l.text, "vpc-0 vpc-15 ");
    l = (struct listed){.c = c, .stop = ERR_RANGE};
    assert_int_equal(ctl_list(c, &kind_vpc, NULL, list_id, &l), ERR_RANGE);
    l = (struct listed){.c = c, .delete = true}; /* a callback may delete what it is given */
    assert_int_equal(ctl_list(c, &kind_vpc, NULL, list_id, &l), 0);
    assert_int_equal(l.n, 5);
    size_t n = 9;
    assert_int_equal(ctl_count(c, &kind_vpc, &n), 0);
    assert_int_equal(n, 0);
    return 0;
}

static void test_list(void **state)
{
    struct fix *f = *state;
    assert_int_equal(run(f, op_put_three), 0);
    assert_int_equal(run(f, op_list_pending), 0);
    size_t n = 9;
    assert_int_equal(ctl_count(&f->c, &kind_vpc, &n), 0);
    assert_int_equal(n, 0);
}

static int op_put_many(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    for (int i = 0; i < 700; i++) {
        char id[16];
        snprintf(id, sizeof id, "vpc-%04d", i * 7919 % 700);
        int err = put_vpc(c, id);
        if (err != 0)
            return err;
    }
    return 0;
}

static int op_list_many(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    struct listed l = {.c = c};
    struct obj_vpc vpc;
    assert_int_equal(ctl_get(c, &kind_vpc, "vpc-0255", &vpc), 0); /* the last of the first batch */
    assert_int_equal(ctl_del(c, &kind_vpc, "vpc-0255", &vpc), 0);
    assert_int_equal(put_vpc(c, "vpc-0255a"), 0);
    assert_int_equal(put_vpc(c, "vpc-9999"), 0);
    assert_int_equal(ctl_list(c, &kind_vpc, NULL, list_id, &l), 0);
    assert_int_equal(l.n, 701);
    assert_non_null(strstr(l.text, "vpc-0254 vpc-0255a vpc-0256 "));
    assert_non_null(strstr(l.text, "vpc-0699 vpc-9999 "));
    return 0;
}

/* More than one batch of stored keys, with changes at its border. */
static void test_list_batches(void **state)
{
    struct fix *f = *state;
    assert_int_equal(run(f, op_put_many), 0);
    assert_int_equal(run(f, op_list_many), 0);
}

/* Every other VPC of op_put_many. */
static bool scan_even(void *ctx, const void *obj)
{
    const struct obj_vpc *vpc = obj;
    (void)ctx;
    return (vpc->id[strlen(vpc->id) - 1] - '0') % 2 == 0;
}

static int scan_id(void *ctx, const char *id, void *obj)
{
    struct listed *l = ctx;
    assert_string_equal(id, ((struct obj_vpc *)obj)->id);
    l->n++;
    return l->stop;
}

static int op_scan_many(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    struct listed all = {.c = c}, even = {.c = c}, failed = {.c = c, .stop = ERR_FAULT};
    assert_int_equal(ctl_scan(c, &kind_vpc, NULL, scan_id, &all), 0);
    assert_int_equal(all.n, 700);
    assert_int_equal(ctl_scan(c, &kind_vpc, scan_even, scan_id, &even), 0);
    assert_int_equal(even.n, 350);
    assert_int_equal(ctl_scan(c, &kind_vpc, NULL, scan_id, &failed), ERR_FAULT);
    assert_int_equal(failed.n, 1);
    assert_int_equal(c->compares_n, 0);
    return 0;
}

static void test_scan(void **state)
{
    struct fix *f = *state;
    assert_int_equal(run(f, op_put_many), 0);
    assert_int_equal(run(f, op_scan_many), 0);
}

static int raw_count(void *ctx, const struct store_item *item)
{
    (void)item;
    *(int *)ctx += 1;
    return 0;
}

static int op_raw(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    char key[8];
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "r/%02d", i);
        assert_int_equal(ctl_raw_put(c, text(key), text("v")), 0);
    }
    return 0;
}

static int op_raw_limit(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    char key[8];
    int n = 0;
    struct store_walk walk = {text("r/"), text("r0"), 5, raw_count, &n};
    for (int i = 0; i < 12; i++) { /* all that the first batches hold is deleted here */
        snprintf(key, sizeof key, "r/%02d", i);
        assert_int_equal(ctl_raw_del(c, text(key)), 0);
    }
    assert_int_equal(ctl_raw_list(c, &walk), 0);
    assert_int_equal(n, 5);
    walk.limit = 0;
    n = 0;
    assert_int_equal(ctl_raw_list(c, &walk), 0);
    assert_int_equal(n, 8);
    return 0;
}

static void test_raw(void **state)
{
    struct fix *f = *state;
    assert_int_equal(run(f, op_raw), 0);
    assert_int_equal(run(f, op_raw_limit), 0);
}

static int see_index(void *ctx, const char *key, const char *value)
{
    char *out = ctx;
    sprintf(out + strlen(out), "%s=%s ", key, value);
    return 0;
}

static int op_index(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    const char *value;
    char seen[256] = "";
    assert_int_equal(ctl_index_get(c, "names", "a/1", &value), ERR_NOT_FOUND);
    assert_int_equal(ctl_index_put(c, "names", "a/1", "one"), 0);
    assert_int_equal(ctl_index_put(c, "names", "a/2", ""), 0);
    assert_int_equal(ctl_index_put(c, "names", "b/1", "other"), 0);
    assert_int_equal(ctl_index_put(c, "names2", "a/1", "elsewhere"), 0);
    assert_int_equal(ctl_index_get(c, "names", "a/1", &value), 0);
    assert_string_equal(value, "one");
    assert_int_equal(ctl_index_list(c, "names", "a/", see_index, seen), 0);
    assert_string_equal(seen, "a/1=one a/2= ");
    seen[0] = '\0';
    assert_int_equal(ctl_index_list(c, "names", "", see_index, seen), 0);
    assert_string_equal(seen, "a/1=one a/2= b/1=other ");
    assert_int_equal(ctl_index_del(c, "names", "a/1"), 0);
    assert_int_equal(ctl_index_get(c, "names", "a/1", &value), ERR_NOT_FOUND);
    return 0;
}

static void test_index(void **state)
{
    assert_int_equal(run(*state, op_index), 0);
}

static int op_fail(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    assert_int_equal(put_vpc(c, "vpc-1"), 0);
    assert_int_equal(ctl_fail(c, FAULT_InvalidInput, "first %d", 1), ERR_FAULT);
    return ctl_fail(c, FAULT_AccessDenied, "second");
}

static int op_plain_error(struct ctl *c, const void *in, void *out)
{
    (void)c, (void)in, (void)out;
    return ERR_RANGE;
}

static int op_no_memory(struct ctl *c, const void *in, void *out)
{
    (void)c, (void)in, (void)out;
    return ERR_NOMEM;
}

static void test_faults(void **state)
{
    struct fix *f = *state;
    assert_int_equal(run(f, op_fail), ERR_FAULT);
    assert_int_equal(f->c.fault.code, FAULT_InvalidInput);
    assert_string_equal(f->c.fault.message, "first 1");
    assert_int_equal(store_revision(f->c.store), 0); /* nothing of it was written */
    assert_int_equal(run(f, op_plain_error), ERR_FAULT);
    assert_int_equal(f->c.fault.code, FAULT_InternalFailure);
    assert_int_equal(run(f, op_no_memory), ERR_FAULT);
    assert_int_equal(f->c.fault.code, FAULT_ServiceUnavailable);
    assert_string_equal(fault_name(FAULT_InvalidVpcIDNotFound), "InvalidVpcID.NotFound");
    assert_int_equal(fault_status(FAULT_NoSuchHostedZone), 404);
}

/* An operation that another writer overtakes `*in` times: each run reads "n", is overtaken, and
 * writes. */
static int op_overtaken(struct ctl *c, const void *in, void *out)
{
    int *left = *(int *const *)in, *runs = out;
    struct store_bytes value;
    uint64_t rev;
    int err = ctl_raw_get(c, text("n"), &value);
    *runs = *left;
    assert_true(err == 0 || err == ERR_NOT_FOUND);
    if (*left > 0) {
        struct store_write w = {text("n"), text("theirs")};
        *left -= 1;
        assert_int_equal(store_commit(c->store, &(struct store_txn){NULL, 0, &w, 1, 0}, &rev), 0);
    }
    return ctl_raw_put(c, text("n"), text("ours"));
}

static void test_conflicts(void **state)
{
    struct fix *f = *state;
    struct store_item item;
    int left = LIMIT_TXN_RETRIES, *in = &left, out;
    assert_int_equal(ctl_run(&f->c, op_overtaken, &in, &out, sizeof out), 0);
    assert_int_equal(left, 0);
    assert_int_equal(store_get(f->c.store, text("n"), &f->arena, &item), 0);
    assert_memory_equal(item.value.data, "ours", 4);
    left = LIMIT_TXN_RETRIES + 1;
    assert_int_equal(ctl_run(&f->c, op_overtaken, &in, &out, sizeof out), ERR_FAULT);
    assert_int_equal(f->c.fault.code, FAULT_ServiceUnavailable);
    assert_int_equal(store_get(f->c.store, text("n"), &f->arena, &item), 0);
    assert_memory_equal(item.value.data, "theirs", 6);
}

static void test_read_only(void **state)
{
    struct fix *f = *state;
    f->c.read_only = true;
    assert_int_equal(run(f, op_put_three), ERR_FAULT);
    assert_int_equal(f->c.fault.code, FAULT_InternalFailure);
    assert_int_equal(store_revision(f->c.store), 0);
}

static void test_dry_run(void **state)
{
    struct fix *f = *state;
    f->c.dry_run = true;
    assert_int_equal(run(f, op_put_three), 0);
    assert_int_equal(f->c.committed, 0);
    assert_int_equal(store_revision(f->c.store), 0);
}

static int op_count_up(struct ctl *c, const void *in, void *out)
{
    (void)in, (void)out;
    const char *value = "0";
    char next[16];
    int err = ctl_index_get(c, "n", "n", &value);
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    snprintf(next, sizeof next, "%d", atoi(value) + 1);
    return ctl_index_put(c, "n", "n", next);
}

static void *count_up(void *arg)
{
    struct fix mine = {.c = ((struct fix *)arg)->c};
    arena_new(&mine.arena, LIMIT_REQUEST_ARENA);
    mine.c.arena = &mine.arena;
    for (int i = 0; i < 100; i++) {
        arena_reset(&mine.arena);
        if (run(&mine, op_count_up) != 0)
            break;
    }
    arena_free(&mine.arena);
    return NULL;
}

static void test_threads(void **state)
{
    struct fix *f = *state;
    pthread_t threads[4];
    const char *value;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, f), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(ctl_index_get(&f->c, "n", "n", &value), 0);
    assert_string_equal(value, "400");
}

static void test_texts(void **state)
{
    struct fix *f = *state;
    const char *id = ctl_new_id(&f->c, "vpc-", 17);
    assert_int_equal(strlen(id), 21);
    assert_int_equal(strspn(id + 4, "0123456789abcdef"), 17);
    assert_string_not_equal(id, ctl_new_id(&f->c, "vpc-", 17));
    assert_string_equal(ctl_time(&f->c, 3), "2023-11-14T22:13:20.123Z");
    assert_string_equal(ctl_time(&f->c, 6), "2023-11-14T22:13:20.123456Z");
    assert_string_equal(ctl_arn(&f->c, "route53resolver", "resolver-rule/%s", "rslvr-rr-1"),
                        "arn:aws:route53resolver:eu-west-1:111111111111:resolver-rule/rslvr-rr-1");
    const char *trace = ctl_trace_text(&f->c, "Creating");
    assert_memory_equal(trace, "[Trace id: 1-6553f100-", 22);
    assert_string_equal(trace + 22 + 24, "] Creating");
}

static void test_tokens(void **state)
{
    struct fix *f = *state;
    static const char *const keys[] = {"",        "a", "ab", "abc", "rslvr-rr-0123456789abcdef0",
                                       "\x01\xff"};
    const char *key;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *token = ctl_token(&f->c, "ListRules", keys[i]);
        assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_"),
                         strlen(token));
        assert_int_equal(ctl_token_read(&f->c, "ListRules", token, &key), 0);
        assert_string_equal(key, keys[i]);
        assert_int_equal(ctl_token_read(&f->c, "ListEndpoints", token, &key), ERR_INVALID);
        token[0] = token[0] == 'A' ? 'B' : 'A';
        assert_int_equal(ctl_token_read(&f->c, "ListRules", token, &key), ERR_INVALID);
    }
    assert_int_equal(ctl_token_read(&f->c, "ListRules", "", &key), ERR_INVALID);
    assert_int_equal(ctl_token_read(&f->c, "ListRules", "AAAAA", &key), ERR_INVALID);
    assert_int_equal(ctl_token_read(&f->c, "ListRules", "no token!", &key), ERR_INVALID);
    assert_int_equal(ctl_token_read(&f->c, "ListRules", "AAAAAAAAAAAA", &key), ERR_INVALID);
}

static void test_tags(void **state)
{
    struct fix *f = *state;
    struct obj_tag *tags = NULL;
    size_t n = 0;
    const struct obj_tag add[] = {{"a", "1"}, {"b", NULL}, {"a", "2"}};
    assert_int_equal(tags_merge(&f->c, &tags, &n, add, 3), 0);
    assert_int_equal(n, 2);
    assert_string_equal(tags[0].value, "2");
    assert_string_equal(tags[1].value, "");
    const char *const gone[] = {"a", "none"};
    assert_int_equal(tags_remove(&f->c, &tags, &n, gone, 2), 0);
    assert_int_equal(n, 1);
    assert_string_equal(tags[0].key, "b");
}

/* A call whose memory is too small fails with a fault, and writes nothing. */
static void test_small_arena(void **state)
{
    struct fix *f = *state;
    static uint8_t memory[16384];
    struct arena small;
    for (size_t size = 0; size < sizeof memory; size += 64) {
        arena_init(&small, memory, size);
        f->c.arena = &small;
        int err = run(f, op_put_three);
        if (err == 0)
            break;
        assert_int_equal(err, ERR_FAULT);
        assert_int_equal(f->c.fault.code, FAULT_InternalFailure);
        assert_int_equal(store_revision(f->c.store), 0);
    }
    assert_int_equal(store_revision(f->c.store), 1);
    f->c.arena = &f->arena;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix_open, fix_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_own_writes),   TEST(test_owner),     TEST(test_global_kind), TEST(test_list),
        TEST(test_list_batches), TEST(test_scan),      TEST(test_raw),         TEST(test_index),
        TEST(test_faults),       TEST(test_conflicts), TEST(test_read_only),   TEST(test_dry_run),
        TEST(test_threads),      TEST(test_texts),     TEST(test_tokens),      TEST(test_tags),
        TEST(test_small_arena),
    };
    return cmocka_run_group_tests_name("ctl", tests, NULL, NULL);
}
