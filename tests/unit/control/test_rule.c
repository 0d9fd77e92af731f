/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver rules, their associations and policies, through the operations. */
#include "service_fixture.h"

#include <string.h>

#include "rows/rslvr.h"

OP(rslvr_create_resolver_endpoint)
OP(rslvr_update_resolver_endpoint)
OP(rslvr_create_resolver_rule)
OP(rslvr_get_resolver_rule)
OP(rslvr_list_resolver_rules)
OP(rslvr_update_resolver_rule)
OP(rslvr_delete_resolver_rule)
OP(rslvr_get_resolver_rule_policy)
OP(rslvr_put_resolver_rule_policy)
OP(rslvr_associate_resolver_rule)
OP(rslvr_disassociate_resolver_rule)
OP(rslvr_get_resolver_rule_association)
OP(rslvr_list_resolver_rule_associations)

#define PSEUDO "rslvr-autodefined-rr-internet-resolver"
#define PSEUDO_ASSOC "rslvr-autodefined-assoc-" VPC "-internet-resolver"

static const char *endpoint(struct fixture *f, const char *direction, const char *const *protocols,
                            size_t protocols_n)
{
    static const char *groups[] = {GROUP};
    struct rslvr_ip_address_request ips[] = {{SUBNET, NULL, NULL}, {SUBNET_B, NULL, NULL}};
    struct rslvr_create_resolver_endpoint_request in = {
        .creator_request_id = direction,
        .security_group_ids = groups,
        .security_group_ids_n = 1,
        .direction = direction,
        .ip_addresses = ips,
        .ip_addresses_n = 2,
        .protocols = (const char **)protocols,
        .protocols_n = protocols_n,
    };
    struct rslvr_create_resolver_endpoint_response out;

    if (strcmp(direction, "INBOUND") == 0)
        ips[0].ip = "10.1.1.77";
    assert_int_equal(RUN(f, rslvr_create_resolver_endpoint, &in, &out), 0);
    return out.resolver_endpoint->id;
}

static struct rslvr_target_address target[] = {{.ip = "192.0.2.1"}};

static struct rslvr_create_resolver_rule_request forward(const char *creator, const char *domain,
                                                         const char *endpoint_id)
{
    return (struct rslvr_create_resolver_rule_request){
        .creator_request_id = creator,
        .rule_type = "FORWARD",
        .domain_name = domain,
        .target_ips = target,
        .target_ips_n = 1,
        .resolver_endpoint_id = endpoint_id,
    };
}

static struct rslvr_resolver_rule *create(struct fixture *f,
                                          const struct rslvr_create_resolver_rule_request *in)
{
    struct rslvr_create_resolver_rule_response out;

    if (RUN(f, rslvr_create_resolver_rule, in, &out) != 0)
        print_error("%s\n", f->c.fault.message);
    assert_non_null(out.resolver_rule);
    return out.resolver_rule;
}

static void create_fails(struct fixture *f, const struct rslvr_create_resolver_rule_request *in,
                         enum fault_code code, const char *text)
{
    struct rslvr_create_resolver_rule_response out;

    fixture_fault(f, RUN(f, rslvr_create_resolver_rule, in, &out), code, text);
}

static int associate(struct fixture *f, const char *rule_id, const char *vpc_id,
                     struct rslvr_associate_resolver_rule_response *out)
{
    const struct rslvr_associate_resolver_rule_request in = {
        .resolver_rule_id = rule_id, .vpc_id = vpc_id, .name = "a1"};

    return RUN(f, rslvr_associate_resolver_rule, &in, out);
}

static void create_and_get(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_rule_request in;
    struct rslvr_get_resolver_rule_request get;
    struct rslvr_get_resolver_rule_response got;
    const struct rslvr_resolver_rule *r;

    (void)state;
    fixture_begin(&f);
    in = forward("c1", "Corp.Internal", endpoint(&f, "OUTBOUND", NULL, 0));
    in.name = "n2";
    r = create(&f, &in);
    assert_memory_equal(r->id, "rslvr-rr-", 9);
    assert_string_equal(r->domain_name, "corp.internal.");
    assert_string_equal(r->status, "COMPLETE");
    assert_non_null(strstr(r->status_message, "] Successfully created Resolver Rule."));
    assert_string_equal(r->owner_id, ACCOUNT);
    assert_string_equal(r->share_status, "NOT_SHARED");
    assert_int_equal(r->target_ips_n, 1);
    assert_int_equal(r->target_ips[0].port.v, 53);
    assert_string_equal(r->target_ips[0].protocol, "Do53");
    assert_int_equal(strlen(r->creation_time), strlen("2023-09-08T08:47:10.123456Z"));
    get.resolver_rule_id = r->id;
    assert_int_equal(RUN(&f, rslvr_get_resolver_rule, &get, &got), 0);
    assert_string_equal(got.resolver_rule->resolver_endpoint_id, in.resolver_endpoint_id);
    assert_null(got.resolver_rule->delegation_record);
    get.resolver_rule_id = "rslvr-rr-x";
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule, &get, &got), FAULT_ResourceNotFoundException,
                  "[RSLVR-00703] Resolver rule with ID \"rslvr-rr-x\" does not exist.");
    get.resolver_rule_id = PSEUDO;
    assert_int_equal(RUN(&f, rslvr_get_resolver_rule, &get, &got), 0);
    assert_string_equal(got.resolver_rule->rule_type, "RECURSIVE");
    assert_string_equal(got.resolver_rule->arn,
                        "arn:aws:route53resolver:" REGION "::autodefined-rule/" PSEUDO);
    create_fails(&f, &in, FAULT_ResourceExistsException,
                 "Resolver rule with creator request id c1 already exists");
    fixture_end(&f);
}

static void creation_is_checked(void **state)
{
    static const char *const names[] = {"", "..", "a..b", "*.example.com", "a.*.b", ".example.com"};
    static const char *const both[] = {"Do53", "DoH"};
    struct fixture f;
    struct rslvr_create_resolver_rule_request in, bad;

    (void)state;
    fixture_begin(&f);
    in = forward("c1", "example.com", endpoint(&f, "OUTBOUND", both, 2));
    create_fails(
        &f, &in, FAULT_InvalidRequestException,
        "[RSLVR-00726] Endpoint has more than 1 protocol. Add one of the endpoint protocol "
        "for rule creation");
    target[0].protocol = "DoH-FIPS";
    create_fails(&f, &in, FAULT_InvalidRequestException, "does not have the protocol DoH-FIPS");
    target[0].protocol = "Do53";
    bad = in;
    bad.rule_type = "RECURSIVE";
    create_fails(&f, &bad, FAULT_InvalidRequestException,
                 "[RSLVR-00718] Cannot create a rule with type RECURSIVE");
    bad.rule_type = "SYSTEM";
    create_fails(&f, &bad, FAULT_InvalidRequestException, "for SYSTEM type resolver rule");
    bad.rule_type = "DELEGATE";
    create_fails(&f, &bad, FAULT_InvalidRequestException,
                 "Delegate resolver rules need to specify a nameserver name");
    for (size_t i = 0; i < N(names); i++) {
        bad = in;
        bad.domain_name = names[i];
        create_fails(&f, &bad, FAULT_InvalidParameterException, "is not valid");
        assert_string_equal(f.c.fault.field_name, "DomainName");
    }
    bad = in;
    bad.domain_name = NULL;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "needs a domain name");
    bad = in;
    bad.target_ips_n = 0;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "needs a target IP");
    bad = in;
    bad.resolver_endpoint_id = NULL;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "needs a resolver endpoint ID");
    bad.resolver_endpoint_id = "rslvr-out-x";
    create_fails(&f, &bad, FAULT_ResourceNotFoundException, "rslvr-out-x");
    bad.resolver_endpoint_id = endpoint(&f, "INBOUND", NULL, 0);
    create_fails(&f, &bad, FAULT_InvalidRequestException,
                 "[RSLVR-00700] Resolver rules can only be associated to OUTBOUND resolver "
                 "endpoints.");
    (void)create(&f, &in);
    target[0].protocol = NULL;
    fixture_end(&f);
}

static void targets_are_checked(void **state)
{
    struct rslvr_target_address mixed[] = {{.ip = "192.0.2.1"}, {.ipv6 = "2001:db8::1"}};
    struct rslvr_target_address seven[7] = {{.ip = "192.0.2.1"}}, one = {0};
    struct rslvr_create_resolver_rule_request bad;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    bad = forward("c1", "example.com", endpoint(&f, "OUTBOUND", NULL, 0));
    bad.target_ips = mixed;
    bad.target_ips_n = 2;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "all IPv4 or all IPv6");
    bad.target_ips = seven;
    bad.target_ips_n = 7;
    create_fails(&f, &bad, FAULT_LimitExceededException, "max-target-ips-per-rule");
    bad.target_ips = &one;
    bad.target_ips_n = 1;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "either an IPv4 or an IPv6");
    one.ip = "2001:db8::1";
    create_fails(&f, &bad, FAULT_InvalidParameterException, "Invalid IP address");
    one.ip = "10.0.0.256";
    create_fails(&f, &bad, FAULT_InvalidParameterException, "Invalid IP address");
    one = (struct rslvr_target_address){.ipv6 = "2001:db8::1", .protocol = "Do53"};
    create_fails(&f, &bad, FAULT_InvalidRequestException, "of type IPV4");
    one = (struct rslvr_target_address){.ip = "10.0.0.1", .server_name_indication = "x"};
    create_fails(&f, &bad, FAULT_InvalidParameterException, "ServerNameIndication");
    one = (struct rslvr_target_address){.ip = "10.0.0.1", .port = {true, 0}};
    create_fails(&f, &bad, FAULT_InvalidParameterException, "port 0");
    one.port.v = 65535;
    assert_int_equal(create(&f, &bad)->target_ips[0].port.v, 65535);
    fixture_end(&f);
}

/* Addresses that no server can have. */
static void targets_that_cannot_be(void **state)
{
    static const struct rslvr_target_address bad[] = {
        {.ip = "0.0.0.0"},           {.ip = "224.0.0.251"}, {.ip = "255.255.255.255"},
        {.ipv6 = "0:0:0:0:0:0::"},   {.ipv6 = "ff02::fb"},  {.ipv6 = "fe80::1"},
        {.ipv6 = "::ffff:10.0.0.1"}, {.ipv6 = "10.0.0.1"},  {.ipv6 = "fe80::1%eth0"},
    };
    struct rslvr_create_resolver_rule_request in;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    in = forward("c1", "example.com", endpoint(&f, "OUTBOUND", NULL, 0));
    for (size_t i = 0; i < N(bad); i++) {
        struct rslvr_target_address one = bad[i];

        in.target_ips = &one;
        create_fails(&f, &in, FAULT_InvalidParameterException, "Invalid IP address");
        assert_string_equal(f.c.fault.field_name, "TargetIps");
    }
    fixture_end(&f);
}

static const char *endpoint_of_type(struct fixture *f, const char *type)
{
    static const char *groups[] = {GROUP};
    struct rslvr_ip_address_request ips[] = {{SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}};
    struct rslvr_create_resolver_endpoint_request in = {
        .creator_request_id = type,
        .security_group_ids = groups,
        .security_group_ids_n = 1,
        .direction = "OUTBOUND",
        .ip_addresses = ips,
        .ip_addresses_n = 2,
        .resolver_endpoint_type = type,
    };
    struct rslvr_create_resolver_endpoint_response out;

    assert_int_equal(RUN(f, rslvr_create_resolver_endpoint, &in, &out), 0);
    return out.resolver_endpoint->id;
}

/* Which type of endpoint reaches which family of targets, at creation and at every later change of
 * either side. */
static void families(void **state)
{
    static const char *const types[] = {"IPV4", "IPV6", "DUALSTACK"};
    static struct rslvr_target_address v4[] = {{.ip = "192.0.2.1"}};
    static struct rslvr_target_address v6[] = {{.ipv6 = "fd00:0099::0001"}};
    struct rslvr_resolver_rule_config config = {0};
    struct rslvr_update_resolver_rule_request up = {.config = &config};
    struct rslvr_update_resolver_rule_response updated;
    struct rslvr_update_resolver_endpoint_request to = {.resolver_endpoint_type = "IPV4"};
    struct rslvr_update_resolver_endpoint_response changed;
    struct rslvr_create_resolver_rule_request in;
    struct fixture f;
    const char *ids[N(types)];

    (void)state;
    fixture_begin(&f);
    for (size_t i = 0; i < N(types); i++) {
        ids[i] = endpoint_of_type(&f, types[i]);
        in = forward(arena_printf(&f.arena, "4-%zu", i), "a.example", ids[i]);
        in.target_ips = v4;
        if (strcmp(types[i], "IPV6") == 0)
            create_fails(&f, &in, FAULT_InvalidRequestException, "of type IPV6");
        else
            (void)create(&f, &in);
        in.creator_request_id = arena_printf(&f.arena, "6-%zu", i);
        in.target_ips = v6;
        if (strcmp(types[i], "IPV4") == 0)
            create_fails(&f, &in, FAULT_InvalidRequestException, "of type IPV4");
        else
            assert_string_equal(create(&f, &in)->target_ips[0].ipv6, "fd00:99::1");
    }
    /* The DUALSTACK endpoint has a rule with IPv6 targets, so it must stay what it is. */
    to.resolver_endpoint_id = ids[2];
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &to, &changed),
                  FAULT_InvalidRequestException, "of type IPV4");
    in = forward("moved", "b.example", ids[2]);
    in.target_ips = v6;
    up.resolver_rule_id = create(&f, &in)->id;
    config.resolver_endpoint_id = ids[0]; /* with the targets that it has */
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_rule, &up, &updated),
                  FAULT_InvalidRequestException, "of type IPV4");
    config.target_ips = v4;
    config.target_ips_n = 1;
    assert_int_equal(RUN(&f, rslvr_update_resolver_rule, &up, &updated), 0);
    config = (struct rslvr_resolver_rule_config){.target_ips = v6, .target_ips_n = 1};
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_rule, &up, &updated),
                  FAULT_InvalidRequestException, "of type IPV4");
    fixture_end(&f);
}

/* Public IPv6 needs the endpoint's switch; documentation, private ranges and the VPCs of the
 * account are not public. */
static void public_ipv6(void **state)
{
    static const char *const inside[] = {"2001:db8::53", "3fff:1::53", "fd00:99::53", "64:ff9b::1"};
    struct rslvr_target_address target6 = {.ipv6 = "2001:4860:4860::8888"};
    struct rslvr_update_resolver_endpoint_request to = {.ipv6_internet_access_enabled = TRI_TRUE};
    struct rslvr_update_resolver_endpoint_response changed;
    struct rslvr_create_resolver_rule_request in;
    struct fixture f;

    (void)state;
    fixture_begin(&f);
    in = forward("p", "example.com", endpoint_of_type(&f, "DUALSTACK"));
    in.target_ips = &target6;
    create_fails(&f, &in, FAULT_InvalidRequestException, "Ipv6InternetAccessEnabled");
    for (size_t i = 0; i < N(inside); i++) {
        struct rslvr_target_address one = {.ipv6 = inside[i]};
        struct rslvr_create_resolver_rule_request good = in;

        good.creator_request_id = inside[i];
        good.target_ips = &one;
        (void)create(&f, &good);
    }
    to.resolver_endpoint_id = in.resolver_endpoint_id;
    assert_int_equal(RUN(&f, rslvr_update_resolver_endpoint, &to, &changed), 0);
    assert_int_equal(changed.resolver_endpoint->ipv6_internet_access_enabled, TRI_TRUE);
    (void)create(&f, &in);
    to.ipv6_internet_access_enabled = TRI_FALSE;
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &to, &changed),
                  FAULT_InvalidRequestException, "2001:4860:4860::8888");
    fixture_end(&f);
}

static void system_and_delegate(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = "s", .rule_type = "SYSTEM", .domain_name = "."};
    const struct rslvr_resolver_rule *r;

    (void)state;
    fixture_begin(&f);
    r = create(&f, &in);
    assert_string_equal(r->domain_name, ".");
    assert_null(r->target_ips);
    in = (struct rslvr_create_resolver_rule_request){
        .creator_request_id = "d",
        .rule_type = "DELEGATE",
        .delegation_record = "hr.Example.com",
        .resolver_endpoint_id = endpoint(&f, "OUTBOUND", NULL, 0),
    };
    r = create(&f, &in);
    assert_string_equal(r->delegation_record, "hr.example.com.");
    assert_null(r->domain_name);
    fixture_end(&f);
}

static void listing(void **state)
{
    static const char *type[] = {"RECURSIVE", "SYSTEM"}, *domain[] = {"b.example."};
    struct fixture f;
    struct rslvr_filter filter = {"TYPE", type, 2};
    struct rslvr_list_resolver_rules_request list = {.max_results = {true, 2}};
    struct rslvr_list_resolver_rules_response out;
    struct rslvr_create_resolver_rule_request in;
    const char *id;

    (void)state;
    fixture_begin(&f);
    id = endpoint(&f, "OUTBOUND", NULL, 0);
    in = forward("a", "a.example", id);
    (void)create(&f, &in);
    in = forward("b", "b.example", id);
    (void)create(&f, &in);
    assert_int_equal(RUN(&f, rslvr_list_resolver_rules, &list, &out), 0);
    assert_int_equal(out.resolver_rules_n, 2);
    assert_string_equal(out.resolver_rules[0].id, PSEUDO);
    assert_non_null(out.next_token);
    list.next_token = out.next_token;
    assert_int_equal(RUN(&f, rslvr_list_resolver_rules, &list, &out), 0);
    assert_int_equal(out.resolver_rules_n, 1);
    assert_null(out.next_token);
    list = (struct rslvr_list_resolver_rules_request){
        .max_results = {true, 1}, .filters = &filter, .filters_n = 1};
    assert_int_equal(RUN(&f, rslvr_list_resolver_rules, &list, &out), 0);
    assert_int_equal(out.resolver_rules_n, 1);
    assert_string_equal(out.resolver_rules[0].name, "Internet Resolver");
    assert_null(out.next_token);
    filter = (struct rslvr_filter){"DomainName", domain, 1};
    assert_int_equal(RUN(&f, rslvr_list_resolver_rules, &list, &out), 0);
    assert_int_equal(out.resolver_rules_n, 1);
    assert_string_equal(out.resolver_rules[0].domain_name, "b.example.");
    fixture_end(&f);
}

static void update(void **state)
{
    struct fixture f;
    struct rslvr_target_address moved[] = {{.ip = "192.0.2.7", .port = {true, 5353}}};
    struct rslvr_target_address loop[] = {{.ip = "10.1.1.77"}};
    struct rslvr_resolver_rule_config config = {.name = "new"};
    struct rslvr_update_resolver_rule_request up = {.config = &config};
    struct rslvr_update_resolver_rule_response out;
    struct rslvr_associate_resolver_rule_response associated;
    struct rslvr_create_resolver_rule_request in;

    (void)state;
    fixture_begin(&f);
    in = forward("a", "a.example", endpoint(&f, "OUTBOUND", NULL, 0));
    (void)endpoint(&f, "INBOUND", NULL, 0);
    up.resolver_rule_id = create(&f, &in)->id;
    assert_int_equal(RUN(&f, rslvr_update_resolver_rule, &up, &out), 0);
    assert_string_equal(out.resolver_rule->name, "new");
    assert_string_equal(out.resolver_rule->target_ips[0].ip, "192.0.2.1");
    assert_non_null(strstr(out.resolver_rule->status_message, "Successfully updated"));
    config = (struct rslvr_resolver_rule_config){.target_ips = moved, .target_ips_n = 1};
    assert_int_equal(RUN(&f, rslvr_update_resolver_rule, &up, &out), 0);
    assert_string_equal(out.resolver_rule->name, "new");
    assert_int_equal(out.resolver_rule->target_ips[0].port.v, 5353);
    assert_int_equal(associate(&f, up.resolver_rule_id, VPC, &associated), 0);
    config.target_ips = loop;
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_rule, &up, &out), FAULT_InvalidRequestException,
                  "[RSLVR-00804]");
    up.resolver_rule_id = PSEUDO;
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_rule, &up, &out), FAULT_InvalidRequestException,
                  "Auto Defined");
    in = (struct rslvr_create_resolver_rule_request){
        .creator_request_id = "s", .rule_type = "SYSTEM", .domain_name = "x"};
    up.resolver_rule_id = create(&f, &in)->id;
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_rule, &up, &out), FAULT_InvalidRequestException,
                  "FORWARD only");
    fixture_end(&f);
}

static void association(void **state)
{
    struct fixture f;
    struct rslvr_associate_resolver_rule_response made;
    struct rslvr_get_resolver_rule_association_request get;
    struct rslvr_get_resolver_rule_association_response got;
    struct rslvr_disassociate_resolver_rule_request del = {.vpc_id = VPC};
    struct rslvr_disassociate_resolver_rule_response gone;
    struct rslvr_delete_resolver_rule_request drop;
    struct rslvr_delete_resolver_rule_response dropped;
    struct rslvr_create_resolver_rule_request in;
    const char *out_id, *first, *second;

    (void)state;
    fixture_begin(&f);
    out_id = endpoint(&f, "OUTBOUND", NULL, 0);
    (void)endpoint(&f, "INBOUND", NULL, 0);
    in = forward("a", "a.example", out_id);
    first = create(&f, &in)->id;
    in = forward("b", "A.example.", out_id);
    second = create(&f, &in)->id;
    assert_int_equal(associate(&f, first, VPC, &made), 0);
    assert_string_equal(made.resolver_rule_association->status, "CREATING");
    assert_memory_equal(made.resolver_rule_association->id, "rslvr-rrassoc-", 14);
    get.resolver_rule_association_id = made.resolver_rule_association->id;
    assert_int_equal(RUN(&f, rslvr_get_resolver_rule_association, &get, &got), 0);
    assert_string_equal(got.resolver_rule_association->status, "COMPLETE");
    assert_string_equal(got.resolver_rule_association->status_message, "");
    assert_string_equal(got.resolver_rule_association->name, "a1");
    fixture_fault(&f, associate(&f, first, VPC, &made), FAULT_ResourceExistsException,
                  "[RSLVR-00704]");
    fixture_fault(&f, associate(&f, second, VPC, &made), FAULT_InvalidRequestException,
                  "[RSLVR-00802] Cannot associate rules with same domain name with same VPC. "
                  "Conflict with resolver rule \"");
    assert_non_null(strstr(f.c.fault.message, first));
    assert_int_equal(associate(&f, second, VPC_2, &made), 0);
    fixture_fault(&f, associate(&f, first, FOREIGN_VPC, &made), FAULT_ResourceNotFoundException,
                  FOREIGN_VPC);
    fixture_fault(&f, associate(&f, PSEUDO, VPC, &made), FAULT_InvalidRequestException,
                  "Auto Defined");
    drop.resolver_rule_id = first;
    fixture_fault(&f, RUN(&f, rslvr_delete_resolver_rule, &drop, &dropped),
                  FAULT_ResourceInUseException, "disassociate this resolver rule");
    del.resolver_rule_id = first;
    assert_int_equal(RUN(&f, rslvr_disassociate_resolver_rule, &del, &gone), 0);
    assert_string_equal(gone.resolver_rule_association->status, "DELETING");
    assert_non_null(strstr(gone.resolver_rule_association->status_message, "Deleting Association"));
    fixture_fault(&f, RUN(&f, rslvr_disassociate_resolver_rule, &del, &gone),
                  FAULT_ResourceNotFoundException, "[RSLVR-00703]");
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule_association, &get, &got),
                  FAULT_ResourceNotFoundException, "does not exist");
    del.resolver_rule_id = PSEUDO;
    fixture_fault(&f, RUN(&f, rslvr_disassociate_resolver_rule, &del, &gone),
                  FAULT_InvalidRequestException, "[RSLVR-00713]");
    assert_int_equal(RUN(&f, rslvr_delete_resolver_rule, &drop, &dropped), 0);
    assert_string_equal(dropped.resolver_rule->status, "DELETING");
    target[0].ip = "10.1.1.77";
    in = forward("c", "loop.example", out_id);
    first = create(&f, &in)->id;
    target[0].ip = "192.0.2.1";
    fixture_fault(&f, associate(&f, first, VPC, &made), FAULT_InvalidRequestException,
                  "[RSLVR-00804] Cannot associate rule ");
    assert_int_equal(associate(&f, first, VPC_2, &made), 0);
    fixture_end(&f);
}

static void association_listing(void **state)
{
    static const char *vpc[] = {VPC};
    struct fixture f;
    struct rslvr_filter filter = {"VPC_ID", vpc, 1};
    struct rslvr_list_resolver_rule_associations_request list = {.max_results = {true, 1}};
    struct rslvr_list_resolver_rule_associations_response out;
    struct rslvr_associate_resolver_rule_response made;
    struct rslvr_get_resolver_rule_association_request get = {PSEUDO_ASSOC};
    struct rslvr_get_resolver_rule_association_response got;
    struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = "s", .rule_type = "SYSTEM", .domain_name = "x"};
    size_t pages = 0;

    (void)state;
    fixture_begin(&f);
    assert_int_equal(associate(&f, create(&f, &in)->id, VPC, &made), 0);
    do { /* two pseudo associations, then ours, one on each page */
        assert_int_equal(RUN(&f, rslvr_list_resolver_rule_associations, &list, &out), 0);
        assert_int_equal(out.resolver_rule_associations_n, 1);
        assert_int_equal(strcmp(out.resolver_rule_associations[0].resolver_rule_id, PSEUDO) == 0,
                         pages < 2);
        list.next_token = out.next_token;
        pages++;
    } while (out.next_token && pages < 9);
    assert_int_equal(pages, 3);
    list =
        (struct rslvr_list_resolver_rule_associations_request){.filters = &filter, .filters_n = 1};
    assert_int_equal(RUN(&f, rslvr_list_resolver_rule_associations, &list, &out), 0);
    assert_int_equal(out.resolver_rule_associations_n, 2);
    assert_string_equal(out.resolver_rule_associations[0].id, PSEUDO_ASSOC);
    assert_int_equal(RUN(&f, rslvr_get_resolver_rule_association, &get, &got), 0);
    assert_string_equal(got.resolver_rule_association->name, "System Rule Association");
    get.resolver_rule_association_id = "rslvr-autodefined-assoc-vpc-9-internet-resolver";
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule_association, &get, &got),
                  FAULT_ResourceNotFoundException, "vpc-9");
    fixture_end(&f);
}

static void policy(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = "s", .rule_type = "SYSTEM", .domain_name = "x"};
    struct rslvr_get_resolver_rule_policy_request get;
    struct rslvr_get_resolver_rule_policy_response got;
    struct rslvr_put_resolver_rule_policy_request put;
    struct rslvr_put_resolver_rule_policy_response done;
    static const char *const bad[] = {" ", "{", "[]", "{\"Statement\":[]}", "{\"Statement\":3}"};

    (void)state;
    fixture_begin(&f);
    get.arn = put.arn = create(&f, &in)->arn;
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule_policy, &get, &got),
                  FAULT_UnknownResourceException, "no policy");
    for (size_t i = 0; i < N(bad); i++) {
        put.resolver_rule_policy = bad[i];
        fixture_fault(&f, RUN(&f, rslvr_put_resolver_rule_policy, &put, &done),
                      FAULT_InvalidPolicyDocument, "policy");
    }
    put.resolver_rule_policy = arena_printf(
        &f.arena,
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
        "[\"222222222222\"]},\"Action\":[\"route53resolver:GetResolverRule\"],\"Resource\":[\"%s\"]"
        "}]}",
        put.arn);
    assert_int_equal(RUN(&f, rslvr_put_resolver_rule_policy, &put, &done), 0);
    assert_int_equal(done.return_value, TRI_TRUE);
    assert_int_equal(RUN(&f, rslvr_get_resolver_rule_policy, &get, &got), 0);
    assert_string_equal(got.resolver_rule_policy, put.resolver_rule_policy);
    get.arn = "arn:aws:route53resolver:" REGION ":" ACCOUNT ":resolver-rule/rslvr-rr-x";
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule_policy, &get, &got),
                  FAULT_UnknownResourceException, "does not exist");
    get.arn = "nonsense";
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_rule_policy, &get, &got),
                  FAULT_InvalidParameterException, "nonsense");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_and_get),
        cmocka_unit_test(creation_is_checked),
        cmocka_unit_test(targets_are_checked),
        cmocka_unit_test(targets_that_cannot_be),
        cmocka_unit_test(families),
        cmocka_unit_test(public_ipv6),
        cmocka_unit_test(system_and_delegate),
        cmocka_unit_test(listing),
        cmocka_unit_test(update),
        cmocka_unit_test(association),
        cmocka_unit_test(association_listing),
        cmocka_unit_test(policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
