// SPDX-License-Identifier: Apache-2.0
// What a machine keeps of its leases: the time that it has seen, the leases themselves, and the folder of both.
#include "lender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void write_clock(const struct lender *lender, int64_t seen_s, const char *boot, int64_t boot_s)
{
    char text[256];
    snprintf(text, sizeof text, "{\"seen_at\":%lld,\"boot_at\":%lld,\"boot\":\"%s\"}",
             (long long)(time(NULL) + seen_s) * 1000, (long long)boot_s * 1000, boot);
    write_file(lender, "clock.json", text);
}

static void a_clock_turned_back_is_noticed(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    sign_good(lender, token);
    // An hour from now was seen already.
    write_clock(lender, HOUR_S, "", 0);
    expect(lender, USHER_CLOCK_TURNED_BACK, token);
    expect(lender, USHER_CLOCK_TURNED_BACK, token);
    // Four minutes are within what clocks do.
    write_clock(lender, 240, "", 0);
    expect(lender, USHER_OK, token);
    // They do not add up.
    write_clock(lender, 310, "", 0);
    expect(lender, USHER_CLOCK_TURNED_BACK, token);
}

static void a_clock_turned_back_to_after_the_last_look_is_noticed(void **state)
{
    struct lender *lender = *state;
    char token[2048], boot[64] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    assert_non_null(file);
    assert_non_null(fgets(boot, 37, file));
    fclose(file);
    sign_good(lender, token);
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    // A minute ago by the machine's clock; but by the boot clock half an hour has gone by since.
    write_clock(lender, -60, boot, now.tv_sec - 1800);
    if (now.tv_sec > 1800)
        expect(lender, USHER_CLOCK_TURNED_BACK, token);
    // After a start of the machine the boot clock tells nothing.
    write_clock(lender, -60, "00000000-0000-0000-0000-000000000000", 0);
    expect(lender, USHER_OK, token);
}

static void the_server_sets_a_wrong_future_right(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher *usher = open_canned();
    sign_good(lender, token);
    write_clock(lender, 10 * DAY_S, "", 0);
    expect(lender, USHER_CLOCK_TURNED_BACK, token);
    assert_int_equal(usher_fetch_keys(usher, lender->store, NULL), USHER_OK);
    expect(lender, USHER_OK, token);
    usher_close(usher);
}

static void damaged_files_are_told(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    sign_good(lender, token);
    write_file(lender, "clock.json", "{\"seen_at\":");
    expect(lender, USHER_SYSTEM, token);
    struct usher *usher = open_canned();
    assert_int_equal(usher_fetch_keys(usher, lender->store, NULL), USHER_OK);
    expect(lender, USHER_OK, token);
    write_file(lender, "keys.json", "no");
    expect(lender, USHER_SYSTEM, token);
    assert_int_equal(usher_fetch_keys(usher, lender->store, NULL), USHER_SYSTEM);
    usher_close(usher);
}

static void the_lease_that_counts_longest_is_found(void **state)
{
    struct lender *lender = *state;
    char token[2048];
    struct usher_lease lease;
    struct usher_error error;
    sign(&lender->signer, (struct facts){"SN-1", "KRE", lender->fingerprint, -DAY_S, -HOUR_S}, token);
    write_file(lender, "lease-SN-1-x", token);
    assert_int_equal(usher_lease_find(lender->store, "KRE", &lease, &error), USHER_LEASE_OVER);
    assert_string_equal(lease.id, "SN-1");
    sign(&lender->signer, (struct facts){"SN-2", "KRE", lender->fingerprint, -DAY_S, HOUR_S}, token);
    write_file(lender, "lease-SN-2-x", token);
    sign(&lender->signer, (struct facts){"SN-3", "KRE", lender->fingerprint, -DAY_S, DAY_S}, token);
    write_file(lender, "lease-SN-3-x", token);
    sign(&lender->signer, (struct facts){"SN-4", "KRE", "another", -DAY_S, 2 * DAY_S}, token);
    write_file(lender, "lease-SN-4-x", token);
    sign(&lender->signer, (struct facts){"SN-5", "KRE", lender->fingerprint, DAY_S, 2 * DAY_S}, token);
    write_file(lender, "lease-SN-5-x", token);
    write_file(lender, "lease-SN-6-x", "rubbish");
    assert_int_equal(usher_lease_find(lender->store, "KRE", &lease, &error), USHER_OK);
    assert_string_equal(lease.id, "SN-3");
    // One that cannot be read may have been the one.
    assert_int_equal(usher_lease_find(lender->store, "OTHER", &lease, &error), USHER_NOT_FOUND);
    assert_non_null(strstr(error.detail, "lease-SN-6-x"));
    write_file(lender, "clock.json", "rubbish");
    assert_int_equal(usher_lease_find(lender->store, "KRE", &lease, &error), USHER_SYSTEM);
}

static void a_folder_is_made_for_its_owner_only(void **state)
{
    struct lender *lender = *state;
    char path[512], command[600];
    struct usher_error error;
    snprintf(path, sizeof path, "%s/a/b/c", lender->folder);
    struct usher_store *made = usher_store_open(path, &error);
    assert_code(USHER_OK, &error);
    usher_store_close(made);
    snprintf(command, sizeof command, "test \"$(stat -c %%a '%s')\" = 700", path);
    assert_int_equal(system(command), 0);
    write_file(lender, "file", "");
    snprintf(path, sizeof path, "%s/file/x", lender->folder);
    assert_null(usher_store_open(path, &error));
    assert_code(USHER_SYSTEM, &error);
}

static void a_folder_is_found_by_the_environment(void **state)
{
    struct lender *lender = *state;
    char path[512], command[600];
    struct usher_error error;
    setenv("XDG_STATE_HOME", lender->folder, 1);
    usher_store_close(usher_store_open(NULL, &error));
    assert_code(USHER_OK, &error);
    snprintf(command, sizeof command, "test -d '%s/usher'", lender->folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/own", lender->folder);
    setenv("USHER_STATE", path, 1);
    usher_store_close(usher_store_open(NULL, &error));
    snprintf(command, sizeof command, "test -d '%s'", path);
    assert_int_equal(system(command), 0);
    unsetenv("USHER_STATE");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", lender->folder, 1);
    usher_store_close(usher_store_open(NULL, &error));
    snprintf(command, sizeof command, "test -d '%s/.local/state/usher'", lender->folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lender_test(a_clock_turned_back_is_noticed),
        lender_test(a_clock_turned_back_to_after_the_last_look_is_noticed),
        lender_test(the_server_sets_a_wrong_future_right),
        lender_test(damaged_files_are_told),
        lender_test(the_lease_that_counts_longest_is_found),
        lender_test(a_folder_is_made_for_its_owner_only),
        lender_test(a_folder_is_found_by_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
