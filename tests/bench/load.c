/* SPDX-License-Identifier: Apache-2.0 */
/* A load generator for loopback: keeps a number of queries outstanding, or a rate, checks every
 * answer, and prints what happened as one line of JSON.
 *
 *   load --server ADDR:PORT (--name TEMPLATE | --file NAMES) [--names N] [--type T]
 *        [--source ADDR | --sources FIRST+STEPxCOUNT] [--seconds S] [--count N] [--window N]
 * [--rate N]
 *        [--sockets N] [--timeout MS] [--tcp CONNECTIONS [--once]] [--expect-rcode NAME]
 *        [--expect-answers N] [--expect-net ADDR] [--within MS] [--synth] [--series]
 *
 * "%u" in a template becomes a number below --names; without --names every name is new. `lost` are
 * queries without an answer after --timeout, `wrong` are answers that are not as expected. The
 * worst window is that of 100 ms whose 99th percentile is highest. --within counts the answers that
 * came in time, --synth checks each answer against its name, --series prints each 100 ms.
 *
 * --sources spreads the queries over COUNT clients' addresses, STEP apart. --expect-net says that
 * the first record of an answer ends with this address plus the name's number plus 256 times its
 * client's number. --tcp shares the window among connections; --once asks one query on each. With
 * --rate the window must hold what comes in while the server pauses, or the pause is not seen. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "dns/build.h"
#include "load.h"

#define SOCKETS_MAX 256
#define CONNECTIONS_MAX 20000
#define DESCRIPTORS_MORE 64

/* --- options ---------------------------------------------------------------------------------- */

static const struct option longs[] = {
    {"server", 1, NULL, 's'},       {"name", 1, NULL, 'n'},
    {"names", 1, NULL, 'N'},        {"file", 1, NULL, 'f'},
    {"type", 1, NULL, 't'},         {"source", 1, NULL, 'S'},
    {"seconds", 1, NULL, 'd'},      {"count", 1, NULL, 'c'},
    {"window", 1, NULL, 'w'},       {"rate", 1, NULL, 'r'},
    {"sockets", 1, NULL, 'k'},      {"timeout", 1, NULL, 'T'},
    {"expect-rcode", 1, NULL, 'e'}, {"expect-answers", 1, NULL, 'a'},
    {"within", 1, NULL, 'W'},       {"synth", 0, NULL, 'y'},
    {"series", 0, NULL, 'p'},       {"sources", 1, NULL, 'X'},
    {"tcp", 1, NULL, 'C'},          {"once", 0, NULL, 'o'},
    {"expect-net", 1, NULL, 'x'},   {NULL, 0, NULL, 0},
};

/* Takes an option of what is observed; false: it is none. */
static bool observe_take(struct observe *o, int c, const char *arg)
{
    if (c == 'W')
        o->within = strtoull(arg, NULL, 10) * NS_PER_MS;
    o->synth |= c == 'y';
    o->series |= c == 'p';
    return c == 'W' || c == 'y' || c == 'p';
}

/* "FIRST+STEPxCOUNT", or an address alone. */
static bool sources_take(struct sources *s, const char *arg)
{
    char first[ADDR_TEXT_MAX];
    size_t n = strcspn(arg, "+");
    *s = (struct sources){.step = 1, .count = 1};
    if (n >= sizeof(first) || (arg[n] && sscanf(arg + n, "+%ux%u", &s->step, &s->count) != 2))
        return false;
    snprintf(first, sizeof(first), "%.*s", (int)n, arg);
    return addr_parse(first, &s->first) == 0 && s->count > 0 &&
           (s->count == 1 || s->first.family == AF_INET);
}

static bool net_take(struct options *o, const char *arg)
{
    struct addr a;
    o->check = true;
    if (addr_parse(arg, &a) || a.family != AF_INET)
        return false;
    o->net = (uint32_t)a.b[0] << 24 | (uint32_t)a.b[1] << 16 | (uint32_t)a.b[2] << 8 | a.b[3];
    return true;
}

/* Takes an option of how the server is reached; false: it is wrong. */
static bool reach_take(struct options *o, int c, const char *arg)
{
    switch (c) {
    case 'X':
        return sources_take(&o->sources, arg);
    case 'x':
        return net_take(o, arg);
    case 'C':
        o->tcp = (unsigned)strtoul(arg, NULL, 10);
        return o->tcp > 0 && o->tcp <= CONNECTIONS_MAX;
    case 'o':
        o->once = true;
        return true;
    default:
        return false;
    }
}

/* Takes one option; false: it is wrong. */
static bool option_take(struct options *o, int c, const char *arg)
{
    switch (c) {
    case 's':
        return sockname_parse(arg, 53, &o->server) == 0;
    case 'S':
        return strcspn(arg, "+") == strlen(arg) && sources_take(&o->sources, arg);
    case 't':
        return type_parse(arg, &o->type) == 0;
    case 'e':
        return rcode_parse(arg, &o->rcode) == 0;
    case 'n':
        o->name = arg;
        return true;
    case 'f':
        o->file = arg;
        return true;
    case 'N':
        o->names = strtoull(arg, NULL, 10);
        return true;
    case 'd':
        o->seconds = strtod(arg, NULL);
        return o->seconds > 0;
    case 'c':
        o->count = strtoull(arg, NULL, 10);
        return true;
    case 'r':
        o->rate = strtoull(arg, NULL, 10);
        return true;
    case 'w':
        o->window = (unsigned)strtoul(arg, NULL, 10);
        return o->window > 0;
    case 'k':
        o->sockets = (unsigned)strtoul(arg, NULL, 10);
        return o->sockets > 0 && o->sockets <= SOCKETS_MAX;
    case 'T':
        o->timeout_ms = (unsigned)strtoul(arg, NULL, 10);
        return o->timeout_ms > 0;
    case 'a':
        o->answers = atoi(arg);
        return true;
    default:
        return reach_take(o, c, arg);
    }
}

static bool options_take(struct options *o, struct observe *observe, int argc, char **argv)
{
    int c;
    *o = (struct options){
        .window = 128, .sockets = 8, .timeout_ms = 2000, .type = TYPE_A, .answers = -1};
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
        if (!observe_take(observe, c, optarg) && !option_take(o, c, optarg))
            return false;
    bool loopback =
        o->server.addr.family == AF_INET ? o->server.addr.b[0] == 127 : o->server.addr.b[15] == 1;
    if (optind != argc || !o->server.addr.family || (!o->name && !o->file) ||
        (!o->seconds && !o->count))
        return false;
    if (!loopback)
        fprintf(stderr, "load: only servers on loopback are asked\n");
    return loopback;
}

/* Room for the sockets, and timers that are exact to the microsecond. */
static void process_prepare(const struct options *o)
{
    struct rlimit r;
    rlim_t want = (rlim_t)o->tcp + DESCRIPTORS_MORE;
    prctl(PR_SET_TIMERSLACK, 1);
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < want) {
        r.rlim_cur = want < r.rlim_max ? want : r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

int main(int argc, char **argv)
{
    static struct load l;
    if (!options_take(&l.o, &l.observe, argc, argv)) {
        fprintf(stderr, "usage: see the head of tests/bench/load.c\n");
        return 2;
    }
    if (l.o.window < l.o.sockets)
        l.o.sockets = l.o.window;
    l.slots = l.o.once ? 1 : l.o.window / (l.o.tcp ? l.o.tcp : l.o.sockets);
    l.slots = l.slots < 1 ? 1 : l.slots > LOAD_SLOTS ? LOAD_SLOTS : l.slots;
    process_prepare(&l.o);
    work_prepare(&l);
    (l.o.tcp ? tcp_run : udp_run)(&l);
    double seconds = (double)(l.now - l.start) / 1e9;
    printf("{\"sent\": %llu, \"received\": %llu, \"lost\": %llu, \"wrong\": %llu, \"late\": %llu, "
           "\"broken\": %llu, "
           "\"seconds\": %.3f, \"rate\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
           "\"p999_us\": %.1f, \"worst_window_p99_us\": %.1f",
           (unsigned long long)l.sent, (unsigned long long)l.received, (unsigned long long)l.lost,
           (unsigned long long)l.wrong, (unsigned long long)l.late, (unsigned long long)l.broken,
           seconds, (double)l.received / seconds, (double)work_percentile(&l, 0.5) / 1e3,
           (double)work_percentile(&l, 0.99) / 1e3, (double)work_percentile(&l, 0.999) / 1e3,
           (double)l.worst_ns / 1e3);
    observe_print(&l.observe);
    printf("}\n");
    return l.received ? 0 : 1;
}
