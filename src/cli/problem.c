// SPDX-License-Identifier: Apache-2.0
#include "cli/problem.h"

#include "cli/message.h"
#include "cli/value.h"

#include <string.h>

struct known_problem {
    const char *name;
    enum exit_code code;
    const char *sentence;
    const char *advice; // NULL: the server's own words are enough
};

static const struct known_problem known[] = {
    {"conflict", CLI_DENIED, "it conflicts with what stands", NULL},
    {"dedication-in-use", CLI_DENIED, "more is in use than would remain",
     "Let it shrink as licenses come back with --drain, or move the claims to the parent with --move."},
    {"dedications-exist", CLI_DENIED, "dedications or a usage policy stand",
     "See `usher pools` and `usher policy`; `usher policy reset` restores the default."},
    {"forbidden", CLI_NOT_ALLOWED, "the key may not do this",
     "`usher whoami` shows the role of your key; an account admin can give another (`usher keys create`)."},
    {"idempotency-key-reused", CLI_REFUSED, "the idempotency key was used for something else", NULL},
    {"insufficient-pool", CLI_DENIED, "the parent level has not enough available",
     "`usher pools` shows what is where; `usher dedicate --when-available` lets the raise wait for returns."},
    {"invalid-request", CLI_REFUSED, "the request is not understood", NULL},
    {"method-not-allowed", CLI_REFUSED, "the server does not offer this", NULL},
    {"no-license-available", CLI_DENIED, "no license is available",
     "`usher explain` shows what every pool would say now; `usher sessions` shows who holds what."},
    {"not-a-member", CLI_NOT_ALLOWED, "the user is not a member of the project",
     "An admin can add it: `usher projects members add PROJECT USER`."},
    {"not-eligible", CLI_NOT_ALLOWED, "the usage policy does not open this organization to the user",
     "`usher policy` shows the policy in force; `usher explain` shows the pools that are open."},
    {"not-empty", CLI_DENIED, "something is still in it", NULL},
    {"not-found", CLI_NOT_FOUND, "it does not exist", NULL},
    {"rate-limited", CLI_REFUSED, "too many failed attempts", NULL},
    {"session-ended", CLI_NOT_FOUND, "the session has ended", "Start a new one: `usher sessions start`."},
    {"subscription-required", CLI_NOT_ALLOWED, "the account's plan does not include this",
     "The plan true_enterprise does; the operator sets it: `usher accounts update ACCOUNT --plan true_enterprise`."},
    {"too-large", CLI_REFUSED, "the request is too large", NULL},
    {"unauthenticated", CLI_NOT_ALLOWED, "the key does not count",
     "Log in again with `usher login`, or set USHER_KEY to a key that is not revoked or expired."},
    {"unavailable", CLI_UNAVAILABLE, "the server cannot do it now", "Try again in a moment."},
    {"unsupported-media-type", CLI_REFUSED, "the server does not take this kind of content", NULL},
};

static const struct known_problem *find(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    }
    return NULL;
}

enum exit_code problem_exit_code(long status)
{
    if (status == 401 || status == 403)
        return CLI_NOT_ALLOWED;
    if (status == 404 || status == 410)
        return CLI_NOT_FOUND;
    if (status == 409)
        return CLI_DENIED;
    return status >= 400 && status < 500 ? CLI_REFUSED : CLI_UNAVAILABLE;
}

enum exit_code problem_exit_code_of(const char *name)
{
    const struct known_problem *problem = find(name);
    return problem != NULL ? problem->code : CLI_REFUSED;
}

const char *problem_name(const json_t *problem)
{
    const char *type = value_text(problem, "type"), *slash = strrchr(type, '/');
    return slash != NULL ? slash + 1 : type;
}

const char *problem_sentence(const char *name)
{
    const struct known_problem *problem = find(name);
    return problem != NULL ? problem->sentence : name;
}

void problem_advise(const char *name)
{
    const struct known_problem *problem = find(name);
    if (problem != NULL && problem->advice != NULL)
        advise("%s", problem->advice);
}
