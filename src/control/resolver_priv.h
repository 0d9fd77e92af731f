/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of Route 53 Resolver share: quotas, filters, pages, creator request ids, tags,
 * configs, and how stored endpoints and rules are seen by one another. Private to the files of
 * Resolver, Profiles and check_*.c. Functions that return int give 0 or ERR_FAULT (a fault is
 * recorded) or ERR_NOMEM, unless they say otherwise; memory comes from c->arena. One thread for
 * each struct ctl.
 */
#ifndef CONTROL_RESOLVER_PRIV_H
#define CONTROL_RESOLVER_PRIV_H

#include <stdbool.h>

#include "control/object.h"
#include "rows/rslvr.h"

/* Quotas of an account in a region (spec: resolver.md 5). */
#define RESOLVER_ENDPOINTS_MAX 4            /* endpoints */
#define RESOLVER_ADDRESSES_MIN 2            /* addresses of a new endpoint */
#define RESOLVER_ADDRESSES_MAX 6            /* addresses of an endpoint */
#define RESOLVER_RULES_MAX 1000             /* rules */
#define RESOLVER_TARGETS_MAX 6              /* targets of a rule */
#define RESOLVER_RULE_ASSOCIATIONS_MAX 2000 /* rule associations with VPCs */
#define RESOLVER_TAGS_MAX 200               /* tags of a resource */
#define RESOLVER_FIREWALL_GROUPS_MAX 1000   /* firewall rule groups */
#define RESOLVER_QUERY_LOGS_MAX 20          /* query log configs */
#define RESOLVER_PAGE_MAX 100               /* entries of a page, and of one that names no number */

/* The rule that stands for public recursion, and the names of its associations (spec: 1.6). */
#define PSEUDO_RULE_ID "rslvr-autodefined-rr-internet-resolver"
#define PSEUDO_ASSOC_PREFIX "rslvr-autodefined-assoc-"
#define PSEUDO_ASSOC_SUFFIX "-internet-resolver"

/* Adds the ResourceType member to the fault that was just recorded; returns ERR_FAULT. */
int resolver_fault_type(struct ctl *c, int fault, const char *type);

/* As resolver_fault_type, the FieldName member of InvalidParameterException. */
int resolver_fault_field(struct ctl *c, int fault, const char *field);

/* A filter name and its older spelling. Tables of them end with {NULL, NULL}. */
struct filter_name {
    const char *name;
    const char *legacy;
};

/* The filters of a request, after filters_check. */
struct filters {
    const struct rslvr_filter *list;
    size_t n;
    const struct filter_name *names;
};

/* Refuses filters with unknown names or without values. */
int filters_check(struct ctl *c, const struct filters *f);

/* True if no filter on `name` excludes the value (NULL: absent, which no filter accepts). */
bool filters_keep(const struct filters *f, const char *name, const char *value);

/* As filters_keep for members with several values: one that is asked for is enough. */
bool filters_keep_any(const struct filters *f, const char *name, const char *const *values,
                      size_t values_n);

/* One page of a listing under way. */
struct page {
    struct ctl *c;
    const char *what;          /* operation, to which tokens are bound */
    enum fault_code bad_token; /* 0: InvalidNextTokenException */
    const char *after;         /* key to start behind, or NULL */
    size_t max;                /* most entries */
    size_t size;               /* bytes of an entry */
    void *items;               /* max entries */
    size_t n;                  /* entries so far */
    const char *last;          /* key of the newest entry */
    bool more;                 /* another entry would have followed */
};

/* Begins a page: reads MaxResults and NextToken. p->bad_token. */
int page_begin(struct page *p, struct opt_int max_results, const char *token);

/* A cleared slot for the entry with that key, or NULL when the page is full: then more is set. */
void *page_add(struct page *p, const char *key);

/* The token of the next page, NULL after the last one. */
const char *page_token(const struct page *p);

/* Takes a creator request id for a new object; ResourceExistsException when it is taken. `noun`
 * names the kind of object in the message. */
int creator_take(struct ctl *c, const struct kind *kind, const char *creator, const char *id,
                 const char *noun);

/* The id of the object that was made with a creator request id; ERR_NOT_FOUND without a fault. */
int creator_find(struct ctl *c, const struct kind *kind, const char *creator, const char **ret_id);

/* Frees it with its object. */
int creator_free(struct ctl *c, const struct kind *kind, const char *creator);

/* Serializes those who refer to an object with those who delete it: both read and write one key of
 * the index, so that one of two racing transactions fails and runs again. */
int guard_touch(struct ctl *c, const char *index, const char *id);

/* Removes the key with the object. */
int guard_drop(struct ctl *c, const char *index, const char *id);

/* Checks new tags (no key twice, none in the service's own namespace, not too many) and merges them
 * into *tags. `code` is the fault for a bad tag. */
struct tags_new {
    const struct rslvr_tag *list;
    size_t n;
    enum fault_code code;
};
int resolver_tags_add(struct ctl *c, const struct tags_new *add, struct obj_tag **tags,
                      size_t *tags_n);

/* An endpoint that the caller owns; ResourceNotFoundException. */
int resolver_endpoint_get(struct ctl *c, const char *id, struct obj_endpoint *ret);

/* How clients see an endpoint, its status derived from what the data plane says. */
int endpoint_view(struct ctl *c, const struct obj_endpoint *e, struct rslvr_resolver_endpoint *ret);

/* What the data plane says of one address: a status of IpAddressResponse and its message. */
enum address_state { ADDRESS_READY, ADDRESS_WAITING, ADDRESS_LOST, ADDRESS_FAILED };
enum address_state endpoint_address_state(struct ctl *c, const struct obj_endpoint_address *a,
                                          const char **ret_text);

/* True if an object with that creation time is so young that silence of the data plane is normal.
 */
bool endpoint_is_young(const struct ctl *c, const char *creation_time);

/* A wanted address of an endpoint: a subnet, and addresses in it or NULL for any. */
struct address_wish {
    const char *subnet_id;
    const char *ip;
    const char *ipv6;
};

/* Makes an interface for the wish and adds it to e->addresses (whose array has room). The first one
 * decides e->host_vpc_id when that is NULL. */
int endpoint_address_add(struct ctl *c, struct obj_endpoint *e, const struct address_wish *wish);

/* Changes the type of an endpoint with all its addresses; `in` names wanted IPv6 addresses. */
int endpoint_type_change(struct ctl *c, struct obj_endpoint *e,
                         const struct rslvr_update_resolver_endpoint_request *in);

/* Checks a list of protocols against the direction and against the previous list (NULL for a new
 * endpoint) and puts the result, Do53 by default, into e. */
int endpoint_protocols_set(struct ctl *c, struct obj_endpoint *e, const char **protocols, size_t n);

/* Refuses switches that the direction of the endpoint does not have. */
int endpoint_switches_check(struct ctl *c, const struct obj_endpoint *e);

/* Checks that an endpoint can reach all targets: their family, protocol, and public IPv6. Fills in
 * the protocol of targets that name none. */
int targets_fit(struct ctl *c, const struct obj_endpoint *e, struct obj_target *targets, size_t n);

/* Checks that the targets of all rules of an endpoint still fit after a change of the endpoint. */
int endpoint_rules_fit(struct ctl *c, const struct obj_endpoint *e);

/* A rule that the caller may do that with ("route53resolver:GetResolverRule"), its own or a shared
 * one. ERR_NOT_FOUND: no such rule for the caller; a refusal is recorded. */
int rule_find(struct ctl *c, const char *action, const char *id, struct obj_rule *ret);

/* As rule_find; ResourceNotFoundException RSLVR-00703. Not for the pseudo rule. */
int resolver_rule_get(struct ctl *c, const char *action, const char *id, struct obj_rule *ret);

/* Refuses targets that are addresses of an inbound endpoint in the VPC that would ask them
 * (RSLVR-00804). vpc_id NULL: in any VPC with which the rule is associated. */
int rule_loop_check(struct ctl *c, const struct obj_rule *rule, const char *vpc_id);

/* How clients see a rule. */
int rule_view(struct ctl *c, const struct obj_rule *rule, struct rslvr_resolver_rule *ret);

/* Removes an association of a rule with a VPC, whoever owns it, and its index entries. */
int rule_association_remove(struct ctl *c, const struct obj_rule *rule,
                            const struct obj_rule_association *a);

/* The rule of public recursion, which every account has. */
struct rslvr_resolver_rule *rule_pseudo(struct ctl *c);

/* Checks TargetIps (one family, addresses, ports, their number) and copies them. */
int targets_read(struct ctl *c, const struct rslvr_target_address *list, size_t n,
                 struct obj_target **ret);

/* The parts of an ARN of this service. */
struct resolver_arn {
    const char *region;
    const char *account; /* empty for the pseudo rule */
    const char *type;    /* "resolver-rule" */
    const char *id;
};

/* Splits "arn:aws:route53resolver:<region>:<account>:<type>/<id>". false when it is none. */
bool resolver_arn_read(struct ctl *c, const char *arn, struct resolver_arn *ret);

/* True if the ARN names a place of the caller: its account and region. */
bool resolver_arn_own(const struct ctl *c, const struct resolver_arn *arn);

/* What a config (reverse names, DNSSEC, firewall) is for: a VPC of the caller, or a profile. */
struct config_resource {
    bool profile;
    const char *owner; /* account */
};

#define CONFIG_LOCAL "USE_LOCAL_RESOURCE_SETTING" /* of profiles: the VPC's own setting counts */

/* Looks for the VPC or profile with that id, in which the caller may do `action`;
 * ResourceNotFoundException. */
int config_resource_get(struct ctl *c, const char *id, const char *action,
                        struct config_resource *ret);

/* 0 while the VPC or profile of a stored config exists, else ERR_NOT_FOUND. */
int config_resource_alive(struct ctl *c, const char *id);

/* The id of a config, the same for a VPC or profile at all times. NULL on lack of memory. */
char *config_id(struct ctl *c, const char *prefix, const char *resource_id);

/* A flag of an update, the state that it leads to, and the one that is answered on the way there.
 */
struct config_flag {
    const char *name;
    const char *state;
    const char *under_way;
};

/* Reads a flag that is one of the enum; InvalidParameterException for USE_LOCAL_RESOURCE_SETTING
 * on a VPC. *ret is static. */
int config_flag_read(struct ctl *c, const char *text, const struct config_resource *resource,
                     const struct config_flag **ret);

/* What must be unique among the rules of one VPC: "vpc-rules" index key. */
char *rule_vpc_key(struct ctl *c, const char *vpc_id, const struct obj_rule *rule);

#endif
