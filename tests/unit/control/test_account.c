/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts and access keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/limits.h"
#include "control/account.h"

struct fix {
    struct arena arena;
    struct ctl c;
};

static int fix_open(void **state)
{
    struct fix *f = calloc(1, sizeof *f);
    arena_new(&f->arena, LIMIT_REQUEST_ARENA);
    f->c = (struct ctl){
        .arena = &f->arena, .account = "000000000000", .region = "aws-global", .now_ns = 1};
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

static void assert_fault(struct fix *f, int err, enum fault_code code, const char *part)
{
    assert_int_equal(err, ERR_FAULT);
    assert_int_equal(f->c.fault.code, code);
    assert_non_null(strstr(f->c.fault.message, part));
}

static int see_account(void *ctx, const struct obj_account *account)
{
    char *out = ctx;
    sprintf(out + strlen(out), "%s=%s ", account->id, account->name ? account->name : "-");
    return strlen(out) > 60 ? CTL_STOP : 0;
}

static void test_accounts(void **state)
{
    struct fix *f = *state;
    struct obj_account a = {.id = "untouched"};
    char seen[128] = "";
    assert_int_equal(account_add(&f->c, "222222222222", "second", &a), 0);
    assert_string_equal(a.owner_account, "222222222222");
    assert_string_equal(a.owner_region, "aws-global");
    assert_int_equal(account_add(&f->c, "111111111111", NULL, &a), 0);
    assert_fault(f, account_add(&f->c, "111111111111", "again", &a), FAULT_ResourceExistsException,
                 "111111111111");
    assert_fault(f, account_add(&f->c, "12345", NULL, &a), FAULT_InvalidParameterValue,
                 "12 digits");
    assert_fault(f, account_add(&f->c, "12345678901x", NULL, &a), FAULT_InvalidParameterValue,
                 "12345678901x");
    assert_string_equal(a.id, "111111111111");
    assert_int_equal(account_list(&f->c, see_account, seen), 0);
    assert_string_equal(seen, "111111111111=- 222222222222=second ");
}

static void test_random_account(void **state)
{
    struct fix *f = *state;
    struct obj_account a, b;
    assert_int_equal(account_add(&f->c, NULL, NULL, &a), 0);
    assert_int_equal(account_add(&f->c, NULL, NULL, &b), 0);
    assert_int_equal(strlen(a.id), 12);
    assert_int_equal(strspn(a.id, "0123456789"), 12);
    assert_int_not_equal(a.id[0], '0');
    assert_string_not_equal(a.id, b.id);
}

static int count_key(void *ctx, const struct obj_access_key *key)
{
    assert_string_equal(key->owner_account, "111111111111");
    *(int *)ctx += 1;
    return 0;
}

static void test_keys(void **state)
{
    struct fix *f = *state;
    struct obj_account a;
    struct obj_access_key root, user, found;
    int n = 0;
    assert_int_equal(account_add(&f->c, "111111111111", NULL, &a), 0);
    assert_int_equal(key_create(&f->c, a.id, NULL, &root), 0);
    assert_int_equal(key_create(&f->c, a.id, "alice@example.com", &user), 0);
    assert_int_equal(strlen(root.id), KEY_ID_LENGTH);
    assert_memory_equal(root.id, "AKIA", 4);
    assert_int_equal(strspn(root.id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), KEY_ID_LENGTH);
    assert_int_equal(strlen(root.secret), KEY_SECRET_LENGTH);
    assert_string_not_equal(root.id, user.id);
    assert_string_not_equal(root.secret, user.secret);

    assert_int_equal(key_find(f->c.store, &f->arena, user.id, &found), 0);
    assert_string_equal(found.secret, user.secret);
    assert_string_equal(found.owner_account, "111111111111");
    assert_string_equal(key_caller_arn(&f->arena, &found),
                        "arn:aws:iam::111111111111:user/alice@example.com");
    assert_string_equal(key_caller_arn(&f->arena, &root), "arn:aws:iam::111111111111:root");
    assert_int_equal(key_list(&f->c, a.id, count_key, &n), 0);
    assert_int_equal(n, 2);

    assert_int_equal(key_delete(&f->c, root.id), 0);
    assert_int_equal(key_find(f->c.store, &f->arena, root.id, &found), ERR_NOT_FOUND);
    assert_fault(f, key_delete(&f->c, root.id), FAULT_ResourceNotFoundException, root.id);
    n = 0;
    assert_int_equal(key_list(&f->c, a.id, count_key, &n), 0);
    assert_int_equal(n, 1);
}

static void test_bad_keys(void **state)
{
    struct fix *f = *state;
    struct obj_account a;
    struct obj_access_key key;
    char name[66];
    memset(name, 'n', sizeof name);
    name[65] = '\0';
    assert_fault(f, key_create(&f->c, "333333333333", NULL, &key), FAULT_ResourceNotFoundException,
                 "333333333333");
    assert_int_equal(account_add(&f->c, "111111111111", NULL, &a), 0);
    assert_fault(f, key_create(&f->c, a.id, "a/b", &key), FAULT_InvalidParameterValue, "a/b");
    assert_fault(f, key_create(&f->c, a.id, "", &key), FAULT_InvalidParameterValue, "user name");
    assert_fault(f, key_create(&f->c, a.id, name, &key), FAULT_InvalidParameterValue, "nnn");
    name[64] = '\0';
    assert_int_equal(key_create(&f->c, a.id, name, &key), 0);
    assert_int_equal(key_find(f->c.store, &f->arena, "AKIANONE", &key), ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fix_open, fix_close)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_accounts), TEST(test_random_account),
                                       TEST(test_keys), TEST(test_bad_keys)};
    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
