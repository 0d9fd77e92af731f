/* SPDX-License-Identifier: Apache-2.0 */
/* Two workers against one, in the resolver core without sockets: whatever both write, or one writes
 * near what the other reads, makes their answers dearer. Each is timed alone on its core and with
 * the other, in turns, by its own CPU clock. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "micro.h"

#define WORKERS 2
#define ROUNDS 15
#define ANSWERS 400000

struct lane {
    const struct world *world;
    pthread_t thread;
    int cpu;
    unsigned at;
    bool beside; /* the other one runs, too */
    uint64_t cpu_ns;
};

static pthread_barrier_t start;

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void *lane_run(void *arg)
{
    struct lane *l = arg;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(l->cpu, &set);
    must(!pthread_setaffinity_np(pthread_self(), sizeof(set), &set));
    struct world own;
    world_join(&own, l->world);
    micro_answer(&own, ANSWERS / 8, &l->at); /* its caches are warm */
    if (l->beside)
        pthread_barrier_wait(&start);
    uint64_t before = thread_cpu_ns();
    micro_answer(&own, ANSWERS, &l->at);
    l->cpu_ns = thread_cpu_ns() - before;
    if (l->beside) /* so that the other one is not alone at its end */
        micro_answer(&own, ANSWERS / 8, &l->at);
    world_leave(&own);
    return NULL;
}

static void lane_start(struct lane *l, bool beside)
{
    l->beside = beside;
    must(!pthread_create(&l->thread, NULL, lane_run, l));
}

/* The CPU of two workers at once as a multiple of theirs one after the other. */
static double round_ratio(struct lane lane[WORKERS])
{
    uint64_t alone = 0, together = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        lane_start(&lane[i], false);
        must(!pthread_join(lane[i].thread, NULL));
        alone += lane[i].cpu_ns;
    }
    for (unsigned i = 0; i < WORKERS; i++)
        lane_start(&lane[i], true);
    for (unsigned i = 0; i < WORKERS; i++) {
        must(!pthread_join(lane[i].thread, NULL));
        together += lane[i].cpu_ns;
    }
    return (double)together / (double)alone;
}

bool micro_workers(const struct work *work)
{
    struct lane lane[WORKERS];
    struct world world;
    double ratio[ROUNDS];
    cpu_set_t set;
    int cpu = 0;
    must(!sched_getaffinity(0, sizeof(set), &set));
    if (CPU_COUNT(&set) < WORKERS) {
        fprintf(stderr, "micro: two workers need two processors\n");
        return false;
    }
    world_init(&world, work);
    for (unsigned i = 0; i < WORKERS; i++, cpu++) {
        while (!CPU_ISSET(cpu, &set))
            cpu++;
        lane[i] = (struct lane){.world = &world, .cpu = cpu, .at = i};
    }
    must(!pthread_barrier_init(&start, NULL, WORKERS));
    for (unsigned i = 0; i < ROUNDS; i++)
        ratio[i] = round_ratio(lane);
    double middle = micro_median(ratio, ROUNDS);
    printf("{\"work\": \"%s\", \"ratio\": %.3f, \"low\": %.3f, \"high\": %.3f}\n", work->name,
           middle, ratio[0], ratio[ROUNDS - 1]);
    fflush(stdout);
    pthread_barrier_destroy(&start);
    world_deinit(&world);
    return true;
}
