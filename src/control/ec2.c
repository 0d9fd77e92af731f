/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of EC2 resources and what every family does with them: lookups, uses, CIDRs, places. */
#include "control/ec2.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"

#define TAGS_OF(type) offsetof(type, tags), offsetof(type, tags_n)

const struct ec2_resource ec2_resources[EC2_WHATS_N] = {
    [EC2_VPC] = {"vpc-", "vpc", &kind_vpc, "vpc-id", "vpcIds", FAULT_InvalidVpcIDNotFound,
                 FAULT_InvalidVpcIDMalformed, "The vpc ID '%s' does not exist",
                 TAGS_OF(struct obj_vpc)},
    [EC2_SUBNET] = {"subnet-", "subnet", &kind_subnet, "subnet-id", "subnetIds",
                    FAULT_InvalidSubnetIDNotFound, FAULT_InvalidSubnetIDMalformed,
                    "The subnet ID '%s' does not exist", TAGS_OF(struct obj_subnet)},
    [EC2_GROUP] = {"sg-", "security-group", &kind_group, "group-id", "securityGroupIds",
                   FAULT_InvalidGroupNotFound, FAULT_InvalidGroupIdMalformed,
                   "The security group '%s' does not exist", TAGS_OF(struct obj_group)},
    [EC2_INTERFACE] = {"eni-", "network-interface", &kind_interface, "network-interface-id",
                       "networkInterfaceIds", FAULT_InvalidNetworkInterfaceIDNotFound,
                       FAULT_InvalidParameterValue, "The networkInterface ID '%s' does not exist",
                       TAGS_OF(struct obj_interface)},
    [EC2_ENDPOINT] = {"vpce-", "vpc-endpoint", &kind_vpc_endpoint, "vpc-endpoint-id",
                      "vpcEndpointIds", FAULT_InvalidVpcEndpointIdNotFound,
                      FAULT_InvalidVpcEndpointIdMalformed,
                      "The Vpc Endpoint Id '%s' does not exist", TAGS_OF(struct obj_vpc_endpoint)},
    [EC2_RULE] = {"sgr-", "security-group-rule", NULL, "security-group-rule-id",
                  "securityGroupRuleIds", FAULT_InvalidSecurityGroupRuleIdNotFound,
                  FAULT_InvalidParameterValue, "The security group rule ID '%s' does not exist",
                  TAGS_OF(struct obj_group_rule)},
};

int ec2_id_check(struct ctl *c, enum ec2_what what, const char *id)
{
    const struct ec2_resource *r = &ec2_resources[what];
    size_t prefix = strlen(r->prefix);
    if (strncmp(id, r->prefix, prefix) != 0)
        return ctl_fail(c, r->malformed, "Invalid id: \"%s\" (expecting \"%s...\")", id, r->prefix);
    const char *digits = id + prefix;
    size_t n = strlen(digits);
    /* 8 digits: ids from before 2016, which tools still make up in tests */
    if ((n != 8 && n != 17) || strspn(digits, "0123456789abcdef") != n)
        return ctl_fail(c, r->malformed, "Invalid id: \"%s\"", id);
    return 0;
}

int ec2_missing(struct ctl *c, enum ec2_what what, const char *id)
{
    const struct ec2_resource *r = &ec2_resources[what];
    char *text = arena_printf(c->arena, r->missing_text, id);
    return text ? ctl_fail(c, r->missing, "%s", text) : ERR_NOMEM;
}

int ec2_get(struct ctl *c, enum ec2_what what, const char *id, void *ret)
{
    int err = ec2_id_check(c, what, id);
    if (err)
        return err;
    err = ctl_get_own(c, ec2_resources[what].kind, id, ret);
    return err == ERR_NOT_FOUND ? ec2_missing(c, what, id) : err;
}

int ec2_refuse(struct ctl *c, const char *member)
{
    return ctl_fail(c, FAULT_InvalidParameterValue,
                    "The parameter %s is not supported by this installation.", member);
}

int ec2_use_add(struct ctl *c, const char *index, const char *owner, const char *path)
{
    char *key = arena_printf(c->arena, "%s/%s", owner, path);
    if (!key)
        return ERR_NOMEM;
    int err = ctl_index_put(c, index, key, "");
    return err ? err : ctl_index_put(c, index, owner, path);
}

int ec2_use_del(struct ctl *c, const char *index, const char *owner, const char *path)
{
    char *key = arena_printf(c->arena, "%s/%s", owner, path);
    return key ? ctl_index_del(c, index, key) : ERR_NOMEM;
}

static int seen(void *ctx, const char *key, const char *value)
{
    (void)key;
    (void)value;
    *(bool *)ctx = true;
    return CTL_STOP;
}

int ec2_used(struct ctl *c, const char *index, const char *owner, const char *kind, bool *ret)
{
    const char *guard;
    int err = ctl_index_get(c, index, owner, &guard);
    if (err && err != ERR_NOT_FOUND)
        return err;
    char *prefix = arena_printf(c->arena, "%s/%s%s", owner, kind, *kind ? "/" : "");
    if (!prefix)
        return ERR_NOMEM;
    bool used = false;
    err = ctl_index_list(c, index, prefix, seen, &used);
    if (!err)
        *ret = used;
    return err;
}

int ec2_cidr_parse(struct ctl *c, int family, const char *text, struct prefix *ret,
                   const char **ret_text)
{
    struct prefix p;
    if (prefix_parse(text, &p) || p.addr.family != family)
        return ERR_INVALID;
    prefix_mask(&p);
    char buf[ADDR_TEXT_MAX];
    char *canonical = arena_str(c->arena, prefix_format(&p, buf, sizeof buf));
    if (!canonical)
        return ERR_NOMEM;
    *ret = p;
    *ret_text = canonical;
    return 0;
}

char *ec2_zone_id(struct ctl *c, const char *zone_name)
{
    static const struct {
        const char *word, *letters;
    } words[] = {{"northeast", "ne"}, {"northwest", "nw"}, {"southeast", "se"},
                 {"southwest", "sw"}, {"north", "n"},      {"south", "s"},
                 {"east", "e"},       {"west", "w"},       {"central", "c"}};
    size_t len = strlen(zone_name);
    char letter = len ? zone_name[len - 1] : 'a';
    char *region = arena_dup(c->arena, zone_name, len ? len - 1 : 0);
    char *id = region ? arena_str(c->arena, "") : NULL;
    char *save = NULL;
    for (char *w = region ? strtok_r(region, "-", &save) : NULL; w && id;
         w = strtok_r(NULL, "-", &save)) {
        /* the area and the number stay, directions have letters, other words give their first */
        bool whole = !*id || isdigit((unsigned char)*w);
        const char *add = whole ? w : NULL;
        for (size_t i = 0; !add && i < sizeof words / sizeof *words; i++)
            if (strcmp(w, words[i].word) == 0)
                add = words[i].letters;
        id = add ? arena_printf(c->arena, "%s%s", id, add) : arena_printf(c->arena, "%s%c", id, *w);
    }
    return id ? arena_printf(c->arena, "%s-az%d", id, letter - 'a' + 1) : NULL;
}

int ec2_zone_find(struct ctl *c, const char *name, const char *id, const char **ret_name,
                  const char **ret_id)
{
    for (char letter = 'a'; letter <= 'c'; letter++) {
        char *zone_name = arena_printf(c->arena, "%s%c", c->region, letter);
        char *zone_id = zone_name ? ec2_zone_id(c, zone_name) : NULL;
        if (!zone_id)
            return ERR_NOMEM;
        if ((name && strcmp(name, zone_name) != 0) || (id && strcmp(id, zone_id) != 0))
            continue;
        *ret_name = zone_name;
        *ret_id = zone_id;
        return 0;
    }
    return ERR_NOT_FOUND;
}

char *ec2_dhcp_default_id(struct ctl *c)
{
    /* not a secret: any fixed key gives every account and region its own set */
    static const uint64_t key[2] = {0x6272696467653533, 0x646f7074};
    char *who = arena_printf(c->arena, "%s/%s", c->account, c->region);
    if (!who)
        return NULL;
    uint64_t h = hash_sip(key, who, strlen(who));
    return arena_printf(c->arena, "dopt-%016llx%x", (unsigned long long)h, (unsigned)(h & 15));
}
