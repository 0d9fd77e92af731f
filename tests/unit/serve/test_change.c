/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is lost while the model changes under load: records, and listeners that come and go. */
#include "world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define QUERIES 20000
#define WINDOW 64
#define GIVE_UP_NS (2 * NS_PER_S)

struct blaster {
    pthread_t thread;
    const struct world *world;
    const char *to;
    unsigned answered, wrong, lost;
};

/* Keeps WINDOW queries outstanding until all were asked. */
static void *blast(void *arg)
{
    struct blaster *b = arg;
    static _Thread_local uint64_t asked_at[QUERIES];
    uint8_t wire[512];
    char name[64];
    unsigned next = 0, open = 0;
    int fd = client_open(b->world, SOCK_DGRAM, CLIENT, b->to);
    while (next < QUERIES || open) {
        while (next < QUERIES && open < WINDOW) {
            snprintf(name, sizeof(name), "n%u.zone.test", next % 100);
            size_t len = query_make(wire, sizeof(wire), (uint16_t)next, name, TYPE_A);
            if (send(fd, wire, len, 0) != (ssize_t)len)
                break;
            asked_at[next++] = clock_mono_ns();
            open++;
        }
        struct pollfd p = {fd, POLLIN, 0};
        if (poll(&p, 1, 2000) == 0) {
            b->lost += open;
            break;
        }
        ssize_t n = recv(fd, wire, sizeof(wire), MSG_DONTWAIT);
        if (n < MSG_HEADER)
            continue;
        unsigned id = reply_id(wire);
        b->wrong += id >= next || !asked_at[id] || reply_answers(wire) != 1;
        if (id < QUERIES)
            asked_at[id] = 0;
        b->answered++;
        open--;
    }
    close(fd);
    return NULL;
}

static void change(struct world *w, unsigned round)
{
    char address[32];
    snprintf(address, sizeof(address), "10.9.%u.%u", round >> 8 & 255, round & 255);
    world_record(w, "moving.zone.test", address);
    if (round % 2)
        compile_endpoint_del(w->compiler, "rslvr-in-2");
    else
        world_inbound(w, "rslvr-in-2", "127.53.2.20");
    world_commit(w);
}

static void run(unsigned workers)
{
    static struct world w;
    struct blaster b[2] = {{.to = RESOLVER}, {.to = INBOUND}};
    unsigned round = 0;
    world_start(&w, &(struct world_options){.workers = workers});
    for (unsigned i = 0; i < 2; i++) {
        b[i].world = &w;
        assert_int_equal(pthread_create(&b[i].thread, NULL, blast, &b[i]), 0);
    }
    for (uint64_t end = clock_mono_ns() + NS_PER_S / 2; clock_mono_ns() < end; round++) {
        change(&w, round);
        usleep(10000);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(b[i].thread, NULL);
        assert_int_equal(b[i].lost, 0);
        assert_int_equal(b[i].wrong, 0);
        assert_int_equal(b[i].answered, QUERIES);
    }
    assert_true(round > 5);
    world_stop(&w);
}

static void test_one_worker(void **state)
{
    (void)state;
    run(1);
}

static void test_three_workers(void **state)
{
    (void)state;
    run(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_worker),
        cmocka_unit_test(test_three_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
