/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit of the program, with its unit and its reason. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Data plane */
#define LIMIT_UDP_PACKET 4096     /* bytes of a UDP query that we read; longer ones are FORMERR */
#define LIMIT_MESSAGE 65535       /* bytes of any DNS message (RFC 1035 4.2.2) */
#define LIMIT_UDP_PLAIN 512       /* bytes of a UDP answer without EDNS (RFC 1035 4.2.1) */
#define LIMIT_UDP_EDNS 1232       /* bytes of a UDP answer with EDNS (DNS flag day 2020) */
#define LIMIT_QUERY_ARENA 16384   /* bytes of scratch for one query */
#define LIMIT_CHAIN 16            /* CNAME, DNAME and alias steps of one query, borders included */
#define LIMIT_STEPS 256           /* pipeline steps of one query: a loop is a bug or an attack */
#define LIMIT_BATCH 32            /* packets of one recvmmsg/sendmmsg */
#define LIMIT_TARGETS 6           /* target addresses of a rule (spec/resolver.md 5) */
#define LIMIT_INFLIGHT 16384      /* questions under way in one worker */
#define LIMIT_PARKED 32768        /* queries parked in one worker */
#define LIMIT_FOLLOWERS 1024      /* queries behind one question under way */
#define LIMIT_TCP_CLIENTS 4096    /* client connections of one worker */
#define LIMIT_TCP_PIPELINE 128    /* unanswered queries of one connection */
#define LIMIT_TCP_IDLE_MS 10000   /* a silent connection is closed (RFC 7766 6.2.3) */
#define LIMIT_TCP_READ_MS 5000    /* a message must be complete this long after its first byte */
#define LIMIT_TCP_WRITE_MS 5000   /* a client that does not read is closed */
#define LIMIT_CACHE_TTL_S 86400   /* longest time in the cache */
#define LIMIT_CACHE_ANSWER 4096   /* bytes of the longest answer that is cached */
#define LIMIT_TRY_MS 800          /* first wait for a target that we know nothing of */
#define LIMIT_QUERY_MS 4500       /* budget of a forwarded question, all tries; clients wait 5 s */
#define LIMIT_TRIES 6             /* sends of one question, TCP retry included */
#define LIMIT_WORKERS 64          /* worker threads */
#define LIMIT_DESCRIPTORS_KEPT 64 /* that clients leave to targets, listeners and the store */

/* Control plane */
#define LIMIT_HTTP_BODY (2u << 20)    /* bytes of a request body */
#define LIMIT_HTTP_HEADER (64u << 10) /* bytes of a connection: request line and headers */
/* Times LIMIT_HTTP_BODY that is read and thrown away, so that the client sees why. */
#define LIMIT_HTTP_DRAIN 8
#define LIMIT_HTTP_CONNECTIONS 1024  /* API connections at once */
#define LIMIT_HTTP_IDLE_S 30         /* a silent API connection is closed */
#define LIMIT_HTTP_REPLY (64u << 20) /* bytes of a reply that our own client reads */
#define LIMIT_FORM_PAIRS 20000       /* parameters of a query string or form */
#define LIMIT_CLOCK_SKEW_S 300 /* of signed requests; EC2 allows three times as much (spec 4.7) */
#define LIMIT_REQUEST_ARENA (64u << 20)  /* bytes of memory of one API request */
#define LIMIT_SERVED_WAIT_MS 2000        /* an API write waits this long for DNS to show it */
#define LIMIT_TXN_RETRIES 8              /* an operation is run again this often on ERR_CONFLICT */
#define LIMIT_FEED_KEEP 65536            /* feed entries that a store keeps */
#define LIMIT_AUDIT_KEEP 16384           /* writes that the audit trail remembers: some MiB */
#define LIMIT_AUDIT_OBJECTS 50           /* objects that one event names; all are counted */
#define LIMIT_DRY_RUNS 4                 /* dry runs at once: each is a copy of the store */
#define LIMIT_DRY_RUN_S 120              /* an idle dry run is thrown away */
#define LIMIT_DRY_RUN_BYTES (4ull << 30) /* bytes that are copied at most */
#define LIMIT_DRY_RUN_CHANGES 1000       /* changes that a dry run tells; all VPCs are counted */
#define LIMIT_TAGS 50                    /* tags of a resource */
#define LIMIT_VPC_CIDRS 50               /* IPv4 CIDRs of a VPC: the most that the service grants */
#define LIMIT_VPC_CIDRS6 5               /* IPv6 CIDRs of a VPC */
#define LIMIT_GROUP_RULES 1000 /* rules of a security group: the most that the service grants */

#endif
