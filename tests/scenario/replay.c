/* SPDX-License-Identifier: Apache-2.0 */
/* The runner: reads statements and hands them round; see scn.h. */
#include "scn.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

void scn_fail(const struct scn *s, const struct line *l, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "%s:%d: %s\n    ", s->file, l ? l->number : s->number, l ? l->text : "");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

const char *line_option(const struct line *l, const char *key)
{
    size_t len = strlen(key);
    for (int i = 0; i < l->n; i++)
        if (strncmp(l->word[i], key, len) == 0 && l->word[i][len] == '=')
            return l->word[i] + len + 1;
    return NULL;
}

bool line_has(const struct line *l, const char *word)
{
    for (int i = 0; i < l->n; i++)
        if (strcmp(l->word[i], word) == 0)
            return true;
    return false;
}

unsigned long scn_number(const struct scn *s, const struct line *l, const char *text)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (end == text || *end)
        scn_fail(s, l, "'%s' is no number", text);
    return v;
}

void scn_name(const struct scn *s, const struct line *l, const char *text, uint8_t *out)
{
    if (name_parse(text, out) < 0)
        scn_fail(s, l, "'%s' is no name", text);
}

uint16_t scn_type(const struct scn *s, const struct line *l, const char *text)
{
    uint16_t type;
    if (type_parse(text, &type) < 0)
        scn_fail(s, l, "'%s' is no type", text);
    return type;
}

struct addr scn_addr(const struct scn *s, const struct line *l, const char *text)
{
    struct addr a;
    if (addr_parse(text, &a) < 0)
        scn_fail(s, l, "'%s' is no address", text);
    return a;
}

struct sockname scn_sockname(const struct scn *s, const struct line *l, const char *text)
{
    struct sockname n;
    if (sockname_parse(text, 53, &n) < 0)
        scn_fail(s, l, "'%s' is no address with port", text);
    return n;
}

/* --- reading
 * ------------------------------------------------------------------------------------------ */

static void line_split(struct line *l)
{
    char *p = strcpy(l->store, l->text);
    l->n = 0;
    while (l->n < SCN_WORDS) {
        while (isspace((unsigned char)*p))
            p++;
        if (!*p || *p == '#')
            return;
        bool quoted = *p == '"';
        l->word[l->n++] = p += quoted;
        while (*p && (quoted ? *p != '"' : !isspace((unsigned char)*p)))
            p++;
        if (*p)
            *p++ = 0;
    }
}

/* The next line that says something. */
static bool line_next(struct scn *s)
{
    while (fgets(s->ahead.text, sizeof(s->ahead.text), s->in)) {
        s->ahead.number = ++s->number;
        s->ahead.text[strcspn(s->ahead.text, "\n")] = 0;
        line_split(&s->ahead);
        if (s->ahead.n)
            return true;
    }
    return false;
}

/* Copies a line; its words point into itself. */
static void line_copy(struct line *to, const struct line *from)
{
    *to = *from;
    line_split(to);
}

static bool statement_next(struct scn *s, struct statement *st)
{
    if (!s->has_ahead && !line_next(s))
        return false;
    if (isspace((unsigned char)s->ahead.text[0]))
        scn_fail(s, &s->ahead, "a detail without a statement");
    line_copy(&st->head, &s->ahead);
    st->n = 0;
    while ((s->has_ahead = line_next(s)) && isspace((unsigned char)s->ahead.text[0])) {
        if (st->n == SCN_LINES)
            scn_fail(s, &s->ahead, "too many details");
        line_copy(&st->detail[st->n++], &s->ahead);
    }
    return true;
}

/* --- running
 * ------------------------------------------------------------------------------------------ */

static void resolver_start(struct scn *s)
{
    struct resolver_config config = {
        .cache = s->cache,
        .metrics = &s->metrics,
        .rnd = &s->rnd,
        .queries_max = s->limit_queries ? s->limit_queries : SCN_COPIES,
        .flights_max = s->limit_flights ? s->limit_flights : 1024,
        .vpc_rate = s->vpc_rate,
        .rule_rate = s->rule_rate,
        .recursion_off = s->recursion_off,
        .secret = {53, 64},
    };
    resolver_free(s->resolver);
    s->resolver = resolver_new(&config);
}

unsigned long scn_duration_ms(const struct scn *s, const struct line *l, const char *text)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (strcmp(end, "ms") == 0)
        return v;
    if (strcmp(end, "s") != 0)
        scn_fail(s, l, "'%s' is no time: 200ms, 5s", text);
    return v * 1000;
}

/* Statements about the run itself: "wait 5s", "setting recursion-off". */
static bool scn_run(struct scn *s, const struct statement *st)
{
    const struct line *l = &st->head;
    if (strcmp(l->word[0], "wait") == 0 && l->n == 2) {
        uint64_t until = s->now + scn_duration_ms(s, l, l->word[1]) * NS_PER_MS;
        while (scn_advance(s, until))
            ;
        s->now = until;
        return true;
    }
    if (strcmp(l->word[0], "setting") != 0)
        return false;
    s->recursion_off = line_has(l, "recursion-off");
    if (line_option(l, "flights"))
        s->limit_flights = (unsigned)scn_number(s, l, line_option(l, "flights"));
    if (line_option(l, "queries"))
        s->limit_queries = (unsigned)scn_number(s, l, line_option(l, "queries"));
    if (line_option(l, "vpc-rate"))
        s->vpc_rate = (unsigned)scn_number(s, l, line_option(l, "vpc-rate"));
    if (line_option(l, "rule-rate"))
        s->rule_rate = (unsigned)scn_number(s, l, line_option(l, "rule-rate"));
    resolver_start(s);
    return true;
}

static void scn_open(struct scn *s, const char *file)
{
    s->file = file;
    s->in = fopen(file, "r");
    if (!s->in) {
        perror(file);
        exit(1);
    }
    s->publisher = publisher_new();
    s->compiler = compiler_new(s->publisher);
    if (!s->compiler || reader_add(s->publisher, &s->reader) < 0)
        exit(1);
    rnd_init_seed(&s->rnd, 53);
    s->cache = cache_new(1 << 20);
    s->now = 1000 * NS_PER_S;
    s->events = calloc(SCN_EVENTS, sizeof(*s->events));
    s->sent = calloc(SCN_SENT, sizeof(*s->sent));
    s->asks = calloc(SCN_COPIES, sizeof(*s->asks));
    arena_new(&s->arena, 64u << 20);
    resolver_start(s);
    s->dirty = true;
}

static void scn_close(struct scn *s)
{
    resolver_free(s->resolver);
    cache_free(s->cache);
    reader_remove(&s->reader);
    compiler_free(s->compiler);
    publisher_free(s->publisher);
    for (int i = 0; i < s->events_n; i++)
        free(s->events[i].wire);
    for (int i = 0; i < s->servers_n; i++)
        free(s->servers[i].records);
    free(s->events);
    free(s->sent);
    free(s->asks);
    arena_free(&s->arena);
    fclose(s->in);
}

static void scn_file(const char *file)
{
    struct scn *s = calloc(1, sizeof(*s));
    struct statement *st = calloc(1, sizeof(*st));
    int checks = 0;
    scn_open(s, file);
    while (statement_next(s, st)) {
        bool query = scn_query(s, st) || scn_load(s, st);
        checks += query;
        if (!query && !scn_model(s, st) && !scn_net(s, st) && !scn_run(s, st))
            scn_fail(s, &st->head, "unknown statement");
    }
    if (!checks)
        scn_fail(s, &st->head, "nothing was asked");
    printf("%s: %d queries\n", file, checks);
    scn_close(s);
    free(st);
    free(s);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        scn_file(argv[i]);
    return argc > 1 ? 0 : 2;
}
