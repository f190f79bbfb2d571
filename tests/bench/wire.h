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
enum { COMMAND = 1, LAST = 2 };              /* message control header, PS3.8 annex E.2 */
enum { C_STORE_RQ = 0x0001, C_ECHO_RQ = 0x0030, NO_DATA_SET = 0x0101 };

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

/* One element of a command set: always Implicit VR Little Endian, group 0000 (PS3.7 section 6.3). */
static inline uint8_t *element(uint8_t *at, uint32_t number, const void *value, uint32_t length)
{
    at = little32(little16(little16(at, 0), number), length);
    memcpy(at, value, length);
    return at + length;
}

static inline uint8_t *element_us(uint8_t *at, uint32_t number, uint32_t value)
{
    uint8_t bytes[2];
    little16(bytes, value);
    return element(at, number, bytes, 2);
}

static inline uint8_t *element_uid(uint8_t *at, uint32_t number, const char *uid)
{
    char padded[66] = {0};
    size_t length = strlen(uid);
    memcpy(padded, uid, length);
    return element(at, number, padded, (uint32_t)(length + (length & 1)));
}

/* Where the value of an element of a command set begins, or NULL. */
static inline const uint8_t *find_element(
    const uint8_t *set, size_t size, uint32_t number, uint32_t *length)
{
    size_t at = 0;
    while (at + 8 <= size) {
        uint32_t found = read_little32(set + at + 4);
        if (found > size - at - 8)
            return NULL;
        if (read_little16(set + at) == 0 && read_little16(set + at + 2) == number) {
            *length = found;
            return set + at + 8;
        }
        at += 8 + found;
    }
    return NULL;
}

static inline uint32_t find_us(const uint8_t *set, size_t size, uint32_t number, uint32_t missing)
{
    uint32_t length = 0;
    const uint8_t *value = find_element(set, size, number, &length);
    return value && length >= 2 ? read_little16(value) : missing;
}

/* Copies a UID without its padding; the room must be 65 bytes. */
static inline void find_uid(const uint8_t *set, size_t size, uint32_t number, char *room)
{
    uint32_t length = 0;
    const uint8_t *value = find_element(set, size, number, &length);
    room[0] = 0;
    if (!value || length > 64)
        return;
    memcpy(room, value, length);
    room[length] = 0;
}

/* Fills in the group length and the heads around a command set that begins at room + 12. */
static inline size_t close_command(uint8_t *room, const uint8_t *end, int context)
{
    uint32_t length = (uint32_t)(end - room - 12);
    uint8_t value[4];
    little32(value, length - 12);
    element(room + 12, 0x0000, value, 4);
    big32(pdu_head(room, P_DATA, length + 6), length + 2);
    room[10] = (uint8_t)context;
    room[11] = COMMAND | LAST;
    return (size_t)(end - room);
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
