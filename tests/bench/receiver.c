/* The measure of all receivers: takes associations, writes each object to a file of its own, answers.
 *
 *   receiver [--port N] [--directory DIR] [--fsync] [--log FILE] [--pdu BYTES]
 *
 * Prints "port N" once it listens on 127.0.0.1. Without --directory the objects are read and dropped.
 * Files hold the data set alone. The log has a line "UID NANOSECONDS BYTES" (CLOCK_MONOTONIC) for each
 * object accepted, written just before the answer leaves. One thread per association; ends by signal.
 */
#define _GNU_SOURCE
#include "command.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

enum { ROOM = 1 << 20, PARTS = 256 };

static const char *directory;
static int synced;
static uint32_t longest = 131072;
static FILE *journal;

typedef struct {
    int connection, file, part_count;
    unsigned number;
    uint64_t bytes;
    size_t command_size;
    uint8_t command[4096], context;
    char sop_class[66], sop_instance[66];
    uint32_t message, field;
    struct iovec parts[PARTS];
    uint8_t buffer[ROOM];
} association;

static int flush_parts(association *self)
{
    int result = self->file < 0 ? 0 : write_all(self->file, self->parts, self->part_count);
    self->part_count = 0;
    return result;
}

static int safe(const char *uid)
{
    return uid[0] && uid[strspn(uid, "0123456789.")] == 0;
}

static void open_file(association *self)
{
    char path[4096];
    self->bytes = 0;
    if (!directory)
        return;
    snprintf(path, sizeof path, "%s/%u", directory, self->number);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%u/%s", directory, self->number,
             safe(self->sop_instance) ? self->sop_instance : "unnamed");
    self->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (self->file < 0)
        fail("cannot create %s: %s", path, strerror(errno));
}

static int close_file(association *self)
{
    int result = flush_parts(self);
    if (self->file < 0)
        return result;
    if (synced && fsync(self->file))
        result = -1;
    if (close(self->file))
        result = -1;
    self->file = -1;
    return result;
}

static void note(const association *self)
{
    if (!journal)
        return;
    flockfile(journal);
    fprintf(journal, "%s %llu %llu\n", self->sop_instance, (unsigned long long)now_ns(),
            (unsigned long long)self->bytes);
    fflush(journal);
    funlockfile(journal);
}

static int answer(association *self, uint32_t status)
{
    uint8_t room[512], *at = room + 24; /* the heads and the group length come last */
    at = element_uid(at, 0x0002, self->sop_class);
    at = element_us(at, 0x0100, self->field | 0x8000);
    at = element_us(at, 0x0120, self->message);
    at = element_us(at, 0x0800, NO_DATA_SET);
    at = element_us(at, 0x0900, status);
    if (self->field == C_STORE_RQ)
        at = element_uid(at, 0x1000, self->sop_instance);
    return write_bytes(self->connection, room, close_command(room, at, self->context));
}

static int on_command(association *self)
{
    const uint8_t *set = self->command;
    size_t size = self->command_size;
    self->command_size = 0;
    self->field = find_us(set, size, 0x0100, 0);
    self->message = find_us(set, size, 0x0110, 0);
    find_uid(set, size, 0x0002, self->sop_class);
    find_uid(set, size, 0x1000, self->sop_instance);
    if (self->field == C_ECHO_RQ)
        return answer(self, 0);
    if (self->field != C_STORE_RQ)
        return -1;
    open_file(self);
    return 0;
}

static int on_object(association *self)
{
    uint32_t status = close_file(self) ? 0xA700 : 0;
    if (!status)
        note(self);
    return answer(self, status);
}

static int on_value(association *self, uint8_t *value, size_t length, int control)
{
    if (control & COMMAND) {
        if (length > sizeof self->command - self->command_size)
            return -1;
        memcpy(self->command + self->command_size, value, length);
        self->command_size += length;
        return control & LAST ? on_command(self) : 0;
    }
    self->bytes += length;
    self->parts[self->part_count++] = (struct iovec){value, length};
    if (self->part_count == PARTS && flush_parts(self))
        return -1;
    return control & LAST ? on_object(self) : 0;
}

static int on_p_data(association *self, uint8_t *at, const uint8_t *end)
{
    while (end - at >= 6) {
        uint32_t length = read_big32(at);
        if (length < 2 || length > (size_t)(end - at - 4))
            return -1;
        self->context = at[4];
        if (on_value(self, at + 6, length - 2, at[5]))
            return -1;
        at += 4 + length;
    }
    return at == end ? 0 : -1;
}

static int on_associate(association *self, const uint8_t *pdu, size_t size)
{
    if (size < 74)
        return -1;
    uint8_t *room = need(malloc(size + 1024));
    int result = write_bytes(self->connection, room,
                             accept_association(pdu, size, longest, room));
    free(room);
    return result;
}

static int on_release(association *self)
{
    uint8_t reply[10] = {RELEASE_RP, 0, 0, 0, 0, 4};
    write_bytes(self->connection, reply, sizeof reply);
    return -1;
}

static int on_pdu(association *self, uint8_t *pdu, size_t size)
{
    switch (pdu[0]) {
    case ASSOCIATE_RQ:
        return on_associate(self, pdu, size);
    case P_DATA:
        return on_p_data(self, pdu + 6, pdu + size);
    case RELEASE_RQ:
        return on_release(self);
    default:
        return -1;
    }
}

/* Works off the whole PDUs in the buffer; returns how many bytes that took, or -1 at the end. */
static ssize_t work_off(association *self, size_t filled)
{
    size_t at = 0;
    while (filled - at >= 6) {
        size_t size = 6 + (size_t)read_big32(self->buffer + at + 2);
        if (size > ROOM)
            return -1;
        if (filled - at < size)
            break;
        if (on_pdu(self, self->buffer + at, size))
            return -1;
        at += size;
    }
    return flush_parts(self) ? -1 : (ssize_t)at;
}

static void *serve(void *given)
{
    association *self = given;
    size_t filled = 0;
    for (;;) {
        ssize_t got = recv(self->connection, self->buffer + filled, ROOM - filled, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        filled += (size_t)got;
        ssize_t used = work_off(self, filled);
        if (used < 0)
            break;
        filled -= (size_t)used;
        memmove(self->buffer, self->buffer + used, filled);
    }
    if (self->file >= 0)
        close(self->file);
    close(self->connection);
    free(self);
    return NULL;
}

static int listen_on(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 128))
        fail("cannot listen on port %d: %s", port, strerror(errno));
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void start(int connection, unsigned number)
{
    pthread_t thread;
    association *self = need(calloc(1, sizeof *self));
    self->connection = connection;
    self->number = number;
    self->file = -1;
    hurry(connection);
    if (pthread_create(&thread, NULL, serve, self))
        fail("cannot start a thread");
    pthread_detach(thread);
}

static int parse_options(int count, char **words)
{
    static const struct option known[] = {
        {"port", 1, NULL, 'p'}, {"directory", 1, NULL, 'd'}, {"fsync", 0, NULL, 's'},
        {"log", 1, NULL, 'l'},  {"pdu", 1, NULL, 'm'},       {NULL, 0, NULL, 0},
    };
    int port = 0, option;
    while ((option = getopt_long(count, words, "", known, NULL)) != -1) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'd': directory = optarg; break;
        case 's': synced = 1; break;
        case 'm': longest = (uint32_t)atoi(optarg); break;
        case 'l':
            journal = need(fopen(optarg, "ae"));
            break;
        default: fail("see the head of receiver.c for the options");
        }
    }
    if (longest > ROOM - 6)
        fail("--pdu is %u at most", ROOM - 6);
    return port;
}

int main(int count, char **words)
{
    int listener;
    unsigned number = 0;
    signal(SIGPIPE, SIG_IGN);
    listener = listen_on(parse_options(count, words));
    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection >= 0)
            start(connection, ++number);
    }
}
