/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the settings of a VPC: what changes its answers without changing a name's route. */
#include <stdio.h>
#include <string.h>

#include "model/diff_priv.h"

static const char *on_off(bool on)
{
    return on ? "on" : "off";
}

static const char *dns64_text(const struct dns64 *d, char *buf, size_t size)
{
    return d ? prefix_format(&d->prefix, buf, size) : "off";
}

static bool prefixes_equal(const struct prefix *a, size_t a_n, const struct prefix *b, size_t b_n)
{
    return a_n == b_n && (!a_n || !memcmp(a, b, a_n * sizeof(*a)));
}

static void prefixes_text(const struct vpc_info *info, char out[DIFF_TEXT])
{
    char text[ADDR_TEXT_MAX];
    size_t n = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < info->cidrs_n && n < DIFF_TEXT; i++)
        n += (size_t)snprintf(out + n, DIFF_TEXT - n, "%s%s", i ? ", " : "",
                              prefix_format(&info->cidrs[i], text, sizeof(text)));
}

static bool cidrs_differ(const struct diff_settings *d)
{
    const struct vpc_info *a = d->old->info, *b = d->new->info;
    char before[DIFF_TEXT], after[DIFF_TEXT];

    if (a == b || prefixes_equal(a->cidrs, a->cidrs_n, b->cidrs, b->cidrs_n))
        return true;
    prefixes_text(a, before);
    prefixes_text(b, after);
    return d->tell(d->ctx, "address ranges", before, after);
}

static bool attach_differs(const struct diff_settings *d)
{
    static const char *const kinds[] = {[ATTACH_SHARED] = "the shared listener",
                                        [ATTACH_NETNS] = "namespace ",
                                        [ATTACH_DEVICE] = "device "};
    const struct vpc_info *a = d->old->info, *b = d->new->info;
    const char *x = a->attach_name ? a->attach_name : "", *y = b->attach_name ? b->attach_name : "";
    char before[DIFF_TEXT], after[DIFF_TEXT];

    if (a->attach == b->attach && !strcmp(x, y))
        return true;
    snprintf(before, sizeof(before), "%s%s", kinds[a->attach], x);
    snprintf(after, sizeof(after), "%s%s", kinds[b->attach], y);
    return d->tell(d->ctx, "attachment", before, after);
}

static unsigned subnets_of(const struct view *v)
{
    return (unsigned)((const uint8_t *)v->profiles - (const uint8_t *)v->subnet) /
           sizeof(v->subnet[0]);
}

static const struct view_subnet *subnet_find(const struct view *v, const char *id)
{
    for (unsigned i = 0, n = subnets_of(v); i < n; i++)
        if (!strcmp(v->subnet[i].id, id))
            return &v->subnet[i];
    return NULL;
}

/* Subnets that are on one side only answer as their VPC's other addresses do, unless DNS64 is on.
 */
static bool subnets_differ(const struct diff_settings *d)
{
    const struct view *sides[2] = {d->old, d->new};
    char setting[128], x[ADDR_TEXT_MAX], y[ADDR_TEXT_MAX];

    for (int side = 0; side < 2; side++) {
        for (unsigned i = 0, n = subnets_of(sides[side]); i < n; i++) {
            const struct view_subnet *s = &sides[side]->subnet[i];
            const struct view_subnet *other = subnet_find(sides[!side], s->id);
            const struct dns64 *theirs = other ? other->dns64 : NULL;
            if (s->dns64 == theirs || (side && other))
                continue;
            snprintf(setting, sizeof(setting), "DNS64 of %s", s->id);
            const char *mine_text = dns64_text(s->dns64, x, sizeof(x)),
                       *other_text = dns64_text(theirs, y, sizeof(y));
            if (!d->tell(d->ctx, setting, side ? other_text : mine_text,
                         side ? mine_text : other_text))
                return false;
        }
    }
    return true;
}

static void endpoint_text(const struct endpoint *e, char out[DIFF_TEXT])
{
    char text[ADDR_TEXT_MAX];
    size_t n = 0;

    snprintf(out, DIFF_TEXT, "%s", e ? "no address" : "not there");
    for (unsigned i = 0; e && i < e->addresses_n && n < DIFF_TEXT; i++)
        n += (size_t)snprintf(out + n, DIFF_TEXT - n, "%s%s", i ? ", " : "",
                              addr_format(&e->addresses[i].addr, text, sizeof(text)));
    if (e && n < DIFF_TEXT)
        snprintf(out + strlen(out), DIFF_TEXT - strlen(out), ", %u clients allowed%s", e->ingress_n,
                 e->dns64 ? ", DNS64" : "");
}

static bool allows_equal(const struct endpoint *a, const struct endpoint *b)
{
    if (a->ingress_n != b->ingress_n)
        return false;
    for (unsigned i = 0; i < a->ingress_n; i++) {
        const struct allow *x = &a->ingress[i], *y = &b->ingress[i];
        if (!prefixes_equal(&x->peer, 1, &y->peer, 1) || x->protocol != y->protocol ||
            x->port_from != y->port_from || x->port_to != y->port_to)
            return false;
    }
    return true;
}

static bool endpoints_equal(const struct endpoint *a, const struct endpoint *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->addresses_n != b->addresses_n || a->dns64 != b->dns64 || !allows_equal(a, b))
        return false;
    for (unsigned i = 0; i < a->addresses_n; i++)
        if (memcmp(&a->addresses[i].addr, &b->addresses[i].addr, sizeof(struct addr)))
            return false;
    return true;
}

/* Inbound endpoints let clients of other networks ask as the VPC. An outbound one shows in its
 * rules. */
static bool endpoints_differ(const struct diff_settings *d)
{
    const struct snapshot *sides[2] = {d->before, d->after};
    char setting[128], before[DIFF_TEXT], after[DIFF_TEXT];
    const struct endpoint *e;

    for (int side = 0; side < 2; side++) {
        uint64_t pos = 0;
        while ((e = vec_next(&sides[side]->endpoints, &pos))) {
            const struct endpoint *other = vec_get(&sides[!side]->endpoints, e->slot);
            if (e->vpc_slot != d->new->slot || e->direction == DIRECTION_OUTBOUND ||
                (side && other) || endpoints_equal(e, other))
                continue;
            snprintf(setting, sizeof(setting), "inbound endpoint %s", e->id);
            endpoint_text(side ? other : e, before);
            endpoint_text(side ? e : other, after);
            if (!d->tell(d->ctx, setting, before, after))
                return false;
        }
    }
    return true;
}

/* Tables of one region differ in reverse names alone: who has more has them. */
static bool names_more(const struct view *a, const struct view *b)
{
    return a->autodef->names.count > b->autodef->names.count;
}

void diff_settings(const struct diff_settings *d)
{
    const struct view *a = d->old, *b = d->new;
    char x[ADDR_TEXT_MAX], y[ADDR_TEXT_MAX];

    if (!a || !b) {
        d->tell(d->ctx, "VPC", a ? "there" : "not there", b ? "there" : "not there");
        return;
    }
    if (a != b) {
        if (a->answers != b->answers &&
            !d->tell(d->ctx, "DNS support", on_off(a->answers), on_off(b->answers)))
            return;
        if (a->private != b->private &&
            !d->tell(d->ctx, "private names", on_off(a->private), on_off(b->private)))
            return;
        if (a->autodef != b->autodef && a->private == b->private &&
            !d->tell(d->ctx, "autodefined reverse names", on_off(names_more(a, b)),
                     on_off(names_more(b, a))))
            return;
        if (a->info->dns64 != b->info->dns64 &&
            !d->tell(d->ctx, "DNS64 prefix", dns64_text(a->info->dns64, x, sizeof(x)),
                     dns64_text(b->info->dns64, y, sizeof(y))))
            return;
        if (!cidrs_differ(d) || !attach_differs(d) || !subnets_differ(d))
            return;
    }
    if (d->before->endpoints.root != d->after->endpoints.root)
        (void)endpoints_differ(d);
}
