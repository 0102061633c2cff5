// SPDX-License-Identifier: Apache-2.0
#include "simulation/tally.h"

#include <stdio.h>

static void print_count(const char *name, unsigned long count)
{
    if (count > 0)
        printf("  %-28s %10lu\n", name, count);
}

static void print_faults(const struct tally *tally)
{
    puts("faults");
    print_count("batches refused", tally->refused_rounds);
    print_count("commits lost, uncertain", tally->lost_commits);
    print_count("commits kept, uncertain", tally->kept_commits);
    print_count("  accounts that cannot be read", tally->lost_accounts);
    print_count("power cuts", tally->crashes);
    print_count("  after a whole commit", tally->whole_crashes);
    print_count("starts", tally->restarts);
    print_count("  advised against the clock", tally->bad_clocks);
}

static void print_line(const struct tally *tally)
{
    puts("in line");
    print_count("waited", tally->waited);
    print_count("granted", tally->served);
    print_count("denied in the end", tally->gave_up);
    print_count("refused", tally->refused);
    print_count("stepped aside", tally->aside);
    print_count("came back", tally->back);
    print_count("pools reserved", tally->reserved);
}

static void print_servers(const struct tally *tally)
{
    puts("servers");
    print_count("died", tally->deaths);
    print_count("stopped", tally->stops);
    print_count("all away for long", tally->revivals);
    print_count("followed others", tally->followed);
    print_count("loaded an account", tally->reloads);
    print_count("were told to look", tally->looks);
    print_count("tried a batch again", tally->again_rounds);
    print_count("left an account to another", tally->left);
    print_count("  for want of ids", tally->short_rounds);
    print_count("waiters served elsewhere", tally->told_later);
    print_count("waiters left behind", tally->left_behind);
    print_count("held against each other", tally->settled);
}

void tally_print(const struct tally *tally)
{
    puts("answers");
    for (int i = 0; i < RESULT_COUNT; i++)
        print_count(result_types[i].name, tally->results[i]);
    print_count("the first answer again", tally->again);
    print_count("of dry runs", tally->dry_runs);
    print_count("of sessions:batch", tally->batches);
    puts("grants");
    for (int i = 0; i <= VIA_OTHER; i++)
        print_count(via_words[i], tally->vias[i]);
    puts("first reasons of denials");
    for (int i = 1; i < REASON_COUNT; i++)
        print_count(reason_words[i], tally->reasons[i]);
    print_line(tally);
    print_faults(tally);
    if (tally->settled > 0)
        print_servers(tally);
}

static bool was_met(const char *name, unsigned long count)
{
    if (count == 0)
        fprintf(stderr, "never met: %s\n", name);
    return count > 0;
}

// What the dice ask for.
static const enum result results[] = {
    RESULT_OK, RESULT_CREATED, RESULT_DONE, RESULT_INVALID_REQUEST, RESULT_FORBIDDEN, RESULT_SUBSCRIPTION_REQUIRED,
    RESULT_NOT_ELIGIBLE, RESULT_NOT_A_MEMBER, RESULT_NOT_FOUND, RESULT_CONFLICT, RESULT_INSUFFICIENT_POOL,
    RESULT_DEDICATION_IN_USE, RESULT_NO_LICENSE_AVAILABLE, RESULT_NOT_EMPTY, RESULT_DEDICATIONS_EXIST,
    RESULT_SESSION_ENDED, RESULT_IDEMPOTENCY_KEY_REUSED,
};

struct count {
    const char *name;
    unsigned long count;
};

static bool were_met(const struct count *counts, size_t count)
{
    bool are_met = true;
    for (size_t i = 0; i < count; i++)
        are_met = was_met(counts[i].name, counts[i].count) && are_met;
    return are_met;
}

static bool line_and_faults_were_met(const struct tally *tally)
{
    const struct count counts[] = {
        {"an answer again", tally->again},
        {"a dry run", tally->dry_runs},
        {"a sessions:batch", tally->batches},
        {"a waiter granted", tally->served},
        {"a waiter denied", tally->gave_up},
        {"a waiter refused", tally->refused},
        {"a waiter replaced", tally->aside},
        {"a waiter that hung up and came back", tally->back},
        {"a pool reserved", tally->reserved},
        {"a batch refused", tally->refused_rounds},
        {"an uncertain commit that was lost", tally->lost_commits},
        {"an uncertain commit that was kept", tally->kept_commits},
        {"a power cut", tally->crashes},
        {"a power cut after a whole commit", tally->whole_crashes},
    };
    return were_met(counts, sizeof counts / sizeof *counts);
}

static bool one_server_was_met(const struct tally *tally)
{
    const struct count counts[] = {
        {"an account that cannot be read", tally->lost_accounts},
        {"a clock that is wrong", tally->bad_clocks},
    };
    return were_met(counts, sizeof counts / sizeof *counts);
}

static bool servers_were_met(const struct tally *tally)
{
    const struct count counts[] = {
        {"a server that died", tally->deaths},
        {"a server that stopped", tally->stops},
        {"all servers away for long", tally->revivals},
        {"a server that followed others", tally->followed},
        {"a server that loaded an account", tally->reloads},
        {"a server that was told to look", tally->looks},
        {"a batch that was tried again", tally->again_rounds},
        {"an account that was left to another server", tally->left},
        {"a batch without enough ids", tally->short_rounds},
        {"a waiter served by another server", tally->told_later},
        {"a waiter whose server died", tally->left_behind},
        {"servers held against each other", tally->settled},
    };
    return were_met(counts, sizeof counts / sizeof *counts);
}

bool tally_is_full(const struct tally *tally, bool has_servers)
{
    bool is_full = line_and_faults_were_met(tally);
    is_full = (has_servers ? servers_were_met(tally) : one_server_was_met(tally)) && is_full;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        is_full = was_met(result_types[results[i]].name, tally->results[results[i]]) && is_full;
    for (int i = 0; i <= VIA_OTHER; i++)
        is_full = was_met(via_words[i], tally->vias[i]) && is_full;
    for (int i = 1; i < REASON_COUNT; i++)
        is_full = was_met(reason_words[i], tally->reasons[i]) && is_full;
    return is_full;
}
