// SPDX-License-Identifier: Apache-2.0
#include "engine/outcome.h"

const struct result_type result_types[RESULT_COUNT] = {
#define X(result, status, name, title) [RESULT_##result] = {status, name, title},
    RESULTS(X)
#undef X
};

void outcome_keep(struct outcome *outcome, struct arena *arena)
{
    outcome->detail = arena_strdup(arena, outcome->detail);
    outcome->pointer = arena_strdup(arena, outcome->pointer);
    outcome->with = arena_strdup(arena, outcome->with);
    if (outcome->answer == ANSWER_ROW)
        outcome->row = row_copy(outcome->row_kind, outcome->row, arena);
    if (outcome->explanation != NULL)
        outcome->explanation = arena_copy(arena, outcome->explanation, sizeof *outcome->explanation);
    if (outcome->session != NULL)
        outcome->session = row_copy(ROW_SESSION, outcome->session, arena);
}

const char *const reason_words[] = {
    "none", "fallback_off", "cooldown", "draining", "over_committed", "borrow_limit", "exhausted", NULL,
};
