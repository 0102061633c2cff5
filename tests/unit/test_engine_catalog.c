// SPDX-License-Identifier: Apache-2.0
//
// What is found over all accounts: products by code, API keys by their hash.
#include "unit.h"

#include "engine/decision.h"

#include <string.h>

static struct fact fact_of(enum fact_kind kind, const void *before, const void *after)
{
    return (struct fact){.kind = kind, .before = before, .after = after};
}

static void test_a_product_is_made_renamed_and_taken_back(void **state)
{
    (void)state;
    struct catalog catalog = {0};
    struct product first = {.code = "KRE", .name = "Krea", .model = MODEL_SESSION}, renamed = first;
    renamed.name = "Krea 2";
    struct fact created = fact_of(FACT_PRODUCT_CREATED, NULL, &first);
    struct fact updated = fact_of(FACT_PRODUCT_UPDATED, &first, &renamed);

    assert_null(catalog_find(&catalog, "KRE"));
    catalog_apply(&catalog, &created);
    const struct product *product = catalog_find(&catalog, "KRE");
    assert_string_equal(product->name, "Krea");
    assert_null(catalog_find(&catalog, "kre"));

    // Rows point at it: it stays where it is.
    catalog_apply(&catalog, &updated);
    assert_ptr_equal(catalog_find(&catalog, "KRE"), product);
    assert_string_equal(product->name, "Krea 2");

    catalog_unapply(&catalog, &updated);
    assert_string_equal(product->name, "Krea");
    catalog_unapply(&catalog, &created);
    assert_null(catalog_find(&catalog, "KRE"));
    catalog_fini(&catalog);
}

static void test_many_products_are_all_found(void **state)
{
    (void)state;
    struct catalog catalog = {0};
    char code[16];
    for (int i = 0; i < 100; i++) {
        snprintf(code, sizeof code, "P%d", i);
        struct product product = {.code = code, .name = code};
        struct fact created = fact_of(FACT_PRODUCT_CREATED, NULL, &product);
        catalog_apply(&catalog, &created);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(code, sizeof code, "P%d", i);
        assert_string_equal(catalog_find(&catalog, code)->code, code);
    }
    catalog_fini(&catalog);
}

static struct api_key_row key_of(uint64_t id, unsigned char first)
{
    return (struct api_key_row){.id = id, .name = "key", .role = ROLE_AUDITOR, .hash = {first}};
}

static void test_a_key_is_found_until_it_is_revoked_or_its_account_goes(void **state)
{
    (void)state;
    struct directory directory = {0};
    struct account one, other;
    account_init(&one, 1, &directory);
    account_init(&other, 2, &directory);
    struct api_key_row first = key_of(1, 1), second = key_of(2, 2), third = key_of(3, 3), revoked = second;
    struct fact facts[] = {
        fact_of(FACT_API_KEY_CREATED, NULL, &first),
        fact_of(FACT_API_KEY_CREATED, NULL, &second),
        fact_of(FACT_API_KEY_CREATED, NULL, &third),
        fact_of(FACT_API_KEY_REVOKED, &second, &revoked),
    };
    revoked.revoked_at = 5;
    account_apply(&one, &facts[0]);
    account_apply(&one, &facts[1]);
    account_apply(&other, &facts[2]);
    assert_ptr_equal(directory_find(&directory, first.hash)->account, &one);
    assert_ptr_equal(directory_find(&directory, third.hash)->account, &other);
    assert_null(directory_find(&directory, key_of(9, 9).hash));

    account_apply(&one, &facts[3]);
    assert_null(directory_find(&directory, second.hash));
    assert_non_null(account_key(&one, 2));
    account_unapply(&one, &facts[3]);
    assert_non_null(directory_find(&directory, second.hash));
    account_apply(&one, &facts[3]);

    account_fini(&one);
    assert_null(directory_find(&directory, first.hash));
    assert_non_null(directory_find(&directory, third.hash));
    account_fini(&other);
    table_fini(&directory.keys);
}

static void test_an_account_that_is_taken_back_is_as_new(void **state)
{
    (void)state;
    struct account account;
    struct account_row row = {.id = 1, .name = "Acme", .plan = PLAN_PREMIUM, .created_at = 5};
    struct fact created = fact_of(FACT_ACCOUNT_CREATED, NULL, &row);
    account_init(&account, 1, NULL);
    account_apply(&account, &created);
    assert_string_equal(account.root.row.name, "Acme");
    account_unapply(&account, &created);
    assert_string_equal(account.root.row.name, "");
    assert_int_equal(account.row.id, 1);
    assert_int_equal(account.row.plan, PLAN_FREE);
    assert_int_equal(account_next_due(&account), 0);
    account_check(&account);
    account_fini(&account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_product_is_made_renamed_and_taken_back),
        cmocka_unit_test(test_many_products_are_all_found),
        cmocka_unit_test(test_a_key_is_found_until_it_is_revoked_or_its_account_goes),
        cmocka_unit_test(test_an_account_that_is_taken_back_is_as_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
