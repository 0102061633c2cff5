// SPDX-License-Identifier: Apache-2.0
//
// How fast a store takes facts. Run by hand:
//
//     ninja -C build bench/store
//     build/bench/store FOLDER|URI SESSIONS BATCH [ACCOUNTS [MODE]]
//
// It acquires SESSIONS sessions in transactions of BATCH, over ACCOUNTS accounts (1), then beats each once, then ends
// each. MODE is any of the letters: k (with idempotency keys), r (and a recall before each acquire). The folder is
// made, and stays for a look at the sizes; the database that a URI of PostgreSQL names must be empty. There, each
// transaction enters the accounts that it is about, takes new ids, and asks in advance what it recalls.
#include "store/store.h"
#include "base/moment.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USERS = 10000, LEVELS = 500, AT_ONCE_MAX = 10000 };

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
    // Of a shared store
    int64_t *versions; // by account
    struct store_visit visits[AT_ONCE_MAX + 1];
    struct store_question questions[AT_ONCE_MAX];
    char keys[AT_ONCE_MAX][40];
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

static void write_key(uint64_t id, char key[40])
{
    snprintf(key, 40, "%016" PRIx64 "-%08" PRIx64, hash_number(id), id);
}

static struct session_row session(struct bench *bench, uint64_t id)
{
    uint64_t dice = hash_number(id);
    write_key(id, bench->idempotency_key);
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

// ---- Transactions

static void no_change(void *arg, const struct store_change *change)
{
    (void)arg;
    (void)change;
}

static int by_account(const void *a, const void *b)
{
    uint64_t left = ((const struct store_visit *)a)->account, right = ((const struct store_visit *)b)->account;
    return (left > right) - (left < right);
}

// Account 0, and those of the sessions, each once.
static size_t plan_visits(struct bench *bench, uint64_t first, uint64_t count)
{
    struct store_visit *visits = bench->visits;
    size_t kept = 1;
    visits[0] = (struct store_visit){.account = 0, .version = bench->versions[0]};
    for (uint64_t i = 0; i < count; i++)
        visits[1 + i] = (struct store_visit){.account = account_of(bench, first + i), .is_changed = true};
    qsort(visits + 1, count, sizeof *visits, by_account);
    for (uint64_t i = 0; i < count; i++) {
        if (visits[1 + i].account != visits[kept - 1].account)
            visits[kept++] = visits[1 + i];
    }
    for (size_t i = 0; i < kept; i++)
        visits[i].version = bench->versions[visits[i].account];
    return kept;
}

static void enter(struct bench *bench, uint64_t first, uint64_t count, bool acquires)
{
    struct store_entry entry = {.visits = bench->visits, .visit_count = plan_visits(bench, first, count)};
    if (acquires)
        entry.wanted[ID_SESSION] = count;
    entry.questions = bench->questions;
    for (uint64_t i = 0; acquires && bench->recalls && i < count; i++) {
        uint64_t id = first + i;
        write_key(id, bench->keys[i]);
        bench->questions[entry.question_count++] = (struct store_question){
            .account = account_of(bench, id), .key = session(bench, id).key, .idempotency_key = bench->keys[i]};
    }
    must(bench, store_enter(bench->store, &entry, no_change, NULL, &bench->error) == STORE_OK);
    for (size_t i = 0; i < entry.visit_count; i++)
        bench->versions[entry.visits[i].account] = entry.visits[i].version + (entry.visits[i].account != 0);
}

static void begin(struct bench *bench, uint64_t first, bool acquires)
{
    uint64_t left = bench->sessions + 1 - first;
    if (store_is_shared(bench->store))
        enter(bench, first, left < bench->batch ? left : bench->batch, acquires);
    else
        must(bench, store_begin(bench->store, &bench->error) == STORE_OK);
}

static void run(struct bench *bench, const char *name, void (*step)(struct bench *bench, uint64_t id))
{
    struct timespec used_before, used_after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used_before);
    double start = seconds(), worst = 0;
    bench->commit_count = 0;
    for (uint64_t id = 1; id <= bench->sessions;) {
        bench->now++;
        double start_of_batch = seconds();
        begin(bench, id, step == acquire);
        for (uint64_t i = 0; i < bench->batch && id <= bench->sessions; i++)
            step(bench, id++);
        must(bench, store_commit(bench->store, &bench->error) == STORE_OK);
        double took = seconds() - start_of_batch;
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
        fprintf(stderr, "usage: store FOLDER|URI SESSIONS BATCH [ACCOUNTS [MODE]]\n");
        return 2;
    }
    static struct bench bench;
    bench = (struct bench){.sessions = strtoull(words[2], NULL, 10),
                           .batch = strtoull(words[3], NULL, 10),
                           .accounts = count > 4 ? strtoull(words[4], NULL, 10) : 1,
                           .start = moment_seconds(1764000000),
                           .now = moment_seconds(1764000000)};
    const char *mode = count > 5 ? words[5] : "";
    bench.keyed = strchr(mode, 'k') != NULL;
    bench.recalls = strchr(mode, 'r') != NULL;
    bench.commits = calloc(bench.sessions / bench.batch + 2, sizeof(double));
    bench.versions = calloc(bench.accounts + 1, sizeof *bench.versions);
    must(&bench, bench.batch > 0 && bench.batch <= AT_ONCE_MAX);
    bool is_uri = strchr(words[1], '=') != NULL || strstr(words[1], "://") != NULL;
    must(&bench, is_uri ? store_open_postgres(words[1], &bench.store, &bench.error)
                        : store_open_sqlite(words[1], &bench.store, &bench.error));
    store_set_products(bench.store, find_product, NULL);
    run(&bench, "acquire", acquire);
    run(&bench, "beat", beat);
    run(&bench, "release", release);
    double start = seconds();
    store_close(bench.store);
    printf("close    %.2f s\n", seconds() - start);
    arena_fini(&bench.arena);
    free(bench.commits);
    free(bench.versions);
    return 0;
}
