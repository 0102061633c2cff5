// SPDX-License-Identifier: Apache-2.0
//
// How fast the SQLite store takes facts. Run by hand:
//
//     ninja -C build bench/store
//     build/bench/store FOLDER SESSIONS BATCH [ACCOUNTS [MODE]]
//
// It acquires SESSIONS sessions in transactions of BATCH, over ACCOUNTS accounts (1), then beats each once, then ends
// each. MODE is any of the letters: k (with idempotency keys), r (and a recall before each acquire). The folder is
// made, and stays for a look at the sizes.
#include "store/store.h"
#include "base/moment.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USERS = 10000, LEVELS = 500 };

static const struct product product = {.code = "KRE", .name = "Krea", .model = MODEL_SESSION, .created_at = 1};

struct bench {
    struct store *store;
    struct store_error error;
    struct arena arena;
    uint64_t sessions, batch, accounts;
    bool keyed, recalls;
    int64_t start, now;
    char idempotency_key[40];
    double *commits; // seconds each
    size_t commit_count;
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static const struct product *find_product(void *arg, const char *code)
{
    (void)arg;
    (void)code;
    return &product;
}

static void must(struct bench *bench, bool ok)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", bench->error.text);
    exit(1);
}

static struct session_row session(struct bench *bench, uint64_t id)
{
    uint64_t dice = hash_number(id);
    snprintf(bench->idempotency_key, sizeof bench->idempotency_key, "%016" PRIx64 "-%08" PRIx64, dice, id);
    return (struct session_row){.id = id,
                                .product = &product,
                                .user = 1 + dice % USERS,
                                .level = 1001 + dice / USERS % LEVELS,
                                .via = VIA_OWN,
                                .count = 1,
                                .machine = "workstation-17.example.com",
                                .ttl_s = 120,
                                .started_at = bench->start,
                                .expires_at = bench->start + moment_seconds(120),
                                .key = 1 + dice % USERS,
                                .idempotency_key = bench->keyed ? bench->idempotency_key : NULL};
}

static uint64_t account_of(const struct bench *bench, uint64_t id)
{
    return 1 + hash_number(~id) % bench->accounts;
}

static void write_fact(struct bench *bench, uint64_t id, enum fact_kind kind, const void *before, const void *after)
{
    struct actor actor = {.role = ROLE_MEMBER, .key = 1 + hash_number(id) % USERS, .user = 1 + hash_number(id) % USERS};
    struct fact fact = {.kind = kind, .before = before, .after = after};
    must(bench, store_write(bench->store, account_of(bench, id), bench->now, &actor, &fact, &bench->error) == STORE_OK);
}

static void acquire(struct bench *bench, uint64_t id)
{
    struct session_row row = session(bench, id);
    if (bench->recalls) {
        const struct remembered *answer;
        const struct session_row *found;
        arena_clear(&bench->arena);
        must(bench, store_recall(bench->store, account_of(bench, id), row.key, bench->idempotency_key, bench->now,
                                 &bench->arena, &answer, &found, &bench->error) == STORE_OK);
    }
    write_fact(bench, id, FACT_SESSION_ACQUIRED, NULL, &row);
}

static void beat(struct bench *bench, uint64_t id)
{
    struct session_row before = session(bench, id), after = before;
    after.expires_at += 40;
    write_fact(bench, id, FACT_SESSION_HEARTBEAT, &before, &after);
}

static void release(struct bench *bench, uint64_t id)
{
    struct session_row before = session(bench, id), after = before;
    after.state = SESSION_RELEASED;
    after.ended_at = after.expires_at = bench->now;
    write_fact(bench, id, FACT_SESSION_RELEASED, &before, &after);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double percentile(const struct bench *bench, double share)
{
    return 1000 * bench->commits[(size_t)((double)(bench->commit_count - 1) * share)];
}

static void run(struct bench *bench, const char *name, void (*step)(struct bench *bench, uint64_t id))
{
    struct timespec used_before, used_after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used_before);
    double start = seconds(), worst = 0;
    bench->commit_count = 0;
    for (uint64_t id = 1; id <= bench->sessions;) {
        bench->now++;
        double begin = seconds();
        must(bench, store_begin(bench->store, &bench->error) == STORE_OK);
        for (uint64_t i = 0; i < bench->batch && id <= bench->sessions; i++)
            step(bench, id++);
        must(bench, store_commit(bench->store, &bench->error) == STORE_OK);
        double took = seconds() - begin;
        bench->commits[bench->commit_count++] = took;
        worst = took > worst ? took : worst;
    }
    double took = seconds() - start;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used_after);
    double used =
        (double)(used_after.tv_sec - used_before.tv_sec) + (double)(used_after.tv_nsec - used_before.tv_nsec) / 1e9;
    qsort(bench->commits, bench->commit_count, sizeof(double), compare);
    printf("%-8s %9.0f/s  %6.2f us each, %6.2f us of the writer's CPU; batch p50 %.2f ms, p99 %.2f, p99.9 %.2f, max "
           "%.2f\n",
           name, (double)bench->sessions / took, 1e6 * took / (double)bench->sessions,
           1e6 * used / (double)bench->sessions, percentile(bench, 0.5), percentile(bench, 0.99),
           percentile(bench, 0.999), percentile(bench, 1));
}

int main(int count, char **words)
{
    if (count < 4) {
        fprintf(stderr, "usage: store FOLDER SESSIONS BATCH [ACCOUNTS [MODE]]\n");
        return 2;
    }
    struct bench bench = {.sessions = strtoull(words[2], NULL, 10),
                          .batch = strtoull(words[3], NULL, 10),
                          .accounts = count > 4 ? strtoull(words[4], NULL, 10) : 1,
                          .start = moment_seconds(1764000000),
                          .now = moment_seconds(1764000000)};
    const char *mode = count > 5 ? words[5] : "";
    bench.keyed = strchr(mode, 'k') != NULL;
    bench.recalls = strchr(mode, 'r') != NULL;
    bench.commits = calloc(bench.sessions / bench.batch + 2, sizeof(double));
    must(&bench, store_open_sqlite(words[1], &bench.store, &bench.error));
    store_set_products(bench.store, find_product, NULL);
    run(&bench, "acquire", acquire);
    run(&bench, "beat", beat);
    run(&bench, "release", release);
    double start = seconds();
    store_close(bench.store);
    printf("close    %.2f s\n", seconds() - start);
    arena_fini(&bench.arena);
    free(bench.commits);
    return 0;
}
