// SPDX-License-Identifier: Apache-2.0
//
// What every unit test needs: cmocka with the headers it wants before it, dice that fall the same way in each run,
// and a way to see that a CHECK stops the process.
#ifndef UNIT_H
#define UNIT_H

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Start with any seed; the same seed gives the same run.
struct dice {
    uint64_t rolls;
};

// 0 to below - 1.
static inline uint64_t dice_below(struct dice *dice, uint64_t below)
{
    return hash_number(dice->rolls++) % below;
}

// Whether action(context) ends the process by abort, tried in a child of its own.
static inline bool stops(void (*action)(void *context), void *context)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        // Without its word about the check, which would read like a failure of the test, and without a core file.
        if (freopen("/dev/null", "w", stderr) == NULL || setrlimit(RLIMIT_CORE, &(struct rlimit){0}) != 0)
            _exit(2);
        action(context);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
