/* SPDX-License-Identifier: Apache-2.0 */
/* Framed streams. Buffers exist only while bytes wait in them: most connections are silent most
 * of the time, and there can be thousands. */
#include "net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

#define FRAME 2 /* bytes of the length field */

void stream_init(struct stream *s, int fd)
{
    memset(s, 0, sizeof(*s));
    s->fd = fd;
}

void stream_close(struct stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    free(s->in);
    free(s->out);
    memset(s, 0, sizeof(*s));
    s->fd = -1;
}

static size_t frame_len(const uint8_t *p)
{
    return (size_t)p[0] << 8 | p[1];
}

/* Makes room for the message that is being read, and moves it to the front. */
static int in_make_room(struct stream *s)
{
    size_t have = s->in_len - s->in_at, need = STREAM_READ;
    if (have >= FRAME && frame_len(s->in + s->in_at) + FRAME > need)
        need = frame_len(s->in + s->in_at) + FRAME;
    if (s->in_at && have)
        memmove(s->in, s->in + s->in_at, have);
    s->in_at = 0;
    s->in_len = have;
    if (need <= s->in_size)
        return 0;
    uint8_t *in = realloc(s->in, need);
    if (!in)
        return ERR_NOMEM;
    s->in = in;
    s->in_size = need;
    return 0;
}

void stream_rest(struct stream *s)
{
    if (s->in_at < s->in_len)
        return;
    free(s->in);
    s->in = NULL;
    s->in_size = s->in_at = s->in_len = 0;
}

int stream_read(struct stream *s)
{
    if (s->ended)
        return 0;
    int err = in_make_room(s);
    if (err)
        return err;
    if (s->in_len == s->in_size) /* full of whole messages: they are taken first */
        return 0;
    size_t room = s->in_size - s->in_len;
    ssize_t n = recv(s->fd, s->in + s->in_len, room, MSG_DONTWAIT);
    if (n > 0) {
        s->drained = (size_t)n < room;
        s->in_len += (size_t)n;
        return (int)n;
    }
    if (n == 0)
        s->ended = true;
    int saved = errno;
    stream_rest(s);
    return n == 0 || saved == EAGAIN || saved == EINTR ? 0 : ERR_IO;
}

bool stream_next(struct stream *s, const uint8_t **ret_msg, size_t *ret_len)
{
    size_t have = s->in_len - s->in_at;
    if (have < FRAME)
        return false;
    size_t len = frame_len(s->in + s->in_at);
    if (have < FRAME + len)
        return false;
    *ret_msg = s->in + s->in_at + FRAME;
    *ret_len = len;
    s->in_at += FRAME + len;
    return true;
}

int stream_queue(struct stream *s, const uint8_t *data, size_t len)
{
    size_t have = stream_unsent(s);
    if (s->out_at && s->out_len + len > s->out_size) {
        memmove(s->out, s->out + s->out_at, have);
        s->out_at = 0;
        s->out_len = have;
    }
    if (s->out_len + len > s->out_size) {
        size_t size = s->out_size * 2 > s->out_len + len ? s->out_size * 2 : s->out_len + len;
        uint8_t *out = realloc(s->out, size);
        if (!out)
            return ERR_NOMEM;
        s->out = out;
        s->out_size = size;
    }
    memcpy(s->out + s->out_len, data, len);
    s->out_len += len;
    return 0;
}

/* Bytes taken by the system, 0 for none now, ERR_IO. */
static int send_some(int fd, const uint8_t *data, size_t len)
{
    ssize_t n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? 0 : ERR_IO;
}

int stream_write(struct stream *s, const uint8_t *data, size_t len)
{
    int n = 0;
    if (stream_unsent(s) == 0) {
        n = send_some(s->fd, data, len);
        if (n < 0)
            return n;
    }
    return (size_t)n == len ? 0 : stream_queue(s, data + n, len - (size_t)n);
}

int stream_flush(struct stream *s)
{
    size_t have = stream_unsent(s);
    if (!have)
        return 0;
    int n = send_some(s->fd, s->out + s->out_at, have);
    if (n < 0)
        return n;
    s->out_at += (size_t)n;
    if (s->out_at == s->out_len) {
        free(s->out);
        s->out = NULL;
        s->out_size = s->out_at = s->out_len = 0;
    }
    return n;
}
