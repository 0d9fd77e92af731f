/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of record sets, so that plain byte order of keys is the order of ListResourceRecordSets:
 * names with their labels reversed (the dot counts as a character), then type, then set identifier
 * (spec: profiles-ram-zones-ec2.md 3.9).
 *
 * A record set lives under "r/<zone id>/" <name key> <type> 0x01 <set identifier>. A name key is
 * the name's labels from the right, each followed by '.', then 0x01. So that no octet of a label
 * can be taken for a separator or sort before one, 00, 01 and 02 are written 02 01, 02 02, 02 03
 * and a dot inside a label 2e 02 04; hence keys hold no NUL and may serve as C strings in indexes
 * too. */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "control/object.h"
#include "dns/name.h"
#include "store/store.h"

#define RECORD_NAME_KEY 1024 /* bytes of the longest name key, NUL included */

/* Writes the name key of a canonical wire name into buf (RECORD_NAME_KEY bytes), with a NUL behind
 * it; returns its length. Another part may follow it directly: "zone-name" index keys are account
 * "/" name key "/" id. */
size_t record_name_key(const uint8_t *name, char *buf);

/* The key of a record set. `name` is a canonical wire name, `type` the mnemonic, `set_id` NULL for
 * the simple policy. With type NULL: the smallest key of that name; with name NULL too: of that
 * zone. Start keys of listings are therefore keys like any other. In the arena; data NULL on lack
 * of memory. */
struct record_id {
    const char *zone_id;
    const uint8_t *name;
    const char *type;
    const char *set_id;
};
struct store_bytes record_key(struct arena *arena, const struct record_id *id);

/* The key behind all record sets of a zone (an exclusive end for ranges). As record_key. */
struct store_bytes record_key_end(struct arena *arena, const char *zone_id);

/* The key behind all sets of one name (and, with type not NULL, of one type) of a zone. As
 * record_key. */
struct store_bytes record_key_after(struct arena *arena, const struct record_id *id);

/* What a key says, taken apart again. */
struct record_place {
    char zone_id[64];
    uint8_t name[NAME_MAX_WIRE];
    uint16_t type;
    const char *set_id; /* "" for the simple policy; points into the key */
};

/* Reads the part of a key behind "r/". ERR_INVALID when it is none of ours. */
int record_key_parse(const char *key, struct record_place *ret);

/* The stored form of a record set, and back; memory from the arena. record_read: 0, ERR_CORRUPT,
 * ERR_NOMEM. record_write: data NULL on lack of memory. */
int record_read(struct arena *arena, struct store_bytes value, struct obj_record *ret);
struct store_bytes record_write(struct arena *arena, const struct obj_record *record);

#endif
