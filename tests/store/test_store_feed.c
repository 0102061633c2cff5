// SPDX-License-Identifier: Apache-2.0
// What one server has changed is read by another as it was written; what is damaged is refused as a whole.
#include "support.h"

#include "store/feed.h"

// ---- Rows with values of all sizes

static const char *const texts[] = {NULL, "", "Acme & Söhne", "\"quoted\"\nlines\t", "日本語"};
static const int64_t numbers[] = {NUMBER_NONE, 0, 1, 63, 64, -65, 1764000000123, INT64_MAX, INT64_MIN};
static const uint64_t ids[] = {0, 1, 127, 128, 1001, UINT64_MAX};

#define PICK(values, turn) ((values)[(turn) % (sizeof(values) / sizeof(values)[0])])

static unsigned count_words(const char *const *words)
{
    unsigned count = 0;
    while (words[count] != NULL)
        count++;
    return count;
}

static void fill_field(const struct field *field, void *row, unsigned turn)
{
    void *place = (char *)row + field->offset;
    switch (field->type) {
    case FIELD_ID:
        *(uint64_t *)place = PICK(ids, turn);
        return;
    case FIELD_TEXT:
        *(const char **)place = PICK(texts, turn);
        return;
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        *(int64_t *)place = PICK(numbers, turn);
        return;
    case FIELD_FLAG:
        *(bool *)place = turn % 2 != 0;
        return;
    case FIELD_WORD:
        *(unsigned *)place = turn % count_words(field->words);
        return;
    case FIELD_PRODUCT:
        *(const struct product **)place = turn % 2 != 0 ? &kre : &pen;
        return;
    case FIELD_HASH:
        memset(place, (int)turn, KEY_HASH_BYTES);
        return;
    }
}

static union any_row a_row(enum row_kind kind, unsigned turn)
{
    union any_row row;
    memset(&row, 0, sizeof row);
    for (size_t i = 0; i < row_types[kind].field_count; i++)
        fill_field(&row_types[kind].fields[i], &row, turn + (unsigned)i);
    return row;
}

static struct denial any_denial(unsigned turn)
{
    return (struct denial){.id = 1 + turn,
                           .user = PICK(ids, turn),
                           .product = &lum,
                           .machine = PICK(texts, turn),
                           .error = (enum result)(turn % RESULT_COUNT),
                           .reason = (enum reason)(turn % REASON_COUNT),
                           .project = PICK(ids, turn + 1),
                           .organization = PICK(ids, turn + 2),
                           .units = PICK(numbers, turn),
                           .count = PICK(numbers, turn + 1),
                           .first_at = PICK(numbers, turn + 2),
                           .last_at = PICK(numbers, turn + 3),
                           .closed_at = PICK(numbers, turn + 4)};
}

// ---- There and back

// What is expected next.
struct expected {
    enum fact_kind kind;
    const union any_row *before, *after;
    const struct denial *denial;
    size_t seen;
};

static void expect_row(enum row_kind kind, const void *row, const union any_row *wanted)
{
    assert_int_equal(row == NULL, wanted == NULL);
    if (row != NULL)
        assert_true(row_same(kind, row, wanted));
}

static void expect_denial(const struct denial *denial, const struct denial *wanted)
{
    assert_int_equal(denial->id, wanted->id);
    assert_int_equal(denial->user, wanted->user);
    assert_ptr_equal(denial->product, wanted->product);
    assert_int_equal(denial->machine == NULL, wanted->machine == NULL);
    if (denial->machine != NULL)
        assert_string_equal(denial->machine, wanted->machine);
    assert_int_equal(denial->error, wanted->error);
    assert_int_equal(denial->reason, wanted->reason);
    assert_int_equal(denial->project, wanted->project);
    assert_int_equal(denial->organization, wanted->organization);
    assert_int_equal(denial->units, wanted->units);
    assert_int_equal(denial->count, wanted->count);
    assert_int_equal(denial->first_at, wanted->first_at);
    assert_int_equal(denial->last_at, wanted->last_at);
    assert_int_equal(denial->closed_at, wanted->closed_at);
    assert_null(denial->explanation);
}

static void compare(void *arg, const struct store_change *change)
{
    struct expected *expected = arg;
    assert_int_equal(change->account, 7);
    assert_int_equal(change->denial != NULL, expected->denial != NULL);
    if (change->denial != NULL) {
        expect_denial(change->denial, expected->denial);
    } else {
        enum row_kind kind = fact_types[expected->kind].row;
        assert_int_equal(change->fact->kind, expected->kind);
        expect_row(kind, change->fact->before, expected->before);
        expect_row(kind, change->fact->after, expected->after);
    }
    expected->seen++;
}

static const struct product_source source = {find_product, NULL};

static void expect_back(struct buffer *feed, struct expected expected)
{
    struct store_error error = {{0}};
    if (feed_read(&source, 7, feed->bytes, feed->length, compare, &expected, &error) != FEED_TOLD)
        fail_msg("%s", error.text);
    assert_int_equal(expected.seen, 1);
    buffer_clear(feed);
}

static void there_and_back(struct buffer *feed, enum fact_kind kind, const union any_row *before,
                           const union any_row *after)
{
    feed_add_fact(feed, &(struct fact){.kind = kind, .before = before, .after = after});
    expect_back(feed, (struct expected){.kind = kind, .before = before, .after = after});
}

static void facts_of_every_kind_come_as_they_were(void **state)
{
    (void)state;
    struct buffer feed = {0};
    for (size_t kind = 0; kind < FACT_KIND_COUNT; kind++) {
        for (unsigned turn = 0; turn < 40; turn++) {
            enum row_kind row = fact_types[kind].row;
            union any_row one = a_row(row, turn), other = a_row(row, turn * 7 + 3);
            there_and_back(&feed, (enum fact_kind)kind, NULL, &one);
            there_and_back(&feed, (enum fact_kind)kind, &one, NULL);
            there_and_back(&feed, (enum fact_kind)kind, &one, &other);
            there_and_back(&feed, (enum fact_kind)kind, &one, &one);
        }
    }
    buffer_fini(&feed);
}

static void episodes_come_as_they_were(void **state)
{
    (void)state;
    struct buffer feed = {0};
    for (unsigned turn = 0; turn < 200; turn++) {
        struct denial denial = any_denial(turn);
        feed_add_denial(&feed, &denial);
        expect_back(&feed, (struct expected){.denial = &denial});
    }
    buffer_fini(&feed);
}

// Of what changed, only that is told again.
static void a_heartbeat_is_short(void **state)
{
    (void)state;
    struct buffer feed = {0};
    struct session_row before = a_session(3), after = before;
    after.expires_at += 120000;
    feed_add_fact(&feed, &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &after});
    size_t first = feed.length;
    feed_add_fact(&feed, &(struct fact){.kind = FACT_SESSION_HEARTBEAT, .before = &before, .after = &after});
    assert_in_range(feed.length - first, 1, first - 4 + 12);
    buffer_fini(&feed);
}

static void count(void *arg, const struct store_change *change)
{
    assert_true((change->fact != NULL) != (change->denial != NULL));
    ++*(size_t *)arg;
}

// ---- What is damaged

// One entry of each form.
static struct buffer a_feed(void)
{
    struct buffer feed = {0};
    struct session_row session = a_session(3), later = session;
    struct denial denial = any_denial(9);
    later.expires_at++;
    later.reason = "because";
    union any_row waiter = a_row(ROW_WAITER, 5);
    feed_add_fact(&feed, &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &session});
    feed_add_fact(&feed, &(struct fact){.kind = FACT_SESSION_MOVED, .before = &session, .after = &later});
    feed_add_denial(&feed, &denial);
    feed_add_fact(&feed, &(struct fact){.kind = FACT_WAITER_LEFT, .before = &waiter});
    return feed;
}

// In memory of exactly this size, so that a byte behind it is found out.
static enum feed_outcome read_copy(const void *bytes, size_t length, size_t *ret_count, struct store_error *error)
{
    void *copy = malloc(length > 0 ? length : 1);
    memcpy(copy, bytes, length);
    *ret_count = 0;
    enum feed_outcome outcome = feed_read(&source, 7, copy, length, count, ret_count, error);
    free(copy);
    return outcome;
}

static void what_is_cut_is_told_up_to_a_whole_entry_or_not_at_all(void **state)
{
    (void)state;
    struct buffer feed = a_feed();
    size_t whole = 0;
    for (size_t length = 0; length <= feed.length; length++) {
        struct store_error error = {{0}};
        size_t seen;
        if (read_copy(feed.bytes, length, &seen, &error) == FEED_TOLD) {
            assert_int_equal(seen, whole++);
        } else {
            assert_int_equal(seen, 0);
            assert_non_null(strstr(error.text, "cannot be read"));
        }
    }
    assert_int_equal(whole, 5); // nothing, and after each of the four
    buffer_fini(&feed);
}

static uint64_t dice(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t number = *state;
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

// Whatever the bytes are: all of it is read, or nothing is told.
static void damaged_bytes_are_refused_or_read_whole(void **state)
{
    (void)state;
    uint64_t seed = 1;
    size_t refused = 0, seen;
    struct buffer good = a_feed();
    for (size_t i = 0; i < 30000; i++) {
        struct store_error error = {{0}};
        struct buffer bad = {0};
        buffer_add(&bad, good.bytes, i % 2 == 0 ? good.length : 4); // behind a good form
        for (size_t j = 1 + dice(&seed) % 4; i % 2 == 0 && j > 0; j--)
            bad.bytes[dice(&seed) % bad.length] ^= (char)(1 << dice(&seed) % 8);
        for (size_t j = dice(&seed) % 64; i % 2 != 0 && j > 0; j--)
            buffer_add_char(&bad, (char)dice(&seed));
        if (read_copy(bad.bytes, bad.length, &seen, &error) != FEED_TOLD) {
            assert_int_equal(seen, 0);
            assert_true(error.text[0] != '\0');
            refused++;
        }
        buffer_fini(&bad);
    }
    assert_in_range(refused, 10000, 30000);
    buffer_fini(&good);
}

static void another_form_is_not_guessed_at(void **state)
{
    (void)state;
    struct buffer feed = a_feed();
    struct store_error error = {{0}};
    size_t seen;
    feed.bytes[0] ^= 1;
    assert_int_equal(read_copy(feed.bytes, feed.length, &seen, &error), FEED_UNREADABLE);
    assert_int_equal(seen, 0);
    assert_non_null(strstr(error.text, "another version"));
    buffer_fini(&feed);
}

static void a_product_that_nobody_knows_is_refused(void **state)
{
    (void)state;
    static const struct product strange = {.code = "NIX", .name = "?", .model = MODEL_SESSION, .created_at = 1};
    struct buffer feed = a_feed();
    struct session_row session = a_session(4);
    struct store_error error = {{0}};
    size_t seen;
    session.product = &strange;
    feed_add_fact(&feed, &(struct fact){.kind = FACT_SESSION_ACQUIRED, .after = &session});
    assert_int_equal(read_copy(feed.bytes, feed.length, &seen, &error), FEED_UNKNOWN_PRODUCT);
    assert_int_equal(seen, 0);
    assert_non_null(strstr(error.text, "NIX"));
    buffer_fini(&feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_every_kind_come_as_they_were),
        cmocka_unit_test(episodes_come_as_they_were),
        cmocka_unit_test(a_heartbeat_is_short),
        cmocka_unit_test(what_is_cut_is_told_up_to_a_whole_entry_or_not_at_all),
        cmocka_unit_test(damaged_bytes_are_refused_or_read_whole),
        cmocka_unit_test(another_form_is_not_guessed_at),
        cmocka_unit_test(a_product_that_nobody_knows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
