/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at any instant loses no acknowledged write and leaves no half of a transaction.
 *
 * Each round starts kill_writer on the same file, kills it after a random while, opens the store
 * and compares it with what the writer had acknowledged. The seed is printed; BRIDGE53_SEED repeats
 * it (the scheduler does not). */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rand.h"
#include "store/store.h"

#define ROUNDS 30
#define WINDOW 10 /* as kill_writer has it */
#define LIFE_US_MAX 120000

static const char *writer; /* path of kill_writer */

static struct store_bytes text(const char *s)
{
    return (struct store_bytes){s, strlen(s)};
}

/* Runs the writer for `life_us`, kills it and returns the last number that it acknowledged;
 * `before` if none. */
static uint64_t writer_run(const char *url, unsigned life_us, uint64_t before)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execl(writer, writer, url, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    usleep(life_us);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    uint64_t n, last = before;
    while (read(fds[0], &n, sizeof n) == sizeof n) {
        assert_int_equal(n, last + 1);
        last = n;
    }
    close(fds[0]);
    return last;
}

static uint64_t number_get(struct store *s, struct arena *arena, const char *key, uint64_t *ret_rev)
{
    struct store_item item;
    if (store_get(s, text(key), arena, &item) != 0)
        return 0;
    if (ret_rev != NULL)
        *ret_rev = item.mod_rev;
    return strtoull(item.value.data, NULL, 10);
}

/* The state that the feed leads to. */
struct replay {
    uint64_t rev;
    uint64_t left, right;
    unsigned changes; /* of this revision */
};

static int replay_change(void *ctx, const struct store_change *c)
{
    struct replay *r = ctx;
    if (c->rev != r->rev) {
        if (c->rev != r->rev + 1 || r->left != r->right)
            return 1;
        *r = (struct replay){c->rev, r->left, r->right, 0};
    }
    r->changes++;
    if (c->key.len == 4 && memcmp(c->key.data, "left", 4) == 0)
        r->left = c->rev;
    if (c->key.len == 5 && memcmp(c->key.data, "right", 5) == 0)
        r->right = c->rev;
    return 0;
}

/* Every transaction made one revision, so number n is revision n: that ties all checks together. */
static void store_verify(const char *url, uint64_t acknowledged, uint64_t *ret_last)
{
    struct arena arena;
    struct store *s;
    const char *why = NULL;
    arena_new(&arena, 1u << 20);
    if (store_open(url, &arena, &s, &why) != 0)
        fail_msg("%s", why);
    uint64_t rev = 0, fed;
    uint64_t left = number_get(s, &arena, "left", &rev);
    assert_true(left == acknowledged ||
                left == acknowledged + 1); /* the last one may not have been told */
    assert_int_equal(number_get(s, &arena, "right", NULL), left);
    assert_int_equal(rev, left);
    assert_int_equal(store_revision(s), left);
    for (uint64_t n = left > WINDOW ? left - WINDOW : 1; n <= left; n++) {
        char key[32];
        snprintf(key, sizeof key, "n/%" PRIu64, n);
        assert_int_equal(number_get(s, &arena, key, NULL), n + WINDOW > left ? n : 0);
    }
    struct replay r = {0};
    struct store_follow follow = {0, 0, replay_change, &r};
    assert_int_equal(store_feed(s, &follow, &fed), 0);
    assert_int_equal(fed, left);
    assert_int_equal(r.left, left);
    assert_int_equal(r.right, left);
    store_close(s);
    arena_free(&arena);
    *ret_last = left;
}

static void test_kill(void **state)
{
    (void)state;
    char dir[] = "/tmp/bridge53-kill-XXXXXX", url[64], path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(url, sizeof url, "sqlite:%s/db", dir);
    const char *given = getenv("BRIDGE53_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : clock_real_ns();
    printf("seed %" PRIu64 "\n", seed);
    struct rnd rnd;
    rnd_init_seed(&rnd, seed);
    uint64_t last = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t acknowledged = writer_run(url, rnd_below(&rnd, LIFE_US_MAX), last);
        store_verify(url, acknowledged, &last);
    }
    printf("%d kills, %" PRIu64 " transactions\n", ROUNDS, last);
    assert_true(last > ROUNDS); /* the writer really wrote */
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"db", "db-wal", "db-shm"};
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_kill PATH-OF-KILL_WRITER\n");
        return 2;
    }
    writer = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
