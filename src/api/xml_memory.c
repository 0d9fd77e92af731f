/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of libxml2. It does not survive a failed allocation in the midst of parsing, so it
 * never sees one: a document is parsed in an arena of its own, and where that cannot grow we jump
 * out and throw the arena away.
 *
 * Every block has a head that says whose it is, because the library also frees what it made outside
 * of a parsing. */
#include "api/xml.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlmemory.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define DOCUMENT_BYTES (256u << 20) /* of a parsed body (LIMIT_HTTP_BODY): 30 times its size */

struct block {
    size_t size;
    size_t in_arena;
};

/* The parsing under way in this thread. */
static _Thread_local struct arena *arena;
static _Thread_local jmp_buf *way_out;

static void *lib_malloc(size_t size)
{
    struct block *b;
    if (size > SIZE_MAX - sizeof *b)
        return NULL;
    b = arena ? arena_alloc(arena, sizeof *b + size) : malloc(sizeof *b + size);
    if (!b && arena)
        longjmp(*way_out, 1);
    if (!b)
        return NULL;
    *b = (struct block){size, arena != NULL};
    return b + 1;
}

static void lib_free(void *p)
{
    struct block *b = p;
    if (b && !b[-1].in_arena)
        free(b - 1);
}

static void *lib_realloc(void *p, size_t size)
{
    struct block *b = p;
    if (b && b[-1].size >= size)
        return p;
    void *bigger = lib_malloc(size);
    if (b && bigger) {
        memcpy(bigger, p, b[-1].size);
        lib_free(p);
    }
    return bigger;
}

static char *lib_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = lib_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static void silent(void *ctx, const char *fmt, ...)
{
    (void)ctx;
    (void)fmt;
}

static void install(void)
{
    xmlMemSetup(lib_free, lib_malloc, lib_realloc, lib_strdup);
    xmlInitParser();
}

void xml_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
}

int xml_open(struct xml *x, const char *text, size_t len)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                        XML_PARSE_NOCDATA | XML_PARSE_COMPACT;
    jmp_buf here;
    volatile int err = 0;

    xml_init();
    xmlSetGenericErrorFunc(NULL, silent); /* of this thread */
    x->doc = NULL;
    arena_new(&x->arena, DOCUMENT_BYTES);
    way_out = &here;
    if (setjmp(here) == 0) {
        arena = &x->arena;
        x->doc = xmlReadMemory(text, (int)len, "request.xml", "UTF-8", options);
        err = x->doc ? 0 : ERR_INVALID;
    } else {
        x->doc = NULL;
        err = ERR_NOMEM;
    }
    xmlResetLastError(); /* its texts are in the arena */
    arena = NULL;
    if (err)
        arena_free(&x->arena);
    return err;
}

void xml_close(struct xml *x)
{
    arena_free(&x->arena);
    x->doc = NULL;
}
