/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator should hear of: changes of targets, and quotas that are used up. Events wait
 * here until the driver takes them; the resolver itself writes no log. */
#include <stdio.h>

#include "resolve/query_priv.h"

void flight_tell(struct resolver *r, const struct flight *f, struct target *t)
{
    enum target_state state = target_state(t);
    if (state == t->state)
        return;
    if (r->events_n < EVENTS) { /* else nobody takes them */
        struct event *e = &r->events[(r->events_first + r->events_n++) % EVENTS];
        *e = (struct event){.kind = EVENT_TARGET,
                            .target = t->peer,
                            .endpoint = t->endpoint,
                            .state = state,
                            .before = t->state};
        snprintf(e->object, sizeof(e->object), "%s", f->rule_id);
    }
    t->state = state;
}

bool resolver_event(struct resolver *r, uint64_t now, struct event *ret)
{
    if (!r->events_n)
        return quota_event(r->quotas, now, ret);
    *ret = r->events[r->events_first];
    r->events_first = (r->events_first + 1) % EVENTS;
    r->events_n--;
    return true;
}
