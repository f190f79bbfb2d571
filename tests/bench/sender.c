/* A modality that is never the bottleneck: sends distinct objects over N associations, one thread each.
 *
 *   sender --port N --echo
 *   sender --port N --head FILE --block FILE --length BYTES --sop-class UID
 *          --study AT --series AT --instance AT [--number AT] [--patient AT] [options]
 *
 * An object is the head (a data set up to and with the length of Pixel Data) followed by `length` bytes
 * of the block, repeated. In the head every object gets UIDs of its own: 44 characters at the offsets
 * given, 6 characters at --number for the Instance Number, 16 at --patient for the Patient ID. 100 objects make a series, 4 series a study.
 * Nothing is held but the head and the block, so objects may be of any size.
 *
 *   --associations N  default 1           --objects N   per association; 0: no limit (default)
 *   --seconds S       begin no new object after this long
 *   --interval MS     begin an object each MS milliseconds at most
 *   --run N           makes the UIDs of this run different from those of other runs
 *   --log FILE        a line "UID NANOSECONDS" (CLOCK_MONOTONIC) for each answer
 *   --called AET  --calling AET  --host ADDRESS  --pdu BYTES  --timeout S
 *
 * Prints one line of JSON. Exits 0 when every object was answered 0000, 1 when not, 2 when it could not run.
 */
#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>

enum { FRAGMENTS = 128, UID_LENGTH = 44, PER_SERIES = 100, PER_STUDY = 400, CONTEXT = 1 };

#define EXPLICIT_LITTLE "1.2.840.10008.1.2.1"
#define IMPLICIT_LITTLE "1.2.840.10008.1.2"
#define VERIFICATION "1.2.840.10008.1.1"

static struct {
    const char *host, *called, *calling, *sop_class, *log;
    int port, echo;
    uint8_t *head, *block;
    size_t head_length, block_length;
    uint64_t length, objects, run, interval_ns;
    long study, series, instance, number, patient;
    unsigned associations;
    double seconds;
    uint32_t longest;
    int timeout;
} plan = {
    .host = "127.0.0.1", .called = "ANY-SCP", .calling = "BENCH", .associations = 1,
    .study = -1, .series = -1, .instance = -1, .number = -1, .patient = -1,
    .longest = 262144, .timeout = 120,
};

typedef struct {
    char uid[UID_LENGTH + 1];
    uint64_t took, at;
} answered;

typedef struct {
    unsigned index;
    int connection, refused;
    uint32_t fragment, message;
    uint8_t *head;
    answered *answers;
    size_t count, room;
    uint64_t failed;
    char trouble[200];
} association;

static uint64_t began; /* when the first association stood, 0 before */

__attribute__((format(printf, 2, 3))) static int trouble(association *self, const char *format, ...)
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

static int associate(association *self)
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

/* Waits for a whole command set and returns its Status, or -1. */
static long read_status(association *self)
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

static void release(association *self)
{
    uint8_t rest[65536], question[10] = {RELEASE_RQ, 0, 0, 0, 0, 4};
    int type;
    if (!write_bytes(self->connection, question, sizeof question))
        read_pdu(self, rest, sizeof rest, &type);
}

static void *work(void *given)
{
    association *self = given;
    if (associate(self) || (plan.echo ? echo(self) : store_all(self)))
        self->failed++;
    else
        release(self);
    close(self->connection);
    return NULL;
}

static int by_duration(const void *a, const void *b)
{
    uint64_t left = ((const answered *)a)->took, right = ((const answered *)b)->took;
    return (left > right) - (left < right);
}

static void write_log(const answered *all, size_t count)
{
    FILE *log = need(fopen(plan.log, "we"));
    for (size_t i = 0; i < count; i++)
        fprintf(log, "%s %llu\n", all[i].uid, (unsigned long long)all[i].at);
    if (fclose(log))
        fail("cannot write %s", plan.log);
}

static double milliseconds(const answered *all, size_t count, double share)
{
    if (!count)
        return 0;
    size_t rank = (size_t)(share * (double)count);
    return (double)all[rank < count ? rank : count - 1].took / 1e6;
}

static void print_result(const answered *all, size_t count, uint64_t failed, const char *why)
{
    uint64_t end = began;
    for (size_t i = 0; i < count; i++)
        end = all[i].at > end ? all[i].at : end;
    double seconds = (double)(end - began) / 1e9;
    double bytes = (double)count * (double)(plan.head_length + plan.length);
    printf("{\"associations\": %u, \"objects\": %zu, \"bytes\": %.0f, \"seconds\": %.6f, "
           "\"objects_per_second\": %.3f, \"megabytes_per_second\": %.3f, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"failed\": %llu, \"trouble\": \"%s\"}\n",
           plan.associations, count, bytes, seconds, seconds > 0 ? (double)count / seconds : 0,
           seconds > 0 ? bytes / seconds / 1e6 : 0, milliseconds(all, count, 0.5),
           milliseconds(all, count, 0.99), milliseconds(all, count, 1), (unsigned long long)failed,
           why);
}

static int sum_up(association *all)
{
    answered *answers = NULL;
    size_t count = 0;
    uint64_t failed = 0;
    const char *why = "";
    for (unsigned i = 0; i < plan.associations; i++)
        count += all[i].count;
    answers = need(malloc((count + 1) * sizeof *answers));
    count = 0;
    for (unsigned i = 0; i < plan.associations; i++) {
        if (all[i].count)
            memcpy(answers + count, all[i].answers, all[i].count * sizeof *answers);
        count += all[i].count;
        failed += all[i].failed;
        if (all[i].failed && !why[0])
            why = all[i].trouble;
    }
    if (plan.log)
        write_log(answers, count);
    qsort(answers, count, sizeof *answers, by_duration);
    print_result(answers, count, failed, why);
    return failed ? 1 : 0;
}

static uint8_t *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rbe");
    if (!file || fseek(file, 0, SEEK_END))
        fail("cannot read %s: %s", path, strerror(errno));
    *length = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = need(malloc(*length + 1));
    if (fread(bytes, 1, *length, file) != *length)
        fail("cannot read %s: %s", path, strerror(errno));
    fclose(file);
    return bytes;
}

/* Repeats the block past its end, so that any fragment of it is one piece of memory. */
static void read_block(const char *path)
{
    plan.block = read_file(path, &plan.block_length);
    if (!plan.block_length)
        fail("%s is empty", path);
    plan.block = need(realloc(plan.block, plan.block_length + plan.longest));
    for (size_t i = 0; i < plan.longest; i++)
        plan.block[plan.block_length + i] = plan.block[i];
}

static void check_plan(void)
{
    if (!plan.port)
        fail("--port is missing; see the head of sender.c");
    if (plan.echo)
        return;
    if (!plan.head || !plan.block || !plan.sop_class)
        fail("--head, --block or --sop-class is missing; see the head of sender.c");
    long places[] = {plan.study, plan.series, plan.instance};
    for (int i = 0; i < 3; i++)
        if (places[i] < 0 || (size_t)places[i] + UID_LENGTH > plan.head_length)
            fail("--study, --series or --instance does not lie within the head");
    if ((plan.number >= 0 && (size_t)plan.number + 6 > plan.head_length) ||
        (plan.patient >= 0 && (size_t)plan.patient + 16 > plan.head_length))
        fail("--number or --patient does not lie within the head");
    if (!plan.objects && plan.seconds <= 0)
        fail("--objects or --seconds is needed");
}

static void parse_options(int count, char **words)
{
    static const struct option known[] = {
        {"host", 1, NULL, 'h'},     {"port", 1, NULL, 'p'},     {"called", 1, NULL, 'c'},
        {"calling", 1, NULL, 'C'},  {"echo", 0, NULL, 'e'},     {"head", 1, NULL, 'H'},
        {"block", 1, NULL, 'B'},    {"length", 1, NULL, 'L'},   {"sop-class", 1, NULL, 'S'},
        {"study", 1, NULL, '1'},    {"series", 1, NULL, '2'},   {"instance", 1, NULL, '3'},
        {"number", 1, NULL, '4'},   {"patient", 1, NULL, '5'},  {"objects", 1, NULL, 'n'},
        {"seconds", 1, NULL, 's'},  {"interval", 1, NULL, 'i'}, {"associations", 1, NULL, 'a'},
        {"run", 1, NULL, 'r'},      {"log", 1, NULL, 'l'},      {"pdu", 1, NULL, 'm'},
        {"timeout", 1, NULL, 't'},  {NULL, 0, NULL, 0},
    };
    const char *block = NULL;
    int option;
    while ((option = getopt_long(count, words, "", known, NULL)) != -1) {
        switch (option) {
        case 'h': plan.host = optarg; break;
        case 'p': plan.port = atoi(optarg); break;
        case 'c': plan.called = optarg; break;
        case 'C': plan.calling = optarg; break;
        case 'e': plan.echo = 1; break;
        case 'H': plan.head = read_file(optarg, &plan.head_length); break;
        case 'B': block = optarg; break;
        case 'L': plan.length = strtoull(optarg, NULL, 10); break;
        case 'S': plan.sop_class = optarg; break;
        case '1': plan.study = atol(optarg); break;
        case '2': plan.series = atol(optarg); break;
        case '3': plan.instance = atol(optarg); break;
        case '4': plan.number = atol(optarg); break;
        case '5': plan.patient = atol(optarg); break;
        case 'n': plan.objects = strtoull(optarg, NULL, 10); break;
        case 'a': plan.associations = (unsigned)atoi(optarg); break;
        case 's': plan.seconds = atof(optarg); break;
        case 'i': plan.interval_ns = (uint64_t)(atof(optarg) * 1e6); break;
        case 'r': plan.run = strtoull(optarg, NULL, 10); break;
        case 'l': plan.log = optarg; break;
        case 'm': plan.longest = (uint32_t)atoi(optarg); break;
        case 't': plan.timeout = atoi(optarg); break;
        default: fail("see the head of sender.c for the options");
        }
    }
    if (plan.longest < 4096 || plan.associations < 1)
        fail("--pdu begins at 4096, --associations at 1");
    if (block)
        read_block(block);
}

int main(int count, char **words)
{
    signal(SIGPIPE, SIG_IGN);
    parse_options(count, words);
    check_plan();
    pthread_t *threads = need(calloc(plan.associations, sizeof *threads));
    association *all = need(calloc(plan.associations, sizeof *all));
    for (unsigned i = 0; i < plan.associations; i++) {
        all[i].index = i;
        if (plan.head_length)
            all[i].head = memcpy(need(malloc(plan.head_length)), plan.head, plan.head_length);
        if (pthread_create(&threads[i], NULL, work, &all[i]))
            fail("cannot start a thread");
    }
    for (unsigned i = 0; i < plan.associations; i++)
        pthread_join(threads[i], NULL);
    return sum_up(all);
}
