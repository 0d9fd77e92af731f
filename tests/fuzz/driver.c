/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without libFuzzer, so that every build and compiler can: replays each file of
 * the corpus directory, then mutates them ROUNDS times from a fixed seed. Each input is in a block
 * of its exact size, for the sanitizers. It finds no new paths by itself; libFuzzer
 * (tests/fuzz/run) does.
 *
 * usage: fuzz_NAME CORPUS ROUNDS [SEED] */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 4096
#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    uint8_t *data;
    size_t len;
};

static struct input corpus[FILES_MAX];
static unsigned corpus_n;
static struct input current; /* what the target got last, kept for the crash file */
static uint64_t state;

/* xorshift64*: repeatable anywhere, good enough to choose bytes. */
static uint32_t below(uint32_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 0x2545f4914f6cdd1dull >> 32) % n;
}

static void run_one(const uint8_t *data, size_t len)
{
    free(current.data);
    current.data = malloc(len ? len : 1);
    current.len = len;
    if (!current.data)
        abort();
    memcpy(current.data, data, len);
    LLVMFuzzerTestOneInput(current.data, len);
}

static int file_read(const char *path)
{
    static uint8_t data[INPUT_MAX];
    FILE *f = fopen(path, "rb");

    if (!f)
        return -1;
    size_t len = fread(data, 1, sizeof(data), f);
    fclose(f);
    if (corpus_n == FILES_MAX)
        return -1;
    struct input *in = &corpus[corpus_n++];
    in->data = malloc(len ? len : 1);
    in->len = len;
    if (!in->data)
        return -1;
    memcpy(in->data, data, len);
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* whatever the locale: the seed decides all */
}

static int corpus_read(const char *dir)
{
    struct dirent **names;
    int n = scandir(dir, &names, NULL, by_name), err = n < 0 ? -1 : 0;
    char path[4096];

    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
            err |= file_read(path);
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return err;
}

/* One change in place; returns the new length, at most INPUT_MAX. */
static size_t mutate(uint8_t *p, size_t len)
{
    static const uint8_t some[] = {0,    1,    0x3f, 0x40, 0x7f, 0x80, 0xc0,
                                   0xff, '\\', '"',  '<',  '{',  '&'};
    size_t at = len ? below((uint32_t)len) : 0, n = 1 + below(8);

    switch (len ? below(7) : 4) {
    case 0:
        p[at] ^= (uint8_t)(1u << below(8));
        return len;
    case 1:
        p[at] = some[below(sizeof(some))];
        return len;
    case 2:
        p[at] = (uint8_t)below(256);
        return len;
    case 3: /* cut out */
        n = n < len - at ? n : len - at;
        memmove(p + at, p + at + n, len - at - n);
        return len - n;
    case 4: /* put in */
        n = n < INPUT_MAX - len ? n : INPUT_MAX - len;
        memmove(p + at + n, p + at, len - at);
        for (size_t i = 0; i < n; i++)
            p[at + i] = (uint8_t)below(256);
        return len + n;
    case 5: /* cut off */
        return at;
    default: { /* the tail of another input */
        const struct input *other = &corpus[below(corpus_n)];
        size_t from = other->len ? below((uint32_t)other->len) : 0;
        n = other->len - from < INPUT_MAX - at ? other->len - from : INPUT_MAX - at;
        memcpy(p + at, other->data + from, n);
        return at + n;
    }
    }
}

int main(int argc, char **argv)
{
    static uint8_t p[INPUT_MAX];

    if (argc < 3 || corpus_read(argv[1]) < 0 || !corpus_n) {
        fprintf(stderr, "usage: %s CORPUS ROUNDS [SEED]   (CORPUS must hold a file)\n", argv[0]);
        return 2;
    }
    state = (argc > 3 ? strtoull(argv[3], NULL, 0) : 1) | 1;
    for (unsigned i = 0; i < corpus_n; i++)
        run_one(corpus[i].data, corpus[i].len);
    unsigned long rounds = strtoul(argv[2], NULL, 10);
    for (unsigned long i = 0; i < rounds; i++) {
        const struct input *in = &corpus[below(corpus_n)];
        size_t len = in->len;
        memcpy(p, in->data, len);
        for (unsigned changes = 1 + below(4); changes; changes--)
            len = mutate(p, len);
        run_one(p, len);
    }
    free(current.data);
    while (corpus_n)
        free(corpus[--corpus_n].data);
    return 0;
}
