// SPDX-License-Identifier: Apache-2.0
//
// The line as its owner sees it: who is in it, finding one again, leaving, and what happens to it when its account is
// read anew. In which order it is served is told by the scripts.
#include "unit.h"

#include "engine/queue.h"

#include <string.h>

static const struct actor nobody = {.nobody = true};

struct fixture {
    struct catalog catalog;
    struct numbers numbers;
    struct arena arena;
};

static void apply(struct account *account, enum fact_kind kind, const void *row)
{
    account_apply(account, &(struct fact){.kind = kind, .after = row});
}

// An account with so many licenses, and one user.
static void fill(struct fixture *fixture, struct account *account, int64_t quantity)
{
    const struct account_row row = {.id = 1, .name = "Acme", .fallback = true, .created_at = 1};
    const struct product product = {.code = "KRE", .name = "KRE", .model = MODEL_SESSION};
    const struct user_row user = {.id = 1, .name = "ann", .kind = USER_SERVICE};
    if (catalog_find(&fixture->catalog, "KRE") == NULL)
        catalog_apply(&fixture->catalog, &(struct fact){.kind = FACT_PRODUCT_CREATED, .after = &product});
    const struct purchase_row purchase = {
        .id = 1, .product = catalog_find(&fixture->catalog, "KRE"), .quantity = quantity, .in_force = true};
    account_init(account, 1, NULL);
    apply(account, FACT_ACCOUNT_CREATED, &row);
    apply(account, FACT_USER_CREATED, &user);
    apply(account, FACT_PURCHASE_CREATED, &purchase);
}

static void fini(struct fixture *fixture)
{
    catalog_fini(&fixture->catalog);
    arena_fini(&fixture->arena);
}

static struct waiter waiter_of(uint64_t order, uint64_t key, const char *idempotency_key)
{
    return (struct waiter){
        .request = {.product = "KRE", .user = 1, .count = 1, .ttl_s = 600, .idempotency_key = idempotency_key},
        .actor = {.role = ROLE_ACCOUNT_ADMIN, .key = key},
        .since_at = 1000,
        .deadline_at = 61000,
        .order = order,
    };
}

static struct decision decision_of(struct fixture *fixture, struct account *account, int64_t now)
{
    struct decision decision;
    decision_init(&decision, account, &fixture->catalog, &fixture->numbers, &nobody, now, &fixture->arena);
    return decision;
}

static struct decision time_passes(struct fixture *fixture, struct account *account, int64_t now)
{
    struct decision decision = decision_of(fixture, account, now);
    account_pass_time(&decision);
    return decision;
}

static void join(struct fixture *fixture, struct account *account, struct waiter *waiter)
{
    struct decision decision = decision_of(fixture, account, 1000);
    queue_join(&decision, waiter);
}

static void test_one_is_found_by_its_credential_and_key(void **state)
{
    (void)state;
    struct fixture fixture = {.numbers.next[ID_SESSION] = 1};
    struct account account;
    fill(&fixture, &account, 0);
    struct waiter plain = waiter_of(1, 0, NULL), one = waiter_of(2, 0, "job"), other = waiter_of(3, 5, "job");
    assert_null(queue_find(&account, 0, "job"));
    join(&fixture, &account, &plain);
    join(&fixture, &account, &one);
    join(&fixture, &account, &other);
    assert_ptr_equal(queue_find(&account, 0, "job"), &one);
    assert_ptr_equal(queue_find(&account, 5, "job"), &other);
    assert_null(queue_find(&account, 5, "jo"));
    assert_null(queue_find(&account, 6, "job"));
    queue_leave(&account, &one);
    queue_leave(&account, &one); // it left already
    assert_null(queue_find(&account, 0, "job"));
    queue_leave(&account, &other);
    queue_leave(&account, &plain);
    assert_int_equal(queue_next_due(&account), 0);
    account_fini(&account);
    fini(&fixture);
}

// When a commit fails the account is read anew: whoever waited waits on, in the same order.
static void test_the_line_moves_to_the_account_read_anew(void **state)
{
    (void)state;
    struct fixture fixture = {.numbers.next[ID_SESSION] = 1};
    struct account before, after;
    fill(&fixture, &before, 0);
    struct waiter first = waiter_of(1, 0, NULL), large = waiter_of(2, 0, NULL), last = waiter_of(3, 0, NULL);
    large.request.count = 2;
    join(&fixture, &before, &first);
    join(&fixture, &before, &large);
    join(&fixture, &before, &last);
    assert_int_equal(time_passes(&fixture, &before, 1000).served_count, 0);

    struct list waiters = queue_detach(&before);
    account_fini(&before);
    fill(&fixture, &after, 2);
    struct decision decision = decision_of(&fixture, &after, 1000);
    queue_attach(&decision, &waiters);
    assert_null(waiters.first);
    decision = time_passes(&fixture, &after, 1000);
    assert_int_equal(decision.served_count, 2);
    assert_ptr_equal(decision.served[0], &first);
    assert_ptr_equal(decision.served[1], &last);
    assert_int_equal(first.outcome.result, RESULT_CREATED);

    // Taken back, as when that commit fails, too; then they are served again.
    decision_take_back(&decision);
    assert_false(first.is_served);
    account_check(&after);
    decision = time_passes(&fixture, &after, 1000);
    assert_int_equal(decision.served_count, 2);
    queue_leave(&after, &first);
    queue_leave(&after, &last);

    decision = time_passes(&fixture, &after, 60999);
    assert_int_equal(decision.served_count, 0);
    decision = time_passes(&fixture, &after, 61000);
    assert_int_equal(decision.served_count, 1);
    assert_int_equal(large.outcome.result, RESULT_NO_LICENSE_AVAILABLE);
    assert_true(large.outcome.has_waited);
    queue_leave(&after, &large);
    account_fini(&after);
    fini(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_is_found_by_its_credential_and_key),
        cmocka_unit_test(test_the_line_moves_to_the_account_read_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
