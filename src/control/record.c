/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and stored form of record sets. */
#include "control/record.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "control/ctl_priv.h"
#include "dns/type.h"

#define KEY_END 0x01    /* closes a name and a type */
#define KEY_ESCAPE 0x02 /* before 1, 2, 3: octets 0, 1, 2; before 4: a dot inside a label */

/* Writes one label and its dot. */
static char *label_key(const uint8_t *label, char *to)
{
    for (size_t i = 1; i <= *label; i++) {
        uint8_t c = label[i];
        if (c <= KEY_ESCAPE) {
            *to++ = KEY_ESCAPE;
            *to++ = (char)(c + 1);
        } else if (c == '.') {
            *to++ = '.';
            *to++ = KEY_ESCAPE;
            *to++ = 4;
        } else {
            *to++ = (char)c;
        }
    }
    *to++ = '.';
    return to;
}

size_t record_name_key(const uint8_t *name, char *buf)
{
    const uint8_t *labels[NAME_MAX_LABELS];
    unsigned n = 0;
    for (const uint8_t *label = name; *label != 0; label += *label + 1)
        labels[n++] = label;
    char *to = buf;
    while (n > 0)
        to = label_key(labels[--n], to);
    *to++ = KEY_END;
    *to = '\0';
    return (size_t)(to - buf);
}

/* "r/<zone>/<name key><type>\x01<set id>", as far as the parts are given. */
static char *key_text(struct arena *arena, const struct record_id *id)
{
    char name[RECORD_NAME_KEY];
    if (id->name == NULL)
        return arena_printf(arena, "r/%s/", id->zone_id);
    record_name_key(id->name, name);
    if (id->type == NULL)
        return arena_printf(arena, "r/%s/%s", id->zone_id, name);
    return arena_printf(arena, "r/%s/%s%s%c%s", id->zone_id, name, id->type, KEY_END,
                        id->set_id != NULL ? id->set_id : "");
}

/* The key behind everything that begins with `text`: its last byte raised. */
static struct store_bytes key_behind(char *text)
{
    if (text == NULL)
        return (struct store_bytes){NULL, 0};
    size_t len = strlen(text);
    text[len - 1]++;
    return (struct store_bytes){text, len};
}

struct store_bytes record_key(struct arena *arena, const struct record_id *id)
{
    const char *text = key_text(arena, id);
    return (struct store_bytes){text, text != NULL ? strlen(text) : 0};
}

struct store_bytes record_key_end(struct arena *arena, const char *zone_id)
{
    return key_behind(key_text(arena, &(struct record_id){.zone_id = zone_id}));
}

struct store_bytes record_key_after(struct arena *arena, const struct record_id *id)
{
    struct record_id all = *id;
    all.set_id = NULL;
    return key_behind(key_text(arena, &all));
}

/* Reads one label of a name key at *at, up to its dot, into out (length byte first, `room` bytes).
 * Returns its bytes, 0 when it is malformed. */
static size_t label_unkey(const char **at, uint8_t *out, size_t room)
{
    const char *p = *at;
    size_t n = 0;
    for (;; n++) {
        uint8_t c = (uint8_t)*p++;
        bool dot = c == '.';
        if (dot && !(p[0] == KEY_ESCAPE && p[1] == 4))
            break;
        if (c <= KEY_END || n == NAME_MAX_LABEL || n + 2 > room)
            return 0;
        if (dot) {
            p += 2;
        } else if (c == KEY_ESCAPE) {
            c = (uint8_t)(*p++ - 1);
            if (c > KEY_ESCAPE)
                return 0;
        }
        out[1 + n] = c;
    }
    out[0] = (uint8_t)n;
    *at = p;
    return n > 0 ? n + 1 : 0;
}

/* Reads a name key at *at into a name, and moves behind its end mark. */
static int name_unkey(const char **at, uint8_t name[NAME_MAX_WIRE])
{
    uint8_t reversed[NAME_MAX_WIRE];
    size_t used = 0, end = NAME_MAX_WIRE - 1;
    while (**at != KEY_END) {
        size_t n = label_unkey(at, reversed, end - used);
        if (n == 0)
            return ERR_INVALID;
        /* The name grows from its end to its front. */
        memmove(name + n, name, used);
        memcpy(name, reversed, n);
        used += n;
    }
    name[used] = 0;
    ++*at;
    return 0;
}

int record_key_parse(const char *key, struct record_place *ret)
{
    char type[TYPE_TEXT_MAX];
    size_t zone = strcspn(key, "/");
    if (key[zone] == '\0' || zone >= sizeof ret->zone_id)
        return ERR_INVALID;
    memcpy(ret->zone_id, key, zone);
    ret->zone_id[zone] = '\0';
    const char *at = key + zone + 1;
    if (name_unkey(&at, ret->name) != 0)
        return ERR_INVALID;
    const char *end = strchr(at, KEY_END);
    if (end == NULL || (size_t)(end - at) >= sizeof type)
        return ERR_INVALID;
    memcpy(type, at, (size_t)(end - at));
    type[end - at] = '\0';
    ret->set_id = end + 1;
    return type_parse(type, &ret->type);
}

int record_read(struct arena *arena, struct store_bytes value, struct obj_record *ret)
{
    return object_read(&obj_record_shape, value, arena, ret);
}

struct store_bytes record_write(struct arena *arena, const struct obj_record *record)
{
    struct store_bytes ret = {NULL, 0};
    (void)object_write(&obj_record_shape, record, arena, &ret);
    return ret;
}
