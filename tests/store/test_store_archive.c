// SPDX-License-Identifier: Apache-2.0
// Archiving: nothing is lost between the store and the archive, whatever happens in the middle.
#include "keeping.h"

#include "engine/limits.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct archive {
    char folder[160];
    struct archived archived;
};

static struct archive archive_to(struct desk *desk, const char *name)
{
    struct archive archive;
    snprintf(archive.folder, sizeof archive.folder, "%s-%s", desk->folder, name);
    return archive;
}

static void archive(struct desk *desk, struct archive *archive, int64_t before_s, int64_t now_s, int64_t keep_s)
{
    struct archive_order order = {.folder = desk->folder,
                                  .out_folder = archive->folder,
                                  .before_at = at_s(before_s),
                                  .now = at_s(now_s),
                                  .keep_s = keep_s};
    if (!store_archive(&order, &archive->archived, &desk->error))
        fail_msg("%s", desk->error.text);
}

static struct breaks verify_archive(struct desk *desk, const struct archive *archive, bool with_store,
                                    struct verified *ret_verified)
{
    struct breaks breaks = {0};
    if (!store_verify_archive(archive->folder, with_store ? desk->folder : NULL, NULL, note_break, &breaks, ret_verified,
                              &desk->error))
        fail_msg("%s", desk->error.text);
    return breaks;
}

static void expect_archive(struct desk *desk, const struct archive *archive, uint64_t events)
{
    struct verified verified;
    struct breaks breaks = verify_archive(desk, archive, true, &verified);
    if (breaks.count > 0)
        fail_msg("AC-%d, event %d: %s", (int)breaks.account, (int)breaks.seq, breaks.what);
    assert_int_equal(verified.events, events);
}

static void old_events_go_and_the_chain_goes_on(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 100); // SN-i at second i
    archive(desk, &to, 51, 10000, 400 * 86400);
    assert_int_equal(to.archived.segments, 3); // of the service, AC-1 and AC-2
    assert_int_equal(to.archived.events, 16 + 50 + 25);
    assert_int_equal(to.archived.sessions, 0);
    expect_archive(desk, &to, 16 + 50 + 25);
    expect_whole(desk);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).events[0].seq, 13 + 75 + 1);

    // The server that was running meanwhile writes on, one that starts anew too.
    struct session_row row = a_session(1000);
    begin(desk);
    write_fact(desk, 1, at_s(200), FACT_SESSION_ACQUIRED, NULL, &row);
    commit(desk);
    expect_whole(desk);
    archive(desk, &to, 1000, 10000, 400 * 86400);
    assert_int_equal(to.archived.events, 75 + 1);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 0);
    desk_reopen(desk);
    int64_t at;
    assert_true(store_last_at(desk->store, &at, &desk->error));
    assert_int_equal(at, at_s(200)); // the checkpoint remembers
    row.id = 1001;
    begin(desk);
    write_fact(desk, 1, at_s(1001), FACT_SESSION_ACQUIRED, NULL, &row);
    commit(desk);
    expect_whole(desk);
    archive(desk, &to, 2000, 10000, 400 * 86400);
    expect_archive(desk, &to, 16 + 150 + 2);
    archive(desk, &to, 2000, 10000, 400 * 86400);
    assert_int_equal(to.archived.segments, 0); // nothing is left to do
    remove_folder(to.folder);
}

static void files_are_for_their_owner_only(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 10);
    archive(desk, &to, 51, 10000, 400 * 86400);
    const char *folders[] = {desk->folder, to.folder};
    for (size_t i = 0; i < 2; i++) {
        struct stat status;
        assert_int_equal(stat(folders[i], &status), 0);
        assert_int_equal(status.st_mode & 0777, 0700);
        DIR *files = opendir(folders[i]);
        for (struct dirent *file; (file = readdir(files)) != NULL;) {
            if (file->d_name[0] == '.')
                continue;
            assert_int_equal(fstatat(dirfd(files), file->d_name, &status, 0), 0);
            if ((status.st_mode & 0777) != 0600)
                fail_msg("%s has mode %o", file->d_name, status.st_mode & 0777);
        }
        closedir(files);
    }
    remove_folder(to.folder);
}

static void what_ended_long_ago_goes_with_its_events(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 10);
    const int64_t day = 86400;
    // The events of the last sessions stay, and so do these, although they ended long ago.
    archive(desk, &to, 6, 500 + 40 * day, 39 * day);
    assert_int_equal(to.archived.sessions, 3); // SN-1, SN-3, SN-5
    assert_int_equal(to.archived.denials, 2);
    expect_whole(desk);
    archive(desk, &to, 1000, 500 + 40 * day, 39 * day);
    assert_int_equal(to.archived.sessions, 2);
    const struct session_row *session;
    for (uint64_t id = 1; id <= 10; id++) {
        assert_int_equal(store_recall_session(desk->store, 1, id, &desk->arena, &session, &desk->error), STORE_OK);
        assert_int_equal(session != NULL, id % 2 == 0); // those that are active
    }
    expect_whole(desk);
    remove_folder(to.folder);
}

static void what_ended_lately_stays(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 10);
    // Even if told to keep nothing: a day is needed for idempotency keys.
    archive(desk, &to, 1000, 80000, 0);
    assert_int_equal(to.archived.sessions, 0);
    assert_int_equal(to.archived.denials, 0);
    archive(desk, &to, 1000, 86400 + 400, 0);
    assert_int_equal(to.archived.sessions, 5);
    assert_int_equal(to.archived.denials, 1); // the other was active at second 500
    remove_folder(to.folder);
}

// The child archives until it is killed at some moment.
static void archive_and_die(struct desk *desk, const struct archive *to, useconds_t after_us)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct archive_order order = {.folder = desk->folder,
                                      .out_folder = to->folder,
                                      .before_at = at_s(100000),
                                      .now = at_s(100000),
                                      .keep_s = 86400};
        struct archived archived;
        store_archive(&order, &archived, &desk->error);
        _exit(0);
    }
    usleep(after_us);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void an_archive_cut_short_is_taken_up(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 20000);
    desk_shut(desk);
    for (useconds_t turn = 0; turn < 12; turn++) {
        archive_and_die(desk, &to, 20000 + 15000 * turn);
        expect_whole(desk);
    }
    archive(desk, &to, 100000, 100000, 86400);
    expect_archive(desk, &to, 16 + 30000);
    remove_folder(to.folder);
}

struct writing {
    struct desk *desk;
    atomic_bool stop;
    uint64_t written;
    enum store_status worst;
};

static void *write_on(void *arg)
{
    struct writing *writing = arg;
    struct store *store = writing->desk->store;
    struct store_error error;
    struct actor nobody = {.nobody = true};
    while (!atomic_load(&writing->stop) && writing->worst == STORE_OK) {
        struct session_row row = a_session(100000 + writing->written);
        struct fact fact = {.kind = FACT_SESSION_ACQUIRED, .after = &row};
        writing->worst = store_begin(store, &error);
        if (writing->worst == STORE_OK)
            writing->worst = store_write(store, 1, at_s(200000), &nobody, &fact, &error);
        if (writing->worst == STORE_OK)
            writing->worst = store_commit(store, &error);
        writing->written++;
    }
    return NULL;
}

static void a_server_writes_while_the_archive_runs(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 10000);
    struct writing writing = {.desk = desk};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_on, &writing), 0);
    archive(desk, &to, 100000, 100000, 86400);
    atomic_store(&writing.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(writing.worst, STORE_OK);
    assert_true(writing.written > 10);
    assert_int_equal(to.archived.events, 16 + 15000);
    expect_archive(desk, &to, 16 + 15000);
    expect_whole(desk);
    remove_folder(to.folder);
}

// ---- Archives that were meddled with

static void edit(const struct archive *archive, const char *script)
{
    char command[400];
    snprintf(command, sizeof command, "cd %s && %s", archive->folder, script);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void whatever_is_changed_in_an_archive_is_found(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *script, *what;
    } changes[] = {
        {"sed -i 's/ws-17/ws-18/' AC-1-000000000001*.jsonl", "was changed"},
        {"sed -i 3d AC-1-000000000001*.jsonl", "was changed"},
        {"sed -i '$d' AC-1-000000000001*.jsonl", "end is missing"},
        {"sed -i 's/\"user\":6/\"user\":7/' AC-1-000000000001*.jsonl", "was changed"},
        {"sed -i 's/\"of_user\":7/\"of_user\":6/' AC-1-000000000001*.jsonl", "was changed"},
        {"for f in AC-1-000000000001*.jsonl; do printf x >> $f; done", "last line is cut"},
        {"sed -i 's/\"role\":\"/\"role\": \"/' AC-1-000000000001*.jsonl", "no event"},
        {"sed -i 's/\"from\":1,/\"from\":2,/' AC-1-000000000001*.jsonl", "does not fit its name"},
        {"mv AC-1-000000000001-000000000043.jsonl AC-1-000000000001-000000000044.jsonl", "does not fit its name"},
        {"rm AC-1-000000000001-*.jsonl.sig", "signature is missing"},
        {"cp AC-2-000000000001-*.sig AC-1-000000000001-000000000043.jsonl.sig", "signature does not fit"},
        {"rm *.pem", "public key"},
        {"rm AC-1-000000000001*.jsonl", "the segment that begins here is missing"},
        {"rm AC-1-000000000044*.jsonl", "checkpoint is not the end"},
        {"sed -i '1s/\"before\":\"../\"before\":\"ff/' AC-1-000000000044*.jsonl", "was changed"},
    };
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 50);
    archive(desk, &to, 21, 10000, 86400);
    archive(desk, &to, 100, 10000, 86400);
    char kept[200], command[800];
    snprintf(kept, sizeof kept, "%s-kept", to.folder);
    snprintf(command, sizeof command, "cp -r %s %s", to.folder, kept);
    assert_int_equal(system(command), 0);
    expect_archive(desk, &to, 16 + 75);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        edit(&to, changes[i].script);
        struct verified verified;
        struct breaks breaks = verify_archive(desk, &to, true, &verified);
        if (breaks.count == 0 || strstr(breaks.what, changes[i].what) == NULL)
            fail_msg("%s: %d breaks: %s", changes[i].script, (int)breaks.count, breaks.what);
        snprintf(command, sizeof command, "rm -r %s && cp -r %s %s", to.folder, kept, to.folder);
        assert_int_equal(system(command), 0);
    }
    expect_archive(desk, &to, 16 + 75);
    remove_folder(to.folder);
    remove_folder(kept);
}

static void a_foreign_archive_is_not_joined(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 10);
    archive(desk, &to, 100, 10000, 86400);

    // Another store, with the same accounts, into the same folder: its events are not the ones there.
    void *other_state;
    desk_sqlite(&other_state);
    struct desk *other = other_state;
    fill_store(other, 12);
    struct archive_order order = {
        .folder = other->folder, .out_folder = to.folder, .before_at = at_s(100), .now = at_s(10000), .keep_s = 86400};
    struct archived archived;
    bool done = store_archive(&order, &archived, &other->error);
    if (done) {
        struct breaks breaks = {0};
        struct verified verified;
        assert_true(store_verify_archive(to.folder, other->folder, NULL, note_break, &breaks, &verified, &other->error));
        assert_true(breaks.count > 0);
    } else {
        assert_non_null(strstr(other->error.text, "other events"));
        expect_whole(other);
        assert_int_equal(events_of(other, &(struct history_query){.account = 1}).count, 13 + 18);
    }
    desk_close(&other_state);
    remove_folder(to.folder);
}

static void a_broken_history_is_not_archived(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    fill_store(desk, 10);
    tamper(desk, "DROP TRIGGER event_stays; UPDATE event SET at = at + 1 WHERE account_id = 1 AND seq = 5");
    struct archive_order order = {
        .folder = desk->folder, .out_folder = to.folder, .before_at = at_s(100), .now = at_s(10000), .keep_s = 86400};
    assert_false(store_archive(&order, &to.archived, &desk->error));
    assert_non_null(strstr(desk->error.text, "AC-1 is broken at event 5"));
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 13 + 15);
    remove_folder(to.folder);
}

static void signatures_are_checked_by_openssl(void **state)
{
    struct desk *desk = *state;
    struct archive to = archive_to(desk, "a");
    if (system("openssl version > /dev/null 2>&1") != 0)
        skip();
    fill_store(desk, 10);
    archive(desk, &to, 100, 10000, 86400);
    edit(&to, "for f in *.jsonl; do openssl pkeyutl -verify -rawin -pubin -inkey *.pem -in $f -sigfile $f.sig "
              "> /dev/null || exit 1; done");
    remove_folder(to.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(old_events_go_and_the_chain_goes_on),        ON_SQLITE(files_are_for_their_owner_only),
        ON_SQLITE(what_ended_long_ago_goes_with_its_events),   ON_SQLITE(what_ended_lately_stays),
        ON_SQLITE(an_archive_cut_short_is_taken_up),           ON_SQLITE(a_server_writes_while_the_archive_runs),
        ON_SQLITE(whatever_is_changed_in_an_archive_is_found), ON_SQLITE(a_foreign_archive_is_not_joined),
        ON_SQLITE(a_broken_history_is_not_archived),           ON_SQLITE(signatures_are_checked_by_openssl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
