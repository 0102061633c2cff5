// SPDX-License-Identifier: Apache-2.0
// What fails leaves nothing half done: refused is refused for ever, uncertain is one or the other, and the store goes
// on when the disk does.
#include "keeping.h"

#include "disk.h"
#include "store/memory.h"

#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// One step of a scenario: an acquire and a release in a transaction, with a number, an answer and a denial.
static enum store_status step(struct desk *desk, uint64_t id)
{
    struct store *store = desk->store;
    struct store_error *error = &desk->error;
    struct actor nobody = {.nobody = true};
    struct session_row row = a_session(id), other = a_session(id + 1), end = other;
    end.state = SESSION_RELEASED;
    end.ended_at = at_s(30);
    const struct fact facts[] = {{.kind = FACT_SESSION_ACQUIRED, .after = &row},
                                 {.kind = FACT_SESSION_ACQUIRED, .after = &other},
                                 {.kind = FACT_SESSION_RELEASED, .before = &other, .after = &end}};
    struct remembered answer = {.status = 201, .body = "{}", .until_at = at_s(1000)};
    struct denial denial = {.id = id,
                            .user = 7,
                            .product = &kre,
                            .error = RESULT_NO_LICENSE_AVAILABLE,
                            .reason = REASON_EXHAUSTED,
                            .units = 1,
                            .count = 1,
                            .first_at = at_s(1),
                            .last_at = at_s(1)};
    struct numbers numbers;
    for (size_t i = 0; i < ID_KINDS; i++)
        numbers.next[i] = 1000000 + id;
    char key[32];
    snprintf(key, sizeof key, "k%d", (int)id);
    enum store_status status = store_begin(store, error);
    if (status != STORE_OK)
        return status;
    for (size_t i = 0; status == STORE_OK && i < 3; i++)
        status = store_write(store, 1, at_s(30), &nobody, &facts[i], error);
    if (status == STORE_OK)
        status = store_put_numbers(store, &numbers, error);
    if (status == STORE_OK)
        status = store_remember(store, 1, 5, key, &answer, error);
    if (status == STORE_OK)
        status = store_put_denial(store, 1, &denial, error);
    if (status == STORE_OK)
        return store_commit(store, error);
    store_rollback(store);
    return status;
}

// Whether all of the step is there; stops where only a part is.
static bool happened(struct desk *desk, uint64_t id)
{
    const struct session_row *session, *other;
    const struct remembered *answer;
    const struct session_row *keyed;
    char key[32], subject[32];
    snprintf(key, sizeof key, "k%d", (int)id);
    snprintf(subject, sizeof subject, "SN-%d", (int)id + 1);
    assert_int_equal(store_recall_session(desk->store, 1, id, &desk->arena, &session, &desk->error), STORE_OK);
    assert_int_equal(store_recall_session(desk->store, 1, id + 1, &desk->arena, &other, &desk->error), STORE_OK);
    assert_int_equal(store_recall(desk->store, 1, 5, key, at_s(40), &desk->arena, &answer, &keyed, &desk->error),
                     STORE_OK);
    struct history history = events_of(desk, &(struct history_query){.account = 1, .subject = subject});
    struct numbers numbers;
    assert_true(store_load_numbers(desk->store, &numbers, &desk->error));
    bool all = session != NULL;
    assert_int_equal(other != NULL, all);
    assert_int_equal(answer != NULL, all);
    assert_int_equal(history.count, all ? 2 : 0);
    assert_int_equal(numbers.next[ID_SESSION] == 1000000 + id, all);
    struct denial_record *denials;
    size_t count;
    bool more;
    struct history_query query = {.account = 1, .after = id - 1, .limit = 1};
    assert_true(store_list_denials(desk->reader, &query, &desk->arena, &denials, &count, &more, &desk->error));
    assert_int_equal(count, all);
    return all;
}

static void a_refused_write_leaves_nothing_wherever_it_is(void **state)
{
    struct desk *desk = *state;
    uint64_t writes = store_memory_writes(desk->store);
    assert_int_equal(step(desk, 10), STORE_OK);
    writes = store_memory_writes(desk->store) - writes;
    assert_true(writes > 10);
    for (uint64_t nth = 1; nth <= writes; nth++) {
        store_memory_refuse_write(desk->store, nth);
        assert_int_equal(step(desk, 20), STORE_REFUSED);
        assert_non_null(strstr(desk->error.text, "refuses"));
        assert_false(happened(desk, 20));
    }
    store_memory_refuse_write(desk->store, 0);
    assert_int_equal(step(desk, 20), STORE_OK);
    assert_true(happened(desk, 20));
}

static void after_a_refused_write_only_rollback_helps(void **state)
{
    struct desk *desk = *state;
    struct session_row row = a_session(1);
    struct fact fact = {.kind = FACT_SESSION_ACQUIRED, .after = &row};
    struct actor nobody = {.nobody = true};
    begin(desk);
    store_memory_refuse_write(desk->store, 1);
    assert_int_equal(store_write(desk->store, 1, 1, &nobody, &fact, &desk->error), STORE_REFUSED);
    assert_int_equal(store_write(desk->store, 1, 1, &nobody, &fact, &desk->error), STORE_REFUSED);
    assert_int_equal(store_commit(desk->store, &desk->error), STORE_REFUSED);
    store_rollback(desk->store); // which it did already
    assert_int_equal(load(desk, 1, 0).count, 0);
    begin(desk);
    assert_int_equal(store_write(desk->store, 1, 1, &nobody, &fact, &desk->error), STORE_OK);
    commit(desk);
}

static void a_commit_fails_in_three_ways(void **state)
{
    struct desk *desk = *state;
    static const struct {
        enum commit_fault fault;
        enum store_status status;
        bool happened;
    } cases[] = {
        {COMMIT_REFUSED, STORE_REFUSED, false},
        {COMMIT_LOST, STORE_UNCERTAIN, false},
        {COMMIT_KEPT, STORE_UNCERTAIN, true},
    };
    for (uint64_t i = 0; i < 3; i++) {
        store_memory_fail_commit(desk->store, 2, cases[i].fault);
        assert_int_equal(step(desk, 100 * i + 10), STORE_OK);
        assert_int_equal(step(desk, 100 * i + 20), cases[i].status);
        assert_int_equal(happened(desk, 100 * i + 20), cases[i].happened);
        assert_int_equal(step(desk, 100 * i + 30), STORE_OK);
    }
    // The chain went on from what really happened.
    struct history history = events_of(desk, &(struct history_query){.account = 1});
    assert_int_equal(history.count, 3 * 7);
    for (size_t i = 0; i < history.count; i++)
        assert_int_equal(history.events[i].seq, i + 1);
}

static void a_power_cut_leaves_what_was_committed(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(step(desk, 10), STORE_OK);
    uint64_t writes = store_memory_writes(desk->store);
    assert_int_equal(step(desk, 20), STORE_OK);
    writes = store_memory_writes(desk->store) - writes;
    for (uint64_t nth = 1, id = 100; nth <= writes; nth++, id += 20) {
        for (int is_whole = 0; is_whole <= 1; is_whole++, id += 10) {
            store_memory_cut_power(desk->store, nth, is_whole);
            assert_true(store_memory_has_power(desk->store));
            assert_int_not_equal(step(desk, id), STORE_OK);
            assert_false(store_memory_has_power(desk->store));
            assert_int_not_equal(step(desk, id), STORE_OK);
            store_memory_restart(desk->store);
            bool is_kept = is_whole && nth == writes;
            assert_int_equal(happened(desk, id), is_kept);
            assert_true(is_kept || happened(desk, 20));
        }
    }
    assert_int_equal(step(desk, 5000), STORE_OK);
    struct history history = events_of(desk, &(struct history_query){.account = 1});
    for (size_t i = 0; i < history.count; i++)
        assert_int_equal(history.events[i].seq, i + 1);
}

// ---- A failing disk

static void set_up_account(struct desk *desk)
{
    struct account_row account = an_account(1);
    begin(desk);
    write_fact(desk, 0, at_s(0), FACT_PRODUCT_CREATED, NULL, &kre);
    write_fact(desk, 1, at_s(0), FACT_ACCOUNT_CREATED, NULL, &account);
    commit(desk);
}

static void a_checkpoint_that_fails_harms_nothing(void **state)
{
    struct desk *desk = *state;
    set_up_account(desk);
    for (uint64_t turn = 0; turn < 3; turn++) {
        for (uint64_t i = 0; i < 400; i++)
            assert_int_equal(step(desk, 100000 * turn + 10 + 2 * i), STORE_OK);
        disk_fail(DISK_FULL, 1, UINT64_MAX);
        usleep(20000); // the checkpoint thread runs into it
        assert_int_equal(step(desk, 100000 * turn + 5000), STORE_REFUSED);
        disk_mend();
    }
    expect_whole(desk);
    desk_reopen(desk);
    expect_whole(desk);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1, .limit = 10000}).count, 1 + 3 * 3 * 400);
}

// A full disk is full because of the log: its pages find room in the database, and the log starts anew.
static void a_log_without_room_is_emptied(void **state)
{
    struct desk *desk = *state;
    set_up_account(desk);
    disk_limit(1 << 20);
    uint64_t id = 10, refused = 0;
    for (int tries = 0; refused < 3 && tries < 5000; tries++) {
        enum store_status status = step(desk, id);
        if (status == STORE_OK) {
            id += 2;
            continue;
        }
        assert_int_equal(status, STORE_REFUSED);
        refused++;
        for (int waits = 0; step(desk, id) != STORE_OK; waits++) {
            assert_true(waits < 6000);
            usleep(10000);
        }
        id += 2;
    }
    assert_int_equal(refused, 3);
    disk_mend();
    expect_whole(desk);
}

static int desk_on_faulty_disk(void **state)
{
    disk_install();
    return desk_sqlite(state);
}

static int desk_off_faulty_disk(void **state)
{
    disk_mend();
    desk_close(state);
    disk_remove();
    return 0;
}

// ---- kill -9

// Writes steps until it is killed; tells through the pipe the last one that was acknowledged.
static void write_until_killed(struct desk *desk, uint64_t id, int pipe)
{
    if (!store_open_sqlite(desk->folder, &desk->store, &desk->error))
        _exit(1);
    for (;; id += 2) {
        if (step(desk, id) != STORE_OK)
            _exit(1);
        if (write(pipe, &id, sizeof id) != sizeof id)
            _exit(1);
    }
}

// Reads up to `most` ids; the last one, or `none`.
static uint64_t read_last(int pipe, uint64_t none, int most)
{
    uint64_t id, last = none;
    for (int i = 0; i < most && read(pipe, &id, sizeof id) == sizeof id; i++)
        last = id;
    return last;
}

// Lets a child write from `id` on and kills it in the middle, so long after it acknowledged `steps`. The last id that it
// acknowledged, or id - 2.
static uint64_t run_and_kill(struct desk *desk, uint64_t id, int steps, useconds_t after_us)
{
    int pipes[2], status;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_until_killed(desk, id, pipes[1]);
    close(pipes[1]);
    uint64_t last = read_last(pipes[0], id - 2, steps);
    usleep(after_us);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    last = read_last(pipes[0], last, INT_MAX);
    close(pipes[0]);
    return last;
}

static void expect_steps(struct desk *desk, uint64_t first, uint64_t last)
{
    const struct session_row *session;
    for (uint64_t id = first; id <= last + 1; id++) {
        arena_clear(&desk->arena);
        assert_int_equal(store_recall_session(desk->store, 1, id, &desk->arena, &session, &desk->error), STORE_OK);
        if (session == NULL)
            fail_msg("SN-%d was acknowledged and is gone", (int)id);
    }
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    enum { TURNS = 20 };
    struct desk *desk = *state;
    uint64_t first[TURNS], last[TURNS], next = 10, acknowledged = 0;
    set_up_account(desk);
    desk_shut(desk);
    for (int turn = 0; turn < TURNS; turn++) {
        first[turn] = next;
        // Now and then perhaps while it opens the store.
        last[turn] = run_and_kill(desk, next, turn % 4, 5000 + 3137 * (useconds_t)turn);
        acknowledged += (last[turn] + 2 - next) / 2;
        next = last[turn] + 4; // one more may have been committed before its word came
    }
    assert_true(acknowledged > TURNS);
    assert_true(store_open_sqlite(desk->folder, &desk->store, &desk->error));
    store_set_products(desk->store, find_product, NULL);
    desk->reader = store_reader_open(desk->store, &desk->error);
    expect_whole(desk);
    for (int turn = 0; turn < TURNS; turn++)
        expect_steps(desk, first[turn], last[turn]);
}

int main(void)
{
#define ON_MEMORY(test)                                                                                                \
    {                                                                                                                  \
#test, test, desk_memory, desk_close, NULL                                                                     \
    }
#define ON_FAULTY_DISK(test)                                                                                           \
    {                                                                                                                  \
#test, test, desk_on_faulty_disk, desk_off_faulty_disk, NULL                                                   \
    }
    const struct CMUnitTest tests[] = {
        ON_MEMORY(a_refused_write_leaves_nothing_wherever_it_is),
        ON_MEMORY(after_a_refused_write_only_rollback_helps),
        ON_MEMORY(a_commit_fails_in_three_ways),
        ON_MEMORY(a_power_cut_leaves_what_was_committed),
        ON_FAULTY_DISK(a_log_without_room_is_emptied),
        ON_FAULTY_DISK(a_checkpoint_that_fails_harms_nothing),
        ON_SQLITE(what_was_acknowledged_survives_kill_9),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
