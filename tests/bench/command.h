/* Command sets (PS3.7): built for a message that is sent, searched in one that came. */
#ifndef COMMAND_H
#define COMMAND_H

#include "wire.h"

enum { C_STORE_RQ = 0x0001, C_ECHO_RQ = 0x0030, NO_DATA_SET = 0x0101 };

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

#endif
