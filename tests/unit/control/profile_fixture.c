/* SPDX-License-Identifier: Apache-2.0 */
/* See profile_fixture.h. */
#include "profile_fixture.h"

#include <string.h>

#include "rows/ec2.h"
#include "rows/r53.h"
#include "rows/rslvr.h"

OP(prof_create_profile)
OP(prof_associate_profile)
OP(prof_associate_resource_to_profile)
OP(prof_disassociate_resource_from_profile)
OP(prof_list_profile_resource_associations)
OP(r53_create_hosted_zone)
OP(rslvr_create_resolver_rule)
OP(rslvr_create_firewall_rule_group)
OP(rslvr_create_resolver_query_log_config)
OP(ec2_create_vpc_endpoint)

/* Stops the test with the message of a call that should have succeeded. */
static void done(struct fixture *f, int err)
{
    if (err)
        print_error("%s: %s\n", fault_name(f->c.fault.code), f->c.fault.message);
    assert_int_equal(err, 0);
}

const char *id_of(const char *arn)
{
    return strrchr(arn, '/') + 1;
}

const char *profile_arn(struct fixture *f, const char *profile_id)
{
    return arena_printf(&f->arena, "arn:aws:route53profiles:" REGION ":" ACCOUNT ":profile/%s",
                        profile_id);
}

const char *make_profile(struct fixture *f, const char *name)
{
    const struct prof_create_profile_request in = {.client_token = name, .name = name};
    struct prof_create_profile_response out;

    done(f, RUN(f, prof_create_profile, &in, &out));
    return out.profile->id;
}

int associate_vpc(struct fixture *f, const char *profile_id, const char *vpc_id, int priority,
                  struct prof_associate_profile_response *out)
{
    const struct prof_associate_profile_request in = {
        .name = "a",
        .profile_id = profile_id,
        .resource_id = vpc_id,
        .priority = {priority != 0, priority},
    };

    return RUN(f, prof_associate_profile, &in, out);
}

int associate_resource(struct fixture *f, const char *profile_id, const char *arn,
                       const char *properties,
                       struct prof_associate_resource_to_profile_response *out)
{
    const struct prof_associate_resource_to_profile_request in = {
        .name = "r",
        .profile_id = profile_id,
        .resource_arn = arn,
        .resource_properties = properties,
    };

    return RUN(f, prof_associate_resource_to_profile, &in, out);
}

int disassociate_resource(struct fixture *f, const char *profile_id, const char *arn)
{
    const struct prof_disassociate_resource_from_profile_request in = {profile_id, arn};
    struct prof_disassociate_resource_from_profile_response out;
    int err = RUN(f, prof_disassociate_resource_from_profile, &in, &out);

    if (!err)
        assert_string_equal(out.profile_resource_association->status, "DELETING");
    return err;
}

size_t list_resources(struct fixture *f, const char *profile_id,
                      struct prof_list_profile_resource_associations_response *out)
{
    const struct prof_list_profile_resource_associations_request in = {.profile_id = profile_id};

    done(f, RUN(f, prof_list_profile_resource_associations, &in, out));
    return out->profile_resource_associations_n;
}

const char *make_zone(struct fixture *f, const char *name, const char *vpc_id)
{
    struct r53_vpc vpc = {REGION, vpc_id};
    const struct r53_create_hosted_zone_request in = {
        .name = name,
        .caller_reference = arena_printf(&f->arena, "%s-%s", name, vpc_id),
        .vpc = &vpc,
    };
    struct r53_create_hosted_zone_response out;

    done(f, RUN(f, r53_create_hosted_zone, &in, &out));
    return arena_printf(&f->arena, "arn:aws:route53:::hostedzone/%s", id_of(out.hosted_zone->id));
}

const char *make_system_rule(struct fixture *f, const char *domain)
{
    const struct rslvr_create_resolver_rule_request in = {
        .creator_request_id = ctl_new_id(&f->c, "c-", 8),
        .rule_type = "SYSTEM",
        .domain_name = domain,
    };
    struct rslvr_create_resolver_rule_response out;

    done(f, RUN(f, rslvr_create_resolver_rule, &in, &out));
    return out.resolver_rule->arn;
}

const char *make_firewall_group(struct fixture *f, const char *name)
{
    const struct rslvr_create_firewall_rule_group_request in = {.creator_request_id = name,
                                                                .name = name};
    struct rslvr_create_firewall_rule_group_response out;

    done(f, RUN(f, rslvr_create_firewall_rule_group, &in, &out));
    return out.firewall_rule_group->arn;
}

const char *make_query_log(struct fixture *f, const char *name)
{
    const struct rslvr_create_resolver_query_log_config_request in = {
        .creator_request_id = name, .name = name, .destination_arn = "arn:aws:s3:::logs"};
    struct rslvr_create_resolver_query_log_config_response out;

    done(f, RUN(f, rslvr_create_resolver_query_log_config, &in, &out));
    return out.resolver_query_log_config->arn;
}

const char *make_endpoint(struct fixture *f, const char *service)
{
    static const char *subnets[] = {SUBNET}, *groups[] = {GROUP};
    const struct ec2_create_vpc_endpoint_request in = {
        .vpc_endpoint_type = "Interface",
        .vpc_id = VPC,
        .service_name = service,
        .subnet_ids = subnets,
        .subnet_ids_n = 1,
        .security_group_ids = groups,
        .security_group_ids_n = 1,
        .private_dns_enabled = TRI_FALSE,
    };
    struct ec2_create_vpc_endpoint_response out;

    done(f, RUN(f, ec2_create_vpc_endpoint, &in, &out));
    return arena_printf(&f->arena, "arn:aws:ec2:" REGION ":" ACCOUNT ":vpc-endpoint/%s",
                        out.vpc_endpoint->vpc_endpoint_id);
}
