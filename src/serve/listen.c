/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets that follow the snapshot. See listen.h for the rules; a pass is: visit every
 * listener of one pinned snapshot (open, retag, or note why not), then sweep what was not seen. */
#include "serve/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/map.h"
#include "net/hostaddr.h"
#include "serve/board.h"
#include "serve/route_key.h"
#include "serve/tcp.h"
#include "serve/upstream.h"

#define SLICE_NS (300 * 1000ull) /* of a pass, before queries get their turn */
#define WAIT_NS (20 * NS_PER_MS) /* until a snapshot can be had */
#define LINGER_NS (5 * NS_PER_S) /* our address stays for tries under way */
#define RETRY_NS (5 * NS_PER_S)  /* what failed is tried again, without any news */
#define DRAIN_ROUNDS 64          /* even if packets keep coming */

/* Addresses of one namespace being watched; worker 0 only. */
struct place {
    LIST_ENTRY(place) link;
    struct addrwatch watch;
    struct worker *worker;
    char name[NETNS_NAME_MAX]; /* "" is the process's own */
    struct netns_id id;
    uint64_t round;
    bool dirty;   /* something changed since the last pass */
    bool visited; /* was dirty when this pass began */
};

enum pass { PASS_IDLE, PASS_VISIT, PASS_SWEEP };

struct listen_set {
    struct worker *worker;
    struct map by_key;
    struct listening_list all;
    struct board board;
    LIST_HEAD(, place) places;

    enum pass pass;
    bool again;                      /* something changed during the pass */
    uint64_t round;                  /* number of the pass */
    const struct snapshot *snapshot; /* pinned while PASS_VISIT */
    size_t at;
    struct listening *sweep; /* next to look at while PASS_SWEEP */
    struct loop_timer step;
    struct addrwatch names;    /* the directory of namespaces */
    bool moved, moved_visited; /* namespaces or devices may have come or gone */
    size_t failed;             /* listenings not open after the last pass */
    uint64_t retry_at;
    struct job retry; /* posted by worker 0 */
    _Atomic bool retry_posted;
};

/* --- one listening ------------------------------------------------------------------------------
 */

struct sock_spec listening_spec(const struct listening *l, int type)
{
    return (struct sock_spec){.type = type,
                              .local = l->address,
                              .netns = l->attach == ATTACH_NETNS ? l->attach_name : NULL,
                              .device = l->attach == ATTACH_DEVICE ? l->attach_name : NULL,
                              .share = true,
                              .listen = type == SOCK_STREAM};
}

static void note_problem(struct listening *l, const struct sock_spec *spec, enum sock_failure why)
{
    struct sock_problem p = {.why = why, .err = errno};
    sock_explain(spec, &p, l->problem, sizeof(l->problem));
}

/* Puts the two sockets to work; they are closed on failure. */
static int start(struct worker *w, struct listening *l, int udp, int tcp)
{
    if (udp_start(w, &l->udp, l, udp)) {
        close(udp);
        close(tcp);
        return ERR_IO;
    }
    if (tcp_listen(w, l, tcp)) {
        udp_stop(&l->udp);
        close(tcp);
        return ERR_IO;
    }
    l->open = true;
    l->problem[0] = '\0';
    return 0;
}

static void open_sockets(struct worker *w, struct listening *l)
{
    struct sock_spec spec = listening_spec(l, SOCK_DGRAM);
    enum sock_failure why;
    int udp, tcp;
    if (sock_open(&spec, &udp, &why)) {
        note_problem(l, &spec, why);
        return;
    }
    spec = listening_spec(l, SOCK_STREAM);
    if (sock_open(&spec, &tcp, &why)) {
        note_problem(l, &spec, why);
        close(udp);
        return;
    }
    if (start(w, l, udp, tcp))
        snprintf(l->problem, sizeof(l->problem), "the event loop refused: %s", strerror(errno));
}

static void close_sockets(struct listening *l)
{
    if (l->open && l->kind != LISTEN_SOURCE) {
        tcp_unlisten(l);
        udp_stop(&l->udp);
    }
    l->open = false;
}

/* True if the address can be bound now; else the problem says why not. What can't be found out for
 * want of descriptors or memory stays as it was: *ret_unsure. */
static bool address_present(struct listening *l, bool *ret_unsure)
{
    struct sock_spec spec = listening_spec(l, SOCK_DGRAM);
    enum sock_failure why;
    int fd;
    spec.share = false;
    spec.local.port = 0;
    if (sock_open(&spec, &fd, &why)) {
        *ret_unsure = why == SOCK_STARVED;
        if (*ret_unsure && l->open)
            return true;
        spec.local.port = l->address.port;
        note_problem(l, &spec, why);
        return false;
    }
    close(fd);
    l->problem[0] = '\0';
    return true;
}

/* --- addresses that we manage
 * --------------------------------------------------------------------- */

static struct hostaddr listening_hostaddr(const struct listening *l)
{
    return (struct hostaddr){.addr = l->address.addr,
                             .netns = l->attach == ATTACH_NETNS ? l->attach_name : NULL,
                             .device = l->attach == ATTACH_DEVICE ? l->attach_name : NULL};
}

static void address_add(struct listening *l)
{
    struct hostaddr h = listening_hostaddr(l);
    bool ours;
    if (hostaddr_add(&h, &ours) == 0) {
        l->ours |= ours;
        return;
    }
    char buf[ADDR_TEXT_MAX];
    if (!l->problem[0]) /* the first time */
        log_warn("serve", "cannot add address=%s owner=%s why=\"%s\"",
                 addr_format(&l->address.addr, buf, sizeof(buf)), l->owner, strerror(errno));
}

static void address_remove(struct listening *l)
{
    struct hostaddr h = listening_hostaddr(l);
    if (l->ours)
        hostaddr_remove(&h); /* the namespace may be gone, and the address with it */
    l->ours = false;
}

/* --- places where addresses are watched
 * ------------------------------------------------------------- */

static void retry_all(struct worker *w)
{
    struct serve *s = w->serve;
    w->listen->moved = true;
    listen_sync(w);
    for (unsigned i = 1; i < s->workers_n; i++) {
        struct listen_set *set = s->workers[i].listen;
        if (!atomic_exchange(&set->retry_posted, true))
            loop_post(&s->workers[i].loop, &set->retry);
    }
}

static void on_retry(struct job *job)
{
    struct listen_set *set = container_of(job, struct listen_set, retry);
    atomic_store(&set->retry_posted, false);
    set->moved = true;
    listen_sync(set->worker);
}

static void on_addresses(struct addrwatch *a)
{
    struct place *p = container_of(a, struct place, watch);
    p->dirty = true;
    retry_all(p->worker);
}

static void on_names(struct addrwatch *a)
{
    struct listen_set *set = container_of(a, struct listen_set, names);
    set->moved = true;
    listen_sync(set->worker);
}

/* The watch of a namespace, opened if it is new; NULL if that is not possible now. */
static struct place *place_get(struct listen_set *set, const char *name)
{
    struct place *p;
    LIST_FOREACH(p, &set->places, link)
    if (strcmp(p->name, name) == 0)
        break;
    struct netns_id id = {0};
    if (*name && netns_id(name, &id))
        return NULL;
    if (p && memcmp(&p->id, &id, sizeof(id)) == 0)
        return p;
    if (!p) {
        p = calloc(1, sizeof(*p));
        if (!p)
            return NULL;
        p->watch.changed = on_addresses;
        p->worker = set->worker;
        snprintf(p->name, sizeof(p->name), "%s", name);
        LIST_INSERT_HEAD(&set->places, p, link);
    }
    addrwatch_close(&p->watch, &set->worker->loop);
    p->id = id;
    p->dirty = false;
    if (addrwatch_open(&p->watch, &set->worker->loop, *name ? name : NULL))
        memset(&p->id, 0, sizeof(p->id)); /* tried again with the next pass */
    return p;
}

static void place_free(struct listen_set *set, struct place *p)
{
    addrwatch_close(&p->watch, &set->worker->loop);
    LIST_REMOVE(p, link);
    free(p);
}

/* --- a pass: visit
 * ------------------------------------------------------------------------------------ */

/* Worker 0 asks again whether an address is there when its namespace reported changes: a socket
 * stays bound without it, but hears nothing. */
static void recheck(struct listen_set *set, struct listening *l)
{
    bool manage = worker_config(set->worker)->manage_addresses;
    struct place *p = place_get(set, l->attach == ATTACH_NETNS ? l->attach_name : "");
    if (p)
        p->round = set->round;
    if (manage && !l->open)
        address_add(l);
    if (l->open ? !p || !p->visited : l->kind != LISTEN_SOURCE)
        return; /* nothing new, or opening the sockets will tell */
    bool unsure = false, present = address_present(l, &unsure);
    if (!present && manage && l->open) {
        address_add(l);
        present = address_present(l, &unsure);
    }
    if (l->kind == LISTEN_SOURCE)
        l->open = present;
    if (unsure) { /* asked again with the next pass */
        set->failed++;
        if (p)
            p->dirty = true;
    }
}

/* A namespace or a device that was made anew under its old name is another one. */
static void check_place(struct listen_set *set, struct listening *l)
{
    if (!set->moved_visited || !l->open || l->kind == LISTEN_SOURCE)
        return;
    struct netns_id id = place_id(l->attach, l->attach_name);
    if (memcmp(&id, &l->place, sizeof(id)) == 0)
        return;
    if (l->udp.parked == 0)
        close_sockets(l);
    else
        set->moved = true; /* the next pass looks again, when they are answered */
    set->failed += l->open;
}

/* Brings one listening to where it should be. */
static void bring_up(struct listen_set *set, struct listening *l)
{
    struct worker *w = set->worker;
    check_place(set, l);
    if (w->index == 0)
        recheck(set, l);
    if (!l->open && l->kind != LISTEN_SOURCE) {
        l->place = place_id(l->attach, l->attach_name);
        open_sockets(w, l);
    }
    if (!l->open)
        set->failed++;
}

static bool is_shared_address(const struct worker *w, const struct listening *l)
{
    const struct serve_config *c = worker_config(w);
    for (size_t i = 0; i < c->listen_n && l->attach == ATTACH_SHARED; i++)
        if (memcmp(&c->listen[i].addr, &l->address.addr, sizeof(l->address.addr)) == 0 &&
            c->listen[i].port == l->address.port)
            return true;
    return false;
}

static void describe(const struct worker *w, const struct listener *from, struct listening *ret)
{
    char addr[ADDR_TEXT_MAX];
    ret->kind = from->kind;
    ret->slot = from->slot;
    snprintf(ret->owner, sizeof(ret->owner), "%s", from->owner);
    ret->address = (struct sockname){.addr = from->addr, .port = worker_config(w)->port};
    ret->attach = from->attach;
    snprintf(ret->attach_name, sizeof(ret->attach_name), "%s",
             from->attach_name ? from->attach_name : "");
    /* The check of a source and a listener of the same address live side by side. */
    snprintf(ret->key, sizeof(ret->key), "%c%d %s %s", from->kind == LISTEN_SOURCE ? 's' : 'l',
             (int)from->attach, ret->attach_name, addr_format(&from->addr, addr, sizeof(addr)));
}

/* The listening for an entry: a new one, or the one of this address with its new tag. NULL: no
 * memory. */
static struct listening *listening_get(struct listen_set *set, const struct listening *want)
{
    struct listening *l = map_get(&set->by_key, want->key);
    if (!l) {
        l = calloc(1, sizeof(*l));
        if (!l)
            return NULL;
        *l = *want;
        l->worker = set->worker;
        if (map_put(&set->by_key, l->key, l, NULL)) {
            free(l);
            return NULL;
        }
        LIST_INSERT_HEAD(&set->all, l, link);
        return l;
    }
    l->kind = want->kind;
    l->slot = want->slot;
    memcpy(l->owner, want->owner, sizeof(l->owner));
    if (l->closing && l->open && l->kind != LISTEN_SOURCE && !l->accept.added)
        close_sockets(l); /* it had stopped accepting: begin again */
    l->closing = false;
    return l;
}

static void visit(struct listen_set *set, const struct listener *from)
{
    struct worker *w = set->worker;
    struct listening want = {0};
    char text[STATUS_TEXT_MAX];
    if (from->kind == LISTEN_SOURCE && w->index > 0)
        return;
    describe(w, from, &want);
    const struct listening *other = map_get(&set->by_key, want.key);
    if (other && other->round == set->round && strcmp(other->owner, want.owner) != 0) {
        snprintf(text, sizeof(text), "the address is already used by %s", other->owner);
    } else if (from->kind != LISTEN_SOURCE && is_shared_address(w, &want)) {
        snprintf(text, sizeof(text), "the address is used by the shared listener (--dns)");
    } else {
        struct listening *l = listening_get(set, &want);
        if (!l) {
            set->failed++; /* until there is memory */
            return;
        }
        l->round = set->round;
        bring_up(set, l);
        snprintf(text, sizeof(text), "%s", l->problem);
    }
    if (w->index == 0)
        board_note(&set->board, want.owner, text[0] ? text : NULL);
}

/* --- a pass: sweep
 * -------------------------------------------------------------------------------------- */

static void drain(struct listening *l)
{
    for (unsigned i = 0; i < DRAIN_ROUNDS && udp_drain(&l->udp); i++)
        continue;
}

static void listening_free(struct listen_set *set, struct listening *l)
{
    close_sockets(l);
    address_remove(l);
    map_del(&set->by_key, l->key);
    LIST_REMOVE(l, link);
    free(l);
}

/* Frees a closing listening when nothing hangs on it any more. */
static void try_free(struct listen_set *set, struct listening *l)
{
    uint64_t now = set->worker->now;
    if (l->udp.parked || l->clients || (l->ours && now - l->closed_at < LINGER_NS))
        return;
    if (l->open && l->kind != LISTEN_SOURCE)
        drain(l);
    if (!l->udp.parked)
        listening_free(set, l);
}

static void begin_close(struct listen_set *set, struct listening *l)
{
    l->closing = true;
    l->closed_at = set->worker->now;
    if (l->open && l->kind != LISTEN_SOURCE)
        tcp_unlisten(l);
    try_free(set, l);
}

/* --- a pass
 * ------------------------------------------------------------------------------------------------
 */

static void pass_begin(struct listen_set *set)
{
    struct worker *w = set->worker;
    const struct snapshot *s = reader_snapshot(&w->reader);
    set->again = false;
    if (!s || !reader_pin(&w->reader, s)) {
        loop_timer_set(&w->loop, &set->step, w->now + WAIT_NS);
        return;
    }
    set->snapshot = s;
    set->pass = PASS_VISIT;
    set->round++;
    set->at = 0;
    set->failed = 0;
    set->moved_visited = set->moved;
    set->moved = false;
    if (set->moved_visited)
        upstream_places_changed(w);
    struct place *p;
    LIST_FOREACH(p, &set->places, link)
    {
        p->visited = p->dirty;
        p->dirty = false;
    }
    if (w->index == 0)
        board_begin(&set->board);
}

static void pass_end(struct listen_set *set)
{
    struct worker *w = set->worker;
    struct place *p, *next;
    set->pass = PASS_IDLE;
    set->retry_at = w->now + RETRY_NS;
    if (w->index == 0)
        board_end(&set->board);
    for (p = LIST_FIRST(&set->places); p; p = next) {
        next = LIST_NEXT(p, link);
        if (p->round != set->round && *p->name)
            place_free(set, p);
    }
    if (set->again)
        loop_timer_set(&w->loop, &set->step, w->now);
}

/* One entry of the visit, or the end of it. */
static void step_visit(struct listen_set *set)
{
    size_t n;
    uint64_t generation;
    const struct listener *list = snapshot_listeners(set->snapshot, &n, &generation);
    if (set->at < n) {
        visit(set, &list[set->at++]);
        return;
    }
    reader_unpin(&set->worker->reader, set->snapshot);
    set->snapshot = NULL;
    set->sweep = LIST_FIRST(&set->all);
    set->pass = PASS_SWEEP;
}

static void step_sweep(struct listen_set *set)
{
    struct listening *l = set->sweep;
    if (!l) {
        pass_end(set);
        return;
    }
    set->sweep = LIST_NEXT(l, link);
    if (l->kind != LISTEN_SHARED && l->round != set->round && !l->closing)
        begin_close(set, l);
}

static void on_step(struct loop_timer *t, uint64_t now)
{
    struct listen_set *set = container_of(t, struct listen_set, step);
    uint64_t end = now + SLICE_NS;
    set->worker->now = now;
    if (set->pass == PASS_IDLE)
        pass_begin(set);
    while (set->pass != PASS_IDLE && clock_mono_ns() < end) {
        if (set->pass == PASS_VISIT)
            step_visit(set);
        else
            step_sweep(set);
    }
    if (set->pass != PASS_IDLE)
        loop_timer_set(&set->worker->loop, t, now);
}

void listen_sync(struct worker *w)
{
    struct listen_set *set = w->listen;
    if (w->stopping)
        return;
    set->again = true;
    if (set->pass == PASS_IDLE && !set->step.waiting)
        loop_timer_set(&w->loop, &set->step, w->now);
}

/* --- life
 * ---------------------------------------------------------------------------------------------------
 */

int listen_init(struct worker *w)
{
    struct listen_set *set = calloc(1, sizeof(*set));
    if (!set)
        return ERR_NOMEM;
    set->worker = w;
    set->board.status = publisher_board(worker_config(w)->publisher);
    set->step.fire = on_step;
    set->retry.run = on_retry;
    set->names.changed = on_names;
    w->listen = set;
    return 0;
}

int listen_shared(struct worker *w, struct shared_sockets *sockets)
{
    const struct serve_config *c = worker_config(w);
    struct listen_set *set = w->listen;
    for (size_t i = 0; i < c->listen_n; i++) {
        struct listening want = {.kind = LISTEN_SHARED, .address = c->listen[i]};
        snprintf(want.key, sizeof(want.key), "shared %zu", i);
        struct listening *l = listening_get(set, &want);
        if (!l)
            return ERR_NOMEM;
        int err = start(w, l, sockets[i].udp, sockets[i].tcp);
        sockets[i].udp = sockets[i].tcp = -1;
        if (err)
            return err;
    }
    if (w->index == 0)
        place_get(set, "");
    return 0;
}

void listen_second(struct worker *w)
{
    struct listen_set *set = w->listen;
    if (!set->names.watch.added && addrwatch_open_names(&set->names, &w->loop) == 0)
        on_names(&set->names);
    if (set->pass != PASS_IDLE)
        return;
    struct listening *l, *next;
    for (l = LIST_FIRST(&set->all); l; l = next) {
        next = LIST_NEXT(l, link);
        if (l->accept.added) /* silenced while descriptors ran out */
            watch_change(&w->loop, &l->accept, EPOLLIN);
        if (l->closing)
            try_free(set, l);
    }
    if (set->failed && w->now >= set->retry_at)
        listen_sync(w);
}

void listen_stop(struct worker *w)
{
    struct listening *l;
    loop_timer_stop(&w->loop, &w->listen->step);
    LIST_FOREACH(l, &w->listen->all, link)
    {
        if (!l->open || l->kind == LISTEN_SOURCE)
            continue;
        l->closing = true;
        tcp_unlisten(l);
        drain(l);
        watch_remove(&w->loop, &l->udp.watch);
    }
}

void listen_close(struct worker *w)
{
    struct listen_set *set = w->listen;
    loop_timer_stop(&w->loop, &set->step);
    if (set->snapshot)
        reader_unpin(&w->reader, set->snapshot);
    set->snapshot = NULL;
    while (!LIST_EMPTY(&set->all))
        listening_free(set, LIST_FIRST(&set->all));
    while (!LIST_EMPTY(&set->places))
        place_free(set, LIST_FIRST(&set->places));
    addrwatch_close(&set->names, &w->loop);
    board_deinit(&set->board);
}

void listen_deinit(struct worker *w)
{
    if (!w->listen)
        return;
    map_free(&w->listen->by_key);
    free(w->listen);
    w->listen = NULL;
}
