/* SPDX-License-Identifier: Apache-2.0 */
/* The services of this program: the generated operation tables, gathered. */
#include "api/ops.h"

#include <string.h>

extern const struct service b53_service;
extern const struct service ec2_service;
extern const struct service ram_service;
extern const struct service sts_service;
extern const struct service prof_service;
extern const struct service r53_service;
extern const struct service rslvr_service;

const struct service *const services[] = {
    &b53_service,   &ec2_service, &prof_service, &r53_service,
    &rslvr_service, &ram_service, &sts_service,  NULL,
};

const struct service *service_find(const char *name)
{
    for (size_t i = 0; services[i]; i++)
        if (strcmp(services[i]->name, name) == 0 || strcmp(services[i]->sign, name) == 0)
            return services[i];
    return NULL;
}

const struct op *op_find(const struct service *s, const char *name)
{
    for (size_t i = 0; i < s->ops_n; i++)
        if (strcmp(s->ops[i].name, name) == 0)
            return &s->ops[i];
    return NULL;
}
