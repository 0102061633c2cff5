// SPDX-License-Identifier: Apache-2.0
//
// Power cuts. A store lives once, on a disk that keeps a journal; then the power goes at some moment of that life, and
// what may be left on the platter is opened: what was acknowledged until then is there, what was being written is there
// as a whole or not at all, all is in order by `usherd verify`, and the store goes on from there.
//
// Usage: power [--seed N] [--runs N] [--cuts N] [--transactions N] [--lie log|database|folder] [--unsafe]
// Each run is a life, from this seed on, with so many cuts. A failure tells the seed and the moment; the same arguments
// give the same again. With a lie or an unsafe store it must fail: so the proof itself is proven.
#include "base/check.h"
#include "disk_calls.h"
#include "scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 128 };

static struct {
    uint64_t cuts, twice, during_archive, during_backup, during_restore, with_half, without_half;
    bool met[FACT_KIND_COUNT];
} tally;

// One look at what is left after a cut.
struct look {
    const struct scenario *scenario;
    struct chance chance;
    char folder[64];
    size_t at; // the operation of the life
    int cut;
    struct store *store;
    uint64_t left_out; // of its numbers
};

__attribute__((format(printf, 2, 3))) _Noreturn static void fails(const struct look *look, const char *format, ...)
{
    char what[700];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    scenario_failed("seed %" PRIu64 ", cut %d, after operation %zu: %s\nlook at %s", look->scenario->seed, look->cut,
                    look->at, what, look->folder);
}

static void path_of(const struct look *look, const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", look->folder, name);
}

// ---- What must be there

static void tell_break(void *arg, uint64_t account, int64_t seq, const char *what)
{
    fails(arg, "verify: AC-%" PRIu64 ", event %" PRId64 ": %s", account, seq, what);
}

static void expect_whole_file(struct look *look, const char *name)
{
    char path[PATH_SIZE];
    struct verified verified;
    struct store_error error;
    path_of(look, name, path);
    if (!store_verify_file(path, tell_break, look, &verified, &error))
        fails(look, "verify cannot read %s: %s", name, error.text);
}

static bool is_state(struct look *look, size_t state, bool archived, uint64_t *ret_archived,
                     struct store_error *difference)
{
    struct store_error error;
    struct contents *found = contents_read(look->store, look->left_out, &error);
    if (found == NULL)
        fails(look, "cannot be read: %s", error.text);
    bool same = contents_same(found, look->scenario->states[state], archived, ret_archived, difference);
    contents_free(found);
    return same;
}

static void open_store(struct look *look, const char *name)
{
    char path[PATH_SIZE];
    struct store_error error;
    path_of(look, name, path);
    if (!store_open_sqlite(path, &look->store, &error))
        fails(look, "does not open: %s", error.text);
    store_set_products(look->store, load_find_product, NULL);
    scenario_set_limits(look->store);
    await_checkpointer();
}

// The state that the store is in: between the last that was acknowledged and the last that was begun.
static size_t find_state(struct look *look, size_t acknowledged, size_t begun, uint64_t *ret_archived)
{
    struct store_error difference;
    bool archived = look->at > look->scenario->archive.begun && look->scenario->archive.begun > 0;
    if (begun > acknowledged && is_state(look, begun, archived, ret_archived, &difference)) {
        tally.with_half++;
        return begun;
    }
    tally.without_half += begun > acknowledged;
    if (!is_state(look, acknowledged, archived, ret_archived, &difference))
        fails(look, "transaction %zu was acknowledged, but: %s", acknowledged, difference.text);
    return acknowledged;
}

// An archive that was cut short goes on, and then holds what the store no longer does.
static void expect_archive(struct look *look, uint64_t archived)
{
    char store[PATH_SIZE], archive[PATH_SIZE];
    struct archived result;
    struct verified verified;
    struct store_error error;
    tally.during_archive += look->at < look->scenario->archive.done;
    if (!scenario_archive(look->folder, &result, &error))
        fails(look, "the archive does not go on: %s", error.text);
    path_of(look, "store", store);
    path_of(look, "archive", archive);
    if (!store_verify_archive(archive, store, NULL, tell_break, look, &verified, &error))
        fails(look, "the archive cannot be read: %s", error.text);
    if (verified.events != archived + result.events)
        fails(look, "the archive holds %" PRIu64 " events, of %" PRIu64, verified.events, archived + result.events);
}

static void expect_copies(struct look *look, const struct image *image)
{
    const struct scenario *scenario = look->scenario;
    uint64_t ignored;
    struct store_error difference;
    tally.during_backup += look->at > scenario->backup.begun && look->at < scenario->backup.done;
    tally.during_restore += look->at > scenario->restore.begun && look->at < scenario->restore.done;
    if (look->at >= scenario->backup.done && scenario->backup.done > 0 && image_has(image, "copy.db"))
        expect_whole_file(look, "copy.db");
    if (image_has(image, "restored/usher.db"))
        expect_whole_file(look, "restored/usher.db");
    if (look->at < scenario->restore.done)
        return;
    open_store(look, "restored");
    look->left_out = NUMBERS_LEFT_OUT;
    if (!is_state(look, scenario->copied, false, &ignored, &difference))
        fails(look, "what was restored differs: %s", difference.text);
    look->left_out = 0;
    store_close(look->store);
}

// ---- A cut

// Opens what is left, looks at all of it, and writes on. Gives the state that was found.
static size_t look_at(struct look *look, const struct image *image, size_t acknowledged, size_t begun,
                      struct journal *journal, struct span *ret_next)
{
    uint64_t archived;
    struct store_error error;
    open_store(look, "store");
    expect_whole_file(look, "store/usher.db");
    size_t state = find_state(look, acknowledged, begun, &archived);
    *ret_next = (struct span){SIZE_MAX, SIZE_MAX};
    if (state < look->scenario->count) {
        ret_next->begun = journal_length(journal);
        if (transaction_write(look->scenario->transactions[state], look->store, &error) != STORE_OK)
            fails(look, "does not go on: %s", error.text);
        ret_next->done = journal_length(journal);
        await_checkpointer();
    }
    if (look->scenario->archive.begun > 0 && look->at > look->scenario->archive.begun)
        expect_archive(look, archived);
    store_close(look->store);
    expect_copies(look, image);
    expect_whole_file(look, "store/usher.db");
    return state;
}

// The power goes again while the store gets up, or soon after.
static void cut_again(struct look *look, struct journal *journal, size_t state, const struct span *next)
{
    struct look again = *look;
    struct span ignored;
    size_t at = (size_t)chance_roll(&look->chance, journal_length(journal) + 1);
    struct image *image = journal_cut(journal, at, &again.chance);
    struct journal *second = journal_start(look->folder, image);
    size_t acknowledged = at >= next->done ? state + 1 : state, begun = at > next->begun ? state + 1 : state;
    tally.twice++;
    look_at(&again, image, acknowledged, begun, second, &ignored);
    journal_end(second);
    journal_free(second);
    image_free(image);
}

static void cut(const struct scenario *scenario, int number)
{
    struct look look = {.scenario = scenario, .cut = number, .chance = {.seed = scenario->seed * 1000003 + (uint64_t)number}};
    struct span next;
    scenario_folder(look.folder, "left");
    look.at = (size_t)chance_roll(&look.chance, journal_length(scenario->journal) + 1);
    size_t acknowledged = 0, begun = 0;
    while (acknowledged < scenario->count && scenario->spans[acknowledged].done <= look.at)
        acknowledged++;
    while (begun < scenario->count && scenario->spans[begun].begun < look.at)
        begun++;
    struct image *image = journal_cut(scenario->journal, look.at, &look.chance);
    struct journal *journal = journal_start(look.folder, image);
    size_t state = look_at(&look, image, acknowledged, begun, journal, &next);
    journal_end(journal);
    if (number % 4 == 0)
        cut_again(&look, journal, state, &next);
    journal_free(journal);
    image_free(image);
    tally.cuts++;
}

// ---- Arguments

static enum disk_lie lie_of(const char *word)
{
    return strcmp(word, "log") == 0        ? LIE_LOG
           : strcmp(word, "database") == 0 ? LIE_DATABASE
           : strcmp(word, "folder") == 0   ? LIE_FOLDER
                                           : LIE_OTHER;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, runs = 4, cuts = 75, transactions = 60;
    bool unsafe = false;
    for (int i = 1; i < argc; i++) {
        uint64_t *number = strcmp(argv[i], "--seed") == 0           ? &seed
                           : strcmp(argv[i], "--runs") == 0         ? &runs
                           : strcmp(argv[i], "--cuts") == 0         ? &cuts
                           : strcmp(argv[i], "--transactions") == 0 ? &transactions
                                                                    : NULL;
        if (strcmp(argv[i], "--unsafe") == 0)
            unsafe = true;
        else if (strcmp(argv[i], "--lie") == 0 && i + 1 < argc)
            disk_lie(lie_of(argv[++i]));
        else if (number != NULL && i + 1 < argc)
            *number = strtoull(argv[++i], NULL, 10);
        else
            scenario_failed("usage: power [--seed N] [--runs N] [--cuts N] [--transactions N] [--lie WHAT] [--unsafe]");
    }
    disk_install();
    for (uint64_t run = 0; run < runs; run++) {
        static struct scenario scenario;
        scenario_live(&scenario, seed + run, (size_t)transactions, unsafe);
        for (uint64_t number = 1; number <= cuts; number++)
            cut(&scenario, (int)number);
        if (run == 0)
            printf("a life of %zu operations\n", journal_length(scenario.journal));
        load_add_kinds(scenario.load, tally.met);
        scenario_free(&scenario);
    }
    for (size_t i = 0; i < FACT_KIND_COUNT; i++) {
        if (!tally.met[i] && fact_types[i].row < ROW_KINDS_ALONE)
            scenario_failed("a fact %s was never written: there are too few transactions", fact_types[i].name);
    }
    printf("%" PRIu64 " power cuts, %" PRIu64 " of them twice, from seed %" PRIu64 "; during backup %" PRIu64
           ", archive %" PRIu64 ", restore %" PRIu64 "; what was being written was there %" PRIu64 " times, not there %"
           PRIu64 " times\n", tally.cuts, tally.twice, seed, tally.during_backup, tally.during_archive,
           tally.during_restore, tally.with_half, tally.without_half);
    return 0;
}
