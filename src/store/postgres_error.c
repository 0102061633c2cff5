// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL's SQLSTATEs mean for the store: the one table that says what to tell the operator, and whether a
// commit that failed with the state has surely not happened.
#include "store/postgres.h"

#include <string.h>

static const struct meaning {
    const char *state; // or how it begins; the first that fits counts
    bool uncertain;    // in a commit
    const char *cause;
    const char *advice;
} meanings[] = {
    // The only statements that divide are those whose row must be there (postgres_sets.c).
    {"22012", false, "a row that was to be changed is not there", "This is a mistake in the server."},
    {"22", false, "what is written cannot be held", "This is a mistake in the server."},
    {"25006", false, "it is a standby, which is read only", "Name the primary, or target_session_attrs=read-write."},
    {"28", false, "access is denied", "Look at the user, the password and pg_hba.conf."},
    {"3D000", false, "there is no such database", "Make it with createdb."},
    {"42501", false, "access is denied", "Make this user the owner of the schema."},
    {"42P07", false, "it has tables that are not Usher's", "Name another database or schema."},
    {"42P01", false, "it has tables that are not Usher's", "Name another database or schema."},
    {"42703", false, "it has tables that are not Usher's", "Name another database or schema."},
    // Another transaction was in the way: nothing of this one is there.
    {"40003", true, "the connection failed", "Look at the database's log and at the network."},
    {"40", false, "another transaction was in the way", "Try again."},
    {"55P03", false, "another server holds what is to be changed", "Try again."},
    {"25P03", false, "this server stood still in the middle of its work", "Try again."},
    {"57014", false, "the statement was cancelled", "Look at statement_timeout and at who cancels."},
    {"53100", false, "the disk is full", "Free some space there: the server then goes on by itself."},
    {"53300", false, "it has too many connections", "Raise max_connections."},
    {"53200", false, "memory is out", "Give the database more memory."},
    {"23", false, "what is written contradicts what is there", "This is a mistake in the server."},
    // It ended while the commit was under way: the commit may have been the last thing that it did.
    {"57P", true, "it is being stopped or started", "Wait until it runs: the server then goes on by itself."},
    {"58", true, "its disk failed", "Look at the database's log and at its disk."},
    {"XX001", true, "it is damaged", "Look at the database's log, and restore a backup."},
    {"XX002", true, "it is damaged", "Look at the database's log, and restore a backup."},
    {"08", true, "the connection failed", "Look whether the database runs and can be reached."},
    // Committed on the primary, but not known to be on the standby that it waits for.
    {"01", true, "the standby did not confirm", "Look at the standby and at synchronous_standby_names."},
};

static const struct meaning lost = {"", true, "the connection is lost or cannot be made",
                                    "Look whether the database runs and can be reached."};
static const struct meaning unexpected = {"", true, "something unexpected happened", "Look at the database's log."};

static const char *const tasks[] = {
    [PG_OPEN] = "open",
    [PG_READ] = "read",
    [PG_WRITE] = "write to",
    [PG_COMMIT] = "commit to",
};

static const struct meaning *meaning_of(const char *state)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strncmp(meanings[i].state, state, strlen(meanings[i].state)) == 0)
            return &meanings[i];
    }
    return state[0] == '\0' ? &lost : &unexpected;
}

enum store_status pg_failed(const struct pg_link *link, const char *state, const char *detail, enum pg_task task,
                            struct store_error *error)
{
    const struct meaning *meaning = meaning_of(state);
    size_t length = strcspn(detail, "\n"); // what follows is of the statement, or repeats
    store_error_set(error, "Cannot %s the %s: %s (%.*s). %s", tasks[task], link->name, meaning->cause,
                    (int)(length < 250 ? length : 250), detail, meaning->advice);
    return task == PG_COMMIT && meaning->uncertain ? STORE_UNCERTAIN : STORE_REFUSED;
}
