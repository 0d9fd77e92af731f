/* SPDX-License-Identifier: Apache-2.0 */
/* Designs for tests of the check, put into the store as objects, for much of what is checked the
 * operations themselves refuse to make; and what the check says of them. */
#ifndef TESTS_DESIGN_FIXTURE_H
#define TESTS_DESIGN_FIXTURE_H

#include "rows/b53.h"
#include "service_fixture.h"

/* Lists of words, ended by NULL. */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE ((const char *const[]){NULL})

/* A design in which all works: groups that allow all (GROUP is that of outbound endpoints, GROUP_2
 * that of inbound ones), a dual-stack outbound endpoint out-1 in VPC. End with fixture_end. */
void design_begin(struct fixture *f);

/* Puts an object of any kind. */
void design_put(struct fixture *f, const struct kind *kind, const char *id, void *object);

/* A VPC; the switches are "", "no-hostnames" or "no-support", the tags "key=value". */
void design_vpc(struct fixture *f, const char *id, const char *cidr, const char *switches,
                const char *const *tag_words);

/* The fixture's subnet again, with DNS64 and tags. */
void design_subnet64(struct fixture *f, bool on, const char *const *tag_words);

/* A group that allows a protocol and port (0: all) in both directions: for IPv4 with this CIDR, for
 * IPv6 with all. cidr NULL: nothing at all. */
void design_group(struct fixture *f, const char *id, const char *protocol, int port,
                  const char *cidr);

struct endpoint_spec {
    const char *id, *vpc, *direction;
    const char *ip, *ipv6; /* of its one address, whose id is "rni-<id>" */
    bool dns64;
};

/* An endpoint. */
void design_endpoint(struct fixture *f, const struct endpoint_spec *spec);
void design_outbound(struct fixture *f, const char *id, const char *vpc_id, const char *ip,
                     const char *ipv6);
void design_inbound(struct fixture *f, const char *id, const char *vpc_id, const char *ip);

/* A FORWARD rule, or with endpoint NULL a SYSTEM rule, associated with these VPCs. */
void design_rule(struct fixture *f, const char *id, const char *domain, const char *endpoint_id,
                 const char *const *targets, const char *const *vpcs);

/* A zone associated with these VPCs, and an A record in it. */
void design_zone(struct fixture *f, const char *id, const char *name, const char *const *vpcs);
void design_record(struct fixture *f, const char *zone_id, const char *name);

/* A profile of the fixture's caller, which these objects ("Z..." are zones, others rules) are in.
 */
void design_profile(struct fixture *f, const char *id, const char *const *objects);

/* Associates the profile with a VPC of the fixture's caller. */
void design_consume(struct fixture *f, const char *profile_id, const char *vpc_id, int priority);

/* Takes the VPC off the profile. */
void design_release(struct fixture *f, const char *profile_id, const char *vpc_id);

/* Puts an entry of an index. */
void design_index(struct fixture *f, const char *name, const char *key, const char *value);

/* The check's response for a VPC, or for all. */
struct b53_check_response check_in(struct fixture *f, const char *vpc_id);

/* There must be no finding. */
void check_clean(struct fixture *f);

/* The only finding, which must be this one; "A B" are the ids of its objects. */
const struct b53_finding *check_only(struct fixture *f, const char *severity, const char *code,
                                     const char *objects);

/* The text must have that part. */
void text_has(const char *text, const char *part);

#endif
