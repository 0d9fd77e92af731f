/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of stored objects, and what all of them share: tags. */
#include "control/object.h"

#include <string.h>

#include "base/error.h"

#define GLOBAL "aws-global"

const struct kind kind_account = {"account", &obj_account_shape, GLOBAL};
const struct kind kind_access_key = {"access-key", &obj_access_key_shape, GLOBAL};
const struct kind kind_vpc = {"vpc", &obj_vpc_shape, NULL};
const struct kind kind_subnet = {"subnet", &obj_subnet_shape, NULL};
const struct kind kind_group = {"security-group", &obj_group_shape, NULL};
const struct kind kind_interface = {"network-interface", &obj_interface_shape, NULL};
const struct kind kind_endpoint = {"resolver-endpoint", &obj_endpoint_shape, NULL};
const struct kind kind_rule = {"resolver-rule", &obj_rule_shape, NULL};
const struct kind kind_rule_assoc = {"resolver-rule-association", &obj_rule_association_shape,
                                     NULL};
const struct kind kind_config = {"resolver-config", &obj_resolver_config_shape, NULL};
const struct kind kind_zone = {"hosted-zone", &obj_zone_shape, GLOBAL};
const struct kind kind_change = {"change", &obj_change_shape, GLOBAL};
const struct kind kind_profile = {"profile", &obj_profile_shape, NULL};
const struct kind kind_profile_assoc = {"profile-association", &obj_profile_association_shape,
                                        NULL};
const struct kind kind_profile_resource = {"profile-resource", &obj_profile_resource_shape, NULL};
const struct kind kind_firewall_group = {"firewall-rule-group", &obj_firewall_group_shape, NULL};
const struct kind kind_query_log = {"query-log-config", &obj_query_log_config_shape, NULL};
const struct kind kind_vpc_endpoint = {"vpc-endpoint", &obj_vpc_endpoint_shape, NULL};
const struct kind kind_dnssec_config = {"resolver-dnssec-config", &obj_dnssec_config_shape, NULL};
const struct kind kind_firewall_config = {"firewall-config", &obj_firewall_config_shape, NULL};
const struct kind kind_share = {"resource-share", &obj_share_shape, NULL};
const struct kind kind_invitation = {"share-invitation", &obj_share_invitation_shape, NULL};
const struct kind kind_permission = {"ram-permission", &obj_permission_shape, NULL};
const struct kind kind_replacement = {"permission-replacement", &obj_permission_replacement_shape,
                                      NULL};
const struct kind kind_organization = {"organization", &obj_organization_shape, GLOBAL};
const struct kind kind_org_unit = {"organizational-unit", &obj_organization_unit_shape, GLOBAL};
const struct kind kind_org_account = {"organization-account", &obj_organization_account_shape,
                                      GLOBAL};

bool is_profile_id(const char *id)
{
    return strncmp(id, PROFILE_PREFIX, sizeof PROFILE_PREFIX - 1) == 0;
}

/* The tag of that key in a list, or NULL. */
static struct obj_tag *tag_find(struct obj_tag *tags, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(tags[i].key, key) == 0)
            return &tags[i];
    return NULL;
}

int tags_merge(struct ctl *c, struct obj_tag **tags, size_t *tags_n, const struct obj_tag *add,
               size_t add_n)
{
    struct obj_tag *all = arena_zalloc(c->arena, *tags_n + add_n + 1, sizeof *all);
    if (all == NULL)
        return ERR_NOMEM;
    size_t n = *tags_n;
    if (n > 0)
        memcpy(all, *tags, n * sizeof *all);
    for (size_t i = 0; i < add_n; i++) {
        struct obj_tag *old = tag_find(all, n, add[i].key);
        struct obj_tag *to = old != NULL ? old : &all[n++];
        to->key = arena_str(c->arena, add[i].key);
        to->value = arena_str(c->arena, add[i].value != NULL ? add[i].value : "");
        if (to->key == NULL || to->value == NULL)
            return ERR_NOMEM;
    }
    *tags = all;
    *tags_n = n;
    return 0;
}

/* True if the key is in the list. */
static bool keys_have(const char *const *keys, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

int tags_remove(struct ctl *c, struct obj_tag **tags, size_t *tags_n, const char *const *keys,
                size_t keys_n)
{
    struct obj_tag *kept = arena_zalloc(c->arena, *tags_n + 1, sizeof *kept);
    if (kept == NULL)
        return ERR_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < *tags_n; i++)
        if (!keys_have(keys, keys_n, (*tags)[i].key))
            kept[n++] = (*tags)[i];
    *tags = kept;
    *tags_n = n;
    return 0;
}
