/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages over a byte stream: a 16-bit length before each message (RFC 1035 4.2.2, RFC 7766
 * 8), on a non-blocking descriptor that reads and writes in pieces of any size. Used for both
 * ends of a connection. One thread. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_READ 2048 /* bytes of the first read buffer; longer messages make it grow */

struct stream {
    int fd;
    uint8_t *in; /* bytes read and not yet taken: in[in_at .. in_len) */
    size_t in_size, in_at, in_len;
    uint8_t *out; /* bytes that the system did not take yet: out[out_at .. out_len) */
    size_t out_size, out_at, out_len;
    bool drained; /* the last read took all that was there */
    bool ended;   /* the other side sends no more */
};

/* Puts a stream on `fd`, which it owns from now on. No memory is taken before bytes come. */
void stream_init(struct stream *s, int fd);

/* Closes the descriptor and frees the buffers. */
void stream_close(struct stream *s);

/* Reads what is there, at most to the end of the buffer. Returns the bytes read; 0: nothing there
 * now, or s->ended; ERR_IO: broken; ERR_NOMEM. */
int stream_read(struct stream *s);

/* Gives the read buffer back if nothing is kept in it. stream_read does so when it finds nothing;
 * who does not look again after s->drained calls this. */
void stream_rest(struct stream *s);

/* Takes the next whole message, valid until the next stream_read: true and *ret_*. False: it is
 * not complete. Its first byte was read when stream_partial says so. */
bool stream_next(struct stream *s, const uint8_t **ret_msg, size_t *ret_len);

/* True if some bytes of an incomplete message are there. */
static inline bool stream_partial(const struct stream *s)
{
    return s->in_at < s->in_len;
}

/* Writes framed bytes (length fields included); what the system does not take at once is kept. 0,
 * ERR_IO: broken, ERR_NOMEM. */
int stream_write(struct stream *s, const uint8_t *data, size_t len);

/* Queues framed bytes without writing, for a connection that is not made yet. 0 or ERR_NOMEM. */
int stream_queue(struct stream *s, const uint8_t *data, size_t len);

/* Writes what was kept. Returns the bytes written, 0: the system takes none now; ERR_IO. */
int stream_flush(struct stream *s);

/* Bytes kept. */
static inline size_t stream_unsent(const struct stream *s)
{
    return s->out_len - s->out_at;
}

#endif
