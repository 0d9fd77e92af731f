/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of Route 53 share: quotas, zones and their indexes, changes, record sets.
 * Private to zone*.c, change.c and record_*.c. Functions that return int give 0 or ERR_FAULT (a
 * fault is recorded) or ERR_NOMEM, unless they say otherwise; memory comes from c->arena. One
 * thread for each struct ctl. */
#ifndef CONTROL_ZONE_PRIV_H
#define CONTROL_ZONE_PRIV_H

#include <stdbool.h>

#include "base/buf.h"
#include "control/object.h"
#include "control/record.h"
#include "dns/name.h"
#include "rows/r53.h"

/* Quotas (spec: profiles-ram-zones-ec2.md 3.13). */
#define ZONES_MAX 500                /* zones of an account */
#define ZONE_VPCS_MAX 300            /* VPCs of a zone */
#define ZONE_AUTHORIZATIONS_MAX 1000 /* VPCs of others that may be associated with a zone */
#define ZONE_RECORDS_MAX 10000       /* record sets of a zone */
#define ZONE_TAGS_MAX 50             /* tags of a zone */
#define ZONE_PAGE_MAX 100            /* zones of a page */
#define RECORD_PAGE_MAX 300          /* record sets of a page */
#define RECORD_VALUES_MAX 400        /* values of a record set */
#define RECORD_GROUP_MAX 100         /* record sets of one name and type */
#define RECORD_GEOPROXIMITY_MAX 30   /* the same for geoproximity */
#define BATCH_RECORDS_MAX 1000       /* ResourceRecord elements of a batch; UPSERT counts twice */
#define BATCH_CHARACTERS_MAX 32000   /* characters of all values of a batch; UPSERT counts twice */

#define ZONE_ID_DIGITS 20 /* of a zone id, behind the Z */

/* The text behind a prefix such as "/hostedzone/", with which raw clients send ids. */
const char *id_strip(const char *id, const char *prefix);

/* A random id: a capital letter and then capital letters and digits. NULL on lack of memory. */
char *id_new(struct ctl *c, char first, unsigned digits);

/* True if the text has the form of such an id: whether there is one is not for everybody to know.
 */
bool id_like(const char *id, char first, unsigned digits);

/* A zone that the caller owns; NoSuchHostedZone. */
int hosted_zone_get(struct ctl *c, const char *id, struct obj_zone *ret);

/* How clients see a zone. */
int zone_view(struct ctl *c, const struct obj_zone *z, struct r53_hosted_zone *ret);

/* The key of a zone in the index "zone-name". NULL on lack of memory. */
char *zone_name_index(struct ctl *c, const char *account, const uint8_t *name, const char *zone_id);

/* Reads MaxItems, a number as text; absent: `most`, which is also the cap. InvalidInput. */
int max_items_read(struct ctl *c, const char *text, size_t most, size_t *ret);

/* A VPC of the caller that the request names; InvalidVPCId. Completes ret->region when it was
 * absent. */
int zone_vpc_read(struct ctl *c, const struct r53_vpc *in, struct obj_zone_vpc *ret);

/* Adds a VPC to a zone and to the index that keeps zones of one name apart on a VPC;
 * ConflictingDomainExists. The caller puts the zone. */
int zone_vpc_add(struct ctl *c, struct obj_zone *z, const struct obj_zone_vpc *vpc);

/* Removes the index entry of one VPC of a zone. */
int zone_vpc_unlink(struct ctl *c, const struct obj_zone *z, const char *vpc_id);

/* True in *ret if the owner of a zone lets that VPC, whoever owns it, be associated with it. There
 * may be no such zone. */
int zone_authorized(struct ctl *c, const char *zone_id, const char *vpc_id, const char *region,
                    bool *ret);

/* Removes all authorizations of a zone. */
int zone_auth_clear(struct ctl *c, const char *zone_id);

/* Records a change that this call commits and gives what clients are told of it. */
int change_new(struct ctl *c, const char *comment, struct r53_change_info **ret);

/* Routing policies as the API tells them apart by members. */
enum routing {
    ROUTING_SIMPLE,
    ROUTING_WEIGHTED,
    ROUTING_LATENCY,
    ROUTING_GEOLOCATION,
    ROUTING_FAILOVER,
    ROUTING_MULTIVALUE,
    ROUTING_GEOPROXIMITY,
};

/* The policy of a stored record set. */
enum routing record_routing(const struct obj_record *r);

/* A batch under way: its zone and the complaints so far. */
struct batch {
    struct ctl *c;
    struct obj_zone *zone;
    uint8_t apex[NAME_MAX_WIRE];
    struct buf messages; /* joined by ", " */
};

/* One change of a batch. */
struct change {
    const struct r53_change *in;
    uint8_t name[NAME_MAX_WIRE]; /* canonical */
    struct obj_record record;
    struct store_bytes key;
    bool applied; /* nothing was wrong with it by itself */
};

/* Adds a complaint to the batch. */
void batch_complain(struct batch *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Builds ch->record from the request and checks all that can be said of it alone; complaints go to
 * the batch and *ret_ok becomes false. InvalidInput for requests that have no meaning at all. */
int change_read(struct batch *b, struct change *ch, bool *ret_ok);

/* True if two record sets are equal in every member; the order of values does not matter. */
bool record_same(const struct obj_record *a, const struct obj_record *b);

/* Checks the applied changes against all record sets as they are after the batch. `list` is
 * reordered. */
int batch_check(struct batch *b, struct change **list, size_t n);

#endif
