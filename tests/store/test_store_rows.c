// SPDX-License-Identifier: Apache-2.0
// Each kind of row comes back as it was written, also after a restart.
#include "support.h"

#include "store/driver.h"
#include "store/narrow.h"

struct sample {
    enum fact_kind kind;
    const void *first, *second; // two values of one row
};

static const struct account_row account = {.id = 1, .name = "Acme", .policy = POLICY_MEMBER_BASED, .created_at = 9};
static const struct account_row account_2 = {.id = 1,
                                             .name = "Acme & Söhne",
                                             .plan = PLAN_TRUE_ENTERPRISE,
                                             .delegate_dedication = true,
                                             .self_service_seats = true,
                                             .on_shortfall = SHORTFALL_END_NEWEST,
                                             .shortfall_grace_s = 60,
                                             .policy = POLICY_STRICT,
                                             .fallback = true,
                                             .created_at = 9};
static const struct purchase_row purchase = {.id = 2, .product = &kre, .quantity = QUANTITY_MAX, .created_at = 9};
static const struct purchase_row purchase_2 = {
    .id = 2, .product = &kre, .quantity = 1, .starts_at = 3, .ends_at = 4, .in_force = true, .created_at = 9};
static const struct organization_row organization = {.id = 1001, .name = "Studio", .created_at = 9};
static const struct organization_row organization_2 = {.id = 1001, .name = "\"x\"", .created_at = 9};
static const struct user_row user = {.id = 7, .name = "CI", .kind = USER_SERVICE, .created_at = 9};
static const struct user_row user_2 = {.id = 7,
                                       .email = "a@example.com",
                                       .name = "Alice",
                                       .organization = 1001,
                                       .role = ROLE_ORG_ADMIN,
                                       .created_at = 9,
                                       .password_set_at = 10,
                                       .invited_until = 11,
                                       .password = "$argon2id$v=19$",
                                       .invitation = "00ff"};
static const struct project_row project = {.id = 4, .name = "Film", .organization = 1001, .created_at = 9};
static const struct project_row project_2 = {.id = 4, .name = "Film 2", .organization = 1001, .created_at = 9};
static const struct membership_row membership = {.project = 4, .user = 7};
static const struct dedication_row dedication = {
    .organization = 1001, .product = &kre, .dedicated = 20, .draining_to = 0, .filling_to = NUMBER_NONE};
static const struct dedication_row dedication_2 = {.organization = 1001,
                                                   .product = &kre,
                                                   .dedicated = 0,
                                                   .draining_to = NUMBER_NONE,
                                                   .filling_to = 7,
                                                   .filling_since = 12};
static const struct seat_row seat = {.id = 3, .product = &pen, .user = 7, .level = 0, .assigned_at = 9};
static const struct seat_row seat_2 = {.id = 3,
                                       .product = &pen,
                                       .user = 7,
                                       .level = 1001,
                                       .state = SEAT_ACTIVATED,
                                       .assigned_at = 9,
                                       .activated_at = 10,
                                       .last_used_at = 11};
static const struct session_row session = {.id = 12,
                                           .product = &kre,
                                           .user = 7,
                                           .level = 0,
                                           .via = VIA_FALLBACK,
                                           .count = 1000,
                                           .ttl_s = 10,
                                           .started_at = 9,
                                           .expires_at = 10};
static const struct session_row session_2 = {.id = 12,
                                             .product = &kre,
                                             .user = 7,
                                             .level = 1001,
                                             .via = VIA_OWN,
                                             .count = 1000,
                                             .project = 4,
                                             .organization = 1001,
                                             .machine = "ws\n17",
                                             .ttl_s = 10,
                                             .origin = ORIGIN_PLATFORM,
                                             .started_at = 9,
                                             .expires_at = 99,
                                             .cooldown_until = 5,
                                             .key = 5,
                                             .idempotency_key = "k"};
static const struct cooldown_row cooldown = {.user = 7, .product = &kre, .until_at = 90};
static const struct cooldown_row cooldown_2 = {.user = 7, .product = &kre, .until_at = 91};
static const struct shortfall_row shortfall = {.product = &lum, .since_at = 90};
static const struct shortfall_row shortfall_2 = {.product = &lum, .since_at = 91};
static const struct api_key_row api_key = {.id = 5, .name = "CI", .role = ROLE_PLATFORM, .created_at = 9, .hash = {1}};
static const struct api_key_row api_key_2 = {.id = 5,
                                             .name = "laptop",
                                             .role = ROLE_MEMBER,
                                             .user = 7,
                                             .organization = 1001,
                                             .created_at = 9,
                                             .expires_at = 10,
                                             .revoked_at = 11,
                                             .last_used_at = 12,
                                             .hash = {0, 255, 3}};
static const struct sign_in_row sign_in = {.id = 6, .user = 7, .created_at = 9, .last_used_at = 9, .hash = {1}};
static const struct sign_in_row sign_in_2 = {.id = 6, .user = 7, .created_at = 9, .last_used_at = 10, .hash = {2}};

static const struct sample samples[] = {
    {FACT_ACCOUNT_CREATED, &account, &account_2},
    {FACT_PURCHASE_CREATED, &purchase, &purchase_2},
    {FACT_ORGANIZATION_CREATED, &organization, &organization_2},
    {FACT_USER_CREATED, &user, &user_2},
    {FACT_PROJECT_CREATED, &project, &project_2},
    {FACT_MEMBERSHIP_ADDED, &membership, &membership},
    {FACT_DEDICATION_CHANGED, &dedication, &dedication_2},
    {FACT_SEAT_ASSIGNED, &seat, &seat_2},
    {FACT_SESSION_ACQUIRED, &session, &session_2},
    {FACT_COOLDOWN_SET, &cooldown, &cooldown_2},
    {FACT_SHORTFALL_BEGAN, &shortfall, &shortfall_2},
    {FACT_API_KEY_CREATED, &api_key, &api_key_2},
    {FACT_SIGN_IN_CREATED, &sign_in, &sign_in_2},
};

enum { SAMPLES = sizeof samples / sizeof samples[0] };

static void expect_loaded(struct desk *desk, bool second)
{
    struct loaded loaded = load(desk, 1, 50);
    assert_int_equal(loaded.count, SAMPLES);
    for (size_t i = 0; i < SAMPLES; i++) {
        enum row_kind kind = fact_types[samples[i].kind].row;
        assert_int_equal(fact_types[loaded.facts[i].kind].row, kind);
        if (!row_same(kind, loaded.facts[i].after, second ? samples[i].second : samples[i].first))
            fail_msg("the %s came back different", row_types[kind].name);
    }
}

static void rows_come_back_as_they_were_written(void **state)
{
    struct desk *desk = *state;
    begin(desk);
    for (size_t i = 0; i < SAMPLES; i++)
        write_fact(desk, 1, 10, samples[i].kind, NULL, samples[i].first);
    commit(desk);
    expect_loaded(desk, false);
    desk_reopen(desk);
    expect_loaded(desk, false);

    begin(desk);
    for (size_t i = 0; i < SAMPLES; i++)
        write_fact(desk, 1, 11, samples[i].kind, samples[i].first, samples[i].second);
    commit(desk);
    expect_loaded(desk, true);
    desk_reopen(desk);
    expect_loaded(desk, true);
}

// Copies one field of a row into another row of its kind.
static void copy_field(const struct field *field, void *to, const void *from)
{
    static const size_t sizes[] = {
        [FIELD_ID] = sizeof(uint64_t),    [FIELD_TEXT] = sizeof(char *),    [FIELD_NUMBER] = sizeof(int64_t),
        [FIELD_FLAG] = sizeof(bool),      [FIELD_MOMENT] = sizeof(int64_t), [FIELD_WORD] = sizeof(unsigned),
        [FIELD_PRODUCT] = sizeof(void *), [FIELD_HASH] = KEY_HASH_BYTES,
    };
    memcpy((char *)to + field->offset, (const char *)from + field->offset, sizes[field->type]);
}

// Changes the fields of the mask one after the other, all in one transaction, and reads the row back.
static void change_fields(struct desk *desk, const struct sample *sample, field_mask mask)
{
    enum row_kind kind = fact_types[sample->kind].row;
    const struct row_type *type = &row_types[kind];
    union any_row before, after;
    memcpy(&after, sample->first, type->size);
    begin(desk);
    for (size_t i = 0; i < type->field_count; i++) {
        before = after;
        copy_field(&type->fields[i], &after, mask >> i & 1 ? sample->second : &before);
        if (mask >> i & 1)
            write_fact(desk, 1, 11, sample->kind, &before, &after);
    }
    commit(desk);
    const struct loaded loaded = load(desk, 1, 50);
    if (!row_same(kind, loaded.facts[sample - samples].after, &after))
        fail_msg("the %s came back different where %#x of it changed", type->name, (unsigned)mask);
    begin(desk);
    write_fact(desk, 1, 12, sample->kind, &after, sample->first);
    commit(desk);
}

// Some updates set few members only: whatever changes, nothing of it may be left out.
static void each_change_comes_back(void **state)
{
    struct desk *desk = *state;
    begin(desk);
    for (size_t i = 0; i < SAMPLES; i++)
        write_fact(desk, 1, 10, samples[i].kind, NULL, samples[i].first);
    commit(desk);
    for (size_t i = 0; i < SAMPLES; i++) {
        enum row_kind kind = fact_types[samples[i].kind].row;
        field_mask changeable = row_fields(kind) & ~row_key_fields(kind);
        for (size_t j = row_types[kind].key_count; j < row_types[kind].field_count; j++)
            change_fields(desk, &samples[i], (field_mask)1 << j);
        change_fields(desk, &samples[i], changeable);
        for (size_t j = 0; j < NARROW_COUNT; j++) {
            if (narrow_updates[j].kind == kind)
                change_fields(desk, &samples[i], narrow_masks().of[j]);
        }
    }
    expect_loaded(desk, false);
}

// A row that goes and comes again in one transaction is another: nothing of the one before stays.
static void a_row_that_comes_again_is_new(void **state)
{
    struct desk *desk = *state;
    begin(desk);
    for (size_t i = 0; i < SAMPLES; i++)
        write_fact(desk, 1, 10, samples[i].kind, NULL, samples[i].first);
    commit(desk);
    begin(desk);
    for (size_t i = 0; i < SAMPLES; i++) {
        write_fact(desk, 1, 11, samples[i].kind, samples[i].first, NULL);
        write_fact(desk, 1, 11, samples[i].kind, NULL, samples[i].second);
    }
    commit(desk);
    expect_loaded(desk, true);
}

static void deleted_rows_are_gone(void **state)
{
    struct desk *desk = *state;
    begin(desk);
    for (size_t i = 0; i < SAMPLES; i++)
        write_fact(desk, 1, 10, samples[i].kind, NULL, samples[i].first);
    for (size_t i = SAMPLES; i > 0; i--)
        write_fact(desk, 1, 10, samples[i - 1].kind, samples[i - 1].first, NULL);
    commit(desk);
    assert_int_equal(load(desk, 1, 50).count, 0);
    assert_int_equal(events_of(desk, &(struct history_query){.account = 1}).count, 2 * SAMPLES);
    desk_reopen(desk);
    assert_int_equal(load(desk, 1, 50).count, 0);
}

static void what_is_not_there_cannot_be_changed(void **state)
{
    struct desk *desk = *state;
    for (size_t i = 0; i < SAMPLES; i++) {
        begin(desk);
        struct actor nobody = {.nobody = true};
        struct fact gone = {.kind = samples[i].kind, .before = samples[i].first, .after = samples[i].second};
        enum store_status status = store_write(desk->store, 1, 10, &nobody, &gone, &desk->error);
        if (status == STORE_OK && desk->uri != NULL) // it is sent with the commit
            status = store_commit(desk->store, &desk->error);
        assert_int_equal(status, STORE_REFUSED);
        assert_non_null(strstr(desk->error.text, row_types[fact_types[samples[i].kind].row].name));
        store_rollback(desk->store);
    }
}

// The operator's sign-ins are of account 0, where there is nothing else to load.
static void sign_ins_of_the_operator_come_back(void **state)
{
    struct desk *desk = *state;
    struct sign_in_row row = {.id = 8, .created_at = 9, .last_used_at = 9, .hash = {3}};
    begin(desk);
    write_fact(desk, 0, 10, FACT_PRODUCT_CREATED, NULL, &kre);
    write_fact(desk, 0, 10, FACT_SIGN_IN_CREATED, NULL, &row);
    write_fact(desk, 1, 10, FACT_SIGN_IN_CREATED, NULL, &sign_in);
    commit(desk);
    desk_reopen(desk);
    struct loaded loaded = load(desk, 0, 50);
    assert_int_equal(loaded.count, 1);
    assert_true(row_same(ROW_SIGN_IN, loaded.facts[0].after, &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(rows_come_back_as_they_were_written), ON_ALL(each_change_comes_back),
        ON_ALL(a_row_that_comes_again_is_new),       ON_ALL(deleted_rows_are_gone),
        ON_ALL(what_is_not_there_cannot_be_changed), ON_ALL(sign_ins_of_the_operator_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
