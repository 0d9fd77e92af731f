/* SPDX-License-Identifier: Apache-2.0 */
/* What store.h promises, checked on every back end by the same tests: one program run, one group
 * for each. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "store/store.h"

/* A store of the group's kind, and the memory of a test. */
struct fix {
    char dir[64]; /* empty for mem: */
    char url[96];
    struct arena arena;
    struct store *store;
};

static bool use_sqlite;

static struct store_bytes text(const char *s)
{
    return (struct store_bytes){s, strlen(s)};
}

static const struct store_bytes gone = {NULL, 0};

static int fix_open(void **state)
{
    struct fix *f = calloc(1, sizeof *f);
    const char *why = NULL;
    arena_new(&f->arena, 64u << 20);
    strcpy(f->url, "mem:");
    if (use_sqlite) {
        strcpy(f->dir, "/tmp/bridge53-store-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->url, sizeof f->url, "sqlite:%s/db", f->dir);
    }
    if (store_open(f->url, &f->arena, &f->store, &why) != 0)
        fail_msg("%s", why);
    *state = f;
    return 0;
}

static int fix_close(void **state)
{
    struct fix *f = *state;
    store_close(f->store);
    if (f->dir[0]) {
        static const char *const names[] = {"db", "db-wal", "db-shm", "other"};
        char path[96];
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            snprintf(path, sizeof path, "%s/%s", f->dir, names[i]);
            unlink(path);
        }
        assert_int_equal(rmdir(f->dir), 0);
    }
    arena_free(&f->arena);
    free(f);
    return 0;
}

/* Commits one write without conditions. */
static uint64_t put(struct store *s, const char *key, struct store_bytes value)
{
    struct store_write w = {text(key), value};
    struct store_txn txn = {NULL, 0, &w, 1, 0};
    uint64_t rev = 0;
    assert_int_equal(store_commit(s, &txn, &rev), 0);
    return rev;
}

static void assert_bytes(struct store_bytes b, const char *want)
{
    assert_non_null(b.data);
    assert_int_equal(b.len, strlen(want));
    assert_memory_equal(b.data, want, b.len);
}

static void test_get_put_delete(void **state)
{
    struct fix *f = *state;
    struct store_item item;
    assert_int_equal(store_revision(f->store), 0);
    assert_int_equal(store_get(f->store, text("a"), &f->arena, &item), ERR_NOT_FOUND);
    assert_int_equal(put(f->store, "a", text("1")), 1);
    assert_int_equal(put(f->store, "b", text("")), 2);
    assert_int_equal(put(f->store, "a", text("22")), 3);
    assert_int_equal(store_get(f->store, text("a"), &f->arena, &item), 0);
    assert_bytes(item.key, "a");
    assert_bytes(item.value, "22");
    assert_int_equal(item.mod_rev, 3);
    assert_int_equal(store_get(f->store, text("b"), &f->arena, &item), 0);
    assert_bytes(item.value, ""); /* empty is not missing */
    assert_int_equal(put(f->store, "a", gone), 4);
    assert_int_equal(store_get(f->store, text("a"), &f->arena, &item), ERR_NOT_FOUND);
    assert_int_equal(store_revision(f->store), 4);
}

static void test_get_needs_memory(void **state)
{
    struct fix *f = *state;
    uint8_t few[16];
    struct arena small;
    struct store_item item;
    put(f->store, "key", text("a value that does not fit"));
    arena_init(&small, few, sizeof few);
    assert_int_equal(store_get(f->store, text("key"), &small, &item), ERR_NOMEM);
}

static void test_empty_keys_are_refused(void **state)
{
    struct fix *f = *state;
    uint64_t rev = 77;
    struct store_write w = {{"", 0}, text("v")};
    struct store_compare c = {{"", 0}, 0};
    struct store_item item;
    assert_int_equal(store_commit(f->store, &(struct store_txn){NULL, 0, &w, 1, 0}, &rev),
                     ERR_INVALID);
    assert_int_equal(store_commit(f->store, &(struct store_txn){&c, 1, NULL, 0, 0}, &rev),
                     ERR_INVALID);
    assert_int_equal(rev, 77);
    assert_int_equal(store_get(f->store, (struct store_bytes){"", 0}, &f->arena, &item),
                     ERR_NOT_FOUND);
}

static void test_compares_guard(void **state)
{
    struct fix *f = *state;
    uint64_t rev = 0;
    put(f->store, "a", text("1"));
    put(f->store, "b", text("1"));
    struct store_write w[2] = {{text("a"), text("2")}, {text("c"), text("2")}};
    struct store_compare c[2] = {{text("a"), 1}, {text("c"), 0}};
    struct store_txn txn = {c, 2, w, 2, 0};
    assert_int_equal(store_commit(f->store, &txn, &rev), 0);
    assert_int_equal(rev, 3);
    /* "a" has moved on, "c" exists now: either alone must stop it, and nothing may change. */
    assert_int_equal(store_commit(f->store, &txn, &rev), ERR_CONFLICT);
    c[0].mod_rev = 3;
    assert_int_equal(store_commit(f->store, &txn, &rev), ERR_CONFLICT);
    c[1] = (struct store_compare){text("b"), 3}; /* exists, but is of revision 2 */
    assert_int_equal(store_commit(f->store, &txn, &rev), ERR_CONFLICT);
    c[1] = (struct store_compare){text("z"), 2}; /* does not exist */
    assert_int_equal(store_commit(f->store, &txn, &rev), ERR_CONFLICT);
    assert_int_equal(rev, 3);
    assert_int_equal(store_revision(f->store), 3);
    c[1] = (struct store_compare){text("b"), 2};
    assert_int_equal(store_commit(f->store, &txn, &rev), 0);
    assert_int_equal(rev, 4);
}

/* What a range gave, as "key=value@rev ". */
struct seen {
    char text[4096];
    size_t n;
    int stop_at; /* end the walk with 9 at this item, from 1; 0: never */
};

static int see_item(void *ctx, const struct store_item *item)
{
    struct seen *s = ctx;
    size_t at = strlen(s->text);
    snprintf(s->text + at, sizeof s->text - at, "%.*s=%.*s@%llu ", (int)item->key.len,
             (const char *)item->key.data, (int)item->value.len, (const char *)item->value.data,
             (unsigned long long)item->mod_rev);
    s->n++;
    return s->stop_at != 0 && s->n >= (size_t)s->stop_at ? 9 : 0;
}

static void test_range(void **state)
{
    struct fix *f = *state;
    struct seen s = {0};
    uint64_t rev = 0;
    struct store_walk walk = {{NULL, 0}, {NULL, 0}, 0, see_item, &s};
    assert_int_equal(store_range(f->store, &walk, &rev), 0);
    assert_int_equal(rev, 0);
    put(f->store, "b", text("2"));
    put(f->store, "a", text("1"));
    put(f->store, "ab", text("3"));
    put(f->store, "c", text("4"));
    put(f->store, "a\xff", text("5"));
    assert_int_equal(store_range(f->store, &walk, &rev), 0);
    assert_string_equal(s.text, "a=1@2 ab=3@3 a\xff=5@5 b=2@1 c=4@4 ");
    assert_int_equal(rev, 5);

    s = (struct seen){0};
    walk.from = text("ab");
    walk.to = text("c");
    assert_int_equal(store_range(f->store, &walk, NULL), 0);
    assert_string_equal(s.text, "ab=3@3 a\xff=5@5 b=2@1 ");

    s = (struct seen){0};
    walk.limit = 2;
    assert_int_equal(store_range(f->store, &walk, NULL), 0);
    assert_string_equal(s.text, "ab=3@3 a\xff=5@5 ");

    s = (struct seen){.stop_at = 1};
    assert_int_equal(store_range(f->store, &walk, NULL), 9);
    assert_int_equal(s.n, 1);

    s = (struct seen){0};
    walk.from = text("c");
    walk.to = text("a"); /* backwards: nothing */
    assert_int_equal(store_range(f->store, &walk, NULL), 0);
    assert_int_equal(s.n, 0);
}

static int see_change(void *ctx, const struct store_change *change)
{
    struct seen *s = ctx;
    size_t at = strlen(s->text);
    if (change->value.data == NULL)
        snprintf(s->text + at, sizeof s->text - at, "%llu:%.*s- ", (unsigned long long)change->rev,
                 (int)change->key.len, (const char *)change->key.data);
    else
        snprintf(s->text + at, sizeof s->text - at, "%llu:%.*s=%.*s ",
                 (unsigned long long)change->rev, (int)change->key.len,
                 (const char *)change->key.data, (int)change->value.len,
                 (const char *)change->value.data);
    s->n++;
    return s->stop_at != 0 && s->n >= (size_t)s->stop_at ? 9 : 0;
}

static void test_feed(void **state)
{
    struct fix *f = *state;
    struct seen s = {0};
    uint64_t rev = 99, at;
    struct store_follow follow = {0, 0, see_change, &s};
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_int_equal(rev, 0);
    struct store_write w[4] = {{text("b"), text("1")},
                               {text("a"), text("")},
                               {text("none"), gone},
                               {text("b"), text("2")}};
    assert_int_equal(store_commit(f->store, &(struct store_txn){NULL, 0, w, 4, 0}, &at), 0);
    put(f->store, "missing", gone); /* a revision without a change */
    put(f->store, "a", gone);
    put(f->store, "c", text("3"));

    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_string_equal(s.text, "1:b=1 1:a= 1:b=2 3:a- 4:c=3 ");
    assert_int_equal(rev, 4);

    s = (struct seen){0};
    follow.limit = 1; /* whole revisions: all three of the first */
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_string_equal(s.text, "1:b=1 1:a= 1:b=2 ");
    assert_int_equal(rev, 1);

    s = (struct seen){0};
    follow.after = 1;
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_string_equal(s.text, "3:a- ");
    assert_int_equal(rev, 3);

    s = (struct seen){0};
    follow.after = 3;
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_string_equal(s.text, "4:c=3 ");
    assert_int_equal(rev, 4);

    follow.after = 4;
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_int_equal(rev, 4);

    s = (struct seen){.stop_at = 2};
    follow = (struct store_follow){0, 0, see_change, &s};
    rev = 55;
    assert_int_equal(store_feed(f->store, &follow, &rev), 9);
    assert_int_equal(s.n, 2);
    assert_int_equal(rev, 55);
}

static int count_change(void *ctx, const struct store_change *change)
{
    (void)change;
    *(size_t *)ctx += 1;
    return 0;
}

/* The feed keeps exactly LIMIT_FEED_KEEP changes; a revision that lost one of its changes is never
 * given. */
static void test_feed_compaction(void **state)
{
    struct fix *f = *state;
    struct store_write *w = calloc(LIMIT_FEED_KEEP, sizeof *w);
    for (size_t i = 0; i < LIMIT_FEED_KEEP; i++)
        w[i] = (struct store_write){text(i % 2 ? "odd" : "even"), text("v")};
    uint64_t rev;
    size_t n = 0;
    struct store_follow follow = {0, 0, count_change, &n};
    assert_int_equal(
        store_commit(f->store, &(struct store_txn){NULL, 0, w, LIMIT_FEED_KEEP, 0}, &rev), 0);
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_int_equal(n, LIMIT_FEED_KEEP); /* just full */
    put(f->store, "one more", text("v"));
    assert_int_equal(store_feed(f->store, &follow, &rev), ERR_COMPACTED);
    follow.after = 1;
    n = 0;
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_int_equal(n, 1);
    assert_int_equal(rev, 2);
    free(w);
}

static void test_wait_timeout(void **state)
{
    struct fix *f = *state;
    put(f->store, "a", text("1"));
    assert_int_equal(store_wait(f->store, 0, 0), 0);
    uint64_t start = clock_mono_ns();
    assert_int_equal(store_wait(f->store, 1, 30), ERR_TIMEOUT);
    assert_true(clock_mono_ns() - start >= 30 * NS_PER_MS);
    assert_int_equal(store_wait(f->store, 1, 0), ERR_TIMEOUT);
}

static void *wait_forever(void *arg)
{
    struct fix *f = arg;
    return (void *)(intptr_t)store_wait(f->store, 1, -1);
}

static void test_wait_wakes(void **state)
{
    struct fix *f = *state;
    pthread_t thread;
    void *result;
    put(f->store, "a", text("1"));
    assert_int_equal(pthread_create(&thread, NULL, wait_forever, f), 0);
    usleep(20000);
    put(f->store, "a", text("2"));
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, 0);
}

static void test_close_wakes(void **state)
{
    struct fix *f = *state;
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, wait_forever, f), 0);
    usleep(20000);
    store_close(f->store);
    f->store = NULL;
    pthread_join(thread, &result);
    assert_int_equal((intptr_t)result, ERR_NOT_FOUND);
}

/* Adds 1 to a counter, 50 times, under a compare. */
static void *count_up(void *arg)
{
    struct fix *f = arg;
    struct arena arena;
    arena_new(&arena, 1u << 20);
    for (int done = 0; done < 50;) {
        struct store_item item = {.mod_rev = 0};
        int value = 0;
        char out[16];
        uint64_t rev;
        arena_reset(&arena);
        if (store_get(f->store, text("n"), &arena, &item) == 0)
            value = atoi(item.value.data);
        snprintf(out, sizeof out, "%d", value + 1);
        struct store_compare c = {text("n"), item.mod_rev};
        struct store_write w = {text("n"), text(out)};
        int err = store_commit(f->store, &(struct store_txn){&c, 1, &w, 1, 0}, &rev);
        if (err == 0)
            done++;
        else if (err != ERR_CONFLICT)
            break;
    }
    arena_free(&arena);
    return NULL;
}

static void test_threads_lose_nothing(void **state)
{
    struct fix *f = *state;
    pthread_t threads[4];
    struct store_item item;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, f), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(store_get(f->store, text("n"), &f->arena, &item), 0);
    assert_bytes(item.value, "200");
    assert_int_equal(store_revision(f->store), 200);
}

static void test_unknown_urls(void **state)
{
    struct fix *f = *state;
    struct store *s = NULL;
    const char *why = NULL;
    assert_int_equal(store_open("tape:", &f->arena, &s, &why), ERR_INVALID);
    assert_non_null(why);
    assert_int_equal(store_open("sqlite:", &f->arena, &s, &why), ERR_INVALID);
    assert_int_equal(store_open("mem:x", &f->arena, &s, NULL), ERR_INVALID);
    assert_null(s);
    store_close(NULL);
}

static void reopen(struct fix *f)
{
    const char *why = NULL;
    store_close(f->store);
    if (store_open(f->url, &f->arena, &f->store, &why) != 0)
        fail_msg("%s", why);
}

static void test_sqlite_reopen(void **state)
{
    struct fix *f = *state;
    struct seen s = {0};
    uint64_t rev;
    put(f->store, "a", text("1"));
    put(f->store, "b", text("2"));
    reopen(f);
    assert_int_equal(store_revision(f->store), 2);
    assert_int_equal(put(f->store, "c", text("3")), 3);
    struct store_follow follow = {1, 0, see_change, &s};
    assert_int_equal(store_feed(f->store, &follow, &rev), 0);
    assert_string_equal(s.text, "2:b=2 3:c=3 ");
}

static void test_sqlite_two_processes(void **state)
{
    struct fix *f = *state;
    struct store *other;
    uint64_t rev;
    assert_int_equal(store_open(f->url, &f->arena, &other, NULL), 0);
    put(f->store, "a", text("1"));
    assert_int_equal(put(other, "b", text("2")), 2);
    assert_int_equal(store_wait(f->store, 1, 1000), 0);
    assert_int_equal(store_revision(f->store), 2);
    struct store_write w = {text("b"), text("3")};
    struct store_compare c = {text("b"), 0};
    assert_int_equal(store_commit(f->store, &(struct store_txn){&c, 1, &w, 1, 0}, &rev),
                     ERR_CONFLICT);
    /* That nothing had changed when the reading began says nothing of later. */
    assert_int_equal(store_commit(f->store, &(struct store_txn){&c, 1, &w, 1, 1}, &rev),
                     ERR_CONFLICT);
    store_close(other);
}

static void test_sqlite_secret_mode(void **state)
{
    struct fix *f = *state;
    struct stat st;
    assert_int_equal(stat(f->url + 7, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* Runs statements on the file as another program would. */
static void sql(const char *path, const char *statements)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, statements, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void assert_refused(struct fix *f, const char *url, const char *part)
{
    struct store *s = NULL;
    const char *why = NULL;
    assert_int_equal(store_open(url, &f->arena, &s, &why), ERR_CORRUPT);
    assert_non_null(strstr(why, part));
    assert_null(s);
}

static void test_sqlite_foreign_files(void **state)
{
    struct fix *f = *state;
    char path[96], url[128];
    snprintf(path, sizeof path, "%s/other", f->dir);
    snprintf(url, sizeof url, "sqlite:%s", path);
    sql(path, "CREATE TABLE theirs (x)");
    assert_refused(f, url, "another program");
    unlink(path);
    sql(path, "PRAGMA application_id=7");
    assert_refused(f, url, "another program");
    unlink(path);

    char junk[8192];
    memset(junk, 'x', sizeof junk);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    assert_refused(f, url, "not a database");
    fd = open(path, O_RDONLY); /* and was left as it was */
    char now[8192];
    assert_int_equal(read(fd, now, sizeof now), sizeof now);
    assert_memory_equal(now, junk, sizeof now);
    close(fd);

    sql(f->url + 7, "PRAGMA user_version=99");
    assert_refused(f, f->url, "newer version");
    struct store *s;
    const char *why;
    assert_int_equal(store_open("sqlite:/nonexistent/db", &f->arena, &s, &why), ERR_IO);
    assert_non_null(strstr(why, "No such file"));
}

/* A full disk: the commit fails, says so, changes nothing, and the store goes on when there is room
 * again. */
static void test_sqlite_disk_full(void **state)
{
    struct fix *f = *state;
    struct rlimit old, small;
    char big[65536];
    struct store_item item;
    uint64_t rev = 0;
    memset(big, 'v', sizeof big);
    put(f->store, "a", text("1"));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 65536;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct store_write w[2] = {{text("a"), text("2")}, {text("b"), {big, sizeof big}}};
    int err = store_commit(f->store, &(struct store_txn){NULL, 0, w, 2, 0}, &rev);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(err, ERR_IO);
    assert_string_not_equal(store_error(f->store), "no error");
    assert_int_equal(store_revision(f->store), 1);
    assert_int_equal(store_get(f->store, text("a"), &f->arena, &item), 0);
    assert_bytes(item.value, "1");
    assert_int_equal(put(f->store, "a", text("3")), 2);
    reopen(f);
    assert_int_equal(store_get(f->store, text("a"), &f->arena, &item), 0);
    assert_bytes(item.value, "3");
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : 0;
}

/* What commits append to the log comes into the file while the store is open, and the log begins
 * again: it does not grow with each commit. */
static void test_sqlite_folds(void **state)
{
    struct fix *f = *state;
    const char *path = f->url + strlen("sqlite:");
    char big[65536], key[16], log[256];
    memset(big, 'v', sizeof big);
    snprintf(log, sizeof log, "%s-wal", path);
    for (int round = 0; round < 10; round++) {
        off_t before = size_of(path);
        for (int i = 0; i < 50; i++) {
            snprintf(key, sizeof key, "k%d", round * 50 + i);
            put(f->store, key, (struct store_bytes){big, sizeof big});
        }
        for (int i = 0; i < 1000 && size_of(path) < before + 3000000; i++)
            usleep(10000);
        assert_true(size_of(path) >= before + 3000000); /* of 6.5 MB */
    }
    assert_in_range(size_of(log), 1, 40000000); /* of 65 MB */
}

#define BOTH(name) cmocka_unit_test_setup_teardown(name, fix_open, fix_close)

int main(void)
{
    const struct CMUnitTest both[] = {
        BOTH(test_get_put_delete),
        BOTH(test_get_needs_memory),
        BOTH(test_empty_keys_are_refused),
        BOTH(test_compares_guard),
        BOTH(test_range),
        BOTH(test_feed),
        BOTH(test_feed_compaction),
        BOTH(test_wait_timeout),
        BOTH(test_wait_wakes),
        BOTH(test_close_wakes),
        BOTH(test_threads_lose_nothing),
        BOTH(test_unknown_urls),
    };
    const struct CMUnitTest sqlite_only[] = {
        BOTH(test_sqlite_reopen),      BOTH(test_sqlite_two_processes),
        BOTH(test_sqlite_secret_mode), BOTH(test_sqlite_foreign_files),
        BOTH(test_sqlite_disk_full),   BOTH(test_sqlite_folds),
    };
    int failed = cmocka_run_group_tests_name("mem", both, NULL, NULL);
    use_sqlite = true;
    failed += cmocka_run_group_tests_name("sqlite", both, NULL, NULL);
    failed += cmocka_run_group_tests_name("sqlite only", sqlite_only, NULL, NULL);
    return failed;
}
