/* SPDX-License-Identifier: Apache-2.0 */
/* The store in one SQLite file: WAL with synchronous=FULL, so a commit that returned is on the
 * disk.
 *
 * One connection writes, behind a mutex; readers take a connection from a pool and see one revision
 * each. Several processes may share the file (a server and the command line): the revision lives in
 * the file and transactions begin IMMEDIATE. Many commits are not grouped into one fsync: the
 * control plane runs its mutations one after the other, so there would be nothing to group. */
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "store/fold.h"

#define APPLICATION_ID 0x42353353 /* "B53S": how we know our own files */
#define SCHEMA_VERSION 1
#define BUSY_MS 2000 /* another process may hold the write lock this long */
#define AGAIN_MS                                                                                \
    50             /* and this long when it did not let the last writer in either: callers wait \
                      one behind the other */
#define POLL_MS 50 /* how soon a commit of another process is noticed */
#define READERS_KEPT 8      /* idle read connections */
#define FOLD_PAGES 1000     /* of the log, from which on it is folded beside the commits */
#define FOLD_PAGES_MAX 8000 /* and by the commits themselves, which outrun that */

enum stmt {
    STMT_BEGIN,
    STMT_BEGIN_IMMEDIATE,
    STMT_COMMIT,
    STMT_ROLLBACK,
    STMT_META_GET,
    STMT_META_SET,
    STMT_GET,
    STMT_RANGE,
    STMT_RANGE_TO,
    STMT_PUT,
    STMT_DEL,
    STMT_FEED,
    STMT_FEED_LAST,
    STMT_FEED_AT,
    STMT_FEED_PUT,
    STMT_FEED_TRIM,
    STMTS_N
};

static const char *const stmt_text[STMTS_N] = {
    [STMT_BEGIN] = "BEGIN",
    [STMT_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
    [STMT_COMMIT] = "COMMIT",
    [STMT_ROLLBACK] = "ROLLBACK",
    [STMT_META_GET] = "SELECT value FROM meta WHERE name = ?1",
    [STMT_META_SET] = "UPDATE meta SET value = ?2 WHERE name = ?1",
    [STMT_GET] = "SELECT key, value, mod_rev FROM kv WHERE key = ?1",
    [STMT_RANGE] = "SELECT key, value, mod_rev FROM kv WHERE key >= ?1 ORDER BY key LIMIT ?2",
    [STMT_RANGE_TO] = "SELECT key, value, mod_rev FROM kv WHERE key >= ?1 AND key < ?3 "
                      "ORDER BY key LIMIT ?2",
    [STMT_PUT] = "INSERT INTO kv (key, value, mod_rev) VALUES (?1, ?2, ?3) "
                 "ON CONFLICT (key) DO UPDATE SET value = ?2, mod_rev = ?3",
    [STMT_DEL] = "DELETE FROM kv WHERE key = ?1",
    [STMT_FEED] = "SELECT key, value, rev FROM feed WHERE rev > ?1 ORDER BY rev, seq",
    [STMT_FEED_LAST] = "SELECT max(seq) FROM feed",
    [STMT_FEED_AT] = "SELECT rev FROM feed WHERE seq = ?1",
    [STMT_FEED_PUT] = "INSERT INTO feed (seq, rev, key, value) VALUES (?1, ?2, ?3, ?4)",
    [STMT_FEED_TRIM] = "DELETE FROM feed WHERE seq <= ?1",
};

/* migrations[v] leads from version v to v + 1. A file is brought up to SCHEMA_VERSION when it is
 * opened. */
static const char *const migrations[SCHEMA_VERSION] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('revision', 0), ('compacted', 0);"
    "CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB NOT NULL, mod_rev INTEGER NOT NULL) "
    "WITHOUT ROWID;"
    "CREATE TABLE feed (seq INTEGER PRIMARY KEY, rev INTEGER NOT NULL, key BLOB NOT NULL, "
    "value BLOB);"
    "CREATE INDEX feed_rev ON feed (rev);",
};

/* One connection with its statements, prepared when first used. One thread at a time. */
struct conn {
    sqlite3 *db;
    sqlite3_stmt *stmts[STMTS_N];
    struct conn *next; /* in the pool */
};

struct sqlite {
    char *path;
    pthread_mutex_t write_lock; /* guards the writer; held over a whole commit */
    struct conn *writer;
    struct fold *fold;         /* NULL until the log is long; guarded by write_lock */
    bool locked_out;           /* another process had the lock for BUSY_MS */
    pthread_mutex_t pool_lock; /* guards the pool; never held over a query */
    pthread_cond_t given;      /* a connection came back; CLOCK_MONOTONIC */
    struct conn *pool;
    unsigned pool_n, lent;
};

/* Keeps the text of what went wrong on a connection. */
static int conn_error(struct conn *c)
{
    int code = c->db != NULL ? sqlite3_extended_errcode(c->db) : SQLITE_NOMEM;
    store_set_error("%s (%d)", c->db != NULL ? sqlite3_errmsg(c->db) : "out of memory", code);
    return (code & 0xff) == SQLITE_NOMEM ? ERR_NOMEM : ERR_IO;
}

static void conn_close(struct conn *c)
{
    if (c == NULL)
        return;
    for (int i = 0; i < STMTS_N; i++)
        sqlite3_finalize(c->stmts[i]);
    sqlite3_close(c->db);
    free(c);
}

/* The statement, ready to bind; NULL after conn_error. */
static sqlite3_stmt *conn_stmt(struct conn *c, enum stmt which)
{
    sqlite3_stmt **stmt = &c->stmts[which];
    if (*stmt == NULL && sqlite3_prepare_v3(c->db, stmt_text[which], -1, SQLITE_PREPARE_PERSISTENT,
                                            stmt, NULL) != SQLITE_OK) {
        (void)conn_error(c);
        return NULL;
    }
    return *stmt;
}

/* Runs a statement that gives no rows, and readies it for the next use. */
static int stmt_run(struct conn *c, sqlite3_stmt *stmt)
{
    int code = sqlite3_step(stmt);
    int err = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : conn_error(c);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return err;
}

static int conn_run(struct conn *c, enum stmt which)
{
    sqlite3_stmt *stmt = conn_stmt(c, which);
    return stmt == NULL ? ERR_IO : stmt_run(c, stmt);
}

/* Binds bytes that outlive the step; data NULL is SQL's NULL. */
static void bind_bytes(sqlite3_stmt *stmt, int at, struct store_bytes b)
{
    if (b.data == NULL)
        sqlite3_bind_null(stmt, at);
    else
        sqlite3_bind_blob64(stmt, at, b.data, b.len, SQLITE_STATIC);
}

/* The bytes of a column until the next step. SQLite gives no pointer for an empty blob, we do: NULL
 * means deleted. */
static struct store_bytes column_bytes(sqlite3_stmt *stmt, int at)
{
    if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
        return (struct store_bytes){NULL, 0};
    const void *data = sqlite3_column_blob(stmt, at);
    size_t len = (size_t)sqlite3_column_bytes(stmt, at);
    return (struct store_bytes){len > 0 ? data : "", len};
}

/* The number that a statement selects: the first column of its first row, 0 for NULL. *ret_found
 * (may be NULL) tells whether there was a row. */
static int stmt_number(struct conn *c, sqlite3_stmt *stmt, uint64_t *ret, bool *ret_found)
{
    int code = sqlite3_step(stmt);
    int err = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : conn_error(c);
    if (err == 0) {
        *ret = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
        if (ret_found != NULL)
            *ret_found = code == SQLITE_ROW;
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return err;
}

static int meta_get(struct conn *c, const char *name, uint64_t *ret)
{
    sqlite3_stmt *stmt = conn_stmt(c, STMT_META_GET);
    if (stmt == NULL)
        return ERR_IO;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    return stmt_number(c, stmt, ret, NULL);
}

static int meta_set(struct conn *c, const char *name, uint64_t value)
{
    sqlite3_stmt *stmt = conn_stmt(c, STMT_META_SET);
    if (stmt == NULL)
        return ERR_IO;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, (sqlite3_int64)value);
    return stmt_run(c, stmt);
}

/* A number that a one-line query selects; for opening only. */
static int conn_number(struct conn *c, const char *sql, uint64_t *ret)
{
    sqlite3_stmt *stmt;
    if (sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return conn_error(c);
    int err = stmt_number(c, stmt, ret, NULL);
    sqlite3_finalize(stmt);
    return err;
}

static int conn_exec(struct conn *c, const char *sql)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : conn_error(c);
}

/* Opens a connection; no file is made here. NULL after conn_error. */
static struct conn *conn_open(const char *path)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(path, &c->db, flags, NULL) != SQLITE_OK) {
        (void)conn_error(c);
        conn_close(c);
        return NULL;
    }
    sqlite3_busy_timeout(c->db, BUSY_MS);
    return c;
}

/* Waits until a connection comes back. Lock held. */
static void reader_wait(struct sqlite *s)
{
    uint64_t until = clock_mono_ns() + BUSY_MS * NS_PER_MS;
    struct timespec ts = {(time_t)(until / NS_PER_S), (long)(until % NS_PER_S)};
    int err = 0;
    while (s->pool == NULL && s->lent > 0 && err == 0)
        err = pthread_cond_timedwait(&s->given, &s->pool_lock, &ts);
}

/* Takes a read connection out of the pool, or opens one. Where none can be opened (no descriptors,
 * no memory), those that there are go round. */
static struct conn *reader_take(struct sqlite *s)
{
    struct conn *fresh = NULL;
    pthread_mutex_lock(&s->pool_lock);
    if (s->pool == NULL) {
        pthread_mutex_unlock(&s->pool_lock);
        fresh = conn_open(s->path);
        pthread_mutex_lock(&s->pool_lock);
        if (fresh == NULL)
            reader_wait(s);
    }
    struct conn *c = fresh;
    if (c == NULL && s->pool != NULL) {
        c = s->pool;
        s->pool = c->next;
        s->pool_n--;
    }
    s->lent += c != NULL;
    pthread_mutex_unlock(&s->pool_lock);
    return c;
}

static void reader_give(struct sqlite *s, struct conn *c)
{
    pthread_mutex_lock(&s->pool_lock);
    s->lent--;
    bool keep = s->pool_n < READERS_KEPT;
    if (keep) {
        c->next = s->pool;
        s->pool = c;
        s->pool_n++;
    }
    pthread_cond_signal(&s->given);
    pthread_mutex_unlock(&s->pool_lock);
    if (!keep)
        conn_close(c);
}

/* Refuses files of others before anything is changed in them. */
static int file_check(struct conn *c, const char **ret_why)
{
    uint64_t id, version, tables;
    if (conn_number(c, "PRAGMA application_id", &id) != 0 ||
        conn_number(c, "PRAGMA user_version", &version) != 0 ||
        conn_number(c, "SELECT count(*) FROM sqlite_schema", &tables) != 0) {
        if (sqlite3_errcode(c->db) != SQLITE_NOTADB)
            return ERR_IO;
        *ret_why = "it is not a database";
        return ERR_CORRUPT;
    }
    if (id != APPLICATION_ID && (id != 0 || version != 0 || tables != 0)) {
        *ret_why = "it is the database of another program";
        return ERR_CORRUPT;
    }
    if (version > SCHEMA_VERSION) {
        *ret_why = "it was written by a newer version of this program";
        return ERR_CORRUPT;
    }
    return 0;
}

/* Brings the tables up to date, all steps in one transaction; another process may be doing the
 * same. */
static int file_migrate(struct conn *c)
{
    uint64_t version;
    int err = conn_exec(c, "BEGIN IMMEDIATE");
    if (err != 0)
        return err;
    err = conn_number(c, "PRAGMA user_version", &version);
    for (; err == 0 && version < SCHEMA_VERSION; version++) {
        char *pragmas = sqlite3_mprintf("PRAGMA application_id=%d;PRAGMA user_version=%d",
                                        APPLICATION_ID, (int)version + 1);
        err = pragmas == NULL ? ERR_NOMEM : conn_exec(c, migrations[version]);
        if (err == 0)
            err = conn_exec(c, pragmas);
        sqlite3_free(pragmas);
    }
    if (err == 0)
        err = conn_exec(c, "COMMIT");
    if (err != 0)
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL); /* keeps the text of the first error */
    return err;
}

/* Makes an empty file for the owner alone, for it will hold secrets; a file that exists keeps its
 * mode. */
static int file_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) {
        store_set_error("%s", strerror(errno));
        return ERR_IO;
    }
    if (fd >= 0)
        close(fd);
    return 0;
}

static void sqlite_close(void *impl)
{
    struct sqlite *s = impl;
    fold_close(s->fold);
    while (s->pool != NULL) {
        struct conn *c = s->pool;
        s->pool = c->next;
        conn_close(c);
    }
    conn_close(s->writer); /* last, so that it folds the log into the file */
    pthread_cond_destroy(&s->given);
    pthread_mutex_destroy(&s->pool_lock);
    pthread_mutex_destroy(&s->write_lock);
    free(s->path);
    free(s);
}

static int sqlite_revision(void *impl, uint64_t *ret)
{
    struct sqlite *s = impl;
    struct conn *c = reader_take(s);
    if (c == NULL)
        return ERR_IO;
    int err = meta_get(c, "revision", ret);
    reader_give(s, c);
    return err;
}

/* After each commit, with write_lock held: the log has so many pages. */
static int on_log(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sqlite *s = ctx;
    if (pages < FOLD_PAGES)
        return SQLITE_OK;
    if (s->fold == NULL)
        s->fold = fold_new(s->path);
    if (s->fold != NULL && pages < FOLD_PAGES_MAX)
        fold_due(s->fold);
    else /* what was committed is so, whether this works or not */
        (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

static int sqlite_prepare(struct sqlite *s, const char **ret_why)
{
    int err = file_create(s->path);
    if (err != 0)
        return err;
    s->writer = conn_open(s->path);
    if (s->writer == NULL)
        return ERR_IO;
    err = file_check(s->writer, ret_why);
    if (err == 0)
        err = conn_exec(s->writer, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    if (err == 0)
        err = file_migrate(s->writer);
    sqlite3_wal_hook(s->writer->db, on_log, s);
    /* One reader with all its files open: there will be one, whatever becomes short. */
    uint64_t rev;
    return err == 0 ? sqlite_revision(s, &rev) : err;
}

int sqlite_open(const char *path, struct arena *arena, void **ret_impl, const char **ret_why)
{
    struct sqlite *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR_NOMEM;
    must(pthread_mutex_init(&s->write_lock, NULL) == 0);
    must(pthread_mutex_init(&s->pool_lock, NULL) == 0);
    pthread_condattr_t attr;
    must(pthread_condattr_init(&attr) == 0);
    must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    must(pthread_cond_init(&s->given, &attr) == 0);
    pthread_condattr_destroy(&attr);
    s->path = strdup(path);
    const char *why = NULL;
    int err = s->path == NULL ? ERR_NOMEM : sqlite_prepare(s, &why);
    if (err == 0) {
        *ret_impl = s;
        return 0;
    }
    why = arena_printf(arena, "cannot use %s: %s", path, why != NULL ? why : store_error(NULL));
    if (why != NULL)
        *ret_why = why;
    sqlite_close(s);
    return err;
}

static int get_item(struct conn *c, struct store_bytes key, struct arena *arena,
                    struct store_item *ret)
{
    sqlite3_stmt *stmt = conn_stmt(c, STMT_GET);
    if (stmt == NULL)
        return ERR_IO;
    struct store_item item;
    bind_bytes(stmt, 1, key);
    int code = sqlite3_step(stmt);
    int err = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? ERR_NOT_FOUND : conn_error(c);
    if (err == 0) {
        item.mod_rev = (uint64_t)sqlite3_column_int64(stmt, 2);
        err = store_bytes_dup(arena, column_bytes(stmt, 0), &item.key);
    }
    if (err == 0)
        err = store_bytes_dup(arena, column_bytes(stmt, 1), &item.value);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    if (err == 0)
        *ret = item;
    return err;
}

static int sqlite_get(void *impl, struct store_bytes key, struct arena *arena,
                      struct store_item *ret)
{
    struct sqlite *s = impl;
    struct conn *c = reader_take(s);
    if (c == NULL)
        return ERR_IO;
    int err = get_item(c, key, arena, ret);
    reader_give(s, c);
    return err;
}

static int range_rows(struct conn *c, const struct store_walk *walk)
{
    bool bounded = walk->to.len > 0;
    sqlite3_stmt *stmt = conn_stmt(c, bounded ? STMT_RANGE_TO : STMT_RANGE);
    if (stmt == NULL)
        return ERR_IO;
    bind_bytes(stmt, 1,
               (struct store_bytes){walk->from.len > 0 ? walk->from.data : "", walk->from.len});
    sqlite3_bind_int64(stmt, 2, walk->limit > 0 ? (sqlite3_int64)walk->limit : -1);
    if (bounded)
        bind_bytes(stmt, 3, walk->to);
    int err = 0;
    while (err == 0) {
        int code = sqlite3_step(stmt);
        if (code == SQLITE_DONE)
            break;
        if (code != SQLITE_ROW) {
            err = conn_error(c);
            break;
        }
        struct store_item item = {column_bytes(stmt, 0), column_bytes(stmt, 1),
                                  (uint64_t)sqlite3_column_int64(stmt, 2)};
        err = walk->each(walk->ctx, &item);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return err;
}

static int sqlite_range(void *impl, const struct store_walk *walk, uint64_t *ret_rev)
{
    struct sqlite *s = impl;
    struct conn *c = reader_take(s);
    if (c == NULL)
        return ERR_IO;
    uint64_t rev;
    int err = conn_run(c, STMT_BEGIN);
    if (err == 0) {
        err = meta_get(c, "revision", &rev); /* the first read fixes what the transaction sees */
        if (err == 0)
            err = range_rows(c, walk);
        (void)conn_run(c, STMT_ROLLBACK);
    }
    reader_give(s, c);
    if (err == 0)
        *ret_rev = rev;
    return err;
}

static int compares_check(struct conn *c, const struct store_txn *txn)
{
    sqlite3_stmt *stmt = conn_stmt(c, STMT_GET);
    if (stmt == NULL)
        return ERR_IO;
    for (size_t i = 0; i < txn->compares_n; i++) {
        bind_bytes(stmt, 1, txn->compares[i].key);
        int code = sqlite3_step(stmt);
        uint64_t rev = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stmt, 2) : 0;
        int err = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : conn_error(c);
        sqlite3_reset(stmt);
        if (err != 0)
            return err;
        if (rev != txn->compares[i].mod_rev)
            return ERR_CONFLICT;
    }
    return 0;
}

/* Writes one pair and, if anything changed, its change under number *seq + 1. */
static int write_apply(struct conn *c, const struct store_write *w, uint64_t rev, uint64_t *seq)
{
    bool delete = w->value.data == NULL;
    sqlite3_stmt *stmt = conn_stmt(c, delete ? STMT_DEL : STMT_PUT);
    sqlite3_stmt *feed = conn_stmt(c, STMT_FEED_PUT);
    if (stmt == NULL || feed == NULL)
        return ERR_IO;
    bind_bytes(stmt, 1, w->key);
    if (!delete) {
        bind_bytes(stmt, 2, w->value);
        sqlite3_bind_int64(stmt, 3, (sqlite3_int64)rev);
    }
    int err = stmt_run(c, stmt);
    if (err != 0 || (delete &&sqlite3_changes(c->db) == 0))
        return err;
    *seq += 1;
    sqlite3_bind_int64(feed, 1, (sqlite3_int64)*seq);
    sqlite3_bind_int64(feed, 2, (sqlite3_int64)rev);
    bind_bytes(feed, 3, w->key);
    bind_bytes(feed, 4, w->value);
    return stmt_run(c, feed);
}

/* Drops what the feed holds beyond LIMIT_FEED_KEEP changes and notes up to which revision it has
 * holes now. */
static int feed_trim(struct conn *c, uint64_t seq)
{
    if (seq <= LIMIT_FEED_KEEP)
        return 0;
    uint64_t cut = seq - LIMIT_FEED_KEEP, rev;
    bool found;
    sqlite3_stmt *at = conn_stmt(c, STMT_FEED_AT);
    sqlite3_stmt *trim = conn_stmt(c, STMT_FEED_TRIM);
    if (at == NULL || trim == NULL)
        return ERR_IO;
    sqlite3_bind_int64(at, 1, (sqlite3_int64)cut);
    int err = stmt_number(c, at, &rev, &found);
    if (err != 0 || !found)
        return err;
    err = meta_set(c, "compacted", rev);
    if (err != 0)
        return err;
    sqlite3_bind_int64(trim, 1, (sqlite3_int64)cut);
    return stmt_run(c, trim);
}

/* The inside of a commit's transaction. */
static int commit_body(struct conn *c, const struct store_txn *txn, uint64_t *ret_rev)
{
    uint64_t rev, seq;
    int err = meta_get(c, "revision", &rev);
    if (err == 0 && (txn->since == 0 || rev != txn->since))
        err = compares_check(c, txn);
    if (err != 0)
        return err;
    sqlite3_stmt *last = conn_stmt(c, STMT_FEED_LAST);
    err = last == NULL ? ERR_IO : stmt_number(c, last, &seq, NULL);
    rev++;
    for (size_t i = 0; i < txn->writes_n && err == 0; i++)
        err = write_apply(c, &txn->writes[i], rev, &seq);
    if (err == 0)
        err = feed_trim(c, seq);
    if (err == 0)
        err = meta_set(c, "revision", rev);
    if (err == 0)
        *ret_rev = rev;
    return err;
}

/* Takes the write lock of the file. */
static int commit_begin(struct sqlite *s)
{
    sqlite3_busy_timeout(s->writer->db, s->locked_out ? AGAIN_MS : BUSY_MS);
    int err = conn_run(s->writer, STMT_BEGIN_IMMEDIATE);
    s->locked_out = err != 0 && (sqlite3_errcode(s->writer->db) & 0xff) == SQLITE_BUSY;
    return err;
}

static int sqlite_commit(void *impl, const struct store_txn *txn, uint64_t *ret_rev)
{
    struct sqlite *s = impl;
    uint64_t rev;
    pthread_mutex_lock(&s->write_lock);
    struct conn *c = s->writer;
    int err = commit_begin(s);
    if (err == 0) {
        err = commit_body(c, txn, &rev);
        if (err == 0)
            err = conn_run(c, STMT_COMMIT);
        /* Some errors roll back by themselves; asking again would hide their text. */
        if (err != 0 && sqlite3_get_autocommit(c->db) == 0)
            sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    }
    pthread_mutex_unlock(&s->write_lock);
    if (err == 0)
        *ret_rev = rev;
    return err;
}

/* Gives the changes behind follow->after; *ret_last is the last whole revision given when the limit
 * ended the walk, else 0. */
static int feed_rows(struct conn *c, const struct store_follow *f, uint64_t *ret_last)
{
    sqlite3_stmt *stmt = conn_stmt(c, STMT_FEED);
    if (stmt == NULL)
        return ERR_IO;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)f->after);
    uint64_t last = f->after;
    size_t given = 0;
    int err = 0, code = SQLITE_DONE;
    while (err == 0 && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_change change = {(uint64_t)sqlite3_column_int64(stmt, 2),
                                      column_bytes(stmt, 0), column_bytes(stmt, 1)};
        if (f->limit > 0 && given >= f->limit && change.rev != last)
            break;
        err = f->each(f->ctx, &change);
        last = change.rev;
        given++;
    }
    if (err == 0 && code != SQLITE_ROW && code != SQLITE_DONE)
        err = conn_error(c);
    if (err == 0)
        *ret_last = code == SQLITE_ROW ? last : 0;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return err;
}

/* The inside of a feed's read transaction. */
static int feed_body(struct conn *c, const struct store_follow *f, uint64_t *ret_rev)
{
    uint64_t rev, compacted, last;
    int err = meta_get(c, "revision", &rev);
    if (err == 0)
        err = meta_get(c, "compacted", &compacted);
    if (err == 0 && f->after < compacted)
        err = ERR_COMPACTED;
    if (err == 0)
        err = feed_rows(c, f, &last);
    if (err != 0)
        return err;
    if (last != 0)
        rev = last;
    *ret_rev = rev > f->after ? rev : f->after;
    return 0;
}

static int sqlite_feed(void *impl, const struct store_follow *follow, uint64_t *ret_rev)
{
    struct sqlite *s = impl;
    struct conn *c = reader_take(s);
    if (c == NULL)
        return ERR_IO;
    uint64_t rev;
    int err = conn_run(c, STMT_BEGIN);
    if (err == 0) {
        err = feed_body(c, follow, &rev);
        (void)conn_run(c, STMT_ROLLBACK);
    }
    reader_give(s, c);
    if (err == 0)
        *ret_rev = rev;
    return err;
}

/* The page caches of the connections that rest. */
static void sqlite_trim(void *impl)
{
    struct sqlite *s = impl;
    pthread_mutex_lock(&s->pool_lock);
    for (struct conn *c = s->pool; c != NULL; c = c->next)
        sqlite3_db_release_memory(c->db);
    pthread_mutex_unlock(&s->pool_lock);
}

const struct store_backend sqlite_backend = {
    .poll_ms = POLL_MS,
    .close = sqlite_close,
    .trim = sqlite_trim,
    .revision = sqlite_revision,
    .get = sqlite_get,
    .range = sqlite_range,
    .commit = sqlite_commit,
    .feed = sqlite_feed,
};
