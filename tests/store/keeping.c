// SPDX-License-Identifier: Apache-2.0
#include "keeping.h"

#include <sqlite3.h>

void note_break(void *arg, uint64_t account, int64_t seq, const char *what)
{
    struct breaks *breaks = arg;
    if (breaks->count++ > 0)
        return;
    breaks->account = account;
    breaks->seq = seq;
    snprintf(breaks->what, sizeof breaks->what, "%s", what);
}

struct breaks verify(struct desk *desk, struct verified *ret_verified)
{
    struct breaks breaks = {0};
    if (!store_verify(desk->folder, note_break, &breaks, ret_verified, &desk->error))
        fail_msg("%s", desk->error.text);
    assert_int_equal(ret_verified->breaks, breaks.count);
    return breaks;
}

void expect_whole(struct desk *desk)
{
    struct verified verified;
    struct breaks breaks = verify(desk, &verified);
    if (breaks.count > 0)
        fail_msg("AC-%d, event %d: %s", (int)breaks.account, (int)breaks.seq, breaks.what);
}

static void put(struct desk *desk, enum fact_kind kind, const void *row)
{
    write_fact(desk, 1, at_s(0), kind, NULL, row);
}

static void fill_sessions(struct desk *desk, uint64_t count)
{
    for (uint64_t id = 1; id <= count; id++) {
        struct session_row row = a_session(id), end;
        row.started_at = at_s((int64_t)id);
        write_fact(desk, 1, at_s((int64_t)id), FACT_SESSION_ACQUIRED, NULL, &row);
        if (id % 2 == 0)
            continue;
        end = row;
        end.state = SESSION_EXPIRED;
        end.ended_at = end.expires_at = at_s((int64_t)id);
        write_fact(desk, 1, at_s((int64_t)id), FACT_SESSION_EXPIRED, &row, &end);
    }
}

static void fill_denials(struct desk *desk)
{
    struct denial denial = {.id = 1,
                            .user = 7,
                            .product = &kre,
                            .error = RESULT_NO_LICENSE_AVAILABLE,
                            .reason = REASON_EXHAUSTED,
                            .units = 1,
                            .count = 1,
                            .first_at = at_s(1),
                            .last_at = at_s(1),
                            .closed_at = at_s(2)};
    assert_int_equal(store_put_denial(desk->store, 1, &denial, &desk->error), STORE_OK);
    denial.id = 2;
    denial.closed_at = 0;
    denial.last_at = at_s(500);
    assert_int_equal(store_put_denial(desk->store, 1, &denial, &desk->error), STORE_OK);
}

void fill_store(struct desk *desk, uint64_t sessions)
{
    struct account_row account = an_account(1), other = an_account(2);
    struct purchase_row purchase = {.id = 1, .product = &kre, .quantity = 5, .starts_at = 3, .created_at = 1};
    struct organization_row studio = an_organization(1001, 0), room = an_organization(1002, 1001);
    struct user_row user = a_user(7);
    struct project_row project = {.id = 4, .name = "Film", .organization = 1001, .created_at = 1};
    struct membership_row membership = {.project = 4, .user = 7};
    struct dedication_row dedication = {
        .organization = 1001, .product = &kre, .dedicated = 20, .draining_to = 3, .filling_to = NUMBER_NONE};
    struct seat_row seat = {.id = 3, .product = &pen, .user = 7, .level = 1001, .assigned_at = 9, .last_used_at = 9};
    struct seat_machine_row machine = {
        .seat = 3, .machine = "a/b \"c\\ \n\x01\xc3\x84", .activated_at = 9, .last_used_at = 9};
    struct cooldown_row cooldown = {.user = 7, .product = &kre, .until_at = 90};
    struct shortfall_row shortfall = {.product = &kre, .since_at = 90};
    struct api_key_row key = {.id = 5, .name = "laptop", .user = 7, .organization = 1001, .created_at = 9};
    begin(desk);
    write_fact(desk, 0, at_s(0), FACT_PRODUCT_CREATED, NULL, &kre);
    write_fact(desk, 0, at_s(0), FACT_PRODUCT_CREATED, NULL, &pen);
    put(desk, FACT_ACCOUNT_CREATED, &account);
    write_fact(desk, 2, at_s(0), FACT_ACCOUNT_CREATED, NULL, &other);
    put(desk, FACT_PURCHASE_CREATED, &purchase);
    put(desk, FACT_ORGANIZATION_CREATED, &studio);
    put(desk, FACT_ORGANIZATION_CREATED, &room);
    put(desk, FACT_USER_CREATED, &user);
    put(desk, FACT_PROJECT_CREATED, &project);
    put(desk, FACT_MEMBERSHIP_ADDED, &membership);
    put(desk, FACT_DEDICATION_CHANGED, &dedication);
    put(desk, FACT_SEAT_ASSIGNED, &seat);
    put(desk, FACT_SEAT_MACHINE_ACTIVATED, &machine);
    put(desk, FACT_COOLDOWN_SET, &cooldown);
    put(desk, FACT_SHORTFALL_BEGAN, &shortfall);
    put(desk, FACT_API_KEY_CREATED, &key);
    fill_sessions(desk, sessions);
    fill_denials(desk);
    struct numbers numbers;
    assert_true(store_load_numbers(desk->store, &numbers, &desk->error));
    for (size_t i = 0; i < ID_KINDS; i++)
        numbers.next[i] += 1000000;
    assert_int_equal(store_put_numbers(desk->store, &numbers, &desk->error), STORE_OK);
    commit(desk);
}

void tamper(struct desk *desk, const char *sql)
{
    char file[160];
    sqlite3 *db;
    char *what = NULL;
    snprintf(file, sizeof file, "%s/usher.db", desk->folder);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &what) != SQLITE_OK)
        fail_msg("%s: %s", sql, what);
    sqlite3_close(db);
}
