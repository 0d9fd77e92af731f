/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked, and what becomes of it. Names are asked in an order that looks random but comes to
 * each once a turn: an order that a processor can guess would flatter every server. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/build.h"

#define WINDOW_NS (100 * NS_PER_MS)
#define SLOT_BITS 10
#define LABEL_MAX 63
#define SOURCE_SHIFT 8 /* a source's addresses are 256 apart in --expect-net */
#define GOLDEN 0.6180339887

void load_die(const char *what)
{
    perror(what);
    exit(1);
}

/* --- latency ---------------------------------------------------------------------------------- */

/* Sixteen steps for each power of two of nanoseconds: within 7 % of the truth. */
static unsigned bucket_of(uint64_t ns)
{
    if (ns < 16)
        return (unsigned)ns;
    unsigned top = 63 - (unsigned)__builtin_clzll(ns);
    return (top - 3) * 16 + (unsigned)(ns >> (top - 4) & 15);
}

static uint64_t bucket_ns(unsigned b)
{
    return b < 16 ? b : (16ull + b % 16) << (b / 16 - 1);
}

uint64_t work_percentile(const struct load *l, double share)
{
    uint64_t want = (uint64_t)((double)l->received * share), seen = 0;
    for (unsigned b = 0; b < LOAD_BUCKETS; b++) {
        seen += l->histogram[b];
        if (seen > want)
            return bucket_ns(b);
    }
    return 0;
}

static void window_close(struct load *l)
{
    uint64_t seen = 0, want = l->window_n - l->window_n / 100;
    for (unsigned b = 0; b < LOAD_BUCKETS && l->window_n >= 100; b++) {
        seen += l->window[b];
        if (seen < want)
            continue;
        if (bucket_ns(b) > l->worst_ns)
            l->worst_ns = bucket_ns(b);
        break;
    }
    memset(l->window, 0, sizeof(l->window));
    l->window_n = 0;
    l->window_end = l->now + WINDOW_NS;
}

static void note(struct load *l, uint64_t ns)
{
    unsigned b = bucket_of(ns);
    l->histogram[b]++;
    l->window[b]++;
    l->window_n++;
    if (l->now >= l->window_end)
        window_close(l);
}

/* --- names ------------------------------------------------------------------------------------ */

static unsigned encode(const struct options *o, const char *text, uint8_t *wire)
{
    uint8_t name[NAME_MAX_WIRE];
    int len = name_parse(text, name) < 0
                  ? -1
                  : build_query(wire, LOAD_QUERY, 0, FLAG_RD, name, o->type, CLASS_IN, 1232, false);
    if (len < 0) {
        fprintf(stderr, "load: bad name %s\n", text);
        exit(2);
    }
    return (unsigned)len;
}

/* The wire of the name with one digit, and where that is. Without %u there is none. */
static void template_make(const struct options *o, struct template *t)
{
    const char *at = strstr(o->name, "%u");
    char text[NAME_MAX_TEXT];
    uint8_t other[LOAD_QUERY];
    if (!at) {
        t->len = encode(o, o->name, t->wire);
        return;
    }
    int before = (int)(at - o->name);
    snprintf(text, sizeof(text), "%.*s1%s", before, o->name, at + 2);
    t->len = encode(o, text, other);
    snprintf(text, sizeof(text), "%.*s0%s", before, o->name, at + 2);
    encode(o, text, t->wire);
    while (t->wire[t->digit] == other[t->digit])
        t->digit++;
    for (unsigned i = MSG_HEADER; i < t->digit; i += t->wire[i] + 1u)
        t->label = i;
}

/* The template with a number for its digit. Returns the length. */
static unsigned template_fill(const struct template *t, uint64_t number, uint8_t *wire)
{
    char digits[24];
    unsigned n = 0, at = sizeof(digits);
    if (!t->digit) {
        memcpy(wire, t->wire, t->len);
        return t->len;
    }
    do {
        digits[--at] = (char)('0' + number % 10);
        n++;
    } while (number /= 10);
    if (t->wire[t->label] + n - 1 > LABEL_MAX || t->len + n > LOAD_QUERY) {
        fprintf(stderr, "load: a name got too long\n");
        exit(2);
    }
    memcpy(wire, t->wire, t->digit);
    memcpy(wire + t->digit, digits + at, n);
    memcpy(wire + t->digit + n, t->wire + t->digit + 1, t->len - t->digit - 1);
    wire[t->label] = (uint8_t)(t->wire[t->label] + n - 1);
    return t->len + n - 1;
}

static void prepare_room(struct load *l, uint64_t names, uint64_t bytes)
{
    l->prepared = realloc(l->prepared, bytes);
    l->at = realloc(l->at, (names + 1) * sizeof(*l->at));
    if (!l->prepared || !l->at)
        load_die("memory");
}

static void prepare_file(struct load *l)
{
    FILE *f = fopen(l->o.file, "r");
    char line[NAME_MAX_TEXT];
    uint64_t room = 0;
    if (!f)
        load_die(l->o.file);
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, " \t\r\n")] = '\0';
        if (!*line)
            continue;
        if (l->names == room) {
            room = room ? room * 2 : 1024;
            prepare_room(l, room, room * LOAD_QUERY);
            l->at[0] = 0;
        }
        l->at[l->names + 1] = l->at[l->names] + encode(&l->o, line, l->prepared + l->at[l->names]);
        l->names++;
    }
    fclose(f);
    if (!l->names) {
        fprintf(stderr, "load: no names in %s\n", l->o.file);
        exit(2);
    }
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void work_prepare(struct load *l)
{
    if (l->o.file) {
        prepare_file(l);
    } else {
        template_make(&l->o, &l->template);
        l->names = l->o.names;
        prepare_room(l, l->names, (l->names + 1) * (l->template.len + 20));
        l->at[0] = 0;
        for (uint64_t i = 0; i < l->names; i++)
            l->at[i + 1] = l->at[i] + template_fill(&l->template, i, l->prepared + l->at[i]);
    }
    l->clients = l->o.sources.count && !l->o.tcp ? l->o.sources.count
                                                 : 1; /* a connection has one of its own */
    l->total = l->names * l->clients;
    l->stride = (uint64_t)((double)l->total * GOLDEN) | 1;
    while (l->total && gcd(l->stride, l->total) != 1)
        l->stride += 2;
}

struct addr work_source(const struct load *l, uint32_t number)
{
    return addr_add(&l->o.sources.first, (uint64_t)l->o.sources.step * number);
}

/* --- queries ---------------------------------------------------------------------------------- */

void work_channel_init(const struct load *l, struct channel *c)
{
    c->fd = -1;
    c->slots = calloc(l->slots, sizeof(*c->slots));
    c->free = calloc(l->slots, sizeof(*c->free));
    if (!c->slots || !c->free)
        load_die("memory");
    for (unsigned i = 0; i < l->slots; i++)
        c->free[c->free_n++] = (uint16_t)i;
}

static bool time_over(const struct load *l)
{
    return l->o.seconds > 0 && (double)(l->now - l->start) >= l->o.seconds * 1e9;
}

bool work_over(const struct load *l)
{
    return (l->o.count && l->sent >= l->o.count) || time_over(l);
}

uint64_t work_allowance(const struct load *l)
{
    uint64_t most = work_over(l) ? 0 : l->o.count ? l->o.count - l->sent : UINT64_MAX;
    if (l->o.rate && most) {
        uint64_t due = (uint64_t)((double)(l->now - l->start) * (double)l->o.rate / 1e9);
        uint64_t behind = due > l->sent ? due - l->sent : 0;
        if (behind < most)
            most = behind;
    }
    return most;
}

uint64_t work_due_ns(const struct load *l, uint64_t most)
{
    if (!l->o.rate)
        return most;
    uint64_t due = l->start + (uint64_t)((double)(l->sent + 1) * 1e9 / (double)l->o.rate);
    uint64_t left = due > l->now ? due - l->now : 0;
    return left < most ? left : most;
}

static uint16_t id_of(unsigned index, const struct slot *slot)
{
    return (uint16_t)(index | (unsigned)slot->turn << SLOT_BITS);
}

size_t work_ask(struct load *l, struct channel *c, uint8_t *wire, uint32_t *ret_source)
{
    uint64_t number = l->next++, name = number;
    unsigned index = c->free[--c->free_n];
    struct slot *slot = &c->slots[index];
    size_t len;
    if (l->names) {
        number = number % l->total * l->stride % l->total;
        name = number / l->clients;
        len = l->at[name + 1] - l->at[name];
        memcpy(wire, l->prepared + l->at[name], len);
    } else {
        len = template_fill(&l->template, name, wire);
    }
    *ret_source = (uint32_t)(number % l->clients);
    uint16_t id = id_of(index, slot);
    wire[0] = (uint8_t)(id >> 8);
    wire[1] = (uint8_t)id;
    slot->sent = l->now;
    slot->expect = l->o.net + (*ret_source << SOURCE_SHIFT) + (uint32_t)name;
    if (l->observe.synth)
        slot->hash = observe_question(wire, len);
    l->sent++;
    return len;
}

static void slot_release(struct channel *c, unsigned slot)
{
    c->slots[slot].sent = 0;
    c->free[c->free_n++] = (uint16_t)slot;
}

static unsigned slot_of(const uint8_t *wire)
{
    return (unsigned)(wire[0] << 8 | wire[1]) & (LOAD_SLOTS - 1);
}

void work_unask(struct load *l, struct channel *c, const uint8_t *wire)
{
    slot_release(c, slot_of(wire));
    l->sent--;
    l->next--;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Behind the name at `at`, or 0. */
static size_t name_end(const uint8_t *wire, size_t len, size_t at)
{
    while (at < len && wire[at] && wire[at] < 0xc0)
        at += wire[at] + 1u;
    return at >= len ? 0 : at + (wire[at] ? 2 : 1);
}

/* True if the first record of the answer ends with these four bytes. */
static bool ends_with(const uint8_t *wire, size_t len, uint32_t expect)
{
    size_t at = name_end(wire, len, MSG_HEADER);
    at = at ? name_end(wire, len, at + 4) : 0;
    if (!at || at + 10 > len)
        return false;
    size_t end = at + 10 + (size_t)(wire[at + 8] << 8 | wire[at + 9]);
    if (end > len || end < at + 14)
        return false;
    const uint8_t *p = wire + end - 4;
    return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) == expect;
}

static bool as_expected(const struct load *l, const struct slot *slot, const uint8_t *wire,
                        size_t len)
{
    if (len < MSG_HEADER || !(wire[2] & 0x80) || (wire[3] & 15) != l->o.rcode)
        return false;
    if (l->o.answers >= 0 && (wire[6] << 8 | wire[7]) != l->o.answers)
        return false;
    return !l->o.check || ends_with(wire, len, slot->expect);
}

bool work_answer(struct load *l, struct channel *c, const uint8_t *wire, size_t len)
{
    unsigned index = len >= 2 ? slot_of(wire) : l->slots;
    struct slot *slot = &c->slots[index];
    if (index >= l->slots || !slot->sent ||
        id_of(index, slot) != (uint16_t)(wire[0] << 8 | wire[1])) {
        l->late++;
        return false;
    }
    struct observed seen = {wire, len, slot->hash, l->now - l->start, l->now - slot->sent};
    bool right = observe_answer(&l->observe, &seen);
    l->received++;
    l->wrong += !right || !as_expected(l, slot, wire, len);
    note(l, l->now - slot->sent);
    slot->turn++;
    slot_release(c, index);
    return true;
}

unsigned work_expire(struct load *l, struct channel *c, bool all)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < l->slots; i++) {
        if (!c->slots[i].sent)
            continue;
        if (!all && l->now - c->slots[i].sent < l->o.timeout_ms * NS_PER_MS) {
            waiting++;
            continue;
        }
        l->lost++;
        c->slots[i].turn++;
        slot_release(c, i);
    }
    return waiting;
}
