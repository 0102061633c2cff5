// SPDX-License-Identifier: Apache-2.0
// Borrowing leases and giving them back, of a server that the test plays and, at the end, of a live one.
#include "lender.h"

#include <stdio.h>
#include <string.h>

static void can_lease(const struct lender *lender, const char *token)
{
    ask("canned POST /leases$ 201 {\"id\":\"SN-7\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"AC-1\",\"via\":"
        "\"fallback\",\"machine\":\"%s\",\"starts_at\":\"2026-01-01T00:00:00.000Z\",\"ends_at\":"
        "\"2026-01-02T00:00:00.000Z\",\"lease\":\"%s\"}",
        lender->fingerprint, token);
}

static void borrow(const struct lender *lender, struct usher *usher, enum usher_code code,
                   struct usher_lease *ret_lease)
{
    struct usher_error error;
    struct usher_request *request = usher_request_new("KRE");
    usher_borrow(usher, lender->store, request, 7, ret_lease, &error);
    usher_request_free(request);
    assert_code(code, &error);
}

// SN-7 is borrowed, and its token written down.
static struct usher *borrow_good(const struct lender *lender, char token[2048], struct usher_lease *ret_lease)
{
    struct usher *usher = open_canned();
    sign_good(lender, token);
    can_lease(lender, token);
    borrow(lender, usher, USHER_OK, ret_lease);
    return usher;
}

static void a_borrowed_lease_is_found_offline(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    struct usher *usher = borrow_good(lender, token, &lease);
    usher_close(usher);
    assert_string_equal(lease.token, token);
    assert_int_equal(usher_lease_find(lender->store, "KRE", &lease, &error), USHER_OK);
    assert_string_equal(lease.id, "SN-7");
    assert_int_equal(usher_lease_find(lender->store, "OTHER", &lease, &error), USHER_NOT_FOUND);
    assert_false(has_file(lender, "borrow-"));
}

static void what_ended_long_ago_is_tidied_away(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher *usher = open_canned();
    sign(&lender->signer, (struct facts){"SN-1", "KRE", lender->fingerprint, -60 * DAY_S, -31 * DAY_S}, token);
    write_file(lender, "lease-SN-1-x", token);
    write_file(lender, "returned-SN-1-x", token);
    sign(&lender->signer, (struct facts){"SN-2", "KRE", lender->fingerprint, -60 * DAY_S, -29 * DAY_S}, token);
    write_file(lender, "lease-SN-2-x", token);
    write_file(lender, "returned-SN-2-x", token);
    write_file(lender, "lease-SN-3-x", "rubbish");
    write_file(lender, "borrow-1", "key 1000\n");
    sign_good(lender, token);
    can_lease(lender, token);
    borrow(lender, usher, USHER_OK, NULL);
    usher_close(usher);
    assert_false(has_file(lender, "lease-SN-1-") || has_file(lender, "returned-SN-1-") || has_file(lender, "borrow-"));
    assert_true(has_file(lender, "lease-SN-2-") && has_file(lender, "returned-SN-2-") &&
                has_file(lender, "lease-SN-3-"));
    assert_true(has_file(lender, "lease-SN-7-"));
}

static void a_borrowing_whose_answer_is_lost_is_found_again(void **state)
{
    struct lender *lender = *state;
    char token[2048], kept[2048];
    struct usher *usher = open_canned();
    sign_good(lender, token);
    can_lease(lender, token);
    ask("harm POST /leases$ cut_before 1000");
    usher_set_timeout(usher, 2, NULL);
    borrow(lender, usher, USHER_UNAVAILABLE, NULL);
    assert_true(has_file(lender, "borrow-"));
    usher_close(usher);
    // Another process, another day; the same wish is the same key.
    snprintf(kept, sizeof kept, "%s", ask("keys_of POST /leases$"));
    ask("clear");
    publish(&lender->signer, NULL);
    can_lease(lender, token);
    usher = open_canned();
    borrow(lender, usher, USHER_OK, NULL);
    assert_false(has_file(lender, "borrow-"));
    // The next one is a new one.
    borrow(lender, usher, USHER_OK, NULL);
    assert_string_equal(ask("keys_of POST /leases$"), "2 2");
    usher_close(usher);
}

static void a_refused_borrowing_leaves_nothing(void **state)
{
    struct lender *lender = *state;
    struct usher *usher = open_canned();
    ask("canned POST /leases$ 403 {\"type\":\"/problems/forbidden\",\"title\":\"t\",\"status\":403,\"detail\":\"No "
        "borrowing here.\",\"request_id\":\"r\"}");
    borrow(lender, usher, USHER_FORBIDDEN, NULL);
    assert_false(has_file(lender, "borrow-"));
    assert_false(has_file(lender, "lease-"));
    usher_close(usher);
}

static void a_lease_that_the_server_did_not_sign_is_not_kept(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct signer other;
    struct usher *usher = open_canned();
    make_signer(&other);
    sign(&other, (struct facts){"SN-7", "KRE", lender->fingerprint, -HOUR_S, DAY_S}, token);
    can_lease(lender, token);
    borrow(lender, usher, USHER_LEASE_UNKNOWN_KEY, NULL);
    assert_false(has_file(lender, "lease-"));
    // Its key is known a moment later: the server has just changed it.
    publish(&lender->signer, &other);
    borrow(lender, usher, USHER_OK, NULL);
    assert_true(has_file(lender, "lease-"));
    usher_close(usher);
}

static void wrong_wishes_are_told(void **state)
{
    struct lender *lender = *state;
    struct usher *usher = open_canned();
    struct usher_request *request = usher_request_new("KRE");
    struct usher_error error;
    usher_borrow(usher, lender->store, request, 0, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_borrow(usher, lender->store, request, 366, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_request_set_count(request, 2);
    usher_borrow(usher, lender->store, request, 1, NULL, &error);
    assert_code(USHER_INVALID, &error);
    usher_request_free(request);
    usher_close(usher);
}

static void a_returned_lease_never_counts_again(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    struct usher *usher = borrow_good(lender, token, &lease);
    ask("canned DELETE /accounts/AC-1/leases/SN-7$ 200 {\"id\":\"SN-7\",\"state\":\"released\"}");
    assert_int_equal(usher_lease_return(usher, lender->store, "SN-7", &error), USHER_OK);
    expect(lender, USHER_LEASE_RETURNED, token);
    assert_int_equal(usher_lease_find(lender->store, "KRE", &lease, &error), USHER_LEASE_RETURNED);
    // Twice is as once; by its text, too.
    assert_int_equal(usher_lease_return(usher, lender->store, token, &error), USHER_OK);
    usher_close(usher);
    // Not after the store is opened anew either.
    usher_store_close(lender->store);
    lender->store = usher_store_open(lender->folder, &error);
    expect(lender, USHER_LEASE_RETURNED, token);
}

static void a_return_that_the_server_did_not_hear_ends_it_here(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_error error;
    struct usher *usher = borrow_good(lender, token, NULL);
    ask("down yes");
    usher_set_timeout(usher, 2, NULL);
    assert_int_equal(usher_lease_return(usher, lender->store, "SN-7", &error), USHER_UNAVAILABLE);
    expect(lender, USHER_LEASE_RETURNED, token);
    ask("down no");
    usher_set_timeout(usher, PATIENCE_S, NULL);
    ask("canned DELETE /leases/SN-7$ 200 {\"id\":\"SN-7\"}");
    assert_int_equal(usher_lease_return(usher, lender->store, "SN-7", &error), USHER_OK);
    expect(lender, USHER_LEASE_RETURNED, token);
    usher_close(usher);
}

static void a_return_that_the_server_refuses_is_none(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_error error;
    struct usher *usher = borrow_good(lender, token, NULL);
    ask("canned DELETE /leases/SN-7$ 403 "
        "{\"type\":\"/problems/forbidden\",\"title\":\"t\",\"status\":403,\"detail\":\"Not "
        "yours.\",\"request_id\":\"r\"}");
    assert_int_equal(usher_lease_return(usher, lender->store, "SN-7", &error), USHER_FORBIDDEN);
    expect(lender, USHER_OK, token);
    assert_int_equal(usher_lease_return(usher, lender->store, "SN-99", &error), USHER_NOT_FOUND);
    assert_int_equal(usher_lease_return(usher, lender->store, "ushl1.x.y", &error), USHER_LEASE_BROKEN);
    assert_int_equal(usher_lease_return(usher, lender->store, NULL, &error), USHER_INVALID);
    usher_close(usher);
}

static void the_live_server_lends_and_takes_back(void **state)
{
    struct lender *lender = *state;
    struct account account = new_account(5);
    struct usher *usher = open_account(&account);
    struct usher_error error;
    struct usher_lease lease;
    struct usher_request *request = usher_request_new(account.product);
    usher_borrow(usher, lender->store, request, 7, &lease, &error);
    assert_code(USHER_FORBIDDEN, &error);
    ask("lend %s %s", account.id, account.product);
    for (int i = 0; i < 3; i++) {
        static const char *const faults[] = {"drip", "cut_before", "storm_after"};
        ask("harm POST /leases$ %s", faults[i]);
        usher_borrow(usher, lender->store, request, 7, &lease, &error);
        assert_code(USHER_OK, &error);
        assert_int_equal(ask_number("active %s", account.id), i + 1);
    }
    assert_string_equal(lease.machine, lender->fingerprint);
    assert_string_equal(lease.user, account.user);
    assert_int_equal(lease.ends_at - lease.starts_at, 7 * DAY_S * INT64_C(1000));
    assert_int_equal(usher_lease_find(lender->store, account.product, &lease, &error), USHER_OK);
    ask("harm DELETE . cut_before");
    assert_int_equal(usher_lease_return(usher, lender->store, lease.id, &error), USHER_OK);
    assert_int_equal(ask_number("active %s", account.id), 2);
    assert_string_equal(ask("state %s %s", account.id, lease.id), "released");
    expect(lender, USHER_LEASE_RETURNED, lease.token);
    usher_request_free(request);
    usher_close(usher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lender_test(a_borrowed_lease_is_found_offline),
        lender_test(what_ended_long_ago_is_tidied_away),
        lender_test(a_borrowing_whose_answer_is_lost_is_found_again),
        lender_test(a_refused_borrowing_leaves_nothing),
        lender_test(a_lease_that_the_server_did_not_sign_is_not_kept),
        lender_test(wrong_wishes_are_told),
        lender_test(a_returned_lease_never_counts_again),
        lender_test(a_return_that_the_server_did_not_hear_ends_it_here),
        lender_test(a_return_that_the_server_refuses_is_none),
        lender_test(the_live_server_lends_and_takes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
