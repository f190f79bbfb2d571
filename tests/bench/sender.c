/* A modality that is never the bottleneck: sends distinct objects over N associations, one thread each.
 *
 *   sender --port N --echo
 *   sender --port N --head FILE --block FILE --length BYTES --sop-class UID
 *          --study AT --series AT --instance AT [--number AT] [--patient AT] [options]
 *
 * An object is the head (a data set up to and with the length of Pixel Data) followed by `length` bytes
 * of the block, repeated. In the head every object gets names of its own at the offsets given: UIDs of
 * 44 characters, at --number an Instance Number of 6, at --patient a Patient ID of 16. 100 objects make
 * a series, 4 series a study. Nothing is held but the head and the block, so objects may be of any size.
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
#include "sending.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>

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
