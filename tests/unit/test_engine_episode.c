// SPDX-License-Identifier: Apache-2.0
//
// Denials as episodes: what one is, what extends it, what closes it, and what the store is told of it.
#include "unit.h"

#include "engine/episode.h"

#include <string.h>

static const struct product kre = {.code = "KRE"}, zed = {.code = "ZED"};

enum { SECOND = 1000, MINUTE = 60 * SECOND };

struct fixture {
    struct episodes episodes;
    uint64_t next_id;
    int64_t now;
};

static struct fixture fixture_of(void)
{
    return (struct fixture){.next_id = 1, .now = 1000000};
}

static const struct denial base = {
    .user = 7, .product = &kre, .machine = "m1", .error = RESULT_NO_LICENSE_AVAILABLE, .reason = REASON_EXHAUSTED,
    .units = 1};

static void deny(struct fixture *fixture, struct denial denial, int64_t later)
{
    fixture->now += later;
    episodes_add(&fixture->episodes, &denial, fixture->now, &fixture->next_id);
}

// Takes the next that the store must be told, checks it, and tells that it is stored.
static void stored(struct fixture *fixture, uint64_t id, int64_t count, bool closed)
{
    struct episode *episode = episodes_unsaved(&fixture->episodes);
    assert_non_null(episode);
    assert_int_equal(episode->denial.id, id);
    assert_int_equal(episode->denial.count, count);
    assert_int_equal(episode->denial.closed_at != 0, closed);
    episodes_saved(&fixture->episodes, episode);
}

static void nothing_to_store(struct fixture *fixture)
{
    assert_null(episodes_unsaved(&fixture->episodes));
}

static void test_retries_are_one_episode(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    deny(&fixture, base, 0);
    int64_t first_at = fixture.now;
    for (int i = 0; i < 46; i++)
        deny(&fixture, base, 20);
    const struct denial *denial = &episodes_unsaved(&fixture.episodes)->denial;
    assert_int_equal(denial->first_at, first_at);
    assert_int_equal(denial->last_at, fixture.now);
    stored(&fixture, 1, 47, false);
    nothing_to_store(&fixture);
    deny(&fixture, base, MINUTE);
    stored(&fixture, 1, 48, false);
    episodes_fini(&fixture.episodes);
}

static void test_another_user_machine_product_or_reason_is_another(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    struct denial other = base;
    deny(&fixture, base, 0);
    other.user = 8;
    deny(&fixture, other, 0);
    other = base;
    other.machine = "m2";
    deny(&fixture, other, 0);
    other.machine = NULL;
    deny(&fixture, other, 0);
    other = base;
    other.product = &zed;
    deny(&fixture, other, 0);
    other = base;
    other.reason = REASON_DRAINING;
    deny(&fixture, other, 0);
    other = base;
    other.error = RESULT_NOT_ELIGIBLE;
    other.reason = REASON_NONE;
    deny(&fixture, other, 0);
    // What was asked for is told of the first, and does not part them.
    other = base;
    other.units = 5;
    other.project = 3;
    deny(&fixture, other, 0);
    for (uint64_t id = 1; id <= 7; id++)
        stored(&fixture, id, id == 1 ? 2 : 1, false);
    nothing_to_store(&fixture);
    episodes_fini(&fixture.episodes);
}

static void test_five_minutes_of_silence_close_it(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    deny(&fixture, base, 0);
    deny(&fixture, base, 5 * MINUTE - 1); // less than five minutes apart
    deny(&fixture, base, 5 * MINUTE);     // no less: a new one
    stored(&fixture, 1, 2, false);        // silence needs no word to the store: it knows last_at
    stored(&fixture, 2, 1, false);
    nothing_to_store(&fixture);
    episodes_pass_time(&fixture.episodes, fixture.now + 5 * MINUTE);
    assert_int_equal(fixture.episodes.open.count, 0);
    nothing_to_store(&fixture);
    episodes_fini(&fixture.episodes);
}

static void test_the_oldest_denial_is_the_first_to_be_silent(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    struct denial other = base;
    other.user = 8;
    deny(&fixture, base, 0);
    deny(&fixture, other, MINUTE);
    deny(&fixture, base, MINUTE); // the first is the younger one now
    episodes_pass_time(&fixture.episodes, fixture.now + 4 * MINUTE);
    assert_int_equal(fixture.episodes.open.count, 1);
    deny(&fixture, other, 4 * MINUTE);
    assert_int_equal(fixture.next_id, 4);
    episodes_fini(&fixture.episodes);
}

static void test_a_grant_closes_whatever_the_same_was_denied(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    struct denial draining = base, elsewhere = base;
    draining.reason = REASON_DRAINING;
    elsewhere.machine = "m2";
    episodes_close(&fixture.episodes, 7, &kre, "m1", fixture.now); // nothing is open
    deny(&fixture, base, 0);
    deny(&fixture, draining, 0);
    deny(&fixture, elsewhere, 0);
    for (uint64_t id = 1; id <= 3; id++)
        stored(&fixture, id, 1, false);
    episodes_close(&fixture.episodes, 7, &zed, "m1", fixture.now);
    episodes_close(&fixture.episodes, 8, &kre, "m1", fixture.now);
    episodes_close(&fixture.episodes, 7, &kre, NULL, fixture.now);
    nothing_to_store(&fixture);
    episodes_close(&fixture.episodes, 7, &kre, "m1", fixture.now);
    uint64_t sum = 0;
    for (int i = 0; i < 2; i++) {
        const struct episode *episode = episodes_unsaved(&fixture.episodes);
        sum += episode->denial.id;
        stored(&fixture, episode->denial.id, 1, true);
    }
    assert_int_equal(sum, 1 + 2);
    nothing_to_store(&fixture);
    deny(&fixture, base, SECOND);
    stored(&fixture, 4, 1, false);
    episodes_fini(&fixture.episodes);
}

static void test_why_it_was_denied_is_stored_with_the_first(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    struct explanation explanation = {.product = &kre, .tried_total = 3};
    struct denial told = base;
    told.explanation = &explanation;
    deny(&fixture, told, 0);
    explanation.tried_total = 9; // theirs is a copy
    deny(&fixture, told, SECOND);
    assert_int_equal(episodes_unsaved(&fixture.episodes)->denial.explanation->tried_total, 3);
    stored(&fixture, 1, 2, false);
    deny(&fixture, told, SECOND);
    assert_null(episodes_unsaved(&fixture.episodes)->denial.explanation);
    episodes_fini(&fixture.episodes);
}

static void test_one_that_the_store_kept_open_goes_on(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    struct denial kept = base;
    kept.id = 40;
    kept.count = 5;
    kept.first_at = fixture.now - MINUTE;
    kept.last_at = fixture.now;
    fixture.next_id = 50;
    episodes_load(&fixture.episodes, &kept);
    nothing_to_store(&fixture);
    deny(&fixture, base, SECOND);
    stored(&fixture, 40, 6, false);
    episodes_fini(&fixture.episodes);
}

static void test_a_new_machine_each_time_takes_no_more_memory_than_a_hundred_thousand(void **state)
{
    (void)state;
    struct fixture fixture = fixture_of();
    char machine[32];
    struct denial denial = base;
    denial.machine = machine;
    for (int i = 0; i < EPISODES_OPEN_MAX + 10; i++) {
        snprintf(machine, sizeof machine, "m%d", i);
        deny(&fixture, denial, 0);
    }
    assert_int_equal(fixture.episodes.open.count, EPISODES_OPEN_MAX);
    // All of them are still told to the store.
    size_t told = 0;
    for (struct episode *episode; (episode = episodes_unsaved(&fixture.episodes)) != NULL; told++)
        episodes_saved(&fixture.episodes, episode);
    assert_int_equal(told, EPISODES_OPEN_MAX + 10);
    episodes_fini(&fixture.episodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retries_are_one_episode),
        cmocka_unit_test(test_another_user_machine_product_or_reason_is_another),
        cmocka_unit_test(test_five_minutes_of_silence_close_it),
        cmocka_unit_test(test_the_oldest_denial_is_the_first_to_be_silent),
        cmocka_unit_test(test_a_grant_closes_whatever_the_same_was_denied),
        cmocka_unit_test(test_why_it_was_denied_is_stored_with_the_first),
        cmocka_unit_test(test_one_that_the_store_kept_open_goes_on),
        cmocka_unit_test(test_a_new_machine_each_time_takes_no_more_memory_than_a_hundred_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
