// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails at its first write, then one that fails at its second, and so on for every write, sync, truncate,
// open and change of a name that a store makes: once, or until it is mended. And a disk with room for so many bytes.
// Each time: what was refused leaves nothing, what was acknowledged is there, the store goes on as soon as the disk does,
// and is whole; and after a power cut all is still so.
//
// Usage: every [--seed N] [--step N] [--fault N] [--nth N]
// With a step of N, of the many writes only every Nth; with a fault and an nth the one case that failed.
#include "base/check.h"
#include "disk_calls.h"
#include "scenario.h"
#include "store/sqlite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE = 14, AFTER = 22, PATH_SIZE = 128, TRIES = 3, SPACE_STEP = 5000, HELD_TO = 6 };

static struct {
    uint64_t seed, step;
    char folder[64];
    struct load *load;
    const struct transaction *transactions[AFTER];
    struct contents *states[AFTER + 1]; // after so many of them
    struct image *base;                 // after BEFORE
    uint64_t cases, refused, uncertain, restarts;
} every;

// A life on the failing disk.
struct life {
    const char *fault;
    uint64_t nth;
    bool once;
    struct store *store;
    struct journal *journal;
    struct sqlite3 *reader; // that takes its time, or NULL
    size_t state;
};

__attribute__((format(printf, 2, 3))) _Noreturn static void fails(const struct life *life, const char *format, ...)
{
    char what[700];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    scenario_failed("seed %" PRIu64 ", %s at %" PRIu64 "%s, transaction %zu: %s\nlook at %s", every.seed, life->fault,
                    life->nth, life->once ? ", once" : "", life->state + 1, what, every.folder);
}

static void path_of(const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", every.folder, name);
}

// ---- Looking

static void tell_break(void *arg, uint64_t account, int64_t seq, const char *what)
{
    fails(arg, "verify: AC-%" PRIu64 ", event %" PRId64 ": %s", account, seq, what);
}

static void expect_whole(struct life *life)
{
    char path[PATH_SIZE];
    struct verified verified;
    struct store_error error;
    path_of("store", path);
    if (!store_verify(path, tell_break, life, &verified, &error))
        fails(life, "verify cannot read the store: %s", error.text);
}

static bool is_state(struct life *life, size_t state, struct store_error *difference)
{
    struct store_error error;
    uint64_t ignored;
    struct contents *found = contents_read(life->store, 0, &error);
    if (found == NULL)
        fails(life, "cannot be read: %s", error.text);
    bool same = contents_same(found, every.states[state], true, &ignored, difference);
    contents_free(found);
    return same;
}

static void expect_state(struct life *life)
{
    struct store_error difference;
    if (!is_state(life, life->state, &difference))
        fails(life, "after %zu transactions: %s", life->state, difference.text);
    expect_whole(life);
}

// ---- Living

static bool try_open(struct life *life, struct store_error *error)
{
    char path[PATH_SIZE];
    path_of("store", path);
    life->store = NULL;
    if (!store_open_sqlite(path, &life->store, error))
        return false;
    store_set_products(life->store, load_find_product, NULL);
    scenario_set_limits(life->store);
    await_checkpointer();
    return true;
}

static void open_store(struct life *life)
{
    struct store_error error = {0};
    if (try_open(life, &error))
        return;
    if (strlen(error.text) < 20)
        fails(life, "no word about why it does not open: '%s'", error.text);
    disk_mend();
    if (!try_open(life, &error))
        fails(life, "does not open on the mended disk: %s", error.text);
}

// On the mended disk it must work. Only where a sync of the database failed the store wants to be opened again.
static void go_on(struct life *life, const struct transaction *transaction)
{
    struct store_error error;
    bool written = transaction_write(transaction, life->store, &error) == STORE_OK;
    if (!written && strstr(error.text, "restart the server") != NULL) {
        every.restarts++;
        scenario_let_go(life->reader);
        life->reader = NULL;
        store_close(life->store);
        open_store(life);
        written = transaction_write(transaction, life->store, &error) == STORE_OK;
    }
    if (!written)
        fails(life, "does not go on, on the mended disk: %s", error.text);
}

// The next transaction, until it is there: refused ones are tried again, on the mended disk they must work.
static void write_next(struct life *life)
{
    const struct transaction *transaction = every.transactions[life->state];
    struct store_error error = {0}, difference;
    enum store_status status = STORE_REFUSED;
    for (int tries = 0; tries < TRIES && status == STORE_REFUSED; tries++) {
        status = transaction_write(transaction, life->store, &error);
        await_checkpointer();
        every.refused += status == STORE_REFUSED;
    }
    if (status != STORE_OK && strlen(error.text) < 20)
        fails(life, "no word about why it was not written: '%s'", error.text);
    if (status != STORE_OK)
        disk_mend();
    if (status == STORE_UNCERTAIN) {
        every.uncertain++;
        status = is_state(life, life->state + 1, &difference) ? STORE_OK : STORE_REFUSED;
    }
    if (status == STORE_REFUSED) {
        expect_state(life);
        go_on(life, transaction);
        await_checkpointer();
    }
    life->state++;
}

static void back_up(struct life *life)
{
    char path[PATH_SIZE], again[PATH_SIZE];
    struct verified verified;
    struct store_error error;
    path_of("copy.db", path);
    path_of("again.db", again);
    struct store_reader *reader = store_reader_open(life->store, &error);
    bool copied = reader != NULL && store_backup(reader, path, &error);
    if (!copied) {
        store_reader_close(reader);
        disk_mend();
        reader = store_reader_open(life->store, &error);
        if (reader == NULL || !store_backup(reader, again, &error))
            fails(life, "no copy from the mended disk: %s", error.text);
    }
    store_reader_close(reader);
    if (store_verify_file(copied ? path : again, tell_break, life, &verified, &error))
        return;
    disk_mend();
    if (!store_verify_file(copied ? path : again, tell_break, life, &verified, &error))
        fails(life, "verify cannot read the copy: %s", error.text);
}

static void archive(struct life *life)
{
    struct archived archived;
    struct store_error error;
    if (scenario_archive(every.folder, &archived, &error))
        return;
    disk_mend();
    if (!scenario_archive(every.folder, &archived, &error))
        fails(life, "no archive on the mended disk: %s", error.text);
}

static void expect_archive(struct life *life)
{
    char store[PATH_SIZE], path[PATH_SIZE];
    struct verified verified;
    struct store_error error;
    path_of("store", store);
    path_of("archive", path);
    if (!store_verify_archive(path, store, NULL, tell_break, life, &verified, &error))
        fails(life, "the archive cannot be read: %s", error.text);
}

// Opens what a power cut leaves, at a moment when all was acknowledged.
static void expect_left(struct life *life, const struct image *image)
{
    struct store_error error;
    struct journal *journal = journal_start(every.folder, image);
    if (!try_open(life, &error))
        fails(life, "does not open after a power cut: %s", error.text);
    expect_state(life);
    store_close(life->store);
    expect_archive(life);
    journal_end(journal);
    journal_free(journal);
}

// The power goes at the end, before the store is closed or after it: nothing that was acknowledged may have been in the
// system's memory only.
static void cut_power(struct life *life)
{
    enum { CUTS = 6 };
    struct chance chance = {.seed = every.seed + life->nth};
    size_t open = journal_length(life->journal);
    store_close(life->store);
    size_t closed = journal_length(life->journal);
    journal_end(life->journal);
    for (int i = 0; i < (strcmp(life->fault, disk_fault_names[DISK_SYNC_FAILS]) == 0 ? CUTS : 2); i++) {
        size_t at = i % 2 == 0 ? open : closed;
        struct image *image = i < 2   ? journal_cut_hard(life->journal, at)
                              : i < 4 ? journal_cut_contents(life->journal, at)
                                      : journal_cut(life->journal, at, &chance);
        expect_left(life, image);
        image_free(image);
    }
    journal_free(life->journal);
}

static void live(struct life *life)
{
    life->state = BEFORE;
    open_store(life);
    while (life->state < AFTER) {
        write_next(life);
        if (life->state == BEFORE + HELD_TO) {
            scenario_let_go(life->reader);
            life->reader = NULL;
        } else if (life->state < BEFORE + HELD_TO && life->reader == NULL && scenario_log_waits(life->store)) {
            life->reader = scenario_hold(every.folder);
        }
        if (life->state == BEFORE + 3)
            back_up(life);
        if (life->state == BEFORE + 5)
            archive(life);
    }
    let_checkpointer_idle();
    disk_mend();
    expect_state(life);
    cut_power(life);
}

// Whether the fault was met.
static bool try_case(struct life *life, enum disk_fault fault)
{
    life->journal = journal_start(every.folder, every.base);
    if (fault < DISK_FAULTS)
        disk_fail(fault, life->nth, life->once ? 1 : UINT64_MAX);
    else
        disk_space((int64_t)life->nth);
    live(life);
    every.cases++;
    return disk_has_failed();
}

static void try_fault(enum disk_fault fault, uint64_t only)
{
    uint64_t cases = every.cases, refused = every.refused, uncertain = every.uncertain;
    bool many = fault == DISK_FULL || fault == DISK_WRITE_FAILS || fault == DISK_SHORT_WRITE || fault == DISK_READ_ONLY;
    uint64_t step = fault == DISK_FAULTS ? (every.step > 1 ? 4 : 1) * SPACE_STEP : many ? every.step : 1;
    const char *name = fault < DISK_FAULTS ? disk_fault_names[fault] : "room for bytes";
    bool met = true;
    for (uint64_t nth = only > 0 ? only : 1 + every.seed % step; met; nth += step) {
        struct life life = {.fault = name, .nth = nth, .once = true};
        met = fault < DISK_FAULTS && try_case(&life, fault);
        life.once = false;
        met = try_case(&life, fault) || met;
        if (only > 0)
            break;
    }
    printf("%-16s %4" PRIu64 " cases, %4" PRIu64 " writes refused, %3" PRIu64 " uncertain\n", name, every.cases - cases,
           every.refused - refused, every.uncertain - uncertain);
    fflush(stdout);
}

static void prepare(void)
{
    struct store_error error;
    struct store *twin = store_open_memory();
    struct life life = {.fault = "before any"};
    every.load = load_new(every.seed);
    store_set_products(twin, load_find_product, NULL);
    scenario_folder(every.folder, "every");
    life.journal = journal_start(every.folder, NULL);
    open_store(&life);
    for (size_t i = 0; i < AFTER; i++) {
        every.transactions[i] = load_next(every.load);
        CHECK(transaction_write(every.transactions[i], twin, &error) == STORE_OK);
        every.states[i + 1] = contents_read(twin, 0, &error);
        if (i < BEFORE)
            CHECK(transaction_write(every.transactions[i], life.store, &error) == STORE_OK);
        await_checkpointer();
    }
    // As after kill -9: the log is there.
    every.base = journal_present(life.journal);
    store_close(life.store);
    journal_end(life.journal);
    journal_free(life.journal);
    store_close(twin);
}

int main(int argc, char **argv)
{
    uint64_t fault = DISK_FAULTS + 1, nth = 0;
    every.seed = every.step = 1;
    for (int i = 1; i < argc; i++) {
        uint64_t *number = strcmp(argv[i], "--seed") == 0    ? &every.seed
                           : strcmp(argv[i], "--step") == 0  ? &every.step
                           : strcmp(argv[i], "--fault") == 0 ? &fault
                           : strcmp(argv[i], "--nth") == 0   ? &nth
                                                             : NULL;
        if (number == NULL || i + 1 == argc)
            scenario_failed("usage: every [--seed N] [--step N] [--fault N] [--nth N]");
        *number = strtoull(argv[++i], NULL, 10);
    }
    disk_install();
    prepare();
    for (uint64_t each = 0; each <= DISK_FAULTS; each++) {
        if (fault > DISK_FAULTS || fault == each)
            try_fault((enum disk_fault)each, nth);
    }
    printf("%" PRIu64 " cases, from seed %" PRIu64 "; %" PRIu64 " wanted a restart\n", every.cases, every.seed,
           every.restarts);
    for (size_t i = 0; i <= AFTER; i++)
        contents_free(every.states[i]);
    image_free(every.base);
    load_free(every.load);
    return 0;
}
