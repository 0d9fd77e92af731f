/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of EC2 resources that mean something to us: what they may say, and what they say. They are
 * checked where tags are written, so that whoever reads them later can rely on it. */
#ifndef CONTROL_OWN_TAG_H
#define CONTROL_OWN_TAG_H

#include "control/object.h"
#include "model/desc.h"

#define TAG_NETNS "bridge53:netns"                   /* VPC: a network namespace */
#define TAG_DEVICE "bridge53:device"                 /* VPC: a network device */
#define TAG_DNS64_PREFIX "bridge53:dns64-prefix"     /* VPC, subnet: a prefix of RFC 6052 */
#define TAG_DNS64_EXCLUDE "bridge53:dns64-exclude"   /* VPC, subnet: IPv6 prefixes */
#define TAG_NAT64 "bridge53:nat64"                   /* VPC: prefixes of RFC 6052 that it routes */
#define TAG_PRIVATE_NAME "bridge53:private-dns-name" /* new VPC endpoint: a domain name */

#define TAG_PREFIXES_MAX DNS64_EXCLUDE_MAX /* of one tag */

/* Checks the value of a tag; tags that are not ours say what they like. 0, or ERR_FAULT with
 * InvalidParameterValue. */
int own_tag_check(struct ctl *c, const char *key, const char *value);

/* The value of a tag, or NULL when it is not there. Borrowed from the list. */
const char *own_tag_find(const struct obj_tag *tags, size_t tags_n, const char *key);

/* Reads the IPv6 prefixes of a value, separated by blanks, into ret (TAG_PREFIXES_MAX of them);
 * `rfc6052` asks for lengths and bits that can carry an IPv4 address. Returns NULL, or what is
 * wrong in plain words. */
const char *own_tag_prefixes(const char *value, bool rfc6052, struct prefix *ret, size_t *ret_n);

/* The DNS64 settings of a VPC's or a subnet's tags; what no tag says stays empty in *ret. Lists
 * come from the arena. ERR_NOMEM, or ERR_INVALID for values that own_tag_check refuses. */
int own_tag_dns64(struct arena *arena, const struct obj_tag *tags, size_t tags_n,
                  struct dns64_desc *ret);

#endif
