// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include "unit.h"

#include <string.h>

static void check_false(void *context)
{
    (void)context;
    CHECK(1 + 1 == 3);
}

static void check_true(void *context)
{
    (void)context;
    CHECK(1 + 1 == 2);
}

static void a_false_check_stops_the_process_and_a_true_one_does_not(void **state)
{
    (void)state;
    assert_true(stops(check_false, NULL));
    assert_false(stops(check_true, NULL));
}

static void a_false_check_says_what_and_where(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        check_failed("the sky is blue", "src/sky.c", 42);
    }
    close(ends[1]);
    char text[200] = "";
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    waitpid(child, NULL, 0);
    assert_string_equal(text, "usher: check failed at src/sky.c:42: the sky is blue\n");
}

static void memory_is_there_even_for_size_zero(void **state)
{
    (void)state;
    char *bytes = check_malloc(0);
    assert_non_null(bytes);
    bytes = check_realloc(bytes, 100);
    memset(bytes, 'x', 100);
    bytes = check_realloc(bytes, 0);
    assert_non_null(bytes);
    free(bytes);
    free(check_calloc(0, 10));
    free(check_calloc(10, 0));
    int *numbers = check_calloc(3, sizeof *numbers);
    assert_int_equal(numbers[0] + numbers[1] + numbers[2], 0);
    free(numbers);
    char *copy = check_strdup("AC-1");
    assert_string_equal(copy, "AC-1");
    free(copy);
}

// The sanitizers stop by themselves where malloc would return NULL, unless told otherwise.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

enum allocator { MALLOC, CALLOC, REALLOC };

// More than any machine has; by a variable, lest the compiler sees it.
static void allocate_too_much(void *context)
{
    volatile size_t too_much = PTRDIFF_MAX;
    switch (*(enum allocator *)context) {
    case MALLOC:
        check_malloc(too_much);
        break;
    case CALLOC:
        check_calloc(too_much, 8);
        break;
    case REALLOC:
        check_realloc(NULL, too_much);
    }
}

static void the_process_stops_when_memory_is_out(void **state)
{
    (void)state;
    for (enum allocator allocator = MALLOC; allocator <= REALLOC; allocator++)
        assert_true(stops(allocate_too_much, &allocator));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_false_check_stops_the_process_and_a_true_one_does_not),
        cmocka_unit_test(a_false_check_says_what_and_where),
        cmocka_unit_test(memory_is_there_even_for_size_zero),
        cmocka_unit_test(the_process_stops_when_memory_is_out),
    };
    return cmocka_run_group_tests_name("base/check", tests, NULL, NULL);
}
