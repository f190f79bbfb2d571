/* What one run of the sender has to do, and one association of it. */
#ifndef SENDING_H
#define SENDING_H

#include "wire.h"

enum { UID_LENGTH = 44, CONTEXT = 1 };

#define VERIFICATION "1.2.840.10008.1.1"

struct plan {
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
};

typedef struct {
    char uid[UID_LENGTH + 1];
    uint64_t took, at;
} answered;

typedef struct {
    unsigned index;
    int connection;
    uint32_t fragment, message;
    uint8_t *head;
    answered *answers;
    size_t count, room;
    uint64_t failed;
    char trouble[200];
} association;

extern struct plan plan;
extern uint64_t began; /* when the first association stood, 0 before */

/* Keeps the first thing that went wrong in words; always -1. */
__attribute__((format(printf, 2, 3))) int trouble(association *self, const char *format, ...);

/* Connects and negotiates; -1 when that failed. */
int associate(association *self);

/* Waits for a whole command set and returns its Status, or -1. */
long read_status(association *self);

void release(association *self);

/* Does all of one association; given is the association, what happened is in it afterwards. */
void *work(void *given);

#endif
