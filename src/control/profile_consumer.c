/* SPDX-License-Identifier: Apache-2.0 */
/* Who consumes a profile: beyond the service, which shows an owner the VPCs of its own account
 * only. The owner of a profile sees whom a change of it would reach, whichever account they are of.
 */
#include <string.h>

#include "base/error.h"
#include "control/profile_priv.h"
#include "rows/b53.h"

struct consumer_list {
    struct page page;
    size_t skip; /* bytes of the profile's prefix in keys */
};

/* One VPC of the profile. It acts where its resolver answers at all. */
static int consumer_view(struct ctl *c, const char *association_id,
                         struct b53_profile_consumer *ret)
{
    struct obj_profile_association a;
    struct obj_vpc vpc;
    int err = ctl_get(c, &kind_profile_assoc, association_id, &a);

    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    *ret = (struct b53_profile_consumer){
        .account_id = a.owner_account,
        .vpc_id = a.resource_id,
        .association_id = a.id,
        .name = a.name,
        .priority = a.priority,
        .effective = TRI_FALSE,
    };
    err = ctl_get(c, &kind_vpc, a.resource_id, &vpc);
    if (!err && vpc.enable_dns_support == TRI_TRUE)
        ret->effective = TRI_TRUE;
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int consumer_each(void *ctx, const char *key, const char *association_id)
{
    struct consumer_list *l = ctx;
    const char *vpc_id = key + l->skip;
    struct b53_profile_consumer *slot;

    if (l->page.after && strcmp(vpc_id, l->page.after) <= 0)
        return 0;
    slot = page_add(&l->page, vpc_id);
    return slot ? consumer_view(l->page.c, association_id, slot) : CTL_STOP;
}

int b53_list_profile_consumers(struct ctl *c, const struct b53_list_profile_consumers_request *in,
                               struct b53_list_profile_consumers_response *out)
{
    struct consumer_list l = {
        .page = {.c = c, .what = "ListProfileConsumers", .size = sizeof *out->consumers}};
    char *prefix = arena_printf(c->arena, "%s/", in->profile_id);
    struct obj_profile profile;
    int err = ctl_get_own(c, &kind_profile, in->profile_id, &profile);

    if (err == ERR_NOT_FOUND)
        return ctl_fail(c, FAULT_ResourceNotFoundException,
                        "There is no profile '%s' of this account in this region.", in->profile_id);
    if (!err)
        err = prefix ? page_begin(&l.page, in->max_results, in->next_token) : ERR_NOMEM;
    if (err)
        return err;
    l.skip = strlen(prefix);
    err = ctl_index_list(c, "profile-vpcs", prefix, consumer_each, &l);
    if (err)
        return err;
    out->consumers = l.page.items;
    out->consumers_n = l.page.n;
    out->next_token = page_token(&l.page);
    return 0;
}
