/* SPDX-License-Identifier: Apache-2.0 */
/* Resolver endpoints and their addresses, through the operations. */
#include "service_fixture.h"

#include <stdio.h>
#include <string.h>

#include "model/publish.h"
#include "model/status.h"
#include "rows/rslvr.h"

OP(rslvr_create_resolver_endpoint)
OP(rslvr_get_resolver_endpoint)
OP(rslvr_list_resolver_endpoints)
OP(rslvr_update_resolver_endpoint)
OP(rslvr_delete_resolver_endpoint)
OP(rslvr_associate_resolver_endpoint_ip_address)
OP(rslvr_disassociate_resolver_endpoint_ip_address)
OP(rslvr_list_resolver_endpoint_ip_addresses)
OP(rslvr_create_resolver_rule)
OP(rslvr_delete_resolver_rule)

static const char *group_ids[] = {GROUP};
static struct rslvr_ip_address_request two[] = {{SUBNET, "10.1.1.10", NULL},
                                                {SUBNET_B, NULL, NULL}};

/* A request that succeeds; tests spoil one member of it. */
static struct rslvr_create_resolver_endpoint_request good(const char *creator,
                                                          const char *direction)
{
    return (struct rslvr_create_resolver_endpoint_request){
        .creator_request_id = creator,
        .name = "n1",
        .security_group_ids = group_ids,
        .security_group_ids_n = 1,
        .direction = direction,
        .ip_addresses = two,
        .ip_addresses_n = N(two),
    };
}

static struct rslvr_resolver_endpoint *
create(struct fixture *f, const struct rslvr_create_resolver_endpoint_request *in)
{
    struct rslvr_create_resolver_endpoint_response out;

    if (RUN(f, rslvr_create_resolver_endpoint, in, &out) != 0)
        print_error("%s\n", f->c.fault.message);
    assert_non_null(out.resolver_endpoint);
    return out.resolver_endpoint;
}

static void create_fails(struct fixture *f, const struct rslvr_create_resolver_endpoint_request *in,
                         enum fault_code code, const char *text)
{
    struct rslvr_create_resolver_endpoint_response out;

    fixture_fault(f, RUN(f, rslvr_create_resolver_endpoint, in, &out), code, text);
}

static struct rslvr_list_resolver_endpoint_ip_addresses_response addresses(struct fixture *f,
                                                                           const char *id)
{
    const struct rslvr_list_resolver_endpoint_ip_addresses_request in = {.resolver_endpoint_id =
                                                                             id};
    struct rslvr_list_resolver_endpoint_ip_addresses_response out;

    assert_int_equal(RUN(f, rslvr_list_resolver_endpoint_ip_addresses, &in, &out), 0);
    return out;
}

static void create_and_get(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "INBOUND");
    struct rslvr_get_resolver_endpoint_request get;
    struct rslvr_get_resolver_endpoint_response got;
    struct rslvr_list_resolver_endpoint_ip_addresses_response ips;
    const struct rslvr_resolver_endpoint *e;

    (void)state;
    fixture_begin(&f);
    e = create(&f, &in);
    assert_memory_equal(e->id, "rslvr-in-", 9);
    assert_int_equal(strlen(e->id), 9 + 17);
    assert_string_equal(e->status, "CREATING");
    assert_memory_equal(e->status_message, "[Trace id: 1-", 13);
    assert_non_null(strstr(e->status_message, "] Creating the Resolver Endpoint"));
    get.resolver_endpoint_id = e->id;
    assert_int_equal(RUN(&f, rslvr_get_resolver_endpoint, &get, &got), 0);
    e = got.resolver_endpoint;
    assert_string_equal(e->status, "OPERATIONAL");
    assert_string_equal(e->status_message, "This Resolver Endpoint is operational.");
    assert_string_equal(e->host_vpc_id, VPC);
    assert_string_equal(e->resolver_endpoint_type, "IPV4");
    assert_int_equal(e->protocols_n, 1);
    assert_string_equal(e->protocols[0], "Do53");
    assert_int_equal(e->ip_address_count.v, 2);
    assert_int_equal(e->dns64_enabled, TRI_FALSE);
    assert_non_null(strstr(e->arn, "arn:aws:route53resolver:" REGION ":" ACCOUNT
                                   ":resolver-endpoint/rslvr-in-"));
    assert_int_equal(strlen(e->creation_time), strlen("2023-09-08T08:22:30.123Z"));
    ips = addresses(&f, e->id);
    assert_int_equal(ips.ip_addresses_n, 2);
    assert_string_equal(ips.ip_addresses[0].ip, "10.1.1.10");
    assert_null(ips.ip_addresses[0].ipv6);
    assert_memory_equal(ips.ip_addresses[1].ip, "10.1.2.", 7);
    assert_memory_equal(ips.ip_addresses[0].ip_id, "rni-", 4);
    assert_string_equal(ips.ip_addresses[0].status, "ATTACHED");
    assert_string_equal(ips.ip_addresses[0].status_message, "This IP address is operational.");
    assert_int_equal(ips.max_results.v, 100);
    assert_int_equal(fixture_count(&f, &kind_interface), 2);
    fixture_end(&f);
}

static void creation_is_checked(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "OUTBOUND"), bad;
    static const char *malformed[] = {"group"}, *unknown[] = {"sg-1"}, *elsewhere[] = {GROUP_2};
    struct rslvr_ip_address_request far[] = {{SUBNET, NULL, NULL}, {SUBNET_2, NULL, NULL}};
    struct rslvr_ip_address_request outside[] = {{SUBNET, NULL, NULL}, {SUBNET, "10.9.9.9", NULL}};
    struct rslvr_ip_address_request same[] = {{SUBNET, "10.1.1.20", NULL},
                                              {SUBNET, "10.1.1.20", NULL}};
    struct rslvr_ip_address_request lost[] = {{"subnet-9", NULL, NULL}, {SUBNET, NULL, NULL}};
    struct rslvr_ip_address_request v6[] = {{SUBNET, NULL, "fd00:1:0:1::9"}, {SUBNET, NULL, NULL}};
    struct rslvr_ip_address_request seven[] = {
        {SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}, {SUBNET, NULL, NULL},
        {SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}};

    (void)state;
    fixture_begin(&f);
    bad = in;
    bad.ip_addresses_n = 1;
    create_fails(&f, &bad, FAULT_InvalidRequestException,
                 "[RSLVR-00400] Resolver endpoint need to have at least 2 IP addresses.");
    bad = in;
    bad.security_group_ids = malformed;
    create_fails(&f, &bad, FAULT_InvalidParameterException,
                 "[RSLVR-00408] Malformed security group ID: \"Invalid id: \"group\" (expecting "
                 "\"sg-...\")\".");
    assert_string_equal(f.c.fault.field_name, "SecurityGroupIds");
    bad.security_group_ids = unknown;
    create_fails(&f, &bad, FAULT_ResourceNotFoundException, "'sg-1' does not exist");
    bad.security_group_ids = elsewhere;
    create_fails(&f, &bad, FAULT_InvalidRequestException, "is not in the VPC");
    bad = in;
    bad.ip_addresses = far;
    create_fails(&f, &bad, FAULT_InvalidRequestException, "must be in one VPC");
    bad.ip_addresses = outside;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "[RSLVR-00405]");
    bad.ip_addresses = same;
    create_fails(&f, &bad, FAULT_InvalidRequestException, "is in use");
    bad.ip_addresses = lost;
    create_fails(&f, &bad, FAULT_ResourceNotFoundException, "subnet-9");
    bad.ip_addresses = v6;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "does not fit");
    bad.ip_addresses = seven;
    bad.ip_addresses_n = N(seven);
    create_fails(&f, &bad, FAULT_LimitExceededException, "max-ip-addresses-per-endpoint");
    bad = in;
    bad.dns64_enabled = TRI_TRUE;
    create_fails(&f, &bad, FAULT_InvalidRequestException, "Dns64Enabled");
    bad.direction = "INBOUND_DELEGATION";
    create_fails(&f, &bad, FAULT_InvalidRequestException, "Dns64Enabled");
    bad = good("r1", "INBOUND");
    bad.ipv6_internet_access_enabled = TRI_TRUE;
    create_fails(&f, &bad, FAULT_InvalidRequestException, "Ipv6InternetAccessEnabled");
    bad = in;
    bad.outpost_arn = "arn:aws:outposts:x";
    create_fails(&f, &bad, FAULT_InvalidRequestException, "Outposts");
    bad = in;
    bad.resolver_endpoint_type = "IPV6"; /* SUBNET_B has no IPv6 */
    create_fails(&f, &bad, FAULT_InvalidParameterException, "does not fit");
    /* Nothing of all that was kept, not even the request id. */
    assert_int_equal(fixture_count(&f, &kind_interface), 0);
    (void)create(&f, &in);
    create_fails(&f, &in, FAULT_ResourceExistsException,
                 "Resolver endpoint with creator request id r1 already exists");
    fixture_end(&f);
}

static void quota_and_accounts(void **state)
{
    static const char *const creators[] = {"a", "b", "c", "d", "e"};
    struct fixture f;
    struct rslvr_get_resolver_endpoint_request get = {0};
    struct rslvr_get_resolver_endpoint_response got;

    (void)state;
    fixture_begin(&f);
    for (size_t i = 0; i < N(creators); i++) {
        struct rslvr_create_resolver_endpoint_request in = good(creators[i], "OUTBOUND");
        struct rslvr_ip_address_request any[] = {{SUBNET, NULL, NULL}, {SUBNET_B, NULL, NULL}};

        in.ip_addresses = any;
        if (i < 4)
            get.resolver_endpoint_id = create(&f, &in)->id;
        else
            create_fails(&f, &in, FAULT_LimitExceededException,
                         "[RSLVR-00309] Account '" ACCOUNT "' has exceeded 'max-endpoints'.");
    }
    assert_non_null(f.c.fault.resource_type);
    fixture_caller(&f, OTHER_ACCOUNT, REGION);
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_endpoint, &get, &got),
                  FAULT_ResourceNotFoundException, "does not exist");
    fixture_caller(&f, ACCOUNT, "us-east-1");
    fixture_fault(&f, RUN(&f, rslvr_get_resolver_endpoint, &get, &got),
                  FAULT_ResourceNotFoundException, "does not exist");
    fixture_end(&f);
}

static void protocols(void **state)
{
    static const struct {
        const char *direction;
        const char *list[2];
        bool ok;
    } cases[] = {
        {"INBOUND", {"Do53", NULL}, true},
        {"INBOUND", {"DoH", NULL}, true},
        {"INBOUND", {"DoH-FIPS", NULL}, true},
        {"INBOUND", {"Do53", "DoH"}, true},
        {"INBOUND", {"DoH-FIPS", "Do53"}, true},
        {"INBOUND", {"DoH", "DoH-FIPS"}, false},
        {"INBOUND", {"Do53", "Do53"}, false},
        {"OUTBOUND", {"DoH", NULL}, true},
        {"OUTBOUND", {"Do53", "DoH"}, true},
        {"OUTBOUND", {"DoH-FIPS", NULL}, false},
        {"OUTBOUND", {"Do53", "DoH-FIPS"}, false},
        {"INBOUND_DELEGATION", {"Do53", NULL}, true},
        {"INBOUND_DELEGATION", {"DoH", NULL}, false},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct fixture f;
        const char *list[] = {cases[i].list[0], cases[i].list[1]};
        struct rslvr_create_resolver_endpoint_request in = good("r", cases[i].direction);

        fixture_begin(&f);
        in.protocols = list;
        in.protocols_n = list[1] ? 2 : 1;
        if (cases[i].ok)
            assert_int_equal(create(&f, &in)->protocols_n, in.protocols_n);
        else
            create_fails(&f, &in, FAULT_InvalidParameterException, "set of protocols");
        fixture_end(&f);
    }
}

static void listing(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "INBOUND");
    struct rslvr_ip_address_request any[] = {{SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}};
    static const char *outbound[] = {"OUTBOUND", "INBOUND_DELEGATION"}, *vpc[] = {VPC, "x"};
    static const char *count[] = {"3"}, *groups[] = {"sg-x", GROUP};
    struct rslvr_filter filters[] = {{"Direction", outbound, 2}, {"HOST_VPC_ID", vpc, 2}};
    struct rslvr_list_resolver_endpoints_request list = {0};
    struct rslvr_list_resolver_endpoints_response out;
    const char *first;

    (void)state;
    fixture_begin(&f);
    (void)create(&f, &in);
    in = good("r2", "OUTBOUND");
    in.ip_addresses = any;
    (void)create(&f, &in);
    assert_int_equal(RUN(&f, rslvr_list_resolver_endpoints, &list, &out), 0);
    assert_int_equal(out.resolver_endpoints_n, 2);
    assert_null(out.next_token);
    assert_int_equal(out.max_results.v, 100);
    list.max_results = (struct opt_int){true, 1};
    assert_int_equal(RUN(&f, rslvr_list_resolver_endpoints, &list, &out), 0);
    assert_int_equal(out.resolver_endpoints_n, 1);
    assert_int_equal(out.max_results.v, 1);
    assert_non_null(out.next_token);
    first = out.resolver_endpoints[0].id;
    list.next_token = out.next_token;
    assert_int_equal(RUN(&f, rslvr_list_resolver_endpoints, &list, &out), 0);
    assert_int_equal(out.resolver_endpoints_n, 1);
    assert_string_not_equal(out.resolver_endpoints[0].id, first);
    assert_null(out.next_token);
    list.next_token = "nonsense";
    fixture_fault(&f, RUN(&f, rslvr_list_resolver_endpoints, &list, &out),
                  FAULT_InvalidNextTokenException, "NextToken");
    list = (struct rslvr_list_resolver_endpoints_request){.filters = filters, .filters_n = 2};
    assert_int_equal(RUN(&f, rslvr_list_resolver_endpoints, &list, &out), 0);
    assert_int_equal(out.resolver_endpoints_n, 1);
    assert_string_equal(out.resolver_endpoints[0].direction, "OUTBOUND");
    filters[0] = (struct rslvr_filter){"IpAddressCount", count, 1};
    assert_int_equal(RUN(&f, rslvr_list_resolver_endpoints, &list, &out), 0);
    assert_int_equal(out.resolver_endpoints_n, 0);
    filters[0] = (struct rslvr_filter){"SecurityGroupIds", groups, 2};
    assert_int_equal(RUN(&f, rslvr_list_resolver_endpoints, &list, &out), 0);
    assert_int_equal(out.resolver_endpoints_n, 2);
    filters[0].name = "HostVpcId";
    fixture_fault(&f, RUN(&f, rslvr_list_resolver_endpoints, &list, &out),
                  FAULT_InvalidParameterException, "The filter 'HostVpcId' is invalid");
    filters[0] = (struct rslvr_filter){"Name", NULL, 0};
    fixture_fault(&f, RUN(&f, rslvr_list_resolver_endpoints, &list, &out),
                  FAULT_InvalidParameterException, "No values");
    fixture_end(&f);
}

static void update(void **state)
{
    struct fixture f;
    struct rslvr_ip_address_request any[] = {{SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}};
    struct rslvr_create_resolver_endpoint_request in = good("r1", "INBOUND");
    struct rslvr_update_ip_address wish = {NULL, "fd00:1:0:1::53"};
    static const char *doh[] = {"DoH"}, *both[] = {"Do53", "DoH"};
    struct rslvr_update_resolver_endpoint_request up = {.name = "new"};
    struct rslvr_update_resolver_endpoint_response out;
    struct rslvr_list_resolver_endpoint_ip_addresses_response ips;

    (void)state;
    fixture_begin(&f);
    in.ip_addresses = any;
    up.resolver_endpoint_id = create(&f, &in)->id;
    assert_int_equal(RUN(&f, rslvr_update_resolver_endpoint, &up, &out), 0);
    assert_string_equal(out.resolver_endpoint->name, "new");
    assert_string_equal(out.resolver_endpoint->status, "OPERATIONAL");
    assert_string_not_equal(out.resolver_endpoint->modification_time,
                            out.resolver_endpoint->creation_time);
    up.name = NULL;
    up.resolver_endpoint_type = "IPV6";
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                  FAULT_InvalidRequestException, "from IPV4 to IPV6");
    wish.ip_id = addresses(&f, up.resolver_endpoint_id).ip_addresses[1].ip_id;
    up.update_ip_addresses = &wish;
    up.update_ip_addresses_n = 1;
    up.resolver_endpoint_type = "DUALSTACK";
    assert_int_equal(RUN(&f, rslvr_update_resolver_endpoint, &up, &out), 0);
    assert_string_equal(out.resolver_endpoint->status, "UPDATING");
    assert_string_equal(out.resolver_endpoint->name, "new");
    ips = addresses(&f, up.resolver_endpoint_id);
    assert_non_null(ips.ip_addresses[0].ipv6);
    assert_string_equal(ips.ip_addresses[1].ipv6, "fd00:1:0:1::53");
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                  FAULT_InvalidRequestException, "UpdateIpAddresses");
    up.update_ip_addresses_n = 0;
    up.resolver_endpoint_type = "IPV4";
    assert_int_equal(RUN(&f, rslvr_update_resolver_endpoint, &up, &out), 0);
    assert_null(addresses(&f, up.resolver_endpoint_id).ip_addresses[1].ipv6);
    up.resolver_endpoint_type = "DUALSTACK"; /* the address is free again */
    up.update_ip_addresses_n = 1;
    assert_int_equal(RUN(&f, rslvr_update_resolver_endpoint, &up, &out), 0);
    up = (struct rslvr_update_resolver_endpoint_request){
        .resolver_endpoint_id = up.resolver_endpoint_id, .protocols = doh, .protocols_n = 1};
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                  FAULT_InvalidRequestException, "both protocols first");
    up.protocols = both;
    up.protocols_n = 2;
    assert_int_equal(RUN(&f, rslvr_update_resolver_endpoint, &up, &out), 0);
    up.protocols = doh;
    up.protocols_n = 1;
    assert_int_equal(RUN(&f, rslvr_update_resolver_endpoint, &up, &out), 0);
    assert_string_equal(out.resolver_endpoint->status, "UPDATING");
    up.resolver_endpoint_id = "rslvr-in-x";
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                  FAULT_ResourceNotFoundException, "rslvr-in-x");
    fixture_end(&f);
}

static void ipv6_only(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "OUTBOUND");
    struct rslvr_ip_address_request v6[] = {{SUBNET, NULL, "fd00:1:0:1:0:0:0:99"},
                                            {SUBNET, NULL, NULL}};
    struct rslvr_update_resolver_endpoint_request up = {.resolver_endpoint_type = "DUALSTACK"};
    struct rslvr_update_resolver_endpoint_response out;
    struct rslvr_list_resolver_endpoint_ip_addresses_response ips;

    (void)state;
    fixture_begin(&f);
    in.resolver_endpoint_type = "IPV6";
    in.ip_addresses = v6;
    up.resolver_endpoint_id = create(&f, &in)->id;
    ips = addresses(&f, up.resolver_endpoint_id);
    assert_null(ips.ip_addresses[0].ip);
    assert_string_equal(ips.ip_addresses[0].ipv6, "fd00:1:0:1::99"); /* canonical */
    assert_non_null(ips.ip_addresses[1].ipv6);
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                  FAULT_InvalidRequestException, "from IPV6 to DUALSTACK");
    v6[0].subnet_id = SUBNET_B;
    v6[0].ipv6 = NULL;
    in.creator_request_id = "r2";
    create_fails(&f, &in, FAULT_InvalidRequestException, "has no CIDR block");
    fixture_end(&f);
}

/* Every type in every direction: which families its addresses have, and how they are counted. */
static void types(void **state)
{
    static const char *const directions[] = {"INBOUND", "OUTBOUND", "INBOUND_DELEGATION"};
    static const struct {
        const char *type;
        bool v4, v6;
    } cases[] = {{"IPV4", true, false}, {"IPV6", false, true}, {"DUALSTACK", true, true}};
    struct rslvr_ip_address_request any[] = {{SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}};

    (void)state;
    for (size_t i = 0; i < N(cases) * N(directions); i++) {
        const char *direction = directions[i % N(directions)];
        struct rslvr_create_resolver_endpoint_request in = good("r", direction);
        struct rslvr_list_resolver_endpoint_ip_addresses_response ips;
        const struct rslvr_resolver_endpoint *e;
        size_t k = i / N(directions);
        struct fixture f;

        fixture_begin(&f);
        in.resolver_endpoint_type = cases[k].type;
        in.ip_addresses = any;
        in.dns64_enabled = strcmp(direction, "INBOUND") == 0 ? TRI_TRUE : TRI_NONE;
        e = create(&f, &in);
        assert_string_equal(e->resolver_endpoint_type, cases[k].type);
        assert_int_equal(e->ip_address_count.v, 2); /* a pair of families is one address */
        assert_int_equal(e->dns64_enabled, in.dns64_enabled == TRI_TRUE ? TRI_TRUE : TRI_FALSE);
        ips = addresses(&f, e->id);
        assert_int_equal(ips.ip_addresses_n, 2);
        for (size_t a = 0; a < 2; a++) {
            assert_int_equal(ips.ip_addresses[a].ip != NULL, cases[k].v4);
            assert_int_equal(ips.ip_addresses[a].ipv6 != NULL, cases[k].v6);
        }
        fixture_end(&f);
    }
}

/* A DUALSTACK endpoint with chosen addresses, and what it refuses. */
static void dual_stack(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "INBOUND"), bad;
    struct rslvr_ip_address_request pair[] = {{SUBNET, "10.1.1.53", "fd00:1:0:1::53"},
                                              {SUBNET, "10.1.1.54", NULL}};
    struct rslvr_ip_address_request half[] = {{SUBNET, NULL, NULL}, {SUBNET_B, NULL, NULL}};
    struct rslvr_ip_address_request used[] = {{SUBNET, NULL, "fd00:1:0:1::53"},
                                              {SUBNET, NULL, NULL}};
    struct rslvr_ip_address_request reserved[] = {{SUBNET, NULL, "fd00:1:0:1:ffff:ffff:ffff:ffff"},
                                                  {SUBNET, NULL, NULL}};
    struct rslvr_ip_address_update by_v6 = {.subnet_id = SUBNET, .ipv6 = "fd00:1:0:1:0::53"};
    struct rslvr_disassociate_resolver_endpoint_ip_address_request del = {.ip_address = &by_v6};
    struct rslvr_disassociate_resolver_endpoint_ip_address_response gone;

    (void)state;
    fixture_begin(&f);
    in.resolver_endpoint_type = "DUALSTACK";
    in.ip_addresses = pair;
    del.resolver_endpoint_id = create(&f, &in)->id;
    bad = in;
    bad.creator_request_id = "r2";
    bad.ip_addresses = half;
    create_fails(&f, &bad, FAULT_InvalidRequestException, "type DUALSTACK");
    bad.ip_addresses = used;
    create_fails(&f, &bad, FAULT_InvalidRequestException, "\"fd00:1:0:1::53\" of subnet");
    bad.ip_addresses = reserved;
    create_fails(&f, &bad, FAULT_InvalidParameterException, "[RSLVR-00405]");
    assert_int_equal(RUN(&f, rslvr_disassociate_resolver_endpoint_ip_address, &del, &gone), 0);
    assert_string_equal(addresses(&f, del.resolver_endpoint_id).ip_addresses[0].ip, "10.1.1.54");
    fixture_end(&f);
}

/* Changes of type between all pairs. */
static void type_changes(void **state)
{
    static const char *const names[] = {"IPV4", "IPV6", "DUALSTACK"};
    struct rslvr_ip_address_request any[] = {{SUBNET, NULL, NULL}, {SUBNET, NULL, NULL}};
    struct rslvr_update_ip_address unknown = {"rni-0", "fd00:1:0:1::53"};

    (void)state;
    for (size_t i = 0; i < N(names) * N(names); i++) {
        const char *from = names[i / N(names)], *to = names[i % N(names)];
        bool allowed = from == to || (strcmp(from, "IPV6") != 0 && strcmp(to, "IPV6") != 0);
        struct rslvr_create_resolver_endpoint_request in = good("r", "OUTBOUND");
        struct rslvr_update_resolver_endpoint_request up = {.resolver_endpoint_type = to};
        struct rslvr_update_resolver_endpoint_response out;
        struct fixture f;
        int err;

        fixture_begin(&f);
        in.resolver_endpoint_type = from;
        in.ip_addresses = any;
        up.resolver_endpoint_id = create(&f, &in)->id;
        err = RUN(&f, rslvr_update_resolver_endpoint, &up, &out);
        if (allowed)
            assert_int_equal(err, 0);
        else
            fixture_fault(&f, err, FAULT_InvalidRequestException, "Cannot change the type");
        up.update_ip_addresses = &unknown;
        up.update_ip_addresses_n = 1;
        fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                      FAULT_ResourceNotFoundException, "rni-0");
        fixture_end(&f);
    }
}

/* An endpoint can be widened only where its subnets have IPv6. */
static void widening_needs_ipv6(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "INBOUND");
    struct rslvr_update_resolver_endpoint_request up = {.resolver_endpoint_type = "DUALSTACK"};
    struct rslvr_update_resolver_endpoint_response out;
    struct rslvr_update_ip_address wish = {.ipv6 = "fd00:2::53"};

    (void)state;
    fixture_begin(&f);
    up.resolver_endpoint_id = create(&f, &in)->id; /* SUBNET_B has IPv4 alone */
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                  FAULT_InvalidRequestException, "has no CIDR block");
    assert_null(addresses(&f, up.resolver_endpoint_id).ip_addresses[0].ipv6);
    wish.ip_id = addresses(&f, up.resolver_endpoint_id).ip_addresses[0].ip_id;
    up.update_ip_addresses = &wish;
    up.update_ip_addresses_n = 1;
    fixture_fault(&f, RUN(&f, rslvr_update_resolver_endpoint, &up, &out),
                  FAULT_InvalidParameterException, "[RSLVR-00405]");
    fixture_end(&f);
}

static void address_changes(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "INBOUND");
    struct rslvr_ip_address_update ip = {.subnet_id = SUBNET, .ip = "10.1.1.30"};
    struct rslvr_associate_resolver_endpoint_ip_address_request add = {.ip_address = &ip};
    struct rslvr_associate_resolver_endpoint_ip_address_response added;
    struct rslvr_disassociate_resolver_endpoint_ip_address_request del = {.ip_address = &ip};
    struct rslvr_disassociate_resolver_endpoint_ip_address_response gone;

    (void)state;
    fixture_begin(&f);
    add.resolver_endpoint_id = del.resolver_endpoint_id = create(&f, &in)->id;
    assert_int_equal(RUN(&f, rslvr_associate_resolver_endpoint_ip_address, &add, &added), 0);
    assert_string_equal(added.resolver_endpoint->status, "UPDATING");
    assert_int_equal(added.resolver_endpoint->ip_address_count.v, 3);
    assert_string_equal(addresses(&f, add.resolver_endpoint_id).ip_addresses[2].ip, "10.1.1.30");
    fixture_fault(&f, RUN(&f, rslvr_associate_resolver_endpoint_ip_address, &add, &added),
                  FAULT_ResourceExistsException, "10.1.1.30");
    ip = (struct rslvr_ip_address_update){.subnet_id = SUBNET_2};
    fixture_fault(&f, RUN(&f, rslvr_associate_resolver_endpoint_ip_address, &add, &added),
                  FAULT_InvalidRequestException, "must be in one VPC");
    ip.subnet_id = SUBNET;
    for (int i = 3; i < 6; i++)
        assert_int_equal(RUN(&f, rslvr_associate_resolver_endpoint_ip_address, &add, &added), 0);
    fixture_fault(&f, RUN(&f, rslvr_associate_resolver_endpoint_ip_address, &add, &added),
                  FAULT_LimitExceededException, "max-ip-addresses-per-endpoint");
    fixture_fault(&f, RUN(&f, rslvr_disassociate_resolver_endpoint_ip_address, &del, &gone),
                  FAULT_InvalidRequestException, "[RSLVR-00503]");
    ip.ip = "10.1.1.30";
    assert_int_equal(RUN(&f, rslvr_disassociate_resolver_endpoint_ip_address, &del, &gone), 0);
    fixture_fault(&f, RUN(&f, rslvr_disassociate_resolver_endpoint_ip_address, &del, &gone),
                  FAULT_ResourceNotFoundException, "10.1.1.30");
    ip = (struct rslvr_ip_address_update){0};
    for (int i = 5; i > 1; i--) {
        ip.ip_id = addresses(&f, del.resolver_endpoint_id).ip_addresses[0].ip_id;
        assert_int_equal(RUN(&f, rslvr_disassociate_resolver_endpoint_ip_address, &del, &gone), 0);
        assert_int_equal(gone.resolver_endpoint->ip_address_count.v, i - 1);
    }
    ip.ip_id = addresses(&f, del.resolver_endpoint_id).ip_addresses[0].ip_id;
    fixture_fault(&f, RUN(&f, rslvr_disassociate_resolver_endpoint_ip_address, &del, &gone),
                  FAULT_InvalidRequestException, "[RSLVR-00506]");
    assert_int_equal(fixture_count(&f, &kind_interface), 1);
    fixture_end(&f);
}

static void deletion(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "OUTBOUND");
    struct rslvr_target_address target = {.ip = "192.0.2.1"};
    struct rslvr_create_resolver_rule_request rule = {
        .creator_request_id = "c",
        .rule_type = "FORWARD",
        .domain_name = "example.com",
        .target_ips = &target,
        .target_ips_n = 1,
    };
    struct rslvr_create_resolver_rule_response made;
    struct rslvr_delete_resolver_rule_request drop;
    struct rslvr_delete_resolver_rule_response dropped;
    struct rslvr_delete_resolver_endpoint_request del;
    struct rslvr_delete_resolver_endpoint_response out;

    (void)state;
    fixture_begin(&f);
    rule.resolver_endpoint_id = del.resolver_endpoint_id = create(&f, &in)->id;
    assert_int_equal(RUN(&f, rslvr_create_resolver_rule, &rule, &made), 0);
    fixture_fault(&f, RUN(&f, rslvr_delete_resolver_endpoint, &del, &out),
                  FAULT_InvalidRequestException, "[RSLVR-00600]");
    assert_non_null(strstr(f.c.fault.message, made.resolver_rule->id));
    drop.resolver_rule_id = made.resolver_rule->id;
    assert_int_equal(RUN(&f, rslvr_delete_resolver_rule, &drop, &dropped), 0);
    assert_int_equal(RUN(&f, rslvr_delete_resolver_endpoint, &del, &out), 0);
    assert_string_equal(out.resolver_endpoint->status, "DELETING");
    assert_non_null(strstr(out.resolver_endpoint->status_message, "] Deleting ResolverEndpoint."));
    fixture_fault(&f, RUN(&f, rslvr_delete_resolver_endpoint, &del, &out),
                  FAULT_ResourceNotFoundException, "does not exist.");
    assert_int_equal(fixture_count(&f, &kind_interface), 0);
    (void)create(&f, &in); /* request id and addresses are free again */
    fixture_end(&f);
}

/* Reads the status of an endpoint with a data plane that speaks through the board. */
static void status_from_the_board(void **state)
{
    struct fixture f;
    struct rslvr_create_resolver_endpoint_request in = good("r1", "INBOUND");
    struct rslvr_list_resolver_endpoint_ip_addresses_response ips;
    struct rslvr_get_resolver_endpoint_request get;
    struct rslvr_get_resolver_endpoint_response out;
    struct publisher *p = publisher_new();
    struct status_board *board = publisher_board(p);

    (void)state;
    fixture_begin(&f);
    get.resolver_endpoint_id = create(&f, &in)->id;
    f.c.publisher = p; /* reads only from here: nobody publishes */
    assert_int_equal(RUN(&f, rslvr_get_resolver_endpoint, &get, &out), 0);
    assert_string_equal(out.resolver_endpoint->status, "CREATING");
    ips = addresses(&f, get.resolver_endpoint_id);
    assert_string_equal(ips.ip_addresses[0].status, "CREATING");
    status_set(board, ips.ip_addresses[0].ip_id, STATUS_UP, NULL);
    status_set(board, ips.ip_addresses[1].ip_id, STATUS_DOWN, "the host has no such address");
    assert_int_equal(RUN(&f, rslvr_get_resolver_endpoint, &get, &out), 0);
    assert_string_equal(out.resolver_endpoint->status, "ACTION_NEEDED");
    assert_non_null(strstr(out.resolver_endpoint->status_message, ips.ip_addresses[1].ip));
    assert_non_null(strstr(out.resolver_endpoint->status_message, "has no such address"));
    ips = addresses(&f, get.resolver_endpoint_id);
    assert_string_equal(ips.ip_addresses[0].status, "ATTACHED");
    assert_string_equal(ips.ip_addresses[1].status, "FAILED_RESOURCE_GONE");
    status_set(board, ips.ip_addresses[1].ip_id, STATUS_UP, NULL);
    assert_int_equal(RUN(&f, rslvr_get_resolver_endpoint, &get, &out), 0);
    assert_string_equal(out.resolver_endpoint->status, "OPERATIONAL");
    status_clear(board, ips.ip_addresses[0].ip_id);
    f.c.now_ns += 3600ull * 1000000000; /* a restart, long after the creation */
    assert_int_equal(RUN(&f, rslvr_get_resolver_endpoint, &get, &out), 0);
    assert_string_equal(out.resolver_endpoint->status, "AUTO_RECOVERING");
    f.c.publisher = NULL;
    fixture_end(&f);
    publisher_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_and_get),
        cmocka_unit_test(creation_is_checked),
        cmocka_unit_test(quota_and_accounts),
        cmocka_unit_test(protocols),
        cmocka_unit_test(listing),
        cmocka_unit_test(update),
        cmocka_unit_test(ipv6_only),
        cmocka_unit_test(types),
        cmocka_unit_test(dual_stack),
        cmocka_unit_test(type_changes),
        cmocka_unit_test(widening_needs_ipv6),
        cmocka_unit_test(address_changes),
        cmocka_unit_test(deletion),
        cmocka_unit_test(status_from_the_board),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
