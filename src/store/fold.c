/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that folds; it sleeps until a commit says that the log is long. */
#include "store/fold.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/check.h"

struct fold {
    sqlite3 *db;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows; never held over the folding */
    pthread_cond_t told;
    bool due, stop;
};

static void *fold_thread(void *arg)
{
    struct fold *f = arg;
    pthread_mutex_lock(&f->lock);
    while (!f->stop) {
        if (!f->due) {
            pthread_cond_wait(&f->told, &f->lock);
            continue;
        }
        f->due = false;
        pthread_mutex_unlock(&f->lock);
        /* Neither waits for readers or writers nor holds them up. What it can't do (a reader is
         * behind, the disk is full) is done later: the next commit says so again. */
        (void)sqlite3_wal_checkpoint_v2(f->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        pthread_mutex_lock(&f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

static void fold_free(struct fold *f)
{
    sqlite3_close(f->db);
    pthread_cond_destroy(&f->told);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

struct fold *fold_new(const char *path)
{
    struct fold *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    must(pthread_mutex_init(&f->lock, NULL) == 0);
    must(pthread_cond_init(&f->told, NULL) == 0);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &f->db, flags, NULL) != SQLITE_OK ||
        sqlite3_exec(f->db, "PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK ||
        pthread_create(&f->thread, NULL, fold_thread, f) != 0) {
        fold_free(f);
        return NULL;
    }
    return f;
}

void fold_due(struct fold *f)
{
    pthread_mutex_lock(&f->lock);
    f->due = true;
    pthread_cond_signal(&f->told);
    pthread_mutex_unlock(&f->lock);
}

void fold_close(struct fold *f)
{
    if (f == NULL)
        return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_signal(&f->told);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    fold_free(f);
}
