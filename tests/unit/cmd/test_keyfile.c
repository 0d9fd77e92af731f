/* SPDX-License-Identifier: Apache-2.0 */
/* Access keys from a file of sections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "cmd/keyfile.h"

static char path[] = "/tmp/bridge53-keys-XXXXXX";

static int setup(void **state)
{
    static const char text[] = "aws_access_key_id = NOBODY\n"
                               "# comment\n"
                               "[ one ]\r\n"
                               "aws_access_key_id=AKIAONE\r\n"
                               "  aws_secret_access_key = s/1+= \r\n"
                               "region = eu-west-1\n"
                               "[two]\n"
                               "#aws_access_key_id = AKIANO\n"
                               "aws_access_key_id = AKIATWO\n"
                               "aws_secret_access_key = s2\n"
                               "aws_session_token = t2\n"
                               "[half]\n"
                               "aws_access_key_id = AKIAHALF\n"
                               "[";
    int fd = mkstemp(path);
    (void)state;

    if (fd < 0 || write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
        return -1;
    return close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void test_find(void **state)
{
    struct keyfile_key key;
    (void)state;

    assert_int_equal(keyfile_find(path, "one", &key), 0);
    assert_string_equal(key.id, "AKIAONE");
    assert_string_equal(key.secret, "s/1+=");
    assert_string_equal(key.token, "");
    assert_int_equal(keyfile_find(path, "two", &key), 0);
    assert_string_equal(key.id, "AKIATWO");
    assert_string_equal(key.token, "t2");
    assert_int_equal(keyfile_find(path, "half", &key), ERR_NOT_FOUND);
    assert_int_equal(keyfile_find(path, "three", &key), ERR_NOT_FOUND);
    assert_int_equal(keyfile_find("/nonexistent/keys", "one", &key), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_find)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
