// SPDX-License-Identifier: Apache-2.0
// Several servers on one store: what one of them commits, the others are told when they enter.
#include "sharing.h"

// ---- What is told

static void what_one_commits_the_others_are_told_in_its_order(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account);
    struct organization_row studio = an_organization(1001, 0), renamed = studio;
    renamed.name = "Atelier \"A\"";
    struct user_row user = a_user(7);
    struct session_row session = a_session(12), ended = session;
    ended.state = SESSION_RELEASED;
    ended.reason = NULL;
    ended.ended_at = at_s(30);
    struct entered *entered = enter(a, account, 0, true);
    write_fact(a, account, at_s(1), FACT_ORGANIZATION_CREATED, NULL, &studio);
    write_fact(a, account, at_s(1), FACT_USER_CREATED, NULL, &user);
    commit(a);
    enter(a, account, visit_of(entered, account)->version + 1, true);
    write_fact(a, account, at_s(2), FACT_ORGANIZATION_UPDATED, &studio, &renamed);
    write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &session);
    write_fact(a, account, at_s(30), FACT_SESSION_RELEASED, &session, &ended);
    write_fact(a, account, at_s(30), FACT_USER_DELETED, &user, NULL);
    commit(a);

    entered = enter(b, account, known, true);
    assert_int_equal(entered->told_count, 6);
    for (size_t i = 0; i < entered->told_count; i++)
        assert_int_equal(entered->told[i].account, account);
    expect_fact(entered, 0, FACT_ORGANIZATION_CREATED, NULL, &studio);
    expect_fact(entered, 1, FACT_USER_CREATED, NULL, &user);
    expect_fact(entered, 2, FACT_ORGANIZATION_UPDATED, &studio, &renamed);
    expect_fact(entered, 3, FACT_SESSION_ACQUIRED, NULL, &session);
    expect_fact(entered, 4, FACT_SESSION_RELEASED, &session, &ended);
    expect_fact(entered, 5, FACT_USER_DELETED, &user, NULL);
    assert_false(visit_of(entered, account)->is_lost);
    assert_int_equal(visit_of(entered, account)->version, known + 2);
    store_rollback(b->store);
    // From any version on, and not what a memory has already.
    entered = enter(b, account, known + 1, false);
    assert_int_equal(entered->told_count, 4);
    expect_fact(entered, 0, FACT_ORGANIZATION_UPDATED, &studio, &renamed);
    store_rollback(b->store);
    assert_int_equal(enter(b, account, known + 2, false)->told_count, 0);
    store_rollback(b->store);
}

static void every_kind_of_row_is_told_as_it_was_written(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account);
    struct seat_row seat = {.id = 3,
                            .product = &pen,
                            .user = 7,
                            .level = 0,
                            .state = SEAT_ACTIVATED,
                            .assigned_at = at_s(1),
                            .activated_at = at_s(2),
                            .last_used_at = at_s(3)};
    struct seat_row used = seat;
    used.last_used_at = at_s(9);
    struct session_row session = a_session(12), alive = session;
    alive.expires_at = at_s(200);
    struct waiter_row waiter = a_waiter(4, store_node(a->store)), moved = waiter;
    moved.reserved = 0;
    moved.head_since = 0;
    struct waiter_row served = moved;
    served.session = 12;
    served.kept_until = at_s(99);
    struct api_key_row key = {
        .id = 5, .name = "farm", .role = ROLE_PLATFORM, .created_at = at_s(1), .hash = {1, 2, 3, 250}};
    struct dedication_row given = {
        .organization = 1001, .product = &lum, .dedicated = 20, .draining_to = NUMBER_NONE, .filling_to = 0};
    enter(a, account, known, true);
    write_fact(a, account, at_s(3), FACT_SEAT_ASSIGNED, NULL, &seat);
    write_fact(a, account, at_s(9), FACT_SEAT_USED, &seat, &used);
    write_fact(a, account, at_s(9), FACT_WAITER_JOINED, NULL, &waiter);
    write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &session);
    write_fact(a, account, at_s(10), FACT_WAITER_MOVED, &waiter, &moved);
    write_fact(a, account, at_s(10), FACT_WAITER_SERVED, &served, NULL);
    write_fact(a, account, at_s(11), FACT_SESSION_HEARTBEAT, &session, &alive);
    write_fact(a, account, at_s(11), FACT_API_KEY_CREATED, NULL, &key);
    write_fact(a, account, at_s(12), FACT_DEDICATION_CHANGED, NULL, &given);
    commit(a);
    struct entered *entered = enter(b, account, known, false);
    store_rollback(b->store);
    assert_int_equal(entered->told_count, 9);
    expect_fact(entered, 0, FACT_SEAT_ASSIGNED, NULL, &seat);
    expect_fact(entered, 1, FACT_SEAT_USED, &seat, &used);
    expect_fact(entered, 2, FACT_WAITER_JOINED, NULL, &waiter);
    expect_fact(entered, 3, FACT_SESSION_ACQUIRED, NULL, &session);
    expect_fact(entered, 4, FACT_WAITER_MOVED, &waiter, &moved);
    // One who is gone is told with what became of it.
    expect_fact(entered, 5, FACT_WAITER_SERVED, &served, NULL);
    expect_fact(entered, 6, FACT_SESSION_HEARTBEAT, &session, &alive);
    expect_fact(entered, 7, FACT_API_KEY_CREATED, NULL, &key);
    expect_fact(entered, 8, FACT_DEDICATION_CHANGED, NULL, &given);
}

static void episodes_of_denials_are_told_among_the_facts(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account);
    struct explanation explanation = {0};
    struct denial denial = a_denial(31);
    struct user_row user = a_user(7);
    denial.explanation = &explanation;
    enter(a, account, known, true);
    write_fact(a, account, at_s(1), FACT_USER_CREATED, NULL, &user);
    must(a, store_put_denial(a->store, account, &denial, &a->error));
    write_fact(a, account, at_s(1), FACT_USER_DELETED, &user, NULL);
    commit(a);
    denial.explanation = NULL;
    denial.count = 4;
    denial.last_at = denial.closed_at = at_s(77);
    enter(a, account, known + 1, true);
    must(a, store_put_denial(a->store, account, &denial, &a->error));
    commit(a);
    struct entered *entered = enter(b, account, known, false);
    store_rollback(b->store);
    assert_int_equal(visit_of(entered, account)->version, known + 2);
    assert_int_equal(visit_of(entered, account)->last_at, at_s(77));
    assert_int_equal(entered->told_count, 4);
    assert_non_null(entered->told[1].denial);
    assert_non_null(entered->told[3].denial);
    const struct denial *told = entered->told[1].denial, wanted = a_denial(31);
    assert_int_equal(told->id, 31);
    assert_int_equal(told->user, wanted.user);
    assert_ptr_equal(told->product, wanted.product);
    assert_string_equal(told->machine, wanted.machine);
    assert_int_equal(told->error, wanted.error);
    assert_int_equal(told->reason, wanted.reason);
    assert_int_equal(told->project, wanted.project);
    assert_int_equal(told->organization, wanted.organization);
    assert_int_equal(told->units, wanted.units);
    assert_int_equal(told->count, wanted.count);
    assert_int_equal(told->first_at, wanted.first_at);
    assert_int_equal(told->last_at, wanted.last_at);
    assert_int_equal(told->closed_at, 0);
    assert_null(told->explanation);
    told = entered->told[3].denial;
    assert_int_equal(told->count, 4);
    assert_int_equal(told->first_at, wanted.first_at);
    assert_int_equal(told->closed_at, at_s(77));
}

// What a server knows of the products: those that it was told of.
struct knowing {
    const struct product *told[4];
    size_t count;
};

static const struct product *find_told(void *arg, const char *code)
{
    const struct knowing *knowing = arg;
    for (size_t i = 0; i < knowing->count; i++) {
        if (strcmp(knowing->told[i]->code, code) == 0)
            return knowing->told[i];
    }
    return NULL;
}

static void learn(void *arg, const struct store_change *change)
{
    struct knowing *knowing = arg;
    if (change->fact != NULL && change->fact->kind == FACT_PRODUCT_CREATED) {
        assert_int_equal(change->account, 0);
        knowing->told[knowing->count++] = find_product(NULL, ((const struct product *)change->fact->after)->code);
    }
}

static void products_come_before_what_names_them(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    struct knowing knowing = {0};
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account), known_service = version_of(b, 0);
    struct session_row session = a_session(12);
    struct entered *entered = plan_entering(a);
    entered->visits[0].is_changed = true;
    plan_visit(entered, account, known, true);
    do_enter(a, entered);
    write_fact(a, account, at_s(1), FACT_BORROWING_SET, NULL,
               &(struct borrowing_row){.product = &lum, .max_borrow_days = 3, .share_percent = 50});
    write_fact(a, 0, at_s(1), FACT_PRODUCT_CREATED, NULL, &lum);
    store_rollback(a->store);
    do_enter(a, entered);
    write_fact(a, 0, at_s(1), FACT_PRODUCT_CREATED, NULL, &kre);
    write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &session);
    commit(a);
    store_set_products(b->store, find_told, &knowing);
    entered = plan_entering(b);
    entered->visits[0].version = known_service;
    plan_visit(entered, account, known, false);
    must(b, store_enter(b->store, &entered->entry, learn, &knowing, &b->error));
    store_rollback(b->store);
    assert_int_equal(knowing.count, 1);
    assert_int_equal(entered->visits[0].version, known_service + 1);
    assert_int_equal(entered->visits[1].version, known + 1);
    store_set_products(b->store, find_product, NULL);
}

static void a_product_that_nobody_knows_refuses_the_entering(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    struct knowing nothing = {0};
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account);
    acquire(a, account, 12);
    store_set_products(b->store, find_told, &nothing);
    struct entered *entered = plan_entering(b);
    plan_visit(entered, account, known, true);
    assert_int_equal(try_entering(b, entered), STORE_REFUSED);
    assert_non_null(strstr(b->error.text, "KRE"));
    store_set_products(b->store, find_product, NULL);
    // There is no transaction: it can be entered again, by anyone.
    enter(a, account, 0, true);
    commit(a);
    assert_int_equal(enter(b, account, known, true)->told_count, 1);
    commit(b);
}

// ---- What is not told

static void nothing_is_told_of_what_was_rolled_back_or_refused(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t account = make_account(a);
    int64_t known = version_of(b, account);
    struct session_row session = a_session(12), ended = session;
    ended.state = SESSION_RELEASED;
    ended.ended_at = at_s(30);
    struct denial denial = a_denial(3);
    enter(a, account, known, true);
    write_fact(a, account, at_s(10), FACT_SESSION_ACQUIRED, NULL, &session);
    must(a, store_put_denial(a->store, account, &denial, &a->error));
    must(a, store_put_due(a->store, account, at_s(40), &a->error));
    store_rollback(a->store);
    // A change of a row that is not there is refused, at once or when it is committed.
    enter(a, account, known, true);
    struct user_row user = a_user(7);
    write_fact(a, account, at_s(10), FACT_USER_CREATED, NULL, &user);
    struct fact wrong = {.kind = FACT_SESSION_RELEASED, .before = &session, .after = &ended};
    enum store_status status =
        store_write(a->store, account, at_s(30), &(struct actor){.nobody = true}, &wrong, &a->error);
    assert_int_equal(status == STORE_OK ? store_commit(a->store, &a->error) : status, STORE_REFUSED);
    store_rollback(a->store);
    struct entered *entered = enter(b, account, known, true);
    store_rollback(b->store);
    assert_int_equal(entered->told_count, 0);
    assert_int_equal(visit_of(entered, account)->version, known);
    assert_int_equal(visit_of(entered, account)->due_at, 0);
    assert_false(visit_of(entered, account)->is_lost);
    assert_int_equal(acquire(a, account, 12), known);
    assert_int_equal(enter(b, account, known, true)->told_count, 1);
    store_rollback(b->store);
}

static void what_changes_no_memory_moves_no_version(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0];
    uint64_t account = make_account(a);
    int64_t known = version_of(a, account), known_service = version_of(a, 0);
    struct remembered answer = {.status = 201, .body = "{}", .until_at = at_s(90)};
    enter(a, account, known, true);
    must(a, store_remember(a->store, account, 5, "k", &answer, &a->error));
    must(a, store_put_due(a->store, account, at_s(40), &a->error));
    must(a, store_tell(a->store, store_node(fleet->desks[1].store), account, &a->error));
    must(a, store_forget(a->store, at_s(0), 10, &a->error));
    commit(a);
    enter(a, account, known, true);
    commit(a);
    assert_int_equal(version_of(a, account), known);
    assert_int_equal(version_of(a, 0), known_service);
}

static void accounts_have_versions_of_their_own(void **state)
{
    struct fleet *fleet = *state;
    struct desk *a = &fleet->desks[0], *b = &fleet->desks[1];
    uint64_t first = make_account(a), second = make_account(b);
    int64_t known_first = version_of(a, first), known_second = version_of(a, second);
    acquire(a, first, 12);
    acquire(b, first, 13);
    struct session_row session = a_session(14);
    struct entered *both = plan_entering(a);
    plan_visit(both, first, known_first, true);
    plan_visit(both, second, known_second, true);
    do_enter(a, both);
    assert_int_equal(both->told_count, 2);
    session.idempotency_key = NULL;
    write_fact(a, second, at_s(10), FACT_SESSION_ACQUIRED, NULL, &session);
    commit(a);
    both = plan_entering(b);
    plan_visit(both, first, known_first + 1, false);
    plan_visit(both, second, known_second, false);
    do_enter(b, both);
    store_rollback(b->store);
    assert_int_equal(both->told_count, 2);
    assert_int_equal(both->told[0].account, first);
    assert_int_equal(((const struct session_row *)both->told[0].fact->after)->id, 13);
    assert_int_equal(both->told[1].account, second);
    assert_int_equal(((const struct session_row *)both->told[1].fact->after)->id, 14);
    assert_int_equal(visit_of(both, first)->version, known_first + 2);
    assert_int_equal(visit_of(both, second)->version, known_second + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SHARED(what_one_commits_the_others_are_told_in_its_order),
        ON_SHARED(every_kind_of_row_is_told_as_it_was_written),
        ON_SHARED(episodes_of_denials_are_told_among_the_facts),
        ON_SHARED(products_come_before_what_names_them),
        ON_SHARED(a_product_that_nobody_knows_refuses_the_entering),
        ON_SHARED(nothing_is_told_of_what_was_rolled_back_or_refused),
        ON_SHARED(what_changes_no_memory_moves_no_version),
        ON_SHARED(accounts_have_versions_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
