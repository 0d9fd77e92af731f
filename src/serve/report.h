/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the operator what the resolvers found: targets that fail, quotas that are used up. Every
 * worker finds out by itself; here that becomes one log line and one count. Private to src/serve.
 */
#ifndef SERVE_REPORT_H
#define SERVE_REPORT_H

#include <pthread.h>

#include "serve/worker.h"

#define REPORT_ROWS 256 /* failing targets, and objects over quota, that are remembered */

/* What has been said. */
struct reports {
    pthread_mutex_t lock;
    struct report_target {
        uint64_t workers; /* bits of those that find it failing; 0: free */
        uint64_t since;   /* ns */
        uint32_t endpoint;
        struct sockname target;
        enum target_state state;
    } targets[REPORT_ROWS];
    struct report_quota {
        char object[EVENT_ID];
        uint64_t said; /* ns; 0: free */
    } quotas[REPORT_ROWS];
    unsigned next; /* of quotas, to make room */
    uint64_t paid; /* ns: log lines are paid for with time */
    unsigned unsaid;
};

/* Takes the events of the worker's resolver. After every batch; costs a branch when there are none.
 */
void report_events(struct worker *w);

/* Takes one event: logs and counts what is news for the whole server. Any worker's thread. */
void report_event(struct reports *r, struct worker *w, const struct event *e);

#endif
