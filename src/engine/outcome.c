// SPDX-License-Identifier: Apache-2.0
#include "engine/outcome.h"

const struct result_type result_types[RESULT_COUNT] = {
#define X(result, status, name, title) [RESULT_##result] = {status, name, title},
    RESULTS(X)
#undef X
};

const char *const reason_words[] = {
    "none", "fallback_off", "cooldown", "draining", "over_committed", "exhausted", NULL,
};
