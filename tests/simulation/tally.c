// SPDX-License-Identifier: Apache-2.0
#include "simulation/simulation.h"

#include <stdio.h>

void tally_facts(struct tally *tally, const struct decision *decision)
{
    for (size_t i = 0; i < decision->fact_count; i++)
        tally->facts[decision->facts[i].kind]++;
}

static void print_count(const char *name, unsigned long count)
{
    if (count > 0)
        printf("  %-24s %8lu\n", name, count);
}

void tally_print(const struct tally *tally)
{
    puts("results");
    for (int i = 0; i < RESULT_COUNT; i++)
        print_count(result_types[i].name, tally->results[i]);
    puts("grants");
    for (int i = 0; i <= VIA_OTHER; i++)
        print_count(via_words[i], tally->vias[i]);
    puts("first reasons");
    for (int i = 1; i < REASON_COUNT; i++)
        print_count(reason_words[i], tally->reasons[i]);
    puts("facts");
    for (int i = 0; i < FACT_KIND_COUNT; i++)
        print_count(fact_types[i].name, tally->facts[i]);
    puts("dry runs");
    print_count("all", tally->dry_runs);
    print_count("grants denied", tally->denied);
    puts("in line");
    print_count("waited", tally->waited);
    print_count("granted", tally->served);
    print_count("denied in the end", tally->gave_up);
    print_count("refused", tally->refused);
    print_count("pools kept", tally->reserved);
}

static bool was_met(const char *name, unsigned long count)
{
    if (count == 0)
        fprintf(stderr, "never met: %s\n", name);
    return count > 0;
}

// What steps.c asks for.
static const enum result results[] = {
    RESULT_OK, RESULT_CREATED, RESULT_DONE, RESULT_INVALID_REQUEST, RESULT_SUBSCRIPTION_REQUIRED, RESULT_NOT_ELIGIBLE,
    RESULT_NOT_A_MEMBER, RESULT_NOT_FOUND, RESULT_CONFLICT, RESULT_INSUFFICIENT_POOL, RESULT_DEDICATION_IN_USE,
    RESULT_NO_LICENSE_AVAILABLE, RESULT_NOT_EMPTY, RESULT_DEDICATIONS_EXIST, RESULT_SESSION_ENDED,
    RESULT_IDEMPOTENCY_KEY_REUSED,
};

static const enum fact_kind facts[] = {
    FACT_PURCHASE_STARTED, FACT_PURCHASE_ENDED, FACT_ORGANIZATION_MOVED, FACT_DEDICATION_DRAINED,
    FACT_DEDICATION_FILLED, FACT_SEAT_MOVED, FACT_SEAT_RELEASED, FACT_SEAT_REVOKED, FACT_SESSION_MOVED,
    FACT_SESSION_EXPIRED, FACT_SESSION_REVOKED, FACT_COOLDOWN_SET, FACT_SHORTFALL_BEGAN, FACT_SHORTFALL_ENDED,
};

bool tally_is_full(const struct tally *tally)
{
    bool full = was_met("dry run", tally->dry_runs) && was_met("grant denied by a dry run", tally->denied) &&
                was_met("waiter granted", tally->served) && was_met("waiter denied", tally->gave_up) &&
                was_met("waiter refused", tally->refused) && was_met("pool kept", tally->reserved);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        full = was_met(result_types[results[i]].name, tally->results[results[i]]) && full;
    for (int i = 0; i <= VIA_OTHER; i++)
        full = was_met(via_words[i], tally->vias[i]) && full;
    for (int i = 1; i < REASON_COUNT; i++)
        full = (i == REASON_BORROW_LIMIT || was_met(reason_words[i], tally->reasons[i])) && full; // nobody borrows
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        full = was_met(fact_types[facts[i]].name, tally->facts[facts[i]]) && full;
    return full;
}
