/* SPDX-License-Identifier: Apache-2.0 */
/* STS: who am I. */
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "control/ctl.h"
#include "rows/sts.h"

/* A user's id is made out of its ARN: the same for ever, and no table of users is needed. */
static char *user_id(struct ctl *c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    static const uint64_t keys[2][2] = {{0x6272696467653533, 1}, {0x6272696467653533, 2}};
    char text[18] = "";
    for (size_t i = 0; i < 17; i++) {
        uint64_t h = hash_sip(keys[i / 12], c->caller_arn, strlen(c->caller_arn));
        text[i] = digits[(h >> (5 * (i % 12))) & 31];
    }
    return arena_printf(c->arena, "AIDA%s", text);
}

int sts_get_caller_identity(struct ctl *c, const struct sts_get_caller_identity_request *in,
                            struct sts_get_caller_identity_response *out)
{
    (void)in;
    const char *last = strrchr(c->caller_arn, ':');
    bool root = last && strcmp(last, ":root") == 0;
    out->account = c->account;
    out->arn = c->caller_arn;
    out->user_id = root ? c->account : user_id(c);
    return out->user_id ? 0 : ERR_NOMEM;
}
