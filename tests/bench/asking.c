/* The sender's side of an association: asks for it, reads what comes back, lets it go. */
#define _GNU_SOURCE
#include "sending.h"

#include "command.h"

#include <arpa/inet.h>

#define EXPLICIT_LITTLE "1.2.840.10008.1.2.1"
#define IMPLICIT_LITTLE "1.2.840.10008.1.2"

int trouble(association *self, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (!self->trouble[0])
        vsnprintf(self->trouble, sizeof self->trouble, format, values);
    va_end(values);
    return -1;
}

static int read_all(association *self, void *to, size_t length)
{
    size_t done = 0;
    int on = 1;
    while (done < length) {
        /* the kernel forgets this after a while: without it an answer of two segments waits 40 ms */
        setsockopt(self->connection, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        ssize_t got = recv(self->connection, (uint8_t *)to + done, length - done, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return trouble(self, "the peer closed the connection");
        if (got < 0)
            return trouble(self, "while reading: %s", strerror(errno));
        done += (size_t)got;
    }
    return 0;
}

/* Reads a PDU whole into the room; returns its length without head, or -1. */
static long read_pdu(association *self, uint8_t *room, size_t size, int *type)
{
    uint8_t head[6];
    if (read_all(self, head, 6))
        return -1;
    uint32_t length = read_big32(head + 2);
    *type = head[0];
    if (length > size)
        return trouble(self, "a PDU of %u bytes where an answer belongs", length);
    if (read_all(self, room, length))
        return -1;
    if (*type == ABORT)
        return trouble(self, "aborted by the peer (source %u, reason %u)", room[2], room[3]);
    if (*type == ASSOCIATE_RJ)
        return trouble(self, "rejected (result %u, source %u, reason %u)", room[1], room[2], room[3]);
    return (long)length;
}

static int reach(association *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)plan.port)};
    struct timeval limit = {plan.timeout, 0};
    if (!inet_aton(plan.host, &address.sin_addr))
        fail("not an IPv4 address: %s", plan.host);
    self->connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(self->connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(self->connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    hurry(self->connection);
    if (connect(self->connection, (struct sockaddr *)&address, sizeof address))
        return trouble(self, "cannot connect: %s", strerror(errno));
    return 0;
}

static uint8_t *propose(uint8_t *at)
{
    uint8_t *begin = at;
    memset(at, 0, 8);
    at[0] = 0x20;
    at[4] = CONTEXT;
    at = text_item(at + 8, 0x30, plan.echo ? VERIFICATION : plan.sop_class);
    at = text_item(at, 0x40, plan.echo ? IMPLICIT_LITTLE : EXPLICIT_LITTLE);
    big16(begin + 2, (uint32_t)(at - begin - 4));
    return at;
}

static int request(association *self)
{
    uint8_t room[1024] = {0}, *at = room + 6;
    at = big16(at, 1) + 2;
    at = ae_title(at, plan.called);
    at = ae_title(at, plan.calling) + 32;
    at = text_item(at, 0x10, "1.2.840.10008.3.1.1.1");
    at = user_information(propose(at), 16384);
    pdu_head(room, ASSOCIATE_RQ, (uint32_t)(at - room - 6));
    return write_bytes(self->connection, room, (size_t)(at - room))
               ? trouble(self, "while asking for the association: %s", strerror(errno))
               : 0;
}

/* Finds the result of our context, and how long a PDU the peer takes. */
static int understand(association *self, const uint8_t *pdu, size_t size)
{
    uint32_t longest = plan.longest;
    int result = 4;
    for (size_t at = 68; at + 8 <= size;) {
        if (pdu[at] == 0x21)
            result = pdu[at + 6];
        if (pdu[at] == 0x51 && read_big32(pdu + at + 4) && read_big32(pdu + at + 4) < longest)
            longest = read_big32(pdu + at + 4);
        at += 4 + (pdu[at] == 0x50 ? 0 : read_big16(pdu + at + 2)); /* into item 50H, past others */
    }
    self->fragment = (longest - 6) & ~1u;
    return result ? trouble(self, "the SOP class was not accepted (result %d)", result) : 0;
}

int associate(association *self)
{
    uint8_t room[65536];
    int type;
    if (reach(self) || request(self))
        return -1;
    long length = read_pdu(self, room, sizeof room, &type);
    if (length < 0)
        return -1;
    if (type != ASSOCIATE_AC)
        return trouble(self, "PDU type %d where an A-ASSOCIATE-AC belongs", type);
    return understand(self, room, (size_t)length);
}

long read_status(association *self)
{
    uint8_t room[65536], set[4096];
    size_t size = 0;
    int type, control = 0;
    while (!(control & LAST)) {
        long length = read_pdu(self, room, sizeof room, &type);
        if (length < 0)
            return -1;
        if (type != P_DATA)
            return trouble(self, "PDU type %d where an answer belongs", type);
        for (long at = 0; at + 6 <= length; at += 4 + (long)read_big32(room + at)) {
            size_t part = read_big32(room + at) - 2;
            if (part > sizeof set - size || (long)part > length - at - 6)
                return trouble(self, "an answer that is too long");
            memcpy(set + size, room + at + 6, part);
            size += part;
            control = room[at + 5];
        }
    }
    if (find_us(set, size, 0x0120, 0x10000) != (self->message & 0xFFFF))
        return trouble(self, "an answer to another message");
    return (long)find_us(set, size, 0x0900, 0x10000);
}

void release(association *self)
{
    uint8_t rest[65536], question[10] = {RELEASE_RQ, 0, 0, 0, 0, 4};
    int type;
    if (!write_bytes(self->connection, question, sizeof question))
        read_pdu(self, rest, sizeof rest, &type);
}
