/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "net/sock.h"

#define CONNS 16
#define COPIES 40 /* more than are read at a time */
#define WAITING 64
#define SLOW_NS (300 * NS_PER_MS)
#define BIG_RECORDS 200 /* of an answer that is truncated over UDP */

static const uint8_t *nm(const char *text)
{
    static _Thread_local uint8_t names[16][NAME_MAX_WIRE];
    static _Thread_local unsigned next;
    uint8_t *name = names[next++ % 16];
    must(name_parse(text, name) > 0);
    name_canon(name, name);
    return name;
}

static struct addr ip(const char *text)
{
    struct addr a;
    must(addr_parse(text, &a) == 0);
    return a;
}

static struct sockname local_name(int fd)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    struct sockname s;
    must(getsockname(fd, (struct sockaddr *)&sa, &len) == 0);
    must(sockname_from_sa((struct sockaddr *)&sa, &s) == 0);
    return s;
}

static int open_at(int type, const char *address, uint16_t port)
{
    struct sock_spec spec = {
        .type = type, .local = {ip(address), port}, .listen = type == SOCK_STREAM};
    enum sock_failure why;
    int fd;
    return sock_open(&spec, &fd, &why) ? -1 : fd;
}

/* --- the fake target -------------------------------------------------------------------------- */

struct later {
    uint64_t at;
    int fd;
    struct sockaddr_storage to;
    socklen_t to_len;
    size_t len;
    uint8_t msg[512];
};

struct target_seen {
    struct target *t;
    int conns[CONNS];
    struct later later[WAITING];
    unsigned later_n;
    uint8_t seen[64][NAME_MAX_WIRE]; /* of "once" */
    unsigned seen_n;
};

static size_t answer_to(const uint8_t *wire, size_t len, bool tcp, uint8_t *out, size_t size)
{
    struct message m;
    struct build b;
    bool big;
    if (msg_parse_query(wire, len, &m) != MSG_OK)
        return 0;
    big = !memcmp(m.qname + 1, "big", 3);
    build_begin(&b, out, size, m.id, FLAG_QR | FLAG_RD | FLAG_RA);
    must(build_question(&b, m.qname, m.qtype, m.qclass) == 0);
    if (!memcmp(m.qname + 1, "fail", 4))
        build_set_rcode(&b, RCODE_SERVFAIL);
    else if (big && !tcp)
        build_set_flags(&b, FLAG_TC);
    else if (m.qtype == TYPE_A)
        for (unsigned i = 0; i < (big ? BIG_RECORDS : 1); i++) {
            uint8_t a[4] = {10, 1, (uint8_t)(2 + (i >> 8)), (uint8_t)(3 + i)};
            must(build_rr(&b, SECTION_ANSWER, m.qname, TYPE_A, CLASS_IN, 60, a, 4) == 0);
        }
    return build_end(&b);
}

static bool first_time(struct target_seen *s, const uint8_t *name)
{
    for (unsigned i = 0; i < s->seen_n; i++)
        if (name_equal(s->seen[i], name))
            return false;
    name_copy(s->seen[s->seen_n++ % 64], name);
    return true;
}

static void forge(struct target_seen *s, const uint8_t *answer, size_t len, const struct later *to)
{
    uint8_t bad[512];
    memcpy(bad, answer, len);
    bad[0] ^= 0x55; /* a wrong id */
    sendto(s->t->udp, bad, len, 0, (const struct sockaddr *)&to->to, to->to_len);
    memcpy(bad, answer, len);
    bad[13] ^= 1; /* another question */
    sendto(s->t->udp, bad, len, 0, (const struct sockaddr *)&to->to, to->to_len);
    bad[13] ^= 1;
    sendto(s->t->udp, bad, 7, 0, (const struct sockaddr *)&to->to, to->to_len);
}

static void target_udp(struct target_seen *s)
{
    uint8_t wire[512];
    struct later r = {.fd = s->t->udp, .to_len = sizeof(r.to)};
    ssize_t n = recvfrom(s->t->udp, wire, sizeof(wire), 0, (struct sockaddr *)&r.to, &r.to_len);
    if (n < MSG_HEADER + 6)
        return;
    const char *word = (const char *)wire + MSG_HEADER + 1;
    s->t->udp_n++;
    r.len = answer_to(wire, (size_t)n, false, r.msg, sizeof(r.msg));
    if (!memcmp(word, "deaf", 4) || (!memcmp(word, "once", 4) && first_time(s, wire + MSG_HEADER)))
        return;
    if (!memcmp(word, "forged", 6))
        forge(s, r.msg, r.len, &r);
    if (!memcmp(word, "slow", 4) && s->later_n < WAITING) {
        r.at = clock_mono_ns() + SLOW_NS;
        s->later[s->later_n++] = r;
        return;
    }
    unsigned copies = memcmp(word, "echoed", 6) ? 1 : 1 + COPIES;
    for (unsigned i = 0; i < copies; i++)
        sendto(s->t->udp, r.msg, r.len, 0, (struct sockaddr *)&r.to, r.to_len);
}

/* Closes the connection after its second answer, so that reuse meets a closed one. */
static void target_tcp(struct target_seen *s, int *fd)
{
    uint8_t wire[512], out[16384];
    ssize_t n = tcp_receive(*fd, wire, sizeof(wire));
    if (n <= 0) {
        close(*fd);
        *fd = -1;
        return;
    }
    s->t->tcp_n++;
    size_t len = answer_to(wire, (size_t)n, true, out + 2, sizeof(out) - 2);
    out[0] = (uint8_t)(len >> 8);
    out[1] = (uint8_t)len;
    for (size_t at = 0; at < len + 2; at += 1000) /* in pieces */
        must(write(*fd, out + at, len + 2 - at < 1000 ? len + 2 - at : 1000) > 0);
}

static void target_later(struct target_seen *s)
{
    uint64_t now = clock_mono_ns();
    for (unsigned i = 0; i < s->later_n;) {
        const struct later *r = &s->later[i];
        if (r->at > now) {
            i++;
            continue;
        }
        sendto(r->fd, r->msg, r->len, 0, (const struct sockaddr *)&r->to, r->to_len);
        s->later[i] = s->later[--s->later_n];
    }
}

static void *target_run(void *arg)
{
    struct target_seen *s = calloc(1, sizeof(*s));
    s->t = arg;
    for (unsigned i = 0; i < CONNS; i++)
        s->conns[i] = -1;
    for (;;) {
        struct pollfd p[3 + CONNS] = {
            {s->t->stop, POLLIN, 0}, {s->t->udp, POLLIN, 0}, {s->t->tcp, POLLIN, 0}};
        for (unsigned i = 0; i < CONNS; i++)
            p[3 + i] = (struct pollfd){s->conns[i], POLLIN, 0};
        poll(p, 3 + CONNS, 10);
        if (p[0].revents)
            break;
        if (p[1].revents)
            target_udp(s);
        for (unsigned i = 0; i < CONNS; i++)
            if (p[3 + i].revents)
                target_tcp(s, &s->conns[i]);
        for (unsigned i = 0; i < CONNS && p[2].revents; i++)
            if (s->conns[i] < 0) {
                s->conns[i] = accept(s->t->tcp, NULL, NULL);
                s->t->conns += s->conns[i] >= 0;
                break;
            }
        target_later(s);
    }
    for (unsigned i = 0; i < CONNS; i++)
        if (s->conns[i] >= 0)
            close(s->conns[i]);
    free(s);
    return NULL;
}

void target_start(struct target *t)
{
    memset(t, 0, sizeof(*t));
    for (unsigned i = 0; i < 20; i++) { /* the same port must be free for both */
        t->udp = open_at(SOCK_DGRAM, "127.0.0.1", 0);
        must(t->udp >= 0);
        t->name = local_name(t->udp);
        t->tcp = open_at(SOCK_STREAM, "127.0.0.1", t->name.port);
        if (t->tcp >= 0)
            break;
        close(t->udp);
    }
    must(t->tcp >= 0);
    t->stop = eventfd(0, 0);
    must(pthread_create(&t->thread, NULL, target_run, t) == 0);
}

void target_stop(struct target *t)
{
    uint64_t one = 1;
    must(write(t->stop, &one, sizeof(one)) == sizeof(one));
    pthread_join(t->thread, NULL);
    close(t->udp);
    close(t->tcp);
    close(t->stop);
}

/* --- the model -------------------------------------------------------------------------------- */

void world_record(struct world *w, const char *name, const char *address)
{
    struct addr a = ip(address);
    uint8_t rdata[6] = {0};
    uint16_t len = 4;
    memcpy(rdata, &len, 2);
    memcpy(rdata + 2, a.b, 4);
    struct rrset_desc r = {.owner = nm(name),
                           .type = TYPE_A,
                           .ttl = 60,
                           .rdata = rdata,
                           .rdata_len = sizeof(rdata),
                           .count = 1};
    must(compile_rrset(w->compiler, "Z1", &r) == 0);
}

static void big_text(struct world *w)
{
    static uint8_t rdata[20 * 202];
    for (unsigned i = 0; i < 20; i++) {
        uint8_t *p = rdata + (size_t)i * 202;
        uint16_t len = 200;
        memcpy(p, &len, 2);
        memset(p + 2, (int)('a' + i), 200);
        p[2] = 199;
    }
    struct rrset_desc r = {.owner = nm("text.zone.test"),
                           .type = TYPE_TXT,
                           .ttl = 60,
                           .rdata = rdata,
                           .rdata_len = sizeof(rdata),
                           .count = 20};
    must(compile_rrset(w->compiler, "Z1", &r) == 0);
}

static void rule(struct world *w, const char *id, const char *domain,
                 const struct sockname targets[2])
{
    struct rule_desc r = {.id = id,
                          .generation = 1,
                          .kind = RULE_FORWARD,
                          .domain = nm(domain),
                          .endpoint_id = "rslvr-out-1",
                          .targets = targets,
                          .targets_n = targets[1].port ? 2 : 1};
    must(compile_rule(w->compiler, &r) == 0);
    must(compile_rule_vpc(w->compiler, id, "vpc-1") == 0);
}

static struct allow everyone(void)
{
    struct allow a = {.peer = {.addr = ip("0.0.0.0")}, .port_to = 65535};
    return a;
}

static void endpoint(struct world *w, const char *id, enum direction direction,
                     const struct endpoint_address_desc *addresses, size_t n)
{
    struct allow all = everyone();
    struct endpoint_desc e = {.id = id,
                              .vpc_id = "vpc-1",
                              .direction = direction,
                              .addresses = addresses,
                              .addresses_n = n,
                              .ingress = &all,
                              .ingress_n = 1,
                              .egress = &all,
                              .egress_n = 1};
    must(compile_endpoint(w->compiler, &e) == 0);
}

void world_inbound(struct world *w, const char *id, const char *address)
{
    char rni[64];
    snprintf(rni, sizeof(rni), "rni-%s", id);
    struct endpoint_address_desc a = {.id = rni, .addr = ip(address)};
    endpoint(w, id, DIRECTION_INBOUND, &a, 1);
}

static void model(struct world *w)
{
    struct prefix cidr;
    const char *vpcs[] = {"vpc-1"};
    char name[64], address[32];
    must(prefix_parse("127.53.0.0/16", &cidr) == 0);
    struct vpc_desc v = {.id = "vpc-1",
                         .account = "111122223333",
                         .region = "us-east-1",
                         .cidrs = &cidr,
                         .cidrs_n = 1,
                         .dns_support = true,
                         .dns_hostnames = true,
                         .reverse = true};
    struct zone_desc z = {.id = "Z1", .apex = nm("zone.test")};
    must(compile_vpc(w->compiler, &v) == 0);
    must(compile_zone(w->compiler, &z) == 0);
    must(compile_zone_vpcs(w->compiler, "Z1", vpcs, 1) == 0);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "n%u.zone.test", i);
        snprintf(address, sizeof(address), "10.0.0.%u", i);
        world_record(w, name, address);
    }
    big_text(w);
    struct endpoint_address_desc in[2] = {{"rni-in", ip(INBOUND)}, {"rni-no", ip("192.0.2.53")}};
    struct endpoint_address_desc out = {"rni-out", ip(OUTBOUND)};
    endpoint(w, "rslvr-in-1", DIRECTION_INBOUND, in, 2);
    endpoint(w, "rslvr-out-1", DIRECTION_OUTBOUND, &out, 1);
    struct sockname dead2 = w->dead;
    dead2.addr = ip("127.0.0.3");
    rule(w, "rslvr-rr-1", "fwd.test", (struct sockname[2]){w->target.name});
    rule(w, "rslvr-rr-2", "half.test", (struct sockname[2]){w->dead, w->target.name});
    rule(w, "rslvr-rr-3", "dead.test", (struct sockname[2]){w->dead, dead2});
    world_commit(w);
}

void world_commit(struct world *w)
{
    must(compile_commit(w->compiler, ++w->revision) == 0);
}

/* --- the server ------------------------------------------------------------------------------- */

void world_start(struct world *w, const struct world_options *o)
{
    char forward[ADDR_TEXT_MAX];
    const char *why = "";
    memset(w, 0, sizeof(*w));
    target_start(&w->target);
    int probe = open_at(SOCK_DGRAM, "127.0.0.2", 0);
    w->dead = local_name(probe);
    close(probe);
    w->publisher = publisher_new();
    w->compiler = compiler_new(w->publisher);
    model(w);
    sockname_format(&w->target.name, forward, sizeof(forward));
    for (unsigned i = 0; i < 20 && !w->serve; i++) {
        probe = open_at(SOCK_DGRAM, RESOLVER, 0);
        struct sockname listen = local_name(probe);
        close(probe);
        w->port = listen.port;
        if (o->wildcard)
            listen.addr = ip("0.0.0.0");
        struct serve_config c = {.publisher = w->publisher,
                                 .workers = o->workers ? o->workers : 1,
                                 .listen = &listen,
                                 .listen_n = 1,
                                 .port = o->wildcard ? (uint16_t)(w->port + 1) : w->port,
                                 .cache_bytes = 1 << 20,
                                 .recursion = o->recursion,
                                 .recursion_forward = o->recursion ? forward : NULL,
                                 .pin_cpu = -1};
        if (serve_start(&c, &w->serve, &why))
            fprintf(stderr, "serve_start: %s\n", why);
    }
    must(w->serve);
    if (!o->wildcard)
        world_await(w, "rni-in", STATUS_UP);
}

void world_stop(struct world *w)
{
    serve_stop(w->serve);
    compiler_free(w->compiler);
    publisher_free(w->publisher);
    target_stop(&w->target);
}

enum status world_status(struct world *w, const char *id, char *text, size_t size)
{
    enum status s = STATUS_UNKNOWN;
    for (unsigned i = 0; i < 300 && s == STATUS_UNKNOWN; i++) {
        s = status_get(publisher_board(w->publisher), id, text, size);
        usleep(10000);
    }
    return s;
}

void world_await(struct world *w, const char *id, enum status status)
{
    char text[STATUS_TEXT_MAX];
    for (unsigned i = 0; i < 300; i++) {
        if (status_get(publisher_board(w->publisher), id, text, sizeof(text)) == status)
            return;
        usleep(10000);
    }
    fail_msg("%s is not in state %d: %s", id, status, text);
}

/* --- clients ---------------------------------------------------------------------------------- */

int client_open(const struct world *w, int type, const char *from, const char *to)
{
    struct sockname local = {.addr = ip(from)}, peer = {.addr = ip(to), .port = w->port};
    struct sockaddr_storage sa;
    struct timeval second = {.tv_sec = 1};
    int fd = socket(AF_INET, type, 0);
    must(fd >= 0);
    must(bind(fd, (struct sockaddr *)&sa, sockname_to_sa(&local, &sa)) == 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
    must(connect(fd, (struct sockaddr *)&sa, sockname_to_sa(&peer, &sa)) == 0);
    return fd;
}

size_t query_make(uint8_t *buf, size_t size, uint16_t id, const char *name, uint16_t type)
{
    int len = build_query(buf, size, id, FLAG_RD, nm(name), type, CLASS_IN, 1232, false);
    must(len > 0);
    return (size_t)len;
}

size_t ask(int fd, const char *name, uint16_t type, uint8_t reply[4096])
{
    static _Atomic uint16_t id;
    uint8_t wire[512];
    uint16_t mine = ++id;
    size_t len = query_make(wire, sizeof(wire), mine, name, type);
    must(send(fd, wire, len, 0) == (ssize_t)len);
    for (;;) {
        ssize_t n = recv(fd, reply, 4096, 0);
        if (n < 0)
            return 0;
        if (n >= MSG_HEADER && reply_id(reply) == mine)
            return (size_t)n;
    }
}

void tcp_send(int fd, const void *data, size_t len)
{
    must(send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len);
}

void tcp_query(int fd, uint16_t id, const char *name, uint16_t type)
{
    uint8_t wire[512];
    size_t len = query_make(wire + 2, sizeof(wire) - 2, id, name, type);
    wire[0] = (uint8_t)(len >> 8);
    wire[1] = (uint8_t)len;
    tcp_send(fd, wire, len + 2);
}

static bool read_all(int fd, uint8_t *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = recv(fd, to + at, len - at, 0);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

ssize_t tcp_receive(int fd, uint8_t *msg, size_t size)
{
    uint8_t frame[2];
    if (!read_all(fd, frame, 2))
        return -1;
    size_t len = (size_t)frame[0] << 8 | frame[1];
    must(len <= size);
    return read_all(fd, msg, len) ? (ssize_t)len : -1;
}
