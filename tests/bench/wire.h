/* What the measuring sender and receiver share: sockets, byte order, PDU heads (PS3.8 section 9.3). */
#ifndef WIRE_H
#define WIRE_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { ASSOCIATE_RQ = 1, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT };
enum { COMMAND = 1, LAST = 2 }; /* message control header, PS3.8 annex E.2 */

#define IMPLEMENTATION "2.25.241087663120859834260197455212307751183"
#define VERSION "BENCH"

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    exit(2);
}

static inline void *need(void *memory)
{
    if (!memory)
        fail("no memory");
    return memory;
}

static inline uint64_t now_ns(void)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (uint64_t)moment.tv_sec * 1000000000u + (uint64_t)moment.tv_nsec;
}

static inline uint8_t *big16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *big32(uint8_t *at, uint32_t value)
{
    return big16(big16(at, value >> 16), value);
}

static inline uint32_t read_big16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t read_big32(const uint8_t *at)
{
    return read_big16(at) << 16 | read_big16(at + 2);
}

static inline uint8_t *little16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static inline uint8_t *little32(uint8_t *at, uint32_t value)
{
    return little16(little16(at, value), value >> 16);
}

static inline uint32_t read_little16(const uint8_t *at)
{
    return (uint32_t)at[1] << 8 | at[0];
}

static inline uint32_t read_little32(const uint8_t *at)
{
    return read_little16(at + 2) << 16 | read_little16(at);
}

/* The type, a reserved byte and the length of what follows. */
static inline uint8_t *pdu_head(uint8_t *at, int type, uint32_t length)
{
    at[0] = (uint8_t)type;
    at[1] = 0;
    return big32(at + 2, length);
}

/* An item or sub-item of an A-ASSOCIATE PDU whose value is text. */
static inline uint8_t *text_item(uint8_t *at, int type, const char *text)
{
    size_t length = strlen(text);
    at[0] = (uint8_t)type;
    at[1] = 0;
    memcpy(big16(at + 2, (uint32_t)length), text, length);
    return at + 4 + length;
}

static inline uint8_t *ae_title(uint8_t *at, const char *title)
{
    size_t length = strlen(title);
    memset(at, ' ', 16);
    memcpy(at, title, length > 16 ? 16 : length);
    return at + 16;
}

/* Item 50H: the longest PDU we take, and who we are (PS3.8 annex D.1, PS3.7 annex D.3.3.2). */
static inline uint8_t *user_information(uint8_t *at, uint32_t longest)
{
    uint8_t *begin = at;
    at += 4;
    at[0] = 0x51;
    at[1] = 0;
    at = big32(big16(at + 2, 4), longest);
    at = text_item(at, 0x52, IMPLEMENTATION);
    at = text_item(at, 0x55, VERSION);
    begin[0] = 0x50;
    begin[1] = 0;
    big16(begin + 2, (uint32_t)(at - begin - 4));
    return at;
}

/* Accepts a proposed context with the first transfer syntax it offers. */
static inline uint8_t *accept_context(const uint8_t *item, size_t length, uint8_t *to)
{
    const uint8_t *at = item + 8, *end = item + 4 + length;
    uint8_t *begin = to;
    memset(to, 0, 8);
    to[0] = 0x21;
    to[4] = item[4];
    to += 8;
    while (at + 4 <= end && at[0] != 0x40)
        at += 4 + read_big16(at + 2);
    if (at + 4 <= end && at + 4 + read_big16(at + 2) <= end) {
        memcpy(to, at, 4 + read_big16(at + 2));
        to += 4 + read_big16(at + 2);
    }
    big16(begin + 2, (uint32_t)(to - begin - 4));
    return to;
}

/* Writes the A-ASSOCIATE-AC to the request that lies in pdu; the room must be 1024 bytes longer than that. */
static inline size_t accept_association(
    const uint8_t *pdu, size_t size, uint32_t longest, uint8_t *room)
{
    uint8_t *to = room + 74;
    size_t at = 74;
    memcpy(room, pdu, 74); /* the AC repeats the version and the titles of the RQ */
    while (at + 4 <= size) {
        size_t length = read_big16(pdu + at + 2);
        if (length > size - at - 4)
            break;
        if (pdu[at] == 0x10) {
            memcpy(to, pdu + at, length + 4);
            to += length + 4;
        } else if (pdu[at] == 0x20 && length >= 4) {
            to = accept_context(pdu + at, length, to);
        }
        at += length + 4;
    }
    to = user_information(to, longest);
    pdu_head(room, ASSOCIATE_AC, (uint32_t)(to - room - 6));
    return (size_t)(to - room);
}

static inline int write_all(int to, struct iovec *parts, int count)
{
    while (count) {
        ssize_t done = writev(to, parts, count > 1024 ? 1024 : count);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        while (count && (size_t)done >= parts->iov_len) {
            done -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count) {
            parts->iov_base = (uint8_t *)parts->iov_base + done;
            parts->iov_len -= (size_t)done;
        }
    }
    return 0;
}

static inline int write_bytes(int to, void *bytes, size_t length)
{
    struct iovec part = {bytes, length};
    return write_all(to, &part, 1);
}

static inline void hurry(int connection)
{
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

#endif
