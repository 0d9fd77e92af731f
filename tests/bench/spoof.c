/* SPDX-License-Identifier: Apache-2.0 */
/* Forges replies to a DNS server on loopback: they seem to come from a target that the server asks.
 *
 *   spoof --as ADDR:PORT --pid PID [--name TEMPLATE] [--kinds K,K...] [--sniff]
 *         [--rate N] [--seconds S]
 *
 * Blind, it sends to the UDP ports that process PID has open now (a stronger attacker than there
 * is, who would have to guess the port) with random ids, at --rate. "%u" in the template is a
 * random number below 2^20. With --sniff it sees each query to the target and answers it with the
 * right id, port and question, but for the one fault that its kind has. Kinds:
 *
 *   id        all is right but the id                 source    all but the port it comes from
 *   question  another question                        owner     a record of another owner
 *   cut       ends within the record                  loop      a name that points to itself
 *   counts    says more records than it has           garbage   random bytes behind the header
 *   query     QR is clear                             right     nothing is wrong: must succeed with
 *                                                               --sniff, which shows that this
 * works
 *
 * Without --kinds all but `right` take turns. All records hold 203.0.113.66. Prints one line of
 * JSON. Needs raw sockets; only IPv4. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/rand.h"
#include "dns/build.h"

#define BATCH 32
#define HEADERS (sizeof(struct iphdr) + sizeof(struct udphdr))
#define PACKET (HEADERS + 512)
#define PORTS_MAX 32768
#define LOOK_NS (200 * NS_PER_MS) /* between looks at the ports */
#define NAMES (1u << 20)

enum kind { ID, SOURCE, QUESTION, OWNER, CUT, LOOP, COUNTS, GARBAGE, QUERY, RIGHT, KINDS };
static const char *const kind_names[KINDS] = {"id",   "source", "question", "owner", "cut",
                                              "loop", "counts", "garbage",  "query", "right"};

struct victim {
    uint32_t addr; /* network order */
    uint16_t port; /* network order */
};

/* What a forged reply answers. */
struct asked {
    uint16_t id;
    uint16_t type;
    uint8_t name[NAME_MAX_WIRE];
};

static struct spoof {
    struct victim as; /* the target that we play */
    long pid;
    const char *name;
    unsigned kinds;
    bool sniff;
    uint64_t rate;
    double seconds;
    int raw, tap;
    struct victim victims[PORTS_MAX];
    unsigned victims_n;
    unsigned turn;
    uint64_t sent[KINDS];
    struct rnd rnd;
} s;

static uint8_t packets[BATCH][PACKET];
static size_t lengths[BATCH];
static struct sockaddr_in to[BATCH];
static unsigned batch_n;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* --- the server's ports ----------------------------------------------------------------------- */

/* Inodes of the process's sockets, sorted. */
static unsigned long inodes[PORTS_MAX];
static unsigned inodes_n;

static int compare(const void *a, const void *b)
{
    unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;
    return (x > y) - (x < y);
}

static void find_inodes(void)
{
    char path[64], link[64];
    snprintf(path, sizeof(path), "/proc/%ld/fd", s.pid);
    DIR *d = opendir(path);
    if (!d)
        die(path);
    inodes_n = 0;
    for (struct dirent *e; (e = readdir(d)) && inodes_n < PORTS_MAX;) {
        ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
        link[n > 0 ? n : 0] = '\0';
        if (sscanf(link, "socket:[%lu]", &inodes[inodes_n]) == 1)
            inodes_n++;
    }
    closedir(d);
    qsort(inodes, inodes_n, sizeof(inodes[0]), compare);
}

/* Sockets that may hear the target: those connected to it, and those connected to nobody. */
static void find_victims(void)
{
    char line[256], path[64];
    find_inodes();
    snprintf(path, sizeof(path), "/proc/%ld/net/udp", s.pid);
    FILE *f = fopen(path, "r");
    if (!f)
        die(path);
    s.victims_n = 0;
    while (fgets(line, sizeof(line), f) && s.victims_n < PORTS_MAX) {
        unsigned addr, port, peer, peer_port;
        unsigned long inode;
        if (sscanf(line, " %*d: %x:%x %x:%x %*x %*s %*s %*s %*u %*u %lu", &addr, &port, &peer,
                   &peer_port, &inode) != 5)
            continue;
        bool hears = !peer || (peer == s.as.addr && htons((uint16_t)peer_port) == s.as.port);
        if (!hears || !bsearch(&inode, inodes, inodes_n, sizeof(inode), compare))
            continue;
        s.victims[s.victims_n++] =
            (struct victim){addr ? addr : htonl(INADDR_LOOPBACK), htons((uint16_t)port)};
    }
    fclose(f);
}

/* --- forging ---------------------------------------------------------------------------------- */

/* Writes the reply with the fault of its kind; returns its length. */
static size_t forge(uint8_t *wire, size_t size, const struct asked *asked, enum kind kind)
{
    static const uint8_t address[] = {203, 0, 113, 66}, elsewhere[] = "\5wrong\7invalid";
    struct build b;
    uint8_t name[NAME_MAX_WIRE];
    name_copy(name, asked->name);
    if (kind == QUESTION && name[0])
        name[1] = name[1] == 'x' ? 'y' : 'x';
    uint16_t id = kind == ID ? asked->id ^ (uint16_t)(1 + rnd_below(&s.rnd, 65535)) : asked->id;
    uint16_t flags = FLAG_RA | FLAG_RD | (kind == QUERY ? 0 : FLAG_QR);
    build_begin(&b, wire, size, id, flags);
    build_question(&b, name, asked->type, CLASS_IN);
    size_t record = b.len;
    build_rr(&b, SECTION_ANSWER, kind == OWNER ? elsewhere : name, TYPE_A, CLASS_IN, 300, address,
             sizeof(address));
    size_t len = build_end(&b);
    if (kind == CUT)
        return len - 1 - rnd_below(&s.rnd, (uint32_t)(len - record - 1));
    if (kind == LOOP) { /* the owner points to its own first byte */
        wire[record] = (uint8_t)(0xc0 | record >> 8);
        wire[record + 1] = (uint8_t)record;
    }
    if (kind == COUNTS)
        wire[6] = wire[8] = wire[10] = 0xff;
    if (kind == GARBAGE)
        rnd_bytes(&s.rnd, wire + MSG_HEADER, len - MSG_HEADER);
    return len;
}

static void flush(void)
{
    struct iovec iov[BATCH];
    struct mmsghdr m[BATCH];
    for (unsigned i = 0; i < batch_n; i++) {
        iov[i] = (struct iovec){packets[i], lengths[i]};
        m[i].msg_hdr = (struct msghdr){
            .msg_name = &to[i], .msg_namelen = sizeof(to[i]), .msg_iov = &iov[i], .msg_iovlen = 1};
    }
    for (unsigned at = 0; at < batch_n;) {
        int n = sendmmsg(s.raw, m + at, batch_n - at, 0);
        at += n > 0 ? (unsigned)n : 1; /* one that the system does not take is left out */
    }
    batch_n = 0;
}

static enum kind next_kind(void)
{
    do
        s.turn = (s.turn + 1) % KINDS;
    while (!(s.kinds & 1u << s.turn));
    return (enum kind)s.turn;
}

static void strike(const struct victim *v, const struct asked *asked)
{
    enum kind kind = next_kind();
    uint8_t *p = packets[batch_n];
    size_t n = forge(p + HEADERS, PACKET - HEADERS, asked, kind) + HEADERS;
    uint16_t port = kind == SOURCE ? s.as.port ^ htons(1) : s.as.port;
    struct iphdr ip = {.version = 4,
                       .ihl = 5,
                       .ttl = 64,
                       .protocol = IPPROTO_UDP,
                       .tot_len = htons((uint16_t)n),
                       .saddr = s.as.addr,
                       .daddr = v->addr};
    struct udphdr udp = {.source = port,
                         .dest = v->port,
                         .len = htons((uint16_t)(n - sizeof(ip)))}; /* no checksum */
    memcpy(p, &ip, sizeof(ip)); /* the kernel fills in its checksum and id */
    memcpy(p + sizeof(ip), &udp, sizeof(udp));
    lengths[batch_n] = n;
    to[batch_n] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = v->addr};
    s.sent[kind]++;
    if (++batch_n == BATCH)
        flush();
}

/* --- blind ------------------------------------------------------------------------------------ */

/* A question that the server may have under way, for all that an outsider knows. */
static void guess(struct asked *ret)
{
    char text[NAME_MAX_TEXT];
    const char *at = strstr(s.name, "%u");
    snprintf(text, sizeof(text), "%.*s%u%s", at ? (int)(at - s.name) : 0, s.name,
             rnd_below(&s.rnd, NAMES), at ? at + 2 : s.name);
    ret->id = rnd_u16(&s.rnd);
    ret->type = TYPE_A;
    if (name_parse(text, ret->name) < 0)
        die(text);
}

static void run_blind(void)
{
    uint64_t start = clock_mono_ns(), look = 0, sent = 0;
    for (;;) {
        uint64_t now = clock_mono_ns();
        double passed = (double)(now - start) / 1e9;
        if (passed >= s.seconds)
            break;
        if (now >= look) {
            find_victims();
            look = now + LOOK_NS;
        }
        for (uint64_t due = (uint64_t)(passed * (double)s.rate); sent < due; sent++) {
            struct asked asked;
            guess(&asked);
            if (s.victims_n)
                strike(&s.victims[rnd_below(&s.rnd, s.victims_n)], &asked);
        }
        flush();
        poll(NULL, 0, 1);
    }
}

/* --- with sight of the queries ---------------------------------------------------------------- */

/* Answers one packet if it is a query to the target. */
static void seen(const uint8_t *p, size_t len)
{
    struct iphdr ip;
    struct udphdr udp;
    struct message m;
    struct asked asked;
    if (len < HEADERS)
        return;
    memcpy(&ip, p, sizeof(ip));
    memcpy(&udp, p + sizeof(ip), sizeof(udp));
    if (ip.protocol != IPPROTO_UDP || ip.ihl != 5 || ip.daddr != s.as.addr ||
        udp.dest != s.as.port || msg_parse_query(p + HEADERS, len - HEADERS, &m) != MSG_OK)
        return;
    asked.id = m.id;
    asked.type = m.qtype;
    memcpy(asked.name, m.qname, m.qname_len);
    struct victim v = {ip.saddr, udp.source};
    strike(&v, &asked);
}

static void run_sniffing(void)
{
    static uint8_t packet[2048];
    uint64_t end = clock_mono_ns() + (uint64_t)(s.seconds * 1e9);
    struct sockaddr_ll lo = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = 1};
    s.tap = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
    if (s.tap < 0 || bind(s.tap, (struct sockaddr *)&lo, sizeof(lo)))
        die("packet socket");
    while (clock_mono_ns() < end) {
        struct sockaddr_ll from;
        socklen_t from_len = sizeof(from);
        struct pollfd ready = {.fd = s.tap, .events = POLLIN};
        if (poll(&ready, 1, 10) <= 0)
            continue;
        ssize_t n = recvfrom(s.tap, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
                             &from_len);
        if (n > 0 && from.sll_pkttype != PACKET_OUTGOING) /* loopback shows each packet twice */
            seen(packet, (size_t)n);
        flush();
    }
}

/* --- start ------------------------------------------------------------------------------------ */

static bool kinds_take(char *list)
{
    s.kinds = 0;
    for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
        unsigned k = 0;
        while (k < KINDS && strcmp(word, kind_names[k]))
            k++;
        if (k == KINDS)
            return false;
        s.kinds |= 1u << k;
    }
    return s.kinds;
}

static bool as_take(const char *text)
{
    struct sockname name;
    if (sockname_parse(text, 53, &name) || name.addr.family != AF_INET || name.addr.b[0] != 127)
        return false; /* loopback alone */
    memcpy(&s.as.addr, name.addr.b, 4);
    s.as.port = htons(name.port);
    return true;
}

static const struct option longs[] = {
    {"as", 1, NULL, 'a'},      {"pid", 1, NULL, 'p'},   {"name", 1, NULL, 'n'},
    {"kinds", 1, NULL, 'k'},   {"sniff", 0, NULL, 's'}, {"rate", 1, NULL, 'r'},
    {"seconds", 1, NULL, 'd'}, {NULL, 0, NULL, 0},
};

static bool options_take(int argc, char **argv)
{
    int c;
    bool ok = true;
    while (ok && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'a':
            ok = as_take(optarg);
            break;
        case 'p':
            s.pid = strtol(optarg, NULL, 10);
            break;
        case 'n':
            s.name = optarg;
            break;
        case 'k':
            ok = kinds_take(optarg);
            break;
        case 's':
            s.sniff = true;
            break;
        case 'r':
            s.rate = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            s.seconds = strtod(optarg, NULL);
            break;
        default:
            ok = false;
        }
    }
    return ok && optind == argc && s.as.port && (s.sniff || s.pid);
}

int main(int argc, char **argv)
{
    s.name = "n%u.bench.internal";
    s.kinds = (1u << RIGHT) - 1;
    s.rate = 50000;
    s.seconds = 1;
    if (!options_take(argc, argv)) {
        fprintf(stderr, "usage: see the head of tests/bench/spoof.c\n");
        return 2;
    }
    rnd_init(&s.rnd);
    s.raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (s.raw < 0)
        die("raw socket");
    if (s.sniff)
        run_sniffing();
    else
        run_blind();
    uint64_t all = 0;
    for (unsigned k = 0; k < KINDS; k++)
        all += s.sent[k];
    printf("{\"sent\": %llu, \"ports\": %u", (unsigned long long)all, s.victims_n);
    for (unsigned k = 0; k < KINDS; k++)
        printf(", \"%s\": %llu", kind_names[k], (unsigned long long)s.sent[k]);
    printf("}\n");
    return 0;
}
