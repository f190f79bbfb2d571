/* The objects of one association: makes each, sends it, waits for its answer. */
#define _GNU_SOURCE
#include "sending.h"

#include "command.h"

enum { FRAGMENTS = 128, PER_SERIES = 100, PER_STUDY = 400 };

struct plan plan = {
    .host = "127.0.0.1", .called = "ARCA", .calling = "BENCH", .associations = 1,
    .study = -1, .series = -1, .instance = -1, .number = -1, .patient = -1,
    .longest = 262144, .timeout = 120,
};

uint64_t began;

static size_t store_request(association *self, uint8_t *room, const char *instance)
{
    uint8_t *at = room + 24;
    at = element_uid(at, 0x0002, plan.sop_class);
    at = element_us(at, 0x0100, C_STORE_RQ);
    at = element_us(at, 0x0110, ++self->message & 0xFFFF);
    at = element_us(at, 0x0700, 0);
    at = element_us(at, 0x0800, 1);
    at = element_uid(at, 0x1000, instance);
    return close_command(room, at, CONTEXT);
}

/* Adds the bytes [at, at + length) of the object: some of the head, some of the block. */
static int lay_out(association *self, struct iovec *parts, uint64_t at, size_t length)
{
    int count = 0;
    if (at < plan.head_length) {
        size_t part = plan.head_length - at < length ? plan.head_length - at : length;
        parts[count++] = (struct iovec){self->head + at, part};
        at += part;
        length -= part;
    }
    if (length)
        parts[count++] =
            (struct iovec){plan.block + (at - plan.head_length) % plan.block_length, length};
    return count;
}

static int send_object(association *self, const char *instance)
{
    uint8_t command[512], heads[FRAGMENTS][12];
    struct iovec parts[1 + 3 * FRAGMENTS];
    uint64_t size = plan.head_length + plan.length, at = 0;
    int count = 1;
    parts[0] = (struct iovec){command, store_request(self, command, instance)};
    while (at < size) {
        for (int i = 0; i < FRAGMENTS && at < size; i++) {
            size_t length = size - at < self->fragment ? size - at : self->fragment;
            big32(pdu_head(heads[i], P_DATA, (uint32_t)length + 6), (uint32_t)length + 2);
            heads[i][10] = CONTEXT;
            heads[i][11] = at + length == size ? LAST : 0;
            parts[count++] = (struct iovec){heads[i], 12};
            count += lay_out(self, parts + count, at, length);
            at += length;
        }
        if (write_all(self->connection, parts, count))
            return trouble(self, "while sending: %s", strerror(errno));
        count = 0;
    }
    return 0;
}

/* 44 characters; kind 1: study, 2: series, 3: instance. */
static void write_uid(char *to, int kind, const association *self, uint64_t number)
{
    snprintf(to, UID_LENGTH + 1, "2.25.1%d%013llu%04u%020llu", kind,
             (unsigned long long)(plan.run % 10000000000000u), self->index % 10000,
             (unsigned long long)number);
}

static void personalise(association *self, uint64_t number, char *instance)
{
    char text[UID_LENGTH + 1];
    write_uid(text, 1, self, number / PER_STUDY);
    memcpy(self->head + plan.study, text, UID_LENGTH);
    write_uid(text, 2, self, number / PER_SERIES);
    memcpy(self->head + plan.series, text, UID_LENGTH);
    write_uid(instance, 3, self, number);
    memcpy(self->head + plan.instance, instance, UID_LENGTH);
    snprintf(text, sizeof text, "%-6u", (unsigned)(number % PER_SERIES + 1));
    if (plan.number >= 0)
        memcpy(self->head + plan.number, text, 6);
    snprintf(text, sizeof text, "%07llu%04u%05u", (unsigned long long)(plan.run % 10000000),
             self->index % 10000, (unsigned)(number / PER_STUDY % 100000));
    if (plan.patient >= 0)
        memcpy(self->head + plan.patient, text, 16);
}

static answered *next_answer(association *self)
{
    if (self->count == self->room) {
        self->room = self->room ? 2 * self->room : 1024;
        self->answers = need(realloc(self->answers, self->room * sizeof *self->answers));
    }
    return &self->answers[self->count];
}

static int store(association *self, uint64_t number)
{
    answered *answer = next_answer(self);
    uint64_t start = now_ns();
    personalise(self, number, answer->uid);
    if (send_object(self, answer->uid))
        return -1;
    long status = read_status(self);
    if (status < 0)
        return -1;
    answer->at = now_ns();
    answer->took = answer->at - start;
    if (status) {
        trouble(self, "status %04lX", (unsigned long)status);
        self->failed++;
    } else {
        self->count++;
    }
    return 0;
}

static void wait_until(uint64_t moment)
{
    struct timespec until = {(time_t)(moment / 1000000000u), (long)(moment % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

static int echo(association *self)
{
    uint8_t room[512], *at = room + 24;
    at = element_uid(at, 0x0002, VERIFICATION);
    at = element_us(at, 0x0100, C_ECHO_RQ);
    at = element_us(at, 0x0110, ++self->message);
    at = element_us(at, 0x0800, NO_DATA_SET);
    if (write_bytes(self->connection, room, close_command(room, at, CONTEXT)))
        return trouble(self, "while sending: %s", strerror(errno));
    long status = read_status(self);
    return status > 0 ? trouble(self, "status %04lX", (unsigned long)status) : (int)status;
}

static int store_all(association *self)
{
    uint64_t start = now_ns(), none = 0;
    __atomic_compare_exchange_n(&began, &none, start, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    uint64_t limit = plan.seconds > 0 ? began + (uint64_t)(plan.seconds * 1e9) : UINT64_MAX;
    for (uint64_t number = 0; !plan.objects || number < plan.objects; number++) {
        if (plan.interval_ns)
            wait_until(start + number * plan.interval_ns);
        if (now_ns() >= limit)
            break;
        if (store(self, number))
            return -1;
    }
    return 0;
}

void *work(void *given)
{
    association *self = given;
    if (associate(self) || (plan.echo ? echo(self) : store_all(self)))
        self->failed++;
    else
        release(self);
    close(self->connection);
    return NULL;
}
