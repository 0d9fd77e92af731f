/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of RAM's listings. */
#include <string.h>

#include "base/error.h"
#include "control/ram_priv.h"

int ram_page_begin(struct ram_page *p, struct opt_int max_results, const char *token)
{
    if (max_results.set && (max_results.v < 1 || max_results.v > RAM_PAGE_MAX))
        return ctl_fail(p->c, FAULT_InvalidMaxResultsException,
                        "The specified value for MaxResults isn't valid. Specify a value from 1 "
                        "to %d.",
                        RAM_PAGE_MAX);
    p->max = max_results.set ? (size_t)max_results.v : RAM_PAGE_MAX;
    p->after = NULL;
    p->last = NULL;
    p->n = 0;
    p->more = false;
    if (token && ctl_token_read(p->c, p->what, token, &p->after) != 0)
        return ctl_fail(p->c, FAULT_InvalidNextTokenException,
                        "The specified value for NextToken isn't valid. Use the value that the "
                        "previous response gave.");
    p->items = arena_zalloc(p->c->arena, p->max, p->size);
    return p->items ? 0 : ERR_NOMEM;
}

int ram_page_add(struct ram_page *p, const char *key, const void *entry)
{
    if (p->after && strcmp(key, p->after) <= 0)
        return 0;
    if (p->n == p->max) {
        p->more = true;
        return CTL_STOP;
    }
    memcpy((char *)p->items + p->size * p->n++, entry, p->size);
    p->last = key;
    return 0;
}

const char *ram_page_token(const struct ram_page *p)
{
    return p->more ? ctl_token(p->c, p->what, p->last) : NULL;
}

bool ram_wanted(const char *const *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return n == 0;
}
