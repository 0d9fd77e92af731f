/* SPDX-License-Identifier: Apache-2.0 */
/* From a source address to the view of its VPC: one longest-prefix match, whatever the number of
 * VPCs. */
#include "model/snapshot_priv.h"

const struct view *snapshot_identify(const struct snapshot *s, const struct addr *source)
{
    uint32_t slot = lpm_find(&s->shared, source);

    return slot == LPM_NONE ? NULL : vec_get(&s->views, slot);
}

void snapshot_identify_all(const struct snapshot *s, const struct addr *const source[], unsigned n,
                           const struct view *ret[])
{
    struct lpm_walk walk[IDENTIFY_MOST];
    bool more = true;

    for (unsigned i = 0; i < n; i++)
        lpm_begin(&walk[i], &s->shared, source[i]);
    while (more) {
        more = false;
        for (unsigned i = 0; i < n; i++)
            more |= lpm_step(&walk[i]);
    }
    for (unsigned i = 0; i < n; i++) {
        uint32_t slot = lpm_end(&walk[i]);
        ret[i] = slot == LPM_NONE ? NULL : vec_get(&s->views, slot);
    }
}

bool view_contains(const struct view *v, const struct addr *a)
{
    for (unsigned i = 0; i < v->info->cidrs_n; i++) {
        if (prefix_contains(&v->info->cidrs[i], a))
            return true;
    }
    return false;
}

bool view_admits(const struct view *v, const struct addr *a)
{
    static const struct prefix link_local[] = {
        {{AF_INET, {169, 254}}, 16},   /* RFC 3927 */
        {{AF_INET6, {0xfe, 0x80}}, 10} /* RFC 4291 2.5.6 */
    };

    return view_contains(v, a) || prefix_contains(&link_local[0], a) ||
           prefix_contains(&link_local[1], a);
}

struct addr view_example(const struct view *v)
{
    struct prefix p = {0};

    if (v->info->cidrs_n) {
        p = v->info->cidrs[0];
        prefix_mask(&p);
        p.addr = addr_add(&p.addr, 4);
    }
    return p.addr;
}

const struct dns64 *view_dns64(const struct view *v)
{
    return v->info->dns64;
}

const char *view_subnet(const struct view *v, const struct addr *a, const struct dns64 **ret_dns64)
{
    uint32_t i = lpm_find(&v->subnets, a);

    if (i == LPM_NONE)
        return NULL;
    if (ret_dns64)
        *ret_dns64 = v->subnet[i].dns64;
    return v->subnet[i].id;
}
